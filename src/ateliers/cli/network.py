"""What the whole network signs."""

from __future__ import annotations

from pathlib import Path

import click

from ateliers.cli.frame import stop, with_database

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(short_help="The charter that structures sign.")
def charter() -> None:
    """The charter that structures sign."""


@charter.command("publish")
@click.argument("file", type=FILE)
@click.option("--version", required=True, help="Its name, never used before: 2027-01.")
@click.option("--title", default="", help="Title in French; without it, the title stays.")
@click.option("--english", type=FILE, help="The text in English; without it, English readers see the French one.")
@click.option("--english-title", default="", help="Title in English.")
def publish(file: Path, version: str, title: str, english: Path | None, english_title: str) -> None:
    """Make the text of FILE the charter to sign: UTF-8, paragraphs apart by empty lines.

    Managers of every structure are asked by e-mail to sign it: `ateliers worker` must run.
    """
    from ateliers.clock import now
    from ateliers.network.charter import Charter, publish_charter

    body, body_en = _text(file), _text(english) if english else ""

    async def run() -> Charter:
        return await publish_charter(version, body, title=title, body_en=body_en, title_en=english_title, now=now())

    published = with_database(run)
    click.secho(f"Version {published.version} is published: the worker asks for the signatures.", fg="green")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        stop(f"{file} is not text in UTF-8.")
    except OSError as wrong:
        stop(f"{file} cannot be read: {wrong.strerror}")
