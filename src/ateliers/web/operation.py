"""For those who run the service: is it alive, is it ready, what does it count. No personal data."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec
import structlog
from litestar import Response, get
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.process_collector import ProcessCollector

from ateliers import clock, database
from ateliers.bookings.reminders import count_missed
from ateliers.web.frame import App, Receive, Scope, Send

log = structlog.get_logger()

LATE_MAIL = 600.0  # seconds: from here on somebody should look at the SMTP server
COUNTED_EVERY = timedelta(minutes=1)
JSON = "application/json"


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """How far behind the mail is. Durations in seconds."""

    queued: int
    lag: float  # of the message that should have left first
    oldest_unsent: float  # since the oldest unsent message was queued
    late_reminders: int  # messages
    missed_reminder_steps: int = 0  # sessions whose reminders nobody has queued, though their moment has come
    failed_last_day: int


class Readiness(msgspec.Struct, frozen=True, kw_only=True):
    """What /health/ready tells: 'ready', 'late' (answers, but mail is behind), or 'not ready' with HTTP 503."""

    status: str
    database: bool
    pending_migrations: list[str] = []
    queue: Queue | None = None


QUEUE = """
    SELECT count(*) FILTER (WHERE state = 'queued') AS queued,
        COALESCE(GREATEST(EXTRACT(epoch FROM $1 - min(due_at) FILTER (WHERE state = 'queued')), 0), 0)::float AS lag,
        COALESCE(GREATEST(EXTRACT(epoch FROM $1 - min(created_at) FILTER (WHERE state = 'queued')), 0), 0)::float
            AS oldest_unsent,
        count(*) FILTER (WHERE state = 'queued' AND kind = 'reminder' AND due_at <= $1) AS late_reminders,
        count(*) FILTER (WHERE state = 'failed') AS failed_last_day
    FROM outbox WHERE state = 'queued' OR (state = 'failed' AND done_at > $1 - interval '1 day')
"""


async def read_queue(now: datetime) -> Queue:
    """The mail queue at `now`; the missed steps, which are dear to count, as they stood within the last minute."""
    global _missed
    found = await database.fetch_one(Queue, QUEUE, now)
    if found is None:
        raise LookupError("a count has a row")
    if _missed is None or not timedelta(0) <= now - _missed[0] < COUNTED_EVERY:
        _missed = (now, await count_missed(now))
    return msgspec.structs.replace(found, missed_reminder_steps=_missed[1])


_missed: tuple[datetime, int] | None = None


async def read_readiness(now: datetime) -> Readiness:
    """Whether the database answers, is migrated, and how far behind the mail is."""
    try:
        done = [row["name"] for row in await database.fetch_rows("SELECT name FROM migration")]
        pending = database.pending_migrations(done)
        queue = await read_queue(now)
    except asyncpg.UndefinedTableError:
        return Readiness(status="not ready", database=True, pending_migrations=database.pending_migrations(()))
    except Exception as fault:
        if not isinstance(fault, asyncpg.PostgresError) and not database.is_away(fault):
            raise
        return Readiness(status="not ready", database=False)
    late = queue.lag > LATE_MAIL or queue.missed_reminder_steps > 0
    status = "not ready" if pending else "late" if late else "ready"
    return Readiness(status=status, database=True, pending_migrations=pending, queue=queue)


@get("/health/live", include_in_schema=False)
async def live() -> Response[bytes]:
    """This process answers."""
    return Response(b'{"status":"live"}', media_type=JSON, headers={"cache-control": "no-store"})


@get("/health/ready", include_in_schema=False)
async def ready() -> Response[bytes]:
    """This process can serve people: 200, or 503 and why not."""
    found = await read_readiness(clock.now())
    return Response(
        msgspec.json.encode(found),
        status_code=503 if found.status == "not ready" else 200,
        media_type=JSON,
        headers={"cache-control": "no-store"},
    )


@get("/metrics", include_in_schema=False)
async def metrics() -> Response[bytes]:
    """Prometheus' text format: this process's requests, and the queue that all processes share."""
    found = await read_readiness(clock.now())
    DATABASE_UP.set(found.database)
    if found.queue is not None:
        for name, gauge in QUEUE_GAUGES.items():
            gauge.set(getattr(found.queue, name))
    return Response(
        generate_latest(REGISTRY), headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"}
    )


REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
REQUESTS = Counter("ateliers_requests", "Answers", ["method", "route", "status"], registry=REGISTRY)
SECONDS = Histogram(
    "ateliers_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.02, 0.06, 0.2, 0.6, 2, 6),
    registry=REGISTRY,
)
DATABASE_UP = Gauge("ateliers_database_up", "1 when the database answers", registry=REGISTRY)
QUEUE_GAUGES = {
    name: Gauge(f"ateliers_mail_{name}", text, registry=REGISTRY)
    for name, text in {
        "queued": "Messages not yet sent",
        "lag": "Seconds the first due message is late",
        "oldest_unsent": "Seconds since the oldest unsent message was queued",
        "late_reminders": "Reminders that should have left",
        "missed_reminder_steps": "Sessions whose reminders nobody has queued in time",
        "failed_last_day": "Messages given up in the last 24 hours",
    }.items()
}


def measured(app: App) -> App:
    """`app` with each answer counted and logged under its route, never its path: paths may hold private keys."""

    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500

        async def answer(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await app(scope, receive, answer)
        finally:
            seconds = time.perf_counter() - began
            # A path that no route knows gets one common label: strangers must not fill the memory.
            route = scope.get("path_template") or "other"
            method = scope["method"] if scope["method"] in METHODS else "other"
            REQUESTS.labels(method, route, status).inc()
            SECONDS.labels(route).observe(seconds)
            if status >= 500 or seconds > SLOW or not route.startswith(QUIET):
                log.info("answer", method=method, route=route, status=status, ms=round(seconds * 1000, 1))

    return counting


SLOW = 1.0  # seconds: worth a line even where lines are not kept
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
# Counted, but not a line each: probes, files, calendars that programs look at all day, and the bookings that programs make by
# the thousand (the outbox tells each).
QUIET = ("/health", "/metrics", "/static", "/api/v1/calendar", "/api/v1/sessions/{session_id}/bookings")

ROUTES: list[Any] = [live, ready, metrics]
