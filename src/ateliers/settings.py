"""The environment, read once and checked: a wrong or missing variable is named with what it should be."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

DEFAULT_SECRET = "not-a-secret"  # noqa: S105 - the name says it; `serve` refuses it in production
SHORTEST_SECRET = 32
ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+|[^@\s<>]+@localhost")

PORT = r"(?::(?:6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[1-5]?\d{1,4}))?"
HOST = r"(?:[^\s/@:\[\]]+|\[[0-9a-fA-F:]+\])"
SMTP = re.compile(rf"smtp(?:s|\+starttls)?://(?:[^\s/@]+@)?{HOST}{PORT}/?")
IMAP = re.compile(rf"(?:imap(?:s|\+starttls)?://[^\s/@:]+:[^\s/@:]+@{HOST}{PORT}(?:/[^\s?#]*)?)?")
LMTP = re.compile(rf"(?:{HOST}{PORT[:-1]}|/\S+)?")
WEB = re.compile(rf"https?://{HOST}{PORT}(?:/[^\s?#]*)?")


class SettingsError(Exception):
    """One line per wrong variable: its name, what it is, what it should be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator decides. Sizes in bytes, durations in seconds."""

    database_url: str | None  # None: the embedded PostgreSQL under data_dir
    data_dir: Path
    base_url: str  # without a final slash
    secret_key: str
    smtp_url: str  # smtp://[user:password@]host:port, smtps:// or smtp+starttls://
    mail_from: str
    mail_contact: str  # who reads what belongs to no booking; '': nobody
    lmtp: str  # where a worker takes incoming mail: host:port or the path of a socket; '': nowhere
    imap_url: str  # the mailbox that workers read; '': none
    authserv_id: (
        str  # our mail server's name in Authentication-Results, if it strips foreign ones; '': DKIM is verified here
    )
    dkim_selector: str  # whose record `doctor` looks at; ''
    demo: bool
    production: bool
    shield: int  # bookings of one session in a minute from which a proof of work is asked; 0: never

    @property
    def mail_domain(self) -> str:
        """Domain of Message-IDs, calendar UIDs and sender addresses."""
        return self.mail_from.rpartition("@")[2]

    @property
    def reads_mail(self) -> bool:
        """Whether what comes back is read here: calendars' and people's answers, bounces."""
        return bool(self.lmtp or self.imap_url)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from `environment`. Raises SettingsError naming every wrong variable."""
    wrong: list[str] = []

    def take(name: str, default: str, good: re.Pattern[str] | None = None, should: str = "") -> str:
        value = environment.get(f"ATELIERS_{name}", "").strip() or default
        if good is not None and not good.fullmatch(value):
            wrong.append(f"ATELIERS_{name} is {value!r}: it should be {should}.")
        return value

    yes_or_no = re.compile(r"[01]")
    database_url = take(
        "DATABASE_URL", "", re.compile(r"(postgres(ql)?://.+)?"), "a URL like postgresql://user:password@host/name"
    )
    data_dir = Path(take("DATA_DIR", str(Path.home() / ".local" / "share" / "ateliers"))).expanduser()
    base_url = take(
        "BASE_URL",
        "http://127.0.0.1:8000",
        WEB,
        "a URL like https://ateliers.example.fr",
    ).rstrip("/")
    secret_key = take("SECRET_KEY", DEFAULT_SECRET)
    smtp_url = take(
        "SMTP_URL",
        "smtp://127.0.0.1:25",
        SMTP,
        "a URL like smtp+starttls://user:password@mail.example.fr:587",
    )
    mail_from = take("MAIL_FROM", "rendez-vous@localhost", ADDRESS, "an address like rendez-vous@ateliers.example.fr")
    mail_contact = take("MAIL_CONTACT", "", re.compile(rf"(?:{ADDRESS.pattern})?"), "an address that somebody reads")
    lmtp = take("LMTP", "", LMTP, "host:port or the path of a socket, like 127.0.0.1:2424 or /run/ateliers/lmtp.sock")
    imap_url = take(
        "IMAP_URL",
        "",
        IMAP,
        "a URL like imaps://user:password@mail.example.fr/INBOX, user and password percent-encoded",
    )
    authserv_id = take("AUTHSERV_ID", "", re.compile(r"\S*"), "a name like mx.example.fr")
    dkim_selector = take("DKIM_SELECTOR", "", re.compile(r"[\w.-]*", re.ASCII), "a name like 2026a")
    demo = take("DEMO", "0", yes_or_no, "0 or 1") == "1"
    shield = take("SHIELD", "0", re.compile(r"[0-9]{1,6}"), "a number of bookings a minute, or 0")
    production = take("PRODUCTION", "0", yes_or_no, "0 or 1") == "1"
    if production and (secret_key == DEFAULT_SECRET or len(secret_key) < SHORTEST_SECRET):
        wrong.append(f"ATELIERS_SECRET_KEY should be at least {SHORTEST_SECRET} random characters in production.")
    if production and urlsplit(base_url).scheme != "https":
        wrong.append(f"ATELIERS_BASE_URL is {base_url!r}: it should begin with https:// in production.")
    if data_dir.exists() and not data_dir.is_dir():
        wrong.append(f"ATELIERS_DATA_DIR is {str(data_dir)!r}, a file: it should be a folder.")
    if wrong:
        raise SettingsError("\n".join(wrong))
    return Settings(
        database_url=database_url or None,
        data_dir=data_dir,
        base_url=base_url,
        secret_key=secret_key,
        smtp_url=smtp_url,
        mail_from=mail_from,
        mail_contact=mail_contact,
        lmtp=lmtp,
        imap_url=imap_url,
        authserv_id=authserv_id,
        dkim_selector=dkim_selector,
        demo=demo,
        production=production,
        shield=int(shield) if shield.isdecimal() else 0,
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """This process's settings, read at first use."""
    return read_settings(os.environ)
