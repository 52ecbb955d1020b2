"""What went wrong elsewhere, told as it should go here: households, limits, closing hours, pages that were open too long."""

from __future__ import annotations

import re
from datetime import timedelta

from ateliers import database
from ateliers.bookings.bookings import get_booking, list_bookings
from ateliers.bookings.links import manage_path
from ateliers.bookings.offers import sweep
from ateliers.clock import now
from ateliers.database import execute, fetch_rows, fetch_value
from tests.web.test_booking_pages import odile, text_of
from tests.world import make_booking, make_event, make_session, make_structure

NEXT_WEEK = (now() + timedelta(days=7)).replace(hour=13, minute=0, second=0, microsecond=0)


async def test_a_household_with_one_address_books_for_each_of_its_people(client):
    """A peer refused the husband: "this address is already registered". One address is a household, not a person (C15)."""
    session_id = await make_session(starts_at=NEXT_WEEK, capacity=4)
    path = f"/seances/{session_id}/reserver"

    hers = await client.post(path, data=odile(session_id))
    his = await client.post(path, data=odile(session_id, contact__name="Marcel Marchand"))
    for_mother = await client.post(
        path, data=odile(session_id, who="other", on_behalf="relative", attendee="Suzanne Éluard")
    )
    again = await client.post(path, data=odile(session_id, contact__name="odile marchand"))

    assert [answer.status_code for answer in (hers, his, for_mother, again)] == [303, 303, 303, 409]
    pages = [text_of(await client.get(answer.headers["location"])) for answer in (hers, his, for_mother)]
    assert [name in page for name, page in zip(("Odile", "Marcel", "Suzanne"), pages, strict=True)] == [True] * 3
    assert "Marcel" not in pages[0]
    await execute("DELETE FROM outbox")
    await client.post("/ma-reservation", data={"contact": "odile@example.test"})
    assert len(await fetch_rows("SELECT 1 FROM outbox WHERE kind = 'booking_link'")) == 3


async def test_one_contact_books_five_times_an_hour_and_is_then_sent_to_the_phone(client):
    structure = await make_structure()
    sessions = [await make_session(await make_event(structure), starts_at=NEXT_WEEK) for _n in range(6)]

    answers = [await client.post(f"/seances/{one}/reserver", data=odile(one)) for one in sessions]

    assert [answer.status_code for answer in answers] == [303] * 5 + [429]
    assert 'value="Odile Marchand"' in answers[-1].text
    assert "Appelez la structure" in text_of(answers[-1])
    other = await client.post(f"/seances/{sessions[-1]}/reserver", data=odile(sessions[-1], contact__email="o@o.test"))
    assert other.status_code == 303


async def test_one_of_the_two_contacts_is_enough(client):
    session_id = await make_session(starts_at=NEXT_WEEK)
    path = f"/seances/{session_id}/reserver"

    neither = await client.post(path, data=odile(session_id, contact__email=""))
    by_phone = await client.post(path, data=odile(session_id, contact__email="", contact__phone="+33 6 12 34 56 78"))

    assert neither.status_code == 422
    assert "Donnez une adresse e-mail ou un numéro de téléphone." in text_of(neither)
    assert by_phone.status_code == 303
    [booking] = await list_bookings(session_id)
    assert (booking.email, booking.phone) == (None, "0612345678")
    assert await fetch_value("SELECT count(*) FROM outbox WHERE kind <> 'sms'") == 0


async def test_a_form_before_opening_and_after_closing_says_when(client):
    structure = await make_structure()
    early = await make_session(await make_event(structure, opens_at=now() + timedelta(days=1)), starts_at=NEXT_WEEK)
    late = await make_session(await make_event(structure, closing=timedelta(days=8)), starts_at=NEXT_WEEK)

    for session_id, said in ((early, "Inscriptions à partir du"), (late, "Inscriptions en ligne fermées")):
        path = f"/seances/{session_id}/reserver"
        shown, sent = await client.get(path), await client.post(path, data=odile(session_id))
        assert said in text_of(shown)
        assert "Confirmer ma réservation" not in text_of(shown)
        assert sent.status_code == 409
    assert await fetch_value("SELECT count(*) FROM booking") == 0


