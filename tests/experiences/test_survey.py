"""The survey: five questions at most, each booking once, nothing that leads from an answer to who gave it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.agenda.questions import Answer, Question
from ateliers.bookings.bookings import get_booking
from ateliers.experiences.links import booking_by_survey_key, survey_path
from ateliers.experiences.survey import (
    FEWEST,
    OPEN_FOR,
    AlreadyAnswered,
    NewSurvey,
    NothingAnswered,
    SurveyClosed,
    add_paper_answer,
    answer_survey,
    has_answered,
    list_questions,
    survey_results,
    write_survey,
)
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import (
    NOON,
    START,
    make_booking,
    make_event,
    make_nadia,
    make_person,
    make_samir,
    make_session,
    make_structure,
)

AFTER = START + timedelta(hours=3)
QUESTIONS = [
    Question(text="L’atelier vous a-t-il plu ?", answer=Answer.CHOICE, choices=["Beaucoup", "Un peu", "Pas du tout"]),
    Question(text="Reviendrez-vous ?", answer=Answer.YES_NO),
    Question(text="Que changer ?"),
]


async def a_survey():
    structure = await make_structure()
    samir, nadia = await get_person(await make_samir(structure)), await get_person(await make_nadia(structure))
    event = await make_event(structure)
    session = await make_session(event)
    await write_survey(event, NewSurvey(questions=QUESTIONS), by=samir, now=NOON)
    return samir, nadia, event, session, [question.id for question in await list_questions(event)]


async def a_booking(session):
    return await get_booking(await make_booking(session))


async def test_answers_are_counted_by_question():
    _, nadia, event, session, (liked, again, words) = await a_survey()
    for n in range(3):
        given = {liked: "Beaucoup" if n else "Un peu", again: "yes", words: "" if n else "Plus de temps"}
        await answer_survey(await a_booking(session), given, now=AFTER)
    await add_paper_answer(session, {liked: "Beaucoup"}, by=nadia)

    found = await survey_results(event, by=nadia)
    assert (found.answers, found.online, found.paper) == (4, 3, 1)
    assert [(r.answered, r.counts, r.texts) for r in found.results] == [
        (4, [("Beaucoup", 3), ("Un peu", 1), ("Pas du tout", 0)], []),
        (3, [("yes", 3), ("no", 0)], []),
        (1, [], ["Plus de temps"]),
    ]


async def test_of_few_answers_nothing_is_shown():
    _, nadia, event, session, (liked, *_) = await a_survey()
    for _n in range(FEWEST - 1):
        await answer_survey(await a_booking(session), {liked: "Beaucoup"}, now=AFTER)

    found = await survey_results(event, by=nadia)
    assert (found.answers, found.results) == (FEWEST - 1, [])


async def test_a_booking_answers_once():
    _, nadia, event, session, (liked, *_) = await a_survey()
    booking = await a_booking(session)
    await answer_survey(booking, {liked: "Beaucoup"}, now=AFTER)

    with pytest.raises(AlreadyAnswered):
        await answer_survey(booking, {liked: "Un peu"}, now=AFTER)
    assert await has_answered(booking)
    assert (await survey_results(event, by=nadia)).answers == 1


async def test_nothing_leads_from_an_answer_to_who_gave_it():
    _, _, _, session, (liked, *_) = await a_survey()
    booking = await a_booking(session)
    await answer_survey(booking, {liked: "Beaucoup"}, now=AFTER)

    kept = str([dict(row) for row in await database.fetch_rows("SELECT * FROM survey_answer, survey_done")])
    for trace in (str(booking.id), booking.id.hex, booking.code, booking.name, booking.email, booking.uid):
        assert trace not in kept
    columns = {"id", "event_id", "session_id", "channel", "answers"}
    assert set(dict((await database.fetch_rows("SELECT * FROM survey_answer"))[0])) == columns


@pytest.mark.parametrize("now", [START - timedelta(minutes=1), START + timedelta(hours=2) + OPEN_FOR + timedelta(1)])
async def test_it_is_open_from_the_start_for_a_while(now):
    *_, session, (liked, *_) = await a_survey()

    with pytest.raises(SurveyClosed):
        await answer_survey(await a_booking(session), {liked: "Beaucoup"}, now=now)


async def test_without_questions_there_is_no_survey():
    session = await make_session()

    with pytest.raises(SurveyClosed):
        await answer_survey(await a_booking(session), {"x": "y"}, now=AFTER)


@pytest.mark.parametrize(
    ("number", "text", "error"),
    [
        (0, "Passionnément", "Choose one of the answers offered."),
        (1, "perhaps", "Choose one of the answers offered."),
        (2, "x" * 1001, "Write a shorter answer."),
        (2, "2 84 05 58 194 123 45", "Do not write a social security number."),
    ],
)
async def test_an_answer_must_fit_its_question(number, text, error):
    *_, session, ids = await a_survey()

    with pytest.raises(Invalid) as refused:
        await answer_survey(await a_booking(session), {ids[number]: text}, now=AFTER)
    assert refused.value.errors == {ids[number]: error}


async def test_an_empty_survey_is_not_an_answer():
    *_, session, ids = await a_survey()
    booking = await a_booking(session)

    with pytest.raises(NothingAnswered):
        await answer_survey(booking, dict.fromkeys(ids, " "), now=AFTER)
    assert not await has_answered(booking)


async def test_a_question_rewritten_keeps_its_answers_and_another_begins_anew():
    samir, nadia, event, session, (liked, again, words) = await a_survey()
    for _n in range(FEWEST):
        await answer_survey(await a_booking(session), {liked: "Un peu"}, now=AFTER)
    first = Question(id=liked, text="Cela vous a-t-il plu ?", answer=Answer.CHOICE, choices=["Beaucoup", "Pas du tout"])
    await write_survey(event, NewSurvey(questions=[first, Question(id=again, text="Pourquoi ?")]), by=samir, now=NOON)

    kept = await list_questions(event)
    assert (kept[0].id, kept[1].id in (liked, again, words)) == (liked, False)
    assert (await survey_results(event, by=nadia)).results[0].counts == [
        ("Beaucoup", 0),
        ("Pas du tout", 0),
        ("Un peu", 3),
    ]


async def test_a_question_about_health_is_refused():
    samir, _, event, *_ = await a_survey()

    with pytest.raises(Invalid):
        await write_survey(
            event, NewSurvey(questions=[Question(text="Quel traitement prenez-vous ?")]), by=samir, now=NOON
        )


async def test_only_managers_write_it_and_only_the_structure_reads_it():
    _, nadia, event, session, ids = await a_survey()
    stranger = await get_person(await make_person("Stranger", "manager", structure_id=await make_structure("Ailleurs")))

    with pytest.raises(NotAllowed):
        await write_survey(event, NewSurvey(), by=nadia, now=NOON)
    with pytest.raises(NotFound):
        await survey_results(event, by=stranger)
    with pytest.raises(NotFound):
        await add_paper_answer(session, {ids[2]: "x"}, by=stranger)


async def test_a_wrong_link_opens_nothing():
    *_, session, _ids = await a_survey()
    booking = await a_booking(session)
    key = survey_path(booking).rpartition("/")[2]
    assert (await booking_by_survey_key(booking.code, key)).id == booking.id

    for code, wrong in ((booking.code, "a" * 16), ("AAAAAA", key)):
        with pytest.raises(NotFound):
            await booking_by_survey_key(code, wrong)
