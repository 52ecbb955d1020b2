"""One's own bookings in one's own calendar, from the private page of one of them (rule F9)."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from ateliers.bookings.booking import Booking
from ateliers.bookings.links import booking_by_private_key, manage_path
from ateliers.clock import now
from ateliers.exchange.feeds.personal import (
    booking_calendar,
    close_personal_feed,
    find_personal_path,
    open_personal_feed,
)
from ateliers.refusals import NotFound
from ateliers.web.answers import page, redirect
from ateliers.web.feeds import CALENDAR
from ateliers.web.public.following import links_of

PATH = "/ma-reservation/{code:str}/{key:str}/agenda"
PRIVATE = {"cache-control": "no-store", "x-robots-tag": "noindex"}


@get(PATH)
async def show_calendar(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """What such a calendar is; its addresses once it is open."""
    booking = await _booking(code, key)
    path = await find_personal_path(booking)
    answer = page(
        "public/booking_calendar.html",
        path=manage_path(booking),
        links=links_of(path) if path is not None else None,
    )
    answer.headers.update(PRIVATE)
    return answer


@post(PATH)
async def open_calendar(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Open it. Twice is the same as once."""
    booking = await _booking(code, key)
    await open_personal_feed(booking, now=now())
    return redirect(f"{manage_path(booking)}/agenda")


@post(PATH + "/fermer")
async def close_calendar(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """Close it for good: the address is in too many hands."""
    booking = await _booking(code, key)
    await close_personal_feed(booking, now=now())
    return redirect(f"{manage_path(booking)}/agenda")


@get(PATH + ".ics")
async def show_file(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """This booking alone, for any calendar, with the person's own link into a webinar."""
    body = await booking_calendar(await _booking(code, key))
    headers = {**PRIVATE, "content-disposition": 'inline; filename="reservation.ics"'}
    return Response(body, headers=headers, media_type=CALENDAR)


async def _booking(code: str, key: str) -> Booking:
    booking = await booking_by_private_key(code, key)
    if booking is None:
        raise NotFound
    return booking


ROUTES: list[Any] = [show_calendar, open_calendar, close_calendar, show_file]
