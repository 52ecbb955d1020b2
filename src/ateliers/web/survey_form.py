"""A survey as a form: its questions are the structure's, so no struct knows them."""

from __future__ import annotations

from typing import Any

from litestar import Request

from ateliers.refusals import Invalid, Refusal
from ateliers.web.forms import URLENCODED, UnreadableForm, form_fields
from ateliers.words import T


async def read_survey(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Answers by question, as a browser sends them. Raises UnreadableForm."""
    sent = await request.body()
    if sent and request.headers.get("content-type", "").partition(";")[0].strip().lower() != URLENCODED:
        raise UnreadableForm
    return {name: texts[-1] for name, texts in form_fields(sent).items()}


def errors_of(refusal: Refusal) -> dict[str, T]:
    """What is wrong with each answer; under '' what is wrong with all of them."""
    if isinstance(refusal, Invalid):
        return {name: T(message) for name, message in refusal.errors.items()}
    return {"": T(refusal.title)}
