"""What search finds, held against the same question asked in plain Python."""

from __future__ import annotations

import base64
import random
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ateliers import database
from ateliers.agenda.kinds import Kind
from ateliers.agenda.search import Search, nearest_sessions, search_sessions
from ateliers.agenda.search_words import index_words
from ateliers.places.communes import all_communes, resolve
from ateliers.places.distance import kilometres
from ateliers.places.place import Accessibility
from ateliers.refusals import Invalid
from ateliers.words import fold
from tests.world import NOON, SAINT_DENIS, START, make_event, make_place, make_session, make_structure


async def ids(**search: object) -> list[UUID]:
    results = await search_sessions(Search(**search), now=NOON)
    return [found.session.id for found in results.found]


async def test_what_is_not_for_everybody_is_not_found():
    structure = await make_structure()
    shown = await make_session(await make_event(structure))
    await make_session(await make_event(structure, visibility="link"))
    await make_session(await make_event(structure, visibility="network"))
    await make_session(await make_event(structure, state="draft"))
    await make_session(await make_event(structure), called_off_at=NOON)
    await make_session(await make_event(structure), starts_at=NOON - timedelta(days=1))
    await make_session(await make_event(await make_structure("Parti", state="suspended")))
    assert await ids() == [shown]


async def test_a_webinar_is_near_everybody():
    there = await make_session()
    webinar = await make_session(await make_event(await make_structure("Web"), kind="webinar"), place_id=None)
    far = await make_place(name="Case", **SAINT_DENIS)
    island = await make_session(await make_event(await make_structure("Île")), place_id=far, zone="Indian/Reunion")
    assert set(await ids(near="58000", within_km=30)) == {there, webinar}
    assert set(await ids(near="Saint-Denis (97400)")) == {webinar, island}
    nearest = await nearest_sessions(resolve("Decize"), now=NOON)
    assert [found.session.id for found in nearest] == [there, island]


async def test_words_are_found_without_accents_and_by_their_beginning():
    event = await make_event(title="Préparer une téléconsultation")
    session = await make_session(event)
    await database.execute("UPDATE event SET words = to_tsvector('french', 'preparer une teleconsultation')")
    assert await ids(q="TÉLÉCONSULT") == [session]
    assert await ids(q="le la") == [session], "words that say nothing do not hide anything"
    assert await ids(q="cuisine") == []
    assert await ids(q="'; DROP TABLE event; --") == []


async def test_words_are_those_of_the_event_and_of_each_sessions_own_place():
    """Within a day the title counts more than the description, that more than structure and place; pages keep that order."""
    structure = await make_structure("Café numérique")
    nevers = await make_place(name="Salle des fêtes")
    decize = await make_place(name="Bibliothèque St-Aré", commune_name="Decize")
    plain = await make_event(structure, title="Ordonnances", description="Trier ses papiers")
    titled = await make_event(structure, title="Le café des vaccins")
    told = await make_event(structure, title="Matinée", description="Avec un café")
    here = await make_session(plain, place_id=nevers, starts_at=START)
    there = await make_session(plain, place_id=decize, starts_at=START)
    third = await make_session(told, place_id=nevers, starts_at=START + timedelta(hours=1))
    second = await make_session(titled, place_id=nevers, starts_at=START + timedelta(hours=2))
    next_day = await make_session(titled, place_id=nevers, starts_at=START + timedelta(days=1))
    for event in (plain, titled, told):
        await index_words(event)
    assert await ids(q="fêtes ordonnance") == [here], "each word by the event or by the place, all of them"
    assert await ids(q="ordonnances Décize") == [there]
    assert await ids(q="saint aré") == await ids(q="ST ARE", near="Nevers") == [there]
    in_order = [second, third, *sorted([here, there]), next_day]
    assert await ids(q="café") == in_order
    seen: list[UUID] = []
    cursor = None
    for _page in range(3):
        results = await search_sessions(Search(q="cafe", limit=2, cursor=cursor), now=NOON)
        assert results.total == 5
        seen += [found.session.id for found in results.found]
        cursor = results.cursor
    assert (seen, cursor) == (in_order, None)
    await database.execute("UPDATE place SET name = 'Annexe de l’Œuvre' WHERE id = $1", decize)
    assert (await ids(q="oeuvre"), await ids(q="bibliotheque")) == ([there], [])


async def test_the_database_folds_words_as_we_do():
    texts = [
        "Saint-Étienne",
        "L’Haÿ-les-Roses",
        "ŒUF  en Ternois",
        "Cœur d’æther",
        "Çà & là, 3e",
        "  Îles—Éparses ",
        "a\tb\nc",
    ]
    rows = await database.fetch_rows("SELECT btrim(fold(text)) AS folded FROM unnest($1::text[]) AS text", texts)
    assert [row["folded"] for row in rows] == [fold(text) for text in texts]


async def test_facts_of_the_venue_and_of_the_event_add_up():
    place = await make_place(accessibility=["step_free"])
    session = await make_session(await make_event(accessibility=["subtitles"]), place_id=place)
    assert await ids(accessible=[Accessibility.STEP_FREE, Accessibility.SUBTITLES]) == [session]
    assert await ids(accessible=[Accessibility.INDUCTION_LOOP]) == []


