"""Chromium against the real demo: started once, with its worker and its mailbox, on a port of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from ateliers.mailbox import free_port
from tests.browser.looking import LOOKS

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
START_SECONDS = 400
PATIENCE = 60_000  # milliseconds for what must come; a busy machine takes its time
playwright.expect.set_options(timeout=PATIENCE)
SHIELD = 12
# What Playwright turns off, which a list of our own replaces; then the menus of an address bar that nobody sees, two programs
# of their own that Chromium would start with every page, at twice the cost of the page.
OFF = [
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxPopup",
]
ARGUMENTS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(OFF)}",
]


class Demo(NamedTuple):
    """The running demo: its address, and the sign-in links it printed, in order."""

    base: str
    links: list[str]
    shield: int  # bookings of one session in a minute that raise it


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests are run on their own (`-m browser`); walks through all pages take longest: each process begins with one."""
    ours = [item for item in items if "browser" in item.path.parts]
    for item in ours:
        item.add_marker(pytest.mark.browser)
    walks = [item for item in ours if item.path.name == "test_every_page.py"]
    others = [item for item in ours if item not in walks]
    first = [item for pair in zip(walks, others, strict=False) for item in pair]
    items.sort(key=lambda item: first.index(item) if item in first else len(first))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A headless Chromium. Its absence skips the browser tests, and fails them in CI."""
    if CHROMIUM is None:
        told = "Chromium was not found: on Debian, `apt install chromium` brings it."
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    folder = tmp_path_factory.getbasetemp()
    LOOKS.file = (folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder) / "looked-at.txt"
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """`ateliers demo` on an empty data folder, ready to answer."""
    folder = tmp_path_factory.mktemp("demo")
    port = free_port()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("ATELIERS_")},
        "ATELIERS_DATA_DIR": str(folder / "data"),
        "ATELIERS_ALLOW_ROOT": "1",
        "ATELIERS_SHIELD": str(SHIELD),
        "COLUMNS": "400",
    }
    printed = folder / "printed.txt"
    with printed.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "ateliers", "demo", "--port", str(port)],
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    base = f"http://127.0.0.1:{port}"
    try:
        links = _wait_until_ready(process, base, printed)
        yield Demo(base, links, SHIELD)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait_until_ready(process: subprocess.Popen[bytes], base: str, printed: Path) -> list[str]:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        links = re.findall(rf"{base}/connexion/\S+", printed.read_text())
        try:
            if links and httpx.get(f"{base}/health/ready", timeout=10).status_code == 200:
                return links
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    pytest.fail(f"the demo did not start:\n{printed.read_text()}")


@pytest.fixture
def tab(chromium, demo, signed_in_state) -> Iterator[Callable[..., object]]:
    """`tab(0, width=320, scripts=False)`: a fresh page of the person with the demo's first sign-in link; nobody's without.

    An error in a script or on the server, or something that the Content Security Policy stopped, fails the test.
    """
    opened = []
    faults: list[str] = []

    def make(
        who: int | None = None, *, width: int = 1280, height: int = 900, scheme: str = "light", scripts: bool = True
    ):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=scripts,
            base_url=demo.base,
            locale="fr-FR",
            reduced_motion="reduce",
            storage_state=None if who is None else signed_in_state(who),
        )
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on(
            "console", lambda m: faults.append(f"{page.url}: {m.text}") if "Content Security Policy" in m.text else None
        )
        page.on("response", lambda r: faults.append(f"{r.status} {r.url}") if r.status >= 500 else None)
        return page

    yield make
    for context in opened:
        context.close()
    assert faults == []


@pytest.fixture(scope="session")
def signed_in_state(chromium, demo) -> Callable[[int], dict]:
    """`signed_in_state(0)`: the cookies of the first person whose sign-in link the demo printed; links are single use."""
    states: dict[int, dict] = {}

    def state(which: int) -> dict:
        if which not in states:
            context = chromium.new_context(base_url=demo.base)
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(demo.links[which])
            page.locator("main form button").first.click()
            page.wait_for_url(re.compile(r"/(espace|coordination)"))
            states[which] = context.storage_state()
            context.close()
        return states[which]

    return state


@pytest.fixture
def managers_tab(tab) -> Callable[..., object]:
    """`managers_tab(scripts=False)`: a page on a phone in which the manager is signed in."""
    return lambda *, scripts: tab(0, width=320, height=700, scripts=scripts)
