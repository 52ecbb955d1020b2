"""What a manager starts from: a model of the region, a form left unfinished; written straight into the tables."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ateliers import clock
from tests.world import insert


async def make_model(*, title: str = "Modèle", **values: Any) -> UUID:
    """A workshop that is offered in the Nièvre."""
    content = {"kind": "workshop", "title": title}
    known = {"departements": ["58"], "kind": "workshop", "advice": "", "kept_at": clock.now()}
    return await insert("event_template", **{**known, "title": title, "content": content, **values})


async def make_unfinished(person_id: UUID, title: str = "À finir") -> UUID:
    """A workshop that its author has yet to finish."""
    answers = {"title": [title]}
    known = {"kind": "workshop", "title": title, "answers": answers, "saved_at": clock.now()}
    return await insert("unfinished_event", person_id=person_id, **known)
