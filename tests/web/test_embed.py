"""Sessions in a frame of another site: what it shows, in which colours, and the code that a host copies."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ateliers import clock, database
from ateliers.network.charter import sign_charter
from ateliers.web.embedding import READABLE, Colours, colours_of, contrast
from ateliers.web.public.embed import code_of
from tests.world import NOON, make_event, make_place, make_session, make_structure

SOON = clock.now().replace(microsecond=0) + timedelta(days=3)
COLOURS = st.from_regex(r"#?[0-9a-fA-F]{6}", fullmatch=True)


def titles(text: str) -> list[str]:
    return [unescape(title).strip() for title in re.findall(r"<h2><a [^>]*>([^<]*)<", text)]


@given(COLOURS, COLOURS, COLOURS)
def test_what_cannot_be_read_is_never_shown(fond, texte, liens):
    asked = Colours(fond=fond, texte=texte, liens=liens)
    shown = colours_of({"fond": [fond], "texte": [texte], "liens": [liens]})

    readable = min(contrast(texte, fond), contrast(liens, fond)) >= READABLE
    assert shown == (asked if readable else Colours())
    assert (asked.wrong() == {}) == readable


@pytest.mark.parametrize(
    ("one", "other", "told"), [("#000000", "ffffff", 21.0), ("#777777", "#FFFFFF", 4.48), ("#0b4f8a", "#0b4f8a", 1.0)]
)
def test_contrast_is_what_wcag_says(one, other, told):
    assert round(contrast(one, other), 2) == round(contrast(other, one), 2) == told


@pytest.mark.parametrize("raw", [{"fond": ["red"]}, {"fond": ["#fff"]}, {"texte": ["url(//x)"]}, {"liens": [""]}, {}])
def test_broken_colours_are_ours(raw):
    assert colours_of(raw) == Colours()


def test_a_name_never_leaves_its_attribute():
    code = code_of("/integre/kinds/workshop?type=a&nombre=3", "/", '"><script>alert(1)</script>')

    assert "<script>" not in code
    assert code.count("<") == 6
    assert "?type=a&amp;nombre=3" in code


async def test_it_lists_what_is_to_come_and_public(client):
    structure = await make_structure()
    place = await make_place()
    event = await make_event(structure, title="Premier")
    await make_session(event, starts_at=SOON, place_id=place)
    await make_session(event, starts_at=SOON + timedelta(days=1), place_id=place, called_off_at=SOON)
    await make_session(event, starts_at=SOON - timedelta(days=9), place_id=place)
    for values in ({"visibility": "link"}, {"visibility": "network"}, {"state": "draft", "published_at": None}):
        await make_session(await make_event(structure, title="Caché", **values), starts_at=SOON, place_id=place)
    cycle = await make_event(structure, title="Cycle", is_cycle=True, kind="information_meeting")
    lead = await make_session(cycle, starts_at=SOON + timedelta(hours=3), place_id=place)
    await make_session(cycle, starts_at=SOON + timedelta(days=2), place_id=place, lead_id=lead)

    answer = await client.get("/integre/structures/ccas-de-nevers?essai=1")
    one = (await client.get("/integre/departements/58?type=workshop&nombre=1&essai=1")).text

    assert (titles(answer.text), titles(one)) == (["Premier", "Cycle"], ["Premier"])
    assert "set-cookie" not in answer.headers
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    links = re.findall(r"<a ([^>]*)>", answer.text)
    assert links
    assert all('target="_blank" rel="noopener"' in link and 'href="http://ateliers.test/' in link for link in links)


async def test_no_other_page_may_be_framed(client):
    await make_structure()
    for path in ("/", "/integrer?structure=ccas-de-nevers", "/suivre"):
        assert "frame-ancestors 'none'" in (await client.get(path)).headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "status"),
    [("structures/personne", 404), ("structures/partie", 410), ("lunes/58", 404), ("kinds/training", 404)],
)
async def test_a_frame_says_no_in_itself(client, path, status):
    await make_structure("Partie", state="withdrawn")
    answer = await client.get(f"/integre/{path}?fond=000000&texte=ffffff&liens=ffff00")

    assert (answer.status_code, "<h1>" in answer.text) == (status, True)
    assert "frame-ancestors *" in answer.headers["content-security-policy"]
    assert "couleurs.css?fond=000000&amp;texte=ffffff&amp;liens=ffff00" in answer.text


async def test_the_colours_are_a_stylesheet(client):
    dark = await client.get("/integre/couleurs.css?fond=101010&texte=FFFFFF&liens=ffff00")
    ours = await client.get("/integre/couleurs.css?fond=101010&texte=111111&liens=ffff00")

    assert dark.text == ":root{color-scheme:dark;--fond:#101010;--texte:#FFFFFF;--liens:#ffff00}\n"
    assert ours.text == Colours().css


@pytest.mark.parametrize(
    ("query", "frame"),
    [
        ("structure=ccas-de-nevers", "structures/ccas-de-nevers"),
        ("ou=Nevers&type=webinar&nombre=3", "departements/58?type=webinar&nombre=3"),
        (
            "ou=58000&etendue=commune&fond=%23000000&texte=%23ffffff&liens=%23ffff00",
            "communes/58194?fond=000000&texte=ffffff&liens=ffff00",
        ),
        ("type=stand", "kinds/stand"),
    ],
)
async def test_the_page_gives_a_code_that_works(client, query, frame):
    await sign_charter(await make_structure(), name="Marc Petit", role="maire", now=NOON)
    page = await client.get(f"/integrer?{query}")
    code = unescape(page.text.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0])
    address = unescape(re.findall(r'src="([^"]*)"', code)[0])

    assert (page.status_code, address) == (200, f"http://ateliers.test/integre/{frame}")
    assert (await client.get(address)).status_code == 200
    assert (await client.get(unescape(re.findall(r'href="([^"]*)"', code)[0]))).status_code == 200
    assert re.findall(r'title="([^"]+)"', code)


async def test_colours_that_cannot_be_read_are_refused_beside_their_field(client):
    await make_structure()
    page = await client.get("/integrer?structure=ccas-de-nevers&fond=%23ffffff&texte=%23aaaaaa&liens=vert")

    assert (page.status_code, "<iframe" in page.text) == (422, False)
    assert re.findall(r'id="(f-[a-z]+-err)"', page.text) == ["f-liens-err"]
    grey = await client.get("/integrer?structure=ccas-de-nevers&fond=%23ffffff&texte=%23aaaaaa")
    assert "le contraste est de 2,3 pour 1, il faut au moins 4,5" in grey.text
    assert await database.fetch_value("SELECT count(*) FROM structure") == 1
