"""The forms about paper, hours and proofs, each with a valid answer."""

from __future__ import annotations

from ateliers.agenda.kit_item import About, NewItem, NewVersion
from ateliers.attendance.effort import Team
from ateliers.web.coordination import kit
from ateliers.web.public import certificate
from ateliers.web.workspace import papers
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
    "/espace/kit/{version_id:uuid}": Sent(at=lambda s: f"/espace/kit/{s.leaflet_file}", by="nadia"),
    "/coordination/kit/nouveau": Sent(
        at=lambda _s: "/coordination/kit/nouveau",
        by="paule",
        struct=NewItem,
        valid=lambda _s: {
            "title": "Film",
            "kinds": ["stand"],
            "licence": "cc-by-4.0",
            "link": "https://film.example/1",
        },
    ),
    "/coordination/kit/{item_id:uuid}": Sent(
        at=lambda s: f"/coordination/kit/{s.leaflet}",
        by="claire",
        struct=About,
        valid=lambda _s: {"title": "Dépliant", "description": "Pour la table.", "kinds": ["workshop"]},
    ),
    "/coordination/kit/{item_id:uuid}/version": Sent(
        at=lambda s: f"/coordination/kit/{s.leaflet}/version",
        by="claire",
        struct=NewVersion,
        valid=lambda _s: {"licence": "network", "link": "https://film.example/2", "changes": "Nouveau numéro."},
    ),
    "/coordination/kit/{item_id:uuid}/obsolete": Sent(
        at=lambda s: f"/coordination/kit/{s.leaflet}/obsolete",
        by="claire",
        struct=kit.Obsolete,
        valid=lambda _s: {"why": "Prenez le film."},
    ),
    "/coordination/kit/{item_id:uuid}/a-jour": Sent(at=lambda s: f"/coordination/kit/{s.leaflet}/a-jour", by="claire"),
    "/espace/seances/{session_id:uuid}/emargement": Sent(
        at=lambda s: f"/espace/seances/{s.held}/emargement", by="nadia", struct=papers.SheetForm, file="file"
    ),
    "/espace/seances/{session_id:uuid}/emargement/{sheet_id:uuid}/detruire": Sent(
        at=lambda s: f"/espace/seances/{s.held}/emargement/{s.signed_sheet}/detruire", by="nadia"
    ),
    "/espace/seances/{session_id:uuid}/attestations": Sent(
        at=lambda s: f"/espace/seances/{s.held}/attestations",
        by="nadia",
        struct=papers.CertificateForm,
        valid=lambda s: {"who": s.came, "name": "Rosa Pires"},
    ),
    "/espace/seances/{session_id:uuid}/attestations/toutes": Sent(
        at=lambda s: f"/espace/seances/{s.held}/attestations/toutes", by="nadia"
    ),
    "/attestation": Sent(
        at=lambda _s: "/attestation",
        struct=certificate.CheckForm,
        valid=lambda _s: {"code": "K7M2P XR4TY", "name": "Rosa Pires"},
    ),
    "/ma-reservation/{code:str}/{key:str}/attestation": Sent(
        at=lambda s: f"{s.came_private}/attestation",
        struct=certificate.OwnForm,
        valid=lambda s: {"session_id": str(s.held), "seat": "1"},
    ),
    "/coordination/presences/{structure_id:uuid}/relance": Sent(
        at=lambda s: f"/coordination/presences/{s.structure}/relance", by="paule"
    ),
}
