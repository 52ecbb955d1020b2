"""The API called in-process, and a structure's token to call it with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import httpx
import msgspec
import pytest

from ateliers import clock, database
from ateliers.network.tokens import SCOPES, create_token
from ateliers.web.app import make_app
from ateliers.web.frame import App
from tests import world


@lru_cache(maxsize=1)
def the_app() -> App:
    """The application, made once: it keeps nothing between requests but pages, and the API has none."""
    return make_app()


def soon(days: int = 9) -> datetime:
    """13 h UTC, some days from the real now: handlers ask the real clock."""
    return (clock.now() + timedelta(days=days)).astimezone(UTC).replace(hour=13, minute=0, second=0, microsecond=0)


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """One structure with a published session of four seats, and all that is needed to call the API about it."""

    client: httpx.AsyncClient
    structure_id: UUID
    event_id: UUID
    session_id: UUID
    token: str

    @property
    def staff(self) -> dict[str, str]:
        """The structure's token, as a header."""
        return {"authorization": f"Bearer {self.token}"}

    @property
    def session(self) -> str:
        """The session's address."""
        return f"/api/v1/sessions/{self.session_id}"

    async def book(self, **changes: object) -> httpx.Response:
        """A booking of ODILE's, with changes."""
        body = {"contact": {"name": "Odile Marchand", "email": "odile@example.fr"}, **changes}
        return await self.client.post(f"{self.session}/bookings", json=body)


@pytest.fixture
async def desk(db: str) -> AsyncIterator[Desk]:
    """See Desk."""
    del db
    structure_id = await world.make_structure()
    event_id = await world.make_event(structure_id)
    session_id = await world.make_session(event_id, starts_at=soon(), capacity=4)
    token = await create_token(structure_id, "logiciel", SCOPES, now=clock.now())
    transport = httpx.ASGITransport(app=the_app())  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://ateliers.test") as client:
        yield Desk(client=client, structure_id=structure_id, event_id=event_id, session_id=session_id, token=token)


def pointers(answer: httpx.Response) -> dict[str, str]:
    """What a problem says of each wrong field."""
    assert answer.headers["content-type"] == "application/problem+json"
    return {error["pointer"]: error["detail"] for error in answer.json().get("errors", [])}


async def nothing_stored() -> bool:
    """Whether no booking, mail or second event came about."""
    counts = [
        await database.fetch_value(f"SELECT count(*) FROM {table}")
        for table in ("booking", "outbox", "walk_in", "attendance")
    ]
    return counts == [0, 0, 0, 0] and await database.fetch_value("SELECT count(*) FROM event") == 1