async def test_pages_follow_one_another_without_gap_or_repeat():
    event = await make_event()
    place = await make_place()
    made = [
        await make_session(event, place_id=place, starts_at=START + timedelta(hours=3 * (n // 3))) for n in range(11)
    ]
    seen: list[UUID] = []
    cursor = None
    while True:
        results = await search_sessions(Search(limit=4, cursor=cursor), now=NOON)
        seen += [found.session.id for found in results.found]
        cursor = results.cursor
        if cursor is None:
            break
    assert sorted(seen) == sorted(made)
    assert len(seen) == len(made)


async def test_at_the_same_hour_the_nearest_comes_first_and_webinars_last():
    event = await make_event()
    towns = ["Decize", "Nevers", "Moulins (03000)", "Bourges", "Nevers"]
    for town in towns:
        commune = resolve(town)
        place = await make_place(commune_name=town, latitude=commune.latitude, longitude=commune.longitude)
        await make_session(event, place_id=place, starts_at=START)
    await make_session(await make_event(await make_structure("Web"), kind="webinar"), place_id=None, starts_at=START)
    found: list[str | None] = []
    cursor = None
    for _page in range(3):
        results = await search_sessions(Search(near="Nevers", within_km=150, limit=2, cursor=cursor), now=NOON)
        found += [each.session.commune_name for each in results.found]
        cursor = results.cursor
    assert found == ["Nevers", "Nevers", "Decize", "Moulins (03000)", "Bourges", None]
    assert cursor is None


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        (date.min, date.max, 1),
        (date.min, None, 1),
        (None, date.max, 1),
        (date.max, None, 0),
        (None, date.min, 0),
    ],
)
async def test_no_day_of_the_calendar_is_a_fault(start: date | None, end: date | None, count: int):
    await make_session()
    assert len(await ids(start=start, end=end)) == count


@settings(max_examples=60)
@given(q=st.text(max_size=60), more=st.text("²½①ªºǅ٣ⅷ'\\:*&|!()<>\0", max_size=30))
async def test_no_words_are_a_fault(q: str, more: str):
    await ids(q=q + more)


def cursor_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "é",
        "MjAyNi0xMi0wMQ",
        "AAAA",
        "=" * 8,
        cursor_of(f"0001-01-01T00:00:00+14:00 0 {NOBODY}"),
        cursor_of(f"9999-12-31T23:59:59-12:00 0 {NOBODY}"),
        cursor_of(f"2026-12-01T13:00:00+00:00 99999999999 {NOBODY}"),
        cursor_of(f"2026-12-01T13:00:00 0 {NOBODY}"),
    ],
)
async def test_a_foreign_cursor_is_refused(cursor: str):
    with pytest.raises(Invalid) as refused:
        await search_sessions(Search(cursor=cursor), now=NOON)
    assert list(refused.value.errors) == ["cursor"]


async def test_an_unknown_commune_is_refused():
    with pytest.raises(Invalid) as refused:
        await search_sessions(Search(near="Xyzzy"), now=NOON)
    assert list(refused.value.errors) == ["near"]


async def test_search_equals_the_plain_question():
    """Forty sessions in random communes, sixty random questions; the oracle reads every session and compares."""
    chance = random.Random(58)
    structure = await make_structure()
    communes = chance.sample(all_communes()[:2000], 40)
    made = []
    for commune in communes:
        kind = chance.choice([Kind.WORKSHOP, Kind.STAND])
        place = await make_place(
            latitude=commune.latitude,
            longitude=commune.longitude,
            departement=commune.departement,
            commune_name=commune.name,
        )
        start = START + timedelta(days=chance.randrange(30), minutes=chance.randrange(600))
        capacity, taken = 5, chance.choice([0, 5])
        id = await make_session(
            await make_event(structure, kind=kind.value),
            place_id=place,
            starts_at=start,
            capacity=capacity,
            seats_taken=taken,
        )
        made.append((start, id, commune, kind, taken))
    for _turn in range(60):
        centre = chance.choice(communes)
        within = chance.choice([20, 100, 400, 1500])
        kind = chance.choice([None, Kind.WORKSHOP, Kind.STAND])
        start = (START + timedelta(days=chance.randrange(20))).date()
        end = start + timedelta(days=chance.randrange(15))
        free = chance.random() < 0.5
        wanted = sorted(
            (begin, id)
            for begin, id, commune, its_kind, taken in made
            if kilometres(centre.latitude, centre.longitude, commune.latitude, commune.longitude) <= within
            and kind in (None, its_kind)
            and start <= (begin + timedelta(hours=1)).date() <= end  # Paris is one hour ahead in winter
            and not (free and taken == 5)
        )
        asked = Search(near=centre.code, within_km=within, kind=kind, start=start, end=end, seats_left=free, limit=100)
        if resolve(centre.code) != centre:  # the code reads as a postcode elsewhere
            continue
        results = await search_sessions(asked, now=NOON)
        assert [found.session.id for found in results.found] == [id for _begin, id in wanted]
        assert results.counts.get(kind, 0) == len(wanted) if kind else results.total == len(wanted)
