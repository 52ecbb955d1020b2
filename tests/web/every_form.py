"""Every form of the service with a valid answer to each of its questions."""

from __future__ import annotations

from datetime import datetime, timedelta

from ateliers import clock
from ateliers.agenda.alerts import NewAlert
from ateliers.agenda.drafts import About, CallOff, Move, NewEvent, NewSession, Venue
from ateliers.agenda.models import Keep
from ateliers.agenda.suspending import MembershipEnd
from ateliers.network.application import Application, EmailAddress, Note
from ateliers.network.candidates import Match, NewCandidate
from ateliers.network.details import Details
from ateliers.network.identity import Identity
from ateliers.network.invitations import NewMember
from ateliers.network.notes import NewNote
from ateliers.network.resigning import NewSignature
from ateliers.network.thread import NewMessage
from ateliers.web.coordination import structures
from ateliers.web.public import booking, event, find_booking, my_booking, sign_in
from ateliers.web.workspace import calls, one_booking, phone_booking, seats
from tests.web.attendance_forms import ATTENDANCE
from tests.web.exchange_forms import EXCHANGE_FORMS
from tests.web.experience_forms import EXPERIENCES
from tests.web.figures_forms import FIGURES
from tests.web.paper_forms import PAPER
from tests.web.rules_forms import RULES_FORMS
from tests.web.sending_forms import SENDING
from tests.web.sent import Sent
from tests.web.typed import local, workshop


def next_week(days: int = 7) -> datetime:
    return (clock.now() + timedelta(days=days)).replace(hour=14, minute=0)


APPLICATION = {
    "name": "Ligue de l’espace",
    "kind": "association",
    "siret": "",
    "rna": "W583001234",
    "address": "3 rue du Pont",
    "commune": "Nevers (58000)",
    "phone": "03 86 00 00 00",
    "email": "contact@ligue.example",
    "website": "https://ligue.example",
    "presentation": "Nous aidons.",
    "manager_name": "Aline Roy",
    "signatory_name": "Jean Roy",
    "signatory_role": "président",
    "agrees": "1",
}
WHERE = {
    "place_name": "Salle des fêtes",
    "address": "2 rue Haute",
    "commune": "58000",
    "access_note": "Bus 3",
    "minutes": "90",
}

VENUE = {"place_name": "Salle des fêtes", "address": "2 rue Haute", "commune": "58000", "access_note": "Bus 3"}

