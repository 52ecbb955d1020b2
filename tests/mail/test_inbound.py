"""What comes back is told apart by its bytes: bounces old and new, absences, complaints, calendars, people, and traps."""

from __future__ import annotations

import random
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ateliers.mail.inbound import (
    LARGEST,
    Automatic,
    CalendarAnswer,
    Complaint,
    Junk,
    Received,
    Report,
    Words,
    classify,
    is_ours,
)
from ateliers.mail.itip import Attendee, read_itip
from ateliers.mail.return_path import message_of, return_path
from ateliers.mail.status import cause_of, status_of
from tests.mail.letters_back import STAMP, US, bounce, calendar_letter, human_letter, itip, to_us

ROW = UUID("01a201d1-cfdf-758f-bdac-1c1ec7bba6d6")
BACK = return_path(ROW)


def back(head: str, body: str, *, sender: str = "") -> Received:
    """A message to the return path of ROW."""
    raw = f"To: {BACK}\n{head}\n\n{body}\n".replace("\n", "\r\n").encode()
    return Received(raw=raw, sender=sender, recipient=BACK)


def report(fields: str, *, kind: str = "message/delivery-status", encoding: str = "7bit") -> Received:
    """A multipart/report with these fields about the recipient."""
    return back(
        'From: MAILER-DAEMON@mx.test\nSubject: Delivery\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary="B"',
        f"--B\nContent-Type: text/plain\n\nsorry\n--B\nContent-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n"
        f"Reporting-MTA: dns; mx.test\n\n{fields}\n\n--B\nContent-Type: text/rfc822-headers\n\nSubject: x\n\n--B--",
    )


# What servers write, one of each family: the status that must be found, whatever else they say.
BY_THE_BOOK = {
    "Postfix": (
        (
            "Final-Recipient: rfc822; a@b.test\nAction: failed\nStatus: 5.1.1\n"
            "Diagnostic-Code: smtp; 550 5.1.1 <a@b.test>: Recipient\n    address rejected"
        ),
        "failed",
        "5.1.1",
    ),
    "Postfix, expired": (
        "Action: failed\nStatus: 4.4.1\nDiagnostic-Code: X-Postfix; connect timed out",
        "failed",
        "4.4.1",
    ),
    "Postfix, delayed": ("Action: delayed\nStatus: 4.2.2\nWill-Retry-Until: later", "delayed", "4.2.2"),
    "Postfix, delivered": ("Action: delivered\nStatus: 2.0.0", "delivered", "2.0.0"),
    "relayed to a server without DSN": ("Action: relayed\nStatus: 2.0.0", "delivered", "2.0.0"),
    "a list": ("Action: expanded\nStatus: 2.0.0", "delivered", "2.0.0"),
    "Sendmail": (
        "Final-Recipient: RFC822; a@b.test\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: SMTP; 550 5.7.1 Rejected",
        "failed",
        "5.7.1",
    ),
    "Exchange Online": (
        (
            "Final-Recipient: rfc822;a@b.test\nAction: failed\nStatus: 5.1.10\nDiagnostic-Code: smtp;550 5.1.10 "
            "RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup\nX-Display-Name: a@b.test"
        ),
        "failed",
        "5.1.10",
    ),
    "Gmail": (
        (
            "Final-Recipient: rfc822; a@gmail.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550-5.1.1 The email "
            "account that you tried to reach does not exist.\n 550 5.1.1 Learn more"
        ),
        "failed",
        "5.1.1",
    ),
    "Gmail, policy": (
        "Action: failed\nStatus: 5.7.26\nDiagnostic-Code: smtp; 550-5.7.26 This mail is unauthenticated",
        "failed",
        "5.7.26",
    ),
    "full mailbox": ("Action: failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 Mailbox full", "failed", "5.2.2"),
    "Domino": (
        "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: X-Notes; User not listed in Directory",
        "failed",
        "5.1.1",
    ),
    "words in brackets": ("Action: failed (permanent)\nStatus: 5.1.2 (bad destination system)", "failed", "5.1.2"),
    "code only in the words": ("Action: failed\nStatus: 5\nDiagnostic-Code: smtp; 550 #5.1.1 no", "failed", "5.1.1"),
    "capitals": ("ACTION: Failed\nSTATUS: 5.1.3", "failed", "5.1.3"),
    "no action": ("Status: 5.4.6\nDiagnostic-Code: smtp; 554 5.4.6 Hop count exceeded", "failed", "5.4.6"),
    "an unknown action": ("Action: gone\nStatus: 5.1.6", "failed", "5.1.6"),
    "no status at all": ("Action: failed\nDiagnostic-Code: smtp; 550 go away", "failed", ""),
    "an address that looks like a code": ("Action: failed\nDiagnostic-Code: smtp; 550 10.5.1.1 said no", "failed", ""),
}


