"""The door of a webinar: a personal link leads to the meeting, or says kindly why it does not."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from ateliers.bookings.joining import find_way_in
from ateliers.clock import now
from ateliers.web.answers import page

HEADERS = {"cache-control": "no-store", "x-robots-tag": "noindex", "referrer-policy": "no-referrer"}


@get("/webinaire/{key:str}")
async def join(key: FromPath[str]) -> Response[bytes]:
    """To the meeting. Opening the link changes nothing: programs that look at mail open it too."""
    way = await find_way_in(key, now=now())
    if way.url is not None:
        answer = Response(b"", status_code=303, headers={"location": way.url}, media_type="text/plain")
    else:
        answer = page(
            "public/webinar_closed.html",
            status=410 if way.is_over else 403,
            booking=way.booking,
            session=way.session,
            is_over=way.is_over,
        )
    answer.headers.update(HEADERS)
    return answer


ROUTES: list[Any] = [join]
