"""What real files get wrong is mended the same way each time, and said."""

from __future__ import annotations

import pytest

from ateliers.exchange.imports.repairs import (
    Notes,
    Position,
    Unusable,
    commune_in_text,
    commune_of,
    insee_of,
    number_of,
    position_of,
    postcode_of,
    settle,
    text_of,
)
from ateliers.places.communes import Commune, find_commune

NEVERS = Position(46.99, 3.16)


def told(notes: Notes) -> list[str]:
    return [note.message for note in notes.said]


def found(**facts: object) -> tuple[str, list[str]]:
    notes = Notes()
    given = {"code": "", "name": "", "postcode": "", "position": None, **facts}
    return commune_of(notes=notes, **given).code, told(notes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "text", "note"),
    [
        ("  Salle\tdes  fêtes ", "Salle des fêtes", None),
        ("<p>Un &amp; deux</p><script>x()</script>", "Un & deux", "HTML turned into plain text."),
        ("Caf&eacute;", "Café", "HTML turned into plain text."),
        ("a\x00b\x07\u202ec", "abc", "Control characters removed."),
        (42.0, "42", None),
        (None, "", None),
        ("x" * 12, "xxxxxxxxx…", "Text shortened to %(n)s characters."),
    ],
)
def test_text_is_made_plain(value: object, text: str, note: str | None):
    notes = Notes()
    assert text_of(value, notes, longest=10 if value == "x" * 12 else 100) == text
    assert told(notes) == ([note] if note else [])


@pytest.mark.parametrize(
    ("value", "postcode"),
    [(1000, "01000"), ("1000", "01000"), ("58 000", "58000"), (13100.0, "13100"), ("", ""), ("XX", "")],
)
def test_the_leading_zero_of_a_postcode_is_put_back(value: object, postcode: str):
    assert postcode_of(value, Notes()) == postcode


@pytest.mark.parametrize(("value", "code"), [(1053, "01053"), ("2a004", "2A004"), ("13001", "13001"), ("abc", "")])
def test_an_insee_code_has_five_characters(value: object, code: str):
    assert insee_of(value, Notes()) == code


@pytest.mark.parametrize(
    ("value", "number"), [("48,9", 48.9), ("41.93414,8", 41.93414), (3, 3.0), ("", None), ("north", None), (True, None)]
)
def test_numbers_are_read_with_comma_or_point(value: object, number: float | None):
    assert number_of(value, Notes()) == number


def test_a_commune_is_found_by_code_first():
    assert found(code="58194", name="Anywhere", postcode="99999") == ("58194", [])


def test_a_commune_is_found_however_its_name_is_written():
    written = ["Commune written %(name)s: %(commune)s."]
    assert found(name="NEVERS", postcode="58000") == ("58194", written)
    assert found(name="ST ETIENNE", postcode="42000") == ("42218", written)
    assert found(name="Nevers CEDEX 9", postcode="58000") == ("58194", written)
    assert found(name="Marcq", postcode="59700") == ("59378", written)
    assert found(name="Nevres", postcode="58000") == ("58194", written)


def test_a_wrong_postcode_does_not_hide_the_commune():
    code, notes = found(name="Nevers", postcode="58999")
    assert (code, notes) == ("58194", ["The postcode %(postcode)s is not one of %(commune)s."])
    assert found(name="Croix", postcode="99999", position=Position(50.678, 3.151))[0] == "59163"


def test_a_hamlet_lies_in_the_nearest_commune_of_its_postcode():
    code, notes = found(name="Les Quatre-Vents", postcode="58000", position=NEVERS)
    assert (code, notes) == ("58194", ["Commune told by the postcode and the position: %(commune)s."])


def test_an_unknown_commune_is_refused_and_named():
    with pytest.raises(Unusable) as refusal:
        found(name="Atlantide", postcode="00000")
    assert refusal.value.note.facts == {"what": "00000 Atlantide"}


def test_the_longest_commune_named_in_a_text_is_meant():
    commune = commune_in_text("salle Amana, rue Paul Bert, Marcq en Baroeul", departement="59")
    assert commune is not None
    assert commune.name == "Marcq-en-Barœul"
    assert commune_in_text("nowhere at all", departement="59") is None


def nevers() -> Commune:
    commune = find_commune("58194")
    assert commune is not None
    return commune


@pytest.mark.parametrize(
    ("given", "kept", "note"),
    [
        (Position(46.99, 3.15), Position(46.99, 3.15), None),
        (Position(3.15, 46.99), Position(46.99, 3.15), "Latitude and longitude were swapped."),
        (
            Position(43.3, 5.4),
            Position(46.9896, 3.159),
            "Position %(km)s km away from %(commune)s: the commune's centre stands for it.",
        ),
        (None, Position(46.9896, 3.159), "No position: the commune's centre stands for it."),
    ],
)
def test_a_position_lies_in_its_commune(given: Position | None, kept: Position, note: str | None):
    notes = Notes()
    assert settle(given, nevers(), notes) == kept
    assert told(notes) == ([note] if note else [])


@pytest.mark.parametrize(
    ("latitude", "longitude", "position"),
    [(0, 0, None), ("", "", None), ("46,99", "3,15", Position(46.99, 3.15)), (166.4, -22.3, Position(-22.3, 166.4))],
)
def test_a_position_is_degrees(latitude: object, longitude: object, position: Position | None):
    assert position_of(latitude, longitude, Notes()) == position
