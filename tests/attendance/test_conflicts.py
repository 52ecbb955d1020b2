"""Which mark stands: the same in whatever order marks arrive, and a disagreement is one only when nobody knew of the other."""

from __future__ import annotations

import random
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ateliers.attendance.conflicts import Said, heads, is_disputed
from tests.world import START


def said(op: str, device: str, seq: int, minutes: int, state: str | None, *saw: str, undone: bool = False) -> Said:
    return Said(
        op=op, device=device, seq=seq, at=START + timedelta(minutes=minutes), state=state, saw=saw, is_undone=undone
    )


def test_two_devices_that_did_not_see_each_other_disagree_and_the_later_stands_meanwhile() -> None:
    marks = [said("a", "A", 1, 5, "present"), said("b", "B", 1, 3, "absent")]

    assert [one.op for one in heads(marks)] == ["a", "b"]
    assert is_disputed(marks)


def test_the_same_said_twice_is_no_disagreement() -> None:
    assert not is_disputed([said("a", "A", 1, 5, "present"), said("b", "B", 1, 3, "present")])


def test_who_saw_the_other_has_the_last_word_whatever_the_clocks_say() -> None:
    marks = [said("a", "A", 1, 5, "present"), said("b", "B", 1, 3, "absent", "a")]

    assert [one.op for one in heads(marks)] == ["b"]


def test_on_one_device_the_order_of_taps_counts_not_its_clock() -> None:
    marks = [said("a2", "A", 2, 0, "absent"), said("a1", "A", 1, 60, "present")]

    assert [one.op for one in heads(marks)] == ["a2"]


def test_a_mark_taken_back_leaves_what_it_had_seen() -> None:
    marks = [said("a", "A", 1, 1, "present"), said("b", "B", 1, 2, "absent", "a", undone=True)]
    assert [one.op for one in heads(marks)] == ["a"]

    marks.append(said("c", "C", 1, 0, "excused", "b"))  # saw b, and through it a
    assert [one.op for one in heads(marks)] == ["c"]


def test_somebody_who_sees_both_settles_it() -> None:
    marks = [
        said("a", "A", 1, 5, "present"),
        said("b", "B", 1, 3, "absent"),
        said("c", "A", 2, 1, "absent", "a", "b"),
    ]

    assert [one.op for one in heads(marks)] == ["c"]


OPS = st.lists(
    st.tuples(
        st.sampled_from("ABC"),  # device
        st.integers(-60, 60),  # what its clock is wrong by, in minutes
        st.sampled_from(["present", "absent", "excused", None]),
        st.booleans(),  # it looked at the server before tapping
        st.booleans(),  # taken back
    ),
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(ops=OPS, seed=st.integers(0, 2**32))
def test_any_order_of_arrival_gives_the_same_answer(ops: list, seed: int) -> None:
    marks: list[Said] = []
    seen: dict[str, list[Said]] = {device: [] for device in "ABC"}
    for n, (device, minutes, state, looked, undone) in enumerate(ops):
        if looked:
            seen[device] = list(marks)
        shown = [one.op for one in heads(seen[device])]
        one = said(f"{device}{n}", device, n, minutes, state, *shown, undone=undone)
        marks.append(one)
        seen[device] = [*seen[device], one]

    shuffled = random.Random(seed).sample(marks, len(marks))

    assert heads(shuffled) == heads(marks)
    live = [one for one in marks if not one.is_undone]
    assert bool(heads(marks)) == bool(live)
    if live and all(looked for *_rest, looked, _undone in ops):
        # Everybody looked before tapping: the last to tap has the last word, and nobody need be asked.
        assert [one.op for one in heads(marks)] == [live[-1].op]
