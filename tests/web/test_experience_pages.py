"""Shared experiences for everybody: lists, search, one page, feeds, and a frame for the region's own site."""

from __future__ import annotations

import re

import feedparser

from ateliers.documents.files import LARGEST_FILE
from ateliers.experiences.consent import withdraw_consent
from ateliers.experiences.experience import Scope
from ateliers.experiences.sharing import review_experience
from tests.experiences.stories import TOLD, make_held
from tests.world import NOON

REGION = "/retours-d-experience/regions/27"


async def test_all_that_is_wrong_is_said_at_once_and_what_was_typed_is_kept(browser_of):
    held = await make_held()
    nadia = await browser_of(held.nadia.id)
    path = f"/espace/evenements/{held.event}/retour"
    typed = {"title": "", "aim": "Aider.", "audience": " ", "advice": "Voyez 1 85 05 78 006 084 36.", "send": "1"}

    sent = await nadia.post(path, data=typed)
    kept = await nadia.post(path, data={**typed, "send": ""})

    wrong = [re.findall(r'id="f-([a-z-]+)-err"', answer.text) for answer in (sent, kept)]
    assert (sent.status_code, wrong) == (
        422,
        [["title", "audience", "course", "worked", "advice"], ["title", "advice"]],
    )
    assert ">Aider.</textarea>" in sent.text


async def test_each_button_keeps_the_text_and_the_document(browser_of):
    held = await make_held()
    nadia = await browser_of(held.nadia.id)
    path = f"/espace/evenements/{held.event}/retour"
    typed = {"title": "Au marché", "aim": "Aider."}
    paper = {"file": ("../fiche.exe", b"%PDF-1.7")}

    large = {"file": ("film.mp4", b"\0\0\0\x18ftypisom" + b"\0" * LARGEST_FILE * 2)}
    lacking = await nadia.post(path, data={**typed, "aim": "Tout."}, files=large)
    nothing = await nadia.post(path, data={**typed, "add": "1"})
    kept = await nadia.post(path, data={**typed, "document": "Notre fiche"}, files=paper)
    seen = (await nadia.get(path)).text
    [document] = re.findall(r'name="gone" value="([0-9a-f-]+)"', seen)
    gone = await nadia.post(path, data={**typed, "aim": "Aider mieux.", "gone": document})

    wrong = [re.findall(r'id="f-([a-z-]+)-err"', answer.text) for answer in (lacking, nothing)]
    assert wrong == [["document", "file"], ["document", "file"]]
    assert "Ce fichier est trop lourd" in lacking.text
    assert (">Tout.</textarea>" in lacking.text, ">Aider.</textarea>" in seen) == (True, True)
    assert ("Notre fiche</a> (PDF," in seen, kept.status_code) == (True, 303)
    assert gone.headers["location"] == f"{path}#documents"
    after = (await nadia.get(path)).text
    assert ("Notre fiche" in after, ">Aider mieux.</textarea>" in after) == (False, True)


async def test_two_who_write_at_once_lose_nothing(browser_of):
    held = await make_held()
    nadia, samir = await browser_of(held.nadia.id), await browser_of(held.samir.id)
    path = f"/espace/evenements/{held.event}/retour"
    typed = {"title": "Au marché", "aim": "Celui de Nadia.", "seen": ""}

    await samir.post(path, data={**typed, "aim": "Celui de Samir."})
    warned = await nadia.post(path, data=typed)
    seen = re.findall(r'name="seen" value="([^"]+)"', warned.text)
    kept = await nadia.post(
        path, data={**typed, "seen": seen[0], "audience": "x", "course": "x", "worked": "x", "send": "1"}
    )
    late = await samir.post(path, data={**typed, "aim": "Trop tard.", "seen": seen[0]})

    assert (warned.status_code, kept.status_code, late.status_code) == (422, 303, 422)
    assert "Samir Haddad a modifié ce texte" in warned.text
    assert [text in warned.text for text in (">Celui de Nadia.</textarea>", "<p>Celui de Samir.</p>")] == [True, True]
    assert [text in late.text for text in ("<p>Celui de Nadia.</p>", "<p>Trop tard.</p>")] == [True, True]


async def test_a_story_stands_where_it_was_agreed_to_and_nowhere_else(client):
    held = await make_held()
    id = await held.send(Scope.REGIONAL_SITE)
    page = f"/retours-d-experience/{id}"
    before = [(await client.get(path)).status_code for path in (page, "/retours-d-experience/regions/99")]
    await review_experience(id, by=held.paule, now=NOON)

    seen = {
        path: TOLD.title in (await client.get(path)).text
        for path in (
            REGION,
            f"{REGION}?q=retraites&type=workshop",
            f"{REGION}?q=piscine",
            f"{REGION}?type=stand",
            f"/en{page}",
            "/retours-d-experience",
            "/integre/retours/27",
            "/integre/retours/france",
            "/signataires/ccas-de-nevers",
        )
    }
    frame = await client.get("/integre/retours/27?fond=000000&texte=ffffff")
    feed = feedparser.parse((await client.get("/retours-d-experience/flux/27.atom")).text)
    is_found = page in (await client.get("/sitemap.xml")).text

    assert before == [404, 404]
    assert [path for path, found in seen.items() if not found] == [
        f"{REGION}?q=piscine",
        f"{REGION}?type=stand",
        "/retours-d-experience",
        "/integre/retours/france",
        "/signataires/ccas-de-nevers",  # it has signed nothing here
    ]
    assert "frame-ancestors 'none'" not in frame.headers["content-security-policy"]
    assert "/integre/retours/27" in (await client.get(REGION)).text
    assert ([one.title for one in feed.entries], is_found) == ([TOLD.title], True)
    assert "<p>Puis chacun son téléphone,<br" in feed.entries[0].content[0].value

    await withdraw_consent(id, Scope.REGIONAL_SITE, by=held.samir, now=NOON)
    assert (await client.get(f"{page}?fresh")).status_code == 410
    assert page not in (await client.get("/sitemap.xml?fresh")).text
