"""What a structure's own software does with its token: publish, move, call off, take attendance, read figures."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ateliers import clock, database
from ateliers.network.tokens import create_token, find_token, revoke_token
from tests.api.conftest import Desk, pointers, soon
from tests.world import make_booking, make_event, make_session, make_structure

NEW = {
    "kind": "workshop",
    "title": "Ouvrir son espace santé",
    "dates": [soon(12).replace(tzinfo=None, hour=14).isoformat()],
    "place_name": "Salle des fêtes",
    "address": "1 place de la Mairie",
    "commune": "58000",
    "capacity": 8,
}


async def test_an_event_is_created_published_added_to_moved_and_called_off(desk: Desk):
    made = await desk.client.post("/api/v1/events", json=NEW, headers=desk.staff)
    assert made.status_code == 201, made.text
    event = made.json()
    assert (event["state"], event["sessions"][0]["place"]["commune"]) == ("draft", "Nevers")

    published = await desk.client.post(f"/api/v1/events/{event['id']}/publish", headers=desk.staff)
    assert (published.status_code, published.json()["state"]) == (200, "published")

    later = soon(19).replace(tzinfo=None, hour=14)
    added = await desk.client.post(
        f"/api/v1/events/{event['id']}/sessions", json={"local_start": later.isoformat()}, headers=desk.staff
    )
    assert added.status_code == 201
    path = f"/api/v1/sessions/{added.json()['id']}"

    moved = await desk.client.post(
        f"{path}/move", json={"local_start": (later + timedelta(days=1)).isoformat()}, headers=desk.staff
    )
    assert (moved.status_code, moved.json()["status"]) == (200, "moved")
    assert moved.json()["previous_start"] == added.json()["starts_at"]

    off = await desk.client.post(f"{path}/call-off", json={"reason": "Animatrice souffrante"}, headers=desk.staff)
    assert (off.status_code, off.json()["status"], off.json()["called_off_reason"]) == (
        200,
        "called_off",
        "Animatrice souffrante",
    )
    refused = await desk.client.post(
        f"{path}/bookings", json={"contact": {"name": "Odile", "email": "odile@example.fr"}}
    )
    assert (refused.status_code, refused.json()["type"]) == (409, "/api/v1/problems#booking-closed")


async def test_an_event_is_read_and_edited_with_all_its_settings(desk: Desk):
    opens = soon(5).replace(tzinfo=None, hour=9, minute=0, second=0, microsecond=0).isoformat()
    settings = {
        "opens_at": opens,
        "closing_hours": 24,
        "offer_hours": 12,
        "questions": [{"text": "Un téléphone ?", "answer": "yes_no"}],
        "reminder_plan": ["J-1"],
    }
    made = await desk.client.post("/api/v1/events", json=NEW | settings, headers=desk.staff)
    assert made.status_code == 201, made.text
    path = f"/api/v1/events/{made.json()['id']}"

    read = await desk.client.get(path, headers=desk.staff)
    about = read.json()["about"]
    assert (read.status_code, read.json()) == (200, made.json())
    assert (about["opens_at"], about["offer_hours"], about["reminder_plan"]) == (opens, 12, ["J-1"])
    again = await desk.client.put(path, json=about | {"title": "Autre titre"}, headers=desk.staff)
    assert (again.status_code, again.json()["about"]) == (200, about | {"title": "Autre titre"})

    health = [{"text": "Quel est votre handicap ?", "answer": "text"}]
    wrong = await desk.client.put(path, json=about | {"questions": health, "closing_hours": 400}, headers=desk.staff)
    assert (wrong.status_code, [*pointers(wrong)]) == (422, ["#/closing_hours"])
    wrong = await desk.client.put(path, json=about | {"questions": health}, headers=desk.staff)
    assert (wrong.status_code, [*pointers(wrong)]) == (422, ["#/questions/0/text"])
    wrong = await desk.client.put(path, json=about | {"questions": [{"texte": "?"}]}, headers=desk.staff)
    assert (wrong.status_code, [*pointers(wrong)]) == (422, ["#/questions/0/texte"])
    assert [(await desk.client.get(path)).status_code, (await desk.client.put(path, json=about)).status_code] == [
        401,
        401,
    ]


async def test_attendance_is_taken_once_per_operation(desk: Desk):
    past = await make_session(desk.event_id, starts_at=soon(-3), capacity=4)
    await make_booking(past, seats=2, code="AAAAA2")
    mark = {"state": "present", "at": clock.now().isoformat(), "op": "1"}

    async def put(seat: str, **changes: object) -> int:
        answer = await desk.client.put(f"/api/v1/seats/{seat}/attendance", json=mark | changes, headers=desk.staff)
        return answer.status_code

    assert [await put("AAAAA2-1"), await put("AAAAA2-1"), await put("AAAAA2-2", op="2", state="absent")] == [200] * 3
    assert await put("aaaaa2-2", op="3", state=None) == 200
    assert [await put(seat) for seat in ("AAAAA2-3", "ZZZZZZ-1", "AAAAA2", "AAAAA2-0", "-1")] == [404] * 5
    assert await put("AAAAA2-2") == 409
    walk_in = {"name": "Une voisine", "at": clock.now().isoformat(), "op": "w1"}
    path = f"/api/v1/sessions/{past}/walk-ins"
    added = [(await desk.client.post(path, json=walk_in, headers=desk.staff)).json()["added"] for _ in range(2)]
    assert added == [True, False]
    tally = (await database.fetch_rows("SELECT present, absent, excused, walk_ins FROM tally"))[0]
    assert tuple(tally) == (1, 0, 0, 1)


async def test_figures_are_those_of_the_structure(desk: Desk):
    other = await make_structure("Une autre", slug="une-autre")
    await make_session(await make_event(other), starts_at=soon(-3))
    await make_session(desk.event_id, starts_at=soon(-3))
    answer = await desk.client.get("/api/v1/reports?by=structure", headers=desk.staff)
    assert answer.status_code == 200
    assert [(row["label"], row["figures"]["sessions"]) for row in answer.json()["rows"]] == [("CCAS de Nevers", 1)]
    first, last = (date.fromisoformat(answer.json()[name]) for name in ("from", "to"))
    assert (last - first).days + 1 == 365
    early = await desk.client.get("/api/v1/reports?to=0001-01-01", headers=desk.staff)
    assert (early.status_code, list(pointers(early))) == (422, ["#/from"])
    wrong = await desk.client.get("/api/v1/reports?by=moon&from=2026-02-30&to=1000-01-01", headers=desk.staff)
    assert sorted(pointers(wrong)) == ["#/by", "#/from"]


ROUTES = [
    ("POST", "/api/v1/events", "events"),
    ("POST", "/api/v1/events/{event}/sessions", "events"),
    ("POST", "/api/v1/events/{event}/publish", "events"),
    ("POST", "/api/v1/sessions/{session}/move", "events"),
    ("POST", "/api/v1/sessions/{session}/call-off", "events"),
    ("GET", "/api/v1/sessions/{session}/bookings", "bookings"),
    ("PUT", "/api/v1/seats/AAAAA2-1/attendance", "attendance"),
    ("POST", "/api/v1/sessions/{session}/walk-ins", "attendance"),
    ("GET", "/api/v1/reports", "reports"),
]
BODIES = {
    "/events": NEW,
    "/sessions": {"local_start": NEW["dates"][0]},
    "/move": {"minutes": 30},
    "/call-off": {"reason": "Plus personne"},
    "/attendance": {"state": "present", "at": clock.now().isoformat(), "op": "1"},
    "/walk-ins": {"name": "X", "at": clock.now().isoformat(), "op": "1"},
}


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
async def test_a_token_opens_only_what_it_was_made_for(desk: Desk, method: str, path: str, scope: str):
    await make_booking(desk.session_id, code="AAAAA2")
    path = path.format(event=desk.event_id, session=desk.session_id)
    body = next((body for tail, body in BODIES.items() if path.endswith(tail)), None)
    others = await create_token(
        desk.structure_id, "autre", {"events", "bookings", "attendance", "reports"} - {scope}, now=clock.now()
    )
    foreign = await create_token(await make_structure("Ailleurs", slug="ailleurs"), "x", [scope], now=clock.now())
    revoked = await create_token(desk.structure_id, "vieux", [scope], now=clock.now())
    found = await find_token(revoked)
    assert found is not None
    await revoke_token(found.id, now=clock.now())

    async def status(token: str | None) -> int:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return (await desk.client.request(method, path, json=body, headers=headers)).status_code

    assert [await status(token) for token in (None, "ate_nonsense", revoked)] == [401, 401, 401]
    assert await status(others) == 403
    if path not in ("/api/v1/events", "/api/v1/reports"):
        assert await status(foreign) in (403, 404)
    assert await status(desk.token) in (200, 201)
