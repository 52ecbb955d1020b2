"""The attendance page: one tap, one form, back to the list."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import httpx
import msgspec
import pytest

from ateliers import clock, database
from ateliers.attendance.certificate import list_certificates
from tests.world import make_booking, make_event, make_nadia, make_person, make_session, make_structure


async def a_session() -> tuple[UUID, UUID]:
    """A session that began an hour ago, and NADIA."""
    structure = await make_structure()
    session = await make_session(await make_event(structure), starts_at=clock.now() - timedelta(hours=1))
    return session, await make_nadia(structure)


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(f'name="{name}" value="([^"]*)"', page.text)
    assert found is not None
    return found[1]


async def states(session: UUID) -> list[str]:
    rows = await database.fetch_rows(
        "SELECT b.code || '-' || a.seat || ' ' || a.state AS line FROM attendance a JOIN booking b ON b.id = a.booking_id "
        "WHERE a.session_id = $1 ORDER BY 1",
        session,
    )
    return [row["line"] for row in rows]


async def test_a_tap_marks_and_goes_on_with_the_next(browser_of) -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=2, names=["Zoé Zola", "Abel Zola"])
    browser = await browser_of(nadia)
    path = f"/espace/seances/{session}/appel"

    page = await browser.get(path)
    assert page.status_code == 200
    assert page.text.index("Abel Zola") < page.text.index("Zoé Zola")

    answer = await browser.post(path, data={"seat": "AAA111-2", "state": "present", "then": "AAA111-1", "q": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}#place-AAA111-1")
    assert await states(session) == ["AAA111-2 present"]

    page = await browser.get(path)
    assert "Abel Zola\u00a0: Présent" in page.text
    answer = await browser.post(f"{path}/defaire", data={"action": hidden(page, "action")})
    assert answer.status_code == 303
    assert await states(session) == []


async def test_everyone_present_then_clear_one(browser_of) -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", seats=2)
    browser = await browser_of(nadia)
    path = f"/espace/seances/{session}/appel"

    op = hidden(await browser.get(path), "op")
    for _n in range(2):
        assert (await browser.post(f"{path}/tous-presents", data={"op": op})).status_code == 303
    await browser.post(path, data={"seat": "AAA111-2", "state": "", "then": ""})

    assert await states(session) == ["AAA111-1 present"]
    page = await browser.get(path)
    assert 'Présences\u00a0: <span class="n" id="venus-n">1</span>' in page.text


async def test_walk_ins_with_and_without_a_name(browser_of) -> None:
    session, nadia = await a_session()
    browser = await browser_of(nadia)
    path = f"/espace/seances/{session}/appel"

    for name in ("", "Marius <b>"):
        page = await browser.get(path)
        for _n in range(2):
            answer = await browser.post(f"{path}/sans-inscription", data={"op": hidden(page, "op"), "name": name})
            assert (answer.status_code, answer.headers["location"]) == (303, f"{path}#sans-inscription")
    page = await browser.get(path)
    assert "Marius &lt;b&gt;" in page.text
    assert await database.fetch_value("SELECT walk_ins FROM tally WHERE session_id = $1", session) == 2

    too_long = await browser.post(f"{path}/sans-inscription", data={"op": "x", "name": "M" * 121})
    assert too_long.status_code == 422
    assert "M" * 121 in too_long.text

    # Another person of that name has a certificate of their own.
    await browser.post(f"{path}/sans-inscription", data={"op": "other", "name": "Marius <b>"})
    await browser.post(f"/espace/seances/{session}/attestations/toutes")
    papers = await browser.get(f"/espace/seances/{session}/papiers")
    made = [one.code_in_words for one in await list_certificates(session)]
    assert sorted(re.findall("Établie, code (.{11})<", papers.text)) == sorted(made)
    assert len(set(made)) == 2
    [nameless] = re.findall(r'name="who" value="([^"]+)">\s*<div class="champ sans"', papers.text)
    asked = await browser.post(f"/espace/seances/{session}/attestations", data={"who": nameless, "name": " "})
    assert (asked.status_code, asked.text.count('id="f-name-err"')) == (422, 1)
    mistyped = await browser.get("/attestation/K7M2P")
    assert (mistyped.status_code, 'value="K7M2P"' in mistyped.text) == (404, True)


async def test_held_with_nobody_and_its_correction(browser_of) -> None:
    session, nadia = await a_session()
    browser = await browser_of(nadia)
    path = f"/espace/seances/{session}/appel"

    assert (await browser.post(f"{path}/personne", data={"op": "x"})).status_code == 303
    assert "personne n’est venu" in (await browser.get(path)).text
    assert await database.fetch_value("SELECT outcome FROM session WHERE id = $1", session) == "held_empty"
    assert (await browser.post(f"{path}/corriger")).status_code == 303
    assert await database.fetch_value("SELECT outcome FROM session WHERE id = $1", session) is None


async def test_search_narrows_the_list(browser_of) -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111", name="Élise Abel")
    await make_booking(session, code="BBB222", name="Zoé Zola")
    browser = await browser_of(nadia)

    page = await browser.get(f"/espace/seances/{session}/appel", params={"q": "elise"})

    assert "Élise Abel" in page.text
    assert "Zoé Zola" not in page.text


async def test_what_nobody_filled_in_stays_within_reach(browser_of) -> None:
    structure = await make_structure()
    event = await make_event(structure, title="Permanence oubliée")
    await make_session(event, starts_at=clock.now() - timedelta(days=400), outcome="held")
    forgotten = await make_session(event, starts_at=clock.now() - timedelta(days=40))
    browser = await browser_of(await make_nadia(structure))

    lists = await browser.get("/espace/appel")
    home = await browser.get("/espace")

    assert re.findall(r"/espace/seances/([0-9a-f-]{36})/appel", lists.text) == [str(forgotten)]
    assert "Les présences de 1 séance de plus d’une semaine manquent encore." in lists.text
    assert ("1 séance dont les présences manquent" in home.text, "Toutes les listes" in home.text) == (True, False)


async def test_a_file_of_another_device_is_taken_once_and_only_on_ones_own_lists(browser_of) -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111")
    elsewhere = await make_session(await make_event(await make_structure("Emmaüs", slug="emmaus")))
    tapped, ahead = clock.now() - timedelta(minutes=20), timedelta(hours=1)
    at = (tapped + ahead).isoformat()
    marks = [
        {"op": f"d-{n}", "kind": "mark", "seq": n, "at": at, "seat": seat, "state": "present"}
        for n, seat in enumerate(("AAA111-1", "ZZZ999-1"))
    ]
    lists = [{"session": str(one), "operations": marks} for one in (session, elsewhere)]
    file = msgspec.json.encode({"format": "ateliers-reponses/1", "device": "d", "ahead": 3_600_000, "lists": lists})
    browser = await browser_of(nadia)

    async def send(content: bytes) -> tuple[int, list[str]]:
        answer = await browser.post("/espace/appel/fichier", files={"file": ("f.json", content)})
        return answer.status_code, re.findall(r"\d réponses? [^<]+", answer.text)

    refused = "2 réponses concernent une liste qui n’est pas la vôtre\u00a0: elles n’ont pas été prises en compte."
    aside = "1 réponse d’un appareil n’a pas pu être prise en compte. "
    first, again = await send(file), await send(file)
    assert first == (200, ["1 réponse a été mise sur la liste. ", aside, refused])
    assert again == (200, ["2 réponses étaient déjà connues.", refused])
    assert await states(session) == ["AAA111-1 present"]
    assert await database.fetch_value("SELECT at FROM attendance_mark") == tapped
    journal = f"/espace/seances/{session}/appel/journal"
    op = re.findall(r'name="op" value="([^"]+)"', (await browser.get(journal)).text)
    impossible = await browser.post(journal, data={"op": op[0], "take": "1"})
    assert (len(op), impossible.status_code) == (1, 409)
    assert "Cette réponse ne peut toujours pas être prise en compte." in impossible.text
    assert op == re.findall(r'name="op" value="([^"]+)"', impossible.text)
    for broken in (b"", b"{}", b"\xff", file.replace(b"reponses/1", b"reponses/9")):
        assert await send(broken) == (422, [])


async def test_english(browser_of) -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111")
    browser = await browser_of(nadia)

    page = await browser.get(f"/en/espace/seances/{session}/appel")

    assert re.search('id="tous"( hidden)?', page.text)[1] == " hidden"
    assert 'data-serveur-action="" hidden>' in page.text
    assert 'To record: <span class="n" id="reste-n">1</span>' in page.text
    answer = await browser.post(f"/en/espace/seances/{session}/appel", data={"seat": "AAA111-1", "state": "absent"})
    assert answer.headers["location"] == f"/en/espace/seances/{session}/appel#liste"


async def test_the_list_is_for_those_who_serve_the_structure(browser_of, client) -> None:
    session, _nadia = await a_session()
    await make_booking(session, code="AAA111")
    path = f"/espace/seances/{session}/appel"
    other = await make_nadia_elsewhere()
    browser = await browser_of(other)

    assert (await browser.get(path)).status_code == 404
    assert (await client.get(path)).status_code == 303
    for below, data in (
        ("", {"seat": "AAA111-1", "state": "present"}),
        ("/tous-presents", {"op": "x"}),
        ("/personne", {"op": "x"}),
        ("/corriger", {}),
        ("/defaire", {"action": "x"}),
    ):
        assert (await browser.post(path + below, data=data)).status_code == 403
    assert await states(session) == []


async def make_nadia_elsewhere() -> UUID:
    return await make_person(
        "Nadia Ailleurs",
        "ambassador",
        structure_id=await make_structure("Emmaüs", slug="emmaus"),
        email="n2@example.test",
    )


@pytest.mark.parametrize(
    ("below", "data"),
    [
        ("", {}),
        ("", {"seat": "\x00", "state": "present"}),
        ("", {"seat": "AAA111-1", "state": "late"}),
        ("", {"seat": "AAA111-9", "state": "present"}),
        ("/tous-presents", {}),
        ("/tous-presents", {"op": "a\x00b c"}),
        ("/defaire", {}),
        ("/defaire", {"action": "x" * 300}),
    ],
)
async def test_what_no_page_of_ours_sends_is_refused(browser_of, below: str, data: dict[str, str]) -> None:
    session, nadia = await a_session()
    await make_booking(session, code="AAA111")
    browser = await browser_of(nadia)

    answer = await browser.post(f"/espace/seances/{session}/appel{below}", data=data)

    assert answer.status_code in (404, 422)
    assert await states(session) == []
