"""An event's extra questions as fields of a form, named `answers.<id>`: the citizen's form and the staff's draw the same (C16)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import inspect as mi

from ateliers.agenda.questions import Answer, Question
from ateliers.bookings.answers import LONGEST, NO, YES
from ateliers.web.fields import Spec
from ateliers.web.forms import Field, Form
from ateliers.words import T, _, plain

MOST_RADIOS = 6  # more answers than this are a list to unfold


class AskedField(Field):
    """The field of one question; its label and answers are the structure's own words."""

    def __init__(self, question: Question, texts: list[str], errors: list[T], *, is_needed: bool) -> None:
        spec = Spec(
            question.id, str, mi.StrType(max_length=LONGEST), False, None, not is_needed, is_needed, "", {}, {}
        )  # fmt: skip
        super().__init__(spec, f"answers.{question.id}", texts, errors)
        self.question = question

    @property
    def label(self) -> str:
        """The question."""
        return self.question.text

    @property
    def options(self) -> list[tuple[str, str]]:
        """Value and label of each answer offered; where none is needed, that too can be chosen."""
        if self.question.answer is Answer.TEXT:
            return []
        offered = [(YES, _("Yes")), (NO, _("No"))]
        if self.question.answer is Answer.CHOICE:
            offered = [(choice, choice) for choice in self.question.choices]
        if self.spec.required or self.type == "select":
            return offered
        return [*offered, ("", _("I do not answer"))]

    @property
    def type(self) -> str:
        """How it is drawn."""
        if self.question.answer is Answer.TEXT:
            return "text"
        return "select" if len(self.question.choices) > MOST_RADIOS else "radio"


def asked_fields(form: Form[Any], questions: Sequence[Question], *, by_staff: bool = False) -> list[Field]:
    """A field for each question, with what was typed and what is wrong; `form` knows them from then on.

    Staff need not answer what they were not told.
    """
    for question in questions:
        name, is_needed = f"answers.{question.id}", question.is_required and not by_staff
        texts = form.raw.get(name) or ([] if is_needed else [""])
        form.added[name] = AskedField(question, texts, form.errors.get(name, []), is_needed=is_needed)
    return [form.added[f"answers.{question.id}"] for question in questions]


def answers_of(form: Form[Any], questions: Sequence[Question]) -> dict[str, str]:
    """What was answered, by id of the question; nothing for what was left open."""
    typed = {question.id: plain((form.raw.get(f"answers.{question.id}") or [""])[-1]) for question in questions}
    return {id: text for id, text in typed.items() if text}
