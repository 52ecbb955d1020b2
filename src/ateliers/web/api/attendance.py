"""Attendance, taken by a structure's own software (scope attendance). Every operation is idempotent by its `op`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, post, put
from litestar.params import FromPath
from msgspec import Meta

from ateliers.attendance.mark import Mark, Op, SeatState, UnknownSeat, read_seat_id
from ateliers.attendance.operations import Ack, Batch, take_operations
from ateliers.attendance.record import record_attendance
from ateliers.attendance.recorder import Recorder, volunteer_of
from ateliers.attendance.walk_ins import WalkInName, add_walk_in
from ateliers.bookings.bookings import find_booking_by_code
from ateliers.clock import now
from ateliers.network.signing_in import person_of_session
from ateliers.network.tokens import PREFIX
from ateliers.web.api.asking import author_of, bearer_of, body_of, check_moment, id_of
from ateliers.web.api.description import JSON, described
from ateliers.web.api.shapes import encoded
from ateliers.web.frame import SESSION_COOKIE

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


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What became of each operation, in the order in which they were sent; a page drawn after `at` shows it."""

    at: datetime
    answers: list[Ack]


@post(
    "/api/v1/sessions/{session_id:str}/operations",
    status_code=200,
    opt=described(
        summary="Take in what a device kept while it had no network",
        tag=SCOPE,
        body=Batch,
        answer=Answers,
        security="token",
    ),
)
async def operations(request: Request[Any, Any, Any], session_id: FromPath[str]) -> Response[bytes]:
    """Marks, walk-ins, counts and taps taken back, in any order and as often as needed: each counts once.

    None is refused for what it says: one that cannot be taken is kept aside for the team, and the answer says why.
    """
    by = await _recorder_of(request)
    batch = await body_of(request, Batch)
    answers = await take_operations(id_of(session_id), batch, by=by, now=now())
    return Response(encoded(Answers(at=now(), answers=answers)), media_type=JSON)


async def _recorder_of(request: Request[Any, Any, Any]) -> Recorder:
    """Who sends: the page of somebody signed in, of a volunteer of the day, or a structure's software by its token."""
    bearer = bearer_of(request)
    if bearer and not bearer.startswith(PREFIX):
        return await volunteer_of(bearer, now=now())
    if not bearer and SESSION_COOKIE in request.cookies:
        person = await person_of_session(request.cookies[SESSION_COOKIE], now=now())
        if person is not None:
            return person
    return await author_of(request, SCOPE)


ROUTES: list[Any] = [mark_seat, walk_in, operations]
