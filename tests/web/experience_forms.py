"""The forms about shared experiences."""

from __future__ import annotations

from ateliers.experiences.consent import Agreement
from ateliers.experiences.sharing import ToCorrect
from ateliers.network.following_up import ManyFollowUps
from ateliers.web.workspace.experiences import ExperienceForm
from tests.web.sent import Sent

EXPERIENCES: dict[str, Sent] = {
    "/espace/evenements/{event_id:uuid}/retour": Sent(
        at=lambda s: f"/espace/evenements/{s.told}/retour",
        by="samir",
        struct=ExperienceForm,
        valid=lambda _s: {
            "title": "Un après-midi",
            "aim": "Aider dix voisins.",
            "audience": "Des voisins.",
            "course": "Un café, puis les téléphones.",
            "worked": "Être deux.",
            "difficulties": "Le réseau.",
            "advice": "Venir tôt.",
            "agrees": ["regional_site"],
            "send": "",
        },
    ),
    "/espace/retours/{experience_id:uuid}/reprise": Sent(
        at=lambda s: f"/espace/retours/{s.sent_story}/reprise", by="nadia"
    ),
    "/espace/retours/{experience_id:uuid}/accords": Sent(
        at=lambda s: f"/espace/retours/{s.sent_story}/accords",
        by="samir",
        struct=Agreement,
        valid=lambda _s: {"scope": "national"},
    ),
    "/espace/retours/{experience_id:uuid}/accords/retrait": Sent(
        at=lambda s: f"/espace/retours/{s.shared_story}/accords/retrait",
        by="samir",
        struct=Agreement,
        valid=lambda _s: {"scope": "regional_site"},
    ),
    "/coordination/structures/relance": Sent(
        at=lambda _s: "/coordination/structures/relance",
        by="paule",
        struct=ManyFollowUps,
        valid=lambda s: {
            "structures": [str(s.structure)],
            "text": "Tout va bien ?",
            "write": "1",
            "follow_up_on": "2027-01-05",
        },
    ),
    "/coordination/retours/{experience_id:uuid}/relecture": Sent(
        at=lambda s: f"/coordination/retours/{s.sent_story}/relecture", by="paule"
    ),
    "/coordination/retours/{experience_id:uuid}/correction": Sent(
        at=lambda s: f"/coordination/retours/{s.sent_story}/correction",
        by="paule",
        struct=ToCorrect,
        valid=lambda _s: {"note": "Dites pour qui."},
    ),
    "/coordination/retours/{experience_id:uuid}/retrait": Sent(
        at=lambda s: f"/coordination/retours/{s.shared_story}/retrait",
        by="paule",
        struct=ToCorrect,
        valid=lambda _s: {"note": "Une photo montre un visage."},
    ),
}
