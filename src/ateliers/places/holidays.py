"""Public holidays of a place: the nation's, those of Alsace and Moselle, those of each territory overseas."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

# Départements whose calendar differs from the nation's, as the library names them.
_CALENDARS = {
    "57": "57",
    "67": "6AE",
    "68": "6AE",
    "971": "971",
    "972": "972",
    "973": "973",
    "974": "974",
    "975": "PM",
    "976": "976",
    "977": "BL",
    "978": "MF",
    "984": "TF",
    "986": "WF",
    "987": "PF",
    "988": "NC",
}


async def public_holidays(departement: str, years: Iterable[int]) -> dict[date, str]:
    """Days of these years on which offices are closed in the département, with their French names."""
    # The library takes a fifth of a second to load: beside the requests, and only where somebody asks.
    return await asyncio.to_thread(_holidays, _CALENDARS.get(departement), tuple(sorted(set(years))))


@lru_cache(64)
def _holidays(calendar: str | None, years: tuple[int, ...]) -> dict[date, str]:
    from holidays import country_holidays  # noqa: PLC0415 - loaded when first needed

    found = country_holidays("FR", subdiv=calendar, years=years, language="fr")
    return {day: str(name).replace("'", "\u2019") for day, name in sorted(found.items())}
