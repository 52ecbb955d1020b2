"""A structure applies, is admitted, publishes; Odile books; Nadia notes that she came. All of it through pages and e-mails."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import httpx

from ateliers import clock, database
from ateliers.bookings.emails import COMPOSERS as BOOKING_LETTERS
from ateliers.mail import outbox
from ateliers.mail.email import Email
from ateliers.network.emails import COMPOSERS as NETWORK_LETTERS
from ateliers.signing import timed_token
from ateliers.web.public.booking import FORM
from tests.web.typed import workshop
from tests.world import make_paule

LETTERS = NETWORK_LETTERS | BOOKING_LETTERS


@asynccontextmanager
async def somebody(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which nobody is signed in."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ateliers.test") as browser:
        yield browser


async def post() -> dict[str, Email]:
    """The e-mails on their way, by address; each is delivered once."""
    found = {}
    for row in await outbox.claim(100, now=clock.now()):
        email = await LETTERS[row.kind](row, clock.now())
        assert isinstance(email, Email)
        await outbox.finish(row, "sent", "250", now=clock.now())
        found[email.to_address] = email
    return found


def link(email: Email, start: str) -> str:
    """The path in the e-mail that begins with `start`."""
    found = re.search(rf"http://ateliers\.test({start}\S*)", email.text)
    assert found is not None
    return found[1]


async def sign_in(browser: httpx.AsyncClient, address: str) -> None:
    await browser.post("/connexion", data={"email": address})
    answer = await browser.post(link((await post())[address], "/connexion/"))
    assert answer.status_code == 303


async def later(session_id: Any, moment: datetime) -> None:
    """As if the session had begun at `moment`: the calendar cannot be turned in a running service."""
    await database.execute(
        "UPDATE session SET starts_at = $2::timestamptz, ends_at = $2::timestamptz + interval '2 hours', local_start = $2::timestamptz AT TIME ZONE zone"
        " WHERE id = $1",
        session_id,
        moment,
    )


async def test_from_the_application_to_the_attended_seat(
    app: Any, db: str, browser_of: Callable[..., Awaitable[httpx.AsyncClient]]
) -> None:
    paule = await browser_of(await make_paule("58"))
    async with somebody(app) as lise, somebody(app) as nadia, somebody(app) as odile:
        # Lise, of an association in Nevers, applies and signs the charter.
        await lise.post("/rejoindre", data={"email": "lise@example.test"})
        application = link((await post())["lise@example.test"], "/rejoindre/")
        answers = {
            "name": "Les Amis du Numérique",
            "kind": "association",
            "rna": "W581234567",
            "address": "3 rue des Récollets",
            "commune": "58000",
            "manager_name": "Lise Aubert",
            "signatory_name": "Marc Petit",
            "signatory_role": "président",
            "agrees": "1",
        }
        assert (await lise.post(application, data=answers)).status_code == 303

        # Paule, the coordinator, is told, reads it and admits the structure.
        examined = link((await post())["paule@example.test"], "/coordination/")
        assert "Marc Petit" in (await paule.get(examined)).text
        assert (await paule.post(f"{examined}/admission")).status_code == 303
        assert "est admise" in (await post())["lise@example.test"].subject

        # Lise signs in, publishes a workshop, and invites Nadia.
        await sign_in(lise, "lise@example.test")
        published = await lise.post("/espace/evenements/nouveau", data=workshop(title="Premiers pas"))
        assert published.status_code == 303
        invited = {"name": "Nadia Ferrand", "email": "nadia@example.test", "role": "ambassador"}
        assert (await lise.post("/espace/equipe/les-amis-du-numerique/invitations", data=invited)).status_code == 303
        invitation = link((await post())["nadia@example.test"], "/invitation/")
        assert (await nadia.post(f"{invitation}/acceptation")).headers["location"] == "/espace"

        # Odile finds the workshop near her and books.
        found = await odile.get("/?ou=Nevers")
        session = re.search(r"/seances/([0-9a-f-]{36})", found.text)
        assert session is not None
        assert "Premiers pas" in unescape(found.text)
        token = timed_token(FORM, f"{session[1]} journey", now=clock.now() - timedelta(seconds=30))
        wish = {
            "who": "me",
            "contact.name": "Odile Marchand",
            "contact.email": "odile@example.test",
            "seats": "1",
            "token": token,
        }
        booked = await odile.post(f"/seances/{session[1]}/reserver", data=wish)
        assert booked.status_code == 303
        confirmation = (await post())["odile@example.test"]
        assert confirmation.calendar is not None
        assert link(confirmation, "/ma-reservation/") == booked.headers["location"]

        # The day comes: Nadia sees Odile and notes that she is there.
        await later(session[1], clock.now() - timedelta(minutes=10))
        sheet = f"/espace/seances/{session[1]}/appel"
        page = await nadia.get(sheet)
        assert "Odile Marchand" in page.text
        seat = re.search(r'name="seat" value="([A-Z0-9]{6}-1)"', page.text)
        assert seat is not None
        await nadia.post(sheet, data={"seat": seat[1], "state": "present", "then": "", "q": ""})

        # Lise reads it in her figures; a stranger reads nothing.
        assert await database.fetch_value("SELECT present FROM tally") == 1
        assert (await lise.get("/espace/rapports")).status_code == 200
        assert (await odile.get(sheet)).status_code == 303
