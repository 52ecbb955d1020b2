"""Every message of the service with invented data, for staff who want to know what people receive, and for the demo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace as Sample
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import NODEFAULT, Struct
from msgspec import inspect as mi

from ateliers.agenda.session import Session
from ateliers.bookings import texts
from ateliers.bookings.booking import Booking
from ateliers.bookings.composing import email_about
from ateliers.mail.gsm7 import messages
from ateliers.mail.letters import letter
from ateliers.rendering import absolute
from ateliers.words import T, gettext, language, when_in_words

S = TypeVar("S", bound=Struct)

NOON = datetime(2027, 3, 2, 11, 0, tzinfo=UTC)
START = datetime(2027, 3, 16, 13, 0, tzinfo=UTC)
PATH = "/exemple/0123"
EMPTY: dict[type, Any] = {
    mi.StrType: "",
    mi.BoolType: False,
    mi.IntType: 0,
    mi.FloatType: 0.0,
    mi.ListType: [],
    mi.DictType: {},
    mi.TimeDeltaType: timedelta(hours=2),
    mi.DateTimeType: NOON,
    mi.UUIDType: UUID(int=1),
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """One message as the gallery shows it."""

    kind: str
    subject: str
    text: str
    html: str  # '' for an SMS

    @property
    def kilobytes(self) -> float:
        """Size of its two bodies."""
        return round(len((self.text + self.html).encode()) / 1000, 1)

    @property
    def paid(self) -> int:
        """Messages that an SMS costs."""
        return messages(self.text)


def a_booking(**values: Any) -> Booking:
    """Two seats for Odile."""
    facts = {
        "code": "K7M2PX",
        "uid": "b-0123456789abcdef0123456789abcdef@example.test",
        "state": "confirmed",
        "seats": 2,
        "name": "Odile Marchand",
        "email": "odile@example.test",
        "phone": "0612345678",
        "names": ["Odile Marchand", "Lucie Marchand"],
        "language": language(),
        "channel": "online",
        "confirmed_at": NOON,
        "reminders": True,
    }
    return _filled(Booking, **(facts | values))


def a_session(**values: Any) -> Session:
    """A workshop in a library."""
    facts = {
        "structure_name": "CCAS de Nevers",
        "structure_slug": "ccas-de-nevers",
        "structure_email": "contact@example.test",
        "structure_phone": "0386000000",
        "kind": "workshop",
        "title": gettext("Open Mon espace santé with your phone"),
        "to_bring": gettext("Your phone, charged"),
        "visibility": "public",
        "event_state": "published",
        "place_id": str(UUID(int=2)),
        "place_name": "Médiathèque Jean-Jaurès",
        "address": "17 rue Jean-Jaurès",
        "postcode": "58000",
        "commune_name": "Nevers",
        "departement": "58",
        "zone": "Europe/Paris",
        "access_note": gettext("Bus 12, stop Médiathèque"),
        "starts_at": START,
        "ends_at": START + timedelta(hours=2),
        "local_start": START.replace(tzinfo=None),
        "capacity": 10,
    }
    return _filled(Session, **(facts | values))


def kinds() -> list[str]:
    """Every message there is, e-mails first."""
    return [*_BOOKINGS, *_OTHERS, *texts.COMPOSERS]


def show(kind: str) -> Shown | None:
    """A message with invented data, in the reader's language; None when there is no such kind."""
    if kind in texts.COMPOSERS:
        text = texts.in_words(kind, a_booking(), a_session(), subject=gettext("Come by the side door"))
        return Shown(kind=kind, subject="", text=text, html="")
    if kind in _BOOKINGS:
        session, booking, facts = _BOOKINGS[kind]()
        email = email_about(kind, booking, session, facts)
        return Shown(kind=kind, subject=email.subject, text=email.text, html=email.html)
    if kind in _OTHERS:
        subject, text, html = letter(kind, language(), **_OTHERS[kind]())
        return Shown(kind=kind, subject=subject, text=text, html=html)
    return None


