"""Communes that somebody may have meant whose spelling leads nowhere: « Neverse », « Besanson », « Chateauru »."""

from __future__ import annotations

from functools import lru_cache

from ateliers.places.communes import Commune, all_communes, folded_name, search_communes

ALIKE = {letter: sounds[0] for sounds in ("ckqsz", "gj", "iy", "aeh", "ou", "fpv", "bd", "mn") for letter in sounds}
REMEMBERED = 512  # misspelt names whose communes are kept


def close_communes(text: str, limit: int = 5) -> list[Commune]:
    """Communes that begin with what was typed, else those whose name is one or two slips away; best first."""
    begun = search_communes(text, limit)
    return begun or [all_communes()[place] for place in _close(folded_name(text)[:40])[:limit]]


@lru_cache(maxsize=REMEMBERED)
def _close(typed: str) -> list[int]:
    """Places in `all_communes` of the names fewest slips away, the larger communes first; first letters sound alike."""
    if len(typed) < 3:
        return []
    most = 1 if len(typed) < 6 else 2
    sounds = _first_sounds()
    found: list[tuple[int, int]] = []
    for length in range(len(typed) - most, len(typed) + most + 1):
        for name, place in sounds.get((ALIKE.get(typed[0], typed[0]), length), ()):
            slips = slips_between(typed, name, most)
            if slips <= most:
                found.append((slips, place))
    return [place for _slips, place in sorted(found)[:20]]


@lru_cache(maxsize=1)
def _first_sounds() -> dict[tuple[str, int], list[tuple[str, int]]]:
    """Every name with its place in `all_communes`, by the sound of its first letter and its length."""
    sounds: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for place, commune in enumerate(all_communes()):
        name = folded_name(commune.name)
        sounds.setdefault((ALIKE.get(name[0], name[0]), len(name)), []).append((name, place))
    return sounds


def slips_between(one: str, other: str, most: int) -> int:
    """Letters left out, added, changed or swapped with the next one (optimal string alignment); `most` + 1 when there are more."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, its in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != its))
            if before and column > 1 and letter == other[column - 2] and one[row - 2] == its:
                cost = min(cost, before[column - 2] + 1)
            line.append(cost)
        if min(line) > most:
            return most + 1
        before, last = last, line
    return last[-1]
