"""Communes are found as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ateliers.places.communes import (
    DEPARTEMENTS,
    REGIONS,
    all_communes,
    departements_of,
    namesakes,
    region_of,
    resolve,
    search_communes,
    zone_of,
)
from ateliers.places.distance import kilometres
from ateliers.places.map import is_on_map, map_around, point_of
from ateliers.places.misspelt import close_communes


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("Nevers", "58194"),
        ("nevers", "58194"),
        ("58000", "58194"),
        ("Nevers (58000)", "58194"),
        ("58000 Nevers", "58194"),
        ("58 000", "58194"),
        ("58020 Nevers cedex 2", "58194"),
        ("saint-denis réunion", "97411"),
        ("Châtillon Rhône-Alpes", "69050"),
        ("rochelle", "17300"),
        ("mans", "72181"),
        ("Bourgogne", None),
        ("Nièvre", None),
        ("la charite sur loire", "58059"),
        ("LA CHARITÉ-SUR-LOIRE", "58059"),
        ("St Denis", "97411"),
        ("Saint-Denis (93200)", "93066"),
        ("75001", "75101"),
        ("75116", "75116"),
        ("Paris", "75056"),
        ("paris 12", "75112"),
        ("Paris 12ème", "75112"),
        ("12e arrondissement de Paris", "75112"),
        ("Paris 12e arrondissement (75012)", "75112"),
        ("Lyon 3e", "69383"),
        ("Marseille 1er", "13201"),
        ("Marseille 17", None),
        ("Saint-Denis 93", "93066"),
        ("St Denis, Seine Saint Denis", "93066"),
        ("Nevers Nièvre", "58194"),
        ("Nevers 75", None),
        ("Saint-Pierre 975", "97502"),
        ("58000 chall", "58051"),
        ("Œuf en Ternois", "62633"),
        ("L’Aigle", "61214"),
        ("L'Aigle", "61214"),
        ("97139", "97101"),
        ("Ajaccio", "2A004"),
        ("2A004", "2A004"),
        ("Challuy (58000)", "58051"),
        ("", None),
        ("Xyzzy", None),
        ("\0", None),
    ],
)
def test_a_commune_is_meant_by_what_people_type(typed: str, code: str | None):
    found = resolve(typed)
    assert (found.code if found else None) == code


def test_suggestions_begin_with_what_is_typed_the_larger_first():
    assert [commune.name for commune in search_communes("nev", 3)] == ["Nevers", "Névez", "Néville"]
    assert [commune.name for commune in search_communes("s", 3)] == ["Strasbourg", "Saint-Étienne", "Saint-Denis"]
    assert [commune.code for commune in search_communes("Saint Denis", 2)] == ["97411", "93066"]
    for territory, first in (("Nièvre", "Nevers"), ("bourgogne", "Dijon"), ("Corse", "Ajaccio"), ("58", "Nevers")):
        assert search_communes(territory)[0].name == first
    assert "La Charité-sur-Loire" in [commune.name for commune in search_communes("charité sur l")]


def test_who_is_taken_for_one_of_several_communes_is_shown_the_others():
    def others(text: str) -> list[str]:
        return [commune.code for commune in namesakes(text, resolve(text))]

    assert others("Saint-Denis")[:3] == ["93066", "11339", "30247"]
    assert others("Saint-Denis (93200)") == []
    assert others("58000") == ["58238", "58278", "58051"]
    assert others("75012") == ["75056"]
    assert others("Nevers") == []
    assert others("La Réunion")[:2] == ["97411", "97415"]  # not the village of Lot-et-Garonne
    assert others("58027")[:1] == ["58194"]  # an INSEE code, or a postcode that does not exist
    assert resolve("St-Denis").label_in_full == "Saint-Denis (97400), La Réunion"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("Neverse", "Nevers"),
        ("Besanson", "Besançon"),
        ("Chateauru", "Châteauroux"),
        ("Kosne cour sur loire", "Cosne-Cours-sur-Loire"),
        ("Lyno", "Lyon"),
        ("Marseile", "Marseille"),
        ("Xyzzyxyz", None),
        ("x", None),
    ],
)
def test_a_misspelt_commune_is_guessed(typed: str, name: str | None):
    assert next((commune.name for commune in close_communes(typed) if name), None) == name


def test_every_commune_lies_in_a_known_territory():
    assert {commune.departement for commune in all_communes()} <= set(DEPARTEMENTS)
    assert {region_of(code) for code in DEPARTEMENTS} == set(REGIONS)
    assert departements_of("27") == ["21", "25", "39", "58", "70", "71", "89", "90"]
    assert (zone_of("974"), zone_of("58")) == ("Indian/Reunion", "Europe/Paris")


@given(st.text(max_size=40))
def test_no_text_is_a_fault(text: str):
    resolve(text)
    search_communes(text)
    close_communes(text)


def test_distances_are_those_of_the_atlas():
    nevers, lyon = resolve("Nevers"), resolve("Lyon")
    assert round(kilometres(nevers.latitude, nevers.longitude, lyon.latitude, lyon.longitude)) == pytest.approx(
        188, abs=25
    )


def test_the_map_shows_the_territory_around():
    nevers = resolve("Nevers")
    drawn = map_around(nevers.latitude, nevers.longitude, kilometres=30)
    x, y = point_of(nevers.latitude, nevers.longitude)
    nievre = next(outline for outline in drawn.outlines if outline.code == "58")
    assert nievre.box[0] < x < nievre.box[2]
    assert nievre.box[1] < y < nievre.box[3]
    assert not is_on_map(-20.9, 55.4)
