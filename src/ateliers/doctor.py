"""What is wrong with an installation, and how to mend it. Looks only: sends nothing, changes nothing."""

from __future__ import annotations

import asyncio
import difflib
import enum
import os
import shutil
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import aiosmtplib
import asyncpg
import msgspec

from ateliers import clock, database
from ateliers.mail.imap import MailboxError, look_into
from ateliers.mail.records import Network, Records
from ateliers.mail.sender_domain import examine_domain
from ateliers.settings import DEFAULT_SECRET, Settings, SettingsError, read_settings

SECONDS = 10.0  # what each examination gets
DRIFT = 2.0  # seconds between this clock and the database's
GIB = 1024**3
SPARE_DISK = 2 * GIB
LEAST_POSTGRES = 15
OTHER_VARIABLES = {"ATELIERS_ALLOW_ROOT"}
VARIABLES = {f"ATELIERS_{name.upper()}" for name in Settings.__struct_fields__} | OTHER_VARIABLES


class Health(enum.Enum):
    """How a subject is."""

    WELL = "well"
    REMARK = "remark"
    WRONG = "wrong"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One subject: how it is, in a sentence, and what to do about it."""

    subject: str
    health: Health
    text: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Examine everything, in the order in which it should be mended."""
    findings = examine_environment(os.environ)
    try:
        chosen = read_settings(os.environ)
    except SettingsError as wrong:
        lines = str(wrong).splitlines()
        return [*findings, *(_wrong("settings", line, "Correct this variable; see README.md.") for line in lines)]
    findings += examine_settings(chosen)
    findings.append(examine_disk(chosen.data_dir))
    findings += asyncio.run(_examine_neighbours(chosen))
    return findings


def examine_environment(environment: Mapping[str, str]) -> list[Finding]:
    """Variables that look like settings and are none: a spelling mistake is silent otherwise."""
    found = []
    for name in sorted(environment):
        if name.startswith("ATELIERS_") and name not in VARIABLES:
            near = difflib.get_close_matches(name, VARIABLES, n=1)
            remedy = f"Did you mean {near[0]}?" if near else "Remove it, or correct its name."
            found.append(_remark("settings", f"{name} is not a setting: nothing reads it.", remedy))
    return found


def examine_settings(chosen: Settings) -> list[Finding]:
    """Settings that are allowed, and perhaps not meant."""
    found = []
    if chosen.secret_key == DEFAULT_SECRET:
        found.append(
            _remark(
                "settings",
                "ATELIERS_SECRET_KEY is the default one: anybody can forge links.",
                'Give it the output of: python3 -c "import secrets; print(secrets.token_urlsafe(48))"',
            )
        )
    if not chosen.production:
        found.append(
            _remark("settings", "ATELIERS_PRODUCTION is not 1: this is a trial.", "Set it to 1 in production.")
        )
    if chosen.demo and chosen.production:
        found.append(
            _wrong("settings", "ATELIERS_DEMO is 1 in production: all mail could be read by anybody.", "Unset it.")
        )
    return found or [_well("settings", "All set.")]


