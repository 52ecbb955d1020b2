"""The wheel: what is built runs from any folder, with everything that travels with the code."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ateliers.cli import cli

ROOT = Path(__file__).parent.parent
TRAVELS = ("templates", "migrations", "static", "locale", "data")

TRY = """
import sys
from pathlib import Path
import ateliers
from ateliers import database, words
from ateliers.rendering import environment, static
from ateliers.resources import resource
here = Path(ateliers.__file__).parent
assert here.parent == Path(sys.argv[1]), here
assert all(resource(name).parent == here for name in ("templates", "migrations", "static", "locale", "data"))
assert database.pending_migrations(())[0] == "0001_house"
environment().get_template("base.html")
print(static("ateliers.css").split("?")[0])
with words.speaking("fr"):
    print(words.gettext("This page does not exist or is no longer there."))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
        timeout=120,
    )
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip installed the wheel; its dependencies come from this environment."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", folder, wheel],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return folder


def run(installed: Path, folder: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_file_that_travels_with_the_code_is_in_the_wheel(wheel: Path):
    packed = set(zipfile.ZipFile(wheel).namelist())
    kept = subprocess.run(["git", "ls-files", *TRAVELS], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert {f"ateliers/{name}" for name in kept.splitlines() if not name.endswith(".gitkeep")} - packed == set()


def test_templates_messages_static_files_and_migrations_are_found_in_any_folder(installed: Path, tmp_path: Path):
    said = run(installed, tmp_path, "-c", TRY, str(installed)).splitlines()

    assert said == ["/static/ateliers.css", "Cette page n’existe pas ou n’existe plus."]


def test_the_command_runs_from_any_folder(installed: Path, tmp_path: Path):
    said = run(installed, tmp_path, "-m", "ateliers", "--help")

    assert [name for name in cli.commands if f"  {name} " not in said] == []
    assert (installed / "bin" / "ateliers").exists()
