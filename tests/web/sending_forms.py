"""The forms about messages: to all of a session, the day after, held back, by SMS."""

from __future__ import annotations

from ateliers.experiences.follow_up import NewFollowUp
from ateliers.experiences.survey import NewSurvey
from ateliers.network.sending import NewGateway, Suspension
from ateliers.web.workspace import messages
from tests.web.sent import Sent

SENDING: dict[str, Sent] = {
    "/avis/{code:str}/{key:str}": Sent(at=lambda s: s.survey, valid=lambda _s: {"question": "yes"}),
    "/avis/{code:str}/{key:str}/arreter": Sent(at=lambda s: f"{s.survey}/arreter"),
    "/espace/seances/{session_id:uuid}/avis": Sent(
        at=lambda s: f"/espace/seances/{s.began}/avis", by="nadia", valid=lambda _s: {"question": "no"}
    ),
    "/espace/seances/{session_id:uuid}/message": Sent(
        at=lambda s: f"/espace/seances/{s.session}/message",
        by="nadia",
        struct=messages.MessageForm,
        valid=lambda _s: {
            "audience": "everybody",
            "subject": "Par la porte de côté",
            "body": "Bonjour,\n\nla porte est close.",
            "nonce": "0123456789abcdef" * 2,
            "confirmed": "1",
        },
    ),
    "/espace/evenements/{event_id:uuid}/suivi": Sent(
        at=lambda s: f"/espace/evenements/{s.event}/suivi",
        by="samir",
        struct=NewFollowUp,
        valid=lambda _s: {
            "audience": "missed",
            "subject": "Vous nous avez manqué",
            "body": "Revenez nous voir.",
            "links": "https://example.test/guide.pdf",
            "with_survey": "",
            "is_on": "1",
        },
    ),
    "/espace/evenements/{event_id:uuid}/questionnaire": Sent(
        at=lambda s: f"/espace/evenements/{s.event}/questionnaire",
        by="samir",
        struct=NewSurvey,
        valid=lambda _s: {
            "questions.0.id": "",
            "questions.0.text": "L’atelier vous a-t-il plu ?",
            "questions.0.answer": "choice",
            "questions.0.choices": "Oui\nUn peu\nNon",
        },
    ),
    "/espace/envois/{slug:str}/suspension": Sent(
        at=lambda _s: "/espace/envois/ccas-de-nevers/suspension",
        by="samir",
        struct=Suspension,
        valid=lambda _s: {"note": "Mauvaise date"},
    ),
    "/espace/envois/{slug:str}/reprise": Sent(at=lambda _s: "/espace/envois/ccas-de-nevers/reprise", by="samir"),
    "/espace/envois/{slug:str}/sms": Sent(
        at=lambda _s: "/espace/envois/ccas-de-nevers/sms",
        by="samir",
        struct=NewGateway,
        valid=lambda _s: {
            "kind": "http",
            "address": "https://sms.example.test/send",
            "body": "form",
            "number_field": "to",
            "text_field": "text",
            "fixed": "sender=CCAS",
            "secret": "Bearer 0123",
            "per_day": "50",
            "is_on": "1",
        },
    ),
    "/coordination/envois/suspension": Sent(
        at=lambda _s: "/coordination/envois/suspension",
        by="claire",
        struct=Suspension,
        valid=lambda _s: {"note": "Incident"},
    ),
    "/coordination/envois/reprise": Sent(at=lambda _s: "/coordination/envois/reprise", by="claire"),
    "/coordination/envois/reprise/{structure_id:uuid}": Sent(
        at=lambda s: f"/coordination/envois/reprise/{s.structure}", by="claire"
    ),
}
