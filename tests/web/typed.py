"""What people type into the publishing forms."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from ateliers.clock import now

# The night in which clocks go from two to three in Paris: half past two is no hour.
_MARCH = date(now().year + 1, 3, 31)
NO_SUCH_HOUR = f"{_MARCH - timedelta(days=_MARCH.isoweekday() % 7)}T02:30"
NEXT_WEEK = (now() + timedelta(days=7)).replace(hour=13, minute=0, second=0, microsecond=0)


def local(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M}"


def workshop(**fields) -> dict:
    return {
        "kind": "workshop",
        "title": "Écrire à son médecin",
        "dates": [local(NEXT_WEEK), "", ""],
        "minutes": "120",
        "capacity": "10",
        "place_name": "Médiathèque Jean-Jaurès",
        "address": "17 rue Jean-Jaurès",
        "commune": "Nevers (58000)",
        "visibility": "public",
        "publish": "1",
        **fields,
    }
