"""A manager settles an event by keyboard on a narrow phone, with JavaScript and without (B5, C16, B23, K1, K2)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import clock
from tests.browser.hands import press, tab_to, text_of, type_into
from tests.browser.test_every_page import look


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_manager_asks_a_question_and_says_when_bookings_open(managers_tab, tab, scripts):
    page = managers_tab(scripts=scripts)
    day = clock.now().date()
    page.goto("/espace/evenements/nouveau?type=workshop")
    type_into(page, "title", "Classer ses documents")
    page.locator("[name=dates]").first.fill(f"{day + timedelta(days=20)}T14:30")
    page.locator("[name=place_id]").select_option(index=1)
    page.locator("[name=capacity]").focus()
    press(page, "^Inscriptions\u00a0: ouverture")
    page.locator("[name=opens_at]").fill(f"{day + timedelta(days=3)}T09:00")
    press(page, "^Questions à poser")
    type_into(page, "questions.0.text", "Avez-vous une maladie ?")
    press(page, "^Publier maintenant")

    assert "Ne posez pas de question sur la santé" in page.locator(".recap-erreurs").inner_text()
    page.get_by_role("link", name="Ne posez pas de question").click()
    wrong = page.locator("[name='questions.0.text']")
    assert (wrong.is_visible(), wrong.input_value()) == (True, "Avez-vous une maladie ?")
    wrong.fill("Avez-vous un ordinateur ?")
    press(page, "^Publier maintenant")

    page.locator("h1", has_text="Classer ses documents").wait_for()
    tab_to(page, "^Réglages")
    page.keyboard.press("Enter")
    assert "Avez-vous un ordinateur ? (quelques mots)" in text_of(page)
    public = tab(width=320, scripts=scripts)
    public.goto(page.locator("a[href^='/seances/']").first.get_attribute("href"))
    assert "Inscriptions à partir du" in text_of(public)
    assert public.get_by_role("link", name="Réserver une place").count() == 0
    if scripts:
        assert look(public, "a session whose bookings open later") == []


def test_every_fold_of_the_form_is_accessible_when_it_is_open(managers_tab):
    page = managers_tab(scripts=True)
    for kind in ("workshop", "stand"):
        page.goto(f"/espace/evenements/nouveau?type={kind}")
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        assert look(page, kind) == []
