"""How we say no: an answer in the reader's language, not a fault."""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """Base of every no. Subclasses stand beside the use case that raises them and are named after the obstacle.

    `title` is an English message id, translated where it is shown; `status` is the HTTP status of the answer;
    `slug` names it in problem details (RFC 9457). `field` is the form field it belongs beside, or ''.
    Keyword arguments fill the `%(name)s` of the title.
    """

    status: ClassVar[int] = 409
    title: ClassVar[str] = "This is not possible."
    field: str = ""

    def __init__(self, *, field: str | None = None, **facts: Any) -> None:
        super().__init__(self.title)
        self.facts = facts
        if field is not None:
            self.field = field

    @property
    def slug(self) -> str:
        """The class name in kebab case: 'session-full'."""
        name = type(self).__name__
        return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("-")


class NotFound(Refusal):
    """There is no such thing, or it is not this reader's to see: the two look alike."""

    status = 404
    title = "This page does not exist or is no longer there."


class NotAllowed(Refusal):
    """Known person, but this is not theirs to do."""

    status = 403
    title = "Your role does not allow this."


class Invalid(Refusal):
    """Values that contradict a rule the form cannot check by itself. `errors` maps field to message ids."""

    status = 422
    title = "Some answers need correcting."

    def __init__(self, errors: dict[str, str], **facts: Any) -> None:
        super().__init__(field=next(iter(errors), ""), **facts)
        self.errors = errors
