"""Logs: one JSON object a line, and nothing of anybody in it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from ateliers.logs import without_personal_data


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("to <odile.martin@example.fr>", "to <[address]>"),
        ("call 06 12 34 56 78 now", "call [phone] now"),
        ("call +33 6 12 34 56 78", "call [phone]"),
        ("GET /ma-reservation/K7MNPQ/abcdef123456 200", "GET /ma-reservation/K7MNPQ/… 200"),
        ("550 5.1.1 no such user", "550 5.1.1 no such user"),
        ("2026-11-24T11:00:00.123456Z", "2026-11-24T11:00:00.123456Z"),
        ("0191f3a2-0612-7345-8678-123456789012", "0191f3a2-0612-7345-8678-123456789012"),
    ],
)
def test_addresses_phones_and_private_links_are_blotted_out(text: str, kept: str):
    assert without_personal_data(None, "info", {"event": text, "inner": {"list": [text]}}) == {
        "event": kept,
        "inner": {"list": [kept]},
    }


def test_each_line_is_json_with_the_request_and_without_the_address():
    program = """
import logging, structlog
from ateliers.logs import set_up_logs
set_up_logs()
structlog.contextvars.bind_contextvars(request="abc")
try:
    raise ValueError("odile@example.fr is unknown")
except ValueError:
    structlog.get_logger().exception("fault")
logging.getLogger("library").warning("bounce of odile@example.fr")
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["level"], line["request"]) for line in lines] == [
        ("fault", "error", "abc"),
        ("bounce of [address]", "warning", "abc"),
    ]
    assert "odile" not in done.stderr
