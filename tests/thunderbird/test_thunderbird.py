"""A real Thunderbird takes our invite, our change and our cancellation, ignores what is old, and keeps nothing behind.

Run by `make thunderbird`, where Thunderbird is installed (Debian: apt install thunderbird): it takes a minute.
"""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ateliers.bookings import invites
from ateliers.bookings.joining import join_path
from ateliers.mail.email import Email
from ateliers.mail.mime import mime_bytes
from tests.agenda.values import ONLINE, a_session
from tests.bookings.values import a_booking
from tests.thunderbird.driver import Thunderbird
from tests.world import NOON, START

pytestmark = [
    pytest.mark.thunderbird,
    pytest.mark.skipif(shutil.which("thunderbird") is None, reason="apt install thunderbird"),
]

HOURS = timedelta(hours=2)
LATER = START + timedelta(days=7)
UID = a_booking().uid
KNOWN = "This message contains an event that has already been processed."
ACCEPT = "imipAcceptButton_AcceptDontSend"
ANSWERS = ["imipAcceptButton", "imipDeclineButton", "imipMoreButton", "imipTentativeButton"]
FEEDS = Path(__file__).parent.parent / "exchange" / "golden"


@pytest.fixture(scope="module")
def thunderbird(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Thunderbird]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Thunderbird(tmp_path_factory.mktemp("thunderbird") / "profile", port=port)
    yield program
    program.close()


def letter(folder: Path, number: int, calendar: bytes, method: str) -> Path:
    """The message that a citizen receives, as a file."""
    email = Email(
        to_name="Odile Marchand",
        to_address="odile@example.test",
        sender_name="CCAS de Nevers",
        subject="Votre rendez-vous",
        text="Bonjour",
        html="<p>Bonjour</p>",
        language="fr",
        calendar=calendar,
        method=method,
    )
    file = folder / f"{number}.eml"
    file.write_bytes(mime_bytes(email, message_id=f"{number}@ateliers.test", date=NOON + number * HOURS))
    return file


def until(found: Callable[[], Any], wanted: Any) -> None:
    for _turn in range(100):
        if found() == wanted:
            return
        time.sleep(0.1)
    assert found() == wanted


def dates(program: Thunderbird) -> list[tuple[str, datetime, int]]:
    return [
        (event["uid"], datetime.fromtimestamp(event["start"], START.tzinfo), event["sequence"])
        for event in program.events()
    ]


def test_a_booking_is_one_event_from_the_invite_to_the_cancellation(thunderbird: Thunderbird, tmp_path: Path):
    moved = a_session(starts_at=LATER, ends_at=LATER + HOURS, place_name="Salle des fêtes")
    request = letter(tmp_path, 0, invites.request(a_booking(), a_session(), sequence=0, at=NOON), "REQUEST")
    change = letter(tmp_path, 1, invites.request(a_booking(), moved, sequence=1, at=NOON + HOURS), "REQUEST")
    cancel = letter(tmp_path, 2, invites.cancel(a_booking(), moved, sequence=2, at=NOON + 2 * HOURS), "CANCEL")

    shown = thunderbird.show(request)
    assert shown == {"text": "This message contains an invitation to an event.", "buttons": ANSWERS}
    thunderbird.press(ACCEPT)
    until(lambda: dates(thunderbird), [(UID, START, 0)])
    (event,) = thunderbird.events()
    assert event["title"] == "Activer Mon espace santé avec votre téléphone"
    assert event["place"] == "Médiathèque Jean-Jaurès, 17 rue Jean-Jaurès, 58000 Nevers"
    assert (event["privacy"], event["answers"]) == ("PRIVATE", [["mailto:odile@example.test", "ACCEPTED"]])
    assert thunderbird.show(request)["text"] == KNOWN  # a second copy

    assert thunderbird.show(change)["text"] == "This message contains an update to an existing event."
    thunderbird.press(ACCEPT)
    until(lambda: dates(thunderbird), [(UID, LATER, 1)])
    assert thunderbird.events()[0]["place"].startswith("Salle des fêtes")

    assert thunderbird.show(request)["text"] == KNOWN  # what is old comes again, and changes nothing
    assert dates(thunderbird) == [(UID, LATER, 1)]

    assert thunderbird.show(cancel) == {
        "text": "This message contains an event cancellation.",
        "buttons": ["imipDeleteButton"],
    }
    thunderbird.press("imipDeleteButton")
    until(thunderbird.events, [])
    assert thunderbird.show(cancel) == {"text": KNOWN, "buttons": []}
    assert thunderbird.events() == []


def test_a_webinar_shows_the_persons_own_link(thunderbird: Thunderbird, tmp_path: Path):
    booking = a_booking(uid="b-webinar@ateliers.test")
    session = a_session(**ONLINE)
    thunderbird.show(letter(tmp_path, 10, invites.request(booking, session, sequence=0, at=NOON), "REQUEST"))
    thunderbird.press(ACCEPT)

    until(lambda: [event["place"] for event in thunderbird.events()], [f"http://ateliers.test{join_path(booking)}"])
    thunderbird.show(letter(tmp_path, 11, invites.cancel(booking, session, sequence=1, at=NOON + HOURS), "CANCEL"))
    thunderbird.press("imipDeleteButton")
    until(thunderbird.events, [])


@pytest.mark.parametrize(("file", "count"), [("feed.ics", 4), ("personal.ics", 3)])
def test_a_feed_can_be_subscribed_to(thunderbird: Thunderbird, file: str, count: int):
    handler = partial(SimpleHTTPRequestHandler, directory=str(FEEDS))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        found = thunderbird.run(
            """
            const made = cal.manager.createCalendar("ics", Services.io.newURI(args[0]));
            made.name = "Ateliers";
            cal.manager.registerCalendar(made);
            made.refresh();
            const read = () => made.getItemsAsArray(Ci.calICalendar.ITEM_FILTER_ALL_ITEMS, 0, null, null);
            await until("events", async () => (await read()).length == args[1]);
            const items = await read();
            cal.manager.removeCalendar(made);
            return items.map((item) => [item.status, item.startDate.nativeTime / 1e6]);
            """,
            f"http://127.0.0.1:{server.server_address[1]}/{file}",
            count,
        )
        server.shutdown()

    assert sorted(status for status, _start in found) == ["CANCELLED"] + ["CONFIRMED"] * (count - 1)
    assert [START.timestamp(), "CONFIRMED"] in [[start, status] for status, start in found]
