"""Holding messages back and letting them go again: a structure's managers for theirs, the national team for all (D15)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.database import fetch, transaction
from ateliers.mail import safety, sms
from ateliers.mail.sms import BodyKind, Gateway, GatewayKind
from ateliers.network.people import Person, RoleName
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import Invalid, NotAllowed, NotFound


class Suspension(msgspec.Struct, frozen=True, kw_only=True):
    """Why messages are to be held back."""

    note: Annotated[
        str,
        Meta(
            max_length=300,
            title="Why?",
            description="Your colleagues read it. For example: wrong date in a message.",
            extra={"input": "textarea"},
        ),
    ] = ""


class Stopped(msgspec.Struct, frozen=True, kw_only=True):
    """A stop that holds now, in words."""

    structure_id: UUID | None
    structure_name: str | None
    why: str  # 'asked', 'anomaly'
    note: str
    at: datetime
    by_name: str | None


class NewGateway(msgspec.Struct, frozen=True, kw_only=True):
    """How the structure's SMS are sent, as its managers type it."""

    kind: Annotated[GatewayKind, Meta(title="What does your SMS supplier offer?", extra={"input": "radio"})]
    address: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=300,
            title="Its address",
            description="A web service: https://… An e-mail address: {number} stands for the phone number, "
            "as in {number}@sms.example.fr.",
        ),
    ]
    body: Annotated[BodyKind, Meta(title="How the web service wants it", extra={"input": "radio"})] = BodyKind.JSON
    number_field: Annotated[
        str, Meta(max_length=50, pattern=r"^[\w.\-\[\]]*$", title="Its name for the phone number")
    ] = "to"
    text_field: Annotated[str, Meta(max_length=50, pattern=r"^[\w.\-\[\]]*$", title="Its name for the text")] = (
        "message"
    )
    fixed: Annotated[
        str,
        Meta(
            max_length=1000,
            title="What else it wants",
            description="One name=value a line, for example sender=CCAS.",
            extra={"input": "textarea"},
        ),
    ] = ""
    secret: Annotated[
        str,
        Meta(
            max_length=300,
            title="Its key",
            description="Sent as the Authorization header, for example: Bearer 0123. Left empty, the one we know stays.",
            extra={"autocomplete": "off"},
        ),
    ] = ""
    per_day: Annotated[int, Meta(ge=1, le=10_000, title="SMS a day at most")] = 200
    is_on: Annotated[bool, Meta(title="Send SMS to those who have no e-mail address")] = False


def may_stop_all(person: Person) -> bool:
    """Whether they hold back everybody's messages: the national team, the operator."""
    return any(role.role in {RoleName.NATIONAL, RoleName.OPERATOR} for role in person.roles)


async def list_stopped() -> list[Stopped]:
    """The stops that hold now, the one for everybody first."""
    return await fetch(
        Stopped,
        """SELECT m.structure_id, o.name AS structure_name, m.why, m.note, m.at, p.name AS by_name
           FROM mail_stop m LEFT JOIN structure o ON o.id = m.structure_id LEFT JOIN person p ON p.id = m.by_id
           WHERE m.lifted_at IS NULL ORDER BY m.structure_id IS NOT NULL, o.name""",
    )


async def suspend_sending(structure_id: UUID | None, new: Suspension, *, by: Person, now: datetime) -> None:
    """Hold back a structure's messages, or everybody's (None). Raises NotFound, NotAllowed."""
    await _allow(structure_id, by)
    await safety.stop(structure_id, why="asked", note=new.note, by_id=by.id, now=now)


async def resume_sending(structure_id: UUID | None, *, by: Person, now: datetime) -> None:
    """Send again, what was held back included. Raises NotFound, NotAllowed."""
    await _allow(structure_id, by)
    async with transaction():
        await safety.lift(structure_id, by_id=by.id, now=now)


async def set_gateway(structure_id: UUID, new: NewGateway, *, by: Person, now: datetime) -> None:
    """How the structure's SMS are sent from now on. Raises NotFound, NotAllowed, Invalid."""
    if not by.manages(structure_id):
        raise NotAllowed if by.serves(structure_id) else NotFound
    if new.kind is GatewayKind.HTTP and not new.address.startswith(("https://", "http://")):
        raise Invalid({"address": "Write the address of a web service, such as https://sms.example.fr/send."})
    if new.kind is GatewayKind.MAIL and not sms.is_mail_pattern(new.address):
        raise Invalid({"address": "Write an e-mail address with {number} before the @."})
    if new.kind is GatewayKind.HTTP and not (new.number_field and new.text_field):
        raise Invalid({"number_field": "Say how the web service names the phone number and the text."})
    if "\n" in new.secret or not new.secret.isascii():
        raise Invalid({"secret": "A key has no accents."})
    gateway = Gateway(structure_id=structure_id, **msgspec.structs.asdict(new))
    await sms.keep_gateway(gateway, now=now)


async def _allow(structure_id: UUID | None, by: Person) -> None:
    if structure_id is None:
        if not may_stop_all(by):
            raise NotAllowed
        return
    structure = await get_structure_by_id(structure_id)
    if not may_stop_all(by) and not by.manages(structure_id) and not by.coordinates(structure.departement):
        raise NotAllowed if by.serves(structure_id) else NotFound
