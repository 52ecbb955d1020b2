"""What a stranger sees: the search, a session's page, and nothing that is not for everybody."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest

from ateliers import clock
from tests.world import SAINT_DENIS, make_event, make_place, make_session, make_structure

SOON = clock.now() + timedelta(days=5)


async def test_the_home_page_lists_what_is_to_come(client):
    await make_session(starts_at=SOON)
    page = (await client.get("/?quand=tout")).text
    assert "Activer Mon espace santé avec votre téléphone" in page
    assert "Médiathèque Jean-Jaurès, Nevers" in page
    assert ">Choisir<" not in page  # distance and period stand on an answer
    assert "Il reste 10 places" in page or "10 places" in page


async def test_a_search_shows_distance_map_and_kinds(client):
    await make_session(starts_at=SOON)
    answer = await client.get("/", params={"ou": "Decize", "rayon": "60"})
    assert answer.status_code == 200
    assert "1 rendez-vous autour de Decize" in answer.text
    assert re.search(r"à environ \d+ km", answer.text.replace("\u00a0", " "))
    assert '<path class="dep ici"' in answer.text


async def test_nothing_found_leads_to_the_nearest_and_a_phone(client):
    event = await make_event()
    await make_session(event, starts_at=SOON)
    await make_session(event, starts_at=SOON + timedelta(days=1))
    page = (await client.get("/", params={"ou": "Brest (29200)", "rayon": "10"})).text.replace("\u00a0", " ")
    assert "Nous n’avons rien trouvé" in page
    assert "Activer Mon espace santé" in page
    assert page.count("03 86 00 00 00") == 1


@pytest.mark.parametrize(
    "query",
    [
        "ou=Xyzzy",
        "rayon=7",
        "quand=hier",
        "type=concert",
        "acces=x",
        "ou=" + "a" * 200,
        "libre=%FF",
        "ou=%00",
    ],
)
async def test_a_bad_search_is_told_and_kept(client, query: str):
    answer = await client.get(f"/?{query}")
    assert answer.status_code in {200, 422}
    if answer.status_code == 422:
        assert "recap-erreurs" in answer.text


async def test_a_commune_that_is_almost_right_is_suggested(client):
    page = (await client.get("/", params={"ou": "L abergement"})).text
    assert "Vouliez-vous dire" in page
    assert "L&#39;Abergement-Clémenciat (01400)" in page
    assert (await client.get("/communes.json?q=nev")).json()[0] == ["Nevers (58000)", "Nièvre"]


async def test_who_finds_only_webinars_around_is_shown_the_nearest_and_can_be_told_of_new_ones(client):
    there = await make_session(starts_at=SOON)
    await make_session(await make_event(await make_structure("Web"), kind="webinar"), place_id=None, starts_at=SOON)
    page = plain_text(await client.get("/", params={"ou": "Brest"}))
    assert "Rien de tel n’a lieu à moins de 30 km. Les rendez-vous les plus proches :" in page
    assert f"/seances/{there}" in page
    assert "Me prévenir des nouveaux ateliers" in page
    for around in ({"ou": "Nevers"}, {"ou": "Brest", "type": "webinar"}):
        page = plain_text(await client.get("/", params=around))
        assert ("Rien de tel" in page, "Me prévenir des nouveaux" in page) == (False, False)


async def test_what_was_understood_can_be_put_right(client):
    """A name that several communes bear, a postcode that they share, a misspelt commune, a misspelt word; filters stay."""
    await make_session(await make_event(title="Préparer une téléconsultation"), starts_at=SOON)
    page = plain_text(await client.get("/", params={"ou": "st denis", "rayon": "60", "libre": "1"}))
    assert "Nous avons compris : Saint-Denis (97400), La Réunion. Une autre commune ?" in page
    assert (
        '/?ou=Saint-Denis+%2893200%29&amp;rayon=60&amp;quand=tout&amp;libre=1">Saint-Denis (93200), Seine-Saint-Denis<'
        in page
    )
    assert "Challuy (58000), Nièvre" in plain_text(await client.get("/", params={"ou": "58000"}))
    assert "Une autre commune" not in plain_text(await client.get("/", params={"ou": "Nevers"}))
    page = plain_text(await client.get("/", params={"ou": "Besanson"}))
    assert "Vouliez-vous dire :" in page
    assert "Besançon (25000), Doubs" in page
    page = plain_text(await client.get("/", params={"mots": "téléconsultasion santé"}))
    assert (
        '/?rayon=30&amp;quand=tout&amp;mots=t%C3%A9l%C3%A9consultation+sant%C3%A9">téléconsultation santé</a>' in page
    )
    assert "Vouliez-vous dire" not in plain_text(await client.get("/", params={"mots": "téléconsultation"}))
    for typed, offered in (("mediateque", "médiathèque"), ("un cours de téléconsultation", "téléconsultation")):
        page = plain_text(await client.get("/", params={"mots": typed}))
        assert (f">{offered}</a>" in page, "Essayez avec moins de mots" in page) == (True, True)
    page = plain_text(await client.get("/", params={"type": "stand"}))
    assert ("0 rendez-vous à venir" in page, "Essayez toutes les dates" in page) == (True, True)
    answer = await client.get("/?ou=Nevers&suite=abc")
    assert (answer.status_code, answer.headers["location"]) == (303, "/?ou=Nevers&rayon=30&quand=tout")


def plain_text(answer) -> str:
    return html.unescape(answer.text).replace("\u00a0", " ").replace("&", "&amp;")


@pytest.mark.parametrize(
    ("point", "told"),
    [
        ("lat=46.99&lon=3.16", ["Nevers (58000)"]),
        ("lat=-20.88&lon=55.45", ["Saint-Denis (97400)"]),
        ("lat=52.52&lon=13.40", []),
        ("lat=x&lon=3", []),
        ("lat=1e999&lon=nan", []),
        ("lat=46.99", []),
    ],
)
async def test_where_somebody_is_leads_to_their_commune(client, point: str, told: list[str]):
    answer = await client.get(f"/communes.json?{point}")
    assert (answer.status_code, answer.json()) == (200, told)
    assert answer.headers["cache-control"] == "no-store"


async def test_a_session_page_says_what_one_needs(client):
    event = await make_event(
        programme="Ouvrir\nRegarder", level="Débutant", run_by="Samira", accessibility=["subtitles"]
    )
    place = await make_place(accessibility=["step_free"], access_note="Bus ligne 1.")
    session = await make_session(event, place_id=place, starts_at=SOON, join_url="https://visio.test/secret")
    page = (await client.get(f"/seances/{session}")).text
    for said in (
        "17 rue Jean-Jaurès",
        "Sans marche",
        "Sous-titres",
        "Bus ligne 1.",
        "Débutant",
        "Samira",
        "Votre carte Vitale",
    ):
        assert said in page
    assert f"/seances/{session}/reserver" in page
    assert "visio.test" not in page
    data = json.loads(re.search(r'ld\+json">(.*?)</script>', page, re.DOTALL)[1])
    assert data["location"]["address"]["addressLocality"] == "Nevers"
    assert data["remainingAttendeeCapacity"] == 10


async def test_words_of_a_structure_cannot_leave_their_place(client):
    nasty = '</script><script>alert("x")</script>'
    event = await make_event(title=nasty, description=nasty)
    page = (await client.get(f"/seances/{await make_session(event, starts_at=SOON)}")).text
    assert "<script>alert" not in page


async def test_overseas_hours_are_those_of_the_place(client):
    place = await make_place(name="Case", **SAINT_DENIS)
    session = await make_session(place_id=place, zone="Indian/Reunion", starts_at=SOON.replace(hour=6, minute=0))
    page = (await client.get(f"/seances/{session}")).text
    assert "de 10\u00a0h à 12\u00a0h, heure de La Réunion" in page


async def test_a_session_called_off_says_so_and_takes_no_booking(client):
    session = await make_session(starts_at=SOON, called_off_at=clock.now(), called_off_reason="Salle inondée")
    page = (await client.get(f"/seances/{session}")).text
    assert "Cette séance est annulée" in page
    assert "Salle inondée" in page
    assert "/reserver" not in page
    assert "EventCancelled" in page


async def test_a_link_only_session_is_hidden_from_robots(client):
    session = await make_session(await make_event(visibility="link"), starts_at=SOON)
    page = await client.get(f"/seances/{session}")
    assert page.status_code == 200
    assert "noindex" in page.text
    assert "ld+json" not in page.text
    seen = await make_session(await make_event(await make_structure("Autre", slug="autre")), starts_at=SOON)
    await make_session(await make_event(await make_structure("Passée")), starts_at=SOON - timedelta(days=60))
    listed = (await client.get("/sitemap.xml")).text
    assert re.findall(r"<loc>http://ateliers.test/(?:seances/|signataires/a)([^<]+)</loc>", listed) == [
        "utre",
        str(seen),
    ]
    assert "Sitemap: http://ateliers.test/sitemap.xml" in (await client.get("/robots.txt")).text


@pytest.mark.parametrize("values", [{"visibility": "network"}, {"state": "draft", "published_at": None}])
async def test_what_is_not_public_does_not_exist(client, values):
    session = await make_session(await make_event(**values), starts_at=SOON)
    assert (await client.get(f"/seances/{session}")).status_code == 404


async def test_english_is_complete_on_public_pages(client):
    session = await make_session(starts_at=SOON)
    for path in (
        "/en/",
        f"/en/seances/{session}",
        "/en/accessibilite",
        "/en/donnees-personnelles",
        "/en/mentions-legales",
    ):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert '<html lang="en">' in answer.text
        assert 'href="/en/plan-du-site"' in answer.text


async def test_a_page_unchanged_costs_nothing_twice(client):
    session = await make_session(starts_at=SOON)
    first = await client.get(f"/seances/{session}")
    again = await client.get(f"/seances/{session}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert "default-src 'none'" in first.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path", ["/seances/x", "/nulle-part", "/en/nulle-part", "/seances/" + "0" * 36, "/static/../pyproject.toml"]
)
async def test_what_does_not_exist_is_said_in_words(client, path: str):
    answer = await client.get(path)
    assert answer.status_code == 404
    assert "<h1>" in answer.text


async def test_a_form_of_another_site_is_refused(client):
    answer = await client.post("/connexion", data={"email": "a@b.test"}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    answer = await client.post("/connexion", data={"email": "a@b.test"}, headers={"origin": "https://evil.test"})
    assert answer.status_code == 403
