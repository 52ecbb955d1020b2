"""The day after: those who came, or those who did not; each once, nobody else, and nobody who does not want it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.agenda.questions import Question
from ateliers.experiences import follow_up
from ateliers.experiences.emails import COMPOSERS
from ateliers.experiences.follow_up import AFTER, UNTIL, Audience, NewFollowUp, list_follow_ups, write_follow_up
from ateliers.experiences.survey import NewSurvey, write_survey
from ateliers.mail.delivery import Delivery
from ateliers.mail.opt_outs import opt_out
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotAllowed
from tests.bookings.post import text_of
from tests.mail.sink import smtp_sink
from tests.world import (
    NOON,
    START,
    insert,
    make_booking,
    make_event,
    make_nadia,
    make_samir,
    make_session,
    make_structure,
)

END = START + timedelta(hours=2)
MORNING = END + AFTER + timedelta(hours=5)  # 8 h in Paris
THANKS = NewFollowUp(
    audience=Audience.CAME,
    subject="Merci d’être venus",
    body="Bonjour,\nmerci.\n\nÀ bientôt.",
    links="https://example.test/guide.pdf",
    with_survey=True,
    is_on=True,
)
MISSED = NewFollowUp(audience=Audience.MISSED, subject="Vous nous avez manqué", body="Revenez.", is_on=True)


async def mark(booking, session, state, seat=1):
    await database.execute(
        "INSERT INTO attendance (booking_id, seat, session_id, state, at) VALUES ($1, $2, $3, $4, $5)",
        booking,
        seat,
        session,
        state,
        END,
    )


async def a_session():
    structure = await make_structure()
    samir, nadia = await get_person(await make_samir(structure)), await get_person(await make_nadia(structure))
    event = await make_event(structure)
    session = await make_session(event)
    for name, states in {
        "odile": ["present"],
        "half": ["absent", "present"],
        "absent": ["absent", "absent"],
        "excused": ["excused"],
        "unknown": [],
    }.items():
        booking = await make_booking(session, name=name, email=f"{name}@example.test", seats=max(1, len(states)))
        for seat, state in enumerate(states, 1):
            await mark(booking, session, state, seat)
    return samir, nadia, event, session


async def receive(now):
    await follow_up.sweep(now)
    async with smtp_sink() as sink:
        delivery = Delivery(sink.url, connections=1)
        await delivery.deliver_due(COMPOSERS, now=now)
        await delivery.close()
        return sink.messages


def people(letters) -> dict[str, str]:
    return {letter["to"].addresses[0].username: str(letter["subject"]) for letter in letters}


async def test_those_who_came_and_those_who_did_not_get_their_own():
    samir, _, event, _session = await a_session()
    await write_follow_up(event, THANKS, by=samir, now=NOON)
    await write_follow_up(event, MISSED, by=samir, now=NOON)

    assert people(await receive(MORNING)) == {
        "odile": "Merci d’être venus",
        "half": "Merci d’être venus",
        "absent": "Vous nous avez manqué",
    }


async def test_it_goes_once_whatever_happens():
    samir, _, event, _session = await a_session()
    await write_follow_up(event, THANKS, by=samir, now=NOON)

    assert len(await receive(MORNING)) == 2
    assert await receive(MORNING + timedelta(days=1)) == []


@pytest.mark.parametrize(
    "now", [END + timedelta(hours=1), MORNING - timedelta(hours=2), END + UNTIL + timedelta(hours=20)]
)
async def test_neither_too_early_nor_at_night_nor_too_late(now):
    samir, _, event, _session = await a_session()
    await write_follow_up(event, THANKS, by=samir, now=NOON)

    assert await receive(now) == []


async def test_switched_on_it_leaves_older_sessions_alone():
    samir, _, event, _session = await a_session()
    await write_follow_up(event, THANKS, by=samir, now=END + timedelta(hours=1))

    assert await receive(MORNING) == []


async def test_the_letter_has_documents_survey_and_a_way_out():
    samir, _, event, _session = await a_session()
    await write_survey(event, NewSurvey(questions=[Question(text="Que changer ?")]), by=samir, now=NOON)
    await write_follow_up(event, THANKS, by=samir, now=NOON)

    letter = (await receive(MORNING))[0]
    text = text_of(letter)
    assert "Bonjour,\nmerci.\n\nÀ bientôt." in text
    assert "- https://example.test/guide.pdf" in text
    assert "sans donner votre nom : http://ateliers.test/avis/" in text
    assert letter["from"].addresses[0].username == "rappels"
    assert letter["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert letter["list-unsubscribe"].strip("<>").endswith("/arreter")
    assert letter["list-id"] == "<survey.ateliers.test>"
    assert [part.get_content_type() for part in letter.walk()][1:] == ["text/plain", "text/html"]


async def test_without_questions_the_letter_asks_for_nothing():
    samir, _, event, _session = await a_session()
    await write_follow_up(event, THANKS, by=samir, now=NOON)

    assert "/avis/" not in text_of((await receive(MORNING))[0]).replace("/arreter", "").split("Ne plus")[0]


async def test_who_wants_none_gets_none():
    samir, _, event, _session = await a_session()
    await write_follow_up(event, THANKS, by=samir, now=NOON)
    await opt_out("Odile@example.test", "survey", now=NOON)

    assert list(people(await receive(MORNING))) == ["half"]


async def test_what_changes_before_it_leaves_is_looked_at_again():
    samir, _, event, session = await a_session()
    await write_follow_up(event, THANKS, by=samir, now=NOON)
    await follow_up.sweep(MORNING)
    await database.execute("UPDATE attendance SET state = 'absent'")
    assert await receive(MORNING) == []
    assert await database.fetch_value("SELECT DISTINCT outcome FROM outbox") == "Attendance was corrected meanwhile."

    await database.execute("UPDATE outbox SET state = 'queued', done_at = NULL, due_at = $1", MORNING)
    await database.execute("UPDATE attendance SET state = 'present' WHERE session_id = $1", session)
    await write_follow_up(event, NewFollowUp(audience=Audience.CAME, subject="S", body="B"), by=samir, now=MORNING)
    assert await receive(MORNING) == []
    outcomes = await database.fetch_value("SELECT DISTINCT outcome FROM outbox")
    assert outcomes == "The structure no longer sends this message."


async def test_of_a_cycle_only_the_last_date_is_followed_up():
    samir, _, event, _session = await a_session()
    await database.execute("UPDATE event SET is_cycle = true WHERE id = $1", event)
    await make_session(event, starts_at=START + timedelta(days=7))
    await write_follow_up(event, THANKS, by=samir, now=NOON)

    assert await receive(MORNING) == []


async def test_what_was_called_off_is_not_followed_up():
    samir, _, event, session = await a_session()
    await database.execute("UPDATE session SET called_off_at = $2 WHERE id = $1", session, NOON)
    await write_follow_up(event, MISSED, by=samir, now=NOON)

    assert await receive(MORNING) == []


@pytest.mark.parametrize("links", ["guide.pdf", "javascript:alert(1)", "https://a.test/x\n" * 6, "https://"])
async def test_documents_are_addresses_and_few(links):
    samir, _, event, _session = await a_session()

    with pytest.raises(Invalid):
        await write_follow_up(
            event, NewFollowUp(audience=Audience.CAME, subject="S", body="B", links=links), by=samir, now=NOON
        )


async def test_ambassadors_do_not_write_it():
    _, nadia, event, _session = await a_session()

    with pytest.raises(NotAllowed):
        await write_follow_up(event, THANKS, by=nadia, now=NOON)
    assert await list_follow_ups(event) == {}


async def test_a_session_of_another_event_is_not_followed_up():
    samir, _, event, _session = await a_session()
    other = await make_session(await make_event(samir.structure_ids[0]))
    await mark(await make_booking(other, email="other@example.test"), other, "present")
    await insert("walk_in", op="1", session_id=other, name="X", at=END, recorded_at=END)
    await write_follow_up(event, THANKS, by=samir, now=NOON)

    assert "other" not in people(await receive(MORNING))
