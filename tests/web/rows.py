"""All rows of the database: told apart by a fingerprint, kept aside, put back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ateliers import database

TABLES = """SELECT table_name FROM information_schema.tables
WHERE table_schema = 'public' AND table_name <> 'migration' ORDER BY table_name"""


COLUMNS = """SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS columns
FROM information_schema.columns WHERE table_schema = 'public' AND is_generated = 'NEVER' GROUP BY table_name"""


async def fingerprint() -> dict[str, str]:
    """A digest of the rows of each table: equal when nothing was stored, changed or deleted."""
    return await _of_each("md5(string_agg(row::text, '|' ORDER BY row::text))", "text")


async def keep_rows() -> dict[str, Any]:
    """All rows of each table, to put back later."""
    kept = await _of_each("jsonb_agg(to_jsonb(row))", "jsonb")
    return {name: rows or [] for name, rows in kept.items()}


async def put_rows_back(kept: dict[str, Any], tables: Collection[str]) -> None:
    """Make the rows of some tables what they were when they were kept."""
    if not _columns:
        _columns.update({row["table_name"]: row["columns"] for row in await database.fetch_rows(COLUMNS)})
    async with database.transaction():
        await database.execute("SET LOCAL session_replication_role = replica")  # triggers off: tables in any order
        for name in tables:
            await database.execute(f"DELETE FROM {name}")
            await database.execute(
                f"""INSERT INTO {name} ({_columns[name]}) OVERRIDING SYSTEM VALUE
                    SELECT {_columns[name]} FROM jsonb_populate_recordset(NULL::{name}, $1)""",
                kept[name],
            )


async def _of_each(expression: str, kind: str) -> dict[str, Any]:
    if not _names:
        _names.extend(row["table_name"] for row in await database.fetch_rows(TABLES))
    each = ", ".join(f"(SELECT {expression} FROM {name} row)" for name in _names)
    return dict(zip(_names, await database.fetch_value(f"SELECT ARRAY[{each}]::{kind}[]"), strict=True))


# Of the tables, which no test changes.
_names: list[str] = []
_columns: dict[str, str] = {}
