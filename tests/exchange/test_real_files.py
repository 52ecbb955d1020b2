"""The importers against real open data, where it lies beside the checkout or where ATELIERS_SHARED_DATA says; never shipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ateliers.exchange.imports import run_import
from tests.world import NOON

SHARED = Path(os.environ.get("ATELIERS_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data")) / "real"

pytestmark = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the real files are not here: set ATELIERS_SHARED_DATA to the folder that holds real/"
)

FILES = [
    ("lieux", "lieux_normalises.csv", 489, 4),
    ("lieux", "la-creuse.json", 91, 0),
    ("lieux", "aix-en-provence.json", 38, 0),
    ("lieux", "epernay.json", 39, 0),
    ("lieux", "etapes-numerique.json", 95, 0),
    ("openagenda", "openagenda-40-evenements.json", 40, 0),
    ("evenements", "ateliers-familles-zero-dechet-2019.json", 53, 0),
]


@pytest.mark.parametrize(("kind", "name", "rows", "refused"), FILES)
async def test_a_real_file_is_taken_over_once(kind: str, name: str, rows: int, refused: int):
    first = await run_import(kind, SHARED / name, dry_run=False, now=NOON)
    again = await run_import(kind, SHARED / name, dry_run=False, now=NOON)

    counted = {outcome.value: count for outcome, count in first.counts.items()}
    assert sum(counted.values()) == rows
    assert counted["refused"] == refused
    assert counted["imported"] + counted["repaired"] > rows * 0.9
    assert {o.value: n for o, n in again.counts.items()} == {
        "imported": 0,
        "repaired": 0,
        "known": rows - refused,
        "refused": refused,
    }
