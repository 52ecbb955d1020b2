"""Attendance that is missing in a coordinator's territory, and asking its teams once more (E11)."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from ateliers.attendance.missing import SHOWN_TO_COORDINATORS, list_missing
from ateliers.attendance.nudges import AskedToday, NothingMissing, ask_for_attendance, last_asked
from ateliers.clock import now
from ateliers.network.people import Person, list_members
from ateliers.network.structures import list_structures
from ateliers.refusals import NotAllowed, Refusal
from ateliers.web.answers import page, redirect
from ateliers.words import fold

PATH = "/coordination/presences"


@get(PATH)
async def show_missing(me: NamedDependency[Person]) -> Response[bytes]:
    """By structure, what its team was asked twice and has not told."""
    return await _missing_page(me)


@post(f"{PATH}/{{structure_id:uuid}}/relance")
async def ask_again(structure_id: FromPath[UUID], me: NamedDependency[Person]) -> Response[bytes]:
    """Write to the team."""
    try:
        await ask_for_attendance(structure_id, by=me, now=now())
    except (AskedToday, NothingMissing) as refusal:
        return await _missing_page(me, refusal)
    return redirect(PATH)


async def _missing_page(me: Person, refusal: Refusal | None = None) -> Response[bytes]:
    if not me.is_coordinator:
        raise NotAllowed
    moment = now()
    structures = {one.id: one for one in await list_structures(by=me)}
    found = await list_missing(list(structures), now=moment, after=SHOWN_TO_COORDINATORS)
    found.sort(key=lambda one: (fold(one.structure_name), one.structure_id))
    teams = [(structures[id], list(sessions)) for id, sessions in groupby(found, lambda one: one.structure_id)]
    return page(
        "coordination/missing.html",
        status=refusal.status if refusal else 200,
        me=me,
        teams=teams,
        members={structure.id: await list_members(structure.id) for structure, _sessions in teams},
        asked=await last_asked([structure.id for structure, _sessions in teams]),
        refusal=refusal,
    )


ROUTES: list[Any] = [show_missing, ask_again]
