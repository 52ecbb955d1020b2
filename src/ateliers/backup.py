"""Backup and restore: one file that PostgreSQL's own tools read, written whole or not at all."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from ateliers import embedded

EMPTY = "DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n"


class BackupError(Exception):
    """What PostgreSQL's tool said, in one or a few lines."""


def back_up(url: str, file: Path) -> int:
    """Write the database to `file` (PostgreSQL's custom format, readable by the owner only); its size in bytes.

    The file appears under its name when it is complete. Raises BackupError.
    """
    part = file.with_name(f"{file.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.close(descriptor)
    try:
        _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={part}")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    return file.stat().st_size


def restore(url: str, file: Path) -> None:
    """Put what `file` holds in the place of everything in the database, in one transaction. Raises BackupError.

    Nothing is lost when it fails. Migrations newer than the backup are the caller's to run afterwards.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "restore.sql"
        content = Path(folder) / "content.sql"
        # Owner and rights are those of whoever restores; the schema is made by EMPTY.
        _run("pg_restore", None, "--no-owner", "--no-privileges", f"--file={content}", str(file))
        with script.open("w", encoding="utf-8") as out, content.open(encoding="utf-8") as lines:
            out.write(EMPTY)
            out.writelines(line for line in lines if line != "CREATE SCHEMA public;\n")
        _run("psql", url, "--quiet", "--no-psqlrc", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={script}")


def _run(name: str, url: str | None, *arguments: str) -> None:
    path = embedded.program(name)
    if path is None:
        raise BackupError(f"{name} was not found: install PostgreSQL's client programs.")
    environment = dict(os.environ)
    if url is not None:
        address, password = _without_password(url)
        arguments = (*arguments, f"--dbname={address}")
        if password:
            environment["PGPASSWORD"] = password  # not on the command line, where every local user could read it
    done = subprocess.run(
        [str(path), *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise BackupError(done.stderr.strip() or f"{name} ended with code {done.returncode}.")


def _without_password(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    user, _, place = parts.netloc.rpartition("@")
    name, _, password = user.partition(":")
    return urlunsplit(parts._replace(netloc=f"{name}@{place}" if name else place)), unquote(password)
