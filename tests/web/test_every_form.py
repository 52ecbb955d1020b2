"""Whatever a form is sent, the answer is a page that says what is wrong, what was typed is kept, and nothing is stored."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import datetime
from html import unescape
from itertools import groupby
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as tuned
from hypothesis import strategies as st
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct
from msgspec import inspect as mi
from msgspec.json import encode

from ateliers.clock import now
from ateliers.network.signing_in import start_session
from ateliers.web.doors import routes_of
from ateliers.web.fields import close_up, parse
from ateliers.web.frame import SESSION_COOKIE
from tests.web.every_form import FORMS
from tests.web.rows import fingerprint, keep_rows, put_rows_back
from tests.web.scene import Scene, make_scene
from tests.web.sent import URLENCODED, Fields, Sent, body

TRAPS = {"site", "website_2"}  # fields that people do not see, and programs fill in
DOORS = ("ateliers.web.public", "ateliers.web.workspace", "ateliers.web.coordination")


def spring_gap() -> str:
    """Half past two in the next night when clocks go forward in Paris: a time that does not exist."""
    year = now().year + 1
    sunday = max(day for day in range(25, 32) if datetime(year, 3, day).isoweekday() == 7)  # noqa: DTZ001 - a wall clock
    return f"{year}-03-{sunday}T02:30"


ANYTHING: dict[str, list[str] | None] = {
    "missing": None,
    "empty": [""],
    "twice": ["a", "b"],
    "huge": ["x" * 20_000],
    "NUL": ["a\x00b"],
    "HTML": ["<script>alert(1)</script>\"'><b>"],
    "CRLF": ["a\r\nBcc: x@example.test"],
}
TEXTS: dict[str, list[str] | None] = ANYTHING | {
    "blank": [" \u00a0\t "],
    "control": ["\x01\x1b[31m\x7f\x85"],
    "emoji": ["👩🏽‍🦳🎉"],
    "right to left": ["\u202egpj.exe\u2066\u200f"],
    "invisible": ["\u200b\u2060\ufeff"],
    "template": ["'; -- %s %(n)s {0} {{ 7*7 }} {% x %}"],
    "combining": ["Z" + "\u0338\u0353" * 60],
    "script": ["javascript:alert(1)"],
    "path": ["//evil.test/../../etc"],
    "unknown commune": ["Atlantide"],
    "digits of others": ["٣٤٥²"],
    "long address": ["a" * 250 + "@b.test"],
    "social security number": ["1 85 05 78 006 084 36"],
}
SHAPES: dict[str, list[str] | None] = ANYTHING | {
    "emoji": ["👩🏽‍🦳\u202e"],
    "zero": ["0"],
    "negative": ["-1"],
    "a thousand million": ["1000000000"],
    "beyond Python": ["9" * 5000],
    "fraction": ["1.5"],
    "exponent": ["1e9"],
    "digits of others": ["٣٤²"],
    "year 1": ["0001-01-01T00:00"],
    "year 9999": ["9999-12-31T23:59"],
    "past": ["2020-01-01T10:00"],
    "gap": [spring_gap()],
    "no such day": ["2027-02-30T10:00"],
    "with a zone": ["2027-02-03T10:00+02:00"],
    "only a date": ["2027-02-03"],
    "unknown uuid": ["00000000-0000-0000-0000-000000000000"],
    "many": [f"2027-02-{day:02}T10:00" for day in range(1, 29)] * 3,
}


FIELD = re.compile(r"<input\b([^>]*)>|<textarea\b([^>]*)>(.*?)</textarea>", re.DOTALL)
ATTRIBUTE = re.compile(r'([^\s="]+)(?:="([^"]*)")?')


def held_by(page: str) -> Fields:
    """What the fields of a page's forms hold that can hold any text; our templates escape what stands in an attribute."""
    held: Fields = {}
    for of_input, of_area, text in FIELD.findall(page):
        named = {name: unescape(value) for name, value in ATTRIBUTE.findall(of_input or of_area)}
        if named.get("type") not in ("radio", "checkbox", "hidden", "file"):
            held.setdefault(named.get("name", ""), []).append(unescape(text) if of_area else named.get("value", ""))
    return held


