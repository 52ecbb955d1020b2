"""Calendar files for programs: one session, and feeds of structures, territories and kinds in four formats (B18)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response, route
from litestar.params import FromPath

from ateliers.agenda.kinds import Kind
from ateliers.clock import now
from ateliers.exchange.feeds.formats import FORMATS
from ateliers.exchange.feeds.selection import Scope, Selection
from ateliers.refusals import Invalid, NotFound
from ateliers.web.api.asking import id_of
from ateliers.web.api.description import described
from ateliers.web.feeds import CALENDAR, public_feed, session_file

TAG = "calendar"
READING = [HttpMethod.GET, HttpMethod.HEAD]
SUMMARIES = {
    Scope.STRUCTURE: "The sessions of a structure as a feed: <slug>.ics, .atom, .json or .jscal",
    Scope.COMMUNE: "The sessions in a commune as a feed: <INSEE code>.ics, .atom, .json or .jscal",
    Scope.DEPARTEMENT: "The sessions of a département as a feed: <INSEE code>.ics, .atom, .json or .jscal",
    Scope.REGION: "The sessions of a région as a feed: <INSEE code>.ics, .atom, .json or .jscal",
    Scope.KIND: "The sessions of one kind as a feed: <kind>.ics, .atom, .json or .jscal",
}


class FeedAsked(msgspec.Struct, frozen=True, kw_only=True):
    """With a kind, the feed holds sessions of that kind only. What else stands in the address is some program's own."""

    kind: Kind | None = None


@route(
    "/api/v1/calendar/sessions/{file:str}",
    http_method=READING,
    opt=described(summary="One session as a calendar file: <id>.ics", tag=TAG, media_types=(CALENDAR,)),
)
async def session_ics(request: Request[Any, Any, Any], file: FromPath[str]) -> Response[bytes]:
    """One session."""
    name, extension = _parts_of(file)
    if extension != "ics":
        raise NotFound
    return await session_file(request, id_of(name), now=now())


def _feed(scope: Scope) -> Any:
    """The handler of the feeds of one scope."""
    media_types = tuple(one.media_type for one in FORMATS.values())

    async def feed(request: Request[Any, Any, Any], file: FromPath[str]) -> Response[bytes]:
        """Public sessions, from thirty days back."""
        name, extension = _parts_of(file)
        selection = Selection(scope=scope, code=name, kind=_kind_of(request))
        return await public_feed(request, selection, extension, now=now())

    feed.__name__ = f"{scope.name.lower()}_feed"
    made: Callable[..., Any] = route(
        f"/api/v1/calendar/{scope.value}/{{file:str}}",
        http_method=READING,
        opt=described(
            summary=SUMMARIES[scope],
            tag=TAG,
            media_types=media_types,
            query=FeedAsked,
            refusals=(410,) if scope is Scope.STRUCTURE else (),
        ),
    )
    return made(feed)


def _kind_of(request: Request[Any, Any, Any]) -> Kind | None:
    typed = request.query_params.get("kind")
    if not typed:
        return None
    try:
        return Kind(typed)
    except ValueError:
        raise Invalid({"kind": "Choose one of the answers offered."}) from None


def _parts_of(file: str) -> tuple[str, str]:
    name, _, extension = file.rpartition(".")
    if not name or "\0" in file:
        raise NotFound
    return name, extension


ROUTES: list[Any] = [session_ics, *(_feed(scope) for scope in Scope)]