def _filled(struct: type[S], **values: Any) -> S:
    """The struct with these values, and something empty for every other field that must be given."""
    inspected = mi.type_info(struct)
    facts = dict(values)
    for field in inspected.fields if isinstance(inspected, mi.StructType) else ():
        if field.name in facts or field.default is not NODEFAULT or field.default_factory is not NODEFAULT:
            continue
        kind = field.type.type if isinstance(field.type, mi.Metadata) else field.type
        facts[field.name] = None if isinstance(kind, mi.UnionType) and kind.includes_none else EMPTY[type(kind)]
    return msgspec.convert(msgspec.to_builtins(facts), struct)


_Facts = Callable[[], tuple[Session, Booking, dict[str, Any]]]


def _about(*, booking: dict[str, Any] | None = None, session: dict[str, Any] | None = None, **facts: Any) -> _Facts:
    return lambda: (a_session(**(session or {})), a_booking(**(booking or {})), facts)


def _said(*parts: str) -> list[str]:
    return [gettext(part) for part in parts]


WAITING = {"state": "waiting", "rank": 3, "position": 3}
OFF = {"called_off_at": NOON, "called_off_reason": "La salle est fermée."}

_BOOKINGS: dict[str, _Facts] = {
    "booking_confirmed": _about(),
    "waiting_list_joined": _about(booking=WAITING, rank=3),
    "seat_offered": _about(
        booking={"state": "offered", "rank": 3, "offered_until": NOON + timedelta(days=1)},
        until=NOON + timedelta(days=1),
    ),
    "offer_expired": _about(booking={"state": "expired", "rank": 3}, takes_bookings=True),
    "booking_promoted": _about(),
    "reminder": lambda: (a_session(), a_booking(), {"stop_url": absolute("/rappels/K7M2PX/0123")}),
    "booking_changed": lambda: (
        a_session(),
        a_booking(),
        {"before": a_session(starts_at=START - timedelta(days=7), ends_at=START - timedelta(days=7, hours=-2))},
    ),
    "session_moved": _about(before=START - timedelta(days=7), has_new_date=True, is_waiting=False),
    "session_called_off": _about(session=OFF, is_waiting=False, dates_off=[], dates_left=[]),
    "seats_given_back": _about(booking={"state": "given_back"}, seats=2, left=0),
    "booking_date_invite": _about(),
    "booking_date_cancelled": _about(session=OFF),
    "booking_link": _about(),
    "decline_to_confirm": _about(),
    "counter_answered": lambda: (
        a_session(),
        a_booking(),
        {
            "other_dates": [
                when_in_words(START + timedelta(days=n), START + timedelta(days=n, hours=2)) for n in (7, 14)
            ]
        },
    ),
    "session_message": lambda: (
        a_session(),
        a_booking(),
        {
            "message": Sample(
                subject=gettext("Come by the side door"),
                paragraphs=_said("The main door is closed for works.", "See you on Tuesday!"),
            ),
            "is_over": False,
        },
    ),
    "follow_up": lambda: (
        a_session(),
        a_booking(),
        {
            "found": Sample(
                subject=gettext("Thank you for coming"),
                paragraphs=_said("It was good to have you with us."),
                documents=["https://example.test/guide.pdf"],
            ),
            "survey_url": absolute("/avis/K7M2PX/0123"),
            "stop_url": absolute("/avis/K7M2PX/0123/arreter"),
        },
    ),
}


def _structure() -> Sample:
    return Sample(name="Maison France Services de Clamecy", commune_name="Clamecy", departement="58", slug="clamecy")


def _network(**facts: Any) -> Callable[[], dict[str, Any]]:
    def made() -> dict[str, Any]:
        note = gettext("Please say more about your opening hours.")
        common = {"name": "Samir Haddad", "structure": _structure(), "path": PATH, "note": note}
        return common | {name: fact() if callable(fact) else fact for name, fact in facts.items()}

    return made


def _candidate() -> Sample:
    return Sample(name="Rosa Pires", commune_name="Nevers", about=gettext("I like to explain things."))


