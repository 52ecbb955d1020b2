"""Bring in what other systems wrote."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ateliers.cli.frame import IN_PART, console, stop, with_database

if TYPE_CHECKING:
    from ateliers.exchange.imports.report import ImportReport

KINDS = ("openagenda", "lieux", "evenements", "seances")


@click.command("import", short_help="Take over places or events from a file.")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--structure", default="", help="Of `seances`: the structure (slug) whose sessions they become.")
@click.option("--publish", is_flag=True, help="Of `seances`: publish them; without it they are drafts.")
@click.option("--dry-run", is_flag=True, help="Only tell what would become of each row; change nothing.")
@click.option("--rows", is_flag=True, help="List every row, not only those repaired or refused.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a row on standard output.")
def import_(kind: str, file: Path, structure: str, publish: bool, dry_run: bool, rows: bool, as_json: bool) -> None:
    """Take over FILE: places, events, or a structure's own sessions.

    `lieux`: places (CSV or JSON). `openagenda`: events as OpenAgenda gives them. `evenements`: a list of workshops (CSV or
    JSON). `seances`: sessions of one structure (CSV, JSON or a calendar .ics).

    What is unusual is repaired where that is safe; the report tells row by row what was repaired and how, or refused and
    why. Importing the same file again changes nothing. Exit code 4 when some rows were refused.
    """
    from rich.console import Console
    from rich.progress import Progress

    from ateliers.clock import now
    from ateliers.exchange.imports.reading import UnreadableFile
    from ateliers.exchange.imports.run import run_import
    from ateliers.exchange.imports.sessions import NoManager, import_for
    from ateliers.refusals import NotFound

    if (kind == "seances") != bool(structure):
        stop("`--structure` goes with `seances`, which needs it.")

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(file.name, total=None)

        def progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        async def run() -> ImportReport:
            if kind == "seances":
                content = await asyncio.to_thread(file.read_bytes)
                return await import_for(
                    structure, file.name, content, publish=publish, dry_run=dry_run, now=now(), progress=progress
                )
            return await run_import(kind, file, dry_run=dry_run, now=now(), progress=progress)

        try:
            report = with_database(run)
        except (NotFound, NoManager):
            stop(f"No structure {structure} that has a manager.")
        except (UnreadableFile, OSError) as wrong:
            stop(f"{file} could not be read: {wrong}")
    if as_json:
        _as_json(report)
    else:
        _as_table(report, every_row=rows)
    if any(row.outcome.value == "refused" for row in report.rows):
        sys.exit(IN_PART)


def _as_json(report: ImportReport) -> None:
    from ateliers import words

    with words.speaking("en"):
        for row in report.rows:
            notes = [str(note) for note in row.notes]
            line = {"row": row.number, "name": row.name, "outcome": row.outcome.value, "notes": notes}
            click.echo(json.dumps(line, ensure_ascii=False))


def _as_table(report: ImportReport, *, every_row: bool) -> None:
    from rich.markup import escape
    from rich.table import Table

    from ateliers import words

    colours = {"imported": "green", "repaired": "yellow", "known": "dim", "refused": "red"}
    screen = console()
    with words.speaking("en"):
        table = Table("row", "name", "outcome", "notes", box=None, padding=(0, 2, 0, 0))
        for row in report.rows:
            if every_row or row.notes:
                colour = colours[row.outcome.value]
                table.add_row(
                    str(row.number),
                    escape(row.name),
                    f"[{colour}]{row.outcome.label}[/]",
                    escape("\n".join(str(note) for note in row.notes)),
                )
        if table.row_count:
            screen.print(table)
        counts = ", ".join(f"{count} {outcome.label}" for outcome, count in report.counts.items())
    screen.print(
        f"{report.file}: {len(report.rows)} rows: {counts}.{' Nothing was changed.' if report.dry_run else ''}"
    )
