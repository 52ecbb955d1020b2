"""What comes back: every message told apart by its bytes and envelope alone (rules R2, B2, B5, B6). Nothing is looked up here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parseaddr
from uuid import UUID

import msgspec

from ateliers.mail.itip import Itip, read_itip
from ateliers.mail.mime import REMINDERS_FROM
from ateliers.mail.quoting import spoken, without_tags
from ateliers.mail.return_path import message_of
from ateliers.mail.status import Action, status_of
from ateliers.settings import settings
from ateliers.words import plain

LARGEST = 2_000_000  # bytes of a message
MOST_PARTS = 200
LONGEST_TEXT = 10_000  # characters of somebody's words that are kept
DIAGNOSTIC = 300
_ACTIONS: dict[str, Action] = {
    "failed": "failed",
    "delayed": "delayed",
    "delivered": "delivered",
    "relayed": "delivered",
    "expanded": "delivered",
}
_OURS = re.compile(r"<\w+\.([0-9a-f]{32})@")
_DAEMON = re.compile(r"mailer-?daemon|postmaster|mail[ _.-]?delivery|mdaemon|mmdf|no-?reply.*bounce", re.IGNORECASE)
_FAILS = re.compile(
    r"undeliver|not delivered|failure|failed|returned|non[ -]remis|non distribu|échec|delivery (?:status|report|problem)",
    re.IGNORECASE,
)
_AUTOMATIC_SUBJECT = re.compile(
    r"(?:automatic reply|out of (?:the )?office|auto(?:matische)?[ -]?(?:reply|antwort)|réponse automatique|absence)\b",
    re.IGNORECASE,
)
_BULK = {"bulk", "junk", "list", "auto_reply"}


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it came in, with its envelope."""

    raw: bytes
    sender: str  # envelope sender, '' for the null sender
    recipient: str  # envelope recipient: one of our addresses


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message of ours: a bounce, word of a delay or of delivery."""

    row_id: UUID  # of the outbox
    action: Action
    status: str  # enhanced status code (RFC 3463), '' when none was given
    diagnostic: str  # the other server's words


class Complaint(msgspec.Struct, frozen=True):
    """Somebody called a message of ours unwanted (ARF, RFC 5965)."""

    row_id: UUID


class CalendarAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A calendar's reply, counter-proposal or wish to be told again."""

    itip: Itip
    sender: str  # From, lower case; '' when there is not exactly one
    reply_to: str


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """What a human being wrote."""

    sender: str  # From, lower case
    name: str
    subject: str
    text: str  # without what was quoted
    answers: list[UUID]  # rows of the outbox that it answers


class Automatic(msgspec.Struct, frozen=True):
    """A machine's message that nobody need read, and that is never answered."""


class Junk(msgspec.Struct, frozen=True):
    """Nothing to do with us."""

    why: str


Verdict = Report | Complaint | CalendarAnswer | Words | Automatic | Junk


def classify(received: Received) -> Verdict:
    """What this message is. Never raises, whatever the bytes."""
    if len(received.raw) > LARGEST:
        return Junk("too large")
    try:
        message = message_from_bytes(received.raw, policy=policy.compat32)
        parts = list(_parts(message))
    except RecursionError:
        return Junk("nested too deep")
    if len(parts) > MOST_PARTS:
        return Junk("too many parts")
    row_id = message_of(received.recipient)
    return (
        _complaint(parts)
        or _report(message, parts, row_id)
        or _answer(message, parts)
        or _other(message, parts, received, row_id)
    )


def is_ours(address: str) -> bool:
    """Whether this service reads the mail of an address: its sender, its reminders' sender, its own return paths."""
    local, _, domain = address.lower().rpartition("@")
    if domain != settings().mail_domain.lower():
        return False
    own = {settings().mail_from.rpartition("@")[0].lower(), REMINDERS_FROM}
    return local.partition("+")[0] in own or message_of(address) is not None


def _parts(message: Message) -> Iterator[Message]:
    """All parts, the whole first; a few more than are allowed at most."""
    waiting = [message]
    for _number in range(MOST_PARTS + 1):
        if not waiting:
            return
        part = waiting.pop(0)
        yield part
        waiting[:0] = _inside(part)


def _complaint(parts: list[Message]) -> Complaint | Junk | None:
    for number, part in enumerate(parts):
        if part.get_content_type() == "message/feedback-report":
            quoted = " ".join(_quoted(inside) for inside in parts[number:])
            found = re.findall(r"retour\+[\w-]+@[\w.-]+", quoted, re.IGNORECASE)
            rows = [row for address in found if (row := message_of(address))]
            return Complaint(rows[0]) if rows else Junk("a complaint about no message of ours")
    return None


def _quoted(part: Message) -> str:
    """Headers and text of a part as they stand."""
    payload = part.get_payload()
    headers = " ".join(str(value) for value in part.values())
    return f"{headers} {payload if isinstance(payload, str) else ''}"


