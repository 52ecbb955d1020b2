"""Long stories in Chromium, as people live them: on a narrow phone, by keyboard, with no JavaScript (K1, K2)."""

from __future__ import annotations

import re
import time
from datetime import timedelta

from ateliers import clock
from tests.browser.hands import READING, letter, tab_to, tab_to_field


def test_a_citizen_books_by_keyboard_on_a_phone_and_gives_one_seat_back(tab):
    page = tab(width=320, scripts=False)
    page.goto("/?ou=Nevers&rayon=60&type=workshop&libre=1")
    page.locator(".ev h3 a").first.click()
    session = page.url
    tab_to(page, "Réserver une place")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reserver")
    tab_to_field(page, "contact.name")
    page.keyboard.type("Odile Marchand")
    tab_to_field(page, "contact.email")
    page.keyboard.type("odile.marchand@example.org")
    tab_to_field(page, "seats")
    page.keyboard.press("ArrowDown")
    time.sleep(READING)
    tab_to(page, "^Confirmer")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ma-reservation/**")
    mine = page.url
    assert "2 places sont confirmées" in page.locator("main").inner_text().replace("\u00a0", " ")
    code = page.locator(".code").first.inner_text()
    text = letter(page, "", "odile.marchand@example.org")
    assert code in text
    assert mine in text
    invite = page.locator("a[download]", has_text="invite.ics")
    assert invite.count() == 1
    page.goto(mine)
    tab_to(page, "rendre")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rendre")
    assert page.goto(mine).status == 200
    assert "2 places sont confirmées" in page.locator("main").inner_text().replace("\u00a0", " "), (
        "a GET changes nothing"
    )
    page.goto(mine + "/rendre")
    page.locator("input[name=seats][value='1']").check()
    page.locator("main form button").first.click()
    page.wait_for_url(re.compile(r"/ma-reservation/\w+/\w+$"))
    assert "Votre place est confirmée" in page.locator("main").inner_text().replace("\u00a0", " ")
    assert page.goto(session).status == 200


def test_a_form_with_mistakes_keeps_what_was_typed(tab):
    page = tab(width=320)
    page.goto("/?ou=Nevers&rayon=60&type=workshop&libre=1")
    page.locator(".ev h3 a").first.click()
    page.get_by_role("link", name="Réserver une place").click()
    page.locator("[name='contact.name']").fill("Éva <b>Brun</b>")
    page.locator("[name='contact.email']").fill("eva@")
    time.sleep(READING)
    page.get_by_role("button", name=re.compile("^Confirmer")).click()
    assert page.locator(".recap-erreurs a").count() >= 1
    assert page.locator("[name='contact.name']").input_value() == "Éva <b>Brun</b>"
    assert page.locator("[name='contact.email']").get_attribute("aria-invalid") == "true"
    page.locator(".recap-erreurs a").first.click()
    assert page.locator(":focus").get_attribute("name") == "contact.email"


def test_a_manager_publishes_and_the_workshop_is_found(chromium, demo, signed_in_state, tab):
    context = chromium.new_context(base_url=demo.base, storage_state=signed_in_state(0), java_script_enabled=False)
    page = context.new_page()
    title = "Lire ses résultats d’analyses sans stress"
    page.goto("/espace/evenements/nouveau?type=workshop")
    page.locator("[name=title]").fill(title)
    page.locator("[name=dates]").first.fill(f"{clock.now().date() + timedelta(days=20)}T14:30")
    page.locator("[name=place_id]").select_option(index=1)
    page.locator("[name=publish][value='1']").click()
    assert page.locator(".recap-erreurs").count() == 0
    context.close()
    public = tab(width=320)
    public.goto("/?ou=Nevers&mots=analyses+stress")
    assert public.get_by_role("link", name=title).count() == 1


def test_an_ambassador_takes_attendance_without_scripts(chromium, demo, signed_in_state):
    context = chromium.new_context(
        base_url=demo.base,
        storage_state=signed_in_state(1),
        java_script_enabled=False,
        viewport={"width": 320, "height": 700},
    )
    page = context.new_page()
    page.goto("/espace")
    page.get_by_role("link", name="Listes de présence").click()
    page.get_by_role("link", name="pas à pas").click()
    before = page.locator("[name=state][value=present][aria-pressed=true]").count()
    waiting = page.locator("li:has([name=state][value=present][aria-pressed=false])")
    assert waiting.count() > 0
    waiting.first.locator("[name=state][value=present]").click()
    assert page.locator("[name=state][value=present][aria-pressed=true]").count() == before + 1
    page.get_by_role("button", name="Annuler la dernière action").click()
    assert page.locator("[name=state][value=present][aria-pressed=true]").count() == before
    page.locator("form[action$='/sans-inscription'] [name=name]").fill("Monsieur Petit")
    page.locator("form[action$='/sans-inscription'] button[type=submit]").first.click()
    assert "Monsieur Petit" in page.locator("main").inner_text()
    page.locator("form[action$='/tous-presents'] button").click()
    assert (
        page.locator("[name=state][aria-pressed=true]").count() >= page.locator("[name=state][value=present]").count()
    )
    context.close()


def test_a_coordinator_reads_the_figures_of_her_region(chromium, demo, signed_in_state):
    context = chromium.new_context(base_url=demo.base, storage_state=signed_in_state(2), java_script_enabled=False)
    page = context.new_page()
    page.goto("/coordination/rapports")
    assert page.locator("table").count() >= 1
    assert page.locator("svg[role=img]").count() >= 1
    page.goto("/coordination")
    assert page.locator("h1").count() == 1
    context.close()


def test_around_me_asks_only_when_pressed(chromium, demo):
    context = chromium.new_context(
        base_url=demo.base,
        permissions=["geolocation"],
        geolocation={"latitude": 46.9896, "longitude": 3.159},
        locale="fr-FR",
    )
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Autour de moi").click()
    page.wait_for_url("**/?ou=Nevers*")
    assert "autour de Nevers" in page.locator("h2").first.inner_text()
    context.close()
