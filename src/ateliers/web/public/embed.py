"""Sessions shown in another site: the frame itself, and the page that gives its code (B17)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath
from markupsafe import escape
from msgspec import Meta

from ateliers.agenda.kinds import RULES, Kind
from ateliers.clock import now
from ateliers.exchange.coming import next_sessions
from ateliers.exchange.feeds.selection import Scope, Selection, find_subject, name_of
from ateliers.places.communes import search_communes
from ateliers.refusals import NotFound, Refusal
from ateliers.rendering import absolute
from ateliers.web.embedding import (
    WITH_FRAMES_OF_OURS,
    Background,
    Colours,
    LinkColour,
    TextColour,
    colours_of,
    framed,
    framed_refusal,
)
from ateliers.web.fields import parse
from ateliers.web.forms import Form, form_fields
from ateliers.web.public.following import Follow, selection_of
from ateliers.words import T

Number = Annotated[int, Meta(ge=1, le=30, title="Sessions shown, at most")]
USUAL_NUMBER = 6


class Embed(Follow, frozen=True, kw_only=True):
    """What to show where; short French words, because people copy addresses."""

    nombre: Number = USUAL_NUMBER
    fond: Background = Colours().fond
    texte: TextColour = Colours().texte
    liens: LinkColour = Colours().liens

    @property
    def colours(self) -> Colours:
        """The host's."""
        return Colours(fond=self.fond, texte=self.texte, liens=self.liens)


class FrameAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What an address of a frame says beside its selection; what is broken counts as not said."""

    type: Kind | None = None
    nombre: Number = USUAL_NUMBER


@get("/integre/{gathered:str}/{subject:str}", include_in_schema=False)
async def show_frame(
    request: Request[Any, Any, Any], gathered: FromPath[str], subject: FromPath[str]
) -> Response[bytes]:
    """A list of sessions in the host's colours, for a frame."""
    raw = form_fields(request.scope.get("query_string", b""))
    colours = colours_of(raw)
    asked, _errors = parse(FrameAsked, {name: raw[name] for name in ("type", "nombre") if name in raw}, typed=False)
    asked = asked or FrameAsked()
    moment = now()
    try:
        selection = _selection(gathered, subject, asked.type)
        about = await find_subject(selection)
    except Refusal as refusal:
        return framed_refusal(refusal, colours=colours)
    sessions = await next_sessions(selection, limit=asked.nombre, now=moment)
    return framed(
        "public/embed_frame.html",
        colours=colours,
        title=name_of(selection, about),
        path=about.page,
        sessions=sessions,
        now=moment,
    )


@get("/integre/couleurs.css", include_in_schema=False)
async def show_colours(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The host's colours as a stylesheet: our policy allows none inside the page."""
    colours = colours_of(form_fields(request.scope.get("query_string", b"")))
    return Response(colours.css.encode(), media_type="text/css", headers={"cache-control": "public, max-age=86400"})


@get("/integrer", include_in_schema=False)
async def show_embedding(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The form, and once something is chosen the code to copy and what it shows."""
    raw = form_fields(request.scope.get("query_string", b""))
    data, errors = parse(Embed, raw, typed=False)
    form = Form(Embed, raw, data, errors, sent=False)
    selection, title = None, ""
    if data is not None:
        for name, told in data.colours.wrong().items():
            form.errors[name] = [told]
        selection = selection_of(data, form)
    if selection is not None:
        try:
            about = await find_subject(selection)
            title = name_of(selection, about)
        except NotFound:
            name = "structure" if selection.scope is Scope.STRUCTURE else "type"
            unknown = "We do not know this structure." if name == "structure" else "Choose one of the answers offered."
            form.errors[name] = [T(unknown)]
    frame, path, code = None, "/", ""
    if data is not None and selection is not None and not form.errors:
        frame, path = _address(data, selection), about.page
        code = code_of(frame, path, title)
    answer = form.page(
        "public/embed.html",
        title=title,
        frame=frame,
        path=path,
        code=code,
        close=search_communes(form["ou"].value, 5) if form.errors and form["ou"].value else [],
        structure=form["structure"].value,
        kinds=[(kind.value, str(kind.label)) for kind in Kind if not RULES[kind].network_only],
    )
    answer.headers.update(WITH_FRAMES_OF_OURS)
    return answer


def code_of(frame: str, path: str, title: str) -> str:
    """What the host copies into its page: a frame with a title, and a link for who sees no frames."""
    return (
        f'<iframe src="{escape(absolute(frame))}" title="{escape(title)}" width="100%" height="640"'
        f' loading="lazy" style="border:0"></iframe>\n<p><a href="{escape(absolute(path))}">{escape(title)}</a></p>'
    )


def _selection(gathered: str, subject: str, kind: Kind | None) -> Selection:
    found = next((one for one in Scope if one.value == gathered), None)
    if found is None:
        raise NotFound
    return Selection(scope=found, code=subject, kind=kind)


def _address(asked: Embed, selection: Selection) -> str:
    """Path of the frame, with what is not as usual."""
    query = []
    if selection.kind is not None:
        query.append(f"type={selection.kind.value}")
    if asked.nombre != USUAL_NUMBER:
        query.append(f"nombre={asked.nombre}")
    if asked.colours != Colours():
        query.append(asked.colours.query)
    return f"/integre/{selection.scope.value}/{selection.code}" + ("?" + "&".join(query) if query else "")


ROUTES: list[Any] = [show_colours, show_frame, show_embedding]
