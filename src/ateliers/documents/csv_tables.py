"""Tables as CSV that spreadsheets read as they are meant, and run nothing of."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

BOM = "\ufeff"  # without it, spreadsheets take accents for something else
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n", "|")


@lru_cache(4096)  # the same structures and titles come again on thousands of rows
def safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text.lstrip().startswith(DANGEROUS) or text.startswith(DANGEROUS) else text


def csv_text(rows: Iterable[Iterable[Any]], *, delimiter: str = ";") -> str:
    """The rows as CSV, quoted where needed. None is an empty cell."""
    made = io.StringIO()
    csv.writer(made, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return made.getvalue()


def csv_file(rows: Iterable[Sequence[Any]]) -> bytes:
    """The same as a file for people's spreadsheets: UTF-8 that says so, with `;`."""
    return (BOM + csv_text(rows)).encode()
