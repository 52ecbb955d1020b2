"""SMS through the gateway a structure has chosen: an HTTP service, or an address that turns e-mails into SMS (D8)."""

from __future__ import annotations

import asyncio
import enum
import ipaddress
import re
import socket
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec

from ateliers.database import execute, fetch_one, fetch_value
from ateliers.mail.outbox import UNKNOWN
from ateliers.mail.safety import person_hash
from ateliers.mail.smtp import Result
from ateliers.settings import settings
from ateliers.words import T

A_DAY = 3  # SMS to one number
LONGEST = 10.0  # seconds
# Mobile numbers of France: those dialled overseas have a code of their own. Anything else would be paid dearly, or is no mobile.
OVERSEAS = {
    "639": "262",
    "690": "590",
    "691": "590",
    "692": "262",
    "693": "262",
    "694": "594",
    "696": "596",
    "697": "596",
}
STRUCTURE_CAPPED = "The structure has sent its SMS of the day."
NUMBER_CAPPED = "This number got its SMS of the day."


class GatewayKind(enum.Enum):
    """How the gateway is spoken to."""

    HTTP = "http"
    MAIL = "mail"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return T("A web service (HTTP)") if self is GatewayKind.HTTP else T("An e-mail address")


class BodyKind(enum.Enum):
    """How an HTTP gateway wants its parameters."""

    JSON = "json"
    FORM = "form"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return T("JSON") if self is BodyKind.JSON else T("Form")


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """How a structure sends SMS."""

    structure_id: UUID
    kind: GatewayKind
    address: str  # URL, or an e-mail address with {number} in it
    body: BodyKind
    number_field: str
    text_field: str
    fixed: str  # further parameters, one « name=value » a line
    secret: str  # Authorization header; '' for none
    per_day: int
    is_on: bool

    @property
    def host(self) -> str:
        """Who is written to, for the pace."""
        return (urlsplit(self.address).hostname or "") if self.kind is GatewayKind.HTTP else ""

    def parameters(self, number: str, text: str) -> dict[str, str]:
        """What an HTTP gateway is sent."""
        fixed = (line.partition("=") for line in self.fixed.splitlines() if "=" in line)
        return {name.strip(): value.strip() for name, _, value in fixed} | {
            self.number_field: number,
            self.text_field: text,
        }


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """One SMS, in letters that every telephone has."""

    number: str  # '+33612345678'
    text: str
    gateway: Gateway
    starts_at: datetime | None = None  # of what it is about


def mobile_number(phone: str) -> str | None:
    """A French mobile number as gateways want it, '+33612345678'; None for anything else."""
    digits = re.sub(r"^(\+|00)", "+", re.sub(r"[^\d+]", "", phone))
    if re.fullmatch(r"0[67]\d{8}", digits):
        return f"+{OVERSEAS.get(digits[1:4], '33')}{digits[1:]}"
    if re.fullmatch(r"\+(33|262|590|594|596)0?[67]\d{8}", digits):
        return re.sub(r"^(\+(?:33|262|590|594|596))0", r"\1", digits)
    if re.fullmatch(r"\+(508|687|689)\d{6,8}", digits):
        return digits
    return None


def is_mail_pattern(address: str) -> bool:
    """Whether an address turns e-mails into SMS: one part before the @ is {number}."""
    return (
        re.fullmatch(r"[A-Za-z0-9.+_-]*\{number\}[A-Za-z0-9.+_-]*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", address) is not None
    )


async def find_gateway(structure_id: UUID) -> Gateway | None:
    """How the structure sends SMS, on or off; None when it never said."""
    return await fetch_one(
        Gateway,
        """SELECT structure_id, kind, address, body, number_field, text_field, fixed, secret, per_day, is_on
           FROM sms_gateway WHERE structure_id = $1""",
        structure_id,
    )


async def keep_gateway(gateway: Gateway, *, now: datetime) -> None:
    """Write it down. An empty secret leaves the one that was kept."""
    await execute(
        """INSERT INTO sms_gateway (structure_id, kind, address, body, number_field, text_field, fixed, secret, per_day,
                                    is_on, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
           ON CONFLICT (structure_id) DO UPDATE SET kind = $2, address = $3, body = $4, number_field = $5, text_field = $6,
               fixed = $7, secret = COALESCE(NULLIF($8, ''), sms_gateway.secret), per_day = $9, is_on = $10, updated_at = $11""",
        gateway.structure_id,
        gateway.kind.value,
        gateway.address,
        gateway.body.value,
        gateway.number_field,
        gateway.text_field,
        gateway.fixed,
        gateway.secret,
        gateway.per_day,
        gateway.is_on,
        now,
    )


async def why_not(text: Text, *, now: datetime) -> str | None:
    """What keeps this SMS from being sent today: the measure of the number, or of the structure."""
    if await _sent_today(text.number, now=now) >= A_DAY:
        return NUMBER_CAPPED
    if await _sent_today(f"sms:{text.gateway.structure_id}", now=now) >= text.gateway.per_day:
        return STRUCTURE_CAPPED
    return None


async def count(text: Text, *, now: datetime) -> None:
    """One more for the structure; the outbox counts for the number."""
    await execute(
        """INSERT INTO mail_day (day, recipient, sent) VALUES ($1, $2, 1)
           ON CONFLICT (day, recipient) DO UPDATE SET sent = mail_day.sent + 1""",
        now.date(),
        person_hash(f"sms:{text.gateway.structure_id}"),
    )


async def send(text: Text) -> Result:
    """Hand one SMS to its HTTP gateway. The answer kept is its status alone: what else it says is nobody's to read."""
    gateway = text.gateway
    if not await _may_be_called(gateway.address):
        return Result("failed", "This address is not one that may be called.")
    told: dict[str, Any] = {
        "json" if gateway.body is BodyKind.JSON else "data": gateway.parameters(text.number, text.text)
    }
    headers = {"authorization": gateway.secret} if gateway.secret else {}
    async with httpx.AsyncClient(timeout=LONGEST, follow_redirects=False, trust_env=False) as client:
        try:
            answer = await client.post(gateway.address, headers=headers, **told)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol):
            return Result("again", "The SMS gateway cannot be reached.")
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as lost:
            return Result("unknown", f"{UNKNOWN}{type(lost).__name__}")
    status = f"HTTP {answer.status_code}"
    if answer.is_success:
        return Result("sent", status)
    if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
        return Result("again", status, slow_domain=answer.status_code == 429)
    return Result("failed", status)


async def _may_be_called(url: str) -> bool:
    """In production only public hosts over HTTPS: a structure's setting must not reach into our own network."""
    parts = urlsplit(url)
    if not settings().production:
        return parts.scheme in ("http", "https")
    if parts.scheme != "https" or not parts.hostname:
        return False
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except OSError:
        return True  # connecting will fail in the same way, and is tried again
    return all(ipaddress.ip_address(address[4][0]).is_global for address in found)


async def _sent_today(who: str, *, now: datetime) -> int:
    sent: int | None = await fetch_value(
        "SELECT sent FROM mail_day WHERE day = $1 AND recipient = $2", now.date(), person_hash(who)
    )
    return sent or 0
