"""Bytes that must not change without anybody noticing: `ATELIERS_GOLDEN=1 pytest` writes them anew."""

from __future__ import annotations

import os
from pathlib import Path


def same_as_golden(path: Path, found: bytes) -> bool:
    """Whether `found` is what the file holds."""
    if os.environ.get("ATELIERS_GOLDEN") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(found)
    return path.read_bytes() == found
