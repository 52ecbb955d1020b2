"""What a refusal means for the address it was about: enhanced status codes (RFC 3463) and who is at fault (rule B3)."""

from __future__ import annotations

import re
from typing import Literal

Action = Literal["failed", "delayed", "delivered"]
Cause = Literal["dead", "soft", "policy", "complaint"]

_CODE = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_OUR_FAULT = {"5.1.7", "5.1.8", "5.1.9"}  # what is wrong is our own address


def status_of(field: str, diagnostic: str) -> str:
    """The enhanced code of a Status field; of the other server's words when they are more precise; '' when there is none."""
    told, said = _CODE.search(field), _CODE.search(diagnostic)
    if said and (told is None or (told[1].endswith(".0.0") and told[1][0] == said[1][0])):
        return said[1]
    return told[1] if told else ""


def cause_of(status: str) -> Cause:
    """Who or what is at fault when a message was given up with this code."""
    if status.startswith("5.7.") or status in _OUR_FAULT:
        return "policy"
    if status.startswith("5.1."):
        return "dead"
    return "soft"
