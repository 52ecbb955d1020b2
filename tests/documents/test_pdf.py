"""Documents: tagged PDF in our own letters, and QR codes that hold what they say."""

from __future__ import annotations

import re
from datetime import timedelta

from ateliers.agenda.sessions import get_session
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.confirmation import confirmation_of, confirmation_pdf
from ateliers.bookings.links import manage_path
from ateliers.documents.qr import qr_svg
from ateliers.rendering import absolute
from ateliers.words import speaking
from tests.world import NOON, START, make_booking, make_event, make_session

STRANGE = ["#{1+1} $x$ *a* _b_ @c <d> \\ [e] // f", "{{ 7*7 }}", "Łukasz Şahin", "漢字", "עברית", "a" * 120]


async def test_a_confirmation_is_a_tagged_pdf_with_its_title_and_language():
    booking = await get_booking(await make_booking(await make_session(), code="K7M2QX"))

    made = await confirmation_pdf(booking, await get_session(booking.session_id), now=NOON)

    assert made.startswith(b"%PDF-1.7")
    assert b"<pdfuaid:part>1<" in made
    assert b"/Lang(fr)" in made
    assert b"/MarkInfo" in made
    assert b"AtkinsonHyperlegibleNext" in made


async def test_the_same_booking_makes_the_same_file():
    booking = await get_booking(await make_booking(await make_session()))
    session = await get_session(booking.session_id)

    assert await confirmation_pdf(booking, session, now=NOON) == await confirmation_pdf(booking, session, now=NOON)


async def test_whatever_people_typed_is_text_in_the_document():
    session_id = await make_session(await make_event(title=STRANGE[0], to_bring="\n".join(STRANGE)))
    booking = await get_booking(await make_booking(session_id, names=STRANGE, seats=len(STRANGE), name=STRANGE[0]))

    assert (await confirmation_pdf(booking, await get_session(session_id), now=NOON)).startswith(b"%PDF")


async def test_every_state_of_a_booking_can_be_printed_in_both_languages():
    session_id = await make_session()
    said = {}
    for state in ("confirmed", "waiting", "offered", "given_back", "left", "declined", "expired"):
        booking = await get_booking(await make_booking(session_id, state=state, rank=7 if state == "waiting" else 1))
        for language in ("fr", "en"):
            with speaking(language):
                session = await get_session(session_id)
                said[state, language] = (await confirmation_of(booking, session)).state.replace("\u00a0", " ")
                assert (await confirmation_pdf(booking, session, now=NOON)).startswith(b"%PDF")

    assert said["confirmed", "fr"] == "Votre place est confirmée."
    assert said["waiting", "fr"] == "Vous êtes sur la liste d’attente : numéro 1."
    assert said["offered", "en"] == "A seat is kept for you. Answer before Wednesday 25 November 2026 at 12:00."
    assert len(set(said.values())) == len(said)


async def test_who_has_no_contact_reads_how_to_reach_the_structure():
    booking = await get_booking(await make_booking(await make_session(), email=None, phone=None, code="K7M2QX"))

    told = await confirmation_of(booking, await get_session(booking.session_id))

    assert told.code == "K7M\u00a02QX"
    assert "Appelez le 03\u00a086\u00a000\u00a000\u00a000 et lisez votre code." in told.advice
    assert told.advice[-1].startswith("Nous ne pouvons pas vous joindre")
    assert told.qr == qr_svg(absolute(manage_path(booking)))


def test_a_qr_code_is_a_drawing_with_its_quiet_border():
    drawn = qr_svg("http://ateliers.test/ma-reservation/K7M2QX/aaaaaaaaaaaaaaaa")

    assert re.match(r'<svg viewBox="0 0 (\d+) \1" class="qr">', drawn)
    assert "style" not in drawn
    assert drawn != qr_svg("http://ateliers.test/ma-reservation/K7M2QX/aaaaaaaaaaaaaaab")


async def test_a_cycle_is_printed_with_every_date_that_takes_place():
    event_id = await make_event(is_cycle=True)
    lead = await make_session(event_id)
    for n in (1, 2):
        off = NOON if n == 2 else None
        await make_session(event_id, starts_at=START + timedelta(days=7 * n), lead_id=lead, called_off_at=off)
    booking = await get_booking(await make_booking(lead))

    told = await confirmation_of(booking, await get_session(lead))

    assert told.facts[0].texts == [
        "mardi 1er décembre 2026, de 14\u00a0h à 16\u00a0h",
        "mardi 8 décembre 2026, de 14\u00a0h à 16\u00a0h",
    ]


async def test_a_webinar_is_printed_without_its_meeting():
    event_id = await make_event(kind="webinar")
    session_id = await make_session(event_id, place_id=None, join_url="https://visio.example/secret")
    booking = await get_booking(await make_booking(session_id))

    told = await confirmation_of(booking, await get_session(session_id))

    assert told.facts[1].texts[0].endswith("sur la page de votre réservation, sur Internet.")
    assert "visio.example" not in repr(told)
