"""The forms of attendance: the team's list, the volunteer's, the journal, counters and links."""

from __future__ import annotations

from collections.abc import Callable

from ateliers.attendance.recorder import NewLink
from ateliers.web import attendance_list
from ateliers.web.workspace import attendance
from tests.web.scene import Scene
from tests.web.sent import Sent

LIST = "/espace/seances/{session_id:uuid}/appel"


def taps(path: str, at: Callable[[Scene], str], by: str) -> dict[str, Sent]:
    """The buttons of a list: the same for the team and for the bearer of a link."""
    return {
        path: Sent(
            at=at,
            by=by,
            struct=attendance_list.SeatTap,
            valid=lambda s: {"seat": s.seat, "state": "present", "saw": "a b", "then": s.seat, "q": "Odile"},
        ),
        **{
            f"{path}/{what}": Sent(
                at=lambda s, what=what: f"{at(s)}/{what}",
                by=by,
                struct=attendance_list.Tap,
                valid=lambda _s: {"op": "0123"},
            )
            for what in ("tous-presents", "personne")
        },
        f"{path}/corriger": Sent(at=lambda s: f"{at(s)}/corriger", by=by),
        f"{path}/defaire": Sent(
            at=lambda s: f"{at(s)}/defaire",
            by=by,
            struct=attendance_list.UndoTap,
            valid=lambda _s: {"action": "0123"},
        ),
        f"{path}/compter": Sent(
            at=lambda s: f"{at(s)}/compter",
            by=by,
            struct=attendance_list.CountTap,
            valid=lambda _s: {"op": "0123", "counter": "shown"},
        ),
        f"{path}/sans-inscription": Sent(
            at=lambda s: f"{at(s)}/sans-inscription",
            by=by,
            struct=attendance_list.WalkInForm,
            valid=lambda _s: {"op": "0123", "name": "Rosa"},
        ),
    }


ATTENDANCE: dict[str, Sent] = {
    "/espace/appel/fichier": Sent(
        at=lambda _s: "/espace/appel/fichier",
        by="nadia",
        struct=attendance.FileForm,
        file="file",
        content='{"format": "ateliers-reponses/1", "device": "d", "lists": []}',
    ),
    **taps(LIST, lambda s: f"/espace/seances/{s.began}/appel", "nadia"),
    **taps("/appel/{token:str}", lambda s: s.helpers_list, "stranger"),
    f"{LIST}/total": Sent(
        at=lambda s: f"/espace/seances/{s.began}/appel/total",
        by="nadia",
        struct=attendance.TotalForm,
        valid=lambda _s: {"op": "0123", "counter": "shown", "seen": "0", "total": "7"},
    ),
    f"{LIST}/journal": Sent(
        at=lambda s: f"/espace/seances/{s.began}/appel/journal",
        by="nadia",
        struct=attendance.AsideTap,
        valid=lambda s: {"op": s.kept_aside, "take": "1"},
    ),
    f"{LIST}/liens": Sent(
        at=lambda s: f"/espace/seances/{s.began}/appel/liens",
        by="nadia",
        struct=NewLink,
        valid=lambda _s: {"label": "Odette"},
    ),
    f"{LIST}/liens/{{link_id:uuid}}/retrait": Sent(
        at=lambda s: f"/espace/seances/{s.began}/appel/liens/{s.helpers_link}/retrait", by="nadia"
    ),
}
