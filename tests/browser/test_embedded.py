"""Our list in a page of another site, in a Chromium that gives no cookie to third parties."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from functools import partial
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE

BLOCKING = {"profile": {"block_third_party_cookies": True, "cookie_controls_mode": 1}}
MARKED = "<script>document.cookie = 'mark=1; SameSite=None; Secure'; document.title = document.cookie || 'no cookie'</script>"


class Host(NamedTuple):
    """Another site, under two names: each is a third party to the other."""

    base: str
    other: str
    pages: dict[str, str]


class _Handler(BaseHTTPRequestHandler):
    def __init__(self, pages: dict[str, str], *rest: object) -> None:
        self.pages = pages
        super().__init__(*rest)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        body = self.pages.get(self.path, "").encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_rest: object) -> None:
        """Quiet."""


@pytest.fixture
def host() -> Iterator[Host]:
    pages: dict[str, str] = {"/mark": MARKED}
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, pages)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_port
        yield Host(f"http://localhost:{port}", f"http://127.0.0.1:{port}", pages)
        server.shutdown()


@pytest.fixture
def guarded(chromium, demo, tmp_path):
    """A browser of its own that blocks third-party cookies."""
    profile = tmp_path / "Default"
    profile.mkdir()
    (profile / "Preferences").write_text(json.dumps(BLOCKING))
    context = chromium.browser_type.launch_persistent_context(
        tmp_path, executable_path=CHROMIUM, args=ARGUMENTS, viewport={"width": 1000, "height": 900}, locale="fr-FR"
    )
    yield context
    context.close()


def test_a_site_shows_our_sessions_and_its_visitors_book_them(guarded, demo, host):
    page = guarded.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{demo.base}/signataires")
    page.locator("main h3 a").first.click()
    page.get_by_role("link", name="Afficher ces séances sur votre site").click()
    for field, colour in (("fond", "#10233f"), ("texte", "#ffffff"), ("liens", "#ffd24d")):
        page.locator(f"input[name={field}]").evaluate("(field, colour) => { field.value = colour }", colour)
    page.get_by_role("button", name="Voir le code").click()
    assert page.frame_locator("iframe.apercu").locator("h1").inner_text()
    code = page.locator("#code").input_value()
    assert page.evaluate("document.cookie") == ""

    host.pages["/"] = f"""<!DOCTYPE html><html lang="fr"><title>La ville</title><body><main><h1>La ville</h1>{code}
        <iframe src="{host.other}/mark" title="Un autre"></iframe></main></body></html>"""
    page.goto(host.base)
    page.wait_for_load_state("networkidle")
    frame, control = page.frames[1], page.frames[2]
    assert control.title() == "no cookie"  # third parties have none: what follows is worth something
    assert frame.locator("li h2 a").count() >= 1
    assert frame.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 35, 63)"
    assert guarded.cookies() == []
    assert Axe().run(page).response["violations"] == []

    title = unescape(frame.locator("li h2 a").first.inner_text()).replace("(nouvel onglet)", "").strip()
    with guarded.expect_page() as opened:
        frame.locator("li h2 a").first.click()
    tab = opened.value
    assert tab.locator("h1").inner_text().strip() == title
    assert tab.url.startswith(f"{demo.base}/seances/")
    assert tab.evaluate("window.opener") is None

    host.pages["/booking"] = f'<iframe src="{tab.url}" title="x"></iframe>'
    page.goto(f"{host.base}/booking")
    page.wait_for_load_state("networkidle")
    assert "Réserver" not in page.frames[1].content()  # only the frame may be framed
