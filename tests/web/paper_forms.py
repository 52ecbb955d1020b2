"""The forms about paper, hours and proofs, each with a valid answer."""

from __future__ import annotations

from ateliers.attendance.effort import Team
from tests.web.sent import Sent

PAPER: dict[str, Sent] = {
    "/espace/seances/{session_id:uuid}/equipe": Sent(
        at=lambda s: f"/espace/seances/{s.began}/equipe",
        by="nadia",
        struct=Team,
        valid=lambda _s: {
            "people.0.name": "Nadia Ferrand",
            "people.0.minutes": "2 h",
            "people.0.preparation": "1 h 30",
            "people.0.is_volunteer": "1",
        },
    ),
}
