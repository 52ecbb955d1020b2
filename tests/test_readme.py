"""The README tells the truth: its commands, settings and targets exist, and none is left out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from ateliers.cli import cli
from ateliers.doctor import VARIABLES
from ateliers.web.forms import LARGEST_UPLOAD

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"^ateliers .+$", README, re.MULTILINE)


def final(command: click.Command, words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that a line ends in, and what is left for it."""
    while isinstance(command, click.Group):
        command, words = command.commands[words[0]], words[1:]
    return command, words


@pytest.mark.parametrize("line", LINES)
def test_every_command_of_the_readme_is_understood(line: str, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"\S+\.(?:csv|json|txt|backup)", line):
        (tmp_path / name).touch()
    command, words = final(cli, shlex.split(line)[1:])

    with command.make_context("ateliers", words) as context:
        assert context.args == []


def test_no_command_is_left_out_of_the_readme():
    assert {line.split()[1] for line in LINES} == set(cli.commands)


def test_every_setting_stands_in_the_readme():
    assert set(re.findall(r"^\| `(ATELIERS_\w+)`", README, re.MULTILINE)) == VARIABLES


def test_the_proxy_of_the_readme_lets_the_largest_file_through():
    [megabytes] = re.findall(r"client_max_body_size (\d+)m;", README)

    assert int(megabytes) * 2**20 >= LARGEST_UPLOAD


def test_every_target_of_the_readme_is_made():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in re.findall(r"\bmake ([a-z]+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_plan_of_the_readme_names_every_part():
    plan = README.split("## The plan of the house")[1].split("```")[1]
    parts = {path.name.removesuffix(".py") for path in (ROOT / "src" / "ateliers").iterdir()}
    small = {"__init__", "__pycache__", "py.typed", "logs", "resources"}

    assert {part for part in parts - small if not re.search(rf"\b{part}\b", plan)} == set()
