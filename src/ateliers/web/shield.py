"""The shield: when bookings of a session explode, a proof of work is asked of browsers and programs (C14). Off by default.

It speaks ALTCHA's protocol (version 2) with nobody but this service: no third party, no cookie, no picture puzzle, and the
telephone as the other way. A proof is bound to the form, or to the API's Idempotency-Key, that it was made for: the same proof
books once, because the same key books once.
"""

from __future__ import annotations

import binascii
import hmac
from datetime import datetime
from typing import Any
from uuid import UUID

import altcha

from ateliers.settings import settings
from ateliers.signing import keyed_hash
from ateliers.web.crowds import SESSIONS

ALGORITHM = "SHA-256"
PREFIX = "0000"  # 65,536 tries on average: a second or two of a phone, while the form is being filled
MOST_LETTERS = 2000  # a payload of ours has 600


def is_raised(session_id: UUID, *, now: datetime) -> bool:
    """Whether bookings of this session must bring a proof for now, as far as this process has seen."""
    limit = settings().shield
    return limit > 0 and SESSIONS.count(session_id, now=now) >= limit


def challenge(key: str) -> dict[str, Any]:
    """A challenge whose solution counts for `key` alone (parameters and signature, as ALTCHA names them)."""
    made = altcha.create_challenge(
        algorithm=ALGORITHM, cost=1, key_prefix=PREFIX, data={"for": _mark(key)}, hmac_secret=_secret()
    )
    return made.to_dict()


def is_proven(proof: str, key: str) -> bool:
    """Whether `proof` (ALTCHA's payload in base64) solves a challenge that we made for `key`."""
    if not key or len(proof) > MOST_LETTERS:
        return False
    try:
        payload = altcha.Payload.from_base64(proof)
        asked = payload.challenge.parameters
        # What the parameters say is theirs until the signature is checked: the cost first, so that no proof costs us much.
        if (asked.algorithm, asked.cost, asked.key_prefix) != (ALGORITHM, 1, PREFIX):
            return False
        found = altcha.verify_solution(payload, _secret())
        mark = str((asked.data or {}).get("for", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError, binascii.Error):
        return False
    return found.verified and hmac.compare_digest(mark.encode(), _mark(key).encode())


def _mark(key: str) -> str:
    return keyed_hash("proof", key).hex()


def _secret() -> bytes:
    return keyed_hash("altcha", "challenge")
