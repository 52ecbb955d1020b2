"""The coordinator's morning: what waits for her, her structures by what they need, and several followed up at once (A12)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Meta

from ateliers.agenda.moderating import list_to_moderate
from ateliers.clock import now
from ateliers.experiences.experience import ExperienceState
from ateliers.experiences.sharing import list_shared_with
from ateliers.experiences.support import Need, Supported, by_departement, list_supported, search
from ateliers.network.candidates import list_candidates
from ateliers.network.following_up import ManyFollowUps, follow_up_many
from ateliers.network.people import Person
from ateliers.network.structure import StructureState
from ateliers.refusals import NotAllowed, Refusal
from ateliers.web.answers import page, redirect
from ateliers.web.fields import number_of, parse
from ateliers.web.forms import Form, form_fields, read_form
from ateliers.words import ngettext

LIST = "/coordination/structures"
SHOWN = 8  # structures on the first page
MOST = 300  # lines of the list: a page of three thousand is of no use


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which structures."""

    q: Annotated[str, Meta(max_length=100, title="Name, commune or postcode")] = ""
    besoin: Annotated[Need | None, Meta(title="What they need")] = None
    etat: Annotated[StructureState | None, Meta(title="State")] = None
    departement: Annotated[str, Meta(max_length=3, title="Département")] = ""


@get("/coordination")
async def show_home(me: NamedDependency[Person]) -> Response[bytes]:
    """What waits for an answer, who is to be helped first, and each département."""
    if not me.is_coordinator:
        if me.is_reader:
            return redirect("/coordination/rapports")
        raise NotAllowed
    found = await list_supported(by=me, now=now())
    to_examine = [one.structure for one in found if Need.EXAMINE in one.needs]
    waiting = (
        (
            "#candidatures",
            len(to_examine),
            ngettext("application to examine", "applications to examine", len(to_examine)),
        ),
        *(await _waiting(me)),
    )
    needs = [one for one in found if one.is_to_help and Need.EXAMINE not in one.needs]
    return page(
        "coordination/home.html",
        waiting=[one for one in waiting if one[1]],
        to_examine=sorted(to_examine, key=lambda one: one.created_at),
        to_correct=[one.structure for one in found if one.structure.state is StructureState.CHANGES_ASKED],
        needs=[(need, sum(need in one.needs for one in found)) for need in Need if need is not Need.EXAMINE],
        first=needs[:SHOWN],
        more=max(0, len(needs) - SHOWN),
        departements=by_departement(found),
    )


@get(LIST)
async def show_structures(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """Every structure, whoever needs help most first; narrowed by need, state, département or words."""
    raw = form_fields(request.scope["query_string"])
    return await _list(me, raw, Form.of(ManyFollowUps))


@post(LIST + "/relance")
async def follow_up(request: Request[Any, Any, Any], me: NamedDependency[Person]) -> Response[bytes]:
    """A note for each structure that was ticked, and a message to their managers if wanted."""
    form = await read_form(request, ManyFollowUps)
    if form.data is not None:
        try:
            await follow_up_many(form.data, by=me, now=now())
        except Refusal as refusal:
            if refusal.status == 404:
                raise
            form.refuse(refusal)
        else:
            return redirect(f"{LIST}?fait={len(set(form.data.structures))}#relance")
    return await _list(me, {}, form)


async def _waiting(me: Person) -> list[tuple[str, int, str]]:
    """Where, how many and what else waits for her."""
    events = len(await list_to_moderate(by=me))
    stories = len(await list_shared_with(me, [ExperienceState.SUBMITTED]))
    volunteers = len(await list_candidates(by=me, now=now()))
    return [
        ("/coordination/moderation", events, ngettext("event to read", "events to read", events)),
        (
            "/coordination/retours?etat=submitted",
            stories,
            ngettext("shared experience to read", "shared experiences to read", stories),
        ),
        ("/coordination/benevoles", volunteers, ngettext("volunteer to answer", "volunteers to answer", volunteers)),
    ]


async def _list(me: Person, raw: dict[str, list[str]], form: Form[ManyFollowUps]) -> Response[bytes]:
    data, errors = parse(Asked, {name: texts for name, texts in raw.items() if name != "fait"}, typed=False)
    asked = data or Asked()
    found = await list_supported(by=me, now=now())
    around: list[Supported] = search(found, words=asked.q, state=asked.etat, departement=asked.departement)
    structures = search(around, need=asked.besoin)
    return form.page(
        "coordination/structures.html",
        status=422 if form.errors or errors else 200,
        asked=Form(Asked, raw, data, errors, sent=True),
        structures=structures[:MOST],
        number=len(structures),
        needs=[(need, sum(need in one.needs for one in around)) for need in Need],
        need=asked.besoin,
        states=[(state.value, str(state.label)) for state in StructureState if state is not StructureState.DRAFT],
        departements=[(one.code, f"{one.name} ({one.code})") for one in by_departement(found)],
        ticked=set(form["structures"].texts),
        done=number_of(raw.get("fait", [""])[-1]) or 0,
    )


ROUTES: list[Any] = [show_home, show_structures, follow_up]