class House(Struct, frozen=True):
    """The scene, the browsers of the people in it, the rows as they were at first, and their fingerprint before a form."""

    scene: Scene
    browsers: dict[str, httpx.AsyncClient]
    rows: dict[str, Any]
    before: dict[str, str]

    async def send(self, form: Sent, content: bytes, headers: dict[str, str]) -> httpx.Response:
        return await self.browsers[form.by].post(form.at(self.scene), content=content, headers=headers)

    async def judge(self, form: Sent, answer: httpx.Response) -> str:
        """What is wrong with the answer, or ''. Rows are put back, but those that the form rightly writes anyway."""
        after = await fingerprint()
        self.before.update({table: after[table] for table in form.counts})
        changed = [table for table, digest in after.items() if digest != self.before[table]]
        trouble = await self._trouble(form, answer, set(changed))
        if changed:
            await put_rows_back(self.rows, changed)
        return trouble

    async def _trouble(self, form: Sent, answer: httpx.Response, changed: set[str]) -> str:
        if answer.status_code == 303:
            where = answer.headers["location"]
            if not where.startswith("/") or where.startswith("//"):
                return f"303 to {where!r}"
            answer = await self.browsers[form.by].get(where, follow_redirects=True)
            return "" if answer.status_code == 200 else f"303 to {answer.status_code} {where}"
        if answer.status_code not in {200, 400, 404, 409, 410, 413, 415, 422}:
            return str(answer.status_code)
        if answer.status_code >= 400 and changed:
            return f"{answer.status_code}, and stored in {sorted(changed)}"
        if "<script>alert" in answer.text or not answer.headers["content-type"].startswith("text/html"):
            return "not a clean page"
        return ""


class Built(Struct, frozen=True):
    """A house that stands in no table at the moment; `tokens` keep its people signed in."""

    scene: Scene
    tokens: dict[str, str]
    rows: dict[str, Any]
    before: dict[str, str]


_built: list[Built] = []  # once for all tests of a process: building it takes ten times as long as putting it back


async def build() -> Built:
    scene = await make_scene()
    people = ("samir", "nadia", "paule", "claire")
    tokens = {who: await start_session(scene.person(who), now=now()) for who in people}
    return Built(scene, tokens, await keep_rows(), await fingerprint())


@pytest.fixture
async def house(app, db) -> AsyncIterator[House]:
    if _built:
        rows = _built[0].rows
        await put_rows_back(rows, [table for table in rows if rows[table]])
    else:
        _built.append(await build())
    one = _built[0]
    async with AsyncExitStack() as stack:
        browsers = {}
        for who, token in {"stranger": "", **one.tokens}.items():
            browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ateliers.test")
            browsers[who] = await stack.enter_async_context(browser)
            if token:
                browser.cookies.set(SESSION_COOKIE, token)
        yield House(one.scene, browsers, one.rows, dict(one.before))


