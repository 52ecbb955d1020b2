"""Every message of the service, as it looks: small, in one column, with dark colours, without images, in both languages."""

from __future__ import annotations

import re

import pytest

from ateliers import words
from ateliers.agenda.emails import COMPOSERS as AGENDA
from ateliers.attendance.nudges import COMPOSERS as ATTENDANCE
from ateliers.bookings.emails import COMPOSERS as BOOKINGS
from ateliers.bookings.texts import COMPOSERS as TEXTS
from ateliers.experiences.emails import COMPOSERS as EXPERIENCES
from ateliers.network.emails import COMPOSERS as NETWORK
from ateliers.web.gallery import kinds, show
from tests.world import make_nadia, make_structure

EVERY = [*AGENDA, *ATTENDANCE, *BOOKINGS, *EXPERIENCES, *NETWORK]
LARGEST = 30_000  # bytes of both bodies


def test_the_gallery_shows_every_message_once():
    assert sorted(kinds()) == sorted([*EVERY, *TEXTS])


def test_what_does_not_exist_is_not_shown():
    assert show("nothing") is None


@pytest.mark.parametrize("language", words.LANGUAGES)
@pytest.mark.parametrize("kind", sorted(EVERY))
def test_an_email_looks_right(kind, language):
    with words.speaking(language):
        shown = show(kind)

    assert len((shown.text + shown.html).encode()) < LARGEST
    assert f'<html lang="{language}"' in shown.html
    assert ("prefers-color-scheme: dark" in shown.html, "max-width: 600px" in shown.html) == (True, True)
    assert re.search(r"<body[^>]*font: 18px", shown.html)
    assert (
        re.findall(r"<(?:img|script|link|table|form|iframe|object)\b|url\(|@import|background-image", shown.html) == []
    )
    assert (shown.subject.strip(), "\n" in shown.subject, len(shown.subject) < 130) == (shown.subject, False, True)
    assert "<" not in shown.text
    assert "{{" not in shown.html + shown.text
    assert shown.text.count("\n\n\n") == 0


@pytest.mark.parametrize("kind", sorted(EVERY))
def test_every_link_of_the_html_is_in_the_text_too(kind):
    shown = show(kind)

    links = set(re.findall(r'href="(https?://[^"]+)"', shown.html))
    assert {link for link in links if link.replace("&amp;", "&") not in shown.text} == set()


async def test_staff_see_it_and_strangers_do_not(client, browser_of):
    structure = await make_structure()
    nadia = await browser_of(await make_nadia(structure))

    answer = await nadia.get("/espace/courriels")
    assert (answer.status_code, answer.text.count("/espace/courriels/")) == (200, len(kinds()))
    letter = await nadia.get("/espace/courriels/booking_confirmed")
    assert "frame-src 'self'" in letter.headers["content-security-policy"]
    html = await nadia.get("/en/espace/courriels/booking_confirmed/html")
    assert ("Your 2 seats are booked." in html.text, "sandbox" in html.headers["content-security-policy"]) == (
        True,
        True,
    )
    assert (await nadia.get("/espace/courriels/nothing")).status_code == 404
    assert (await client.get("/espace/courriels")).status_code == 303
    for path in ("", "/reminder", "/reminder/html"):
        assert (await client.get(f"/courriels{path}")).status_code == 404
