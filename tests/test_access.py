"""Every address of the service, walked as every role: nobody reads or changes what is not theirs."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from ateliers import clock, database
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.links import private_key
from ateliers.network.signing_in import start_session
from ateliers.network.tokens import SCOPES, create_token
from ateliers.web import operation
from ateliers.web.doors import routes_of
from ateliers.web.frame import SESSION_COOKIE
from tests import world
from tests.agenda.started import make_model, make_unfinished
from tests.web.stories import make_stories

OURS = {"samir", "nadia"}
TERRITORY = {"paule", "national"}
ROLES = (
    "stranger",
    "samir",
    "nadia",
    "other manager",
    "paule",
    "other coordinator",
    "funder",
    "national",
    "other token",
)
OUTSIDERS = ("stranger", "other manager", "other coordinator", "funder", "other token")
STAFF_DOORS = ("workspace", "coordination")

# What stands in the tables, and who may ever read it; nobody else, on no page, in no file, feed or answer.
SECRETS: dict[str, set[str]] = {
    "SecretContact": OURS,
    "secret.contact@example.test": OURS,
    "SecretNeed": OURS,
    "SecretCompanion": OURS,
    "SecretWalkIn": OURS,
    "SecretFunder": OURS,
    "SecretHelper": OURS,
    "SecretAside": OURS,
    "SecretNote": TERRITORY,
    "SecretMessage": TERRITORY,
    "SecretStory": OURS,
    "SecretPaper": OURS,
    "SecretVolunteer": TERRITORY,
    "secret-link": OURS,
    "SecretDraft": OURS | TERRITORY,
    "SecretImport": {"samir"},
    "SecretNetwork": set(ROLES) - {"stranger"},
    "SecretLeaflet": OURS | TERRITORY | {"other manager", "funder"},
    "SecretGroup": OURS | TERRITORY,
    "SecretModel": {"samir", "other manager", *TERRITORY},
    "SecretUnfinished": {"samir"},
    "SecretCandidate": TERRITORY,
    "secret.invited@example.test": OURS | TERRITORY,
    "nadia@example.test": OURS | TERRITORY,
}
FEEDS = [
    *(f"ccas-de-nevers.{extension}" for extension in ("ics", "atom", "json", "jscal")),
    *("candidate.ics", "58194.ics", "58.atom", "27.json", "workshop.jscal", "webinar.ics", f"{'a' * 32}.ics"),
]
# Enough of every form to pass its fields, so that what refuses is the permission.
FORM = {
    "reason": "Plus personne",
    "seats": "1",
    "capacity": "7",
    "code": "AAAAA2",
    "seat": "1",
    "state": "absent",
    "op": "walk",
    "name": "Somebody else",
    "contact.name": "Somebody else",
    "contact.email": "somebody@example.test",
    "contact.phone": "0612345678",
    "email": "somebody@example.test",
    "role": "manager",
    "note": "Because",
    "text": "Because",
    "why": "Because",
    "told": "Because",
    "title": "Taken over",
    "kind": "workshop",
    "minutes": "30",
    "local_start": (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT10:00"),
    "dates": (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT10:00"),
    "place_name": "Elsewhere",
    "commune": "58000",
    "confirmed": "1",
    "outcome": "held",
    "action": "walk",
    "agrees": "1",
    "version": "2026-11",
}
JSON: dict[str, Any] = {
    "/events": {"kind": "workshop", "title": "Taken over"},
    "/sessions": {"local_start": FORM["local_start"] + ":00"},
    "/move": {"minutes": 30},
    "/call-off": {"reason": "Plus personne"},
    "/attendance": {"state": "absent", "at": clock.now().isoformat(), "op": "walk"},
    "/operations": {
        "device": "x",
        "now": clock.now().isoformat(),
        "operations": [{"op": "walk", "kind": "walk_in", "seq": 1, "at": clock.now().isoformat()}],
    },
    "/walk-ins": {"name": "X", "at": clock.now().isoformat(), "op": "walk"},
    "/give-back": {"seats": 1},
}


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """A structure with secrets, and everybody who might come by."""

    client: httpx.AsyncClient
    known: dict[str, list[str]]  # values of path parameters
    signed_in: dict[str, dict[str, str]]  # headers, by role
    right_key: str
    structure_id: UUID

    async def ask(self, role: str, method: str, path: str, **rest: Any) -> httpx.Response:
        """One request of that role, followed nowhere."""
        return await self.client.request(method, path, headers=self.signed_in[role], follow_redirects=False, **rest)


def addresses(known: dict[str, list[str]], methods: set[str]) -> Iterator[tuple[str, str, str]]:
    """Door, method and address of every route, once for each thing its parameters may name."""
    doors = {door: routes_of(f"ateliers.web.{door}") for door in ("public", *STAFF_DOORS, "api")}
    for door, handlers in (doors | {"operation": operation.ROUTES}).items():
        for handler in handlers:
            for template in sorted(handler.paths):
                names = re.findall(r"\{(\w+):\w+\}", template)
                for values in product(*(known[name] for name in names)):
                    path = template
                    for name, value in zip(names, values, strict=True):
                        path = re.sub(rf"\{{{name}:\w+\}}", value, path)
                    for method in sorted(set(handler.http_methods) & methods):
                        yield door, method, path


@pytest.fixture
async def walk(app: Any, db: str) -> AsyncIterator[Walk]:
    """See Walk."""
    del db
    ours = await world.make_structure()
    others = await world.make_structure("Une autre", slug="une-autre")
    candidate = await world.make_structure(
        "SecretCandidate", slug="candidate", state="submitted", admitted_at=None, email="c@example.test"
    )
    soon = clock.now() + timedelta(days=9)
    session = await world.make_session(await world.make_event(ours), starts_at=soon)
    past = await world.make_session(await world.make_event(ours), starts_at=clock.now() - timedelta(days=3))
    draft_event = await world.make_event(ours, title="SecretDraft", state="draft", published_at=None)
    draft = await world.make_session(draft_event, starts_at=soon)
    network_event = await world.make_event(ours, title="SecretNetwork", visibility="network")
    network = await world.make_session(network_event, starts_at=soon)
    group_event = await world.make_event(ours, title="SecretGroup", visibility="group", group_code="AMIS58")
    group = await world.make_session(group_event, starts_at=soon)
    webinar_event = await world.make_event(ours, kind="webinar", title="En ligne")
    webinar = await world.make_session(
        webinar_event, starts_at=soon, place_id=None, join_url="https://visio.example/secret-link"
    )
    facts = {
        "name": "SecretContact",
        "email": "secret.contact@example.test",
        "needs": "SecretNeed",
        "names": ["SecretContact", "SecretCompanion"],
        "seats": 2,
    }
    booking = await world.make_booking(session, code="AAAAA2", **facts)
    await world.make_booking(past, code="AAAAA3", **facts)
    await world.make_booking(webinar, code="AAAAA4", **facts)
    await world.insert("walk_in", op="1", session_id=past, name="SecretWalkIn", at=clock.now(), recorded_at=clock.now())
    await world.make_kept_aside(past, at=clock.now(), name="SecretAside")
    await world.insert("application_message", structure_id=candidate, at=clock.now(), text="SecretMessage")
    people = {
        "samir": await world.make_samir(ours),
        "nadia": await world.make_nadia(ours),
        "other manager": await world.make_person("Olga Autre", "manager", structure_id=others),
        "paule": await world.make_paule(),
        "other coordinator": await world.make_person("Yves Loin", "coordinator", departements=["974"]),
        "funder": await world.make_person("Bruno Keller", "funder", departements=["58"]),
        "national": await world.make_person("Claire Vidal", "national"),
    }
    stories = await make_stories(ours, people["samir"])
    invitation = await world.insert(
        "invitation",
        email="secret.invited@example.test",
        name="Ines",
        role="ambassador",
        structure_id=ours,
        invited_by=people["samir"],
        state="sent",
        sent_at=clock.now(),
        expires_at=soon,
    )
    note = await world.insert(
        "structure_note",
        structure_id=ours,
        at=clock.now(),
        by_id=people["paule"],
        kind="call",
        text="SecretNote",
        follow_up_on=clock.now().date(),
    )
    candidate_id = await world.make_candidate("SecretVolunteer")
    paper = await world.make_file()
    training = await world.insert(
        "training", person_id=people["nadia"], day=clock.now().date(), recorded_at=clock.now()
    )
    role = await database.fetch_value("SELECT id FROM role WHERE person_id = $1", people["nadia"])
    token = await create_token(others, "x", SCOPES, now=clock.now())
    signed_in: dict[str, dict[str, str]] = {"stranger": {}, "other token": {"authorization": f"Bearer {token}"}}
    for name, person in people.items():
        signed_in[name] = {"cookie": f"{SESSION_COOKIE}={await start_session(person, now=clock.now())}"}
    sessions = [str(one) for one in (session, past, draft, network, group, webinar)]
    events = await database.fetch_rows("SELECT id FROM event")
    known = {
        "session_id": sessions,
        "event_id": [str(row["id"]) for row in events],
        "booking_id": [str(booking)],
        "structure_id": [str(ours), str(candidate)],
        "invitation_id": [str(invitation)],
        "role_id": [str(role)],
        "place_id": [str(row["id"]) for row in await database.fetch_rows("SELECT id FROM place")],
        "experience_id": [str(stories[one]) for one in ("story", "sent_story", "shared_story")],
        "document_id": [str(stories["paper"])],
        "region": ["27"],
        "model_id": [str(await make_model(title="SecretModel"))],
        "draft_id": [str(await make_unfinished(people["samir"], "SecretUnfinished"))],
        "note_id": [str(note)],
        "period_id": [str(await world.make_closing(by=people["samir"], structure_id=ours))],
        "link_id": [
            str(await world.make_volunteer_link(past, "SecretHelper")),
            str(await world.make_report_link(by=people["samir"], structure_id=ours, label="SecretFunder")),
        ],
        "candidate_id": [str(candidate_id)],
        "training_id": [str(training)],
        "slug": ["ccas-de-nevers", "candidate"],
        "code": ["AAAAA2"],
        "key": ["aaaaaaaaaaaaaaaa"],
        "token": ["aaaaaaaaaaaaaaaaaaaaaaaaaa"],
        "seat_id": ["AAAAA2-1", "AAAAA3-1"],
        "file": [*(f"{one}.ics" for one in sessions), *FEEDS],
        "name": ["1"],
        "version": ["2026-11"],
        "number": ["0"],
        "kind": ["booking_confirmed"],
        "proof": ["AAAAA22222"],
        "sheet_id": [str(await world.insert("signed_sheet", session_id=past, file_id=paper, received_at=clock.now()))],
        **await kit(people["national"]),
        "held_id": [str(await world.make_import_file(ours, people["samir"], b"titre;date\nSecretImport;12/01/2028"))],
        "gathered": ["structures", "departements", "kinds"],
        "subject": ["ccas-de-nevers", "candidate", "58", "training"],
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ateliers.test") as client:
        yield Walk(
            client=client,
            known=known,
            signed_in=signed_in,
            right_key=private_key(await get_booking(booking)),
            structure_id=ours,
        )


async def kit(publisher: UUID) -> dict[str, list[str]]:
    """Something in the kit of the département, with a file."""
    item = await world.make_kit_item(title="SecretLeaflet", departements=["58"], created_by=publisher)
    version = await database.fetch_value("SELECT id FROM kit_version WHERE item_id = $1", item)
    return {"item_id": [str(item)], "version_id": [str(version)]}


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_reads_what_is_not_theirs(walk: Walk, role: str):
    seen: set[str] = set()
    told, faults = [], []
    for _door, method, path in addresses(walk.known, {"GET"}):
        for address in (path, f"/en{path}?q=secret&near=58000"):
            answer = await walk.ask(role, method, address)
            if answer.status_code >= 500:
                faults.append((address, answer.status_code))
            met = {secret for secret in SECRETS if secret in answer.text}
            told += [(address, secret) for secret in sorted(met) if role not in SECRETS[secret]]
            seen |= met
    assert (faults, told) == ([], [])
    # The walk looks where secrets are: their own readers meet every one of them.
    if role == "samir":
        assert seen == {secret for secret, readers in SECRETS.items() if role in readers}
    assert "SecretCandidate" in seen or role not in TERRITORY


async def test_strangers_find_every_staff_page_closed(walk: Walk):
    opened = [
        (method, path, answer.status_code)
        for door, method, path in addresses(walk.known, {"GET", "POST", "PUT"})
        if door in STAFF_DOORS
        and (answer := await walk.ask("stranger", method, path)).status_code not in (303, 401, 403, 404)
    ]
    assert opened == []
    answer = await walk.ask("stranger", "GET", "/espace")
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion?suite=/espace")


@pytest.mark.parametrize("role", OUTSIDERS)
async def test_nobody_changes_what_is_not_theirs(walk: Walk, role: str):
    before = await snapshot(walk.structure_id)
    for door, method, path in addresses(walk.known, {"POST", "PUT", "DELETE"}):
        if door == "api":
            body = next((body for tail, body in JSON.items() if path.endswith(tail)), None)
            if method == "PUT" and "/events/" in path:
                body = {"title": "Taken over"}
            if path.endswith("/bookings"):
                continue  # anybody may book
            answer = await walk.ask(role, method, path, json=body)
        elif door in STAFF_DOORS or "{key}" in path or "AAAAA2" in path:
            answer = await walk.ask(role, method, path, data=FORM)
        else:
            continue
        assert answer.status_code < 500, path
    assert await snapshot(walk.structure_id) == before


async def test_an_ambassador_does_not_do_the_managers_work(walk: Walk):
    tables = ("event", "experience_consent", "role", "invitation", "structure", "signature")
    before = [one for one in await snapshot(walk.structure_id) if one[0] in tables]
    for door, method, path in addresses(walk.known, {"POST"}):
        if door in STAFF_DOORS and "/appel" not in path:
            assert (await walk.ask("nadia", method, path, data=FORM)).status_code < 500, path
    assert [one for one in await snapshot(walk.structure_id) if one[0] in tables] == before


async def test_the_private_link_shows_its_booking_and_no_other(walk: Walk):
    text = (await walk.ask("stranger", "GET", f"/ma-reservation/AAAAA2/{walk.right_key}")).text
    assert "SecretContact" in text
    for code in ("AAAAA3", "AAAAA4"):
        answer = await walk.ask("stranger", "GET", f"/ma-reservation/{code}/{walk.right_key}")
        assert (answer.status_code, "SecretContact" in answer.text) == (404, False)


OF_SESSION = "t.session_id IN (SELECT s.id FROM session s JOIN event e ON e.id = s.event_id WHERE e.structure_id = $1)"
OWNED = {
    "structure": "t.id = $1 OR t.slug = 'candidate'",
    "role": "t.structure_id = $1",
    "signature": "t.structure_id = $1",
    "structure_note": "t.structure_id = $1",
    "candidate": "$1::uuid IS NOT NULL",
    "invitation": "t.structure_id = $1",
    "training": "$1::uuid IS NOT NULL",
    "co_organiser": "$1::uuid IS NOT NULL",
    "moderation": "$1::uuid IS NOT NULL",
    "api_token": "t.structure_id = $1",
    "event": "t.structure_id = $1",
    **dict.fromkeys(("closed_period", "report_link"), "t.structure_id = $1"),
    "experience": "t.event_id IN (SELECT id FROM event WHERE structure_id = $1)",
    **dict.fromkeys(("experience_consent", "experience_document"), "$1::uuid IS NOT NULL"),
    "session": "t.event_id IN (SELECT id FROM event WHERE structure_id = $1)",
    **dict.fromkeys(("booking", "attendance", "walk_in", "tally", "volunteer_link"), OF_SESSION),
    **dict.fromkeys(("count_tap", "nobody_came", "taken_back", "kept_aside"), OF_SESSION),
}


async def snapshot(structure_id: UUID) -> list[tuple[str, list[str]]]:
    """Every row that belongs to the structure, as text."""
    return [
        (
            table,
            [
                row["row"]
                for row in await database.fetch_rows(
                    f"SELECT t::text AS row FROM {table} t WHERE {condition} ORDER BY 1",
                    structure_id,
                )
            ],
        )
        for table, condition in OWNED.items()
    ]
