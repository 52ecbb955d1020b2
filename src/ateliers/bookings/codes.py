"""The marks of a booking: six letters and digits read aloud without mistaking O for 0 or I for 1 (C4), and its calendar UID."""

from __future__ import annotations

import os

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32: five bits a letter
LENGTH = 6


def new_code() -> str:
    """A random code: one of 2**30, not secret by itself, not yet known to be free."""
    return "".join(ALPHABET[byte & 31] for byte in os.urandom(LENGTH))


def new_uid(domain: str) -> str:
    """A calendar UID of 128 random bits: it authenticates replies, so nobody can guess it (rule I2)."""
    return f"b-{os.urandom(16).hex()}@{domain}"
