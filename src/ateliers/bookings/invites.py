"""The calendar object of a booking: what goes by mail so that any calendar shows, moves and removes it (rules I, P, T, U).

One booking is one object with one random UID and one attendee. Nothing secret stands in it, because people share calendars.
"""

from __future__ import annotations

from datetime import datetime

from ateliers.agenda.calendar import PRODID, location, place_lines, public_title, time_lines, zone_of
from ateliers.agenda.ical import quoted, text, utc, written
from ateliers.agenda.session import Session
from ateliers.bookings.booking import Booking
from ateliers.bookings.joining import join_link
from ateliers.mail.mime import ascii_address
from ateliers.rendering import absolute
from ateliers.settings import settings
from ateliers.words import _, ngettext

ALARM = "-PT2H"  # before the start; programs may put their own instead (rule I10)


def request(booking: Booking, session: Session, *, sequence: int, at: datetime) -> bytes:
    """METHOD:REQUEST: the seats are booked, in the words of the reader's language. `at` becomes DTSTAMP."""
    lines = [
        *_identity(booking, sequence=sequence, at=at),
        *time_lines(session),
        f"SUMMARY:{text(session.title)}",
        *_facts(booking, session, is_invite=True),
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        *_people(booking, session, busy="BUSY"),
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{text(session.title)}",
        f"TRIGGER;RELATED=START:{ALARM}",
        "END:VALARM",
    ]
    return _calendar("REQUEST", session, lines)


def cancel(booking: Booking, session: Session, *, sequence: int, at: datetime) -> bytes:
    """METHOD:CANCEL: the seats are given back, or the session is called off (rule U5)."""
    where = location(session)
    lines = [
        *_identity(booking, sequence=sequence, at=at),
        *time_lines(session),
        f"SUMMARY:{text(session.title)}",
        *([f"LOCATION:{text(where)}"] if where else []),
        "STATUS:CANCELLED",
        "TRANSP:OPAQUE",
        *_people(booking, session, busy="FREE"),
    ]
    return _calendar("CANCEL", session, lines)


def decline_counter(booking: Booking, session: Session, *, sequence: int, at: datetime) -> bytes:
    """METHOD:DECLINECOUNTER: the proposal of another time, made to `sequence`, is not taken up (RFC 5546 3.2.8)."""
    lines = [
        *_identity(booking, sequence=sequence, at=at),
        *time_lines(session),
        f"SUMMARY:{text(session.title)}",
        *_people(booking, session, busy="BUSY"),
    ]
    return _calendar("DECLINECOUNTER", session, lines)


def kept(booking: Booking, session: Session) -> bytes:
    """The same for a calendar of the person's own: nobody invites and nobody answers, so there are no people in it (rule F9)."""
    at = max(booking.changed_at, session.updated_at)
    lines = [
        "BEGIN:VEVENT",
        # Not the UID of the invite, which proves who answers it; one per date of a cycle.
        f"UID:f-{booking.id.hex}-{session.id.hex}@{settings().mail_domain}",
        f"SEQUENCE:{booking.sequence + session.revision}",
        f"DTSTAMP:{utc(at)}",
        f"CREATED:{utc(booking.created_at)}",
        f"LAST-MODIFIED:{utc(at)}",
        *time_lines(session),
        f"SUMMARY:{text(public_title(session))}",
        *_facts(booking, session, is_invite=False),
        f"STATUS:{'CANCELLED' if session.is_called_off else 'CONFIRMED'}",
        f"TRANSP:{'TRANSPARENT' if session.is_called_off else 'OPAQUE'}",
        "CLASS:PRIVATE",
        "END:VEVENT",
    ]
    return written(lines)


def phone_in_pairs(phone: str) -> str:
    """« 03 86 00 00 00 » of '0386000000'; anything else as it is."""
    if len(phone) == 10 and phone.isdigit():
        return "\u00a0".join(phone[i : i + 2] for i in range(0, 10, 2))
    return phone


def _calendar(method: str, session: Session, lines: list[str]) -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", "CALSCALE:GREGORIAN", f"METHOD:{method}"]
    event = ["BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR"]
    return written(head) + zone_of([session]) + written(event)


def _identity(booking: Booking, *, sequence: int, at: datetime) -> list[str]:
    return [
        f"UID:{booking.uid}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{utc(at)}",
        f"CREATED:{utc(booking.created_at)}",
        f"LAST-MODIFIED:{utc(at)}",
    ]


def _people(booking: Booking, session: Session, *, busy: str) -> list[str]:
    """Organizer and the one attendee; their addresses are those of From and To, letter by letter (rules M7 and M8)."""
    attendee = (
        f"ATTENDEE;CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE;CN={quoted(booking.name)}"
        f":mailto:{ascii_address(booking.email or '')}"
    )
    return [
        f"CLASS:{'PRIVATE' if session.is_private else 'PUBLIC'}",
        f"ORGANIZER;CN={quoted(session.structure_name)}:mailto:{settings().mail_from}",
        attendee,
        f"X-MICROSOFT-CDO-BUSYSTATUS:{busy}",
        f"X-MICROSOFT-CDO-INTENDEDSTATUS:{busy}",
        "X-MICROSOFT-DISALLOW-COUNTER:TRUE",
    ]


def _facts(booking: Booking, session: Session, *, is_invite: bool) -> list[str]:
    page = absolute(session.path)
    return [
        f"DESCRIPTION:{text(_description(booking, session, page, is_invite=is_invite))}",
        *(place_lines(session) if session.place_id else _online_lines(booking, session)),
        f"URL;VALUE=URI:{page}",
        f"CATEGORIES:{text(str(session.kind.label))}",
    ]


def _online_lines(booking: Booking, session: Session) -> list[str]:
    """The person's own link where programs look for it: LOCATION is what they make clickable (rule I8)."""
    link = join_link(booking, session)
    if link is None:
        return []
    label = quoted(_("Join the webinar"))
    return [
        f"LOCATION:{text(link)}",
        f"CONFERENCE;VALUE=URI;FEATURE=AUDIO,VIDEO;LABEL={label}:{link}",
    ]


def _cannot_come(*, is_invite: bool) -> str:
    """How to give the seat back; an answer from the calendar counts where somebody reads it (rule I5)."""
    if is_invite and settings().reads_mail:
        return _("You cannot come? Decline in your calendar, or use the link in your confirmation e-mail.")
    return _("You cannot come? Use the link in your confirmation e-mail.")


def _description(booking: Booking, session: Session, page: str, *, is_invite: bool) -> str:
    bring = "\n".join(f"- {thing}" for thing in session.to_bring.splitlines() if thing.strip())
    phone = phone_in_pairs(session.phone or session.structure_phone or "")
    link = join_link(booking, session)
    parts = [
        ngettext("%(n)s seat booked.", "%(n)s seats booked.", booking.seats) % {"n": booking.seats}
        + " "
        + _("It is settled already: no answer is needed."),
        _("Link to join: %(url)s") % {"url": link} if link else "",
        _("To bring:") + "\n" + bring if bring else "",
        session.access_note or "",
        _cannot_come(is_invite=is_invite) + (" " + _("Or call %(phone)s.") % {"phone": phone} if phone else ""),
        _("Details: %(url)s") % {"url": page},
    ]
    return "\n\n".join(part for part in parts if part)
