"""Sessions by API: found, read, and the API described."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec
import pytest

from tests.api.conftest import Desk, pointers, soon
from tests.world import SAINT_DENIS, make_event, make_place, make_session


async def test_sessions_are_found_by_place_kind_dates_words_and_facts(desk: Desk):
    place = await make_place(name="Kaz", address="1 rue des Letchis", accessibility=["step_free"], **SAINT_DENIS)
    stand = await make_event(desk.structure_id, kind="stand", title="Sur le marché")
    far = await make_session(stand, starts_at=soon(20), place_id=place, zone="Indian/Reunion", capacity=None)
    mine, far_id = str(desk.session_id), str(far)

    async def found(query: str) -> list[str]:
        answer = await desk.client.get(f"/api/v1/sessions?{query}")
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await found("") == [mine, far_id]
    assert await found("near=58000&within_km=30") == [mine]
    assert await found("near=Saint-Denis (97400)") == [far_id]
    assert await found("kind=stand") == [far_id]
    assert await found(f"from={soon(12).date()}") == [far_id]
    assert await found(f"to={soon(12).date()}") == [mine]
    assert await found("q=marché") == [far_id]
    assert await found("accessible=step_free") == [far_id]
    assert await found("accessible=step_free,subtitles") == []


async def test_pages_follow_one_another(desk: Desk):
    ids = [str(desk.session_id)]
    ids += [str(await make_session(desk.event_id, starts_at=soon(10 + n))) for n in range(4)]
    seen, query = [], "limit=2"
    while True:
        page = (await desk.client.get(f"/api/v1/sessions?{query}")).json()
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        query = f"limit=2&cursor={page['next']}"
    assert seen == ids


async def test_a_session_says_all_that_the_public_may_know(desk: Desk):
    shown = (await desk.client.get(f"{desk.session}?", headers={"accept-language": "en"})).json()
    assert shown["kind"] == "workshop"
    assert shown["status"] == "planned"
    assert shown["place"]["commune"] == "Nevers"
    assert shown["to_bring"] == ["Votre téléphone, chargé", "Votre carte Vitale"]
    assert (shown["capacity"], shown["seats_left"], shown["places_in_words"]) == (4, 4, "4 seats left")
    assert shown["starts_at"] == soon().isoformat().replace("+00:00", "Z")
    assert shown["takes_bookings"] is True


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("near=Atlantide", ["#/near"]),
        ("within_km=0&limit=0&kind=x&foo=1", ["#/within_km", "#/kind", "#/limit", "#/foo"]),
        ("from=2026-13-45", ["#/from"]),
        ("from=0001-01-01&to=9999-12-31", ["#/from", "#/to"]),
        ("from=2027-01-02&to=2027-01-01", ["#/to"]),
        ("cursor=AAAA", ["#/cursor"]),
        ("accessible=stairs", ["#/accessible"]),
        (f"q={'x' * 101}", ["#/q"]),
    ],
)
async def test_every_wrong_parameter_is_named(desk: Desk, query: str, wrong: list[str]):
    answer = await desk.client.get(f"/api/v1/sessions?{query}")
    assert answer.status_code == 422
    assert sorted(pointers(answer)) == sorted(wrong)


@pytest.mark.parametrize("query", ["q=%00%00", "q=a%26b|c!:*", "near=%F0%9F%98%80", "q=%E2%80%AE", "near='; DROP"])
async def test_strange_words_find_nothing_or_are_refused(desk: Desk, query: str):
    assert (await desk.client.get(f"/api/v1/sessions?{query}")).status_code in (200, 422)


async def test_drafts_and_network_events_are_not_there_for_strangers(desk: Desk):
    draft = await make_session(await make_event(desk.structure_id, state="draft", published_at=None), starts_at=soon())
    network = await make_session(await make_event(desk.structure_id, visibility="network"), starts_at=soon())
    by_link = await make_session(await make_event(desk.structure_id, visibility="link"), starts_at=soon())

    async def status(session: object, headers: dict[str, str] | None = None) -> int:
        return (await desk.client.get(f"/api/v1/sessions/{session}", headers=headers)).status_code

    assert [await status(one) for one in (draft, network, by_link)] == [404, 404, 200]
    assert [await status(one, desk.staff) for one in (draft, network, by_link)] == [200, 200, 200]
    assert len((await desk.client.get("/api/v1/sessions")).json()["items"]) == 1


@pytest.mark.parametrize("id", ["x", "0", str(UUID(int=1)), "%00", "../events", "🙂", "-" * 36])
async def test_an_unknown_session_is_not_found(desk: Desk, id: str):
    assert (await desk.client.get(f"/api/v1/sessions/{id}")).status_code in (404, 405)
    assert (await desk.client.post(f"/api/v1/sessions/{id}/bookings", json={})).status_code in (404, 405, 422)


async def test_wrong_addresses_and_methods_are_problems_too(desk: Desk):
    for method, path, status in (("GET", "/api/v1/nothing", 404), ("DELETE", "/api/v1/sessions", 405)):
        answer = await desk.client.request(method, path)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_the_description_names_every_address(desk: Desk):
    document = (await desk.client.get("/api/v1/openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    assert sorted((method, path) for path, one in document["paths"].items() for method in one) == sorted(
        [
            ("get", "/api/v1/sessions"),
            ("get", "/api/v1/sessions/{session_id}"),
            ("post", "/api/v1/sessions/{session_id}/bookings"),
            ("get", "/api/v1/sessions/{session_id}/bookings"),
            ("get", "/api/v1/sessions/{session_id}/challenge"),
            ("get", "/api/v1/bookings/{code}"),
            ("post", "/api/v1/bookings/{code}/accept"),
            ("post", "/api/v1/bookings/{code}/decline"),
            ("post", "/api/v1/bookings/{code}/change"),
            ("post", "/api/v1/bookings/{code}/give-back"),
            ("post", "/api/v1/events"),
            ("get", "/api/v1/events/{event_id}"),
            ("put", "/api/v1/events/{event_id}"),
            ("post", "/api/v1/events/{event_id}/sessions"),
            ("post", "/api/v1/events/{event_id}/publish"),
            ("post", "/api/v1/sessions/{session_id}/move"),
            ("post", "/api/v1/sessions/{session_id}/call-off"),
            ("put", "/api/v1/seats/{seat_id}/attendance"),
            ("post", "/api/v1/sessions/{session_id}/walk-ins"),
            ("get", "/api/v1/reports"),
            ("get", "/api/v1/calendar/sessions/{file}"),
            ("get", "/api/v1/calendar/structures/{file}"),
            ("get", "/api/v1/calendar/communes/{file}"),
            ("get", "/api/v1/calendar/departements/{file}"),
            ("get", "/api/v1/calendar/regions/{file}"),
            ("get", "/api/v1/calendar/kinds/{file}"),
            ("post", "/api/v1/sessions/{session_id}/operations"),
            ("get", "/donnees/structures.csv"),
            ("get", "/donnees/structures.json"),
            ("get", "/donnees/seances.json"),
            ("get", "/donnees/seances.csv"),
            ("get", "/donnees/seances.schema.json"),
            ("get", "/donnees/openagenda.json"),
        ]
    )
    assert msgspec.json.encode(document)


async def test_the_type_of_a_problem_leads_to_what_it_means(desk: Desk):
    kinds = (await desk.client.get("/api/v1/problems", headers={"accept-language": "en"})).json()
    assert kinds["already-booked"] == {"status": 409, "title": "This person already has a booking for this session."}
    assert kinds["token-needed"]["status"] == 401


async def test_sessions_of_long_ago_are_read_but_not_found(desk: Desk):
    past = await make_session(desk.event_id, starts_at=soon(-30), hours=2)
    assert (await desk.client.get(f"/api/v1/sessions/{past}")).json()["takes_bookings"] is False
    listed = (await desk.client.get("/api/v1/sessions")).json()["items"]
    assert [one["id"] for one in listed] == [str(desk.session_id)]
    assert soon(-30) + timedelta(hours=2) < soon()
