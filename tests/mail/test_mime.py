"""An e-mail as bytes: the tree, the headers, and that nothing can break out of them."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ateliers.mail.email import Email
from ateliers.mail.mime import ascii_address, message_id, mime_bytes
from ateliers.words import plain

MOMENT = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
ROW = UUID("01a20152-ad6a-75c4-a7c9-2021ffa8e4b0")


def an_email(**values) -> Email:
    return Email(
        **{
            "to_name": "Odile Marchand",
            "to_address": "odile@example.test",
            "sender_name": "CCAS de Nevers",
            "subject": "Inscription confirmée : atelier",
            "text": "Bonjour,\n\nÀ bientôt.\n",
            "html": "<p>À bientôt.</p>",
            "language": "fr",
            **values,
        }
    )


def written(**values) -> bytes:
    return mime_bytes(an_email(**values), message_id=message_id("booking_confirmed", ROW), date=MOMENT)


def parsed(raw: bytes):
    return email.message_from_bytes(raw, policy=email.policy.default)


def types(message) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


def test_an_invite_has_googles_tree():
    message = parsed(written(calendar=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", method="REQUEST"))

    assert types(message) == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    inline, attached = list(message.walk())[4:]
    assert inline["content-type"].params == {"charset": "UTF-8", "method": "REQUEST", "component": "VEVENT"}
    assert (inline["content-transfer-encoding"], inline["content-disposition"]) == ("base64", None)
    assert attached.get_filename() == "invite.ics"
    assert (
        inline.get_payload(decode=True) == attached.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
    )


def test_a_plain_letter_is_text_and_html():
    assert types(parsed(written())) == ["multipart/alternative", "text/plain", "text/html"]


def test_without_its_attachment_an_invite_still_holds_its_calendar():
    raw = mime_bytes(an_email(calendar=b"X", method="CANCEL"), message_id="a@b", date=MOMENT, attach=False)

    assert types(parsed(raw)) == ["multipart/alternative", "text/plain", "text/html", "text/calendar"]


def test_the_same_row_gives_the_same_bytes():
    assert written(calendar=b"X", method="REQUEST") == written(calendar=b"X", method="REQUEST")


def test_headers():
    message = parsed(written(references="first@ateliers.test", reply_to="contact@ccas-nevers.test"))

    assert message["from"] == "CCAS de Nevers <rendez-vous@ateliers.test>"
    assert message["to"] == "Odile Marchand <odile@example.test>"
    assert message["reply-to"] == "CCAS de Nevers <contact@ccas-nevers.test>"
    assert message["subject"] == "Inscription confirmée : atelier"
    assert message["date"] == "Tue, 24 Nov 2026 11:00:00 +0000"
    assert message["message-id"] == f"<booking_confirmed.{ROW.hex}@ateliers.test>"
    assert message["references"] == message["in-reply-to"] == "<first@ateliers.test>"
    assert message["auto-submitted"] == "auto-generated"
    assert message["list-unsubscribe"] is None


def test_a_reminder_can_be_stopped_in_one_click_and_has_its_own_sender():
    message = parsed(written(purpose="reminder", unsubscribe_url="https://ateliers.test/rappels/a/b"))

    assert message["from"] == "CCAS de Nevers <rappels@ateliers.test>"
    assert message["list-unsubscribe"] == "<https://ateliers.test/rappels/a/b>"
    assert message["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    assert message["list-id"] == "<reminder.ateliers.test>"


HEADERS = [
    "auto-submitted",
    "content-language",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "subject",
    "to",
    "x-auto-response-suppress",
]


@pytest.mark.parametrize(
    "nasty", ["a\r\nBcc: thief@example.test", "a\nX: y", "a\x00b", "=?utf-8?q?=0ABcc:?=", "\u2028Bcc: x"]
)
def test_no_header_can_be_slipped_in(nasty):
    message = parsed(written(to_name=nasty, sender_name=nasty, subject=nasty))

    assert sorted(name.lower() for name in message.keys()) == HEADERS  # noqa: SIM118 - a message is no dict


@given(st.text(), st.text(), st.text())
def test_any_text_makes_a_well_formed_message(name, subject, text):
    raw = written(to_name=name, sender_name=name, subject=subject, text=text)
    message = parsed(raw)

    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert raw.isascii()
    assert sorted(header.lower() for header in message.keys()) == HEADERS  # noqa: SIM118
    assert message["to"].addresses[0].addr_spec == "odile@example.test"
    body = message.get_body(("plain",)).get_payload(decode=True).decode()
    assert body.replace("\r\n", "\n").removesuffix("\n") == plain(text, lines=True)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300))
def test_a_subject_comes_back_as_it_was(subject):
    found = str(parsed(written(subject=subject))["subject"])

    assert " ".join(found.split()) == plain(subject)


def test_an_address_in_a_domain_with_accents_is_written_in_ascii():
    assert ascii_address("odile@exâmple.fr") == "odile@xn--exmple-xta.fr"


@pytest.mark.parametrize("wrong", ["odîle@example.test", "odile", "o d@example.test", "a@b>\r\nRCPT TO:<c@d", ""])
def test_an_address_that_mail_cannot_carry_is_refused(wrong):
    with pytest.raises(UnicodeError):
        ascii_address(wrong)
