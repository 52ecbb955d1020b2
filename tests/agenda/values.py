"""A session as a value, for tests that need no database."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from ateliers.agenda.session import Session
from tests.world import NOON, START

_FACTS = {
    "id": "01a20152-ad6a-75c4-a7c9-2021ffa8e4b0",
    "event_id": "01a20152-ad6a-75c4-a7c9-2021ffa8e4b1",
    "structure_id": "01a20152-ad6a-75c4-a7c9-2021ffa8e4b2",
    "structure_name": "CCAS de Nevers",
    "structure_slug": "ccas-de-nevers",
    "structure_email": "contact@ccas-nevers.test",
    "structure_phone": "0386000000",
    "kind": "workshop",
    "title": "Activer Mon espace santé avec votre téléphone",
    "description": "Nous ouvrons ensemble votre espace santé.",
    "programme": "",
    "to_bring": "Votre téléphone, chargé\nVotre carte Vitale",
    "level": "",
    "phone": None,
    "visibility": "public",
    "event_state": "published",
    "accessibility": [],
    "party_limit": 6,
    "waiting_max": 20,
    "promotion_stop": timedelta(hours=2),
    "cutoff": timedelta(hours=2),
    "run_by": "Nadia",
    "offer_for": None,
    "call_for": timedelta(days=1),
    "public_from": None,
    "opens_at": None,
    "closing": timedelta(0),
    "questions": [],
    "release_after": None,
    "is_cycle": False,
    "is_private": True,
    "reminder_plan": ["J-7", "J-1", "H-2"],
    "group_code": None,
    "place_id": "01a20152-ad6a-75c4-a7c9-2021ffa8e4b3",
    "place_name": "Médiathèque Jean-Jaurès",
    "address": "17 rue Jean-Jaurès",
    "address_more": "",
    "postcode": "58000",
    "commune_code": "58194",
    "commune_name": "Nevers",
    "departement": "58",
    "latitude": 46.9896,
    "longitude": 3.159,
    "access_note": "Bus 12, arrêt Médiathèque",
    "place_accessibility": ["step_free"],
    "join_url": None,
    "zone": "Europe/Paris",
    "local_start": datetime(2026, 12, 1, 14),  # noqa: DTZ001 - a wall clock
    "starts_at": START,
    "ends_at": START + timedelta(hours=2),
    "capacity": 10,
    "seats_taken": 2,
    "seats_waiting": 0,
    "seats_offered": 0,
    "seats_held_back": 0,
    "held_back_until": None,
    "overbooked": 0,
    "lead_id": None,
    "series_id": None,
    "recurs_on": None,
    "onsite_id": None,
    "online_id": None,
    "online_capacity": None,
    "online_taken": 0,
    "online_waiting": 0,
    "dates": [],
    "code": "3F7A02C981",
    "all_day": False,
    "outcome": None,
    "called_off_at": None,
    "called_off_reason": "",
    "moved_at": None,
    "previous_start": None,
    "revision": 0,
    "created_at": NOON - timedelta(days=10),
    "updated_at": NOON - timedelta(days=1),
    "published_at": NOON - timedelta(days=9),
}
ONLINE = {
    "kind": "webinar",
    "join_url": "https://visio.example.test/rejoindre?salle=7,8;9",
    **dict.fromkeys(("place_id", "place_name", "address", "address_more", "postcode", "commune_code", "commune_name")),
    **dict.fromkeys(("latitude", "longitude", "access_note")),
}


def a_session(**values) -> Session:
    """The workshop of Nevers, with `values` instead."""
    facts = {**_FACTS, **values}
    if isinstance(facts["id"], UUID):
        facts["id"] = str(facts["id"])
    return msgspec.convert(facts, Session)
