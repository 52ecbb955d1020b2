"""What became of an event's sessions, in figures: what is handed to funders and to La Coop."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from ateliers.agenda.kinds import Counter
from ateliers.agenda.session import Session
from ateliers.agenda.sessions import list_sessions_of_event
from ateliers.database import fetch
from ateliers.words import T

State = Literal["called_off", "held", "held_empty", "planned", "missing"]
STATES: dict[State, T] = {
    "called_off": T("called off"),
    "held": T("held"),
    "held_empty": T("held with nobody"),
    "planned": T("still to come"),
    "missing": T("attendance missing"),
}


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A session's counts; times in minutes. People counted in passing (`counts`) are never among those who came."""

    id: UUID
    present: int = 0
    absent: int = 0
    excused: int = 0
    walk_ins: int = 0
    people: int = 0  # who ran it
    minutes: int = 0
    preparation: int = 0
    volunteer_minutes: int = 0  # on the spot and to prepare
    sheets: int = 0  # signed pages that were received
    counts: dict[str, int] = {}
    is_own_place: bool = False  # a venue of the structure

    @property
    def came(self) -> int:
        """People who came, booked or not."""
        return self.present + self.walk_ins

    def counted(self, counter: Counter) -> int:
        """How often it was tapped."""
        return self.counts.get(counter.value, 0)


class HeldSession(msgspec.Struct, frozen=True, kw_only=True):
    """A session with what became of it."""

    session: Session
    figures: Figures
    state: State


async def list_held(event_id: UUID, *, now: datetime) -> list[HeldSession]:
    """All sessions of an event with their figures, in order of time."""
    rows = await fetch(
        Figures,
        """SELECT s.id, COALESCE(t.present, 0) AS present, COALESCE(t.absent, 0) AS absent,
                  COALESCE(t.excused, 0) AS excused, COALESCE(t.walk_ins, 0) AS walk_ins,
                  COALESCE(h.people, 0) AS people, COALESCE(h.minutes, 0) AS minutes,
                  COALESCE(h.preparation, 0) AS preparation,
                  COALESCE(h.volunteer_minutes + h.volunteer_preparation, 0) AS volunteer_minutes,
                  (SELECT count(*) FROM signed_sheet g WHERE g.session_id = s.id) AS sheets,
                  COALESCE((SELECT jsonb_object_agg(c.counter, GREATEST(c.total, 0)) FROM count_sum c
                            WHERE c.session_id = s.id), '{}') AS counts,
                  COALESCE(p.owner_id = e.structure_id, false) AS is_own_place
           FROM session s JOIN event e ON e.id = s.event_id LEFT JOIN place p ON p.id = s.place_id
           LEFT JOIN tally t ON t.session_id = s.id LEFT JOIN effort_sum h ON h.session_id = s.id
           WHERE s.event_id = $1""",
        event_id,
    )
    figures = {row.id: row for row in rows}
    return [
        HeldSession(session=session, figures=figures[session.id], state=state_of(session, now))
        for session in await list_sessions_of_event(event_id)
        if session.id in figures
    ]


def state_of(session: Session, now: datetime) -> State:
    """What became of a session."""
    if session.is_called_off:
        return "called_off"
    if session.outcome == "held_empty":
        return "held_empty"
    if session.outcome is not None:
        return "held"
    return "missing" if session.is_over(now) else "planned"
