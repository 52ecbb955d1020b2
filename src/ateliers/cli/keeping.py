"""Keep it well: is everything in order, backup, restore."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from ateliers.cli.frame import IN_PART, WRONG_SETTING, console, stop


@click.command(short_help="What is wrong, and how to mend it.")
def doctor() -> None:
    """Look at settings, database, tables, mail server, sender's domain, clock and disk, and say how to mend what is wrong.

    Sends nothing and changes nothing. Exit code 3 when a setting is wrong, 4 when something else is.
    """
    import sys

    from rich.table import Table

    from ateliers.doctor import Health, examine

    findings = examine()
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    marks = {Health.WELL: "[green]well[/]", Health.REMARK: "[yellow]remark[/]", Health.WRONG: "[bold red]wrong[/]"}
    for finding in findings:
        table.add_row(marks[finding.health], finding.subject, finding.text)
        if finding.remedy:
            table.add_row("", "", f"[dim]→ {finding.remedy}[/]")
    console().print(table)
    wrong = [finding.subject for finding in findings if finding.health is Health.WRONG]
    if wrong:
        sys.exit(WRONG_SETTING if "settings" in wrong else IN_PART)


@click.command(short_help="Write the whole database into one file.")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write the whole database into FILE, while the service runs. The file holds personal data: only you can read it.

    FILE appears when it is complete; an older one of that name is replaced then.
    """
    from rich.console import Console
    from rich.filesize import decimal

    from ateliers.backup import back_up
    from ateliers.embedded import running_database
    from ateliers.settings import settings

    if not file.absolute().parent.is_dir():
        stop(f"The folder {file.absolute().parent} does not exist.")
    with running_database(settings()) as url, Console(stderr=True).status("Writing the backup…"):
        size = back_up(url, file)
    click.secho(f"{file}: {decimal(size)}", fg="green")


@click.command(short_help="Put a backup in the place of the database.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask.")
def restore(file: Path, yes: bool) -> None:
    """Put what FILE holds in the place of everything in the database, then run newer migrations.

    All or nothing: when it fails, nothing has changed. Stop the web and worker processes first.
    """
    from rich.console import Console

    from ateliers import backup as backups
    from ateliers import database
    from ateliers.embedded import running_database
    from ateliers.settings import settings

    if not yes:
        click.confirm("Everything now in the database will be replaced. Go on?", abort=True)
    with running_database(settings()) as url:
        with Console(stderr=True).status("Restoring…"):
            backups.restore(url, file)
        newer = asyncio.run(database.migrate(url))
    click.secho(f"Restored. {len(newer)} newer migrations run." if newer else "Restored.", fg="green")
