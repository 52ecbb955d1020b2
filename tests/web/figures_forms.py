"""The forms about figures: closings of periods, and links that show them."""

from __future__ import annotations

from ateliers.reports.links import NewLink
from ateliers.web.settled_figures import NewClosing, Reopening
from tests.web.sent import Sent

LINK = {
    "label": "CPAM de la Nièvre",
    "first_day": "2020-01-01",
    "last_day": "2020-03-31",
    "by": "month",
    "kind": "workshop",
    "days": "30",
}
CLOSING = {"first_day": "2020-04-01", "last_day": "2020-06-30"}
FIGURES: dict[str, Sent] = {
    "/coordination/clotures": Sent(
        at=lambda _s: "/coordination/clotures",
        by="paule",
        struct=NewClosing,
        valid=lambda _s: {**CLOSING, "where": "58"},
    ),
    "/coordination/clotures/{period_id:uuid}/reouverture": Sent(
        at=lambda s: f"/coordination/clotures/{s.closed}/reouverture",
        by="paule",
        struct=Reopening,
        valid=lambda _s: {"why": "Une feuille est arrivée en retard"},
    ),
    "/coordination/partages": Sent(
        at=lambda _s: "/coordination/partages", by="paule", struct=NewLink, valid=lambda _s: {**LINK, "where": "58"}
    ),
    "/coordination/partages/{link_id:uuid}/retrait": Sent(
        at=lambda s: f"/coordination/partages/{s.shared}/retrait", by="paule"
    ),
    "/espace/clotures": Sent(
        at=lambda _s: "/espace/clotures",
        by="samir",
        struct=NewClosing,
        valid=lambda _s: {**CLOSING, "where": "ccas-de-nevers"},
    ),
    "/espace/clotures/{period_id:uuid}/reouverture": Sent(
        at=lambda s: f"/espace/clotures/{s.closed_own}/reouverture",
        by="samir",
        struct=Reopening,
        valid=lambda _s: {"why": "Une feuille est arrivée en retard"},
    ),
    "/espace/partages": Sent(
        at=lambda _s: "/espace/partages",
        by="samir",
        struct=NewLink,
        valid=lambda _s: {**LINK, "where": "ccas-de-nevers"},
    ),
    "/espace/partages/{link_id:uuid}/retrait": Sent(
        at=lambda s: f"/espace/partages/{s.shared_own}/retrait", by="samir"
    ),
}
