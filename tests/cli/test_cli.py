"""The command: help that tells, exit codes that mean something."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from ateliers import database
from ateliers.cli import cli
from ateliers.network.charter import current_charter
from ateliers.network.tokens import find_token
from tests.world import make_samir, make_structure

COMMANDS = [
    *((name,) for name in cli.commands),
    ("token", "create"),
    ("token", "list"),
    ("token", "revoke"),
    ("person", "invite"),
    ("charter", "publish"),
]


async def ateliers(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these settings (ATELIERS_ left out of their names)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ATELIERS_")}
    environment |= {f"ATELIERS_{name}": value for name, value in variables.items()}
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "ateliers", *words],
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(words):
    done = CliRunner().invoke(cli, [*words, "--help"])

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: ")


async def test_a_mistyped_command_is_exit_code_2():
    assert (await ateliers("serv")).returncode == 2


async def test_a_wrong_setting_is_named_and_is_exit_code_3():
    done = await ateliers("migrate", SMTP_URL="mail.example.fr")

    assert done.returncode == 3
    assert "ATELIERS_SMTP_URL is 'mail.example.fr': it should be a URL like" in done.stderr


async def test_serve_refuses_a_default_secret_in_production(db):
    done = await ateliers("serve", PRODUCTION="1", BASE_URL="https://ateliers.example.fr", DATABASE_URL=db)

    assert (done.returncode, done.stderr.strip()) == (
        3,
        "ATELIERS_SECRET_KEY should be at least 32 random characters in production.",
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is refused")
async def test_root_is_refused_the_embedded_database_unless_this_is_meant(tmp_path):
    done = await ateliers("serve", DATA_DIR=str(tmp_path))

    assert done.returncode == 3
    assert "ATELIERS_ALLOW_ROOT=1" in done.stderr


async def test_migrate_says_that_nothing_was_to_do(db):
    done = await ateliers("migrate", DATABASE_URL=db)

    assert (done.returncode, done.stdout.strip()) == (0, "The tables were up to date.")


async def test_an_absent_database_is_exit_code_1_without_a_traceback():
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    for words in (("migrate",), ("token", "create", "--structure", "x"), ("backup", "/nonexistent/file")):
        done = await ateliers(*words, DATABASE_URL=url)

        assert done.returncode == 1
        assert "Traceback" not in done.stderr


async def test_a_token_is_printed_alone_and_works_until_it_is_revoked(db):
    structure = await make_structure(slug="ccas-de-nevers")

    done = await ateliers("token", "create", "--structure", "ccas-de-nevers", "--scope", "events", DATABASE_URL=db)

    found = await find_token(done.stdout.strip())
    assert found is not None
    assert (found.structure_id, found.scopes) == (structure, ["events"])

    listed = await ateliers("token", "list", "--structure", "ccas-de-nevers", DATABASE_URL=db)
    assert listed.stdout == f"{found.id}  events  API\n"
    revoked = await ateliers("token", "revoke", str(found.id), DATABASE_URL=db)
    assert (revoked.returncode, revoked.stdout) == (0, "Revoked.\n")
    assert await find_token(done.stdout.strip()) is None


async def test_a_token_for_nobody_is_exit_code_1_in_words(db):
    done = await ateliers("token", "create", "--structure", "nobody", DATABASE_URL=db)

    assert (done.returncode, "Traceback" in done.stderr) == (1, False)


async def test_a_charter_is_published_once(db, tmp_path):
    file = tmp_path / "charte.txt"
    file.write_text("Nous aidons.\n\nNous écoutons.\n", encoding="utf-8")
    words = ("charter", "publish", str(file), "--version", "2027-01", "--title", "Charte du réseau")

    done = await ateliers(*words, DATABASE_URL=db)
    again = await ateliers(*words, DATABASE_URL=db)

    assert (done.returncode, done.stderr) == (0, "")
    charter = await current_charter()
    assert (charter.version, charter.title, charter.body) == (
        "2027-01",
        "Charte du réseau",
        "Nous aidons.\n\nNous écoutons.",
    )
    assert (again.returncode, again.stderr.strip()) == (
        1,
        "Version 2027-01 of the charter is already published: choose another name for this one.",
    )


async def test_a_charter_that_is_no_text_is_exit_code_1_in_words(db, tmp_path):
    file = tmp_path / "charte.pdf"
    file.write_bytes(b"%PDF \xff\xfe")

    done = await ateliers("charter", "publish", str(file), "--version", "2027-01", DATABASE_URL=db)

    assert (done.returncode, done.stderr.strip()) == (1, f"{file} is not text in UTF-8.")


async def test_the_doctor_tells_what_to_set(db):
    done = await ateliers("doctor", DATABASE_URL=db, SMTPURL="x", SMTP_URL="smtp://127.0.0.1:1")

    assert done.returncode == 4
    assert "ATELIERS_SMTP_URL?" in done.stdout


async def test_an_import_tells_row_by_row_and_is_exit_code_4_when_some_are_refused(db, tmp_path):
    file = tmp_path / "lieux.csv"
    file.write_text(
        "id,nom,commune,code_postal,adresse\n1,Médiathèque,Nevers,58000,1 rue du Test\n2,,,,\n", encoding="utf-8"
    )

    done = await ateliers("import", "lieux", str(file), "--json", DATABASE_URL=db)

    assert [json.loads(line)["row"] for line in done.stdout.splitlines()] == [1, 2]
    assert done.returncode == 4, done.stderr


async def test_a_structures_sessions_are_imported_in_the_name_of_its_manager(db, tmp_path):
    await make_samir(await make_structure())
    file = tmp_path / "agenda.csv"
    file.write_text("titre;date;heure;cp;ville\nAtelier;12/01/2028;14h;58000;Nevers\n", encoding="utf-8")

    done = await ateliers("import", "seances", str(file), "--structure", "ccas-de-nevers", "--json", DATABASE_URL=db)

    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "repaired")
    assert await database.fetch_value("SELECT state FROM event") == "draft"


async def test_bench_lists_its_works():
    done = await ateliers("bench", "--list")

    assert (done.returncode, "memory" in done.stdout) == (0, True)
