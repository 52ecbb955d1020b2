"""A manager's morning on a narrow phone: people call and are booked, a seat goes by phone, the waiting list empties."""

from __future__ import annotations

import re

import pytest

from tests.browser.hands import press, publish_workshop, text_of

OFFERING = "Ranger ses ordonnances et ses résultats"
CALLERS = (("Jeanne Roy", "0611223344"), ("Ahmed Benali", "06 99 88 77 66"), ("Lucette Garnier", ""))


@pytest.mark.parametrize("scripts", [True, False])
def test_a_manager_books_three_people_by_phone_without_a_mouse(managers_tab, scripts):
    page = managers_tab(scripts=scripts)
    title = f"Au téléphone {'avec' if scripts else 'sans'}"
    publish_workshop(page, title, days=1)  # among the next ones, which the first page lists
    page.goto("/espace")
    press(page, rf"^Inscrire quelqu’un\s*– {title}")
    page.wait_for_url("**/inscrire")
    codes = set()
    for name, phone in CALLERS:
        page.locator(":focus[name='contact.name']").wait_for()
        page.keyboard.type(f"{name} {'avec' if scripts else 'sans'}")
        page.keyboard.press("Tab")
        page.keyboard.type(f"{phone[:-1]}{5 if scripts else 6}" if phone else "")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        told = page.locator("main [role=status]").first
        assert name in told.inner_text()
        codes.add(told.locator(".code").inner_text())
    assert len(codes) == len(CALLERS)
    page.goto(page.url.partition("/inscrire")[0])
    for name, _phone in CALLERS:
        page.locator("[name=q]").fill(f"{name} {'avec' if scripts else 'sans'}")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert page.locator(".inscrits > li").count() == 1


def test_a_seat_goes_by_phone_and_the_waiting_list_empties(managers_tab):
    page = managers_tab(scripts=False)
    page.goto("/espace")
    page.get_by_role("link", name="Voir qui, et pourquoi").click()
    yvette = page.locator(".appel > li", has_text="Yvette Collin")
    assert "Une place s’est libérée" in yvette.inner_text()
    yvette.get_by_role("button", name="Prend la place").click()
    page.wait_for_load_state()
    assert page.locator(".appel > li", has_text="Yvette Collin").count() == 0

    page.goto("/espace/evenements")
    page.get_by_role("link", name=re.compile(OFFERING)).first.click()
    page.get_by_role("link", name=re.compile("^Inscriptions")).first.click()
    page.wait_for_load_state()
    assert page.locator(".inscrits > li", has_text="Yvette Collin").locator(".etat.ok").count() == 1
    page.get_by_role("link", name="Attente, journal").click()
    page.get_by_role("button", name="Voir, sans rien changer").click()
    answer = text_of(page)
    assert "Marcel Ozanne – 2 places : serait passée" in answer
    assert "Lucien Prévost – 1 place : recevrait une proposition" in answer

    waiting_page = page.url
    page.get_by_role("link", name="Thérèse Baudry").click()
    page.get_by_text("Un appel avec cette personne").click()
    page.get_by_role("button", name="Ne la prend pas").click()
    page.goto(waiting_page)
    offered = page.locator(".appel > li", has_text="Lucien Prévost")
    assert "Place gardée jusqu’au" in offered.inner_text()
    assert [name.strip() for name in page.locator(".rangs").first.locator("a").all_inner_texts()] == ["Marcel Ozanne"]
    journal = page.locator(".journal").inner_text().replace("\u00a0", " ")
    assert re.search("Marcel Ozanne : Passé, garde son rang", journal)
    assert "Appel : ne vient pas" in journal
