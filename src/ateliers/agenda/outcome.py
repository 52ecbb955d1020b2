"""What became of a session, written inside the transaction of whoever found it out."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from ateliers.database import execute

Outcome = Literal["held", "held_empty"]


async def set_outcome(session_id: UUID, outcome: Outcome | None, *, now: datetime) -> None:
    """The session was held, was held with nobody, or is not known to have been (None). Opens no transaction.

    Calling off is another matter (E2): a session called off keeps its own mark, whatever stands here.
    """
    await execute(
        "UPDATE session SET outcome = $2, updated_at = $3 WHERE id = $1 AND outcome IS DISTINCT FROM $2",
        session_id,
        outcome,
        now,
    )
