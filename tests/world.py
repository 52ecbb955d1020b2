"""The people and things that tests speak of, written straight into the tables so that no room depends on another's test.

ODILE is a citizen, NADIA an ambassador, SAMIR a manager, PAULE a coordinator; a STRANGER must see nothing.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ateliers import clock, database

NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)  # a Tuesday, noon in Paris
START = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)  # the Tuesday after, 14 h in Paris

NEVERS = {
    "postcode": "58000",
    "commune_code": "58194",
    "commune_name": "Nevers",
    "departement": "58",
    "latitude": 46.9896,
    "longitude": 3.159,
    "zone": "Europe/Paris",
}
SAINT_DENIS = {
    "postcode": "97400",
    "commune_code": "97411",
    "commune_name": "Saint-Denis",
    "departement": "974",
    "latitude": -20.8789,
    "longitude": 55.4481,
    "zone": "Indian/Reunion",
}


async def insert(table: str, **values: Any) -> UUID:
    """One row, its id made here unless given."""
    values.setdefault("id", database.new_id())
    names = ", ".join(values)
    marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    await database.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())
    return values["id"]  # type: ignore[no-any-return]


async def make_structure(name: str = "CCAS de Nevers", *, slug: str | None = None, **values: Any) -> UUID:
    """An admitted structure in Nevers."""
    return await insert(
        "structure",
        **{
            "slug": slug or name.lower().replace(" ", "-"),
            "name": name,
            "kind": "ccas",
            "address": "2 place de l’Hôtel-de-Ville",
            "region": "27",
            "email": "contact@ccas-nevers.test",
            "phone": "0386000000",
            "state": "admitted",
            "created_at": NOON - timedelta(days=60),
            "admitted_at": NOON - timedelta(days=50),
            **NEVERS,
            **values,
        },
    )


async def make_person(
    name: str,
    role: str | None = None,
    *,
    structure_id: UUID | None = None,
    departements: list[str] | None = None,
    email: str | None = None,
) -> UUID:
    """A person, with one role when given."""
    email = email or f"{name.split(maxsplit=1)[0].lower()}@example.test"
    person_id = await insert("person", name=name, email=email, created_at=NOON - timedelta(days=40))
    if role is not None:
        await insert(
            "role",
            person_id=person_id,
            role=role,
            structure_id=structure_id,
            departements=departements,
            granted_at=NOON - timedelta(days=40),
        )
    return person_id


async def make_nadia(structure_id: UUID) -> UUID:
    """NADIA, ambassador of the structure."""
    return await make_person("Nadia Ferrand", "ambassador", structure_id=structure_id)


async def make_samir(structure_id: UUID) -> UUID:
    """SAMIR, manager of the structure."""
    return await make_person("Samir Haddad", "manager", structure_id=structure_id)


async def make_paule(*departements: str) -> UUID:
    """PAULE, coordinator of Bourgogne-Franche-Comté unless told otherwise."""
    return await make_person(
        "Paule Guérin",
        "coordinator",
        departements=list(departements) or ["21", "25", "39", "58", "70", "71", "89", "90"],
    )


async def make_alert(**values: Any) -> UUID:
    """Somebody who asked to be told of new sessions around Nevers, and has yet to confirm."""
    moments = dict.fromkeys(("created_at", "told_until", "looked_at"), NOON)
    return await insert(
        "alert",
        **{
            "email": "rose@example.test",
            "language": "fr",
            "commune_code": "58194",
            "within_km": 30,
            **moments,
            **values,
        },
    )


async def make_candidate(name: str = "Luce Bernard", **values: Any) -> UUID:
    """A volunteer in Nevers whose address is confirmed."""
    near = {name: NEVERS[name] for name in ("commune_code", "commune_name", "departement")}
    return await insert(
        "candidate",
        **{
            "name": name,
            "email": "luce@example.test",
            "language": "fr",
            "state": "open",
            "created_at": NOON,
            "changed_at": NOON,
            **near,
            **values,
        },
    )


async def make_place(**values: Any) -> UUID:
    """The Jean-Jaurès library in Nevers."""
    return await insert(
        "place",
        **{
            "name": "Médiathèque Jean-Jaurès",
            "address": "17 rue Jean-Jaurès",
            "address_more": "",
            "created_at": NOON,
            "updated_at": NOON,
            **NEVERS,
            **values,
        },
    )


async def make_event(structure_id: UUID | None = None, **values: Any) -> UUID:
    """A published public workshop."""
    structure_id = structure_id or await make_structure()
    title = values.get("title", "Activer Mon espace santé avec votre téléphone")
    event_id = database.new_id()
    await insert(
        "event",
        **{
            "id": event_id,
            "structure_id": structure_id,
            "kind": "workshop",
            "title": title,
            "description": "Nous ouvrons ensemble votre espace santé.",
            "to_bring": "Votre téléphone, chargé\nVotre carte Vitale",
            "visibility": "public",
            "state": "published",
            "party_limit": 6,
            "waiting_max": 20,
            "promotion_stop": timedelta(hours=2),
            "cutoff": timedelta(hours=2),
            "words": "",
            "created_at": NOON - timedelta(days=10),
            "updated_at": NOON - timedelta(days=10),
            "published_at": NOON - timedelta(days=9),
            **values,
        },
    )
    await database.execute("UPDATE event SET words = to_tsvector('french', $2) WHERE id = $1", event_id, title)
    return event_id


async def make_session(
    event_id: UUID | None = None,
    *,
    starts_at: datetime = START,
    hours: float = 2,
    capacity: int | None = 10,
    **values: Any,
) -> UUID:
    """A session of the event, in the library of Nevers unless `place_id` says otherwise (None: a webinar)."""
    event_id = event_id or await make_event()
    place_id = values.pop("place_id") if "place_id" in values else await make_place()
    zone = values.pop("zone", "Europe/Paris")
    return await insert(
        "session",
        **{
            "event_id": event_id,
            "place_id": place_id,
            "zone": zone,
            "local_start": starts_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None),
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(hours=hours),
            "capacity": capacity,
            "created_at": NOON - timedelta(days=10),
            "updated_at": NOON - timedelta(days=10),
            **values,
        },
    )


async def make_booking(session_id: UUID, *, state: str = "confirmed", seats: int = 1, **values: Any) -> UUID:
    """A booking written straight into the table, the session's counters with it."""
    booking_id = database.new_id()
    digits = booking_id.hex.upper()
    await insert(
        "booking",
        **{
            "id": booking_id,
            "session_id": session_id,
            "code": digits[-6:],
            "uid": f"b-{digits.lower()}@ateliers.test",
            "state": state,
            "seats": seats,
            "name": "Odile Marchand",
            "email": "odile@example.test",
            "language": "fr",
            "channel": "online",
            "person_key": booking_id.bytes,
            "created_at": NOON,
            "changed_at": NOON,
            "confirmed_at": NOON if state == "confirmed" else None,
            "rank": 1 if state in ("waiting", "offered") else None,
            "offered_until": NOON + timedelta(days=1) if state == "offered" else None,
            "told_revision": 0,
            **values,
        },
    )
    column = {"confirmed": "seats_taken", "waiting": "seats_waiting", "offered": "seats_offered"}.get(state)
    if column:
        await database.execute(f"UPDATE session SET {column} = {column} + $2 WHERE id = $1", session_id, seats)
    return booking_id


