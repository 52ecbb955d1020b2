"""The attendance list by the link of the volunteer of the day: one session, attendance only, for a time (E10)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from ateliers.attendance.recorder import LinkOver, volunteer_of
from ateliers.clock import now
from ateliers.web.attendance_list import LONGEST_SEARCH, Place

Asked = Request[Any, Any, Any]
LIST = "/appel/{token:str}"


@get(LIST)
async def show_list(request: Asked, token: FromPath[str]) -> Response[bytes]:
    """The list, narrowed to `?q=`."""
    return await (await _place(token)).show(search=request.query_params.get("q", "")[:LONGEST_SEARCH])


@post(LIST)
async def tap_seat(request: Asked, token: FromPath[str]) -> Response[bytes]:
    """Present, absent, excused, or not recorded after all."""
    return await (await _place(token)).tap(request, "")


@post(f"{LIST}/tous-presents")
async def tap_everyone(request: Asked, token: FromPath[str]) -> Response[bytes]:
    """Everybody of whom nothing is known yet is present."""
    return await (await _place(token)).tap(request, "tous-presents")


@post(f"{LIST}/personne")
async def tap_nobody(request: Asked, token: FromPath[str]) -> Response[bytes]:
    """The session was held, and nobody came."""
    return await (await _place(token)).tap(request, "personne")


@post(f"{LIST}/corriger")
async def tap_correct(request: Asked, token: FromPath[str]) -> Response[bytes]:
    """It is not true that nobody came."""
    return await (await _place(token)).tap(request, "corriger")


@post(f"{LIST}/defaire")
async def tap_undo(request: Asked, token: FromPath[str]) -> Response[bytes]:
    """Take one tap back."""
    return await (await _place(token)).tap(request, "defaire")


@post(f"{LIST}/compter")
async def tap_count(request: Asked, token: FromPath[str]) -> Response[bytes]:
    """One more person counted."""
    return await (await _place(token)).tap(request, "compter")


@post(f"{LIST}/sans-inscription")
async def tap_walk_in(request: Asked, token: FromPath[str]) -> Response[bytes]:
    """One more person, with or without a name."""
    return await (await _place(token)).tap(request, "sans-inscription")


async def _place(token: str) -> Place:
    volunteer = await volunteer_of(token, now=now())
    if not volunteer.is_open(now()):
        raise LinkOver
    return Place(session_id=volunteer.session_id, by=volunteer, path=volunteer.path)


ROUTES: list[Any] = [
    show_list,
    tap_seat,
    tap_everyone,
    tap_nobody,
    tap_correct,
    tap_undo,
    tap_count,
    tap_walk_in,
]
