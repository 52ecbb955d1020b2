"""What a feed says of itself, whatever its format."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """In the reader's language; addresses are whole."""

    name: str
    address: str  # its own
    page: str  # where people read the same
    language: str
    modified: datetime  # aware, UTC, whole seconds