async def make_file() -> UUID:
    """A small PDF that somebody handed in."""
    return await insert(
        "file",
        name="depliant.pdf",
        media_type="application/pdf",
        size=8,
        sha256=b"",
        content=b"%PDF-1.7",
        created_at=NOON,
    )


async def make_kit_item(**values: Any) -> UUID:
    """A leaflet for the whole network, with a first version that is a file."""
    item_id = await insert(
        "kit_item",
        **{
            "title": "Dépliant",
            "description": "À poser sur la table.",
            "kinds": ["workshop"],
            "created_at": NOON,
            "changed_at": NOON,
            **values,
        },
    )
    await insert(
        "kit_version",
        item_id=item_id,
        number=1,
        file_id=await make_file(),
        licence="etalab-2.0",
        changes="",
        published_at=NOON,
    )
    return item_id


async def make_closing(*, by: UUID, **values: Any) -> UUID:
    """The first quarter of 2020, closed, of a structure or of départements; its figures are not frozen."""
    days = {"first_day": date(2020, 1, 1), "last_day": date(2020, 3, 31)}
    return await insert("closed_period", **days, closed_at=NOON, closed_by=by, **values)


async def make_report_link(*, by: UUID, **values: Any) -> UUID:
    """A link to the figures of 2020, of a structure or of départements."""
    told = {"label": "CPAM", "by": "month", "first_day": date(2020, 1, 1), "last_day": date(2020, 12, 31)}
    return await insert(
        "report_link", created_at=NOON, created_by=by, expires_at=NOON + timedelta(days=3650), **{**told, **values}
    )


async def make_import_file(structure_id: UUID, by_id: UUID, content: bytes) -> UUID:
    """A file of sessions that its sender has yet to look at."""
    return await insert(
        "import_file",
        structure_id=structure_id,
        by_id=by_id,
        name="seances.csv",
        content=content,
        usual={"kind": "workshop"},
        created_at=clock.now(),
    )


async def make_volunteer_link(session_id: UUID, label: str = "Odette", **values: Any) -> UUID:
    """A link for the volunteer of the day, given the day before."""
    moments = {"created_at": NOON, "expires_at": START + timedelta(days=1)}
    return await insert("volunteer_link", session_id=session_id, label=label, **moments | values)


async def make_kept_aside(session_id: UUID, *, at: datetime, name: str = "Rosa Pires") -> str:
    """Somebody without a booking, noted with a link that no longer worked; its op, as stored."""
    op = f"{session_id.hex}:aside-1"
    operation = {"op": "aside-1", "kind": "walk_in", "seq": 1, "at": at.isoformat(), "name": name}
    await database.execute(
        "INSERT INTO kept_aside (op, session_id, operation, why, at, received_at) VALUES ($1, $2, $3, 'expired', $4, $4)",
        op,
        session_id,
        operation,
        at,
    )
    return op
