"""Who ran a session and what time it took: read as people write it, summed up, never above what is possible."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ateliers import database
from ateliers.attendance.effort import (
    EffortSum,
    NewEffort,
    Team,
    find_effort_sum,
    list_effort,
    read_minutes,
    read_team,
    record_effort,
    time_in_hours,
)
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotAllowed
from ateliers.words import speaking
from tests.world import NOON, make_event, make_nadia, make_paule, make_session, make_structure

WRITTEN = {
    "": 0,
    "2": 120,
    "1,5": 90,
    "0.25": 15,
    "45": None,  # minutes, to whoever writes it
    "2 h": 120,
    "2h": 120,
    "2 heures": 120,
    "1 h 30": 90,
    "1h05": 65,
    "1\u00a0h\u00a030\u00a0min": 90,
    "1:30": 90,
    "45 min": 45,
    "45mn": 45,
    "90 minutes": 90,
    "two hours": None,
    "-2": None,
    "1 h 75": None,
    "2 h 30 h": None,
    "0,5 h": None,
}


@pytest.mark.parametrize("text", WRITTEN)
def test_a_time_is_read_as_it_is_written(text: str):
    assert read_minutes(text) == WRITTEN[text]


@given(st.integers(0, 6000), st.sampled_from(["fr", "en"]))
def test_what_is_shown_reads_as_what_was_meant(minutes: int, language: str):
    with speaking(language):
        assert read_minutes(time_in_hours(minutes)) == minutes


@given(st.text(max_size=20))
def test_anything_else_is_no_time(text: str):
    found = read_minutes(text)

    assert found is None or found >= 0


def test_each_wrong_answer_stands_beside_its_field():
    team = Team(
        people=[
            NewEffort(name="", minutes="2 h"),
            NewEffort(name="Nadia", minutes="soon", preparation="101 h"),
            NewEffort(name="Samir", minutes="25 h"),
        ]
    )

    with pytest.raises(Invalid) as refused:
        read_team(team)

    assert refused.value.errors == {
        "people.0.name": "Write who it was.",
        "people.1.minutes": "Write a time such as 2 h, 1 h 30 or 45 min.",
        "people.1.preparation": "This is more than is possible.",
        "people.2.minutes": "This is more than is possible.",
    }


async def test_hours_are_summed_and_can_be_written_anew(db):
    structure = await make_structure()
    session = await make_session(await make_event(structure))
    nadia = await get_person(await make_nadia(structure))
    first = Team(
        people=[
            NewEffort(name="Nadia Ferrand", minutes="2 h", preparation="1 h 30", is_volunteer=True),
            NewEffort(name="Samir Haddad", minutes="2 h"),
        ]
    )
    await record_effort(session, first, by=nadia, now=NOON)
    after_first = (await list_effort(session), await find_effort_sum(session))

    await record_effort(session, Team(people=first.people[1:]), by=nadia, now=NOON)
    after_second = await find_effort_sum(session)
    await record_effort(session, Team(), by=nadia, now=NOON)

    assert [one.typed.minutes for one in after_first[0]] == ["2\u00a0h", "2\u00a0h"]
    assert after_first[1] == EffortSum(
        people=2, volunteers=1, minutes=240, preparation=90, volunteer_minutes=120, volunteer_preparation=90
    )
    assert after_second == EffortSum(
        people=1, volunteers=0, minutes=120, preparation=0, volunteer_minutes=0, volunteer_preparation=0
    )
    assert (await list_effort(session), await find_effort_sum(session)) == ([], None)
    paule = await get_person(await make_paule())
    with pytest.raises(NotAllowed):
        await record_effort(session, first, by=paule, now=NOON)
    assert await database.fetch_value("SELECT count(*) FROM effort") == 0
