"""Whose an e-mail is: DKIM signatures verified here (rule R7), and whether a calendar's answer is its attendee's own (rule R6)."""

from __future__ import annotations

import re
from email import message_from_bytes, policy

import dkim
import msgspec
from dkim.util import parse_tag_value

from ateliers.mail.inbound import CalendarAnswer
from ateliers.mail.records import NoAnswer, Records
from ateliers.settings import settings

MOST_SIGNATURES = 5  # the others are not looked at
GOOGLE_CALENDAR = "calendar-notification@google.com"  # answers for people whose address is not Google's
_PASSED = re.compile(r"\bdkim\s*=\s*pass\b[^;]*?\bheader\.(?:d\s*=\s*|i\s*=\s*[^\s;@]*@)([\w.-]+)", re.IGNORECASE)


class Signature(msgspec.Struct, frozen=True):
    """A signature that holds: who signed, and which headers."""

    domain: str
    headers: frozenset[str]  # lower case


async def signatures(raw: bytes, records: Records) -> list[Signature]:
    """The DKIM signatures of a message that hold, over its whole body. A key that cannot be found proves nothing."""
    try:
        signed = dkim.DKIM(raw)
    except (dkim.DKIMException, ValueError):
        return []
    found = []
    values = [value for name, value in signed.headers if name.lower() == b"dkim-signature"]
    for number, value in enumerate(values[:MOST_SIGNATURES]):
        try:
            tags = parse_tag_value(value)
            if b"l" in tags:  # what follows the signed length could be anybody's
                continue
            selector, domain = tags[b"s"].decode("ascii"), tags[b"d"].decode("ascii").lower()
            key = "".join((await records.txt(f"{selector}._domainkey.{domain}"))[:1]).encode()
            if key and signed.verify(number, dnsfunc=lambda _name, key=key, **_more: key):
                headers = frozenset(name.decode("ascii", "replace").lower() for name in signed.include_headers)
                if "from" in headers:
                    found.append(Signature(domain, headers))
        except (dkim.DKIMException, NoAnswer, KeyError, ValueError, TypeError, IndexError):
            continue
    return found


def trusted_result(raw: bytes) -> list[Signature]:
    """What our own mail server says it verified; nothing unless the operator named it, for anybody can write such a header."""
    server = settings().authserv_id
    if not server:
        return []
    headers = message_from_bytes(raw, policy=policy.compat32)
    for value in headers.get_all("Authentication-Results", [])[:1]:
        text = " ".join(str(value).split())
        if text.partition(";")[0].split()[:1] == [server]:
            return [Signature(domain.lower(), frozenset({"from", "reply-to"})) for domain in _PASSED.findall(text)]
    return []


async def is_own_answer(answer: CalendarAnswer, raw: bytes, records: Records) -> bool:
    """Whether the attendee, and nobody else, can have sent this answer."""
    [attendee] = answer.itip.attendees
    if answer.sender == attendee.address:
        domain, wanted = attendee.address.rpartition("@")[2], "from"
    elif answer.sender == GOOGLE_CALENDAR and answer.reply_to == attendee.address:
        domain, wanted = "google.com", "reply-to"
    else:
        return False
    held = trusted_result(raw) or await signatures(raw, records)
    return any(wanted in one.headers and (domain == one.domain or domain.endswith(f".{one.domain}")) for one in held)
