"""« Retrouver ma réservation », and the confirmation on paper."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from ateliers.bookings.bookings import get_booking
from ateliers.bookings.links import manage_path
from ateliers.clock import now
from ateliers.database import fetch_rows, fetch_value
from ateliers.web.public import find_booking
from tests.web.test_booking_pages import odile, text_of
from tests.world import make_booking, make_event, make_nadia, make_samir, make_session, make_structure

NEXT_WEEK = (now() + timedelta(days=7)).replace(hour=13, minute=0, second=0, microsecond=0)


@pytest.fixture(autouse=True)
def calm():
    yield
    find_booking.WRONG.clear()


async def test_by_phone_the_link_goes_to_the_address_of_the_booking_or_the_structure_calls(client):
    session_id = await make_session(starts_at=NEXT_WEEK)
    await client.post(f"/seances/{session_id}/reserver", data=odile(session_id, contact__phone="06 12 34 56 78"))
    await make_booking(session_id, phone="0698765432", email=None)

    known = await client.post("/ma-reservation", data={"contact": "+33 6 12 34 56 78"})
    without_email = await client.post("/ma-reservation", data={"contact": "06 98 76 54 32"})
    unknown = await client.post("/ma-reservation", data={"contact": "06 11 11 11 11"})

    assert known.text == without_email.text == unknown.text
    assert [row["kind"] for row in await fetch_rows("SELECT kind FROM outbox ORDER BY id")] == [
        "booking_confirmed",
        "booking_link",
    ]
    assert [row["call_why"] for row in await fetch_rows("SELECT call_why FROM booking WHERE to_call_back")] == ["link"]


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("K7M2QX", "Odile Marchand"),
        ("k7m-2qx", "marchand odile"),
        (" K7M 2QX ", "MARCHAND"),
        ("K7M2QX", "Suzanne Éluard"),
        ("k7m2qx", "eluard"),
    ],
)
async def test_a_code_and_a_name_lead_to_the_private_page(client, code, name):
    booking_id = await make_booking(
        await make_session(starts_at=NEXT_WEEK), code="K7M2QX", email=None, names=["Suzanne Éluard"]
    )

    answer = await client.post("/ma-reservation/code", data={"code": code, "name": name})

    assert (answer.status_code, answer.headers["location"]) == (303, manage_path(await get_booking(booking_id)))


async def test_a_wrong_code_and_a_wrong_name_look_alike(client):
    await make_booking(await make_session(starts_at=NEXT_WEEK), code="K7M2QX")
    said = set()
    for code, name in (("K7M2QX", "Jean Petit"), ("ZZZZZZ", "Odile Marchand"), ("K7M2QX", "O"), ("K7M2QX", "?!")):
        answer = await client.post("/ma-reservation/code", data={"code": code, "name": name})
        assert answer.status_code == 404
        said.add(text_of(answer))

    assert len(said) == 1
    assert "Nous ne trouvons pas de réservation" in said.pop()


async def test_who_guesses_codes_is_sent_to_the_phone_and_the_library_next_door_is_not(app, db):
    await make_booking(await make_session(starts_at=NEXT_WEEK), code="K7M2QX")
    right = {"code": "K7M2QX", "name": "Odile Marchand"}

    async def ask(address, answers):
        transport = httpx.ASGITransport(app, client=(address, 4000))
        async with httpx.AsyncClient(transport=transport, base_url="http://ateliers.test") as browser:
            return (await browser.post("/ma-reservation/code", data=answers)).status_code

    for _turn in range(find_booking.MOST_WRONG):
        assert await ask("90.1.2.3", {**right, "code": "AAAAAA"}) == 404
    assert await ask("90.1.2.3", right) == 429
    assert await ask("90.1.2.4", right) == 303


async def test_the_paper_says_what_is_needed_at_the_door(client):
    booking = await get_booking(await make_booking(await make_session(starts_at=NEXT_WEEK), code="K7M2QX"))
    path = manage_path(booking)

    page = await client.get(path + "/imprimer")
    pdf = await client.get(path + "/confirmation.pdf")
    english = await client.get("/en" + path + "/imprimer")

    for said in ("K7M 2QX", "Votre place est confirmée.", "Médiathèque Jean-Jaurès", "Votre carte Vitale", "03 86 00"):
        assert said in text_of(page)
    assert "Your seat is confirmed." in text_of(english)
    assert (pdf.status_code, pdf.headers["content-type"], pdf.content[:5]) == (200, "application/pdf", b"%PDF-")
    for answer in (page, pdf):
        assert (answer.headers["cache-control"], answer.headers["x-robots-tag"]) == ("no-store", "noindex")
    for wrong in (path[:-1] + "/imprimer", "/ma-reservation/ZZZZZZ/aaaaaaaaaaaaaaaa/confirmation.pdf"):
        assert (await client.get(wrong)).status_code == 404


async def test_staff_print_for_who_has_no_contact_in_the_citizens_language(browser_of):
    structure = await make_structure()
    session_id = await make_session(await make_event(structure), starts_at=NEXT_WEEK)
    booking_id = await make_booking(session_id, email=None, language="en", channel="phone")
    nadia = await browser_of(await make_nadia(structure))
    other = await browser_of(await make_samir(await make_structure("Autre", slug="autre")))
    path = f"/espace/inscriptions/{booking_id}"

    page, pdf = await nadia.get(f"{path}/imprimer"), await nadia.get(f"{path}/confirmation.pdf")

    assert "Nous ne pouvons pas vous joindre" in text_of(page)
    assert re.search(rb"/Lang\(en\)", pdf.content)
    for tail in ("/imprimer", "/confirmation.pdf"):
        assert (await other.get(path + tail)).status_code == 404


async def test_reading_or_printing_changes_nothing(client):
    """A mail scanner opened every link of a confirmation, and the seat was gone (seen at a peer): here a GET changes nothing."""
    session_id = await make_session(starts_at=NEXT_WEEK)
    sent = await client.post(f"/seances/{session_id}/reserver", data=odile(session_id))
    path = sent.headers["location"]
    before = await fetch_value("SELECT string_agg(b::text, '') FROM booking b")

    for tail in ("", "/imprimer", "/confirmation.pdf", "/rendre", "/changer"):
        assert (await client.get(path + tail)).status_code == 200

    assert await fetch_value("SELECT string_agg(b::text, '') FROM booking b") == before
