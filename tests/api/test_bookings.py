"""Bookings by API: made, waited for, seen and given back with the private key, listed with a token."""

from __future__ import annotations

import asyncio

import pytest

from ateliers import database
from tests.api.conftest import Desk, pointers, soon
from tests.world import make_booking, make_event, make_session, make_structure


async def test_a_booking_is_confirmed_and_its_mail_queued(desk: Desk):
    answer = await desk.book(seats=2, names=["Odile Marchand", "Zoé Marchand"], on_behalf="relative", needs="Une rampe")

    assert answer.status_code == 201
    made = answer.json()
    assert made == {
        "code": made["code"],
        "status": "confirmed",
        "rank": None,
        "seats": 2,
        "manage_url": made["manage_url"],
    }
    assert made["manage_url"].startswith(f"http://ateliers.test/ma-reservation/{made['code']}/")
    row = (await database.fetch_rows("SELECT * FROM booking"))[0]
    assert (row["name"], row["email"], row["seats"], row["names"]) == (
        "Odile Marchand",
        "odile@example.fr",
        2,
        ["Odile Marchand", "Zoé Marchand"],
    )
    assert (row["on_behalf"], row["needs"], row["channel"]) == ("relative", "Une rampe", "online")
    assert await database.fetch_value("SELECT kind FROM outbox") == "booking_confirmed"


async def test_who_comes_too_late_waits_in_order(desk: Desk):
    await desk.book(seats=4)
    second = await desk.book(contact={"name": "Ahmed", "email": "ahmed@example.fr"})
    third = await desk.book(contact={"name": "Rose", "phone": "06 12 34 56 78"})
    assert [(a.status_code, a.json()["status"], a.json()["rank"]) for a in (second, third)] == [
        (201, "waiting", 1),
        (201, "waiting", 2),
    ]


async def test_the_same_request_sent_twice_books_once(desk: Desk):
    headers = {"idempotency-key": "5f3c"}
    body = {"contact": {"name": "Odile", "email": "odile@example.fr"}}
    first = await desk.client.post(f"{desk.session}/bookings", json=body, headers=headers)
    again = await desk.client.post(f"{desk.session}/bookings", json=body, headers=headers)
    other = {"contact": {"name": "Rose", "email": "rose@example.fr"}}
    reused = await desk.client.post(f"{desk.session}/bookings", json=other, headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert reused.status_code == 422
    assert await database.fetch_value("SELECT count(*) FROM booking") == 1


async def test_the_same_person_twice_is_told_so_and_learns_no_more(desk: Desk):
    made = await desk.book()
    again = await desk.book()
    assert again.status_code == 409
    assert again.json()["type"] == "/api/v1/problems#already-booked"
    assert made.json()["code"] not in again.text


async def test_a_rush_never_oversells(desk: Desk):
    answers = await asyncio.gather(
        *(desk.book(contact={"name": f"P{n}", "email": f"p{n}@example.fr"}) for n in range(40))
    )
    made = [answer.json()["status"] for answer in answers if answer.status_code == 201]
    assert (made.count("confirmed"), made.count("waiting")) == (4, 20)
    assert sum(answer.status_code == 409 for answer in answers) == 16
    assert await database.fetch_value("SELECT seats_taken FROM session") == 4


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer "}, {"content-type": "application/json; charset=utf-8"}]
)
async def test_the_short_way_and_the_ordinary_way_answer_alike(desk: Desk, headers: dict[str, str]):
    """A body split in parts, or an empty token, goes the ordinary way."""
    bodies = [
        {"contact": {"name": "Odile", "email": "odile@example.fr"}, "seats": 9},
        {"contact": {"name": "Odile"}},
        {"contact": {"name": "Odile", "email": "odile@example.fr"}, "names": ["A", "B"]},
        {"contact": {"name": "", "email": "odile@"}, "x": 1},
    ]
    for body in bodies:
        short = await desk.client.post(f"{desk.session}/bookings", json=body)
        ordinary = await desk.client.post(
            f"{desk.session}/bookings",
            json=body,
            headers={"authorization": f"Basic x{headers.get('authorization', '')}"},
        )
        assert short.status_code == 422
        assert short.json() == ordinary.json()
        assert {name: short.headers[name] for name in ("content-type", "content-length")} == {
            name: ordinary.headers[name] for name in ("content-type", "content-length")
        }


