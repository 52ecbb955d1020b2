"""The forms about rules of a territory, trainings, events read first and structures that organise together."""

from __future__ import annotations

from ateliers.agenda.co_organising import Answering, Asking
from ateliers.agenda.moderating import Approval, SendingBack
from ateliers.network.charter import NewCharter
from ateliers.network.own_structure import OwnStructure
from ateliers.network.rules import NewRule
from ateliers.network.territory_people import NewTerritoryMember
from ateliers.network.training import NewTrainings
from tests.web.sent import Sent

RULES_FORMS: dict[str, Sent] = {
    "/coordination/regles": Sent(
        at=lambda _s: "/coordination/regles",
        by="paule",
        struct=NewRule,
        valid=lambda _s: {
            "departements": ["58", "71"],
            "moderation": "1",
            "trained_only": "warn",
            "training_months": "36",
        },
    ),
    "/coordination/charte": Sent(
        at=lambda _s: "/coordination/charte",
        by="claire",
        struct=NewCharter,
        valid=lambda _s: {
            "version": "2031-01",
            "title": "Charte",
            "body": "Renforcer. Nous aidons.",
            "title_en": "",
            "body_en": "",
            "sure": "1",
        },
    ),
    "/coordination/equipe": Sent(
        at=lambda _s: "/coordination/equipe",
        by="claire",
        struct=NewTerritoryMember,
        valid=lambda _s: {
            "name": "Rosa Pires",
            "email": "rosa@example.test",
            "role": "coordinator",
            "territory": "58, Bretagne",
        },
    ),
    "/coordination/equipe/invitations/{invitation_id:uuid}/renvoi": Sent(
        at=lambda s: f"/coordination/equipe/invitations/{s.invitation_id}/renvoi", by="claire"
    ),
    "/coordination/equipe/invitations/{invitation_id:uuid}/retrait": Sent(
        at=lambda s: f"/coordination/equipe/invitations/{s.invitation_id}/retrait", by="claire"
    ),
    "/coordination/equipe/roles/{role_id:uuid}/retrait": Sent(
        at=lambda s: f"/coordination/equipe/roles/{s.paules_role}/retrait", by="claire"
    ),
    "/coordination/moderation/{event_id:uuid}/publier": Sent(
        at=lambda s: f"/coordination/moderation/{s.waiting_event}/publier",
        by="paule",
        struct=Approval,
        valid=lambda s: {"seen": s.waiting_version, "message": "Bravo."},
    ),
    "/coordination/moderation/{event_id:uuid}/renvoyer": Sent(
        at=lambda s: f"/coordination/moderation/{s.waiting_event}/renvoyer",
        by="paule",
        struct=SendingBack,
        valid=lambda _s: {"why": "Dites où se garer."},
    ),
    "/espace/evenements/{event_id:uuid}/reprendre": Sent(
        at=lambda s: f"/espace/evenements/{s.waiting_event}/reprendre", by="samir"
    ),
    "/espace/evenements/{event_id:uuid}/ensemble": Sent(
        at=lambda s: f"/espace/evenements/{s.event}/ensemble",
        by="samir",
        struct=Asking,
        valid=lambda s: {"structure_id": str(s.neighbour)},
    ),
    "/espace/evenements/{event_id:uuid}/ensemble/{structure_id:uuid}/reponse": Sent(
        at=lambda s: f"/espace/evenements/{s.shared_event}/ensemble/{s.structure}/reponse",
        by="samir",
        struct=Answering,
        valid=lambda _s: {"accepts": "1"},
    ),
    "/espace/evenements/{event_id:uuid}/ensemble/{structure_id:uuid}/retrait": Sent(
        at=lambda s: f"/espace/evenements/{s.shared_event}/ensemble/{s.structure}/retrait", by="samir"
    ),
    "/coordination/formations": Sent(
        at=lambda _s: "/coordination/formations",
        by="paule",
        struct=NewTrainings,
        valid=lambda s: {"people": [str(s.nadia), str(s.samir)], "day": "2026-03-12"},
    ),
    "/coordination/formations/structure": Sent(
        at=lambda _s: "/coordination/formations/structure",
        by="paule",
        struct=OwnStructure,
        valid=lambda _s: {"name": "Coordination régionale", "address": "1 rue de la Loire", "commune": "Nevers"},
    ),
    "/coordination/formations/{training_id:uuid}/retrait": Sent(
        at=lambda s: f"/coordination/formations/{s.training}/retrait", by="paule"
    ),
    "/espace/formations/{session_id:uuid}/inscription": Sent(
        at=lambda s: f"/espace/formations/{s.next_training}/inscription", by="samir"
    ),
    "/espace/formations/{session_id:uuid}/desinscription": Sent(
        at=lambda s: f"/espace/formations/{s.next_training}/desinscription", by="nadia"
    ),
}
