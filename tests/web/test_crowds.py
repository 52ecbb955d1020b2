"""Limits that refuse nobody: many bookings from one network are marked, and a rush brings a proof of work (C14)."""

from __future__ import annotations

import base64
import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from html import unescape

import altcha
import httpx
import pytest

from ateliers import settings as house
from ateliers.bookings.bookings import list_bookings
from ateliers.clock import now
from ateliers.database import fetch_rows, fetch_value
from ateliers.web import crowds, shield
from ateliers.web.crowds import MANY, Crowd, network_of
from tests.web.test_booking_pages import odile, text_of
from tests.world import make_event, make_session

NEXT_WEEK = (now() + timedelta(days=7)).replace(hour=13, minute=0, second=0, microsecond=0)
LIBRARY, ELSEWHERE = "90.1.2.3", "2a01:cb00:1:2::3"
MOMENT = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def calm():
    yield
    crowds.NETWORKS.clear()
    crowds.SESSIONS.clear()


@pytest.fixture
def raised(monkeypatch):
    """The shield is raised from the second booking of a session in a minute."""
    monkeypatch.setenv("ATELIERS_SHIELD", "1")
    house.settings.cache_clear()
    yield
    monkeypatch.undo()
    house.settings.cache_clear()


@asynccontextmanager
async def browser_at(app, address):
    transport = httpx.ASGITransport(app, client=(address, 4000))
    async with httpx.AsyncClient(transport=transport, base_url="http://ateliers.test") as browser:
        yield browser


def neighbour(session_id, n):
    return odile(session_id, contact__name=f"Voisin {n}", contact__email=f"voisin{n}@example.test")


async def test_a_library_books_on_and_the_structure_calls_to_be_sure(app, db):
    session_id = await make_session(starts_at=NEXT_WEEK, capacity=50)
    async with browser_at(app, LIBRARY) as library, browser_at(app, ELSEWHERE) as home:
        for n in range(MANY + 2):
            answer = await library.post(f"/seances/{session_id}/reserver", data=neighbour(session_id, n))
            assert answer.status_code == 303
        await home.post(f"/seances/{session_id}/reserver", data=neighbour(session_id, 99))
        contact = {"name": "Par API", "email": "api@example.test"}
        await library.post(f"/api/v1/sessions/{session_id}/bookings", json={"contact": contact})

    marked = {one.name: (one.to_call_back, one.call_why) for one in await list_bookings(session_id)}
    late = [f"Voisin {MANY}", f"Voisin {MANY + 1}", "Par API"]
    assert {name for name, (called, _why) in marked.items() if called} == set(late)
    assert {marked[name] for name in late} == {(True, "network")}
    assert {state.state.value for state in await list_bookings(session_id)} == {"confirmed"}


async def test_no_address_is_kept_anywhere(app, db):
    session_id = await make_session(starts_at=NEXT_WEEK)
    async with browser_at(app, LIBRARY) as library:
        await library.post(f"/seances/{session_id}/reserver", data=odile(session_id))

    tables = await fetch_rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    for table in (row["table_name"] for row in tables):
        assert await fetch_value(f"SELECT count(*) FROM {table} t WHERE t::text LIKE '%{LIBRARY}%'") == 0
    assert LIBRARY not in repr(crowds.NETWORKS.present)


def test_a_network_is_an_address_or_what_a_household_has():
    def key(address):
        return network_of({"client": (address, 1)})

    assert key("90.1.2.3") == key("::ffff:90.1.2.3") != key("90.1.2.4")
    assert key("2a01:cb00:1:2::3") == key("2a01:cb00:1:ff::9") != key("2a01:cb00:2:2::3")
    for nobody in ("127.0.0.1", "10.0.0.1", "::1", "fe80::1", "testclient", ""):
        assert key(nobody) is None
    assert network_of({"client": None}) is None


def test_a_count_slides_and_forgets():
    crowd = Crowd(timedelta(hours=1))
    for _turn in range(10):
        crowd.note("a", now=MOMENT)

    counts = [crowd.count("a", now=MOMENT + timedelta(minutes=m)) for m in (0, 59, 60, 61, 90, 119, 120, 500)]
    assert counts == [10, 10, 10, 10, 5, 1, 0, 0]
    assert crowd.count("b", now=MOMENT + timedelta(minutes=500)) == 0


def solve(challenge):
    """What a browser computes."""
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    return base64.b64encode(json.dumps({"challenge": challenge, "solution": solution.to_dict()}).encode()).decode()


