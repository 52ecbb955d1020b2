"""Stories of the booking desk in Chromium, at 320 px and by keyboard, with JavaScript and without (C1 to C15, K1, K2)."""

from __future__ import annotations

import re
import time
from datetime import timedelta

import httpx
import pytest

from ateliers import clock
from tests.browser.hands import letter, press, publish_workshop, tab_to, tab_to_field, take_time, text_of, type_into
from tests.browser.looking import look

WITH_AND_WITHOUT = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
PRIVATE = re.compile(r"/ma-reservation/\w+/\w+$")


@pytest.fixture
def samir(tab):
    """The manager's browser, without JavaScript."""
    return tab(0, scripts=False)


def fill_form(page, session: str, name: str, email: str, *, seats: int = 1, button: str = "^Confirmer") -> None:
    """Book for oneself by keyboard."""
    page.goto(f"{session}/reserver")
    type_into(page, "contact.name", name)
    type_into(page, "contact.email", email)
    tab_to_field(page, "seats")
    for _turn in range(seats - 1):
        page.keyboard.press("ArrowDown")
    take_time(page)
    press(page, button)


@WITH_AND_WITHOUT
def test_a_daughter_books_for_her_mother_and_gives_one_seat_back(tab, samir, scripts):
    title = f"Écrire à son médecin {'avec' if scripts else 'sans'}"
    session = publish_workshop(samir, title, questions__0__text="Quel est votre téléphone ?")
    page = tab(width=320, scripts=scripts)
    page.goto(session)
    press(page, "Réserver une place")
    page.wait_for_url("**/reserver")
    tab_to_field(page, "who")
    page.keyboard.press("ArrowDown")
    tab_to_field(page, "on_behalf")
    page.keyboard.press("ArrowDown")
    type_into(page, "attendee", "Suzanne Éluard")
    type_into(page, "contact.name", "Claire Éluard")
    type_into(page, "contact.phone", "06 12 34 56 7" + ("8" if scripts else "9"))
    tab_to_field(page, "seats")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    tab_to(page, "^f-answers-")
    page.keyboard.type("Un vieux modèle")
    take_time(page)
    press(page, "^Confirmer")
    page.wait_for_url(PRIVATE)
    mine = page.url
    assert "Vos 3 places sont confirmées." in text_of(page)
    assert "Suzanne Éluard" in text_of(page)
    assert "Un vieux modèle" in text_of(page)
    code = page.locator(".code").first.inner_text().strip()

    press(page, "^Imprimer")
    page.wait_for_url("**/imprimer")
    assert f"{code[:3]} {code[3:]}" in text_of(page)
    assert page.locator("svg.qr").bounding_box()["width"] > 100
    pdf = httpx.get(mine + "/confirmation.pdf", timeout=60)
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")

    # She gave no e-mail address: back to her booking by the code on the paper, whoever's name she types.
    page.goto("/ma-reservation")
    type_into(page, "code", f"{code[:3]} {code[3:].lower()}")
    type_into(page, "name", "eluard suzanne")
    page.keyboard.press("Enter")
    page.wait_for_url(mine)

    press(page, "rendre")
    page.wait_for_url("**/rendre")
    tab_to_field(page, "seats")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    press(page, "^Oui")
    page.wait_for_url(PRIVATE)
    assert "Vos 2 places sont confirmées." in text_of(page)
    page.goto(session)
    assert page.get_by_role("heading", name=title).count() == 1


@WITH_AND_WITHOUT
def test_a_waiting_list_empties_after_a_cancellation(tab, samir, scripts):
    session = publish_workshop(samir, "Ouvrir son espace", capacity="1", party_limit="1")
    who = "avec" if scripts else "sans"
    first, second = tab(width=320, scripts=scripts), tab(width=320, scripts=scripts)
    fill_form(first, session, "Ali Ben", f"ali.{who}@example.org")
    first.wait_for_url(PRIVATE)
    fill_form(second, session, "Rose Petit", f"rose.{who}@example.org", button="liste")
    second.wait_for_url(PRIVATE)
    assert "Vous êtes sur la liste d’attente : numéro 1." in text_of(second)

    press(first, "rendre")
    first.wait_for_url("**/rendre")
    press(first, "^Oui")
    first.wait_for_url(PRIVATE)
    assert "Vous avez rendu vos places." in text_of(first)

    mine = second.url
    second.reload()
    assert "Votre place est confirmée." in text_of(second)
    promoted = letter(second, "place", f"rose.{who}@example.org")
    assert mine in promoted


