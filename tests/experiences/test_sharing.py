"""From a draft to everybody's eyes and back: who may do what, what is agreed to, who is told."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from ateliers import database
from ateliers.documents.files import Upload
from ateliers.exchange.feeds.experiences import experience_feed
from ateliers.experiences.agreement import list_consents, wording
from ateliers.experiences.consent import give_consent, withdraw_consent
from ateliers.experiences.emails import COMPOSERS
from ateliers.experiences.experience import ExperienceState, Scope, find_experience, get_experience, list_documents
from ateliers.experiences.papers import MOST, NewDocument, TooManyDocuments, read_document
from ateliers.experiences.published import ExperienceGone, Shelf, get_published, list_published, list_retired
from ateliers.experiences.sharing import (
    NotBeingWritten,
    NothingHeldYet,
    NotToBeRead,
    ToCorrect,
    list_shared_with,
    list_steps,
    list_told,
    read_experience,
    reopen_experience,
    review_experience,
    send_back,
    take_down,
    write_experience,
)
from ateliers.experiences.untold import count_untold, list_untold
from ateliers.mail.email import Email
from ateliers.mail.outbox import OutboxRow
from ateliers.network.people import get_person
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.documents.test_photos import heic, photo
from tests.experiences.stories import TOLD, make_held
from tests.world import NOON, START, make_event, make_person, make_session, make_structure

SITE, MATERIAL, NATIONAL = Scope.REGIONAL_SITE, Scope.REGIONAL_MATERIAL, Scope.NATIONAL
BOURGOGNE = Shelf(region="27")
LATER = NOON + timedelta(minutes=1)


async def shown(shelf=BOURGOGNE, words: str = "") -> list[str]:
    found, count = await list_published(shelf, words=words)
    assert count == len(found)
    return [one.title for one in found]


async def queued() -> list[tuple[str, str]]:
    rows = await database.fetch_rows(
        "SELECT o.kind, p.name FROM outbox o JOIN person p ON p.id = (o.data->>'person')::uuid ORDER BY o.created_at, o.id"
    )
    return [(row["kind"], row["name"].split()[0]) for row in rows]


async def test_a_story_is_written_sent_read_agreed_to_and_taken_back_the_same_minute():
    held = await make_held()
    draft = msgspec.structs.replace(TOLD, worked="")
    assert [one.title for one in await list_untold([held.structure], now=NOON)] == [
        "Activer Mon espace santé avec votre téléphone"
    ]
    await write_experience(held.event, draft, by=held.nadia, now=NOON)
    assert (await list_shared_with(held.paule), await shown()) == ([], [])
    with pytest.raises(Invalid) as missing:
        await write_experience(held.event, draft, by=held.nadia, now=NOON, send=True)
    assert missing.value.errors == {"worked": "Fill in this answer."}

    id = await held.send(by=held.nadia)
    assert [one.id for one in await list_shared_with(held.paule)] == [id]
    assert await count_untold([held.structure], now=NOON) == {}
    with pytest.raises(NotBeingWritten):
        await write_experience(held.event, TOLD, by=held.nadia, now=NOON)
    assert await review_experience(id, by=held.paule, now=NOON) is ExperienceState.REVIEWED
    with pytest.raises(NotAllowed):
        await give_consent(id, SITE, by=held.nadia, now=NOON)
    assert await shown() == []
    await give_consent(id, MATERIAL, by=held.samir, now=NOON)
    assert (await get_experience(id)).state is ExperienceState.REVIEWED
    await give_consent(id, SITE, by=held.samir, now=NOON)
    assert (await shown(), await shown(Shelf())) == ([TOLD.title], [])
    assert TOLD.title in (await experience_feed(BOURGOGNE, "json", now=NOON)).decode()

    await withdraw_consent(id, SITE, by=held.samir, now=LATER)
    await withdraw_consent(id, SITE, by=held.samir, now=LATER)
    assert await shown() == []
    with pytest.raises(ExperienceGone):
        await get_published(id)
    feed = msgspec.json.decode(await experience_feed(BOURGOGNE, "json", now=LATER))
    assert (feed["items"], [one["at"] for one in feed["_retired"]]) == ([], ["2026-11-24T11:01:00Z"])
    assert "at:deleted-entry" in (await experience_feed(BOURGOGNE, "atom", now=LATER)).decode()
    assert await list_retired(Shelf(), now=LATER) == []  # it was never agreed that the whole country reads it
    assert [(step.state.value, step.by_name) for step in await list_steps(id)] == [
        ("submitted", "Nadia Ferrand"),
        ("reviewed", "Paule Guérin"),
        ("published", "Samir Haddad"),
        ("withdrawn", "Samir Haddad"),
    ]
    assert await queued() == [
        ("experience_submitted", "Paule"),
        ("experience_to_agree", "Samir"),
        ("experience_published", "Samir"),
        ("experience_published", "Nadia"),
        ("experience_withdrawn", "Paule"),
    ]


async def test_an_agreement_keeps_its_exact_words_and_holds_for_one_text_alone():
    held = await make_held()
    id = await held.send(SITE, NATIONAL)
    first = await list_consents(id)
    assert {(one.scope, one.wording, one.given_by, one.holds) for one in first} == {
        (scope, wording(scope), "Samir Haddad", True) for scope in (SITE, NATIONAL)
    }
    await review_experience(id, by=held.paule, now=NOON)
    assert await shown(Shelf()) == [TOLD.title]

    await reopen_experience(id, by=held.samir, now=NOON)
    assert (await shown(), await shown(Shelf())) == ([], [])
    await held.send(told=TOLD)  # word for word as it was agreed to
    assert (await get_experience(id)).scopes == [SITE, NATIONAL]
    await reopen_experience(id, by=held.samir, now=NOON)
    await held.send(told=msgspec.structs.replace(TOLD, advice="Autre chose."), by=held.nadia)
    assert (await get_experience(id)).scopes == []
    assert await review_experience(id, by=held.paule, now=NOON) is ExperienceState.REVIEWED
    await give_consent(id, NATIONAL, by=held.samir, now=LATER)
    assert (await shown(), await shown(Shelf())) == ([], [TOLD.title])
    kept = [(one.scope, one.given_at, one.withdrawn_at, one.holds) for one in await list_consents(id)]
    assert kept[0] == (NATIONAL, LATER, None, True)
    assert sorted(kept[1:], key=str) == sorted([(SITE, NOON, None, False), (NATIONAL, NOON, LATER, False)], key=str)


async def test_the_coordination_sends_back_and_takes_down_and_says_why():
    held = await make_held()
    id = await held.send(SITE)
    await send_back(id, ToCorrect(note="Dites pour qui."), by=held.paule, now=NOON)
    found = await find_experience(held.event)
    assert found is not None
    assert (found.state, [s.note for s in await list_steps(id)]) == (ExperienceState.DRAFT, ["", "Dites pour qui."])
    with pytest.raises(NotToBeRead):
        await review_experience(id, by=held.paule, now=NOON)
    await held.send(SITE)
    await review_experience(id, by=held.paule, now=NOON)
    await take_down(id, ToCorrect(note="Une photo montre un visage."), by=held.paule, now=LATER)
    assert (await shown(), await queued())[0] == []
    rows = await database.fetch(
        OutboxRow,
        """SELECT id, kind, subject_id, data, thread, sequence, created_at, 1 AS attempts, 0 AS refusals,
                  NULL AS last_outcome, false AS superseded, NULL AS first_of_thread
           FROM outbox WHERE kind = 'experience_taken_down'""",
    )
    mail = await COMPOSERS["experience_taken_down"](rows[0], LATER)
    assert isinstance(mail, Email)
    assert (mail.to_address, "Une photo montre un visage." in mail.text) == ("samir@example.test", True)


async def test_strangers_to_a_story_do_nothing_to_it():
    held = await make_held()
    id = await held.send(SITE)
    far = await get_person(await make_person("Yves Loin", "coordinator", departements=["974"]))
    other = await make_structure("Une autre")
    olga = await get_person(await make_person("Olga Autre", "manager", structure_id=other))
    for act in (
        lambda: read_experience(id, far),
        lambda: review_experience(id, by=far, now=NOON),
        lambda: review_experience(id, by=held.samir, now=NOON),
        lambda: take_down(id, ToCorrect(note="x"), by=far, now=NOON),
        lambda: reopen_experience(id, by=olga, now=NOON),
        lambda: withdraw_consent(id, SITE, by=held.paule, now=NOON),
        lambda: write_experience(held.event, TOLD, by=held.paule, now=NOON),
        lambda: get_published(id),
    ):
        with pytest.raises(NotFound):
            await act()
    with pytest.raises(NotAllowed):
        await write_experience(held.event, TOLD, by=held.nadia, now=NOON, send=True, agreed=[SITE])


async def test_who_organises_it_too_writes_and_whose_event_it_is_agrees():
    held = await make_held()
    other = await make_structure("CPAM de la Nièvre")
    olga = await get_person(await make_person("Olga Autre", "manager", structure_id=other))
    asked = "INSERT INTO co_organiser (event_id, structure_id, asked_at) VALUES ($1, $2, $3)"
    await database.execute(asked, held.event, other, NOON)
    with pytest.raises(NotFound):  # it was only asked
        await write_experience(held.event, TOLD, by=olga, now=NOON)
    await database.execute("UPDATE co_organiser SET accepted_at = $1", NOON)
    assert [one.event_id for one in await list_untold([other], now=NOON)] == [held.event]
    assert await count_untold([held.structure, other], now=NOON) == {held.structure: 1}
    with pytest.raises(NotAllowed):
        await write_experience(held.event, TOLD, by=olga, now=NOON, send=True, agreed=[SITE])
    id = await held.send(by=olga)
    assert [one.names for one in await list_told([other])] == [["CCAS de Nevers", "CPAM de la Nièvre"]]
    with pytest.raises(NotAllowed):
        await give_consent(id, SITE, by=olga, now=NOON)
    await give_consent(id, SITE, by=held.samir, now=NOON)
    await review_experience(id, by=held.paule, now=NOON)
    assert await shown(words="CPAM") == [TOLD.title]
    assert (await queued())[-2:] == [("experience_published", "Samir"), ("experience_published", "Olga")]
    with pytest.raises(NotAllowed):  # it stands under another's name
        await reopen_experience(id, by=olga, now=NOON)


async def test_only_what_was_held_is_told_and_nobody_is_given_away():
    held = await make_held()
    ahead = await make_event(held.structure)
    await make_session(ahead, starts_at=START)
    await make_session(ahead, starts_at=NOON - timedelta(days=3), outcome="held_empty")
    with pytest.raises(NothingHeldYet):
        await write_experience(ahead, TOLD, by=held.samir, now=NOON)
    told = msgspec.structs.replace(TOLD, course="Odile, 2 85 05 78 006 084 36, est venue.")
    with pytest.raises(Invalid) as wrong:
        await write_experience(held.event, told, by=held.samir, now=NOON)
    assert wrong.value.errors == {"course": "Do not write a social security number."}


async def test_documents_follow_their_text():
    held = await make_held()

    async def add(title: str, upload: Upload | None) -> None:
        document = NewDocument(title=title, upload=upload)
        await write_experience(held.event, TOLD, by=held.nadia, now=NOON, document=document)

    async def take_away(document: UUID) -> None:
        await write_experience(held.event, TOLD, by=held.samir, now=NOON, gone=document)

    picture = Upload(name="salle.jpg", content=photo("JPEG"))
    await add("La salle", picture)
    await add("L’affiche", picture)
    found = await find_experience(held.event)
    assert found is not None
    first, second = await list_documents(found.id)
    assert b"SecretPhone" not in (await read_document(first.id, by=held.nadia)).content
    for _ in range(2):  # twice is once
        await take_away(second.id)
    for title, upload, wrong in (
        ("x", None, {"file": "Choose a file."}),
        ("x", Upload(name="x.jpg", content=heic()), {"file": "Most browsers do not show HEIC photos: send it as JPEG."}),
        ("", Upload(name="x.pdf", content=b""), {"document": "Say in a few words what it is.", "file": "This file is empty."}),
    ):  # fmt: skip
        with pytest.raises(Invalid) as refused:
            await add(title, upload)
        assert refused.value.errors == wrong
    with pytest.raises(NotFound):
        await read_document(first.id, by=held.paule)
    id = await held.send(SITE)
    assert (await read_document(first.id, by=held.paule)).name == "salle.jpg"
    with pytest.raises(NotFound):
        await read_document(first.id)
    with pytest.raises(NotBeingWritten):
        await take_away(first.id)
    await review_experience(id, by=held.paule, now=NOON)
    assert (await read_document(first.id)).media_type == "image/jpeg"
    await withdraw_consent(id, SITE, by=held.samir, now=NOON)
    with pytest.raises(NotFound):
        await read_document(first.id)
    await reopen_experience(id, by=held.samir, now=NOON)
    for number in range(1, MOST):
        await add(str(number), picture)
    with pytest.raises(TooManyDocuments):
        await add("11", picture)


async def test_words_find_a_story_whatever_their_accents_and_endings():
    held = await make_held()
    id = await held.send(SITE)
    await review_experience(id, by=held.paule, now=NOON)
    assert [await shown(words=words) for words in ("mediatheque", "MÉDIATHÈQUES retraité", "nevers", "piscine")] == [
        [TOLD.title],
        [TOLD.title],
        [TOLD.title],
        [],
    ]
    assert await shown(Shelf(region="11")) == []
