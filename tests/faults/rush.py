"""Many people who book at once and try again when no answer comes, as a browser or a partner's program does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

import asyncpg
import httpx

GIVES_UP = 120.0  # seconds without an answer


@dataclass
class Answers:
    """What people were told: their code under their key."""

    confirmed: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    asked_to_wait: int = 0  # 503: try again

    @property
    def count(self) -> int:
        return len(self.confirmed) + len(self.waiting) + len(self.refused)


async def rush(
    base: str, session: UUID, people: int, *, at_once: int, meanwhile: Callable[[Answers], Awaitable[None]]
) -> Answers:
    """Everybody books one seat; `meanwhile` runs beside them. Every one of them has an answer at the end."""
    answers = Answers()
    turns = iter(range(people))

    async def person(client: httpx.AsyncClient, number: int) -> None:
        key = f"rush-{number}"
        body = {
            "contact": {"name": f"Odile {number}", "email": f"odile.{number}@example.test", "phone": None},
            "seats": 1,
            "names": [],
            "on_behalf": None,
            "needs": None,
            "language": "fr",
        }
        async with asyncio.timeout(GIVES_UP):
            while True:
                try:
                    answer = await client.post(
                        f"{base}/api/v1/sessions/{session}/bookings", json=body, headers={"idempotency-key": key}
                    )
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
                    continue
                if answer.status_code == 201:
                    told = answer.json()
                    (answers.confirmed if told["status"] == "confirmed" else answers.waiting)[key] = told["code"]
                    return
                if answer.status_code < 500:
                    assert answer.status_code == 409, answer.text
                    answers.refused.add(key)
                    return
                assert answer.status_code == 503, answer.text
                answers.asked_to_wait += 1
                await asyncio.sleep(0.1)

    async def one_after_another(client: httpx.AsyncClient) -> None:
        for number in turns:
            await person(client, number)

    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=at_once)) as client:
        await asyncio.gather(meanwhile(answers), *(one_after_another(client) for _ in range(at_once)))
    return answers


async def assert_kept(url: str, session: UUID, answers: Answers, *, capacity: int) -> None:
    """Nothing confirmed is lost, nothing is oversold, nobody is booked twice, and every booking has its e-mail queued."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            """SELECT b.code, b.state, b.seats, b.email, EXISTS (
                   SELECT FROM outbox o WHERE o.subject_id = b.id
                   AND o.kind = CASE b.state WHEN 'confirmed' THEN 'booking_confirmed' ELSE 'waiting_list_joined' END
               ) AS is_told
               FROM booking b WHERE b.session_id = $1""",
            session,
        )
        counters = await connection.fetchrow("SELECT seats_taken, seats_waiting FROM session WHERE id = $1", session)
    finally:
        await connection.close()
    confirmed = {row["code"] for row in rows if row["state"] == "confirmed"}
    waiting = {row["code"] for row in rows if row["state"] == "waiting"}
    assert confirmed == set(answers.confirmed.values())
    assert waiting == set(answers.waiting.values())
    assert tuple(counters) == (len(confirmed), len(waiting))
    assert len(confirmed) <= capacity
    assert len({row["email"] for row in rows}) == len(rows)
    assert [row["code"] for row in rows if not row["is_told"]] == []
