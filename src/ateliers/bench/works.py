"""What a work is: a promise with a figure, how it is declared, run and judged."""

from __future__ import annotations

import asyncio
import tempfile
import traceback
from collections.abc import Callable, Coroutine
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import msgspec

from ateliers.bench.yard import Yard

ORDER = (
    "hot-session",
    "spread",
    "rush",
    "promotion",
    "desk",
    "series",
    "search",
    "search-cold",
    "search-page",
    "event-page",
    "session-page",
    "attendance",
    "feed",
    "compose",
    "outbox",
    "sweep",
    "inbound",
    "poster",
    "report",
    "export",
    "memory",
)


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """What one run found. `reference` is what it is compared with; `sound` is False when answers were wrong or too slow."""

    value: float
    reference: float | None = None
    note: str = ""
    sound: bool = True


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """One promise. The goal is on the value, or with `ratio` on value / reference."""

    name: str
    unit: str
    goal: float
    run: Callable[[Yard], Coroutine[Any, Any, Measure]]
    ratio: bool = False
    at_most: bool = False

    @property
    def goal_in_words(self) -> str:
        """'≥ 2 × reference', '≤ 1.5 s'."""
        return f"{'≤' if self.at_most else '≥'} {self.goal:g} {'× reference' if self.ratio else self.unit}"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A work's measure beside its goal, or the fault that ended it."""

    work: Work
    measure: Measure | None
    fault: str = ""

    @property
    def ratio(self) -> float | None:
        """Value / reference, where there is one."""
        found = self.measure
        return found.value / found.reference if found is not None and found.reference else None

    @property
    def holds(self) -> bool:
        """Whether the promise is kept, with right answers."""
        figure = self.ratio if self.work.ratio else self.measure.value if self.measure else None
        if figure is None or self.measure is None or not self.measure.sound:
            return False
        return figure <= self.work.goal if self.work.at_most else figure >= self.work.goal

    def as_line(self) -> dict[str, Any]:
        """The JSON line."""
        found = self.measure
        line: dict[str, Any] = {
            "work": self.work.name,
            "value": round(found.value, 3) if found else None,
            "unit": self.work.unit,
            "reference": round(found.reference, 3) if found and found.reference is not None else None,
            "ratio": None if self.ratio is None else round(self.ratio, 3),
            "goal": self.work.goal,
            "holds": self.holds,
        }
        note = self.fault or (found.note if found else "")
        return {**line, "note": note} if note else line

    def as_row(self) -> list[str]:
        """The row of the table."""
        found = self.measure
        assert found is not None  # noqa: S101 - faults have their own row
        return [
            self.work.name,
            f"{found.value:,.1f}" if found.value < 100 else f"{found.value:,.0f}",
            self.work.unit,
            "" if found.reference is None else f"{found.reference:,.0f}",
            "" if self.ratio is None else f"{self.ratio:.2f}",
            self.work.goal_in_words,
            "[green]yes[/]" if self.holds else "[red]no[/]",
            found.note if found.sound else f"NOT AS IT SHOULD: {found.note}",
        ]


_works: dict[str, Work] = {}


def work(
    name: str, *, unit: str, goal: float, ratio: bool = False, at_most: bool = False
) -> Callable[[Callable[[Yard], Coroutine[Any, Any, Measure]]], Callable[[Yard], Coroutine[Any, Any, Measure]]]:
    """Declare the decorated coroutine as the work `name`."""

    def declare(run: Callable[[Yard], Coroutine[Any, Any, Measure]]) -> Callable[[Yard], Coroutine[Any, Any, Measure]]:
        _works[name] = Work(name=name, unit=unit, goal=goal, run=run, ratio=ratio, at_most=at_most)
        return run

    return declare


def all_works() -> dict[str, Work]:
    """Every declared work by name, in the order of the report."""
    for info in iter_modules(import_module("ateliers.bench").__path__):
        import_module(f"ateliers.bench.{info.name}")
    later = len(ORDER)
    return dict(sorted(_works.items(), key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else later))


def measure(one: Work, *, quick: bool = False) -> Result:
    """Run a work in a yard of its own. A fault ends this work, not the others."""
    with tempfile.TemporaryDirectory(prefix="ateliers-bench-") as folder:
        try:
            with Yard.open(Path(folder), quick=quick) as yard:
                found = asyncio.run(one.run(yard))
        except Exception as fault:  # noqa: BLE001 - the other works still have something to say
            traceback.print_exc()
            return Result(work=one, measure=None, fault=f"{type(fault).__name__}: {fault}")
    return Result(work=one, measure=found)
