"""The extra questions of an event: at most five, never about health (C16)."""

from __future__ import annotations

from typing import Literal

import msgspec

MOST = 5  # an event


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question of the booking form. `choices` are the answers offered by a question of choice."""

    id: str  # unique in its event; answers are kept under it
    text: str
    answer: Literal["choice", "text", "yes_no"]
    choices: list[str] = []
    is_required: bool = False
