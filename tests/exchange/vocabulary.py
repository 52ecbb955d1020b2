"""schema.org's own vocabulary, and what Google asks of events, held against JSON-LD."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

# https://developers.google.com/search/docs/appearance/structured-data/event
GOOGLE_REQUIRES = ("name", "startDate", "location")
GOOGLE_RECOMMENDS = ("description", "endDate", "eventStatus", "eventAttendanceMode", "organizer", "image")
OF_AN_OFFER = ("availability", "price", "priceCurrency", "url", "validFrom")


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "schema_org.json").read_text())
    return found


def faults(node: dict[str, Any], path: str = "") -> list[str]:
    """Types and properties that schema.org does not know, and values of another sort than it says."""
    kind = vocabulary()["types"].get(node.get("@type"))
    if kind is None:
        return [f"{path}: no type {node.get('@type')}"]
    found = []
    for name, value in node.items():
        if name.startswith("@"):
            continue
        ranges = kind["properties"].get(name)
        if ranges is None:
            found.append(f"{path}.{name}: not of {node['@type']}")
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                found += faults(one, f"{path}.{name}")
            if not any(_is(one, sort) for sort in ranges):
                found.append(f"{path}.{name}: {one!r} is none of {ranges}")
    return found


def missing(event: dict[str, Any]) -> list[str]:
    """What Google requires or recommends and the event does not tell."""
    wanted = [name for name in (*GOOGLE_REQUIRES, *GOOGLE_RECOMMENDS) if not event.get(name)]
    places = event["location"] if isinstance(event["location"], list) else [event["location"]]
    for place in places:
        needed = ("url",) if place["@type"] == "VirtualLocation" else ("name", "address")
        wanted += [f"location.{name}" for name in needed if not place.get(name)]
    offers = event.get("offers", [])
    for offer in offers if isinstance(offers, list) else [offers]:
        wanted += [f"offers.{name}" for name in OF_AN_OFFER if offer.get(name) in (None, "")]
    if event["eventStatus"].endswith("/EventRescheduled") and not event.get("previousStartDate"):
        wanted.append("previousStartDate")
    return wanted


def _is(value: Any, sort: str) -> bool:
    if isinstance(value, dict):
        return sort in vocabulary()["types"].get(value.get("@type"), {"is": []})["is"]
    if isinstance(value, bool):
        return sort == "Boolean"
    if isinstance(value, int | float):
        return sort == "Number" or (sort == "Integer" and isinstance(value, int))
    return isinstance(value, str) and _reads_as(value, sort)


def _reads_as(text: str, sort: str) -> bool:
    enumeration = vocabulary()["enumerations"].get(sort)
    if enumeration is not None:
        return text.removeprefix("https://schema.org/") in enumeration
    if sort == "Date":
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(date.fromisoformat(text))
    if sort == "DateTime":
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    if sort == "URL":
        return text.startswith(("http://", "https://"))
    return sort == "Text" and text != ""
