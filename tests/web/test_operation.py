"""Health and metrics."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import clock
from ateliers.web import operation
from ateliers.web.operation import Queue, read_queue
from tests.world import NOON, START, insert, make_booking, make_session


@pytest.fixture(autouse=True)
def nothing_counted_before(monkeypatch):
    monkeypatch.setattr(operation, "_missed", None)


async def queue_mail(kind: str, *, created: timedelta, due: timedelta, **values: object) -> None:
    await insert("outbox", kind=kind, key=f"{kind}:{created}", created_at=NOON + created, due_at=NOON + due, **values)


async def test_the_queue_tells_how_far_behind_it_is():
    await queue_mail("booking_confirmed", created=timedelta(minutes=-30), due=timedelta(minutes=-5))
    await queue_mail("reminder", created=timedelta(minutes=-4), due=timedelta(minutes=-4))
    await queue_mail("reminder", created=timedelta(minutes=-1), due=timedelta(minutes=20))
    await queue_mail(
        "reminder",
        created=timedelta(hours=-3),
        due=timedelta(hours=-3),
        state="failed",
        done_at=NOON - timedelta(hours=2),
    )

    assert await read_queue(NOON) == Queue(queued=3, lag=300, oldest_unsent=1800, late_reminders=1, failed_last_day=1)


async def test_reminders_that_no_worker_queues_are_noticed():
    await make_booking(await make_session(starts_at=START))

    found = await read_queue(START - timedelta(days=1) + timedelta(hours=1))

    assert found.missed_reminder_steps == 1


async def test_an_empty_queue_is_not_late():
    assert await read_queue(NOON) == Queue(queued=0, lag=0, oldest_unsent=0, late_reminders=0, failed_last_day=0)


async def test_a_migrated_service_is_live_and_ready(client):
    live, ready = await client.get("/health/live"), await client.get("/health/ready")

    assert (live.status_code, live.json()) == (200, {"status": "live"})
    assert (ready.status_code, ready.json()["status"], ready.json()["queue"]["queued"]) == (200, "ready", 0)


async def test_mail_that_is_long_overdue_is_told_without_taking_the_service_down(client):
    await insert(
        "outbox",
        kind="reminder",
        key="late",
        created_at=clock.now() - timedelta(hours=1),
        due_at=clock.now() - timedelta(hours=1),
    )

    ready = await client.get("/health/ready")

    assert (ready.status_code, ready.json()["status"], ready.json()["queue"]["late_reminders"]) == (200, "late", 1)


async def test_metrics_count_answers_by_route_and_never_by_path(client):
    await client.get("/health/live")
    await client.get("/ma-reservation/K7MNPQ/a-private-key")

    text = (await client.get("/metrics")).text

    assert 'ateliers_requests_total{method="GET",route="/health/live",status="200"}' in text
    assert "ateliers_mail_queued 0.0" in text
    assert "ateliers_database_up 1.0" in text
    assert "a-private-key" not in text
