"""How many messages that come back are told apart in a second: bounces, calendars' answers, people's words, absences."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import UUID

from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard
from ateliers.mail.inbound import Automatic, CalendarAnswer, Received, Report, Words, classify
from ateliers.mail.return_path import return_path
from ateliers.settings import settings

MESSAGES = 8_000
ROW = UUID("01a201d1-cfdf-758f-bdac-1c1ec7bba6d6")

BOUNCE = """From: MAILER-DAEMON@mx.example.test (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

This is the mail system. Your message could not be delivered to one or more recipients.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.test

Final-Recipient: rfc822; odile@example.test
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <odile@example.test>: Recipient address rejected

--B
Content-Type: text/rfc822-headers

Subject: Inscription

--B--
"""
ANSWER = """From: Odile <odile@example.test>
Subject: Declined
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary="B"

--B
Content-Type: text/plain; charset=utf-8

Odile a refusé.
--B
Content-Type: text/calendar; charset=UTF-8; method=REPLY

BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
DTSTART:20261201T130000Z
DTEND:20261201T150000Z
DTSTAMP:20261125T080000Z
ORGANIZER:mailto:rendez-vous@example.test
UID:b-0123456789abcdef0123456789abcdef@example.test
ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=DECLINED;CN=Odile;
 X-NUM-GUESTS=0:mailto:odile@example.test
SEQUENCE:1
STATUS:CONFIRMED
END:VEVENT
END:VCALENDAR
--B--
"""
WORDS = """From: Odile <odile@example.test>
Subject: Re: Inscription
In-Reply-To: <booking_confirmed.01a201d1cfdf758fbdac1c1ec7bba6d6@example.test>
MIME-Version: 1.0
Content-Type: text/html; charset=utf-8

<html><body><p>Bonjour,</p><p>je serai en retard.</p><blockquote>Le CCAS vous écrit</blockquote></body></html>
"""
ABSENCE = "From: odile@example.test\nAuto-Submitted: auto-replied\nSubject: Absente\n\nJe suis absente.\n"


@work("inbound", unit="messages/s", goal=1000)
async def inbound(yard: Yard) -> Measure:
    """Classification alone, over an even mix, by the CPU time of one process."""
    back, ours = return_path(ROW), settings().mail_from
    mix: list[tuple[Received, type]] = [
        (_received(BOUNCE, back, sender=""), Report),
        (_received(ANSWER, ours), CalendarAnswer),
        (_received(WORDS, ours), Words),
        (_received(ABSENCE, back), Automatic),
    ]
    rounds = (MESSAGES // 10 if yard.quick else MESSAGES) // len(mix)
    sound = all(isinstance(classify(one), kind) for one, kind in mix)
    begun = time.process_time()
    for _round in range(rounds):
        for one, _kind in mix:
            classify(one)
    taken = time.process_time() - begun
    slowest = min(_rate(lambda one=one: classify(one)) for one, _kind in mix)  # type: ignore[misc]  # bound at once
    return Measure(value=rounds * len(mix) / taken, note=f"the slowest kind alone: {slowest:,.0f}", sound=sound)


def _rate(call: Callable[[], object], times: int = 500) -> float:
    begun = time.process_time()
    for _time in range(times):
        call()
    return times / (time.process_time() - begun)


def _received(text: str, to: str, *, sender: str = "odile@example.test") -> Received:
    return Received(raw=f"To: {to}\n{text}".replace("\n", "\r\n").encode(), sender=sender, recipient=to)