def challenge_on(answer):
    return json.loads(unescape(re.search(r'data-challenge="([^"]+)"', answer.text)[1]))


async def test_without_the_setting_no_crowd_raises_the_shield(client):
    session_id = await make_session(starts_at=NEXT_WEEK, capacity=100)
    for _turn in range(200):
        crowds.note_booking(None, session_id, now=now())

    shown = await client.get(f"/seances/{session_id}/reserver")
    sent = await client.post(f"/seances/{session_id}/reserver", data=odile(session_id))

    assert (shown.text.count("preuve.js"), sent.status_code) == (0, 303)


async def test_in_a_rush_the_form_brings_a_proof_and_keeps_what_was_typed(client, raised):
    session_id = await make_session(starts_at=NEXT_WEEK, capacity=100)
    path = f"/seances/{session_id}/reserver"
    assert "preuve.js" not in (await client.get(path)).text
    assert (await client.post(path, data=odile(session_id))).status_code == 303
    answers = odile(session_id, contact__name="Jean Petit", contact__email="jean@example.test")

    asked = await client.post(path, data=answers)
    booked = await client.post(path, data={**answers, "proof": solve(challenge_on(asked))})

    assert asked.status_code == 422
    assert 'value="Jean Petit"' in asked.text
    assert "Vous pouvez aussi réserver par téléphone" in text_of(asked)
    assert "03 86 00 00 00" in text_of(asked).replace("\u00a0", " ")
    assert "preuve.js" in asked.text
    assert booked.status_code == 303


async def test_a_proof_counts_for_its_own_form_only(client, raised):
    session_id = await make_session(starts_at=NEXT_WEEK, capacity=100)
    path = f"/seances/{session_id}/reserver"
    await client.post(path, data=odile(session_id))
    first = odile(session_id, contact__name="Jean Petit", contact__email="jean@example.test")
    other = odile(session_id, contact__name="Rose Petit", contact__email="rose@example.test")
    proof = solve(challenge_on(await client.post(path, data=first)))

    for wrong in (proof, proof[:-4], "", "x" * 5000, "bm90IGpzb24=", base64.b64encode(b'{"challenge": 1}').decode()):
        assert (await client.post(path, data={**other, "proof": wrong})).status_code == 422
    assert (await client.post(path, data={**first, "proof": proof})).status_code == 303
    assert await fetch_value("SELECT count(*) FROM booking") == 2


def test_a_proof_that_says_its_own_cost_is_not_even_looked_at():
    challenge = shield.challenge("abc")
    for change in (
        {"cost": 10**9},
        {"algorithm": "SCRYPT"},
        {"keyPrefix": ""},
        {"data": {"for": "x"}},
        {"nonce": "zz"},
    ):
        forged = {"parameters": challenge["parameters"] | change, "signature": challenge["signature"]}
        payload = {"challenge": forged, "solution": {"counter": 1, "derivedKey": "0000"}}
        assert shield.is_proven(base64.b64encode(json.dumps(payload).encode()).decode(), "abc") is False
    assert shield.is_proven(solve(challenge), "abc") is True


async def test_programs_bring_a_proof_too(client, raised):
    session_id = await make_session(starts_at=NEXT_WEEK, capacity=100)
    base = f"/api/v1/sessions/{session_id}"
    body = {"contact": {"name": "Odile", "email": "odile@example.test"}}
    calm = (await client.get(f"{base}/challenge")).json()
    await client.post(f"{base}/bookings", json=body)
    body["contact"]["name"] = "Jean"

    refused = await client.post(f"{base}/bookings", json=body)
    asked = (await client.get(f"{base}/challenge")).json()
    proven = body | {"proof": solve(asked["challenge"])}
    headers = {"idempotency-key": asked["idempotency_key"]}
    without_key = await client.post(f"{base}/bookings", json=proven)
    booked = await client.post(f"{base}/bookings", json=proven, headers=headers)
    again = await client.post(f"{base}/bookings", json=proven, headers=headers)

    assert (calm["is_needed"], asked["is_needed"]) == (False, True)
    assert (refused.status_code, refused.json()["type"]) == (429, "/api/v1/problems#proof-needed")
    assert without_key.status_code == 429
    assert (booked.status_code, again.status_code) == (201, 201)
    assert booked.json() == again.json()


async def test_an_embargoed_or_hidden_session_gives_no_challenge(client):
    hidden = await make_session(await make_event(state="draft", published_at=None), starts_at=NEXT_WEEK)

    assert (await client.get(f"/api/v1/sessions/{hidden}/challenge")).status_code == 404
