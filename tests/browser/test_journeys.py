"""Long stories in Chromium, as people live them: on a narrow phone, by keyboard, with no JavaScript (K1, K2)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ateliers import clock
from tests.browser.conftest import PATIENCE
from tests.browser.hands import letter, press, tab_to_field, take_time, text_of

expect = pytest.importorskip("playwright.sync_api").expect


def test_a_citizen_books_by_keyboard_on_a_phone_and_gives_one_seat_back(tab):
    page = tab(width=320, scripts=False)
    page.goto("/?ou=Nevers&rayon=60&type=workshop&libre=1")
    page.locator(".ev").filter(has_not_text="Il reste 1 place").locator("h3 a").first.click()
    page.wait_for_url("**/seances/**")
    session = page.url
    press(page, "Réserver une place")
    page.wait_for_url("**/reserver")
    tab_to_field(page, "contact.name")
    page.keyboard.type("Odile Marchand")
    tab_to_field(page, "contact.email")
    page.keyboard.type("odile.marchand@example.org")
    tab_to_field(page, "seats")
    page.keyboard.press("ArrowDown")
    take_time(page)
    press(page, "^Confirmer")
    page.wait_for_url("**/ma-reservation/**")
    mine = page.url
    assert "2 places sont confirmées" in text_of(page)
    code = page.locator(".code").first.inner_text()
    text = letter(page, "", "odile.marchand@example.org")
    assert code in text
    assert mine in text
    invite = page.locator("a[download]", has_text="invite.ics")
    assert invite.count() == 1
    page.goto(mine)
    press(page, "rendre")
    page.wait_for_url("**/rendre")
    assert page.goto(mine).status == 200
    assert "2 places sont confirmées" in text_of(page), "a GET changes nothing"
    page.goto(mine + "/rendre")
    page.locator("input[name=seats][value='1']").check()
    page.locator("main form button").first.click()
    page.wait_for_url(re.compile(r"/ma-reservation/\w+/\w+$"))
    assert "Votre place est confirmée" in text_of(page)
    assert page.goto(session).status == 200


def test_a_form_with_mistakes_keeps_what_was_typed(tab):
    page = tab(width=320)
    page.goto("/?ou=Nevers&rayon=60&type=workshop&libre=1")
    page.locator(".ev h3 a").first.click()
    page.get_by_role("link", name="Réserver une place").click()
    page.locator("[name='contact.name']").fill("Éva <b>Brun</b>")
    page.locator("[name='contact.email']").fill("eva@")
    take_time(page)
    page.get_by_role("button", name=re.compile("^Confirmer")).click()
    page.locator(".recap-erreurs a").first.wait_for()
    assert page.locator("[name='contact.name']").input_value() == "Éva <b>Brun</b>"
    assert page.locator("[name='contact.email']").get_attribute("aria-invalid") == "true"
    page.locator(".recap-erreurs a").first.click()
    page.locator(":focus[name='contact.email']").wait_for()


def test_a_manager_publishes_and_the_workshop_is_found(tab):
    page = tab(0, scripts=False)
    title = "Lire ses résultats d’analyses sans stress"
    page.goto("/espace/evenements/nouveau?type=workshop")
    page.locator("[name=title]").fill(title)
    page.locator("[name=dates]").first.fill(f"{clock.now().date() + timedelta(days=20)}T14:30")
    page.locator("[name=place_id]").select_option(index=1)
    page.locator("[name=publish][value='1']").click()
    page.locator("h1", has_text=title).wait_for()
    public = tab(width=320)
    public.goto("/?ou=Nevers&mots=analyses+stress")
    public.get_by_role("link", name=title).wait_for()


def test_an_ambassador_takes_attendance_without_scripts(tab):
    page = tab(1, width=320, height=700, scripts=False)
    page.goto("/espace")
    page.get_by_role("link", name="Listes de présence").click()
    page.get_by_role("link", name="pas à pas").click()
    waiting = page.locator("li:has([name=state][value=present][aria-pressed=false])")
    waiting.first.wait_for()
    page.wait_for_load_state()
    present = page.locator("[name=state][value=present][aria-pressed=true]")
    before = present.count()
    waiting.first.locator("[name=state][value=present]").click()
    expect(present).to_have_count(before + 1)
    page.get_by_role("button", name="Annuler la dernière action").click()
    expect(present).to_have_count(before)
    page.locator("form[action$='/sans-inscription'] [name=name]").fill("Monsieur Petit")
    page.locator("form[action$='/sans-inscription'] button[type=submit]").first.click()
    assert "Monsieur Petit" in text_of(page)
    page.locator("form[action$='/tous-presents'] button").click()
    page.wait_for_load_state()
    assert (
        page.locator("[name=state][aria-pressed=true]").count() >= page.locator("[name=state][value=present]").count()
    )


def test_a_coordinator_reads_the_figures_of_her_region(tab):
    page = tab(2, scripts=False)
    page.goto("/coordination/rapports")
    assert page.locator("table").count() >= 1
    assert page.locator("svg[role=img]").count() >= 1
    page.goto("/coordination")
    assert page.locator("h1").count() == 1


def test_around_me_asks_only_when_pressed(chromium, demo):
    context = chromium.new_context(
        base_url=demo.base,
        permissions=["geolocation"],
        geolocation={"latitude": 46.9896, "longitude": 3.159},
        locale="fr-FR",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto("/")
    page.get_by_role("button", name="Autour de moi").click()
    page.wait_for_url("**/?ou=Nevers*")
    page.locator("h2", has_text="autour de Nevers").first.wait_for()
    context.close()
