"""What all commands share: their order in --help, exit codes, refusals in words, a database to work on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from rich.console import Console

R = TypeVar("R")

DONE = 0
FAILED = 1
WRONG_SETTING = 3
IN_PART = 4
WIDE = 160  # columns


class Group(click.Group):
    """Commands in the order they were given, and every expected no as a message instead of a traceback."""

    def list_commands(self, _context: click.Context) -> list[str]:
        """In the order of the code: the first that a newcomer needs comes first."""
        return list(self.commands)

    def invoke(self, context: click.Context) -> Any:
        """Run the command; a refusal, a wrong setting or an absent database ends it with its exit code."""
        from ateliers.backup import BackupError
        from ateliers.refusals import Refusal
        from ateliers.settings import SettingsError

        try:
            return super().invoke(context)
        except SettingsError as wrong:
            stop(str(wrong), WRONG_SETTING)
        except BackupError as wrong:
            stop(str(wrong))
        except Refusal as refusal:
            stop(in_words(refusal))
        except ConnectionError as wrong:
            stop(f"The database does not answer: {wrong}")


def in_words(refusal: Any) -> str:
    """A refusal's title, and what is wrong with each field, in English."""
    from ateliers import words

    with words.speaking("en"):
        lines = [str(words.T(refusal.title, **refusal.facts))]
        lines += [f"{name}: {words.T(text)}" for name, text in getattr(refusal, "errors", {}).items()]
    return "\n".join(lines)


def console() -> Console:
    """Where tables go: as wide as the terminal, and wide enough for a row where there is none (a file, a pipe)."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=WIDE)


def stop(message: str, code: int = FAILED) -> NoReturn:
    """Say why on standard error, and end with `code`."""
    click.secho(message, err=True, fg="red")
    sys.exit(code)


def with_database(work: Callable[[], Coroutine[Any, Any, R]]) -> R:
    """What `work` returns, run with an open pool on the database of the settings, migrations checked."""
    from ateliers import database
    from ateliers.embedded import running_database
    from ateliers.settings import settings

    async def run(url: str) -> R:
        await database.open_pool(url)
        try:
            await _refuse_unmigrated()
            return await work()
        finally:
            await database.close_pool()

    with running_database(settings()) as url:
        return asyncio.run(run(url))


async def _refuse_unmigrated() -> None:
    from ateliers import database

    known = await database.fetch_value("SELECT to_regclass('migration') IS NOT NULL")
    done = [row["name"] for row in await database.fetch_rows("SELECT name FROM migration")] if known else []
    if database.pending_migrations(done):
        stop("The tables are not up to date: run `ateliers migrate` first.")
