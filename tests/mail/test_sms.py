"""SMS through a real HTTP gateway that answers in every way, and through one that takes e-mails."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import pytest

from ateliers import database
from ateliers.mail import safety, sms
from ateliers.mail.delivery import Delivery
from ateliers.mail.outbox import NewMail, OutboxRow, queue_many
from ateliers.mail.sms import BodyKind, Gateway, GatewayKind, Text, find_gateway, keep_gateway, mobile_number
from tests.mail.gateway import fake_gateway
from tests.mail.sink import smtp_sink
from tests.world import NOON

OURS = database.new_id()


def a_gateway(address: str, **values) -> Gateway:
    return Gateway(
        **{
            "structure_id": OURS,
            "kind": GatewayKind.HTTP,
            "address": address,
            "body": BodyKind.JSON,
            "number_field": "to",
            "text_field": "message",
            "fixed": "from = Ateliers\n\nnot a pair",
            "secret": "Bearer 0123",
            "per_day": 100,
            "is_on": True,
            **values,
        }
    )


async def deliver(
    gateway: Gateway, *, now: datetime = NOON, numbers=("+33612345678",), url="smtp://127.0.0.1:9"
) -> None:
    async def text(row: OutboxRow, _now: datetime) -> Text:
        return Text(number=row.data["to"], text="Place réservée", gateway=gateway)

    await queue_many(
        [
            NewMail(kind="sms", key=f"{now}{n}", subject_id=None, now=now, data={"to": number})
            for n, number in enumerate(numbers)
        ]
    )
    delivery = Delivery(url, connections=1)
    await delivery.deliver_due({"sms": text}, now=now)
    await delivery.close()


async def states() -> list[tuple[str, str]]:
    rows = await database.fetch_rows("SELECT state, outcome FROM outbox ORDER BY id")
    return [(row["state"], row["outcome"]) for row in rows]


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("06 12 34 56 78", "+33612345678"),
        ("07.12.34.56.78", "+33712345678"),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("0033612345678", "+33612345678"),
        ("0692 12 34 56", "+262692123456"),
        ("0693 12 34 56", "+262693123456"),
        ("0639 12 34 56", "+262639123456"),
        ("0690 12 34 56", "+590690123456"),
        ("0694 12 34 56", "+594694123456"),
        ("0696 12 34 56", "+596696123456"),
        ("+687 75 12 34", "+687751234"),
        ("03 86 00 00 00", None),
        ("+44 7700 900000", None),
        ("06 12", None),
        ("", None),
    ],
)
def test_only_french_mobile_numbers_are_written_to(typed, number):
    assert mobile_number(typed) == number


async def test_a_gateway_is_told_in_its_own_words():
    async with fake_gateway() as fake:
        await deliver(a_gateway(fake.url))
        await deliver(a_gateway(fake.url, body=BodyKind.FORM, secret=""), now=NOON + timedelta(minutes=1))

        (headers, body), (bare, form) = fake.requests
        told = {"from": "Ateliers", "to": "+33612345678", "message": "Place réservée"}
        assert (json.loads(body), headers["authorization"]) == (told, "bearer 0123")
        assert ({name: texts[0] for name, texts in parse_qs(form).items()}, "authorization" in bare) == (told, False)
        assert await states() == [("sent", "HTTP 200")] * 2


@pytest.mark.parametrize(
    ("answer", "state", "outcome"),
    [
        (401, "failed", "HTTP 401"),
        (302, "failed", "HTTP 302"),
        (503, "queued", "HTTP 503"),
        (429, "queued", "HTTP 429"),
        ("drop", "unknown", "unknown: RemoteProtocolError"),
    ],
)
async def test_every_answer_has_its_end(answer, state, outcome):
    async with fake_gateway() as fake:
        fake.answers = [answer]
        await deliver(a_gateway(fake.url))

        assert await states() == [(state, outcome)]


async def test_a_gateway_that_is_away_is_asked_again():
    await deliver(a_gateway("http://127.0.0.1:9/"))

    assert await states() == [("queued", "The SMS gateway cannot be reached.")]


async def test_a_number_gets_so_many_a_day_and_a_structure_sends_so_many():
    async with fake_gateway() as fake:
        await deliver(a_gateway(fake.url), numbers=["+33612345678"] * (sms.A_DAY + 1))
        assert len(fake.requests) == sms.A_DAY
        assert (await states())[-1] == ("dropped", sms.NUMBER_CAPPED)

        await deliver(
            a_gateway(fake.url, per_day=5), numbers=[f"+3361234567{n}" for n in range(3)], now=NOON + timedelta(hours=1)
        )
        assert len(fake.requests) == 5
        assert (await states())[-1] == ("dropped", sms.STRUCTURE_CAPPED)


async def test_a_suspended_structure_sends_no_sms():
    await safety.stop(OURS, why="asked", note="", by_id=OURS, now=NOON)
    async with fake_gateway() as fake:
        await deliver(a_gateway(fake.url))

        assert (fake.requests, await states()) == ([], [("queued", safety.SUSPENDED)])


async def test_an_sms_on_its_way_when_the_worker_died_is_not_sent_again():
    async with fake_gateway() as fake:
        await deliver(a_gateway(fake.url), numbers=["+33612345678"])
        await database.execute(
            "UPDATE outbox SET state = 'queued', done_at = NULL, outcome = 'handing over', due_at = $1", NOON
        )
        await deliver(a_gateway(fake.url), numbers=[])

        assert len(fake.requests) == 1
        assert (await states())[0][0] == "unknown"


async def test_a_gateway_that_takes_emails_gets_plain_text():
    async with smtp_sink() as sink:
        await deliver(a_gateway("{number}@sms.example.test", kind=GatewayKind.MAIL), url=sink.url)

        (message,) = sink.messages
        assert (message["to"], message.get_content_type()) == ("33612345678@sms.example.test", "text/plain")
        assert message.get_content().strip() == "Place réservée"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://127.0.0.1/", False),
        ("https://10.0.0.8/x", False),
        ("https://169.254.169.254/latest", False),
        ("https://[::1]/", False),
        ("http://93.184.216.34/", False),
        ("https://93.184.216.34/", True),
        ("ftp://93.184.216.34/", False),
        ("https:///x", False),
    ],
)
async def test_in_production_a_gateway_is_no_way_into_our_network(production, url, allowed):
    assert await sms._may_be_called(url) is allowed


@pytest.fixture
def production(monkeypatch):
    from ateliers.settings import settings

    monkeypatch.setenv("ATELIERS_PRODUCTION", "1")
    monkeypatch.setenv("ATELIERS_SECRET_KEY", "x" * 40)
    monkeypatch.setenv("ATELIERS_BASE_URL", "https://ateliers.test")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


async def test_the_secret_of_a_gateway_stays_when_none_is_given():
    await keep_gateway(a_gateway("https://a.test/", secret="s3cret"), now=NOON)
    await keep_gateway(a_gateway("https://b.test/", secret=""), now=NOON)

    assert await find_gateway(OURS) == a_gateway("https://b.test/", secret="s3cret")
    assert await find_gateway(database.new_id()) is None