@pytest.mark.parametrize("family", BY_THE_BOOK)
def test_a_report_by_the_book_is_read(family):
    fields, action, status = BY_THE_BOOK[family]

    found = classify(report(fields))

    assert isinstance(found, Report)
    assert (found.row_id, found.action, found.status) == (ROW, action, status)


def test_reports_in_other_clothes_are_read():
    fields = "Action: failed\nStatus: 5.1.1"
    encoded = "UmVwb3J0aW5nLU1UQTogZG5zOyBteAoKQWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQo="
    base64 = back(
        'From: x@mx.test\nContent-Type: multipart/report; boundary="B"',
        f"--B\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n{encoded}\n--B--",
    )

    assert [
        (found.action, found.status)
        for one in (report(fields, kind="message/global-delivery-status"), base64, bounce(ROW))
        if isinstance(found := classify(one), Report)
    ] == [("failed", "5.1.1")] * 3


# Old programs tell it in words; they come to the signed address all the same.
IN_WORDS = {
    "Exim": (
        (
            "From: Mail Delivery System <Mailer-Daemon@b.test>\nX-Failed-Recipients: a@b.test\nAuto-Submitted: auto-replied\n"
            "Subject: Mail delivery failed: returning message to sender"
        ),
        "A message that you sent could not be delivered",
    ),
    "qmail": ("From: MAILER-DAEMON@b.test\nSubject: failure notice", "Hi. This is the qmail-send program at b.test."),
    "dragonfly": ("From: <>\nSubject: Mail delivery failed", "dma: could not deliver"),
    "an old Exchange": (
        "From: System Administrator <postmaster@b.test>\nSubject: Undeliverable: Inscription",
        "Unknown",
    ),
    "a French one": ("From: MDaemon@b.test\nSubject: Message non distribuable", "Adresse inconnue"),
    "nothing but the null sender": ("From: robot@b.test\nSubject: Hm", "?"),
    "a report without its fields": (
        'From: x@b.test\nContent-Type: multipart/report; report-type=delivery-status; boundary="B"',
        "--B\nContent-Type: text/plain\n\nno\n--B--",
    ),
}


@pytest.mark.parametrize("program", IN_WORDS)
def test_a_bounce_told_in_words_is_a_bounce_of_unknown_kind(program):
    head, body = IN_WORDS[program]

    found = classify(back(head, body))

    assert isinstance(found, Report)
    assert (found.row_id, found.action, found.status, cause_of(found.status)) == (ROW, "failed", "", "soft")


# An absence is told to the return path too (RFC 3834): three of them are no dead address.
ABSENCES = {
    "RFC 3834": "From: odile@example.test\nAuto-Submitted: auto-replied\nSubject: Re: Inscription",
    "vacation": "From: odile@example.test\nAuto-Submitted: auto-replied (vacation)\nSubject: Absente",
    "Exchange": "From: odile@example.test\nSubject: Automatic reply: Inscription\nX-Auto-Response-Suppress: All",
    "French Outlook": "From: odile@example.test\nSubject: =?utf-8?q?R=C3=A9ponse_automatique_=3A_Inscription?=",
    "an old one": "From: odile@example.test\nSubject: Out of office: Inscription\nPrecedence: bulk",
}


@pytest.mark.parametrize("sender", ["", "odile@example.test"])
@pytest.mark.parametrize("program", ABSENCES)
def test_an_absence_is_no_bounce(program, sender):
    assert classify(back(ABSENCES[program], "Je suis absente.", sender=sender)) == Automatic()


def test_a_report_to_an_address_that_was_not_signed_is_dropped():
    real = bounce(ROW)
    forged = BACK.replace(BACK[41:44], "aaa")

    assert message_of(forged) is None
    assert classify(Received(raw=real.raw, sender="", recipient=forged)) == Junk(
        "a report to an address that is not ours"
    )
    assert classify(Received(raw=real.raw, sender="", recipient=US)) == Junk("a report to an address that is not ours")