# Path of each handler, with its form.
FORMS: dict[str, Sent] = {
    "/connexion": Sent(
        at=lambda _s: "/connexion",
        struct=sign_in.Who,
        valid=lambda _s: {"email": "samir@example.test", "suite": "/espace/equipe"},
    ),
    "/connexion/code": Sent(
        at=lambda _s: "/connexion/code",
        struct=sign_in.Code,
        valid=lambda _s: {"email": "nadia@example.test", "code": "123 456", "suite": ""},
        counts=frozenset({"sign_in"}),  # wrong codes are counted
    ),
    "/connexion/{token:str}": Sent(at=lambda s: s.sign_in),
    "/deconnexion": Sent(at=lambda _s: "/deconnexion"),
    "/invitation/{token:str}/acceptation": Sent(at=lambda s: f"{s.invitation}/acceptation"),
    "/invitation/{token:str}/refus": Sent(at=lambda s: f"{s.invitation}/refus"),
    "/seances/{session_id:uuid}/reserver": Sent(
        at=lambda s: f"/seances/{s.session}/reserver",
        struct=booking.BookingForm,
        valid=lambda s: {
            "who": "other",
            "on_behalf": "carer",
            "attendee": "Jeanne Petit",
            "contact.name": "Luc Petit",
            "contact.email": "luc@example.test",
            "contact.phone": "06 12 34 56 78",
            "seats": "2",
            "others": "Marie Petit",
            "needs": "Boucle magnétique",
            "site": "",
            "token": s.token,
            "proof": "",
            "wait": "1",
        },
    ),
    "/seances/{session_id:uuid}/code": Sent(
        at=lambda s: f"/seances/{s.for_group}/code",
        struct=event.GroupCode,
        valid=lambda _s: {"code": "amis-58"},
    ),
    "/ma-reservation": Sent(
        at=lambda _s: "/ma-reservation",
        struct=find_booking.FindForm,
        valid=lambda _s: {"contact": "odile@example.test"},
    ),
    "/ma-reservation/code": Sent(
        at=lambda _s: "/ma-reservation/code",
        struct=find_booking.CodeForm,
        valid=lambda _s: {"code": "k7m 2qx", "name": "Marchand"},
    ),
    "/ma-reservation/{code:str}/{key:str}/reponse": Sent(
        at=lambda s: f"{s.offered}/reponse", struct=my_booking.ReplyForm, valid=lambda _s: {"answer": "yes"}
    ),
    "/ma-reservation/{code:str}/{key:str}/changer": Sent(
        at=lambda s: f"{s.private}/changer", struct=my_booking.ChangeForm, valid=lambda s: {"session_id": str(s.later)}
    ),
    "/ma-reservation/{code:str}/{key:str}/rendre": Sent(
        at=lambda s: f"{s.private}/rendre", struct=my_booking.GiveBackForm, valid=lambda _s: {"seats": "1"}
    ),
    "/ma-reservation/{code:str}/{key:str}/agenda": Sent(at=lambda s: f"{s.private}/agenda"),
    "/ma-reservation/{code:str}/{key:str}/agenda/fermer": Sent(at=lambda s: f"{s.private}/agenda/fermer"),
    "/rejoindre": Sent(
        at=lambda _s: "/rejoindre",
        struct=EmailAddress,
        valid=lambda _s: {"email": "aline@example.test", "website_2": ""},
    ),
    "/rejoindre/{token:str}": Sent(
        at=lambda s: s.blank_application, struct=Application, valid=lambda _s: dict(APPLICATION)
    ),
    "/rejoindre/{token:str}/retrait": Sent(at=lambda s: f"{s.sent_application}/retrait"),
    "/rappels/{code:str}/{key:str}": Sent(at=lambda s: s.reminders),
    "/espace/evenements/nouveau": Sent(
        at=lambda _s: "/espace/evenements/nouveau",
        by="samir",
        struct=NewEvent,
        valid=lambda s: workshop(structure_id=str(s.structure), phone="03 86 00 00 00", party_limit="3"),
        counts=frozenset({"unfinished_event"}),  # what cannot be published yet is kept
    ),
    "/coordination/modeles": Sent(
        at=lambda _s: "/coordination/modeles",
        by="paule",
        struct=Keep,
        valid=lambda s: {"event_id": str(s.event), "advice": "Prévoir du café."},
    ),
    "/coordination/modeles/{model_id:uuid}/retirer": Sent(
        at=lambda s: f"/coordination/modeles/{s.model}/retirer", by="paule"
    ),
    "/espace/evenements/apercu": Sent(  # the fields of the form to publish, which are tried there
        at=lambda _s: "/espace/evenements/apercu",
        by="samir",
        valid=lambda s: workshop(structure_id=str(s.structure), repeat="weekly", repeat_times="4"),
        counts=frozenset({"unfinished_event"}),
    ),
    "/espace/evenements/brouillon/{draft_id:uuid}/jeter": Sent(
        at=lambda s: f"/espace/evenements/brouillon/{s.unfinished}/jeter", by="samir"
    ),
    "/espace/evenements/{event_id:uuid}/modifier": Sent(
        at=lambda s: f"/espace/evenements/{s.event}/modifier",
        by="samir",
        struct=About,
        valid=lambda _s: {
            "title": "Écrire à son médecin",
            "visibility": "link",
            "party_limit": "3",
            "waiting_max": "4",
            "accessibility": ["subtitles"],
        },
    ),
    "/espace/evenements/{event_id:uuid}/dates": Sent(
        at=lambda s: f"/espace/evenements/{s.event}/dates",
        by="samir",
        struct=NewSession,
        valid=lambda _s: {"local_start": local(next_week(20)), "capacity": "12", **WHERE},
    ),
    "/espace/evenements/{event_id:uuid}/publier": Sent(
        at=lambda s: f"/espace/evenements/{s.draft}/publier", by="samir"
    ),
    "/espace/evenements/{event_id:uuid}/archiver": Sent(
        at=lambda s: f"/espace/evenements/{s.event}/archiver", by="samir"
    ),
    "/espace/lieux/nouveau": Sent(
        at=lambda _s: "/espace/lieux/nouveau", by="samir", struct=Venue, valid=lambda _s: VENUE
    ),
    "/espace/lieux/{place_id:uuid}/modifier": Sent(
        at=lambda s: f"/espace/lieux/{s.place}/modifier", by="samir", struct=Venue, valid=lambda _s: VENUE
    ),
    "/espace/lieux/{place_id:uuid}/retirer": Sent(at=lambda s: f"/espace/lieux/{s.place}/retirer", by="samir"),
    "/espace/seances/{session_id:uuid}/reporter": Sent(
        at=lambda s: f"/espace/seances/{s.session}/reporter",
        by="samir",
        struct=Move,
        valid=lambda s: {"local_start": local(next_week(11)), "place_id": str(s.place), "confirmed": "1", **WHERE},
    ),
    "/espace/seances/{session_id:uuid}/annuler": Sent(
        at=lambda s: f"/espace/seances/{s.session}/annuler",
        by="samir",
        struct=CallOff,
        valid=lambda _s: {"reason": "Le formateur est malade."},
    ),
    "/espace/seances/{session_id:uuid}/inscrire": Sent(
        at=lambda s: f"/espace/seances/{s.session}/inscrire",
        by="nadia",
        struct=phone_booking.StaffBooking,
        valid=lambda _s: {
            "contact.name": "Luc Petit",
            "contact.email": "luc@example.test",
            "contact.phone": "06 12 34 56 78",
            "seats": "2",
            "channel": "phone",
            "on_behalf": "carer",
            "others": "Luc Petit\nMarie Petit",
            "needs": "",
            "insists": "",
            "nonce": "0123",
        },
    ),
    "/espace/seances/{session_id:uuid}/places": Sent(
        at=lambda s: f"/espace/seances/{s.session}/places",
        by="samir",
        struct=seats.CapacityForm,
        valid=lambda _s: {"capacity": "9"},
    ),
    "/espace/seances/{session_id:uuid}/retenir": Sent(
        at=lambda s: f"/espace/seances/{s.session}/retenir",
        by="nadia",
        struct=seats.HoldBackForm,
        valid=lambda _s: {"seats": "1", "until": local(next_week(3))},
    ),
    "/espace/inscriptions/{booking_id:uuid}/rendre": Sent(
        at=lambda s: f"/espace/inscriptions/{s.booking}/rendre",
        by="nadia",
        struct=one_booking.SeatsBack,
        valid=lambda _s: {"seats": "1"},
    ),
    "/espace/inscriptions/{booking_id:uuid}/deplacer": Sent(
        at=lambda s: f"/espace/inscriptions/{s.booking}/deplacer",
        by="nadia",
        struct=one_booking.OtherDate,
        valid=lambda s: {"session_id": str(s.later), "insists": ""},
    ),
    "/espace/inscriptions/{booking_id:uuid}/adresse": Sent(
        at=lambda s: f"/espace/inscriptions/{s.lost}/adresse",
        by="nadia",
        struct=one_booking.NewAddress,
        valid=lambda _s: {"email": "odile.marchand@example.test"},
    ),
    "/espace/inscriptions/{booking_id:uuid}/donner": Sent(
        at=lambda s: f"/espace/inscriptions/{s.waiting}/donner", by="nadia"
    ),
    "/espace/inscriptions/{booking_id:uuid}/appel": Sent(
        at=lambda s: f"/espace/inscriptions/{s.booking}/appel",
        by="nadia",
        struct=calls.CallTap,
        valid=lambda _s: {"result": "reached", "then": "seance"},
    ),
    "/espace/inscriptions/{booking_id:uuid}/renvoyer": Sent(
        at=lambda s: f"/espace/inscriptions/{s.booking}/renvoyer", by="nadia"
    ),
    "/espace/equipe/{slug:str}/invitations": Sent(
        at=lambda _s: "/espace/equipe/ccas-de-nevers/invitations",
        by="samir",
        struct=NewMember,
        valid=lambda _s: {"name": "Rosa Pires", "email": "rosa@example.test", "role": "manager"},
    ),
    "/espace/equipe/{slug:str}/invitations/{invitation_id:uuid}/renvoi": Sent(
        at=lambda s: f"/espace/equipe/ccas-de-nevers/invitations/{s.invitation_id}/renvoi", by="samir"
    ),
    "/espace/equipe/{slug:str}/invitations/{invitation_id:uuid}/retrait": Sent(
        at=lambda s: f"/espace/equipe/ccas-de-nevers/invitations/{s.invitation_id}/retrait", by="samir"
    ),
    "/espace/equipe/{slug:str}/roles/{role_id:uuid}/retrait": Sent(
        at=lambda s: f"/espace/equipe/ccas-de-nevers/roles/{s.nadias_role}/retrait", by="samir"
    ),
    "/espace/equipe/{slug:str}/coordonnees": Sent(
        at=lambda _s: "/espace/equipe/ccas-de-nevers/coordonnees",
        by="samir",
        struct=Details,
        valid=lambda _s: {
            "address": "1 rue de la Loire",
            "commune": "Nevers (58000)",
            "phone": "03 86 00 00 01",
            "email": "sante@ccas.test",
            "website": "www.ccas.test",
            "presentation": "Nous accueillons tout le monde.",
        },
    ),
    "/espace/charte/{slug:str}": Sent(
        at=lambda _s: "/espace/charte/ccas-de-nevers",
        by="samir",
        struct=NewSignature,
        valid=lambda _s: {"version": "2026-11", "name": "Samir Haddad", "role": "directeur", "agrees": "1"},
    ),
    "/coordination/candidatures/{structure_id:uuid}/admission": Sent(
        at=lambda s: f"/coordination/candidatures/{s.candidate}/admission", by="paule"
    ),
    "/coordination/candidatures/{structure_id:uuid}/modifications": Sent(
        at=lambda s: f"/coordination/candidatures/{s.candidate}/modifications",
        by="paule",
        struct=Note,
        valid=lambda _s: {"note": "Merci de préciser l’adresse."},
    ),
    "/alertes": Sent(
        at=lambda _s: "/alertes",
        struct=NewAlert,
        valid=lambda _s: {"email": "rose@example.fr", "commune": "Nevers", "within_km": "30"},
    ),
    "/alertes/{token:str}": Sent(at=lambda s: s.alert),
    "/alertes/{token:str}/confirmer": Sent(at=lambda s: f"{s.alert}/confirmer"),
    "/devenir-ambassadeur": Sent(
        at=lambda _s: "/devenir-ambassadeur",
        struct=NewCandidate,
        valid=lambda _s: {"name": "Luce Bernard", "email": "luce@example.fr", "commune": "Nevers"},
    ),
    "/devenir-ambassadeur/{token:str}": Sent(at=lambda s: s.volunteer_link),
    "/coordination/benevoles/{candidate_id:uuid}/structure": Sent(
        at=lambda s: f"/coordination/benevoles/{s.volunteer}/structure",
        by="paule",
        struct=Match,
        valid=lambda s: {"structure_id": str(s.structure)},
    ),
    "/coordination/benevoles/{candidate_id:uuid}/clore": Sent(
        at=lambda s: f"/coordination/benevoles/{s.volunteer}/clore", by="paule"
    ),
    "/rejoindre/{token:str}/messages": Sent(
        at=lambda s: f"{s.sent_application}/messages",
        struct=NewMessage,
        valid=lambda _s: {"text": "Faut-il un SIRET ?"},
    ),
    "/coordination/candidatures/{structure_id:uuid}/messages": Sent(
        at=lambda s: f"/coordination/candidatures/{s.candidate}/messages",
        by="paule",
        struct=NewMessage,
        valid=lambda _s: {"text": "Le numéro RNA suffit."},
    ),
    "/coordination/structures/{structure_id:uuid}/notes": Sent(
        at=lambda s: f"/coordination/structures/{s.structure}/notes",
        by="paule",
        struct=NewNote,
        valid=lambda _s: {"kind": "call", "text": "Reprend en janvier.", "follow_up_on": "2027-01-05"},
    ),
    "/coordination/notes/{note_id:uuid}/faite": Sent(at=lambda s: f"/coordination/notes/{s.note}/faite", by="paule"),
    "/coordination/structures/{structure_id:uuid}/suspendre": Sent(
        at=lambda s: f"/coordination/structures/{s.structure}/suspendre",
        by="paule",
        struct=MembershipEnd,
        valid=lambda _s: {"why": "Plus d’ambassadeur.", "told": "Plus d’ateliers pour le moment."},
    ),
    "/coordination/structures/{structure_id:uuid}/retirer": Sent(
        at=lambda s: f"/coordination/structures/{s.structure}/retirer",
        by="paule",
        struct=MembershipEnd,
        valid=lambda _s: {"why": "Fermeture.", "told": "Plus d’ateliers."},
    ),
    "/coordination/structures/{structure_id:uuid}/corriger": Sent(
        at=lambda s: f"/coordination/structures/{s.structure}/corriger",
        by="paule",
        struct=Identity,
        valid=lambda _s: {
            "name": "CCAS du Grand Nevers",
            "kind": "ccas",
            "siret": "",
            "rna": "",
            "address": "1 rue Neuve",
            "commune": "58000",
            "why": "Nouveau nom.",
        },
    ),
    "/coordination/structures/{structure_id:uuid}/reprendre": Sent(
        at=lambda s: f"/coordination/structures/{s.suspended}/reprendre",
        by="paule",
        struct=structures.Back,
        valid=lambda _s: {"why": "Une ambassadrice est formée."},
    ),
    **PAPER,
    "/coordination/candidatures/{structure_id:uuid}/refus": Sent(
        at=lambda s: f"/coordination/candidatures/{s.candidate}/refus",
        by="paule",
        struct=Note,
        valid=lambda _s: {"note": "Hors du champ de la charte."},
    ),
    **SENDING,
    **FIGURES,
    **EXCHANGE_FORMS,
    **ATTENDANCE,
    **RULES_FORMS,
    **EXPERIENCES,
}
