from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ateliers.network.structure import StructureState, compact, is_rna, is_siret

DIGITS = st.text("0123456789", min_size=14, max_size=14)


def with_key(body: str) -> str:
    """`body` and the one digit that makes it right by Luhn."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (1 if place % 2 else 2)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


@given(
    st.text("0123456789", min_size=8, max_size=8).filter(lambda s: int(s) > 0),
    st.text("0123456789", min_size=4, max_size=4),
)
def test_a_number_with_both_keys_is_a_siret(siren: str, nic: str):
    assert is_siret(with_key(with_key(siren) + nic))


@given(DIGITS, st.integers(0, 13), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(digits: str, place: int, shift: int):
    good = with_key(with_key(digits[:8]) + digits[9:13])
    wrong = good[:place] + str((int(good[place]) + shift) % 10) + good[place + 1 :]
    if not wrong.startswith("356000000"):
        assert not is_siret(wrong)


def test_an_establishment_of_la_poste_adds_up_to_a_multiple_of_five():
    assert is_siret("35600000009075")  # 3+5+6 + 0 + 9+0+7+5 = 35
    assert not is_siret("35600000009076")


@pytest.mark.parametrize(
    "number", ["", "7328293200007", "732829320000740", "0" * 14, "7328293200007A", "٧٣٢٨٢٩٣٢٠٠٠٠٧٤"]
)
def test_anything_else_is_not(number: str):
    assert not is_siret(number)


@pytest.mark.parametrize(("number", "good"), [("W581234567", True), ("W9R1234567", True), ("W2A1234567", True)])
def test_rna_is_w_and_nine_signs(number: str, good: bool):
    assert is_rna(number) is good


@pytest.mark.parametrize("number", ["", "W58123456", "581234567", "W5812345678", "w581234567", "WA81234567"])
def test_other_shapes_are_no_rna(number: str):
    assert not is_rna(number)


def test_what_people_type_in_a_number_is_taken_out():
    assert compact(" 732 829 320\u00a000074 ") == "73282932000074"
    assert compact("w58.123-4567") == "W581234567"


def test_an_application_goes_forward_and_back_only_when_it_was_withdrawn():
    state = StructureState
    ways = {(a, b) for a in state for b in state if a.may_become(b)}
    assert ways == {
        (state.DRAFT, state.SUBMITTED),
        (state.DRAFT, state.WITHDRAWN),
        (state.SUBMITTED, state.CHANGES_ASKED),
        (state.SUBMITTED, state.ADMITTED),
        (state.SUBMITTED, state.REFUSED),
        (state.SUBMITTED, state.WITHDRAWN),
        (state.CHANGES_ASKED, state.SUBMITTED),
        (state.CHANGES_ASKED, state.REFUSED),
        (state.CHANGES_ASKED, state.WITHDRAWN),
        (state.WITHDRAWN, state.SUBMITTED),
    }
