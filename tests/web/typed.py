"""What people type into the publishing forms."""

from __future__ import annotations

from datetime import datetime, timedelta

from ateliers.clock import now

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
