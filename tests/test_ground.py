"""The ground floor holds: transactions, migrations, signed words, dates in words."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ateliers import database, signing, words
from ateliers.settings import SettingsError, read_settings
from tests.world import NOON, make_booking, make_session

AFTERNOON = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)


async def test_migrating_twice_does_nothing_the_second_time(db: str):
    assert await database.migrate(db) == []


async def test_a_transaction_does_not_nest():
    async with database.transaction():
        with pytest.raises(RuntimeError):
            async with database.transaction():
                pass


async def test_a_task_started_inside_a_transaction_cannot_use_it():
    async with database.transaction():
        with pytest.raises(RuntimeError):
            await asyncio.create_task(database.fetch_value("SELECT 1"))


async def test_what_fails_leaves_nothing():
    session_id = await make_session()

    async def half_done() -> None:
        async with database.transaction():
            await database.execute("UPDATE session SET capacity = 3")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await half_done()
    assert await database.fetch_value("SELECT capacity FROM session WHERE id = $1", session_id) == 10


async def test_seats_beyond_capacity_are_refused_by_the_database():
    session_id = await make_session(capacity=1)
    with pytest.raises(Exception, match="check constraint"):
        await make_booking(session_id, seats=2)


def test_a_signed_word_is_good_for_one_purpose_only():
    mac = signing.sign("booking", "K7QM2P")
    assert signing.is_signed("booking", "K7QM2P", mac.upper())
    assert not signing.is_signed("reminder", "K7QM2P", mac)
    assert not signing.is_signed("booking", "K7QM2P", "")
    assert not signing.is_signed("booking", "K7QM2P", mac[:3])


def test_a_timed_token_ends():
    token = signing.timed_token("form", "odile@example.test", now=NOON)
    hour = timedelta(hours=1)
    assert signing.read_timed_token("form", token, now=NOON + hour, max_age=hour) == "odile@example.test"
    assert signing.read_timed_token("form", token, now=NOON + 2 * hour, max_age=hour) is None
    assert signing.read_timed_token("form", token + "a", now=NOON, max_age=hour) is None
    assert signing.read_timed_token("form", "é.\0", now=NOON, max_age=hour) is None


def test_dates_are_said_in_words_on_the_clock_of_the_place():
    end = AFTERNOON + timedelta(hours=2, minutes=30)
    assert words.when_in_words(AFTERNOON, end) == "mardi 1er décembre 2026, de 14\u00a0h à 16\u00a0h\u00a030"
    assert words.when_in_words(AFTERNOON, end, "Indian/Reunion").endswith("19\u00a0h\u00a030, heure de La Réunion")
    with words.speaking("en"):
        assert words.when_in_words(AFTERNOON, end) == "Tuesday 1 December 2026, 14:00 to 16:30"


def test_text_is_made_safe():
    assert words.plain(" Éva\r\nBcc: x\u202e\0 ") == "Éva Bcc: x"
    assert words.fold("Saint-Œuvre d’Été") == "saint oeuvre d ete"


def test_wrong_settings_are_all_named():
    with pytest.raises(SettingsError) as refused:
        read_settings({"ATELIERS_BASE_URL": "ateliers.fr", "ATELIERS_DEMO": "yes", "ATELIERS_PRODUCTION": "1"})
    told = str(refused.value)
    assert [line.split()[0] for line in told.splitlines()] == [
        "ATELIERS_BASE_URL",
        "ATELIERS_DEMO",
        "ATELIERS_SECRET_KEY",
        "ATELIERS_BASE_URL",
    ]
