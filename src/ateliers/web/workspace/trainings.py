"""Trainings of ambassadors: how one stands, and a seat at the next in one click (A9)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.session import Session
from ateliers.agenda.sessions import get_session, list_next_trainings
from ateliers.bookings.book import AlreadyBooked, book_seats
from ateliers.bookings.booking import Booking, BookingState, Contact, Wish
from ateliers.bookings.bookings import list_live_bookings_of, rank_of
from ateliers.bookings.give_back import give_back_seats
from ateliers.clock import now
from ateliers.network.people import Person
from ateliers.network.structures import list_structures_by_id
from ateliers.network.training import my_trainings
from ateliers.places.distance import kilometres
from ateliers.refusals import NotFound, Refusal
from ateliers.web.answers import page, private, redirect
from ateliers.words import language, today_of

PATH = "/espace/formations"
NEAR = 100  # kilometres around one's structures


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A training as the list shows it to somebody."""

    session: Session
    kilometres: float | None  # from the nearest of their structures; None: online
    booking: Booking | None  # theirs, on site or online
    rank: int | None  # on the waiting list
    takes_bookings: bool

    @property
    def is_near(self) -> bool:
        """Within reach, or followed from home."""
        return (
            self.kilometres is None
            or self.kilometres <= NEAR
            or self.booking is not None
            or self.session.online is not None
        )


@get(PATH)
async def show_trainings(me: NamedDependency[Person]) -> Response[bytes]:
    """One's own trainings, and those to come: near first."""
    return await _page(me)


@post(f"{PATH}/{{session_id:uuid}}/inscription")
async def book(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """A seat for who is signed in, or a place on the waiting list."""
    session = await _training(session_id)
    wish = Wish(contact=Contact(name=me.name, email=me.email), language="en" if language() == "en" else "fr")
    try:
        await book_seats(session.id, wish, by=me, now=now())
    except AlreadyBooked:
        return redirect(PATH)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(me, refusal=refusal)
    return redirect(f"{PATH}#f-{session.onsite_id or session.id}")


@post(f"{PATH}/{{session_id:uuid}}/desinscription")
async def give_back(session_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One's own seat, given back."""
    session = await _training(session_id)
    mine = (await list_live_bookings_of(me.email, [session.id])).get(session.id)
    try:
        if mine is not None:
            await give_back_seats(mine.id, mine.seats, now=now())
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(me, refusal=refusal)
    return redirect(f"{PATH}#f-{session.onsite_id or session.id}")


async def _training(session_id: UUID) -> Session:
    session = await get_session(session_id)
    if not session.rules.trains or session.lead_id is not None:
        raise NotFound
    return session


async def _page(me: Person, *, refusal: Refusal | None = None) -> Response[bytes]:
    moment = now()
    sessions = await list_next_trainings(now=moment)
    halves = [session.online_id for session in sessions if session.online_id]
    mine = await list_live_bookings_of(me.email, [*(session.id for session in sessions), *halves])
    structures = await list_structures_by_id(me.structure_ids)
    offers = []
    for session in sessions:
        booking = mine.get(session.id) or (mine.get(session.online_id) if session.online_id else None)
        away = [
            kilometres(one.latitude, one.longitude, session.latitude, session.longitude)
            for one in structures
            if session.latitude is not None and session.longitude is not None
        ]
        offers.append(
            Offer(
                session=session,
                kilometres=min(away, default=None),
                booking=booking,
                rank=await rank_of(booking) if booking and booking.state is BookingState.WAITING else None,
                takes_bookings=session.takes_bookings(moment),
            )
        )
    return private(
        page(
            "workspace/trainings.html",
            status=refusal.status if refusal else 200,
            me=me,
            standings=await my_trainings(me),
            today=today_of(moment),
            near=[offer for offer in offers if offer.is_near],
            far=[offer for offer in offers if not offer.is_near],
            refusal=refusal,
            moment=moment,
        )
    )


ROUTES: list[Any] = [show_trainings, book, give_back]