def test_a_return_path_is_short_enough_and_any_letter_of_it_counts():
    local = BACK.partition("@")[0]
    others = [BACK[:n] + ("b" if BACK[n] != "b" else "c") + BACK[n + 1 :] for n in range(7, len(local))]

    assert len(local) <= 64
    assert message_of(f"<{BACK.upper()}>") == ROW
    assert [message_of(other) for other in others] == [None] * len(others)


def test_only_our_addresses_are_ours():
    ours = [US, "Rendez-Vous@Ateliers.test", "rappels@ateliers.test", "rendez-vous+x@ateliers.test", BACK]
    others = [
        "contact@ateliers.test",
        "rendez-vous@example.test",
        "retour@ateliers.test",
        BACK[:-20] + "@ateliers.test",
        "",
    ]

    assert [is_ours(address) for address in [*ours, *others]] == [True] * 5 + [False] * 5


COMPLAINT = (
    'From: fbl@provider.test\nSubject: complaint\nMIME-Version: 1.0\nContent-Type: multipart/report; boundary="B"',
    (
        "--B\nContent-Type: text/plain\n\nabuse\n--B\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
        "User-Agent: x/1\nOriginal-Mail-From: <{path}>\n\n--B\nContent-Type: message/rfc822\n\nReturn-Path: <{path}>\n"
        "Subject: Inscription\n\nx\n--B--"
    ),
)


@pytest.mark.parametrize(
    ("path", "found"),
    [(BACK, Complaint(ROW)), ("retour+1-aaaaaaaaaaaaaaaa@ateliers.test", Junk("a complaint about no message of ours"))],
)
def test_a_complaint_names_the_message_by_its_return_path(path, found):
    head, body = COMPLAINT
    raw = f"{head}\n\n{body.format(path=path)}\n".replace("\n", "\r\n").encode()

    assert classify(to_us(raw)) == found


@pytest.mark.parametrize("program", ["gmail", "outlook", "apple", "thunderbird"])
def test_every_program_s_answer_is_read(program):
    found = classify(to_us(calendar_letter(itip("b-1@ateliers.test", program=program, sequence=4))))

    assert isinstance(found, CalendarAnswer)
    assert (found.itip.method, found.itip.uid, found.itip.sequence, found.itip.stamp) == (
        "REPLY",
        "b-1@ateliers.test",
        4,
        STAMP,
    )
    assert found.itip.attendees == [Attendee("odile@example.test", "DECLINED")]
    assert found.sender == "odile@example.test"


def test_our_own_invite_sent_back_is_no_answer():
    content = itip("b-1@ateliers.test", method="REQUEST")

    assert isinstance(classify(to_us(calendar_letter(content, method="REQUEST"))), Words)


