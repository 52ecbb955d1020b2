"""The extra questions of an event: at most five, never about health nor what identifies a patient (C16, G5)."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from ateliers.words import T, fold

MOST = 5  # an event
MOST_CHOICES = 12
LONGEST_CHOICE = 80
FEWEST_CHOICES = 2
KEY_LENGTH = 8


class Answer(enum.StrEnum):
    """How a question is answered."""

    TEXT = "text"
    YES_NO = "yes_no"
    CHOICE = "choice"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _ANSWER_LABELS[self]


_ANSWER_LABELS = {
    Answer.TEXT: T("a few words"),
    Answer.YES_NO: T("yes or no"),
    Answer.CHOICE: T("one answer among several"),
}


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One question of the booking form. `choices` are the answers offered by a question of choice."""

    id: Annotated[str, Meta(max_length=KEY_LENGTH, pattern="^[0-9a-z]*$", extra={"input": "hidden"})] = (
        ""  # unique in its event: answers are kept under it; '' until the event has taken it
    )
    text: Annotated[str, Meta(max_length=150, title="Question", extra={"sometimes": True})] = ""
    answer: Annotated[Answer, Meta(title="It is answered by", extra={"sometimes": True})] = Answer.TEXT
    choices: Annotated[
        list[Annotated[str, Meta(max_length=LONGEST_CHOICE)]],
        Meta(
            max_length=MOST_CHOICES,
            title="Answers to choose from",
            description="One a line. Only for a question with one answer among several.",
            extra={"input": "textarea", "sometimes": True},
        ),
    ] = []
    is_required: Annotated[bool, Meta(title="An answer is needed")] = False


# Words that say something else than what the guard looks for.
_HARMLESS = re.compile(
    r"\b(?:espaces? (?:numeriques? de )?sante|professionnel(?:le)?s? de (?:la )?sante|(?:centre|maison|cabinet|metier|document|donnee)s? de sante"
    r"|e sante|sante numerique|traitements? de textes?|health (?:space|record|centre|professional|worker)s?|digital health)\b"
)
# Stems, of folded text: what only a carer may ask, and what identifies a patient.
_SENSITIVE = re.compile(
    r"\b(?:sante|maladies?|malades?|patholog\w*|handicap\w*|invalid\w*|mdph|traitements?|medicaments?|medicamenteu\w*|ordonnances?"
    r"|diagnosti\w*|symptom\w*|allergi\w*|grossesses?|enceintes?|vaccin\w*|covid\w*|diabet\w*|cancer\w*|depressi\w*|depress[ei]\w*"
    r"|hospitalis\w*|chirurg\w*|psychiatr\w*|psycholog\w*|addict\w*|alcool\w*|drogues?|tabac|fum(?:ez|eur|euse)\w*|groupe sanguin"
    r"|antecedents?|affection longue duree|ald|imc|douleurs?|contracept\w*|sexualite|vih|hiv|seropositi\w*"
    r"|securite sociale|numero (?:de )?(?:secu|ins|nir)|nir|carte vitale numero|date de naissance|annee de naissance|ne e le"
    r"|health|ill(?:ness\w*)?|diseases?|disab\w*|medications?|medicines?|treatments?|pregnan\w*|symptoms?|allerg\w*|depressed"
    r"|surgery|blood type|social security|birth date|date of birth|year of birth)\b"
)


def is_about_health(text: str) -> bool:
    """Whether a question or an answer offered seems to ask for health information, a patient's number or a birth date."""
    return _SENSITIVE.search(_HARMLESS.sub(" ", fold(text))) is not None


def wrong_questions(questions: Sequence[Question]) -> dict[str, str]:
    """What is wrong with each question: field of the form to message id."""
    errors: dict[str, str] = {}
    seen: set[str] = set()
    for n, question in enumerate(questions):
        offered = [choice for choice in question.choices if choice]
        if not question.text:
            errors[f"questions.{n}.text"] = "Write the question, or empty its answers."
        elif any(is_about_health(text) for text in (question.text, *offered)):
            errors[f"questions.{n}.text"] = (
                "Do not ask about health, a social security number or a date of birth. Needs have their own field."
            )
        elif fold(question.text) in seen:
            errors[f"questions.{n}.text"] = "This question is asked twice."
        if question.answer is Answer.CHOICE and len(set(offered)) < FEWEST_CHOICES:
            errors[f"questions.{n}.choices"] = "Write at least two different answers, one a line."
        elif question.answer is not Answer.CHOICE and offered:
            errors[f"questions.{n}.choices"] = (
                "Answers to choose from belong to a question with one answer among several."
            )
        seen.add(fold(question.text))
    return errors


def taken(questions: Sequence[Question], known: Sequence[Question], new_keys: Sequence[str]) -> list[Question]:
    """The questions as the event keeps them.

    One that is `known` and still answered the same way keeps its id, and with it the answers it was given; every other
    one takes one of `new_keys`, so that nobody's answer ever stands under another question.
    """
    before = {question.id: question.answer for question in known}
    keys = iter(new_keys)
    kept: set[str] = set()
    made = []
    for question in questions:
        stays = before.get(question.id) is question.answer and question.id not in kept
        id = question.id if stays else next(keys)
        kept.add(id)
        choices = list(dict.fromkeys(choice for choice in question.choices if choice))
        made.append(msgspec.structs.replace(question, id=id, choices=choices))
    return made
