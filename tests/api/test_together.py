"""Cycles and hybrid sessions over the API: listed once, booked at once or by half, made in one call."""

from __future__ import annotations

from datetime import timedelta

from tests.api.conftest import soon
from tests.world import make_event, make_place, make_session

WEEK = timedelta(days=7)
VISIO = "https://visio.example.test/secret"


def draft(**changes) -> dict:
    dates = [(soon() + n * WEEK).replace(tzinfo=None).isoformat() for n in range(2)]
    return {
        "kind": "workshop",
        "title": "Écrire à son médecin",
        "dates": dates,
        "place_name": "Mairie",
        "commune": "58000",
        "capacity": 8,
        "publish": True,
        **changes,
    }


async def test_a_hybrid_cycle_is_made_and_listed_once(desk):
    made = await desk.client.post(
        "/api/v1/events",
        json=draft(is_cycle=True, online_url=VISIO, online_capacity=20),
        headers=desk.staff,
    )
    assert made.status_code == 201
    sessions = made.json()["sessions"]
    assert len(sessions) == 4

    listed = (await desk.client.get("/api/v1/sessions?q=médecin")).json()["items"]

    [one] = listed
    assert [date["status"] for date in one["dates"]] == ["planned", "planned"]
    assert one["online"]["capacity"] == 20
    assert (one["onsite_id"], one["seats_left"], one["online"]["seats_left"]) == (None, 8, 20)
    assert VISIO not in str(listed)


async def test_the_online_half_is_booked_under_its_id(desk):
    event = await make_event(desk.structure_id)
    onsite = await make_session(event, starts_at=soon())
    online = await make_session(event, starts_at=soon(), place_id=None, join_url=VISIO, onsite_id=onsite, capacity=20)
    shown = (await desk.client.get(f"/api/v1/sessions/{onsite}")).json()
    assert shown["online"]["session_id"] == str(online)

    body = {"contact": {"name": "Odile Marchand", "email": "odile@example.fr"}}
    booked = await desk.client.post(f"/api/v1/sessions/{online}/bookings", json=body)

    assert booked.status_code == 201
    after = (await desk.client.get(f"/api/v1/sessions/{online}")).json()
    assert (after["onsite_id"], after["seats_left"]) == (str(onsite), 19)
    assert (await desk.client.get(f"/api/v1/sessions/{onsite}")).json()["online"]["seats_left"] == 19


async def test_a_booking_of_any_date_is_one_of_the_cycle(desk):
    event = await make_event(desk.structure_id, is_cycle=True)
    place = await make_place()
    first = await make_session(event, starts_at=soon(), place_id=place)
    second = await make_session(event, starts_at=soon() + WEEK, place_id=place, lead_id=first)

    body = {"contact": {"name": "Odile Marchand", "email": "odile@example.fr"}}
    booked = await desk.client.post(f"/api/v1/sessions/{second}/bookings", json=body)

    assert booked.status_code == 201
    for session in (first, second):
        answer = await desk.client.get(f"/api/v1/sessions/{session}/bookings", headers=desk.staff)
        assert [one["code"] for one in answer.json()["items"]] == [booked.json()["code"]]


async def test_a_whole_cycle_is_called_off_in_one_call(desk):
    event = await make_event(desk.structure_id, is_cycle=True)
    first = await make_session(event, starts_at=soon())
    second = await make_session(event, starts_at=soon() + WEEK, lead_id=first)

    await desk.client.post(
        f"/api/v1/sessions/{first}/call-off", json={"reason": "Nadia est malade", "whole": True}, headers=desk.staff
    )

    shown = (await desk.client.get(f"/api/v1/sessions/{second}")).json()
    assert (shown["status"], [date["status"] for date in shown["dates"]]) == ("called_off", ["called_off"] * 2)