def examine_disk(folder: Path) -> Finding:
    """Whether the data folder can be written to and has room."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK):
        return _wrong(
            "disk", f"{there} cannot be written to by this user.", "Give it to this user, or set ATELIERS_DATA_DIR."
        )
    free = shutil.disk_usage(there).free
    text = f"{free / GIB:.1f} GiB free for {folder}."
    return (
        _well("disk", text)
        if free >= SPARE_DISK
        else _remark("disk", text, "Make room before PostgreSQL stops for want of it.")
    )


async def _examine_neighbours(chosen: Settings) -> list[Finding]:
    parts = await asyncio.gather(
        examine_database(chosen),
        examine_smtp(chosen.smtp_url),
        examine_sender(chosen, Network()),
        examine_answers(chosen),
    )
    return [finding for part in parts for finding in part]


async def examine_database(chosen: Settings) -> list[Finding]:
    """Whether the database answers, is recent enough, migrated, and agrees about the time."""
    if chosen.database_url is None:
        folder = chosen.data_dir / "postgres"
        if os.geteuid() == 0 and os.environ.get("ATELIERS_ALLOW_ROOT") != "1":
            return [
                _wrong(
                    "database",
                    "root should not run the embedded PostgreSQL.",
                    "Run as an ordinary user, or give ATELIERS_DATABASE_URL.",
                )
            ]
        state = "there" if folder.exists() else "made at the first start"
        return [_well("database", f"The embedded PostgreSQL, its data in {folder} ({state}).")]
    try:
        connection = await asyncpg.connect(chosen.database_url, timeout=SECONDS)
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as wrong:
        return [
            _wrong(
                "database",
                f"It does not answer: {str(wrong) or type(wrong).__name__}",
                "Is PostgreSQL running, is ATELIERS_DATABASE_URL right, may this user connect?",
            )
        ]
    try:
        return await _examine_connection(connection)
    finally:
        await connection.close()


async def _examine_connection(connection: asyncpg.Connection) -> list[Finding]:
    found = []
    version = connection.get_server_version()
    if version.major < LEAST_POSTGRES:
        found.append(
            _wrong("database", f"PostgreSQL {version.major} is too old.", f"Upgrade to {LEAST_POSTGRES} or later.")
        )
    else:
        found.append(_well("database", f"PostgreSQL {version.major} answers."))
    known = await connection.fetchval("SELECT to_regclass('migration') IS NOT NULL")
    done = [row["name"] for row in await connection.fetch("SELECT name FROM migration")] if known else []
    pending = database.pending_migrations(done)
    if pending:
        found.append(
            _wrong("tables", f"{len(pending)} migrations have not run: {', '.join(pending)}.", "Run: ateliers migrate")
        )
    else:
        found.append(_well("tables", f"Up to date ({len(done)} migrations)."))
    if not pending:
        found += await _examine_refusals(connection)
    drift = abs((await connection.fetchval("SELECT clock_timestamp()") - clock.now()).total_seconds())
    text = f"{drift:.1f} s between this machine's clock and the database's."
    found.append(
        _well("clock", text)
        if drift <= DRIFT
        else _wrong("clock", text, "Let both keep time with NTP (chrony, systemd-timesyncd).")
    )
    return found


async def _examine_refusals(connection: asyncpg.Connection) -> list[Finding]:
    """Messages that receivers refused lately because of our domain or server, not of their addresses."""
    row = await connection.fetchrow(
        """SELECT count(*) AS number, max(status || ' ' || diagnostic) AS said FROM bounce
           WHERE cause = 'policy' AND at > clock_timestamp() - interval '7 days'"""
    )
    if row is None or not row["number"]:
        return []
    text = f"{row['number']} messages were refused in a week for reasons of ours, such as: {row['said'].strip()[:200]}"
    return [_wrong("refusals", text, "Look at SPF, DKIM and DMARC below, and at the reputation of the server.")]


async def examine_smtp(url: str) -> list[Finding]:
    """Whether the mail server answers, speaks TLS if asked, and takes the password."""
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    port = parts.port or (465 if secure else 587 if "starttls" in parts.scheme else 25)
    server = aiosmtplib.SMTP(
        hostname=parts.hostname, port=port, use_tls=secure, start_tls="starttls" in parts.scheme, timeout=SECONDS
    )
    place = f"{parts.hostname}:{port}"
    try:
        await server.connect()
        if parts.username:
            await server.login(parts.username, parts.password or "")
    except aiosmtplib.SMTPAuthenticationError:
        return [_wrong("mail", f"{place} refuses the user or password.", "Correct them in ATELIERS_SMTP_URL.")]
    except (OSError, ssl.SSLError, aiosmtplib.SMTPException) as wrong:
        return [
            _wrong(
                "mail",
                f"{place} does not answer as it should: {wrong}",
                "Is ATELIERS_SMTP_URL right, is its port open from here? Mail waits meanwhile.",
            )
        ]
    finally:
        server.close()
    return [_well("mail", f"{place} answers.")]


async def examine_sender(chosen: Settings, records: Records) -> list[Finding]:
    """Whether the sender's domain says what receivers want to read before they take its mail. In production it must."""
    domain = chosen.mail_domain
    if domain == "localhost":
        return [_remark("sender", "Mail leaves from localhost: only good for a trial.", "Set ATELIERS_MAIL_FROM.")]
    told = _wrong if chosen.production else _remark
    return [
        _well(one.subject, one.text) if one.is_well else told(one.subject, one.text, one.remedy)
        for one in await examine_domain(domain, chosen.dkim_selector, records)
    ]


async def examine_answers(chosen: Settings) -> list[Finding]:
    """Whether what comes back is read: bounces, answers of calendars and of people."""
    if not chosen.reads_mail:
        text = (
            "What comes back is not read: a wrong address goes unnoticed, a decline in a calendar gives nothing back."
        )
        return [_remark("answers", text, "Set ATELIERS_LMTP and start a worker with --lmtp, or set ATELIERS_IMAP_URL.")]
    found = []
    if chosen.imap_url:
        try:
            await asyncio.wait_for(look_into(chosen.imap_url), SECONDS)
            found.append(_well("answers", "The mailbox can be read."))
        except (MailboxError, TimeoutError) as wrong:
            text = f"The mailbox cannot be read: {str(wrong) or 'no answer'}"
            found.append(_wrong("answers", text, "Correct ATELIERS_IMAP_URL; user and password are percent-encoded."))
    if chosen.lmtp:
        found.append(await _examine_lmtp(chosen.lmtp))
    return found


async def _examine_lmtp(address: str) -> Finding:
    try:
        async with asyncio.timeout(SECONDS):
            if address.startswith("/"):
                reader, writer = await asyncio.open_unix_connection(address)
            else:
                host, _, port = address.rpartition(":")
                reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            greeting = await reader.readline()
            writer.close()
    except (OSError, TimeoutError) as wrong:
        return _wrong("answers", f"Nobody takes mail at {address}: {wrong}", "Start: ateliers worker --lmtp")
    if not greeting.startswith(b"220"):
        return _wrong("answers", f"Something else answers at {address}.", "Correct ATELIERS_LMTP.")
    return _well("answers", f"A worker takes mail at {address}.")


def _well(subject: str, text: str) -> Finding:
    return Finding(subject=subject, health=Health.WELL, text=text)


def _remark(subject: str, text: str, remedy: str) -> Finding:
    return Finding(subject=subject, health=Health.REMARK, text=text, remedy=remedy)


def _wrong(subject: str, text: str, remedy: str) -> Finding:
    return Finding(subject=subject, health=Health.WRONG, text=text, remedy=remedy)
