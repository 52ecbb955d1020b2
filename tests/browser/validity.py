"""Whether pages are valid HTML, as html-validate reads them: all pages of a crawl in one run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parent.parent / "engines" / "node_modules" / "html-validate" / "bin" / "html-validate.mjs"
RULES = {
    "root": True,
    "extends": ["html-validate:standard", "html-validate:a11y"],
    "rules": {
        # Matters of taste, or of bytes.
        "attribute-boolean-style": "off",
        "attribute-empty-style": "off",
        "no-trailing-whitespace": "off",
        "long-title": "off",  # titles name the event, which people name
        "no-redundant-for": "off",  # a label around its input and tied to it: some voice programs need the second
        "prefer-native-element": "off",  # a box that scrolls is a region by its role, and no section of the text
        "aria-label-misuse": ["error", {"allowAnyNamable": True}],
        "form-dup-name": "off",  # a list of dates has one input a date, all of one name
    },
}


def html_faults(pages: dict[str, str], folder: Path) -> list[str]:
    """What is not valid in `pages` (by their paths), each fault of one rule once; `folder` is for their files."""
    if not PROGRAM.exists():
        told = "html-validate was not found: `npm install --prefix tests/engines` brings it."
        if os.environ.get("CI"):
            pytest.fail(told)
        return []
    paths = {}
    for number, (path, text) in enumerate(pages.items()):
        file = folder / f"{number}.html"
        file.write_text(text, encoding="utf-8")
        paths[str(file)] = path
    rules = folder / "rules.json"
    rules.write_text(json.dumps(RULES))
    command = ["node", PROGRAM, "--config", rules, "--formatter", "json", folder / "*.html"]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode in {0, 1}, told.stderr
    found = {
        (fault["ruleId"], fault["message"]): f"{paths[read['filePath']]}, line {fault['line']}: {fault['message']}"
        for read in json.loads(told.stdout)
        for fault in read["messages"]
    }
    return list(found.values())
