"""The LMTP door: one answer a recipient, nothing taken that is not ours, nothing lost."""

from __future__ import annotations

import asyncio
import smtplib
import stat
from contextlib import asynccontextmanager
from pathlib import Path

from ateliers import mailbox
from ateliers.mail.inbound import LARGEST, Received
from ateliers.mail.lmtp import lmtp_server
from tests.mail.letters_back import US, human_letter

REMINDERS = "rappels@ateliers.test"
LETTER = human_letter("Bonjour")


class Desk:
    """Takes everything, except as told."""

    def __init__(self) -> None:
        self.taken: list[Received] = []
        self.answers: list[bool | Exception] = []

    async def take(self, received: Received) -> bool:
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        self.taken.append(received)
        return answer


@asynccontextmanager
async def door(desk: Desk):
    port = mailbox.free_port()
    async with lmtp_server(f"127.0.0.1:{port}", desk.take):
        yield port


def talk(port: int, *recipients: str, raw: bytes = LETTER, sender: str = "odile@example.test") -> list[int]:
    """The codes of an exchange: one for each RCPT, then one for each that was accepted."""
    with smtplib.LMTP("127.0.0.1", port) as server:
        server.ehlo_or_helo_if_needed()
        server.mail(sender)
        codes = [server.rcpt(recipient)[0] for recipient in recipients]
        if 250 in codes:
            codes.append(server.data(raw)[0])
            codes += [server.getreply()[0] for _more in range(codes.count(250) - 2)]
        return codes


async def test_a_letter_is_taken_with_its_envelope():
    desk = Desk()
    async with door(desk) as port:
        codes = await asyncio.to_thread(talk, port, US)

    assert codes == [250, 250]
    assert [(one.sender, one.recipient) for one in desk.taken] == [("odile@example.test", US)]
    assert desk.taken[0].raw.rstrip() == LETTER


async def test_the_null_sender_is_nobody():
    desk = Desk()
    async with door(desk) as port:
        await asyncio.to_thread(talk, port, US, sender="")

    assert [one.sender for one in desk.taken] == [""]


async def test_each_recipient_is_answered():
    desk = Desk()
    desk.answers = [True, False]
    async with door(desk) as port:
        codes = await asyncio.to_thread(talk, port, US, "x@example.test", REMINDERS)

    assert codes == [250, 550, 250, 250, 550]
    assert [one.recipient for one in desk.taken] == [US, REMINDERS]


async def test_what_is_not_ours_is_refused_before_its_text():
    desk = Desk()
    others = ["contact@ateliers.test", "rendez-vous@example.test", "retour+0-a@ateliers.test"]
    async with door(desk) as port:
        codes = await asyncio.to_thread(talk, port, *others)

    assert (codes, desk.taken) == ([550] * 3, [])


async def test_a_fault_of_ours_is_no_fault_of_the_letter():
    desk = Desk()
    desk.answers = [ConnectionError("the database is away")]
    async with door(desk) as port:
        codes = await asyncio.to_thread(talk, port, US)
        again = await asyncio.to_thread(talk, port, US)

    assert (codes, again) == ([250, 451], [250, 250])


async def test_three_megabytes_are_too_much():
    desk = Desk()
    async with door(desk) as port:
        codes = await asyncio.to_thread(talk, port, US, raw=human_letter("x" * 70 + "\r\n") * (LARGEST // 60))

    assert (codes, desk.taken) == ([250, 552], [])


async def test_a_socket_of_the_file_system_is_for_the_mail_server_s_group(tmp_path: Path):
    desk = Desk()
    path = tmp_path / "lmtp.sock"
    for _start in range(2):  # the second finds the socket that the first left behind, or none
        async with lmtp_server(str(path), desk.take):
            assert stat.S_IMODE(path.stat().st_mode) == 0o660
            reader, writer = await asyncio.open_unix_connection(str(path))
            assert (await reader.readline()).startswith(b"220 ateliers.test")
            writer.close()
