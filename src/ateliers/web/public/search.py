"""The search page: a commune, a distance, a list in order of time, and a map beside it."""

from __future__ import annotations

import enum
from datetime import date, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from msgspec import Meta

from ateliers import clock
from ateliers.agenda.kinds import RULES, Kind
from ateliers.agenda.search import Found, Results, Search, nearest_sessions, search_sessions
from ateliers.agenda.search_words import spell
from ateliers.places.communes import DEPARTEMENTS, namesakes, nearest_commune, search_communes
from ateliers.places.misspelt import close_communes
from ateliers.places.place import Accessibility
from ateliers.refusals import Invalid
from ateliers.web.answers import redirect
from ateliers.web.fields import parse
from ateliers.web.forms import Form, form_fields
from ateliers.web.public.search_map import draw
from ateliers.words import T, today_of

FIELD_OF = {"near": "ou", "cursor": "suite", "end": "quand"}  # the search's fields by the form's names


class Period(enum.Enum):
    """When, as people say it."""

    WEEK = "semaine"
    MONTH = "mois"
    ALL = "tout"

    @property
    def label(self) -> T:
        return _PERIODS[self]

    def days_from(self, today: date) -> tuple[date | None, date | None]:
        """First and last day; None: no bound."""
        lengths = {Period.WEEK: 7, Period.MONTH: 31}
        return (today, today + timedelta(days=lengths[self])) if self in lengths else (None, None)


_PERIODS = {
    Period.WEEK: T("In the next 7 days"),
    Period.MONTH: T("In the next month"),
    Period.ALL: T("All dates"),
}


class Distance(enum.Enum):
    """How far, in kilometres."""

    TEN = "10"
    THIRTY = "30"
    SIXTY = "60"
    HUNDRED_FIFTY = "150"

    @property
    def label(self) -> T:
        return T("%(n)s km", n=self.value)


class SearchForm(msgspec.Struct, frozen=True, kw_only=True):
    """What the page's address carries; short French words, because people copy addresses."""

    ou: (
        Annotated[
            str,
            Meta(
                max_length=80,
                title="Your town or postcode",
                extra={"list": "communes", "autocomplete": "postal-code"},
            ),
        ]
        | None
    ) = None
    rayon: Annotated[Distance, Meta(title="Distance")] = Distance.THIRTY
    quand: Annotated[Period, Meta(title="When")] = Period.ALL
    type: Annotated[Kind, Meta(title="Kind")] | None = None
    mots: Annotated[str, Meta(max_length=100, title="Words")] | None = None
    acces: Annotated[list[Accessibility], Meta(max_length=10, title="What you need to take part")] = []
    libre: Annotated[bool, Meta(title="Only where seats are left")] = False
    suite: Annotated[str, Meta(max_length=120)] | None = None


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """Where a browser says that it is, in degrees; it asks its reader first, and only when its reader asked."""

    lat: Annotated[float, Meta(ge=-90, le=90)]
    lon: Annotated[float, Meta(ge=-180, le=180)]


class Chip(msgspec.Struct, frozen=True, kw_only=True):
    """A filter by kind: its words, how many, where it leads."""

    label: str
    count: int
    path: str
    is_chosen: bool


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """A commune that may be meant: its words, where it leads."""

    label: str
    path: str


