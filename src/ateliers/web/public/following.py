"""Following sessions in one's own calendar or reader: the addresses of a feed, and how to give them to each program (rule F8)."""

from __future__ import annotations

import enum
from typing import Annotated, Any
from urllib.parse import quote

import msgspec
from litestar import Request, Response, get
from msgspec import Meta

from ateliers.agenda.kinds import RULES, Kind
from ateliers.clock import now
from ateliers.exchange.feeds.public import FeedState, feed_state
from ateliers.exchange.feeds.selection import Scope, Selection
from ateliers.places.communes import Commune, region_of, resolve
from ateliers.places.misspelt import close_communes
from ateliers.refusals import NotFound, Refusal
from ateliers.rendering import absolute
from ateliers.web.answers import page
from ateliers.web.fields import parse
from ateliers.web.forms import Form, form_fields
from ateliers.words import T

GOOGLE = "https://calendar.google.com/calendar/r?cid="
OUTLOOK = "https://outlook.live.com/calendar/0/addfromweb?url="


class Extent(enum.Enum):
    """How far around the commune."""

    COMMUNE = "commune"
    DEPARTEMENT = "departement"
    REGION = "region"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _EXTENTS[self]


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """What to follow; short French words, because people copy addresses."""

    ou: Annotated[
        str,
        Meta(
            max_length=80,
            title="Your town or postcode",
            description="Leave this empty to follow one kind of session in all of France.",
            extra={"list": "communes", "autocomplete": "postal-code"},
        ),
    ] = ""
    etendue: Annotated[Extent, Meta(title="How far around")] = Extent.DEPARTEMENT
    type: Annotated[Kind, Meta(title="Kind")] | None = None
    structure: Annotated[str, Meta(max_length=80, title="Structure")] = ""


class Links(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar's addresses, each for some programs."""

    file: str
    webcal: str
    google: str
    outlook: str


_EXTENTS = {
    Extent.COMMUNE: T("In this commune"),
    Extent.DEPARTEMENT: T("In its département"),
    Extent.REGION: T("In its région"),
}


def links_of(path: str) -> Links:
    """What opens the calendar at `path` in each program."""
    file = absolute(path)
    webcal = "webcal://" + file.partition("://")[2]
    return Links(
        file=file, webcal=webcal, google=GOOGLE + quote(webcal, safe=""), outlook=OUTLOOK + quote(file, safe="")
    )


@get("/suivre", include_in_schema=False)
async def show_following(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form, and once something is chosen the addresses of its feed."""
    raw = form_fields(request.scope.get("query_string", b""))
    data, errors = parse(Follow, raw, typed=False)
    form = Form(Follow, raw, data, errors, sent=False)
    selection = selection_of(data, form) if data is not None else None
    state: FeedState | None = None
    if selection is not None:
        try:
            state = await feed_state(selection, now=now())
        except NotFound:
            if selection.scope is Scope.STRUCTURE:
                form.errors["structure"] = [T("We do not know this structure.")]
            else:
                form.errors["type"] = [T("Choose one of the answers offered.")]
        except Refusal as refusal:
            return page("problem.html", status=refusal.status, title=str(T(refusal.title)), status_code=refusal.status)
    return form.page(
        "public/following.html",
        state=state,
        selection=selection,
        links=links_of(selection.path("ics")) if selection is not None and state is not None else None,
        close=close_communes(form["ou"].value) if form.errors and form["ou"].value else [],
        structure=form["structure"].value,
        kinds=[(kind.value, str(kind.label)) for kind in Kind if not RULES[kind].network_only],
    )


def selection_of(asked: Follow, form: Form[Any]) -> Selection | None:
    """What is to be followed; None when nothing is chosen, or something wrong, which the form then says."""
    if asked.structure:
        return Selection(scope=Scope.STRUCTURE, code=asked.structure, kind=asked.type)
    if not asked.ou:
        return Selection(scope=Scope.KIND, code=asked.type.value) if asked.type else None
    commune = resolve(asked.ou)
    if commune is None:
        form.errors["ou"] = [
            T("We know no commune or postcode of that name. Check the spelling, or write the postcode.")
        ]
        return None
    scope, code = _territory(commune, asked.etendue)
    return Selection(scope=scope, code=code, kind=asked.type)


def _territory(commune: Commune, extent: Extent) -> tuple[Scope, str]:
    match extent:
        case Extent.COMMUNE:
            return Scope.COMMUNE, commune.code
        case Extent.DEPARTEMENT:
            return Scope.DEPARTEMENT, commune.departement
        case Extent.REGION:
            return Scope.REGION, region_of(commune.departement)


ROUTES: list[Any] = [show_following]