def test_one_event_is_considered_and_no_alarm_of_any_number():
    alarms = "BEGIN:VALARM\r\nUID:alarm\r\nREPEAT:10000\r\nATTENDEE:mailto:x@x.test\r\nEND:VALARM\r\n" * 500
    content = itip("b-1@ateliers.test", more=alarms)
    second = content.replace(b"UID:b-1", b"UID:b-2")

    found = read_itip(content + second)

    assert found is not None
    assert (found.uid, len(found.attendees)) == ("b-1@ateliers.test", 1)
    assert read_itip(b"x" * 200_001) is None
    assert read_itip(b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nEND:VCALENDAR\r\n") is None


AUTOMATIC = ["List-Id: <x.test>", "Precedence: list", "Auto-Submitted: auto-generated", "X-Autoreply: yes"]


@pytest.mark.parametrize("header", AUTOMATIC)
def test_what_a_machine_sends_is_read_by_nobody(header):
    assert classify(to_us(human_letter("x", more=f"{header}\r\n"))) == Automatic()


def test_what_a_human_being_writes_is_taken_without_what_is_quoted():
    text = "Bonjour,\r\n\r\nje viens avec ma sœur.\r\n\r\nLe mar. 24 nov. 2026 à 12:00, CCAS de Nevers <x@y.test> a\r\nécrit :\r\n> Bonjour\r\n"
    letter = human_letter(text, answers=f"booking_confirmed.{ROW.hex}@ateliers.test")

    assert classify(to_us(letter)) == Words(
        sender="odile@example.test",
        name="Odile Marchand",
        subject="Re: Inscription",
        text="Bonjour,\n\nje viens avec ma sœur.",
        answers=[ROW],
    )


HTML = (
    b"From: odile@example.test\r\nTo: x\r\nSubject: Re\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=latin-1\r\n\r\n"
    b"<html><head><style>p { color: red }</style></head><body><p>Ma s\xe9ance&nbsp;?</p><p>2 &lt; 3</p>"
    b"<blockquote>Bonjour</blockquote></body></html>"
)


def test_html_is_read_as_text():
    found = classify(to_us(HTML))

    assert isinstance(found, Words)
    assert found.text == "Ma séance ?\n\n2 < 3"


TRAPS = {
    "too large": b"From: a@b.test\r\n\r\n" + b"x" * LARGEST,
    "nested without end": b"From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
    + b"".join(b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(20_000)),
    "very many parts": b"From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\n\r\nx\r\n" * 50_000,
    "nothing": b"",
    "no sender": b"Subject: x\r\n\r\nx",
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_junk(trap):
    assert isinstance(classify(to_us(TRAPS[trap])), Junk)


NASTY = [
    b"From: a@b.test\r\nContent-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe\xe9",
    b"From: =?utf-8?b?////?= <a@b.test>\r\nSubject: =?klingon?q?=FF?=\r\n\r\nx",
    b"From: \xff\xfe <a@b.test>\r\nSubject: \xc3\x28\r\n\r\n\x00\x01",
    b"From: a@b.test\r\nContent-Type: text/calendar\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
    b"From: a@b.test\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nUID\xff:\xff\r\nSEQUENCE:9\r\n",
    calendar_letter(itip("x").replace(b"SEQUENCE:0", b"SEQUENCE:" + b"9" * 5000)),
    calendar_letter(itip("x").replace(b"DTSTAMP:2026", b"DTSTAMP:9999999")),
    calendar_letter(b"ATTENDEE" + b';A="' * 40_000),
    calendar_letter(b"BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT\r\nATTENDEE" + b";a=b" * 40_000 + b"\r\n"),
    b"From: " + b"<" * 50_000 + b"\r\nReferences: " + b"<a.0" * 50_000 + b"\r\n\r\n" + b"> " * 50_000,
    human_letter("On " + "x" * 100_000 + " wrote", subject="Re: " * 20_000),
    human_letter("<" * 100_000).replace(b"text/plain", b"text/html"),
    human_letter("<style" * 20_000).replace(b"text/plain", b"text/html"),
    report("Action: failed\nStatus: " + "5.1." * 20_000).raw,
]


@pytest.mark.parametrize("number", range(len(NASTY)))
def test_nasty_bytes_neither_raise_nor_go_on_for_ever(number):
    classify(to_us(NASTY[number]))
    classify(Received(raw=NASTY[number], sender="", recipient=BACK))


@given(st.binary(max_size=400))
@example(b"\r\n")
def test_any_bytes_are_something(raw):
    classify(to_us(raw))
    classify(Received(raw=raw, sender="", recipient=BACK))
    read_itip(raw)


def test_a_letter_cut_or_damaged_anywhere_is_still_something():
    dice = random.Random(5)
    letters = [bounce(ROW).raw, calendar_letter(itip("b-1@ateliers.test")), HTML, human_letter("Bonjour")]
    for _round in range(300):
        raw = bytearray(dice.choice(letters))
        for _change in range(dice.randrange(6)):
            raw[dice.randrange(len(raw))] = dice.randrange(256)
        classify(to_us(bytes(raw[: dice.randrange(len(raw))])))


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        ("5.1.1", "dead"),
        ("5.1.2", "dead"),
        ("5.1.10", "dead"),
        ("5.1.8", "policy"),
        ("5.2.2", "soft"),
        ("4.2.2", "soft"),
        ("4.4.7", "soft"),
        ("5.4.4", "soft"),
        ("5.7.1", "policy"),
        ("5.7.26", "policy"),
        ("", "soft"),
    ],
)
def test_a_code_says_who_is_at_fault(status, cause):
    assert cause_of(status) == cause


def test_the_more_precise_code_counts():
    assert status_of("5.0.0", "550 5.1.1 no") == "5.1.1"
    assert status_of("5.1.1", "550 5.7.1 no") == "5.1.1"
    assert status_of("5.0.0", "450 4.2.1 no") == "5.0.0"