def _staff(**facts: Any) -> Callable[[], dict[str, Any]]:
    def made() -> dict[str, Any]:
        session = a_session()
        common = {
            "session": session,
            "booking": a_booking(),
            "when": when_in_words(session.starts_at, session.ends_at, session.zone),
            "list_url": absolute("/espace"),
        }
        return common | {name: fact() if callable(fact) else fact for name, fact in facts.items()}

    return made


def _alert() -> Sample:
    return Sample(commune=Sample(name="Nevers"), commune_code="58194")


def _experience() -> Sample:
    return Sample(
        title=gettext("Three afternoons at the library"),
        event_title=gettext("Open Mon espace santé with your phone"),
        structure_name="CCAS de Nevers",
        path=PATH,
    )


_OTHERS: dict[str, Callable[[], dict[str, Any]]] = {
    "alert_link": _network(alert=_alert),
    "alert_news": _network(
        alert=_alert,
        title=lambda: gettext("New sessions near you"),
        found=lambda: [Sample(session=a_session())],
    ),
    "reply_received": _staff(
        reply=lambda: Sample(
            name="Odile Marchand",
            sender="odile@example.test",
            subject=gettext("A question"),
            what="words",
            words=gettext("Is there a lift?"),
        ),
        is_other=False,
    ),
    "contacts_unreachable": _staff(people=lambda: [(a_booking(), "06\u00a012\u00a034\u00a056\u00a078")]),
    "attendance_missing": _network(
        sessions=lambda: [
            Sample(
                id=UUID(int=3),
                title=a_session().title,
                starts_at=START,
                ends_at=START + timedelta(hours=2),
                zone="Europe/Paris",
            )
        ],
        more=0,
        again=False,
    ),
    "sign_in": _network(code="123 456", until=NOON + timedelta(minutes=15)),
    "invitation": _network(
        invitation=lambda: Sample(
            inviter="Samir Haddad",
            role=Sample(label=T("Ambassador")),
            structure_name="CCAS de Nevers",
            expires_at=NOON + timedelta(days=14),
        )
    ),
    "charter_to_sign": _network(charter=Sample(version="2027-01", published_at=NOON), again=False),
    "application_link": _network(days=30, ongoing=[("CCAS de Nevers", PATH)]),
    **dict.fromkeys(
        (
            "application_received",
            "application_submitted",
            "application_changes_asked",
            "application_refused",
            "application_withdrawn",
            "structure_admitted",
            "structure_suspended",
            "structure_back",
            "structure_left",
        ),
        _network(),
    ),
    "structure_corrected": _network(
        author=Sample(name="Paule Guérin", email="paule@example.test"),
        note=lambda: (
            gettext("%(what)s: %(before)s → %(after)s")
            % {"what": gettext("Address"), "before": "12 rue du Rempart", "after": "14 rue du Rempart"}
        ),
    ),
    "application_message": _network(message=lambda: Sample(text=gettext("When do you open?"))),
    "training_ending": _network(
        trained=lambda: Sample(day=NOON.date(), valid_until=START.date(), structure_name="CCAS de Nevers")
    ),
    **dict.fromkeys(
        ("event_to_moderate", "event_published", "event_sent_back", "co_organiser_asked"),
        _network(
            event=lambda: Sample(title=a_session().title),
            sessions=lambda: [a_session()],
            answer=lambda: Sample(message=gettext("Please say more about your opening hours.")),
            partner=Sample(name="CPAM de la Nièvre"),
        ),
    ),
    "co_organiser_answered": _network(
        event=lambda: Sample(title=a_session().title), partner=Sample(name="CPAM de la Nièvre"), answer="accepted"
    ),
    **dict.fromkeys(
        (
            "experience_submitted",
            "experience_to_correct",
            "experience_to_agree",
            "experience_published",
            "experience_taken_down",
            "experience_withdrawn",
        ),
        _network(experience=_experience, scope=Sample(label=T("The region’s site"))),
    ),
    "coordinator_message": _network(
        sent=lambda: Sample(
            text=gettext("Do you need anything for your next workshop?"),
            by_name="Paule Guérin",
            by_email="paule@example.test",
        )
    ),
    "candidate_link": _network(),
    "candidate_open": _network(candidate=_candidate),
    "candidate_closed": _network(candidate=_candidate),
}
