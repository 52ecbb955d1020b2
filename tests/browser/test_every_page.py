"""Every page that a link leads to, as every kind of reader: accessible, valid, narrow enough, in both languages (K1, K4, K5)."""

from __future__ import annotations

import re
from urllib.parse import urldefrag, urlsplit

import pytest

from tests.browser.looking import LOOKS, NEEDS_SCRIPTS
from tests.browser.validity import html_faults

# Who looks: None is a stranger, the others by the order in which the demo prints their sign-in links.
READERS = {"stranger": None, "manager": 0, "ambassador": 1, "coordinator": 2}
FIRST = {"stranger": ["/", "/en/"], "manager": ["/espace"], "ambassador": ["/espace"], "coordinator": ["/coordination"]}
LEFT_ALONE = re.compile(
    r"\.(ics|atom|csv|xlsx|ods|json|xml|eml|txt|pdf|png)$|^(/en)?/(static|api|metrics|health|deconnexion)|/(html|source|pieces?|documents|emargement)\b"
)
SHAPES = [
    (re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}"), "<id>"),
    (re.compile(r"/(signataires|ma-reservation)/[^/?]+(/[a-z2-7]{16,})?"), r"/\1/<one>"),
    (re.compile(r"/boite-aux-lettres/[^/?]+"), "/boite-aux-lettres/<message>"),
    (re.compile(r"/courriels/[a-z_]+"), "/courriels/<letter>"),
]
LARGEST_VISIT = 50_000  # bytes over the wire
MOST_PAGES = 200


def shape(path: str) -> str:
    """`path` with what names one thing taken out, and the query's values too: pages alike are looked at once."""
    for pattern, name in SHAPES:
        path = pattern.sub(name, path)
    return re.sub(r"\?.*", "?", path)


@pytest.mark.parametrize("reader", READERS)
def test_every_page_is_accessible(reader: str, demo, chromium, signed_in_state, tmp_path):
    which = READERS[reader]
    state = signed_in_state(which) if which is not None else None
    context = chromium.new_context(base_url=demo.base, storage_state=state, locale="fr-FR")
    page = context.new_page()
    waiting = list(FIRST[reader])
    seen: set[str] = set()
    wrong: list[str] = []
    pages: dict[str, str] = {}
    while waiting and len(seen) < MOST_PAGES:
        path = waiting.pop(0)
        if shape(path) in seen:
            continue
        seen.add(shape(path))
        answer = page.goto(path)
        assert answer is not None
        if answer.status != 200:
            wrong.append(f"{path}: {answer.status}")
            continue
        if page.locator("h1").count() != 1:
            wrong.append(f"{path}: {page.locator('h1').count()} main titles")
        if page.locator("html").get_attribute("lang") != ("en" if path.startswith("/en") else "fr"):
            wrong.append(f"{path}: wrong language")
        pages[path] = answer.text()
        wrong += LOOKS.at(page, path, by_keyboard=reader == "stranger")
        wrong += [f"{path}: {fault}" for fault in page.evaluate(NEEDS_SCRIPTS, pages[path])]
        for link in page.locator("a[href]").evaluate_all("found => found.map(a => a.href)"):
            split = urlsplit(urldefrag(link)[0])
            where = split.path + (f"?{split.query}" if split.query else "")
            english_elsewhere = where.startswith("/en") and reader != "stranger"
            if link.startswith(demo.base) and not LEFT_ALONE.search(split.path) and not english_elsewhere:
                waiting.append(where)
    context.close()
    wrong += html_faults(pages, tmp_path)
    assert not wrong, "\n".join(wrong)
    assert 4 < len(seen) < MOST_PAGES, "some pages were not looked at"


def test_a_first_visit_is_light(demo, chromium):
    context = chromium.new_context(base_url=demo.base)
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    hosts: set[str] = set()
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.goto("/", wait_until="networkidle")
    context.close()
    assert hosts == {urlsplit(demo.base).netloc}
    assert sum(sizes) < LARGEST_VISIT
