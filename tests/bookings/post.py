"""Everything that is due, really sent to a sink, for tests of what people receive."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage

from icalendar import Calendar

from ateliers.bookings.emails import COMPOSERS
from ateliers.mail.delivery import Delivery
from tests.mail.sink import smtp_sink


async def receive(now: datetime) -> list[EmailMessage]:
    """The e-mails that leave at `now`, in order."""
    async with smtp_sink() as sink:
        delivery = Delivery(sink.url, connections=1)
        await delivery.deliver_due(COMPOSERS, now=now)
        await delivery.close()
        return sink.messages


def calendar_of(message: EmailMessage):
    """Its VEVENT with METHOD beside it; None for a plain letter."""
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            calendar = Calendar.from_ical(part.get_payload(decode=True))
            (event,) = calendar.walk("VEVENT")
            assert calendar["METHOD"] == part["content-type"].params["method"]
            return str(calendar["METHOD"]), event
    return None


def text_of(message: EmailMessage) -> str:
    """Its plain text."""
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n").replace("\u00a0", " ")
