"""Publishing: who may, what is kept, what is refused and why."""

# ruff: noqa: DTZ001 - the clock on the wall has no zone

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from ateliers.agenda.drafts import About, NewEvent, NewSession
from ateliers.agenda.event import EventState, Visibility
from ateliers.agenda.kinds import RULES, Kind
from ateliers.agenda.publishing import (
    NothingToPublish,
    StructureNotAdmitted,
    add_session,
    archive_event,
    create_event,
    publish_event,
    update_event,
)
from ateliers.agenda.search import Search, search_sessions
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.database import execute, fetch_value
from ateliers.network.people import Person, Role, RoleName, get_person
from ateliers.places.place import Accessibility, list_places_of
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.agenda.drafts import THURSDAY, TUESDAY, samir, webinar, workshop
from tests.world import (
    NOON,
    SAINT_DENIS,
    make_event,
    make_nadia,
    make_paule,
    make_person,
    make_structure,
)


async def refused(new: NewEvent, by: Person) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        await create_event(new, by=by, now=NOON)
    assert await fetch_value("SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM place)") == 0
    return refusal.value.errors


async def test_a_workshop_with_its_dates_is_a_draft_until_published():
    structure_id = await make_structure()
    by = await samir(structure_id)

    event = await create_event(workshop(dates=[THURSDAY, TUESDAY, THURSDAY]), by=by, now=NOON)

    assert (event.state, event.structure_id, event.created_by, event.published_at) == (
        EventState.DRAFT,
        structure_id,
        by.id,
        None,
    )
    first, second = await list_sessions_of_event(event.id)
    assert (first.local_start, second.local_start) == (TUESDAY, THURSDAY)
    assert first.starts_at == datetime(2026, 12, 1, 13, tzinfo=UTC)
    assert first.ends_at - first.starts_at == timedelta(minutes=RULES[Kind.WORKSHOP].default_minutes)
    assert (first.place_id, first.capacity, first.zone) == (second.place_id, 10, "Europe/Paris")
    assert (first.place_name, first.commune_code, first.postcode, first.departement) == (
        "Médiathèque Jean-Jaurès",
        "58194",
        "58000",
        "58",
    )

    published = await publish_event(event.id, by=by, now=NOON)

    assert (published.state, published.published_at) == (EventState.PUBLISHED, NOON)
    assert await publish_event(event.id, by=by, now=NOON + timedelta(hours=1)) == published


async def test_published_at_once_in_one_form():
    by = await samir(await make_structure())

    event = await create_event(workshop(publish=True), by=by, now=NOON)

    assert event.state is EventState.PUBLISHED


async def test_a_place_typed_once_is_one_off_unless_it_is_kept():
    structure_id = await make_structure()
    by = await samir(structure_id)

    await create_event(workshop(), by=by, now=NOON)
    assert await list_places_of(structure_id) == []

    await create_event(
        workshop(keep_place=True, place_accessibility=[Accessibility.STEP_FREE], access_note="Bus 1"), by=by, now=NOON
    )
    [kept] = await list_places_of(structure_id)
    assert (kept.name, kept.access_note, list(kept.accessibility)) == (
        "Médiathèque Jean-Jaurès",
        "Bus 1",
        [Accessibility.STEP_FREE],
    )

    again = await create_event(workshop(place_id=kept.id, place_name="", address="", commune=""), by=by, now=NOON)
    assert [session.place_id for session in await list_sessions_of_event(again.id)] == [kept.id]


async def test_the_clock_is_that_of_the_place_overseas():
    by = await samir(await make_structure())

    event = await create_event(workshop(commune="97400"), by=by, now=NOON)

    [session] = await list_sessions_of_event(event.id)
    assert (session.zone, session.local_start, session.starts_at) == (
        "Indian/Reunion",
        TUESDAY,
        datetime(2026, 12, 1, 10, tzinfo=UTC),
    )


async def test_a_webinar_has_a_link_and_the_clock_of_its_structure():
    by = await samir(await make_structure(**SAINT_DENIS))

    event = await create_event(webinar(), by=by, now=NOON)

    [session] = await list_sessions_of_event(event.id)
    assert (session.place_id, session.join_url, session.zone) == (None, "https://visio.test/secret", "Indian/Reunion")
    assert (session.capacity, session.departement, session.is_online) == (None, "974", True)


