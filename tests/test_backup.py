"""Backup and restore: what was there comes back, and a broken file changes nothing."""

from __future__ import annotations

import asyncio
import os
import stat

import asyncpg
import pytest

from ateliers import backup, database
from tests.world import NOON, make_structure


@pytest.fixture
async def other(postgres: str):
    """A second, empty database, of this test process's own."""
    connection = await asyncpg.connect(postgres)
    name = f"restored_{os.getpid()}"
    await connection.execute(f"CREATE DATABASE {name}")
    yield postgres.replace("/postgres?", f"/{name}?")
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


async def names(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        return [row["name"] for row in await connection.fetch("SELECT name FROM structure ORDER BY name")]
    finally:
        await connection.close()


async def test_what_was_backed_up_is_restored_in_the_place_of_everything(db, other, tmp_path):
    await make_structure("CCAS de Nevers")
    file = tmp_path / "ateliers.backup"
    size = await asyncio.to_thread(backup.back_up, db, file)
    await database.migrate(other)
    connection = await asyncpg.connect(other)
    await connection.execute(
        "INSERT INTO person (id, name, email, created_at) VALUES ($1, 'Gone', 'gone@example.test', $2)",
        database.new_id(),
        NOON,
    )

    await asyncio.to_thread(backup.restore, other, file)

    assert size == file.stat().st_size
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert await names(other) == ["CCAS de Nevers"]
    assert await connection.fetchval("SELECT count(*) FROM person") == 0
    assert await database.migrate(other) == []
    await connection.close()


async def test_a_restored_database_can_be_backed_up_and_restored_again(db, other, tmp_path):
    await make_structure("CREATE SCHEMA public;")

    await asyncio.to_thread(backup.back_up, db, tmp_path / "first")
    await asyncio.to_thread(backup.restore, other, tmp_path / "first")
    await asyncio.to_thread(backup.back_up, other, tmp_path / "second")
    await asyncio.to_thread(backup.restore, other, tmp_path / "second")

    assert await names(other) == ["CREATE SCHEMA public;"]


async def test_a_broken_file_changes_nothing(db, tmp_path):
    await make_structure("CCAS de Nevers")
    file = tmp_path / "broken"
    file.write_bytes(b"PGDMP nonsense")

    with pytest.raises(backup.BackupError):
        await asyncio.to_thread(backup.restore, db, file)

    assert await names(db) == ["CCAS de Nevers"]


async def test_a_backup_that_fails_leaves_no_file(tmp_path):
    with pytest.raises(backup.BackupError):
        await asyncio.to_thread(backup.back_up, "postgresql://nobody@127.0.0.1:1/nothing", tmp_path / "file")

    assert list(tmp_path.iterdir()) == []


def test_a_password_does_not_stand_on_the_command_line():
    assert backup._without_password("postgresql://me:s%40fe@db.test:5432/a?sslmode=require") == (
        "postgresql://me@db.test:5432/a?sslmode=require",
        "s@fe",
    )
