"""What the network forgets by itself: sign-ins and sessions that are over, applications never sent, volunteers answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from ateliers.database import execute, transaction
from ateliers.network import candidates
from ateliers.network.applications import LINK_LIFETIME

KEEP_SIGN_INS = timedelta(days=1)  # the limit per hour counts them
KEEP_ANSWERED_INVITATIONS = timedelta(days=365)  # of people who said no or nothing


async def purge_network(now: datetime) -> int:
    """Delete it; how many rows went."""
    async with transaction():
        gone = await execute("DELETE FROM staff_session WHERE expires_at <= $1", now)
        gone += await execute("DELETE FROM sign_in WHERE expires_at <= $1", now - KEEP_SIGN_INS)
        gone += await execute(
            "DELETE FROM application WHERE structure_id IS NULL AND created_at <= $1", now - LINK_LIFETIME
        )
        gone += await execute(
            "DELETE FROM invitation WHERE state <> 'accepted' AND expires_at <= $1", now - KEEP_ANSWERED_INVITATIONS
        )
        gone += await execute(
            "DELETE FROM candidate WHERE state = 'to_confirm' AND created_at <= $1", now - candidates.LINK_LIFETIME
        )
        gone += await execute(
            "DELETE FROM candidate WHERE state IN ('matched', 'closed') AND changed_at <= $1", now - candidates.KEPT
        )
    return gone
