from __future__ import annotations

import io
from datetime import timedelta

import httpx
import pytest
import zxingcpp
from PIL import Image

from ateliers.agenda.poster import CARD_SIZE, Format, make_poster, poster_of
from ateliers.agenda.sessions import get_session
from ateliers.words import speaking
from tests.agenda.values import ONLINE, a_session
from tests.world import NOON, START, make_event, make_session, make_structure

LONG = (
    "Retrouver, ranger et partager ses ordonnances, ses résultats d’analyses et ses comptes rendus d’hospitalisation "
    * 1
)
TITLES = ["Santé", LONG[:150], "#{1+1} $x$ *a* _b_ <c>", "Anticonstitutionnellement" * 5]


def codes_in(png: bytes) -> list[str]:
    """What a phone's camera reads."""
    return [found.text for found in zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))]


@pytest.mark.parametrize("title", TITLES)
async def test_a_poster_is_one_page_whose_qr_code_leads_to_the_session(title: str):
    session = a_session(title=title)
    picture = await make_poster(session, Format.PICTURE, now=NOON)
    assert codes_in(picture) == ["http://ateliers.test/s/3F7A0-2C981"]
    assert Image.open(io.BytesIO(picture)).size == (1240, 1754)
    card = await make_poster(session, Format.CARD, now=NOON)
    assert Image.open(io.BytesIO(card)).size == CARD_SIZE
    for form in (Format.POSTER, Format.FLYER):
        made = await make_poster(session, form, now=NOON)
        assert made.startswith(b"%PDF-1.7")
        assert (b"<pdfuaid:part>1<" in made, made.count(b"/Type /Page\n") or 1) == (True, 1)


async def test_every_kind_of_session_has_a_poster_in_both_languages():
    for values in ({}, ONLINE, {"kind": "stand", "all_day": True, "phone": None, "structure_phone": None}):
        for language in ("fr", "en"):
            with speaking(language):
                assert (await make_poster(a_session(**values), Format.POSTER, now=NOON)).startswith(b"%PDF")


def test_a_poster_says_what_people_need_and_no_link_to_the_meeting():
    told = poster_of(a_session())
    assert (told.free, told.dates, told.phone) == (
        "Gratuit",
        ["mardi 1er décembre 2026"],
        "03\u00a086\u00a000\u00a000\u00a000",
    )
    assert told.hours.replace("\u00a0", " ") == "de 14 h à 16 h"
    assert told.address == "ateliers.test/s/3F7A0-2C981"
    assert told.also == ""
    later = [
        a_session(starts_at=START + timedelta(days=7 * n), ends_at=START + timedelta(days=7 * n, hours=2), **values)
        for n, values in ((0, {}), (1, {}), (2, {"called_off_at": NOON}), (3, {"address": "Ailleurs"}), (4, {}))
    ]
    assert poster_of(a_session(), later).also == "Aussi\u00a0: mardi 8 décembre, mardi 29 décembre"
    assert "visio" not in str(poster_of(a_session(**ONLINE)))


async def test_the_short_address_leads_to_the_session_however_it_is_typed(client: httpx.AsyncClient):
    session = await get_session(await make_session())
    hidden = await get_session(
        await make_session(await make_event(await make_structure("Autre"), visibility="network"))
    )
    typed = f"{session.code[:5]} {session.code[5:]}".lower()
    cards = [await client.get(f"/seances/{one.id}/image.png") for one in (session, hidden)]
    page = await client.get(session.path)
    answers = [await client.get(f"/s/{code}") for code in (session.code, typed, hidden.code, "00000000", "é")]
    assert [answer.status_code for answer in answers] == [303, 303, 404, 404, 404]
    assert [(card.status_code, card.content[:4] == b"\x89PNG") for card in cards] == [(200, True), (404, False)]
    assert f'<meta property="og:image" content="http://ateliers.test{session.card_path}">' in page.text
    assert answers[0].headers["location"] == session.path
