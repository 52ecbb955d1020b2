"""How long a poster takes, each of a session of its own; flyers and the picture in the note."""

from __future__ import annotations

import statistics
import time

from ateliers import clock, database
from ateliers.agenda.poster import Format, make_poster
from ateliers.agenda.session import SESSION_SQL, Session
from ateliers.bench.pages import make_sessions
from ateliers.bench.works import Measure, work
from ateliers.bench.yard import Yard

SESSIONS = 60
STARTS = {Format.POSTER: b"%PDF-", Format.FLYER: b"%PDF-", Format.PICTURE: b"\x89PNG"}


@work("poster", unit="ms", goal=50, at_most=True)
async def poster(yard: Yard) -> Measure:
    """The middle of many A4 posters in a process that has made one before."""
    await make_sessions(yard, SESSIONS)
    await database.open_pool(yard.database_url)
    try:
        sessions = await database.fetch(Session, f"{SESSION_SQL} ORDER BY s.id LIMIT {10 if yard.quick else SESSIONS}")
    finally:
        await database.close_pool()
    cold, *_rest = await _times(sessions[:1], Format.POSTER)
    taken = {form: await _times(sessions[1:], form) for form in Format}
    middle = {form: statistics.median(times) * 1000 for form, times in taken.items()}
    note = (
        f"first {cold * 1000:.0f} ms, slowest {max(taken[Format.POSTER]) * 1000:.0f} ms; "
        f"two flyers {middle[Format.FLYER]:.0f} ms, picture {middle[Format.PICTURE]:.0f} ms"
    )
    return Measure(value=middle[Format.POSTER], note=note)


async def _times(sessions: list[Session], form: Format) -> list[float]:
    times = []
    for session in sessions:
        begun = time.perf_counter()
        made = await make_poster(session, form, now=clock.now())
        times.append(time.perf_counter() - begun)
        if not made.startswith(STARTS[form]):
            raise RuntimeError("this is no poster")
    return times
