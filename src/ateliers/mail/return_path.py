"""The address that bounces come back to: it names the message, and only this service can have made it (rule B1)."""

from __future__ import annotations

import re
from uuid import UUID

from ateliers import signing
from ateliers.settings import settings

LOCAL_PART = "retour"
PURPOSE = "return-path"
_SIGNED = re.compile(rf"{LOCAL_PART}\+([0-9a-f]{{32}})-([a-z2-7]{{16}})@(.+)", re.IGNORECASE)


def return_path(row_id: UUID) -> str:
    """The envelope sender of one message of the outbox; its local part has 56 characters."""
    return f"{LOCAL_PART}+{row_id.hex}-{signing.sign(PURPOSE, row_id.hex)}@{settings().mail_domain}"


def message_of(address: str) -> UUID | None:
    """Which message of the outbox a return path belongs to; None for any other address, a forged one included."""
    found = _SIGNED.fullmatch(address.strip().strip("<>"))
    if found is None or not signing.is_signed(PURPOSE, found[1].lower(), found[2]):
        return None
    return UUID(found[1])
