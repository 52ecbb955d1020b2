"""The kit as everybody of the network finds it: what to use, for which kind of event, under which licence."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.agenda.kinds import Kind
from ateliers.agenda.kit import count_download, get_kit_file, list_kit
from ateliers.network.people import Person
from ateliers.web.answers import file_answer, page, redirect


@get("/espace/kit")
async def show_kit(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Everything, or what serves events of `?type=`."""
    asked = request.query_params.get("type", "")
    kind = next((one for one in Kind if one.value == asked), None)
    items = [item for item in await list_kit(by=me) if kind is None or item.is_for(kind)]
    return page(
        "workspace/kit.html",
        me=me,
        kinds=list(Kind),
        kind=kind,
        items=[item for item in items if not item.is_obsolete],
        obsolete=[item for item in items if item.is_obsolete],
    )


@post("/espace/kit/{version_id:uuid}")
async def fetch_from_kit(version_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Count it, then send it."""
    await count_download(version_id, by=me)
    return redirect(f"/espace/kit/{version_id}/fichier")


@get("/espace/kit/{version_id:uuid}/fichier")
async def send_from_kit(version_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """The file."""
    return file_answer(await get_kit_file(version_id, by=me))


ROUTES: list[Any] = [show_kit, fetch_from_kit, send_from_kit]