async def test_the_private_key_shows_the_booking_and_gives_seats_back(desk: Desk):
    made = (await desk.book(seats=3)).json()
    key = {"authorization": f"Bearer {made['manage_url'].rsplit('/', 1)[1]}"}
    path = f"/api/v1/bookings/{made['code']}"

    shown = await desk.client.get(path, headers=key)
    assert shown.status_code == 200
    assert (shown.json()["status"], shown.json()["seats"]) == ("confirmed", 3)
    assert shown.json()["session"]["id"] == str(desk.session_id)

    one = await desk.client.post(f"{path}/give-back", json={"seats": 1}, headers=key)
    assert (one.status_code, one.json()["seats"]) == (200, 2)
    more = await desk.client.post(f"{path}/give-back", json={"seats": 3}, headers=key)
    assert (more.status_code, list(pointers(more))) == (409, ["#/seats"])
    rest = await desk.client.post(f"{path}/give-back", headers=key)
    assert (rest.status_code, rest.json()["status"]) == (200, "given_back")
    assert await database.fetch_value("SELECT seats_taken FROM session") == 0


async def test_without_the_private_key_a_booking_is_nobodys_business(desk: Desk):
    made = (await desk.book()).json()
    path = f"/api/v1/bookings/{made['code']}"
    other = {"authorization": "Bearer aaaaaaaaaaaaaaaa"}
    assert (await desk.client.get(path)).status_code == 401
    assert (await desk.client.get(path)).headers["www-authenticate"] == "Bearer"
    assert (await desk.client.get(path, headers=other)).status_code == 404
    assert (await desk.client.get(path, headers=desk.staff)).status_code == 404
    assert (await desk.client.get("/api/v1/bookings/ZZZZZZ", headers=other)).status_code == 404
    assert (await desk.client.post(f"{path}/give-back", json={"seats": 1}, headers=other)).status_code == 404


async def test_the_link_of_a_webinar_is_for_those_who_hold_a_seat(desk: Desk):
    event = await make_event(desk.structure_id, kind="webinar", title="En ligne")
    session = await make_session(event, starts_at=soon(), capacity=1, place_id=None, join_url="https://visio.example/x")
    path = f"/api/v1/sessions/{session}/bookings"
    first = (await desk.client.post(path, json={"contact": {"name": "A", "email": "a@example.fr"}})).json()
    second = (await desk.client.post(path, json={"contact": {"name": "B", "email": "b@example.fr"}})).json()
    links = []
    for made in (first, second):
        key = {"authorization": f"Bearer {made['manage_url'].rsplit('/', 1)[1]}"}
        links.append((await desk.client.get(f"/api/v1/bookings/{made['code']}", headers=key)).json()["join_url"])
    assert (links[0].startswith("http://ateliers.test/webinaire/"), links[1]) == (True, None)
    opened = await desk.client.get(links[0].removeprefix("http://ateliers.test"))
    assert (opened.status_code, opened.headers["location"]) == (303, "https://visio.example/x")
    assert "visio" not in (await desk.client.get(f"/api/v1/sessions/{session}")).text


async def test_a_structure_lists_its_bookings_page_by_page(desk: Desk):
    for n, state in enumerate(["confirmed", "confirmed", "waiting", "given_back"]):
        extra = {"ended_at": soon()} if state == "given_back" else {}
        await make_booking(desk.session_id, state=state, name=f"N{n}", code=f"AAAAA{n + 2}", **extra)

    first = (await desk.client.get(f"{desk.session}/bookings?limit=3", headers=desk.staff)).json()
    rest = (await desk.client.get(f"{desk.session}/bookings?limit=3&cursor={first['next']}", headers=desk.staff)).json()

    assert [(one["code"], one["status"], one["rank"], one["seat_ids"]) for one in first["items"]] == [
        ("AAAAA2", "confirmed", None, ["AAAAA2-1"]),
        ("AAAAA3", "confirmed", None, ["AAAAA3-1"]),
        ("AAAAA4", "waiting", 1, []),
    ]
    assert ([one["code"] for one in rest["items"]], rest["next"]) == (["AAAAA5"], None)


async def test_bookings_are_only_for_their_own_structure(desk: Desk):
    other = await make_structure("Une autre", slug="une-autre")
    session = await make_session(await make_event(other), starts_at=soon())
    path = f"/api/v1/sessions/{session}/bookings"
    assert (await desk.client.get(path, headers=desk.staff)).status_code == 404
    assert (await desk.client.get(f"{desk.session}/bookings")).status_code == 401
