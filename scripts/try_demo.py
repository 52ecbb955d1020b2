"""Try the demo as a newcomer does: start it, book a seat, read the mail it sent, sign in, stop it, start it again.

Usage: python scripts/try_demo.py [--port 8765] [command that starts the demo…]
Exit code 0 when everything was as it should be.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import psutil

START_SECONDS = 180.0
MAIL_SECONDS = 120.0
STOP_SECONDS = 40.0
READY = "Ctrl-C ends all of it."


class Wrong(Exception):
    """Something was not as it should be."""


class Demo:
    """A demo that runs, in a data folder of its own."""

    def __init__(self, command: list[str], port: int, data: Path) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.data = data
        self.output = data.parent / "output.txt"
        environment = {**os.environ, "ATELIERS_DATA_DIR": str(data), "PORT": str(port), "COLUMNS": "200"}
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [word.replace("{port}", str(port)) for word in command],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # a group of its own, to interrupt as a terminal does
            )

    def text(self) -> str:
        """What it has printed so far."""
        return self.output.read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self) -> float:
        """Seconds it took to start."""
        began = time.monotonic()
        while READY not in self.text():
            if self.process.poll() is not None:
                raise Wrong(f"the demo ended while it started:\n{self.text()}{self.log()}")
            if time.monotonic() - began > START_SECONDS:
                raise Wrong(f"the demo was not ready in {START_SECONDS:.0f} s:\n{self.text()}{self.log()}")
            time.sleep(0.2)
        return time.monotonic() - began

    def log(self) -> str:
        """The end of the log of its processes."""
        file = self.data / "demo" / "demo.log"
        return file.read_text(encoding="utf-8", errors="replace")[-4000:] if file.exists() else ""

    def stop(self) -> float:
        """Interrupt it as Ctrl-C does; seconds it took until everything it started had ended."""
        everything = psutil.Process(self.process.pid).children(recursive=True)
        began = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise Wrong(f"the demo did not stop in {STOP_SECONDS:.0f} s:\n{self.text()}") from None
        took = time.monotonic() - began
        if left := [process for process in everything if runs(process)]:
            raise Wrong(f"processes {left} outlived the demo")
        if (self.data / "demo" / "postgres" / "postmaster.pid").exists():
            raise Wrong("PostgreSQL outlived the demo")
        return took

    def ask(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> tuple[int, str]:
        """Status and text of an answer; POST when there is a body."""
        request = urllib.request.Request(  # noqa: S310 - a loopback address
            path if path.startswith("http") else self.base + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"content-type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - a loopback address
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as no:
            return no.code, no.read().decode(errors="replace")


def runs(process: psutil.Process) -> bool:
    """Whether it has not ended; what ended and waits for its parent to notice has."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def expect(demo: Demo, path: str, wanted: int = 200, **rest: Any) -> str:
    """The text of an answer whose status must be `wanted`."""
    status, text = demo.ask(path, **rest)
    if status != wanted:
        raise Wrong(f"{path} answered {status} instead of {wanted}:\n{text[:2000]}\n{demo.log()}")
    return text


def book(demo: Demo) -> dict[str, Any]:
    """Book a seat over the API, in the first session that has some left."""
    listed = json.loads(expect(demo, "/api/v1/sessions?limit=50"))
    sessions = listed["items"] if isinstance(listed, dict) else listed
    contact = {"name": "Odile Martin", "email": "odile.martin@example.org", "phone": None}
    for session in sessions:
        status, text = demo.ask(
            f"/api/v1/sessions/{session['id']}/bookings",
            {"contact": contact, "seats": 1, "names": [], "on_behalf": None, "needs": None, "language": "fr"},
        )
        if status == 201:
            booking: dict[str, Any] = json.loads(text)
            if booking["status"] == "confirmed":
                return booking
        elif status != 409:
            raise Wrong(f"booking answered {status}:\n{text[:2000]}\n{demo.log()}")
    raise Wrong(f"none of {len(sessions)} sessions had a seat")


def read_mail(demo: Demo, code: str) -> str:
    """The page of the message that confirms `code`, once it has arrived."""
    limit = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < limit:
        for name in re.findall(r"/boite-aux-lettres/([0-9]+-[0-9]+)", expect(demo, "/boite-aux-lettres")):
            letter = expect(demo, f"/boite-aux-lettres/{name}")
            if code in letter:
                expect(demo, f"/boite-aux-lettres/{name}/html")
                return letter
        time.sleep(0.5)
    raise Wrong(f"no mail about booking {code} in {MAIL_SECONDS:.0f} s\n{demo.log()}")


def try_first_run(demo: Demo) -> dict[str, Any]:
    """Look around, book, read the mail, open the sign-in links."""
    for path in ("/", "/en/", "/signataires", "/connexion", "/health/live", "/health/ready", "/api/v1/openapi.json"):
        expect(demo, path)
    booking = book(demo)
    letter = read_mail(demo, booking["code"])
    if "invitation.ics" not in letter and "text/calendar" not in letter:
        raise Wrong("the confirmation carries no calendar object")
    expect(demo, urllib.parse.urlsplit(booking["manage_url"]).path)
    links = re.findall(r"http://\S+/connexion/\S+", demo.text())
    if len(links) != 3:
        raise Wrong(f"{len(links)} sign-in links were printed instead of 3:\n{demo.text()}")
    for link in links:
        expect(demo, link)
    return booking


def main() -> None:
    """Try everything; say what took how long."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="ateliers-try-") as folder:
        data = Path(folder) / "data"
        data.mkdir()
        demo = Demo(chosen.command or ["make", "demo"], chosen.port, data)
        try:
            print(f"ready after {demo.wait_until_ready():.1f} s")
            booking = try_first_run(demo)
            print(f"booked {booking['code']}, its mail read, three sign-in links open")
            print(f"stopped in {demo.stop():.1f} s, nothing left running")
            demo = Demo(chosen.command or ["make", "demo"], chosen.port, data)
            print(f"ready again after {demo.wait_until_ready():.1f} s")
            key = urllib.parse.urlsplit(booking["manage_url"]).path.rstrip("/").rpartition("/")[2]
            expect(demo, f"/api/v1/bookings/{booking['code']}", Authorization=f"Bearer {key}")
            print("the booking is still there")
            demo.stop()
        except Wrong as wrong:
            print(f"WRONG: {wrong}", file=sys.stderr)
            sys.exit(1)
        finally:
            if demo.process.poll() is None:
                demo.stop()


if __name__ == "__main__":
    main()
