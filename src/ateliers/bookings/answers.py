"""Answers to an event's extra questions: what is wrong with them, and how they are read (C16)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ateliers.agenda.questions import Answer, Question
from ateliers.bookings.needs import looks_like_nir
from ateliers.words import _

LONGEST = 300  # letters
YES, NO = "yes", "no"


def wrong_answers(
    questions: Sequence[Question], answers: Mapping[str, str], *, is_staff: bool = False
) -> dict[str, str]:
    """What is wrong with answers as given, by field ('answers.<id>'). Staff may leave out what they were not told."""
    errors: dict[str, str] = {}
    for question in questions:
        text = answers.get(question.id, "")
        if wrong := _wrong(question, text, is_staff=is_staff):
            errors[f"answers.{question.id}"] = wrong
    known = {question.id for question in questions}
    return errors | {f"answers.{id}": "This field does not exist." for id in answers if id not in known}


def _wrong(question: Question, text: str, *, is_staff: bool) -> str:
    if not text:
        return "Fill in this answer." if question.is_required and not is_staff else ""
    if question.answer is Answer.CHOICE and text not in question.choices:
        return "Choose one of the answers offered."
    if question.answer is Answer.YES_NO and text not in (YES, NO):
        return "Answer yes or no."
    if len(text) > LONGEST:
        return "This answer is too long."
    return "Do not write a social security number." if looks_like_nir(text) else ""


def answer_in_words(question: Question, text: str) -> str:
    """An answer as people read it, in the reader's language."""
    return {YES: _("Yes"), NO: _("No")}.get(text, text) if question.answer is Answer.YES_NO else text
