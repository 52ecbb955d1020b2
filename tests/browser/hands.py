"""What people do in a browser: walk by the Tab key, take their time, read their letters."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import timedelta

from ateliers import clock

READING = 2.3  # seconds a person takes at least; a form sent sooner is taken for a robot's
SPENT = "(performance.now() - performance.getEntriesByType('navigation')[0].responseStart) / 1000"
WAIT_SECONDS = 120  # at most, for what comes by itself


def take_time(page) -> None:
    """Stay on the page until a person may have filled in its form."""
    time.sleep(max(0.0, READING - page.evaluate(SPENT)))


def tab_to(page, pattern: str, *, most: int = 120) -> None:
    """Press Tab until the element that has the focus says `pattern`."""
    page.wait_for_load_state()
    for _turn in range(most):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and re.search(
            pattern, focused.first.inner_text() or focused.first.get_attribute("id") or ""
        ):
            return
    raise AssertionError(f"no way to {pattern!r} by keyboard on {page.url}")


def tab_to_field(page, name: str) -> None:
    """Press Tab until the field `name` has the focus."""
    page.wait_for_load_state()
    for _turn in range(60):
        page.keyboard.press("Tab")
        if page.locator(f":focus[name='{name}']").count():
            return
    raise AssertionError(f"no way to the field {name!r} by keyboard on {page.url}")


def letter(page, subject: str, to: str) -> str:
    """Open the e-mail to `to` whose subject has `subject`, once it has come; its text."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        page.goto("/boite-aux-lettres")
        row = page.locator("tbody tr", has_text=to).filter(has_text=re.compile(subject)).first
        if row.count():
            row.locator("a").first.click()
            page.wait_for_load_state()
            return page.locator("pre").first.inner_text()
        time.sleep(0.5)
    raise AssertionError(f"no e-mail to {to} about {subject!r}")


def come_round(holds: Callable[[], bool]) -> None:
    """Ask again until it holds: a public page may be two seconds old."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it stays as it was"
        time.sleep(0.2)


def type_into(page, name: str, text: str) -> None:
    """Walk to the field `name` by the Tab key and type."""
    tab_to_field(page, name)
    page.keyboard.type(text)


def press(page, pattern: str) -> None:
    """Walk to what says `pattern` by the Tab key and press Enter, which leads to a page."""
    tab_to(page, pattern)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def unfold(page, pattern: str) -> None:
    """Walk to the fold that says `pattern` by the Tab key and open it."""
    tab_to(page, pattern)
    page.keyboard.press("Enter")
    page.locator("details[open] > summary:focus").wait_for()


def text_of(page) -> str:
    """The text of the page, once all of it is there, spaces made plain."""
    page.wait_for_load_state()
    return " ".join(page.locator("main").inner_text().replace("\u00a0", " ").split())


def publish_workshop(page, title: str, *, days: int = 20, **fields: str) -> str:
    """Publish a workshop in that many days, on the page of a manager; the address of its public page."""
    page.goto("/espace/evenements/nouveau?type=workshop")
    page.locator("[name=title]").fill(title)
    page.locator("[name=dates]").first.fill(f"{clock.now().date() + timedelta(days=days)}T14:30")
    page.locator("[name=place_id]").select_option(index=1)
    closed = page.locator("main details:not([open]) > summary")
    while closed.count():
        closed.first.click()
    for name, text in fields.items():
        field = page.locator(f"[name='{name.replace('__', '.')}']").first
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(text)
        else:
            field.fill(text)
    page.locator("[name=publish][value='1']").click()
    told = text_of(page)
    assert page.locator(".recap-erreurs").count() == 0, told
    return page.locator("a[href^='/seances/']").first.get_attribute("href")
