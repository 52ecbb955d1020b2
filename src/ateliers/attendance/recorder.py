"""Who may take attendance: people of the structures that run it, and the volunteer of the day, by a link (E10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.sessions import get_session
from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed, NotFound, Refusal
from ateliers.signing import is_signed, sign
from ateliers.words import plain

AFTER_THE_END = timedelta(hours=12)  # a link still writes: the list is often finished at home, in the evening
STILL_HEARD = timedelta(days=14)  # after that, a phone found in a drawer is not listened to any more
MOST_HEARD = 20_000  # answers of one link: a tap every two seconds of a day at a stand
MOST_LINKS = 20  # open at once, of one session
PURPOSE = "volunteer of the day"


class NewLink(msgspec.Struct, frozen=True, kw_only=True):
    """To whom a link is given."""

    label: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=80,
            title="Whom is this link for?",
            description="A first name is enough. It stands beside what they write down.",
            extra={"autocomplete": "off"},
        ),
    ]


class Volunteer(msgspec.Struct, frozen=True, kw_only=True):
    """The bearer of a link: one session, attendance only, for a time."""

    id: UUID
    session_id: UUID
    label: str
    expires_at: datetime
    revoked_at: datetime | None

    def is_open(self, now: datetime) -> bool:
        """Whether the link still shows the list and takes what is written."""
        return self.revoked_at is None and now < self.expires_at

    @property
    def token(self) -> str:
        """What stands in the address: the link's id, and proof that it is ours."""
        return f"{self.id.hex}{sign(PURPOSE, self.id.hex)}"

    @property
    def path(self) -> str:
        """The address of the list, without the language."""
        return f"/appel/{self.token}"


Recorder = Person | Volunteer


class LinkOver(Refusal):
    """The link has expired, or was withdrawn."""

    status = 410
    title = "This link no longer works. Ask the team for another."


class TooManyLinks(Refusal):
    """More helpers than a session can need: somebody's finger slipped."""

    title = "This session has enough open links. Withdraw one first."
    field = "label"


class TooLateForLink(Refusal):
    """A link made now would never have worked."""

    title = (
        "The session has been over for more than twelve hours: a link would no longer work. Note on the list yourself."
    )


class HeardEnough(Refusal):
    """More answers than a day at a stand can bring: the link got about, or a program runs wild."""

    status = 403
    title = "This link has brought more answers than one day can. Ask the team for another."


def author(by: Recorder) -> tuple[UUID | None, UUID | None]:
    """What stands beside a line written: the person, or else the volunteer's link."""
    return (by.id, None) if isinstance(by, Person) else (None, by.id)


def device_of_page(by: Recorder) -> str:
    """A page without scripts is a device of its own; all pages of one person are the same one."""
    return f"page-{by.id.hex}"


def may_record(by: Recorder, session_id: UUID, structure_id: UUID, partners: Sequence[UUID] = ()) -> bool:
    """Whether they take attendance of the session; `partners` are the co-organisers who accepted (A11)."""
    if isinstance(by, Volunteer):
        return by.session_id == session_id
    return by.serves(structure_id) or any(by.manages(partner) for partner in partners)


async def give_link(session_id: UUID, wish: NewLink, *, by: Person, now: datetime) -> Volunteer:
    """A link for somebody who helps on the day. Raises NotFound, NotAllowed, TooManyLinks, TooLateForLink."""
    session = await get_session(session_id)
    if not by.serves(session.structure_id):
        raise NotAllowed
    if len([one for one in await list_links(session_id) if one.is_open(now)]) >= MOST_LINKS:
        raise TooManyLinks
    link = Volunteer(
        id=new_id(),
        session_id=session_id,
        label=plain(wish.label),
        expires_at=session.ends_at + AFTER_THE_END,
        revoked_at=None,
    )
    if not link.is_open(now):
        raise TooLateForLink
    await execute(
        "INSERT INTO volunteer_link (id, session_id, label, created_at, created_by, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
        link.id,
        session_id,
        link.label,
        now,
        by.id,
        link.expires_at,
    )
    return link


async def withdraw_link(session_id: UUID, link_id: UUID, *, by: Person, now: datetime) -> None:
    """The link stops working at once; what was written with it stays. Raises NotFound, NotAllowed."""
    session = await get_session(session_id)
    if not by.serves(session.structure_id):
        raise NotAllowed
    if link_id not in {one.id for one in await list_links(session_id)}:
        raise NotFound
    await execute(
        "UPDATE volunteer_link SET revoked_at = $3 WHERE id = $2 AND session_id = $1 AND revoked_at IS NULL",
        session_id,
        link_id,
        now,
    )


async def count_heard(by: Recorder, answers: int) -> None:
    """Remember that the link brought these; people of the team answer for what they send. Raises HeardEnough."""
    if not isinstance(by, Volunteer) or not answers:
        return
    sql = "UPDATE volunteer_link SET heard = heard + $2 WHERE id = $1 AND heard + $2 <= $3 RETURNING heard"
    if await fetch_value(sql, by.id, answers, MOST_HEARD) is None:
        raise HeardEnough


LINK_SQL = (
    # A session that was moved takes its links along.
    "SELECT l.id, l.session_id, l.label, l.revoked_at, GREATEST(l.expires_at, s.ends_at + $2) AS expires_at "
    "FROM volunteer_link l JOIN session s ON s.id = l.session_id"
)


async def list_links(session_id: UUID) -> list[Volunteer]:
    """The session's links, latest first, those that no longer work too."""
    return await fetch(
        Volunteer, f"{LINK_SQL} WHERE l.session_id = $1 ORDER BY l.created_at DESC, l.id", session_id, AFTER_THE_END
    )


async def volunteer_of(token: str, *, now: datetime) -> Volunteer:
    """The bearer of the link, even of one that expired lately (`is_open` says). Raises NotFound, LinkOver."""
    key, mac = token[:32].lower(), token[32:]
    if not token.isascii() or not is_signed(PURPOSE, key, mac):
        raise NotFound
    found = await fetch_one(Volunteer, f"{LINK_SQL} WHERE l.id = $1", UUID(key), AFTER_THE_END)
    if found is None:
        raise NotFound
    if now > found.expires_at + STILL_HEARD:
        raise LinkOver
    return found
