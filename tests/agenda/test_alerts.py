from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.agenda.alerts import (
    LIFETIME,
    MAX_LINKS,
    NewAlert,
    ask_for_alert,
    confirm_alert,
    find_alert,
    get_alert,
    purge_alerts,
    stop_alert,
    sweep,
)
from ateliers.agenda.emails import COMPOSERS
from ateliers.agenda.kinds import Kind
from ateliers.mail import outbox
from ateliers.mail.email import Dropped, Email
from ateliers.refusals import Invalid, NotFound
from tests.world import NOON, SAINT_DENIS, START, make_alert, make_event, make_place, make_session, make_structure

DAY = timedelta(days=1)
ROSE = NewAlert(email="Rose@example.test", commune="Nevers")


async def composed(now=NOON) -> list[Email | Dropped]:
    """What the worker would send now."""
    found = [await COMPOSERS[row.kind](row, now) for row in await outbox.claim(100, now=now)]
    await database.execute("DELETE FROM outbox")
    return found


async def published(at, **event) -> None:
    """A session around Nevers, seen by everybody since `at`."""
    structure = await database.fetch_value("SELECT id FROM structure LIMIT 1") or await make_structure()
    made = await make_event(structure, published_at=at, **event)
    await make_session(made, created_at=at)


async def test_an_alert_is_asked_for_confirmed_told_and_stopped():
    await ask_for_alert(ROSE, language="fr", now=NOON)
    [link] = await composed()
    token = link.text.split("/alertes/")[1].split()[0]
    await published(NOON - DAY, title="Déjà connu")
    assert await sweep(NOON + 2 * DAY) == 0  # not confirmed: nobody is written to

    await confirm_alert(token, now=NOON + DAY)
    await published(NOON + DAY + timedelta(hours=3), title="Tout nouveau")
    assert await sweep(NOON + 2 * DAY) == 1
    [news] = await composed(NOON + 2 * DAY)
    assert (news.to_address, news.subject) == ("rose@example.test", "Un nouvel atelier autour de Nevers")
    assert ("Tout nouveau" in news.text, "Déjà connu" in news.text) == (True, False)
    assert (news.purpose, news.unsubscribe_url) == ("alert", f"http://ateliers.test/alertes/{token}")

    assert await sweep(NOON + 2 * DAY) == 0  # one e-mail a day at most
    assert await sweep(NOON + 4 * DAY) == 1
    assert await composed(NOON + 4 * DAY) == []  # told once
    await stop_alert(token)
    await stop_alert(token)
    with pytest.raises(NotFound):
        await get_alert(token)
    assert await database.fetch_value("SELECT count(*) FROM alert") == 0


async def test_only_news_that_everybody_may_see_and_near_enough_is_told():
    alert = await make_alert(confirmed_at=NOON, kind="workshop")
    await published(NOON + DAY, kind="information_meeting")
    await published(NOON + DAY, visibility="link")
    await published(NOON + DAY, public_from=START)
    far = await make_place(**SAINT_DENIS)
    await make_session(await make_event(await make_structure("Loin"), published_at=NOON + DAY), place_id=far)
    assert await sweep(NOON + 2 * DAY) == 1
    assert await composed(NOON + 2 * DAY) == []
    assert (await find_alert(alert)).kind is Kind.WORKSHOP


async def test_what_was_called_off_before_the_e_mail_went_is_not_told():
    await make_alert(confirmed_at=NOON)
    await published(NOON + DAY)
    await sweep(NOON + 2 * DAY)
    await database.execute("UPDATE session SET called_off_at = $1", NOON + 2 * DAY)
    assert await composed(NOON + 2 * DAY) == [Dropped("Nothing new is left to tell.")]


async def test_a_second_alert_about_the_same_replaces_the_first():
    first = await make_alert(confirmed_at=NOON)
    second = await find_alert(await make_alert(within_km=100))
    await confirm_alert(second.path.rpartition("/")[2], now=NOON)
    assert (await find_alert(first), (await find_alert(second.id)).within_km) == (None, 100)


async def test_a_forged_link_an_unknown_commune_and_many_links():
    alert = await find_alert(await make_alert())
    with pytest.raises(NotFound):
        await get_alert(f"{alert.id.hex}-{'a' * 16}")
    with pytest.raises(NotFound):
        await stop_alert(f"{alert.id.hex}-{'a' * 16}")
    assert await find_alert(alert.id) == alert
    with pytest.raises(Invalid):
        await ask_for_alert(NewAlert(email="a@example.test", commune="Zzz"), language="fr", now=NOON)
    for kind in (Kind.WEBINAR, Kind.TRAINING):  # near nobody, or not for the public
        with pytest.raises(Invalid):
            await ask_for_alert(NewAlert(email="a@example.test", commune="Nevers", kind=kind), language="fr", now=NOON)
    for _turn in range(MAX_LINKS + 2):
        await ask_for_alert(NewAlert(email="b@example.test", commune="58000"), language="fr", now=NOON)
    assert await database.fetch_value("SELECT count(*) FROM outbox") == MAX_LINKS


async def test_alerts_are_forgotten_after_six_months_and_unconfirmed_ones_after_a_week():
    await make_alert()
    kept = await make_alert(confirmed_at=NOON)
    await purge_alerts(NOON + 8 * DAY)
    assert [row["id"] for row in await database.fetch_rows("SELECT id FROM alert")] == [kept]
    await purge_alerts(NOON + LIFETIME)
    assert await database.fetch_value("SELECT count(*) FROM alert") == 0
