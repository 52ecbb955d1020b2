"""Cycles and hybrid sessions on screen: published in one form, shown once, booked at once or by half."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html import unescape
from uuid import UUID

from icalendar import Calendar

from ateliers.agenda.sessions import get_session, list_events_of, list_sessions_of_event
from ateliers.bookings.bookings import list_bookings
from ateliers.clock import now
from ateliers.database import execute, new_id
from ateliers.signing import timed_token
from ateliers.web.public.booking import FORM
from tests.web.typed import NEXT_WEEK, local, workshop
from tests.world import make_booking, make_event, make_place, make_samir, make_session, make_structure

WEEK = timedelta(days=7)
VISIO = "https://visio.example.test/secret"


def text_of(answer) -> str:
    body = re.sub(r"(?s)<head>.*?</head>", " ", answer.text)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def linked_data(answer) -> dict:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', answer.text, re.DOTALL)
    return json.loads(found[1])


def odile(session_id: UUID, **fields) -> dict[str, str]:
    token = timed_token(FORM, f"{session_id} {new_id().hex}", now=now() - timedelta(seconds=30))
    return {
        "who": "me",
        "contact.name": "Odile Marchand",
        "contact.email": "odile@example.test",
        "seats": "1",
        "token": token,
    } | fields


async def make_pair(structure: UUID | None = None, **values) -> tuple[UUID, UUID]:
    event = await make_event(structure)
    onsite = await make_session(event, starts_at=NEXT_WEEK, **values)
    online = await make_session(
        event, starts_at=NEXT_WEEK, place_id=None, join_url=VISIO, onsite_id=onsite, capacity=30
    )
    return onsite, online


async def make_cycle(structure: UUID | None = None, **values) -> list[UUID]:
    event = await make_event(structure, is_cycle=True)
    place = await make_place()
    first = await make_session(event, starts_at=NEXT_WEEK, place_id=place, **values)
    others = [
        await make_session(event, starts_at=NEXT_WEEK + n * WEEK, place_id=place, lead_id=first, **values)
        for n in (1, 2)
    ]
    return [first, *others]


async def test_a_manager_publishes_a_hybrid_cycle_in_one_form(browser_of):
    structure = await make_structure()
    tab = await browser_of(await make_samir(structure))
    form = await tab.get("/espace/evenements/nouveau?type=workshop")
    assert ('name="is_cycle"' in form.text, 'name="online_url"' in form.text) == (True, True)

    sent = await tab.post(
        "/espace/evenements/nouveau",
        data=workshop(
            dates=[local(NEXT_WEEK), local(NEXT_WEEK + WEEK)], is_cycle="1", online_url=VISIO, online_capacity="30"
        ),
    )

    [event] = await list_events_of([structure])
    assert (sent.status_code, sent.headers["location"], event.is_cycle) == (303, event.path, True)
    sessions = await list_sessions_of_event(event.id)
    assert sorted((one.capacity, one.onsite_id is None, one.lead_id is None) for one in sessions) == [
        (10, True, False),
        (10, True, True),
        (30, False, False),
        (30, False, True),
    ]
    shown = text_of(await tab.get(event.path))
    assert "2 séances Ces dates forment un cycle" in shown
    assert "version en ligne de la séance" in shown


async def test_a_form_for_webinars_and_stands_asks_nothing_it_cannot_use(browser_of):
    tab = await browser_of(await make_samir(await make_structure()))

    webinar = (await tab.get("/espace/evenements/nouveau?type=webinar")).text
    stand = (await tab.get("/espace/evenements/nouveau?type=stand")).text

    assert [name in webinar for name in ('name="is_cycle"', 'name="online_url"')] == [True, False]
    assert [name in stand for name in ('name="is_cycle"', 'name="online_url"')] == [False, False]


async def test_one_page_offers_both_halves(client):
    onsite, online = await make_pair()

    page = await client.get(f"/seances/{onsite}")
    half = await client.get(f"/seances/{online}")

    assert (half.status_code, half.headers["location"]) == (303, f"/seances/{onsite}")
    shown = text_of(page)
    assert "Sur place Il reste 10 places. Réserver une place sur place" in shown
    assert "En ligne Il reste 30 places. Réserver une place en ligne" in shown
    assert (f'href="/seances/{onsite}/reserver"' in page.text, f'href="/seances/{online}/reserver"' in page.text) == (
        True,
        True,
    )
    assert VISIO not in page.text


async def test_programs_read_both_ways_to_take_part(client):
    onsite, _online = await make_pair()

    data = linked_data(await client.get(f"/seances/{onsite}"))

    assert data["eventAttendanceMode"] == "https://schema.org/MixedEventAttendanceMode"
    assert [place["@type"] for place in data["location"]] == ["Place", "VirtualLocation"]
    assert [offer["name"] for offer in data["offers"]] == ["Sur place", "En ligne"]
    seats = {key: value for key, value in data.items() if key.endswith("Capacity")}
    assert seats == {
        "maximumPhysicalAttendeeCapacity": 10,
        "maximumVirtualAttendeeCapacity": 30,
        "remainingAttendeeCapacity": 40,
    }


async def test_a_seat_online_is_booked_by_its_own_form(client):
    onsite, online = await make_pair()
    form = await client.get(f"/seances/{online}/reserver")
    assert f'action="/seances/{online}/reserver"' in form.text

    sent = await client.post(f"/seances/{online}/reserver", data=odile(online))

    assert sent.status_code == 303
    assert (len(await list_bookings(online)), len(await list_bookings(onsite))) == (1, 0)
    assert "/webinaire/" in (await client.get(sent.headers["location"])).text


async def test_who_finds_no_seat_on_site_is_shown_the_way_online(client):
    onsite, online = await make_pair(capacity=1)
    await make_booking(onsite)

    form = await client.get(f"/seances/{onsite}/reserver")

    assert "Il reste des places en ligne." in text_of(form)
    assert f'href="/seances/{online}/reserver"' in form.text
    assert "Il reste des places sur place." not in text_of(await client.get(f"/seances/{online}/reserver"))


async def test_the_search_shows_a_pair_and_a_cycle_once(client):
    structure = await make_structure()
    await make_pair(structure)
    await make_cycle(structure)

    page = await client.get("/?quand=tout")

    assert "2 rendez-vous à venir" in text_of(page)
    assert "Sur place : il reste 10 places. En ligne : il reste 30 places" in text_of(page)
    assert "Cycle de 3 séances, jusqu’au" in text_of(page)


async def test_a_cycle_has_one_page_with_all_its_dates(client):
    dates = await make_cycle()

    page = await client.get(f"/seances/{dates[0]}")
    third = await client.get(f"/seances/{dates[2]}")

    assert third.headers["location"] == f"/seances/{dates[0]}"
    assert "Vous réservez tout le cycle en une fois : 3 séances." in text_of(page)
    assert page.text.count("<li>") >= 3
    data = linked_data(page)
    assert [one["@type"] for one in data["subEvent"]] == ["Event"] * 3
    assert datetime.fromisoformat(data["endDate"]) == NEXT_WEEK + 2 * WEEK + timedelta(hours=2)


async def test_a_cycle_is_put_in_a_calendar_date_by_date(client):
    dates = await make_cycle()

    file = await client.get(f"/seances/{dates[0]}/agenda.ics")

    events = Calendar.from_ical(file.content).walk("VEVENT")
    assert [event["DTSTART"].dt for event in events] == [(await get_session(date)).starts_at for date in dates]
    assert len({str(event["UID"]) for event in events}) == 3


async def test_a_cycle_is_booked_on_any_of_its_dates_and_shown_whole(client):
    dates = await make_cycle()

    sent = await client.post(f"/seances/{dates[1]}/reserver", data=odile(dates[1]))
    mine = await client.get(sent.headers["location"])

    assert (sent.status_code, mine.status_code) == (303, 200)
    assert [len(await list_bookings(date)) for date in dates] == [1, 1, 1]
    assert "Choisir une autre date" not in text_of(mine)


async def test_a_whole_cycle_is_called_off_by_one_form(browser_of):
    structure = await make_structure()
    tab = await browser_of(await make_samir(structure))
    event = await make_event(structure, is_cycle=True)
    first = await make_session(event, starts_at=NEXT_WEEK)
    second = await make_session(event, starts_at=NEXT_WEEK + WEEK, lead_id=first)
    await make_booking(first)
    asked = await tab.get(f"/espace/seances/{second}/annuler")
    assert ('name="whole"' in asked.text, "1 inscription" in text_of(asked)) == (True, True)

    await tab.post(f"/espace/seances/{second}/annuler", data={"reason": "Nadia est malade", "whole": "1"})

    assert [(await get_session(one)).called_off_reason for one in (first, second)] == ["Nadia est malade"] * 2
    assert (await get_session(first)).is_off


async def test_one_date_called_off_is_struck_out_and_the_cycle_stays_open(client):
    dates = await make_cycle()
    await execute("UPDATE session SET called_off_at = now(), called_off_reason = 'fermé' WHERE id = $1", dates[0])

    page = await client.get(f"/seances/{dates[0]}")

    assert "Cette séance est annulée" not in text_of(page)
    assert "Vous réservez tout le cycle en une fois : 2 séances." in text_of(page)
    assert page.text.count("<s>") == 1


async def test_the_online_half_changes_its_link_and_keeps_its_date(browser_of):
    structure = await make_structure()
    tab = await browser_of(await make_samir(structure))
    event = await make_event(structure)
    onsite = await make_session(event, starts_at=NEXT_WEEK)
    online = await make_session(event, starts_at=NEXT_WEEK, place_id=None, join_url=VISIO, onsite_id=onsite)
    path = f"/espace/seances/{online}/reporter"
    assert 'name="local_start"' not in (await tab.get(path)).text

    await tab.post(path, data={"join_url": "https://visio.example.test/autre", "confirmed": "1"})

    assert (await get_session(online)).join_url == "https://visio.example.test/autre"
