"""« Prévenez-moi »: an e-mail when new sessions are published around a commune, asked for twice, stopped by one click (B15)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.kinds import RULES, Kind
from ateliers.agenda.search import new_sessions
from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.mail import outbox
from ateliers.network.people import YourCommune, YourEmail
from ateliers.places.communes import Commune, find_commune, resolve
from ateliers.refusals import Invalid, NotFound
from ateliers.signing import is_signed, sign

LINK_LIFETIME = timedelta(days=7)  # to confirm; after that nothing is kept
LIFETIME = timedelta(days=183)  # the page says six months
RHYTHM = timedelta(hours=24)  # at most one e-mail a day
MAX_LINKS = 3  # per address and hour; more are silently not sent
AT_ONCE = 200  # looked at in one beat
MOST_TOLD = 10  # sessions in one e-mail
# What can be near somebody.
TOLD_OF = [kind for kind in Kind if RULES[kind].needs_place and not RULES[kind].network_only]
_PURPOSE = "alert"


class NewAlert(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody would like to hear of. `website_2` is a trap for robots: people do not see it."""

    email: YourEmail
    commune: YourCommune
    within_km: Annotated[int, Meta(ge=1, le=200, title="Distance, in kilometres")] = 30
    kind: Annotated[Kind, Meta(title="Kind")] | None = None
    website_2: str = ""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of table alert."""

    id: UUID
    email: str
    language: str
    commune_code: str
    within_km: int
    kind: Kind | None
    created_at: datetime
    confirmed_at: datetime | None
    told_until: datetime
    looked_at: datetime

    @property
    def commune(self) -> Commune | None:
        """Around where; None if the commune has been merged away."""
        return find_commune(self.commune_code)

    @property
    def path(self) -> str:
        """The page to confirm, then to stop; its key opens nothing else."""
        return f"/alertes/{self.id.hex}-{sign(_PURPOSE, self.id.hex)}"


COLUMNS = ", ".join(Alert.__struct_fields__)


async def ask_for_alert(new: NewAlert, *, language: str, now: datetime) -> None:
    """Keep the wish and mail the link that confirms it. Raises Invalid."""
    commune = resolve(new.commune)
    if commune is None:
        raise Invalid({"commune": "We do not know this commune. Write its name and choose it in the list."})
    if new.kind is not None and new.kind not in TOLD_OF:
        raise Invalid({"kind": "Choose one of the answers offered."})
    email = new.email.strip().lower()
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", email)
        lately = await fetch_value(
            "SELECT count(*) FROM alert WHERE email = $1 AND created_at > $2", email, now - timedelta(hours=1)
        )
        if lately >= MAX_LINKS:
            return
        id = new_id()
        await execute(
            """INSERT INTO alert (id, email, language, commune_code, within_km, kind, created_at, told_until, looked_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $7)""",
            id,
            email,
            language,
            commune.code,
            new.within_km,
            new.kind.value if new.kind else None,
            now,
        )
        await outbox.queue("alert_link", key=f"alert_link:{id}", subject_id=id, now=now)


async def find_alert(id: UUID) -> Alert | None:
    """One alert."""
    return await fetch_one(Alert, f"SELECT {COLUMNS} FROM alert WHERE id = $1", id)


async def get_alert(token: str) -> Alert:
    """The alert of a link. Raises NotFound: stopped, expired and never made look alike."""
    alert = await find_alert(_id_of(token))
    if alert is None:
        raise NotFound
    return alert


async def confirm_alert(token: str, *, now: datetime) -> Alert:
    """From now on they are told. Twice is the same as once; it replaces an earlier one about the same. Raises NotFound."""
    alert = await get_alert(token)
    async with transaction():
        await execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))", alert.email)
        await execute(
            """DELETE FROM alert WHERE email = $1 AND commune_code = $2 AND kind IS NOT DISTINCT FROM $3 AND id <> $4
               AND confirmed_at IS NOT NULL""",
            alert.email,
            alert.commune_code,
            alert.kind.value if alert.kind else None,
            alert.id,
        )
        await execute(
            "UPDATE alert SET confirmed_at = $2, told_until = $2 WHERE id = $1 AND confirmed_at IS NULL", alert.id, now
        )
    return await get_alert(token)


async def stop_alert(token: str) -> None:
    """Forget the alert and the address with it. Twice is the same as once. Raises NotFound for a link that is not ours."""
    await execute("DELETE FROM alert WHERE id = $1", _id_of(token))


async def sweep(now: datetime) -> int:
    """Queue the e-mails of alerts for which there is news; how many alerts were looked at."""
    async with transaction():
        due = await fetch(
            Alert,
            f"""SELECT {COLUMNS} FROM alert WHERE confirmed_at IS NOT NULL AND looked_at <= $1
                ORDER BY looked_at LIMIT $2 FOR UPDATE SKIP LOCKED""",
            now - RHYTHM,
            AT_ONCE,
        )
        for alert in due:
            commune = alert.commune
            found = commune is not None and await new_sessions(
                commune, within_km=alert.within_km, kind=alert.kind, since=alert.told_until, now=now, limit=1
            )
            if found:
                await outbox.queue(
                    "alert_news",
                    key=f"alert_news:{alert.id}:{now.isoformat()}",
                    subject_id=alert.id,
                    now=now,
                    data={"since": alert.told_until.isoformat()},
                )
        await execute(
            "UPDATE alert SET looked_at = $2, told_until = $2 WHERE id = ANY ($1)", [alert.id for alert in due], now
        )
        return len(due)


async def purge_alerts(now: datetime) -> None:
    """Forget what was never confirmed, and what was asked for six months ago."""
    await execute("DELETE FROM alert WHERE confirmed_at IS NULL AND created_at <= $1", now - LINK_LIFETIME)
    await execute("DELETE FROM alert WHERE confirmed_at <= $1", now - LIFETIME)


def _id_of(token: str) -> UUID:
    text, _, mac = token.partition("-")
    if len(text) != 32 or not token.isascii() or not is_signed(_PURPOSE, text, mac):
        raise NotFound
    return UUID(text)
