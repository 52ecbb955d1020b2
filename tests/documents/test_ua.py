"""Every document holds to PDF/UA: tagged whole, titled, in order, figures told in words, in letters that it carries."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import pypdf
import pytest

from ateliers.agenda.poster import Format, make_poster
from ateliers.agenda.sessions import get_session
from ateliers.attendance.certificate import certificates_pdf, issue_certificate
from ateliers.attendance.mark import SeatState
from ateliers.attendance.record import mark_seat
from ateliers.attendance.sheet import get_sheet
from ateliers.attendance.sign_in_sheet import sign_in_sheet_pdf
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.confirmation import confirmation_pdf
from ateliers.exchange.evidence import evidence_bundle
from ateliers.network import charter
from ateliers.network.charter import current_charter
from ateliers.network.people import get_person
from ateliers.network.signed_charter import get_signed, signed_charter_pdf
from ateliers.reports.exports import About
from ateliers.reports.grouping import Grouping
from ateliers.reports.paper import report_pdf
from ateliers.reports.report import report
from ateliers.reports.scope import Scope
from ateliers.resources import resource
from tests.documents.ua import headings, ua_faults
from tests.world import NOON, START, make_booking, make_event, make_nadia, make_samir, make_session, make_structure

LONG = "Anticonstitutionnellement, préparer avec ses proches une téléconsultation et ranger tous ses papiers de santé"


async def confirmation() -> bytes:
    lead = await make_session(event := await make_event(is_cycle=True, title=LONG))
    await make_session(event, starts_at=START + timedelta(days=7), lead_id=lead)
    booking = await get_booking(await make_booking(lead, seats=3, names=["Odile", "Rosa", "Łukasz Şahin"]))
    return await confirmation_pdf(booking, await get_session(lead), now=NOON)


async def poster() -> bytes:
    return await make_poster(await get_session(await make_session()), Format.POSTER, now=NOON)


async def flyer() -> bytes:
    session = await make_session(await make_event(title=LONG))
    return await make_poster(await get_session(session), Format.FLYER, now=NOON)


async def sign_in_sheet() -> bytes:
    session = await make_session(await make_event(structure := await make_structure()), capacity=None)
    for number in range(24):
        await make_booking(session, name=f"Personne {number}", email=f"p{number}@example.test")
    return await sign_in_sheet_pdf(await get_sheet(session, by=await get_person(await make_nadia(structure))), now=NOON)


async def certificate() -> bytes:
    session = await make_session(await make_event(structure := await make_structure()))
    nadia = await get_person(await make_nadia(structure))
    booking = await get_booking(await make_booking(session))
    await mark_seat(session, booking.code, 1, SeatState.PRESENT, by=nadia, now=START)
    one = await issue_certificate(session, f"{booking.code}-1", "Odile Marchand", by=nadia, now=START)
    return await certificates_pdf(await get_session(session), [one], now=START)


async def evidence() -> bytes:
    event = await make_event(structure := await make_structure(), title=LONG)
    await make_session(event, outcome="held")
    samir = await get_person(await make_samir(structure))
    chunks = await evidence_bundle(event, by=samir, now=START + timedelta(days=1))
    made = zipfile.ZipFile(io.BytesIO(b"".join([chunk async for chunk in chunks])))
    return made.read("bilan.pdf")


async def signed_charter() -> bytes:
    here = await make_structure(slug="ici")
    await charter.sign_charter(here, name="Marc Petit", role="maire", now=NOON)
    signed = await get_signed("ici", (await current_charter()).version, by=await get_person(await make_samir(here)))
    return await signed_charter_pdf(*signed, now=NOON)


async def the_report() -> bytes:
    structure = await make_structure()
    await make_booking(await make_session(await make_event(structure, title=LONG), outcome="held"), seats=8)
    scope = Scope(structures=[structure], is_outside=False)
    day = date(2026, 12, 1)
    made = await report(by=Grouping.STRUCTURE, start=day, end=day, scope=scope, now=START + timedelta(days=1))
    return await report_pdf(made, About(notes=["Une note."], closed={"": {"participations": "3"}}), now=NOON)


DOCUMENTS: dict[str, Callable[[], Awaitable[bytes]]] = {
    "certificate": certificate,
    "confirmation": confirmation,
    "evidence": evidence,
    "flyer": flyer,
    "poster": poster,
    "report": the_report,
    "sign_in_sheet": sign_in_sheet,
    "signed_charter": signed_charter,
}


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_holds_to_pdf_ua(name: str):
    made = await DOCUMENTS[name]()

    assert (ua_faults(made), headings(made)[:1]) == ([], ["H1"])


def test_every_document_is_held_to_it():
    templates = {file.stem for file in (resource("templates") / "documents").glob("*.typ")}
    assert templates - {"poster_parts", "card"} == set(DOCUMENTS)  # parts of others, and a picture: not PDF


async def test_the_check_sees_what_is_missing():
    document = pypdf.PdfWriter(clone_from=io.BytesIO(await poster()))
    del document.root_object["/Lang"]
    del document.root_object["/MarkInfo"]
    page = document.pages[0]
    untagged = pypdf.generic.StreamObject()
    untagged.set_data(page.get_contents().get_data() + b"\n0 0 10 10 re f")
    page[pypdf.generic.NameObject("/Contents")] = document._add_object(untagged)
    for held in document._objects:
        if isinstance(held, pypdf.generic.DictionaryObject) and held.get("/S") == "/Figure":
            del held["/Alt"]
            held[pypdf.generic.NameObject("/S")] = pypdf.generic.NameObject("/Formula")
        elif isinstance(held, pypdf.generic.DictionaryObject) and held.get("/S") == "/H1":
            held[pypdf.generic.NameObject("/S")] = pypdf.generic.NameObject("/H3")
    broken = io.BytesIO()
    document.write(broken)

    assert ua_faults(broken.getvalue()) == [
        "06: not marked as tagged",
        "11: no language",
        "14: H3 after H0",
        "13: a Formula without a text",
        "page 1: 01: f paints what is neither tagged nor an artifact",
    ]
