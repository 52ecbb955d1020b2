"""Stopping the reminders of one booking: a page with a button, and one click for mail programs (RFC 8058)."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from ateliers.bookings.opt_out import booking_by_reminder_key, stop_reminders, stop_reminders_path
from ateliers.clock import now
from ateliers.web.answers import page, private

PATH = "/rappels/{code:str}/{key:str}"
TEMPLATE = "public/reminders.html"


@get(PATH)
async def ask_to_stop(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """The button; mail scanners open links, so opening changes nothing."""
    booking = await booking_by_reminder_key(code, key)
    return private(page(TEMPLATE, path=stop_reminders_path(booking), stopped=not booking.reminders))


@post(PATH, status_code=200)
async def stop(code: FromPath[str], key: FromPath[str]) -> Response[bytes]:
    """No more reminders. Twice is the same as once."""
    booking = await stop_reminders(code, key, now=now())
    return private(page(TEMPLATE, path=stop_reminders_path(booking), stopped=True))


ROUTES: list[Any] = [ask_to_stop, stop]
