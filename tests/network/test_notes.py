from __future__ import annotations

from datetime import date

import pytest

from ateliers.network.notes import FollowUp, NewNote, NoteKind, add_note, follow_ups_of, list_notes, settle_follow_up
from ateliers.network.people import get_person
from ateliers.refusals import NotFound
from tests.network.test_applications import DAY, paule
from tests.world import NOON, make_person, make_structure

CALL = NewNote(kind=NoteKind.CALL, text="Reprend en janvier.", follow_up_on=date(2027, 1, 5))
VISIT = NewNote(kind=NoteKind.VISIT, text="Tout va bien.")


async def test_notes_are_dated_and_tell_whom_to_follow_up():
    here, quiet = await make_structure(), await make_structure("Une autre")
    coordinator = await paule()
    await add_note(here, CALL, by=coordinator, now=NOON)
    await add_note(here, VISIT, by=coordinator, now=NOON + DAY)

    latest, first = await list_notes(here)
    assert (latest.kind, latest.text, latest.by_name, latest.at) == (
        NoteKind.VISIT,
        "Tout va bien.",
        "Paule Guérin",
        NOON + DAY,
    )
    due = FollowUp(structure_id=here, last_contact=NOON + DAY, due_on=date(2027, 1, 5))
    assert await follow_ups_of([here, quiet]) == {here: due}

    assert await settle_follow_up(first.id, by=coordinator, now=NOON + 2 * DAY) == here
    assert await settle_follow_up(first.id, by=coordinator, now=NOON + 3 * DAY) == here
    assert [note.settled_at for note in await list_notes(here)] == [None, NOON + 2 * DAY]
    assert (await follow_ups_of([here]))[here].due_on is None


async def test_notes_are_for_who_coordinates_the_territory():
    here = await make_structure()
    near = await paule()
    await add_note(here, CALL, by=near, now=NOON)
    [note] = await list_notes(here)
    far = await get_person(await make_person("Yves Loin", "coordinator", departements=["974"]))
    with pytest.raises(NotFound):
        await add_note(here, VISIT, by=far, now=NOON)
    with pytest.raises(NotFound):
        await settle_follow_up(note.id, by=far, now=NOON)
    assert await list_notes(here) == [note]


async def test_a_note_without_follow_up_has_nothing_to_settle():
    here = await make_structure()
    coordinator = await paule()
    await add_note(here, VISIT, by=coordinator, now=NOON)
    [note] = await list_notes(here)
    with pytest.raises(NotFound):
        await settle_follow_up(note.id, by=coordinator, now=NOON)
