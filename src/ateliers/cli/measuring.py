"""Measure how fast it is, against what PostgreSQL itself does on the same server."""

from __future__ import annotations

import json
import sys

import click

from ateliers.cli.frame import IN_PART, console


@click.command(short_help="Measure speed and memory.")
@click.argument("works", nargs=-1)
@click.option("--format", "style", type=click.Choice(["table", "json"]), default="table", show_default=True)
@click.option("--quick", is_flag=True, help="Short runs: for trying a change, not for judging.")
@click.option("--list", "only_list", is_flag=True, help="List the works and their goals.")
def bench(works: tuple[str, ...], style: str, quick: bool, only_list: bool) -> None:
    """Measure WORKS (all when none is named) on a fresh embedded PostgreSQL, each against its goal.

    With --format json, one line per work: work, value, unit, reference, ratio, goal, holds. Exit code 4 when a goal is
    missed.
    """
    from rich.console import Console
    from rich.table import Table

    from ateliers.bench.works import Result, all_works, measure

    known = all_works()
    unknown = [name for name in works if name not in known]
    if unknown:
        raise click.BadParameter(f"unknown: {', '.join(unknown)}. Known: {', '.join(known)}.", param_hint="WORKS")
    chosen = [known[name] for name in works or known]
    screen = console()
    if only_list:
        for one in chosen:
            screen.print(f"  {one.name:14} {one.goal_in_words}")
        return

    table = Table(
        "work", "value", "unit", "reference", "ratio", "goal", "holds", "note", box=None, padding=(0, 2, 0, 0)
    )
    results: list[Result] = []
    for one in chosen:
        with Console(stderr=True).status(f"{one.name}…"):
            result = measure(one, quick=quick)
        results.append(result)
        if style == "json":
            click.echo(json.dumps(result.as_line()))
        elif result.fault:
            table.add_row(one.name, "", one.unit, "", "", one.goal_in_words, "[red]fault[/]", result.fault)
        else:
            table.add_row(*result.as_row())
    if style == "table":
        screen.print(table)
    if not all(result.holds for result in results):
        sys.exit(IN_PART)
