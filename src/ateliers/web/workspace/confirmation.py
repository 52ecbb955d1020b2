"""The confirmation on paper, printed by the staff for who has neither e-mail nor phone (C4)."""

from __future__ import annotations

from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.bookings.confirmation import confirmation_of, confirmation_pdf
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.web.answers import PDF, inline_file, page, private
from ateliers.web.workspace.serving import served_booking
from ateliers.words import speaking


@get("/espace/inscriptions/{booking_id:uuid}/imprimer")
async def print_for_citizen(me: NamedDependency[Person], booking_id: FromPath[UUID]) -> Response[bytes]:
    """As a page, in the staff's language: to read aloud from, or to print."""
    booking, session = await served_booking(booking_id, me)
    path = f"/espace/inscriptions/{booking.id}"
    told = await confirmation_of(booking, session)
    return private(page("documents/confirmation.html", told=told, pdf=f"{path}/confirmation.pdf", back=path))


@get("/espace/inscriptions/{booking_id:uuid}/confirmation.pdf")
async def pdf_for_citizen(me: NamedDependency[Person], booking_id: FromPath[UUID]) -> Response[bytes]:
    """As PDF, in the citizen's language."""
    booking, session = await served_booking(booking_id, me)
    with speaking(booking.language):
        made = await confirmation_pdf(booking, session, now=now())
    return private(Response(made, media_type=PDF, headers=inline_file(f"reservation-{booking.code}.pdf")))


ROUTES = [print_for_citizen, pdf_for_citizen]