async def test_ambassador_training_is_for_the_network_only():
    by = await samir(await make_structure())

    event = await create_event(workshop(kind=Kind.TRAINING, visibility=Visibility.PUBLIC), by=by, now=NOON)

    assert event.visibility is Visibility.NETWORK
    updated = await update_event(event.id, About(title="Autre titre", visibility=Visibility.LINK), by=by, now=NOON)
    assert updated.visibility is Visibility.NETWORK


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"commune": "Trifouillis-les-Oies"}, {"commune": "We do not know this commune. Try its postcode."}),
        ({"commune": ""}, {"commune": "Give the commune or its postcode."}),
        ({"place_name": ""}, {"place_name": "Give the name of the place."}),
        ({"place_name": "", "address": "", "commune": ""}, {"place_id": "Say where it takes place."}),
        (
            {"place_id": UUID(int=1), "place_name": "", "address": "", "commune": ""},
            {"place_id": "We do not know this place."},
        ),
        ({"place_id": UUID(int=1)}, {"place_id": "Choose one of our places or write another one, not both."}),
        ({"join_url": "https://visio.test"}, {"join_url": "Only an online event has a link."}),
        ({"dates": [datetime(2020, 1, 1, 14)]}, {"dates": "This date is in the past."}),
        ({"dates": [TUESDAY, datetime(2036, 1, 1, 14)]}, {"dates": "This date is more than three years away."}),
        (
            {"dates": [datetime(2027, 3, 28, 2, 30)]},
            {"dates": "This time does not exist: clocks go forward that night."},
        ),
        (
            {"commune": "nulle part", "dates": [datetime(2020, 1, 1)]},
            {"commune": "We do not know this commune. Try its postcode.", "dates": "This date is in the past."},
        ),
    ],
)
async def test_what_contradicts_a_rule_is_refused_beside_its_field_and_nothing_is_kept(changes, errors):
    by = await samir(await make_structure())

    assert await refused(workshop(**changes), by) == errors


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"join_url": None}, {"join_url": "Give the link of the online meeting."}),
        ({"commune": "58000"}, {"commune": "This kind of event takes place online: leave the place empty."}),
        ({"place_id": UUID(int=1)}, {"place_id": "This kind of event takes place online: leave the place empty."}),
    ],
)
async def test_a_webinar_needs_a_link_and_no_place(changes, errors):
    by = await samir(await make_structure())

    assert await refused(webinar(**changes), by) == errors


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capacity", 0),
        ("capacity", -1),
        ("capacity", 10**9),
        ("minutes", 0),
        ("minutes", 10**6),
        ("party_limit", 0),
        ("waiting_max", -1),
        ("title", "ab"),
        ("title", "a" * 151),
        ("join_url", "javascript:alert(1)"),
        ("join_url", "http://visio.test"),
        ("phone", "appelez-moi"),
        ("dates", ["2026-12-01T14:00:00Z"]),
        ("dates", ["2026-12-01T14:00:00"] * 61),
        ("kind", "party"),
        ("visibility", "secret"),
        ("accessibility", ["wings"]),
        ("surprise", 1),
    ],
)
def test_the_struct_itself_refuses_what_no_form_should_send(field, value):
    given = {"kind": "workshop", "title": "Écrire à son médecin", field: value}

    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(given, NewEvent)


async def test_only_managers_publish_and_strangers_learn_nothing():
    structure_id = await make_structure()
    nadia = await get_person(await make_nadia(structure_id))
    paule = await get_person(await make_paule())
    stranger = await get_person(await make_person("Inconnu"))
    event_id = await make_event(structure_id, state="draft", published_at=None)
    other = await samir(await make_structure("CPAM du Doubs"))

    for by, refusal in ((nadia, NotAllowed), (paule, NotFound), (stranger, NotFound), (other, NotFound)):
        with pytest.raises(refusal):
            await publish_event(event_id, by=by, now=NOON)
        with pytest.raises(refusal):
            await update_event(event_id, About(title="À moi"), by=by, now=NOON)
        with pytest.raises(refusal):
            await archive_event(event_id, by=by, now=NOON)
        with pytest.raises(refusal):
            await add_session(event_id, NewSession(local_start=TUESDAY, commune="58000"), by=by, now=NOON)
        with pytest.raises(refusal):
            await create_event(workshop(structure_id=structure_id), by=by, now=NOON)
    with pytest.raises(NotAllowed):
        await create_event(workshop(), by=nadia, now=NOON)


