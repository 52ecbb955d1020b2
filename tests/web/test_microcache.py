"""A page kept for a moment is everybody's page: made once for many, never one person's."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpx
import pytest

from ateliers.web import microcache
from ateliers.web.microcache import MicroCache

HTML = (b"content-type", b"text/html")


@pytest.fixture(autouse=True)
def long_moment(monkeypatch):
    """A second may pass between two requests of a test on a busy machine."""
    monkeypatch.setattr(microcache, "KEEP_SECONDS", 3600.0)


class Pages:
    """An application that counts how often it is asked and answers with that number."""

    def __init__(self, status: int = 200, headers: Sequence[tuple[bytes, bytes]] = (HTML,)) -> None:
        self.times = 0
        self.status = status
        self.headers = headers

    async def __call__(self, _scope, _receive, send) -> None:
        self.times += 1
        told = str(self.times).encode()
        await asyncio.sleep(0.01)
        await send({"type": "http.response.start", "status": self.status, "headers": list(self.headers)})
        await send({"type": "http.response.body", "body": told})


def browser(app) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(MicroCache(app)), base_url="http://ateliers.test")


async def test_a_rush_on_one_page_makes_it_once():
    pages = Pages()
    async with browser(pages) as client:
        answers = await asyncio.gather(*(client.get("/") for _turn in range(20)))
    assert {answer.text for answer in answers} == {"1"}
    assert pages.times == 1


async def test_pages_differ_by_address_and_query():
    pages = Pages()
    async with browser(pages) as client:
        told = [(await client.get(path)).text for path in ("/", "/?ou=Nevers", "/seances/x", "/")]
    assert told == ["1", "2", "3", "1"]


@pytest.mark.parametrize("path", ["/ma-reservation/K7QM2P/key", "/espace", "/api/v1/sessions", "/connexion/x"])
async def test_private_pages_are_never_kept(path: str):
    pages = Pages()
    async with browser(pages) as client:
        assert [(await client.get(path)).text for _turn in range(2)] == ["1", "2"]


async def test_who_carries_a_cookie_gets_a_page_of_their_own():
    pages = Pages()
    async with browser(pages) as client:
        told = [(await client.get("/", headers={"cookie": "equipe=x"})).text for _turn in range(2)]
    assert told == ["1", "2"]


@pytest.mark.parametrize(
    "pages",
    [
        Pages(status=404),
        Pages(headers=[HTML, (b"set-cookie", b"a=b")]),
        Pages(headers=[(b"cache-control", b"no-store")]),
    ],
)
async def test_what_says_so_is_not_kept(pages: Pages):
    async with browser(pages) as client:
        assert [(await client.get("/")).text for _turn in range(2)] == ["1", "2"]


async def test_a_fault_is_not_kept_and_does_not_hold_up_others():
    class Broken(Pages):
        async def __call__(self, scope, receive, send) -> None:
            if self.times == 0:
                self.times += 1
                raise ConnectionResetError
            await super().__call__(scope, receive, send)

    async with browser(Broken()) as client:
        with pytest.raises(ConnectionResetError):
            await client.get("/")
        assert (await client.get("/")).text == "2"
