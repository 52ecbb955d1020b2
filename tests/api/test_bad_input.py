"""Whatever is sent, the answer is a clear 4xx that names the field, and nothing is stored."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.conftest import Desk, nothing_stored, pointers, soon

CONTACT = {"name": "Odile", "email": "odile@example.fr"}
LONG = "x" * 10_001
HUGE = 10**9
FAR = 10**30


def local(moment: datetime) -> str:
    return moment.replace(tzinfo=None, hour=14).isoformat()


NEW = {
    "kind": "workshop",
    "title": "Ouvrir son espace santé",
    "dates": [local(soon(12))],
    "place_name": "Salle des fêtes",
    "commune": "58000",
    "capacity": 8,
}
MARK = {"state": "present", "at": soon(-1).isoformat(), "op": "1"}


def spring_gap() -> str:
    """Half past two on the next night when clocks go forward in Paris: a time that does not exist."""
    year = soon().year + (soon() > datetime(soon().year, 3, 20, tzinfo=soon().tzinfo))
    sunday = max(day for day in range(25, 32) if datetime(year, 3, day).isoweekday() == 7)  # noqa: DTZ001 - a wall clock
    return f"{year}-03-{sunday}T02:30:00"


BOOKINGS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["#/contact"]),
    ({"contact": None}, ["#/contact"]),
    ({"contact": {}}, ["#/contact/name"]),
    ({"contact": []}, ["#/contact"]),
    ({"contact": {"name": "Odile"}}, ["#/contact/email"]),
    ({"contact": CONTACT | {"name": ""}}, ["#/contact/name"]),
    ({"contact": CONTACT | {"name": "   "}}, ["#/contact/name"]),
    ({"contact": CONTACT | {"name": "\u0000\u202e\u200b"}}, ["#/contact/name"]),
    ({"contact": CONTACT | {"name": LONG}}, ["#/contact/name"]),
    ({"contact": CONTACT | {"name": 3}}, ["#/contact/name"]),
    ({"contact": CONTACT | {"name": "1 85 05 78 006 084 36"}}, ["#/contact/name"]),
    ({"contact": CONTACT | {"email": "odile"}}, ["#/contact/email"]),
    ({"contact": CONTACT | {"email": "odile@example"}}, ["#/contact/email"]),
    ({"contact": CONTACT | {"email": "a\r\nBcc: x@example.fr"}}, ["#/contact/email"]),
    ({"contact": CONTACT | {"email": LONG + "@example.fr"}}, ["#/contact/email"]),
    ({"contact": CONTACT | {"phone": "hello"}}, ["#/contact/phone"]),
    ({"contact": CONTACT | {"phone": "12"}}, ["#/contact/phone"]),
    ({"contact": CONTACT | {"age": 81}}, ["#/contact/age"]),
    ({"contact": CONTACT, "seats": 0}, ["#/seats"]),
    ({"contact": CONTACT, "seats": -1}, ["#/seats"]),
    ({"contact": CONTACT, "seats": HUGE}, ["#/seats"]),
    ({"contact": CONTACT, "seats": FAR}, ["#/seats"]),
    ({"contact": CONTACT, "seats": 1.5}, ["#/seats"]),
    ({"contact": CONTACT, "seats": "2"}, ["#/seats"]),
    ({"contact": CONTACT, "seats": True}, ["#/seats"]),
    ({"contact": CONTACT, "seats": None}, ["#/seats"]),
    ({"contact": CONTACT, "seats": 7}, ["#/seats"]),
    ({"contact": CONTACT, "names": ["A", "B"]}, ["#/names"]),
    ({"contact": CONTACT, "names": "A"}, ["#/names"]),
    ({"contact": CONTACT, "names": [None]}, ["#/names"]),
    ({"contact": CONTACT, "on_behalf": "cat"}, ["#/on_behalf"]),
    ({"contact": CONTACT, "needs": LONG}, ["#/needs"]),
    ({"contact": CONTACT, "needs": "1 85 05 78 006 084 36"}, ["#/needs"]),
    ({"contact": CONTACT, "language": "de"}, ["#/language"]),
    ({"contact": CONTACT, "x": 1, "request_key": "a", "channel": "phone"}, ["#/channel", "#/request_key", "#/x"]),
    (
        {"contact": {"name": "", "email": "x"}, "seats": 0, "y": {}},
        ["#/contact/email", "#/contact/name", "#/seats", "#/y"],
    ),
]

EVENTS: list[tuple[dict[str, Any], list[str]]] = [
    ({"kind": None}, ["#/kind"]),
    ({"kind": "party"}, ["#/kind"]),
    ({"title": ""}, ["#/title"]),
    ({"title": "\u202e\u0000"}, ["#/title"]),
    ({"title": LONG}, ["#/title"]),
    ({"title": ["a"]}, ["#/title"]),
    ({"description": LONG}, ["#/description"]),
    ({"capacity": 0}, ["#/capacity"]),
    ({"capacity": -3}, ["#/capacity"]),
    ({"capacity": HUGE}, ["#/capacity"]),
    ({"capacity": FAR}, ["#/capacity"]),
    ({"minutes": 0}, ["#/minutes"]),
    ({"minutes": FAR}, ["#/minutes"]),
    ({"party_limit": 0, "waiting_max": -1, "cutoff_hours": FAR}, ["#/cutoff_hours", "#/party_limit", "#/waiting_max"]),
    ({"dates": ["2020-01-01T10:00:00"]}, ["#/dates"]),
    ({"dates": ["0001-01-01T00:00:00"]}, ["#/dates"]),
    ({"dates": ["9999-12-31T23:59:59"]}, ["#/dates"]),
    ({"dates": ["soon"]}, ["#/dates"]),
    ({"dates": [spring_gap()]}, ["#/dates"]),
    ({"dates": [local(soon())] * 61}, ["#/dates"]),
    ({"dates": local(soon())}, ["#/dates"]),
    ({"commune": "Atlantide"}, ["#/commune"]),
    ({"commune": "", "place_name": ""}, ["#/place_id"]),
    ({"place_id": "not-a-uuid"}, ["#/place_id"]),
    ({"place_id": "00000000-0000-0000-0000-000000000000"}, ["#/place_id"]),
    ({"accessibility": ["stairs"]}, ["#/accessibility"]),
    ({"visibility": "nobody"}, ["#/visibility"]),
    ({"phone": "<b>"}, ["#/phone"]),
    ({"join_url": "javascript:alert(1)"}, ["#/join_url"]),
    ({"publish": "yes"}, ["#/publish"]),
    ({"created_by": "me", "state": "published"}, ["#/created_by", "#/state"]),
    ({"kind": "webinar"}, ["#/commune", "#/join_url"]),
]

SESSIONS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["#/local_start"]),
    ({"local_start": "2020-01-01T10:00:00"}, ["#/local_start"]),
    ({"local_start": spring_gap()}, ["#/local_start"]),
    ({"local_start": soon().isoformat()}, ["#/local_start"]),
    ({"local_start": local(soon(5)), "local_end": local(soon(4))}, ["#/local_end"]),
    ({"local_start": local(soon(5)), "local_end": local(soon(5))}, ["#/local_end"]),
    ({"local_start": local(soon(5)), "local_end": "9999-12-31T23:59:59"}, ["#/local_end"]),
    ({"local_start": local(soon(5)), "capacity": 0, "z": 1}, ["#/capacity", "#/z"]),
    ({"local_start": 12}, ["#/local_start"]),
]

MOVES: list[tuple[dict[str, Any], list[str]]] = [
    ({"local_start": "2020-01-01T10:00:00"}, ["#/local_start"]),
    ({"local_end": local(soon(8))}, ["#/local_end"]),
    ({"minutes": -1}, ["#/minutes"]),
    ({"commune": "Atlantide", "place_name": "X"}, ["#/commune"]),
    ({"join_url": "https://visio.example"}, ["#/join_url"]),
    ({"capacity": 3}, ["#/capacity"]),
]

CALLS_OFF: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["#/reason"]),
    ({"reason": "no"}, ["#/reason"]),
    ({"reason": "\u0000" * 9}, ["#/reason"]),
    ({"reason": LONG}, ["#/reason"]),
    ({"reason": 5, "why": 6}, ["#/reason", "#/why"]),
]

WALK_INS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["#/at", "#/op"]),
    (MARK | {"name": LONG, "state": 3}, ["#/name", "#/state"]),
    ({"at": "2026-01-01", "op": "1"}, ["#/at"]),
    ({"at": "2026-01-01T10:00:00", "op": "1"}, ["#/at"]),
    ({"at": "0001-01-01T00:00:00+12:00", "op": "1"}, ["#/at"]),
    ({"at": soon(-1).isoformat(), "op": ""}, ["#/op"]),
    ({"at": soon(-1).isoformat(), "op": "é à"}, ["#/op"]),
    ({"at": soon(-1).isoformat(), "op": "x" * 101}, ["#/op"]),
]


async def refused(desk: Desk, path: str, body: dict[str, Any], wrong: list[str], **headers: str) -> None:
    answer = await desk.client.post(path, json=body, headers=headers)
    assert answer.status_code == 422, answer.text
    told = pointers(answer)
    assert sorted(told) == wrong
    assert all(told.values())
    assert await nothing_stored()


@pytest.mark.parametrize(("body", "wrong"), BOOKINGS)
async def test_a_wrong_booking_is_refused(desk: Desk, body: dict[str, Any], wrong: list[str]):
    await refused(desk, f"{desk.session}/bookings", body, wrong)


@pytest.mark.parametrize(("changes", "wrong"), EVENTS)
async def test_a_wrong_event_is_refused(desk: Desk, changes: dict[str, Any], wrong: list[str]):
    await refused(desk, "/api/v1/events", NEW | changes, wrong, **desk.staff)


@pytest.mark.parametrize(("body", "wrong"), SESSIONS)
async def test_a_wrong_date_is_refused(desk: Desk, body: dict[str, Any], wrong: list[str]):
    await refused(desk, f"/api/v1/events/{desk.event_id}/sessions", body, wrong, **desk.staff)


@pytest.mark.parametrize(("body", "wrong"), MOVES)
async def test_a_wrong_move_is_refused(desk: Desk, body: dict[str, Any], wrong: list[str]):
    await refused(desk, f"{desk.session}/move", body, wrong, **desk.staff)


@pytest.mark.parametrize(("body", "wrong"), CALLS_OFF)
async def test_calling_off_needs_a_reason(desk: Desk, body: dict[str, Any], wrong: list[str]):
    await refused(desk, f"{desk.session}/call-off", body, wrong, **desk.staff)


@pytest.mark.parametrize(("body", "wrong"), WALK_INS)
async def test_a_wrong_walk_in_is_refused(desk: Desk, body: dict[str, Any], wrong: list[str]):
    await refused(desk, f"{desk.session}/walk-ins", body, wrong, **desk.staff)


BROKEN = [
    (b"", 422),
    (b"{", 400),
    (b'{"contact": ', 400),
    (b"[]", 422),
    (b"null", 422),
    (b'"x"', 422),
    (b"\xff\xfe", 400),
    (b'{"contact": {"name": "\xff"}}', 400),
    (b'{"contact": {"name": "\\ud800"}}', 400),
    (b"[" * 50_000, 400),
    (b'{"a":' * 20_000, 400),
    (b'{"contact": {"name": NaN}}', 400),
    (b'{"seats": 1e400}', 400),
    (b"contact=1", 400),
    (b"x" * 10_000_000, 413),
]


@pytest.mark.parametrize(("content", "status"), BROKEN)
@pytest.mark.parametrize("path", ["/bookings", "/move", "/walk-ins"])
async def test_what_is_not_an_object_is_refused(desk: Desk, content: bytes, status: int, path: str):
    headers = {"content-type": "application/json", **({} if path == "/bookings" else desk.staff)}
    answer = await desk.client.post(f"{desk.session}{path}", content=content, headers=headers)
    if path == "/move" and content == b"":
        assert answer.status_code == 200  # nothing said, nothing changed
        return
    assert answer.status_code == status, answer.text
    assert answer.json()["title"]
    assert await nothing_stored()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "x"])
async def test_only_json_is_read(desk: Desk, kind: str):
    content = b'{"contact": {"name": "Odile", "email": "odile@example.fr"}}'
    answer = await desk.client.post(f"{desk.session}/bookings", content=content, headers={"content-type": kind})
    assert answer.status_code == 415
    assert await nothing_stored()


@pytest.mark.parametrize("key", ["", "x" * 101, "a b", "clé".encode("latin-1").decode("latin-1")])
async def test_a_strange_idempotency_key_is_refused(desk: Desk, key: str):
    headers = {"Idempotency-Key": key.encode("latin-1"), "Content-Type": b"application/json"}
    body = b'{"contact": {"name": "Odile", "email": "odile@example.fr"}}'
    answer = await desk.client.post(f"{desk.session}/bookings", content=body, headers=headers)
    assert (answer.status_code, list(pointers(answer))) == (422, ["#/Idempotency-Key"])
    assert await nothing_stored()


@pytest.mark.parametrize(
    "name",
    [
        "🧓 Odile 🌞",
        "Oď\u0301ile",
        "<script>alert(1)</script>",
        "Odile\r\nBcc: x@example.fr",
        "\u202eelidO\u2066",
        "O\x00dile",
    ],
)
async def test_odd_names_are_made_plain_and_kept_on_one_line(desk: Desk, name: str):
    answer = await desk.book(contact=CONTACT | {"name": name}, names=[name])
    assert answer.status_code == 201
    listed = (await desk.client.get(f"{desk.session}/bookings", headers=desk.staff)).json()["items"][0]
    for text in (listed["name"], listed["names"][0]):
        assert text
        assert not any(letter in text for letter in "\r\n\x00\u202e\u2066")


async def test_a_date_too_far_away_to_add_hours_to_is_refused(desk: Desk):
    soonest = (soon(4 * 366) + timedelta(days=1)).replace(tzinfo=None)
    await refused(
        desk,
        f"/api/v1/events/{desk.event_id}/sessions",
        {"local_start": soonest.isoformat()},
        ["#/local_start"],
        **desk.staff,
    )