def same(text: str) -> str:
    """As browsers compare it: ends of lines alike, and none first in a text area."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def lost(typed: Fields, page: str) -> list[str]:
    """Names of fields on the page that no longer hold what was typed into them."""
    held = held_by(page)
    return [
        name
        for name, texts in typed.items()
        if name not in TRAPS
        and name in held
        and texts
        and same(texts[-1]).strip()
        and not {same(texts[-1]), same("\n".join(texts))} & set(map(same, held[name]))  # one line each of a list
    ]


def test_every_form_of_the_service_is_here():
    posts = {
        path
        for door in DOORS
        for handler in routes_of(door)
        if isinstance(handler, HTTPRouteHandler) and "POST" in handler.http_methods
        for path in handler.paths
    }

    assert set(FORMS) == posts


@pytest.mark.parametrize("path", FORMS)
async def test_valid_answers_are_taken(house: House, path: str):
    form = FORMS[path]
    answer = await house.send(form, *form.body(house.scene))

    expected = {"/connexion/code": 422, "/espace/evenements/{event_id:uuid}/archiver": 409}
    assert answer.status_code == expected.get(path) or answer.status_code in {200, 303}, answer.text
    assert "recap-erreurs" not in answer.text or path in expected


def wrong_answers(form: Sent, scene: Scene) -> Iterator[tuple[str, str, Fields]]:
    """Each field with every wrong answer; of those that the form reads as one and the same thing, one, in turn."""
    for turn, (name, kind) in enumerate(form.names.items()):
        alike: dict[bytes, list[tuple[str, str, Fields]]] = {}
        for what, texts in (TEXTS if isinstance(kind, mi.StrType) else SHAPES).items():
            fields = form.fields(scene)
            fields.pop(name, None)
            if texts is not None:
                fields[name] = texts
            alike.setdefault(read_as(form, fields), []).append((name, what, fields))
        yield from (same[turn % len(same)] for same in alike.values())


def read_as(form: Sent, fields: Fields) -> bytes:
    """What the form makes of the answers before anything is done with them."""
    assert form.struct is not None
    data, errors = parse(form.struct, close_up(form.struct, fields), typed=False)
    told = {name: list(map(str, messages)) for name, messages in errors.items()}
    return encode([data, told] if data is not None else told)


@pytest.mark.parametrize("path", [path for path in FORMS if FORMS[path].struct])
async def test_a_wrong_answer_is_told_and_nothing_is_stored(house: House, path: str):
    form = FORMS[path]
    wrong = []
    for name, what, fields in wrong_answers(form, house.scene):
        answer = await house.send(form, body(fields), URLENCODED)
        trouble = await house.judge(form, answer)
        if not trouble and answer.status_code == 422:
            if "recap-erreurs" not in answer.text:
                trouble = "no summary of errors"
            elif gone := lost(fields, answer.text):
                trouble = f"no longer typed: {gone}"
        if trouble:
            wrong.append((trouble, f"{name} {what}"))

    assert {trouble: [case for _, case in cases] for trouble, cases in groupby(sorted(wrong), lambda w: w[0])} == {}


def bodies(form: Sent, scene: Scene) -> dict[str, tuple[bytes, dict[str, str]]]:
    """Whole bodies that no browser sends for this form."""
    valid = body(form.fields(scene))
    multipart = b'--x\r\nContent-Disposition: form-data; name="seats"; filename="a"\r\n\r\n1\r\n--x--\r\n'
    return {
        "thousands of fields": (valid + b"".join(b"&f%d=1" % n for n in range(5000)), URLENCODED),
        "a field thousands of times": (valid + b"&dates=2027-02-03T10%3A00" * 5000, URLENCODED),
        "thousands of fields first": (b"".join(b"f%d=1&" % n for n in range(5000)) + valid, URLENCODED),
        "broken percents": (b"%zz=%&%=%E9&a=%ED%A0%80&=&&;;" + valid + b"%", URLENCODED),
        "not UTF-8": (valid + b"&note=\xff\xfe&name=\xc3", URLENCODED),
        "two megabytes": (b"note=" + b"x" * 2_000_000, URLENCODED),
        "JSON": (b'{"seats": 1, "note": "x"}', {"content-type": "application/json"}),
        "a form called text": (valid or b"a=1", {"content-type": "text/plain"}),
        "a form without a name": (valid or b"a=1", {}),
        "multipart": (multipart, {"content-type": "multipart/form-data; boundary=x"}),
        "broken multipart": (b"--y\r\n\r\n", {"content-type": "multipart/form-data"}),
        "a strange charset": (valid, {"content-type": "application/x-www-form-urlencoded; charset=klingon"}),
    }


@pytest.mark.parametrize("path", FORMS)
async def test_a_strange_body_is_no_fault(house: House, path: str):
    form = FORMS[path]
    wrong = {}
    for what, (content, headers) in bodies(form, house.scene).items():
        answer = await house.send(form, content, headers)
        trouble = await house.judge(form, answer)
        refused = (
            "JSON",
            "a form called text",
            "a form without a name",
            "multipart",
            "broken multipart",
            "two megabytes",
        )
        if not trouble and form.struct and what in refused and answer.status_code < 400:
            trouble = f"{answer.status_code}"
        if trouble:
            wrong[what] = trouble

    assert wrong == {}


STRANGE = [
    "%00",
    "%FF",
    "%ED%A0%80",
    "x" * 3000,
    "%E2%80%AE",
    "..%2F..",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "²",
    "-",
    "0",
]
IDS = ["00000000-0000-0000-0000-000000000000", "x", "%00", "0", "9" * 400, "{}"]


@pytest.mark.parametrize("path", [path for path in FORMS if "{" in path])
async def test_an_address_that_leads_nowhere_is_no_fault(house: House, path: str):
    form = FORMS[path]
    parts = path.split("/")
    wrong = {}
    for index, part in enumerate(parts):
        if not part.startswith("{"):
            continue
        real = form.at(house.scene).split("/")
        for odd in IDS if part.endswith(":uuid}") else STRANGE:
            there = "/".join([*real[:index], odd, *real[index + 1 :]])
            answer = await house.browsers[form.by].post(
                there, content=body(form.fields(house.scene)), headers=URLENCODED
            )
            if answer.status_code not in {403, 404, 405, 410} or "<script>alert" in answer.text:
                wrong[there] = answer.status_code

    assert (wrong, await fingerprint()) == ({}, house.before)


ASKED = {
    "stranger": {
        "/": ["ou", "rayon", "quand", "type", "mots", "acces", "libre", "suite"],
        "/signataires": ["q", "departement", "du", "au", "page"],
        "/communes.json": ["q"],
        "/connexion": ["suite"],
    },
    "samir": {
        "/espace/evenements": ["page"],
        "/espace/evenements/nouveau": ["type"],
        "/espace/rapports": ["by", "start", "end", "kind"],
        "/espace/rapports/rapport.csv": ["by", "start", "end", "kind"],
    },
    "paule": {"/coordination/rapports": ["by", "start", "end", "kind", "region", "departement"]},
}


@pytest.mark.parametrize("who", ASKED)
async def test_whatever_is_asked_of_a_page_is_no_fault(house: House, who: str):
    wrong = {}
    pages = dict(ASKED[who])
    if who == "samir":
        pages |= {f"/espace/seances/{house.scene.began}": ["q"], f"/espace/seances/{house.scene.began}/appel": ["q"]}
    for path, names in pages.items():
        for name in names:
            for what, texts in (TEXTS | SHAPES).items():
                query = body({name: texts or []}).decode()
                answer = await house.browsers[who].get(f"{path}?{query}")
                if answer.status_code not in {200, 303, 400, 404, 422} or "<script>alert" in answer.text:
                    wrong[f"{path} {name} {what}"] = answer.status_code

    assert wrong == {}


TYPED = st.one_of(st.text(max_size=30), st.integers().map(str), st.datetimes().map(str), st.uuids().map(str))


A_FORM = st.sampled_from([path for path in FORMS if FORMS[path].struct]).flatmap(
    lambda path: st.tuples(
        st.just(path),
        st.dictionaries(st.sampled_from(sorted(FORMS[path].names)), st.lists(TYPED, max_size=2), max_size=4),
    )
)


@given(A_FORM)
@tuned(max_examples=150)
async def test_whatever_is_typed_is_answered(house: House, drawn: tuple[str, Fields]):
    path, typed = drawn
    form = FORMS[path]

    answer = await house.send(form, body(form.fields(house.scene) | typed), URLENCODED)

    assert await house.judge(form, answer) == ""
