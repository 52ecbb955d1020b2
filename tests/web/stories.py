"""Shared experiences at three stages, for the scene in which every form is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from ateliers import clock
from tests.world import insert, make_event, make_session

TEXT = b"digest"


async def make_stories(structure_id: UUID, manager_id: UUID) -> dict[str, Any]:
    """One being written, one to be read, one that everybody reads, by name of the scene's fields."""
    moment = clock.now()
    ids: dict[str, Any] = {}
    for name, state in (("story", "draft"), ("sent_story", "submitted"), ("shared_story", "published")):
        event = await make_event(structure_id)
        await make_session(event, starts_at=moment - timedelta(days=9), outcome="held")
        ids[name] = await insert(
            "experience",
            event_id=event,
            state=state,
            title="SecretStory" if state == "draft" else "Un après-midi",
            aim="Aider.",
            content=None if state == "draft" else TEXT,
            created_at=moment,
            changed_at=moment,
            submitted_at=None if state == "draft" else moment,
            published_at=moment if state == "published" else None,
        )
        if state == "draft":
            ids["told"] = event
    file = await insert(
        "file",
        name="affiche.pdf",
        media_type="application/pdf",
        size=5,
        sha256=b"x",
        content=b"%PDF-",
        created_at=moment,
    )
    ids["paper"] = await insert(
        "experience_document", experience_id=ids["story"], file_id=file, title="SecretPaper", added_at=moment
    )
    await insert(
        "experience_consent",
        experience_id=ids["shared_story"],
        scope="regional_site",
        version="1",
        wording="Oui.",
        content=TEXT,
        given_at=moment,
        given_by=manager_id,
    )
    return ids
