"""Whatever is typed into the publishing forms is answered, never with a fault."""

from __future__ import annotations

from hypothesis import HealthCheck, given
from hypothesis import settings as tuned
from hypothesis import strategies as st

from ateliers.clock import now
from tests.web.typed import NEXT_WEEK, workshop
from tests.world import (
    make_event,
    make_person,
    make_session,
    make_structure,
)

FIELDS = [
    "title",
    "dates",
    "minutes",
    "capacity",
    "commune",
    "place_name",
    "place_id",
    "phone",
    "join_url",
    "visibility",
]
FIELDS += [
    "party_limit",
    "waiting_max",
    "accessibility",
    "structure_id",
    "kind",
    "publish",
    "keep_place",
    "description",
]
FIELDS += [
    "opens_at",
    "public_from",
    "closing_hours",
    "offer_hours",
    "seats_held_back",
    "held_back_days",
    "reminder_plan",
    "all_day",
    "questions.0.text",
    "questions.0.choices",
    "questions.2.answer",
    "questions.2.id",
    "questions.99.text",
]


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=40), max_size=4))
@tuned(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_typed_is_answered(browser_of, fields):
    structure_id = await make_structure(slug=f"s-{now().timestamp()}")
    person_id = await make_person("Samir", "manager", structure_id=structure_id, email=f"s{now().timestamp()}@x.test")
    tab = await browser_of(person_id)
    answer = await tab.post("/espace/evenements/nouveau", data=workshop(**fields))

    assert answer.status_code in {200, 303, 403, 404, 409, 422}


@given(
    st.dictionaries(
        st.sampled_from(["local_start", "minutes", "commune", "place_id", "join_url", "reason"]), st.text(max_size=30)
    )
)
@tuned(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_typed_to_move_or_call_off_is_answered(browser_of, fields):
    structure_id = await make_structure(slug=f"s-{now().timestamp()}")
    person_id = await make_person("Samir", "manager", structure_id=structure_id, email=f"s{now().timestamp()}@x.test")
    session_id = await make_session(await make_event(structure_id), starts_at=NEXT_WEEK)
    tab = await browser_of(person_id)

    for page in ("reporter", "annuler"):
        answer = await tab.post(f"/espace/seances/{session_id}/{page}", data=fields)
        assert answer.status_code in {200, 303, 409, 422}