def _report(message: Message, parts: list[Message], row_id: UUID | None) -> Report | Junk | None:
    blocks = [block for part in parts if _is_status(part) for block in _blocks(part)]
    told = [block for block in blocks if block.get("Action") or block.get("Status")]
    is_receipt = any(part.get_content_type() == "message/disposition-notification" for part in parts)
    is_report = message.get_content_type() == "multipart/report" and not is_receipt
    if not told and not is_report:
        return None
    if row_id is None:
        return Junk("a report to an address that is not ours")
    if not told:
        return Report(row_id=row_id, action="failed", status="", diagnostic="")
    block = told[0]  # every message of ours has one recipient
    words = str(block.get("Action", "")).split("(")[0].split()
    diagnostic = plain(str(block.get("Diagnostic-Code", "")).partition(";")[2])[:DIAGNOSTIC]
    return Report(
        row_id=row_id,
        action=_ACTIONS.get(words[0].lower() if words else "", "failed"),
        status=status_of(str(block.get("Status", "")), diagnostic),
        diagnostic=diagnostic,
    )


def _is_status(part: Message) -> bool:
    return part.get_content_type() in {"message/delivery-status", "message/global-delivery-status"}


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a delivery status; an encoding hides them from the parser."""
    payload = part.get_payload()
    blocks = _inside(part)
    if any(block.get("Action") or block.get("Status") for block in blocks):
        return blocks
    content = payload if isinstance(payload, str) else "\n\n".join(str(block.get_payload()) for block in blocks)
    whole = Message()
    whole["Content-Transfer-Encoding"] = str(part.get("Content-Transfer-Encoding", "7bit"))
    whole.set_payload(content)
    groups = re.split(r"\r?\n\r?\n", _decoded(whole))
    return [message_from_bytes(group.encode(), policy=policy.compat32) for group in groups[:MOST_PARTS]]


def _inside(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [one for one in payload if isinstance(one, Message)] if isinstance(payload, list) else []


def _answer(message: Message, parts: list[Message]) -> CalendarAnswer | None:
    for part in parts:
        if part.get_content_type() in {"text/calendar", "application/ics"}:
            itip = read_itip(_content(part))
            if itip is not None and itip.method in {"REPLY", "COUNTER", "REFRESH"}:
                senders = message.get_all("From", [])
                return CalendarAnswer(
                    itip=itip,
                    sender=_address(senders[0]) if len(senders) == 1 else "",
                    reply_to=_address(message.get("Reply-To", "")),
                )
    return None


def _other(message: Message, parts: list[Message], received: Received, row_id: UUID | None) -> Verdict:
    sender = _address(message.get("From", ""))
    subject = _header(message, "Subject")
    if row_id is not None and _is_bounce(message, received, subject):
        return Report(row_id=row_id, action="failed", status="", diagnostic=subject[:DIAGNOSTIC])
    if _is_automatic(message, received, sender, subject):
        return Automatic()
    if not sender:
        return Junk("no sender")
    references = " ".join(str(message.get(name, "")) for name in ("In-Reply-To", "References"))[:20_000]
    return Words(
        sender=sender,
        name=plain(parseaddr(_header(message, "From"))[0])[:120],
        subject=subject[:200],
        text=_text(parts),
        answers=[UUID(found) for found in dict.fromkeys(_OURS.findall(references))][:20],
    )


def _is_bounce(message: Message, received: Received, subject: str) -> bool:
    """A failure told in some old way. An absence is told to the same address (RFC 3834), and is none."""
    if message.get("X-Failed-Recipients") or _DAEMON.search(str(message.get("From", ""))) or _FAILS.search(subject):
        return True
    is_notice = message.get("Auto-Submitted", "no").lower() != "no" or _AUTOMATIC_SUBJECT.match(subject) is not None
    return not received.sender and not is_notice


def _is_automatic(message: Message, received: Received, sender: str, subject: str) -> bool:
    ours = {settings().mail_from.lower(), f"{REMINDERS_FROM}@{settings().mail_domain}".lower()}
    return (
        not received.sender
        or sender in ours  # our own, sent round in a circle
        or str(message.get("Auto-Submitted", "no")).strip().lower() != "no"
        or str(message.get("Precedence", "")).strip().lower() in _BULK
        or any(message.get(name) for name in ("List-Id", "X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress"))
        or _AUTOMATIC_SUBJECT.match(subject) is not None
    )


def _text(parts: list[Message]) -> str:
    for wanted in ("text/plain", "text/html"):
        for part in parts:
            if part.get_content_type() == wanted and part.get_content_disposition() != "attachment":
                text = _decoded(part)[: 20 * LONGEST_TEXT]
                words = spoken(plain(without_tags(text) if wanted == "text/html" else text, lines=True))
                if words:
                    return words[:LONGEST_TEXT]
    return ""


def _content(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _decoded(part: Message) -> str:
    try:
        return _content(part).decode(part.get_content_charset() or "utf-8", "replace")
    except LookupError:  # a charset that does not exist
        return _content(part).decode("utf-8", "replace")


def _header(message: Message, name: str) -> str:
    value = message.get(name, "")
    try:
        return plain(str(make_header(decode_header(value))))
    except (LookupError, ValueError):
        return plain(str(value))


def _address(header: object) -> str:
    return parseaddr(str(header))[1].strip().lower()