async def test_the_operator_may_help_any_structure():
    structure_id = await make_structure()
    operator = Person(
        id=await make_person("Olivier"),
        name="Olivier",
        email="o@x.test",
        language="fr",
        roles=[Role(RoleName.OPERATOR)],
    )

    event = await create_event(workshop(structure_id=structure_id), by=operator, now=NOON)

    assert event.structure_id == structure_id


async def test_a_manager_of_two_structures_says_which():
    here, there = await make_structure(), await make_structure("CPAM du Doubs")
    by = Person(
        id=await make_person("Samir"),
        name="Samir",
        email="s@x.test",
        language="fr",
        roles=[Role(RoleName.MANAGER, here), Role(RoleName.MANAGER, there)],
    )

    assert await refused(workshop(), by) == {"structure_id": "Choose the structure."}
    assert (await create_event(workshop(structure_id=there), by=by, now=NOON)).structure_id == there


async def test_only_admitted_structures_publish():
    by = await samir(await make_structure(state="suspended"))
    draft = await create_event(workshop(), by=by, now=NOON)

    with pytest.raises(StructureNotAdmitted):
        await publish_event(draft.id, by=by, now=NOON)
    with pytest.raises(StructureNotAdmitted):
        await create_event(workshop(publish=True), by=by, now=NOON)
    await add_session(draft.id, NewSession(local_start=THURSDAY), by=by, now=NOON)
    await execute("UPDATE event SET state = 'published', published_at = $1", NOON)  # before it was suspended
    with pytest.raises(StructureNotAdmitted):
        await add_session(draft.id, NewSession(local_start=THURSDAY + timedelta(days=7)), by=by, now=NOON)
    assert await fetch_value("SELECT count(*) FROM event") == 1


async def test_there_must_be_something_to_come_to():
    by = await samir(await make_structure())
    draft = await create_event(workshop(dates=[]), by=by, now=NOON)

    with pytest.raises(NothingToPublish):
        await publish_event(draft.id, by=by, now=NOON)
    later = await create_event(workshop(), by=by, now=NOON)
    with pytest.raises(NothingToPublish):
        await publish_event(later.id, by=by, now=NOON + timedelta(days=30))


async def test_an_event_is_found_by_its_words_without_accents():
    by = await samir(await make_structure())
    event = await create_event(workshop(publish=True), by=by, now=NOON)
    await add_session(
        event.id, NewSession(local_start=THURSDAY, place_name="Mairie", commune="Decize"), by=by, now=NOON
    )
    counts = {}
    for words in ("medecin", "Médecins", "messagerie", "ATELIER", "médiathèque", "Nevers", "ccas", "decize", "cuisine"):
        counts[words] = (await search_sessions(Search(q=words), now=NOON)).total

    on_all = dict.fromkeys(("medecin", "Médecins", "messagerie", "ATELIER", "Nevers", "ccas"), 2)
    assert counts == {**on_all, "médiathèque": 1, "decize": 1, "cuisine": 0}


async def test_words_of_the_title_weigh_most():
    by = await samir(await make_structure())
    named = await create_event(workshop(title="La carte Vitale", description=""), by=by, now=NOON)
    await create_event(workshop(title="Autre chose", description="Apportez la carte Vitale"), by=by, now=NOON)

    sql = "SELECT id FROM event WHERE words @@ q ORDER BY ts_rank(words, q) DESC LIMIT 1".replace(
        " WHERE", ", plainto_tsquery('french', $1) AS q WHERE"
    )
    assert await fetch_value(sql, "vitale") == named.id