def test_a_seat_that_is_offered_is_taken_by_keyboard_and_the_next_one_waits_on(tab, samir):
    session = publish_workshop(samir, "Lire une ordonnance", capacity="1", party_limit="1", offer_hours="24")
    pages = [tab(width=320, scripts=False) for _turn in range(3)]
    for n, page in enumerate(pages):
        fill_form(page, session, f"Voisin {n}", f"voisin{n}@example.org", button="liste" if n else "^Confirmer")
        page.wait_for_url(PRIVATE)
    holder, chosen, behind = pages
    press(holder, "rendre")
    press(holder, "^Oui")
    holder.wait_for_url(PRIVATE)
    mine = chosen.url
    assert mine in letter(chosen, "", "voisin1@example.org")

    chosen.goto(mine)
    assert "Une place est gardée pour vous" in text_of(chosen)
    seen = tab()
    for path in (mine, f"{mine}/imprimer", behind.url, f"{behind.url}/rendre", "/ma-reservation"):
        seen.goto(path)
        assert look(seen, path) == []
    press(chosen, "^Oui, je viens")
    chosen.get_by_text("Votre place est confirmée.").wait_for()

    behind.reload()
    assert "Vous êtes sur la liste d’attente : numéro 1." in text_of(behind)


def test_the_last_seat_goes_at_the_final_click_and_nothing_is_typed_twice(tab, samir):
    """Peers let people fill a whole form and lose it: "sorry, full". Here the same page offers the list, answers kept."""
    session = publish_workshop(samir, "Le carnet de santé", capacity="1", party_limit="1")
    slow, quick = tab(width=320, scripts=False), tab(width=320, scripts=False)
    slow.goto(f"{session}/reserver")
    type_into(slow, "contact.name", "Jeanne d’Arc")
    type_into(slow, "contact.email", "jeanne@example.org")
    fill_form(quick, session, "Vite Fait", "vite@example.org")
    quick.wait_for_url(PRIVATE)

    press(slow, "^Confirmer")
    slow.get_by_text("Une personne a réservé juste avant vous.").wait_for()
    assert slow.locator("[name='contact.name']").input_value() == "Jeanne d’Arc"
    press(slow, "liste d’attente")
    slow.wait_for_url(PRIVATE)
    assert "numéro 1" in text_of(slow)


@WITH_AND_WITHOUT
def test_a_move_is_announced(tab, samir, scripts):
    session = publish_workshop(samir, "Partager un document")
    who = f"marie.{'avec' if scripts else 'sans'}@example.org"
    page = tab(width=320, scripts=scripts)
    fill_form(page, session, "Marie Martin", who)
    page.wait_for_url(PRIVATE)
    mine = page.url

    samir.goto(f"/espace{session}/reporter")
    samir.locator("[name=local_start]").fill(f"{clock.now().date() + timedelta(days=21)}T10:00")
    samir.locator("main form button").last.click()
    samir.locator("main form button[name=confirmed], main form button").first.click()

    told = letter(page, "", who)
    assert mine in told
    page.goto(mine)
    assert "10 h" in text_of(page)


def rush(demo, session: str) -> None:
    """Book until the shield is raised."""
    api = f"{demo.base}/api/v1{session.replace('seances', 'sessions')}/bookings"
    for n in range(10 * demo.shield):
        contact = {"name": f"Robot {n}", "email": f"robot{time.monotonic_ns()}@example.org"}
        if httpx.post(api, json={"contact": contact}, timeout=60).status_code == 429:
            return
    raise AssertionError(api)


def test_in_a_rush_the_browser_brings_a_proof_of_work_and_the_form_leaves(tab, samir, demo):
    session = publish_workshop(samir, "La grande ouverture", capacity="500")
    page, without = tab(width=320), tab(width=320, scripts=False)
    rush(demo, session)
    without.goto(f"{session}/reserver")
    assert "réservez par téléphone" in text_of(without)

    rush(demo, session)
    fill_form(page, session, "Odile Marchand", "odile.rush@example.org")
    page.wait_for_url(PRIVATE)

    assert "Votre place est confirmée." in text_of(page)
