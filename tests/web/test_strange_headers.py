"""Headers that no browser sends are no fault: the request is answered, or refused."""

from __future__ import annotations

import httpx
import pytest

from tests.web.scene import make_scene
from tests.web.sent import URLENCODED

VALUES = [
    b"",
    b" ",
    b"\xff\xfe",
    "é€👩".encode(),
    b"x" * 8_000,
    b"http://[",
    b"http://[::1",
    b"//]",
    b"null",
    b'"',
    b"W/",
    b"bytes=9-1",
    b"%00",
    b"-1",
    b"9" * 400,
    b"=; ;=;equipe",
    b"equipe=\xff\xfe",
    b"equipe=" + b"x" * 5_000,
    b"Bearer",
    b"Bearer \xff",
    b"Bearer " + b"." * 500,
    b"Basic !!!",
    b"fr;q=a,*;q=,;;",
    b"Thu, 99 Foo 2026",
    b"application/json; charset=\xff",
    b"multipart/form-data; boundary=",
    b"/",
    b"*/*;q=x",
]
NAMES = [
    "accept",
    "accept-encoding",
    "accept-language",
    "authorization",
    "content-encoding",
    "content-type",
    "cookie",
    "forwarded",
    "idempotency-key",
    "if-modified-since",
    "if-none-match",
    "origin",
    "range",
    "referer",
    "sec-fetch-site",
    "x-forwarded-for",
    "x-request-id",
]


@pytest.mark.parametrize("name", NAMES)
async def test_a_strange_header_is_no_fault(client: httpx.AsyncClient, name: str):
    scene = await make_scene()
    session = scene.session
    booking = b'{"contact": {"name": "Odile", "email": "o@example.test"}, "seats": 9}'
    wrong = {}
    for value in VALUES:
        headers = {name.encode(): value}
        form = {key.encode(): text.encode() for key, text in URLENCODED.items()} | headers
        json = {b"content-type": b"application/json"} | headers
        answers = [
            await client.get("/", headers=headers),
            await client.get("/espace", headers=headers),
            await client.get(f"/seances/{session}/agenda.ics", headers=headers),
            await client.get("/static/ateliers.css", headers=headers),
            await client.get("/api/v1/bookings/K7M2QX", headers=headers),
            await client.get(f"/api/v1/sessions/{session}/bookings", headers=headers),
            await client.post("/connexion", content=b"email=x", headers=form),
            await client.post(f"/api/v1/sessions/{session}/bookings", content=booking, headers=json),
        ]
        faults = [answer.request.url.path for answer in answers if answer.status_code >= 500]
        if faults:
            wrong[value] = faults

    assert wrong == {}


async def test_more_answers_than_any_page_asks_for_are_refused_whole(client: httpx.AsyncClient):
    many = {f"question{n}": "1" for n in range(501)}

    assert (await client.post("/connexion", data=many)).status_code == 413
    assert (await client.get("/", params=many)).status_code == 413