async def test_seats_can_still_be_given_back_after_bookings_have_closed(client):
    """At a peer, closing bookings also closed the way out: people who could not come had no button, and seats stayed empty."""
    event_id = await make_event(closing=timedelta(days=8))
    booking = await get_booking(await make_booking(await make_session(event_id, starts_at=NEXT_WEEK)))

    assert "rendre ma place" in text_of(await client.get(manage_path(booking)))
    given_back = await client.post(manage_path(booking) + "/rendre", data={"seats": "1"})

    assert given_back.status_code == 303
    assert (await get_booking(booking.id)).state.value == "given_back"


async def test_a_seat_given_back_is_offered_to_the_first_and_after_them_to_the_next(client):
    """At a peer, an offer that nobody answered took the seat out of the world: here it goes on to the next."""
    event_id = await make_event(offer_for=timedelta(hours=2))
    session_id = await make_session(event_id, starts_at=NEXT_WEEK, capacity=1)
    holder = await get_booking(await make_booking(session_id))
    first, second = [
        await make_booking(session_id, state="waiting", rank=n, name=f"Voisin {n}", email=f"v{n}@example.test")
        for n in (1, 2)
    ]

    await client.post(manage_path(holder) + "/rendre", data={"seats": "1"})
    page = text_of(await client.get(manage_path(await get_booking(first))))
    await sweep(now() + timedelta(hours=3))

    assert "Une place est gardée pour vous" in page
    assert [(await get_booking(one)).state.value for one in (first, second)] == ["expired", "offered"]
    assert "Le délai de réponse est passé." in text_of(await client.get(manage_path(await get_booking(first))))
    assert await fetch_value("SELECT seats_offered FROM session WHERE id = $1", session_id) == 1


async def test_leaving_the_list_does_not_give_back_a_seat_that_came_free_meanwhile(client):
    session_id = await make_session(starts_at=NEXT_WEEK, capacity=1)
    holder = await get_booking(await make_booking(session_id))
    mine = await get_booking(
        await make_booking(session_id, state="waiting", rank=1, name="Rose", email="r@example.test")
    )
    path = manage_path(mine) + "/rendre"
    assert 'name="waits" value="1"' in (await client.get(path)).text
    await client.post(manage_path(holder) + "/rendre", data={"seats": "1"})

    left = await client.post(path, data={"seats": "1", "waits": "1"})

    assert left.status_code == 422
    assert "Cette réservation n’est plus sur la liste d’attente" in text_of(left)
    assert (await get_booking(mine.id)).state.value == "confirmed"
    assert (await client.post(path, data={"seats": "1"})).status_code == 303
    assert (await get_booking(mine.id)).state.value == "given_back"


async def test_the_form_of_an_online_half_books_online_and_a_later_date_of_a_cycle_the_whole(client):
    structure = await make_structure()
    onsite = await make_session(await make_event(structure), starts_at=NEXT_WEEK)
    event_id = await database.fetch_value("SELECT event_id FROM session WHERE id = $1", onsite)
    online = await make_session(
        event_id, starts_at=NEXT_WEEK, onsite_id=onsite, place_id=None, join_url="https://visio.example/x"
    )
    cycle = await make_event(structure, is_cycle=True)
    lead = await make_session(cycle, starts_at=NEXT_WEEK)
    second = await make_session(cycle, starts_at=NEXT_WEEK + timedelta(days=7), lead_id=lead)

    shown = await client.get(f"/seances/{online}/reserver")
    action = re.search(r'<form method="post" action="([^"]+/reserver)"', shown.text)[1]
    sent = await client.post(action, data=odile(online))
    asked = await client.get(f"/seances/{second}/reserver")

    assert (action, sent.status_code) == (f"/seances/{online}/reserver", 303)
    assert [booking.session_id for booking in await list_bookings(online)] == [online]
    assert asked.headers["location"] == f"/seances/{lead}/reserver"

    booked = await client.post(f"/seances/{lead}/reserver", data=odile(lead))
    page = (await client.get(booked.headers["location"])).text
    told = re.search(r"Nous vous écrirons encore[^<]*", page)[0].split("\u00a0: ")[1].split(". ")[0].split(", ")
    assert len(set(told)) == len(told) > 1  # each day once, whatever the number of messages
    back = (await client.get(f"{booked.headers['location']}/rendre")).text
    for shown_there in (page, back):
        assert "Vous ne pouvez pas venir à une seule des dates" in shown_there
    assert "Cela vaut pour toutes les dates du cycle." in back
