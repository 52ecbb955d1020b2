"""A manager settles an event by keyboard on a narrow phone, with JavaScript and without (B5, C16, B23, K1, K2)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from ateliers import clock
from tests.browser.hands import press, take_time, text_of, type_into, unfold
from tests.browser.looking import look


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_a_manager_asks_a_question_and_says_when_bookings_open(managers_tab, tab, scripts):
    page = managers_tab(scripts=scripts)
    day = clock.now().date()
    page.goto("/espace/evenements/nouveau?type=workshop")
    type_into(page, "title", "Classer ses documents")
    page.locator("[name=dates]").first.fill(f"{day + timedelta(days=20)}T14:30")
    page.locator("[name=place_id]").select_option(index=1)
    page.locator("[name=capacity]").focus()
    unfold(page, "^Inscriptions\u00a0: ouverture")
    page.locator("[name=opens_at]").fill(f"{day + timedelta(days=3)}T09:00")
    unfold(page, "^Questions à poser")
    type_into(page, "questions.0.text", "Avez-vous une maladie ?")
    press(page, "^Publier maintenant")

    assert "Ne posez pas de question sur la santé" in page.locator(".recap-erreurs").inner_text()
    page.get_by_role("link", name="Ne posez pas de question").click()
    wrong = page.locator("[name='questions.0.text']")
    wrong.wait_for()
    assert wrong.input_value() == "Avez-vous une maladie ?"
    wrong.fill("Avez-vous un ordinateur ?")
    press(page, "^Publier maintenant")

    page.locator("h1", has_text="Classer ses documents").wait_for()
    unfold(page, "^Réglages")
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


def test_a_manager_publishes_a_weekly_series_and_moves_this_date_and_those_after_it(managers_tab, tab):
    """Two minutes, by keyboard; bookings in place stay with their date; the preview stands beside the form (B2)."""
    page = managers_tab(scripts=True)
    day = clock.now().date()
    first = day + timedelta(days=7 + (1 - day.weekday()) % 7)
    page.goto("/espace/evenements/nouveau?type=workshop")
    type_into(page, "title", "La messagerie du mardi")
    page.locator("[name=dates]").first.fill(f"{first}T14:30")
    page.locator("[name=repeat]").select_option("weekly")
    page.locator("[name=repeat]").focus()
    unfold(page, "^Comment cela revient")
    page.locator("[name=repeat_times]").fill("4")
    page.locator("[name=except_days]").first.fill(f"{first + timedelta(days=7)}")
    page.locator("[name=skip_holidays]").uncheck()
    page.locator("[name=place_id]").select_option(index=1)
    beside = page.locator("#apercu")
    beside.get_by_text("4 dates").wait_for()
    assert "chaque semaine, le mardi, à 14 h 30" in beside.inner_text().replace("\u00a0", " ")
    beside.get_by_text("Brouillon enregistré").wait_for()

    # Left and found again as it was, the tab closed meanwhile.
    page.goto("/espace/evenements/nouveau")
    page.get_by_role("link", name="La messagerie du mardi").click()
    assert page.locator("[name=repeat_times]").input_value() == "4"
    page.locator("[name=capacity]").focus()
    press(page, "^Publier maintenant")
    page.locator("h1", has_text="La messagerie du mardi").wait_for()
    event = page.url
    assert "4 séances" in text_of(page)

    public = [page.locator(".liste > li").nth(n).locator("a[href^='/seances/']").get_attribute("href") for n in (0, 2)]
    for number, path in enumerate(public):
        guest = tab(width=320, scripts=False)
        guest.goto(f"{path}/reserver")
        guest.locator("[name='contact.name']").fill(f"Odile Marchand {number}")
        guest.locator("[name='contact.email']").fill(f"odile.{number}@example.org")
        take_time(guest)
        guest.get_by_role("button", name="Confirmer").click()
        guest.wait_for_url("**/ma-reservation/**")
    mine = guest.url

    page.goto(event)
    page.locator(".liste > li").nth(1).get_by_role("link", name="Reporter").click()
    page.locator("[name=which][value=following]").check()
    moved = first + timedelta(days=15)
    page.locator("[name=local_start]").fill(f"{moved}T10:00")
    page.get_by_role("button", name="Voir qui sera prévenu").click()
    told = text_of(page)
    assert "3 dates de la série changent" in told
    assert "1 inscription est prévenue par e-mail" in told
    assert look(page, "a series before it is moved") == []
    page.locator("button[name=confirmed]").click()
    page.wait_for_url(event)

    assert text_of(page).count("chaque semaine, le") == 2
    taken = [row.startswith("1 ") for row in re.findall(r"\d+ places? prises? sur \d+", text_of(page))]
    assert taken == [True, False, True, False]
    guest.goto(mine)
    assert "de 10 h" in text_of(guest)
    guest.goto(public[0])
    assert "de 14 h 30" in text_of(guest)
