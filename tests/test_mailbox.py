"""The demo's mailbox: every message that arrives by SMTP is kept whole and read again."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

from ateliers import mailbox
from ateliers.settings import settings


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Ateliers <rendez-vous@ateliers.test>"
    made["To"] = "Odile <odile@example.test>"
    made["Subject"] = "Votre place est réservée"
    made["Date"] = "Tue, 24 Nov 2026 12:00:00 +0100"
    made.set_content("Bonjour Odile,\n")
    made.add_alternative("<p onclick='x()'>Bonjour Odile</p>", subtype="html")
    made.add_alternative(b"BEGIN:VCALENDAR\r\n", maintype="text", subtype="calendar")
    made.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="plan d’accès.pdf")
    return made


def send(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.send_message(message())


def test_a_message_sent_by_smtp_is_kept_and_read_again(tmp_path):
    with mailbox.sink(tmp_path / "mailbox") as port:
        send(port)

    [envelope] = mailbox.list_envelopes(tmp_path / "mailbox")
    letter = mailbox.find_letter(tmp_path / "mailbox", envelope.name)
    assert letter is not None
    assert (letter.to, letter.subject, letter.text) == (
        "Odile <odile@example.test>",
        "Votre place est réservée",
        "Bonjour Odile,\n",
    )
    assert [(part.name, part.media_type) for part in letter.parts] == [
        ("invitation.ics", "text/calendar"),
        ("plan d’accès.pdf", "application/pdf"),
    ]
    found = mailbox.find_part(tmp_path / "mailbox", letter.name, letter.parts[1].number)
    assert found is not None
    assert found[1] == b"%PDF-"


def test_only_names_of_messages_are_looked_up(tmp_path):
    (tmp_path / "secret.eml").write_text("Subject: x\n\n")

    assert mailbox.find_letter(tmp_path, "secret") is None
    assert mailbox.find_letter(tmp_path / "mailbox", "../secret") is None


async def test_the_mailbox_does_not_exist_outside_the_demo(client):
    assert (await client.get("/boite-aux-lettres")).status_code == 404
    assert (await client.get("/boite-aux-lettres/1-1")).status_code == 404


async def test_the_demo_shows_text_html_source_and_attachments(client, tmp_path, monkeypatch):
    monkeypatch.setenv("ATELIERS_DEMO", "1")
    monkeypatch.setenv("ATELIERS_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    try:
        with mailbox.sink(tmp_path / "mailbox") as port:
            send(port)
        [envelope] = mailbox.list_envelopes(tmp_path / "mailbox")
        letter = mailbox.find_letter(tmp_path / "mailbox", envelope.name)
        assert letter is not None
        address = f"/boite-aux-lettres/{letter.name}"

        assert "Votre place est réservée" in (await client.get("/boite-aux-lettres")).text
        page = await client.get(address)
        assert "Bonjour Odile," in page.text
        assert 'sandbox=""' in page.text
        assert "frame-src 'self'" in page.headers["content-security-policy"]
        html = await client.get(address + "/html")
        assert html.text.startswith("<p onclick")
        assert "default-src 'none'" in html.headers["content-security-policy"]
        assert html.headers["content-security-policy"].endswith("sandbox")
        kept = await client.get(f"{address}/piece/{letter.parts[1].number}")
        assert kept.content == b"%PDF-"
        assert kept.headers["content-disposition"].startswith("attachment;")
        assert (await client.get(address + "/piece/99")).status_code == 404
    finally:
        monkeypatch.undo()
        settings.cache_clear()
