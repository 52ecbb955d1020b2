"""A dashboard by link: for a funder, an elected official, anybody who was given it (F9)."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from ateliers.clock import now
from ateliers.refusals import NotFound
from ateliers.reports.links import ReportLink, open_link
from ateliers.reports.report import Report, report
from ateliers.reports.snapshots import compare
from ateliers.web.answers import page, private
from ateliers.web.reporting import FILES, dictionary_file, file, file_of, shown_in, subject_of

PATH = "/partage/{token:str}"


@get(PATH, include_in_schema=False)
async def show_shared(token: FromPath[str]) -> Response[bytes]:
    """The figures of the link, what was frozen beside what was rectified since."""
    link, made = await _open(token)
    answer = page(
        "public/shared_figures.html",
        **shown_in(made, link.scope),
        link=link,
        path=link.path,
        query="",
        before=None,
        subject=await subject_of(made, link.scope),
        rectified=await compare(made, link.scope),
    )
    answer.headers["x-robots-tag"] = "noindex"
    return private(answer)


@get([f"{PATH}/rapport.{kind}" for kind in FILES], include_in_schema=False)
async def download_shared(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[bytes]:
    """The same as a file."""
    link, made = await _open(token)
    return private(await file_of(made, request.url.path.rpartition(".")[2], link.scope, now=now()))


@get(f"{PATH}/definitions.csv", include_in_schema=False)
async def download_definitions(token: FromPath[str]) -> Response[bytes]:
    """What the figures mean."""
    await open_link(token, now=now())
    return private(dictionary_file())


@get(f"{PATH}/chiffres.json", include_in_schema=False)
async def download_frozen(token: FromPath[str]) -> Response[bytes]:
    """The figures as they were frozen, byte for byte what the hash is of."""
    link, made = await _open(token)
    rectified = await compare(made, link.scope)
    if rectified is None:
        raise NotFound
    snapshot = rectified.snapshot
    return private(file(snapshot.content.encode(), "application/json", f"chiffres-{snapshot.hash[:12]}.json"))


async def _open(token: str) -> tuple[ReportLink, Report]:
    link = await open_link(token, now=now())
    made = await report(
        by=link.by, start=link.first_day, end=link.last_day, kind=link.kind, scope=link.scope, now=now()
    )
    return link, made


ROUTES: list[Any] = [show_shared, download_shared, download_definitions, download_frozen]
