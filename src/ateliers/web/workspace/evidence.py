"""What an event gives to others: the evidence for who paid for it, and its sessions for La Coop (F14, F15)."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from ateliers.clock import now
from ateliers.exchange.cra import cra_csv, cra_of, list_cras
from ateliers.exchange.evidence import bundle_name, evidence_bundle
from ateliers.exchange.held import STATES, list_held
from ateliers.network.people import Person
from ateliers.web.answers import PRIVATE, inline_file, page, private
from ateliers.web.workspace.serving import served_event

EVENT = "/espace/evenements/{event_id:uuid}"


@get(f"{EVENT}/preuves")
async def show_evidence(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """What can be had, and what would be in it."""
    event = await served_event(event_id, me)
    held = await list_held(event_id, now=now())
    return private(
        page(
            "workspace/evidence.html",
            me=me,
            event=event,
            held=held,
            states=STATES,
            cras={one.session.id: cra for one in held if (cra := cra_of(one)) is not None},
            sheets=sum(one.figures.sheets for one in held),
            may_manage=me.manages(event.structure_id),
        )
    )


@get(f"{EVENT}/preuves.zip")
async def send_evidence(
    request: Request[Any, Any, Any], event_id: FromPath[UUID], me: NamedDependency[Person]
) -> Stream:
    """The ZIP file; signed sheets only when asked for (`?feuilles=oui`)."""
    event = await served_event(event_id, me)
    with_sheets = request.query_params.get("feuilles") == "oui"
    chunks = await evidence_bundle(event_id, with_sheets=with_sheets, by=me, now=now())
    named = {"content-disposition": f"attachment; filename*=UTF-8''{quote(bundle_name(event), safe='')}"}
    return Stream(chunks, media_type="application/zip", headers={**PRIVATE, **named})


@get(f"{EVENT}/cra-la-coop.csv")
async def send_cras(event_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """One line a held session, in the columns of La Coop's form."""
    event = await served_event(event_id, me)
    cras = await list_cras(event_id, structure_id=event.structure_id, by=me, now=now())
    return private(Response(cra_csv(cras), media_type="text/csv", headers=inline_file("cra-la-coop.csv")))


ROUTES: list[Any] = [show_evidence, send_evidence, send_cras]
