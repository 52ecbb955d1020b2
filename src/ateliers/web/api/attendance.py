"""Attendance, taken by a structure's own software (scope attendance). Every operation is idempotent by its `op`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post, put
from litestar.params import FromPath
from msgspec import Meta

from ateliers.attendance.mark import Mark, Op, SeatState, UnknownSeat, read_seat_id
from ateliers.attendance.record import record_attendance
from ateliers.attendance.walk_ins import WalkInName, add_walk_in
from ateliers.bookings.bookings import find_booking_by_code
from ateliers.clock import now
from ateliers.web.api.asking import author_of, body_of, check_moment, id_of
from ateliers.web.api.description import JSON, described
from ateliers.web.api.shapes import encoded

SCOPE = "attendance"
At = Annotated[datetime, Meta(tz=True)]  # the device's time


class SeatMarked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a seat now; `state` null takes it back."""

    state: SeatState | None
    at: At
    op: Op


class WalkInAsked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody who came without a booking, with or without a name."""

    name: WalkInName | None = None
    at: At
    op: Op


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """The operation is kept. `added`: false when it was known already."""

    op: str
    added: bool = True


@put(
    "/api/v1/seats/{seat_id:str}/attendance",
    opt=described(
        summary="Record one seat: present, absent, excused, or null",
        tag=SCOPE,
        body=SeatMarked,
        answer=Recorded,
        security="token",
        refusals=(409,),
    ),
)
async def mark_seat(request: Request[Any, Any, Any], seat_id: FromPath[str]) -> Response[bytes]:
    """The same operation sent twice counts once; of two on a seat the later `at` wins."""
    by = await author_of(request, SCOPE)
    asked = await body_of(request, SeatMarked)
    check_moment("at", asked.at)
    code, seat = read_seat_id(seat_id)
    booking = await find_booking_by_code(code)
    if booking is None:
        raise UnknownSeat
    mark = Mark(op=asked.op, code=booking.code, seat=seat, state=asked.state, at=asked.at)
    await record_attendance(booking.session_id, [mark], by=by, now=now())
    return Response(encoded(Recorded(op=asked.op)), media_type=JSON)


@post(
    "/api/v1/sessions/{session_id:str}/walk-ins",
    status_code=201,
    opt=described(
        summary="Count somebody who came without a booking",
        tag=SCOPE,
        body=WalkInAsked,
        answer=Recorded,
        status=201,
        security="token",
        refusals=(409,),
    ),
)
async def walk_in(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[bytes]:
    """Above capacity too."""
    by = await author_of(request, SCOPE)
    asked = await body_of(request, WalkInAsked)
    check_moment("at", asked.at)
    added = await add_walk_in(id_of(session_id), asked.name, asked.op, asked.at, by=by, now=now())
    return Response(encoded(Recorded(op=asked.op, added=added)), status_code=201, media_type=JSON)


ROUTES: list[Any] = [mark_seat, walk_in]
