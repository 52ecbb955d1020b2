"""Messages that come back, as programs and people really write them: invented addresses, true shapes."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

import dkim

from ateliers.mail.inbound import Received
from ateliers.mail.records import ZoneFile
from ateliers.mail.return_path import return_path

US = "rendez-vous@ateliers.test"
STAMP = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
SIGNED = [b"from", b"to", b"subject", b"reply-to", b"content-type", b"mime-version"]

# What programs put around an answer: Gmail, Outlook on the web (no organizer), Apple, Thunderbird.
HEADS = {
    "gmail": "PRODID:-//Google Inc//Google Calendar 70.9054//EN\r\nVERSION:2.0\r\nCALSCALE:GREGORIAN",
    "outlook": "PRODID:Microsoft Exchange Server 2010\r\nVERSION:2.0",
    "apple": "CALSCALE:GREGORIAN\r\nPRODID:-//Apple Inc.//macOS 14.5//EN\r\nVERSION:2.0",
    "thunderbird": "PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN\r\nVERSION:2.0",
}


def itip(
    uid: str,
    answer: str = "DECLINED",
    *,
    attendee: str = "odile@example.test",
    method: str = "REPLY",
    sequence: int = 0,
    stamp: datetime = STAMP,
    program: str = "gmail",
    more: str = "",
) -> bytes:
    """The calendar object of an answer."""
    organizer = "" if program == "outlook" else f"ORGANIZER;CN=CCAS de Nevers:mailto:{US}\r\n"
    who = f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT={answer};CN={attendee};X-NUM-GUESTS=0"
    if program == "apple":
        address = f"{who};EMAIL={attendee}:/1234567/principal/"
    elif program == "outlook":
        address = f'ATTENDEE;PARTSTAT={answer};CN="Marchand; Odile: chez elle":MAILTO:{attendee}'
    else:
        address = f"{who[:73]}\r\n {who[73:]}:mailto:{attendee}"
    return (
        f"BEGIN:VCALENDAR\r\n{HEADS[program]}\r\nMETHOD:{method}\r\nBEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\n"
        "BEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\n"
        "END:VTIMEZONE\r\nBEGIN:VEVENT\r\nDTSTART;TZID=Europe/Paris:20261201T140000\r\n"
        f"DTEND;TZID=Europe/Paris:20261201T160000\r\nDTSTAMP:{stamp:%Y%m%dT%H%M%SZ}\r\n{organizer}UID:{uid}\r\n{address}\r\n"
        f"SEQUENCE:{sequence}\r\nSTATUS:CONFIRMED\r\nSUMMARY:Refusé: Activer\r\n{more}END:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()


def calendar_letter(
    content: bytes, *, sender: str = "odile@example.test", reply_to: str = "", method: str = "REPLY"
) -> bytes:
    """An e-mail that carries an answer."""
    head = f"From: Odile <{sender}>\r\nTo: {US}\r\nSubject: =?utf-8?q?Refus=C3=A9?=: Activer\r\n"
    head += f"Reply-To: {reply_to}\r\n" if reply_to else ""
    return (
        (
            f"{head}Message-ID: <calendar-1@example.test>\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/alternative; boundary="=_b"\r\n\r\n--=_b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n'
            f"Odile a refuse.\r\n--=_b\r\nContent-Type: text/calendar; charset=UTF-8; method={method}\r\n"
            "Content-Transfer-Encoding: 8bit\r\n\r\n"
        ).encode()
        + content
        + b"--=_b--\r\n"
    )


def human_letter(
    text: str,
    *,
    sender: str = "odile@example.test",
    answers: str = "",
    subject: str = "Re: Inscription",
    more: str = "",
) -> bytes:
    """What somebody wrote in a mail program."""
    references = f"In-Reply-To: <{answers}>\r\nReferences: <{answers}>\r\n" if answers else ""
    return (
        f"From: Odile Marchand <{sender}>\r\nTo: {US}\r\nSubject: {subject}\r\n{references}{more}"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    ).encode()


def to_us(raw: bytes, *, sender: str = "odile@example.test", recipient: str = US) -> Received:
    """The message as our mail server hands it over."""
    return Received(raw=raw, sender=sender, recipient=recipient)


def bounce(
    row_id: UUID, status: str = "5.1.1", diagnostic: str = "550 5.1.1 User unknown", action: str = "failed"
) -> Received:
    """A delivery status notification by the book (RFC 3464), as Postfix makes it."""
    address = return_path(row_id)
    raw = (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example.test (Mail Delivery System)\r\nTo: {address}\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="B"\r\n\r\n--B\r\nContent-Type: text/plain\r\n\r\n'
        f"Your message could not be delivered.\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example.test\r\nOriginal-Envelope-Id: {row_id.hex}\r\n\r\n"
        f"Final-Recipient: rfc822; odile@example.test\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {diagnostic}\r\n\r\n--B\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        "Subject: Inscription\r\n\r\n--B--\r\n"
    ).encode()
    return Received(raw=raw, sender="", recipient=address)


@cache
def private_key() -> bytes:
    """A key of 2,048 bits, made for this run."""
    made = subprocess.run(["openssl", "genrsa", "-traditional", "2048"], capture_output=True, check=True)
    return made.stdout


@cache
def public_record() -> str:
    """The TXT record of that key."""
    made = subprocess.run(
        ["openssl", "rsa", "-pubout", "-outform", "DER"], input=private_key(), capture_output=True, check=True
    )
    import base64

    return "v=DKIM1; k=rsa; p=" + base64.b64encode(made.stdout).decode()


def zone(*domains: str, more: str = "") -> ZoneFile:
    """A world in which these domains sign with that key, selector « s »."""
    record = public_record()
    pieces = " ".join(f'"{record[start : start + 200]}"' for start in range(0, len(record), 200))
    lines = [f"s._domainkey.{domain}. 300 IN TXT {pieces}" for domain in domains]
    soa = ". 300 IN SOA a.test. b.test. 1 2 3 4 5\n. 300 IN NS a.test."
    return ZoneFile("\n".join([soa, *lines, more]) + "\n")


def signed(raw: bytes, domain: str = "example.test", **options: Any) -> bytes:
    """The message with that domain's DKIM signature."""
    headers = options.pop("include_headers", [name for name in SIGNED if name + b":" in raw.lower()])
    return dkim.sign(raw, b"s", domain.encode(), private_key(), include_headers=headers, **options) + raw
