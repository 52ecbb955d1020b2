"""The forms that bring sessions in from a file."""

from __future__ import annotations

from ateliers.web.workspace import imports
from tests.web.sent import Sent

EXCHANGE_FORMS: dict[str, Sent] = {
    "/espace/evenements/importer": Sent(
        at=lambda _s: "/espace/evenements/importer",
        by="samir",
        struct=imports.ImportForm,
        valid=lambda s: {
            "structure_id": str(s.structure),
            "kind": "stand",
            "place_id": str(s.place),
            "capacity": "8",
            "join_url": "https://visio.example/x",
        },
        file="file",
        content="titre;date;heure\r\nAtelier;12/01/2050;14h",
    ),
    "/espace/evenements/importer/{held_id:uuid}": Sent(
        at=lambda s: f"/espace/evenements/importer/{s.held_file}",
        by="samir",
        struct=imports.Decision,
        valid=lambda _s: {"publish": "1"},
    ),
}
