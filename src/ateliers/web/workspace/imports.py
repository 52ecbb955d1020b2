"""Sessions brought in from a file: the form, what would become of each row, and what did (B24)."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Meta

from ateliers.agenda.drafts import MOST_SEATS, JoinUrl
from ateliers.agenda.kinds import Kind
from ateliers.agenda.permission import choose_structure
from ateliers.clock import now
from ateliers.documents.csv_tables import csv_file
from ateliers.exchange.imports.reading import UnreadableFile
from ateliers.exchange.imports.report import ImportReport, Outcome
from ateliers.exchange.imports.session_csv import EXAMPLE
from ateliers.exchange.imports.session_rows import Usual
from ateliers.exchange.imports.sessions import LARGEST, HeldFile, get_held_file, hold_file, import_file, preview_file
from ateliers.network.people import Person
from ateliers.network.structures import get_structure_by_id
from ateliers.places.place import list_places_of
from ateliers.refusals import NotAllowed, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.forms import Form, read_form
from ateliers.words import T

LARGEST_FORM = LARGEST + 100_000  # bytes: the file and its form


class ImportForm(msgspec.Struct, frozen=True, kw_only=True):
    """The file, and what holds where its rows say nothing."""

    structure_id: Annotated[UUID, Meta(title="Structure")] | None = None
    file: Annotated[
        str,
        Meta(
            max_length=300,
            title="File: CSV table or calendar (.ics)",
            description="500 sessions and 2 MB at most. Nothing is changed before you have seen what it holds.",
            extra={"input": "file", "accept": ".csv,.ics,text/csv,text/calendar", "sometimes": True},
        ),
    ] = ""
    kind: Annotated[Kind, Meta(title="Usual kind")] = Kind.WORKSHOP
    place_id: Annotated[UUID, Meta(title="Usual place")] | None = None
    capacity: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=MOST_SEATS,
                title="Usual number of seats",
                description="Left empty: what is usual for the kind.",
            ),
        ]
        | None
    ) = None
    join_url: JoinUrl | None = None
    past: Annotated[
        bool,
        Meta(
            title="Take sessions that are over as well",
            description="Three years back at most. They count in your figures once you have said who came.",
        ),
    ] = False


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """Whether what is imported is shown at once."""

    publish: bool = False


@get("/espace/evenements/importer")
async def show_import(me: NamedDependency[Person]) -> Response[bytes]:
    """The form."""
    return await _form_page(Form.of(ImportForm), me)


@get("/espace/evenements/importer/modele.csv")
async def show_example() -> Response[bytes]:
    """A table to fill in, with one line as an example."""
    headers = {"content-disposition": 'attachment; filename="seances-modele.csv"'}
    return Response(csv_file(EXAMPLE), media_type="text/csv", headers=headers)


@post("/espace/evenements/importer", request_max_body_size=LARGEST_FORM)
async def send_file(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Keep the file and show what it holds."""
    if not me.managed_ids:
        raise NotAllowed
    form = await read_form(request, ImportForm, files=True)
    upload = form.uploads.get("file")
    if upload is None or not upload.content:
        form.errors.setdefault("file", [T("Choose a file.")])
    elif form.data is not None:
        asked = form.data
        usual = Usual(
            kind=asked.kind, place_id=asked.place_id, capacity=asked.capacity, join_url=asked.join_url, past=asked.past
        )
        try:
            structure_id = choose_structure(asked.structure_id, me)
            held_id = await hold_file(upload, usual, structure_id, by=me, now=now())
        except UnreadableFile as refusal:
            form.errors["file"] = [T(refusal.title, **refusal.facts)]
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            return redirect(f"/espace/evenements/importer/{held_id}")
    return await _form_page(form, me)


@get("/espace/evenements/importer/{held_id:uuid}")
async def show_preview(held_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """What would become of each session; nothing changes."""
    held = await get_held_file(held_id, by=me)
    return await _report_page(held, await preview_file(held, by=me, now=now()))


@post("/espace/evenements/importer/{held_id:uuid}")
async def take_over(
    request: Request[Any, Any, Any], held_id: FromPath[UUID], me: NamedDependency[Person]
) -> Response[bytes]:
    """Take the sessions over and tell what became of each. Sent twice, the second time finds them known."""
    form = await read_form(request, Decision)
    held = await get_held_file(held_id, by=me)
    if form.data is None:
        return await _report_page(held, await preview_file(held, by=me, now=now()))
    return await _report_page(held, await import_file(held, publish=form.data.publish, by=me, now=now()))


async def _form_page(form: Form[ImportForm], me: Person) -> Response[bytes]:
    structures = [await get_structure_by_id(id) for id in me.managed_ids]
    if not structures:
        raise NotAllowed
    places = [place for structure in structures for place in await list_places_of(structure.id)]
    return form.page("workspace/import.html", structures=structures, places=places, columns=EXAMPLE[0])


async def _report_page(held: HeldFile, report: ImportReport) -> Response[bytes]:
    new = report.counts[Outcome.IMPORTED] + report.counts[Outcome.REPAIRED]
    return page(
        "workspace/import_report.html",
        held=held,
        report=report,
        new=new,
        structure=await get_structure_by_id(held.structure_id),
        outcomes=Outcome,
    )


ROUTES: list[Any] = [show_import, show_example, send_file, show_preview, take_over]