@get("/", include_in_schema=False)
async def show_search(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The home page is the search."""
    raw = form_fields(request.scope.get("query_string", b""))
    data, errors = parse(SearchForm, raw, typed=False)
    form = Form(SearchForm, raw, data, errors, sent=False)  # what the address leaves out shows its default
    now = clock.now()
    results: Results | None = None
    nearest: list[Found] = []
    spelled: str | None = None
    if data is not None:
        try:
            results = await search_sessions(_search(data, today_of(now)), now=now)
        except Invalid as refusal:
            if "cursor" in refusal.errors:
                return redirect(_address(data))  # a page of an older list: its beginning
            form.refuse(Invalid({FIELD_OF.get(name, ""): text for name, text in refusal.errors.items()}))
    if results is not None and results.commune is not None and _has_nothing_near(results, form):
        kind = data.type if data is not None else None
        nearest = await nearest_sessions(results.commune, kind=kind, now=now)
        nearest = nearest or await nearest_sessions(results.commune, now=now)
    if data is not None and data.mots and results is not None and not results.total:
        spelled = await spell(data.mots, now=now)
    return form.page(
        "public/search.html",
        now=now,
        results=results,
        total=0 if results is None else _total(data, results),
        nearest=nearest,
        phones=_phones(nearest),
        chips=_chips(data, results) if data is not None and results is not None else [],
        drawing=draw(results, int(data.rayon.value)) if data is not None and results is not None else None,
        next_page=_address(data, suite=results.cursor) if data is not None and results and results.cursor else None,
        choices=_choices(data, results, form),
        spelled=(spelled, _address(data, mots=spelled)) if data is not None and spelled else None,
    )


@get("/communes.json", include_in_schema=False)
async def suggest_communes(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Up to eight communes for what is being typed (`?q=`, each with its département), or the one around a point in degrees (`?lat=&lon=`)."""
    asked = request.query_params
    if "lat" in asked:
        point, errors = parse(Point, {name: [asked[name]] for name in asked}, typed=False)
        near = nearest_commune(point.lat, point.lon) if point is not None and not errors else None
        # Where somebody is concerns nobody else: not kept on the way.
        body = msgspec.json.encode([near.label] if near is not None else [])
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})
    typed = asked.get("q", "")[:80]
    found = [(commune.label, DEPARTEMENTS[commune.departement]) for commune in search_communes(typed, 8)]
    headers = {"cache-control": "public, max-age=86400"}
    return Response(msgspec.json.encode(found), media_type="application/json", headers=headers)


def _total(data: SearchForm | None, results: Results) -> int:
    """How many there are of what was asked for."""
    return results.total if data is None or data.type is None else results.counts.get(data.type, 0)


def _has_nothing_near(results: Results, form: Form[SearchForm]) -> bool:
    """Whether the whole list holds nothing but what is on the Internet, which was not what they asked for."""
    kind = form.data.type if form.data is not None else None
    is_whole = results.cursor is None and not form["suite"].value
    return (
        is_whole
        and (kind is None or RULES[kind].needs_place)
        and all(found.kilometres is None for found in results.found)
    )


def _choices(data: SearchForm | None, results: Results | None, form: Form[SearchForm]) -> list[Choice]:
    """The communes that may be meant instead of the one that was taken, or of none, each with the same filters."""
    typed = form["ou"].value
    if not typed:
        return []
    if results is None:
        communes = close_communes(typed) if "ou" in form.errors else []
    else:
        communes = namesakes(typed, results.commune) if results.commune is not None else []
    plain = data or SearchForm()
    return [Choice(label=one.label_in_full, path=_address(plain, ou=one.label)) for one in communes]


def _phones(nearest: list[Found]) -> dict[str, str]:
    """Whom to call, nearest first: a number for each structure, once."""
    phones: dict[str, str] = {}
    for found in nearest:
        number = found.session.structure_phone or found.session.phone
        if number:
            phones.setdefault(found.session.structure_name, number)
    return phones


def _search(form: SearchForm, today: date) -> Search:
    start, end = form.quand.days_from(today)
    return Search(
        near=form.ou,
        within_km=int(form.rayon.value),
        kind=form.type,
        start=start,
        end=end,
        q=form.mots,
        accessible=form.acces,
        seats_left=form.libre,
        cursor=form.suite,
    )


def _address(form: SearchForm, **changed: Any) -> str:
    """The page's address for this search, with something changed; what is left out is not in it."""
    values = {**msgspec.to_builtins(form), "suite": None, **changed}
    plain = {name: value for name, value in values.items() if value not in (None, "", [], False)}
    if plain.get("libre") is True:
        plain["libre"] = "1"
    return "/?" + urlencode(plain, doseq=True)


def _chips(form: SearchForm, results: Results) -> list[Chip]:
    chips = [
        Chip(label=str(T("All")), count=results.total, path=_address(form, type=None), is_chosen=form.type is None)
    ]
    for kind, count in results.counts.items():
        chosen = form.type is kind
        chips.append(
            Chip(label=str(RULES[kind].label), count=count, path=_address(form, type=kind.value), is_chosen=chosen)
        )
    return [chips[0], *sorted(chips[1:], key=lambda chip: (-chip.count, chip.label))]


ROUTES = [show_search, suggest_communes]
