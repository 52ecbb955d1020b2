"""Attendance without network, in a real Chromium: the cable is cut, pages reloaded, the browser killed and opened again."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.browser.conftest import ARGUMENTS, CHROMIUM, PATIENCE
from tests.browser.hands import letter, publish_workshop, text_of
from tests.browser.network import Network

playwright = pytest.importorskip("playwright.sync_api")

NADIA = "nadia.ferrand@ccas-nevers.example"


@pytest.fixture
def network(demo) -> Iterator[Network]:
    with Network(demo.base) as network:
        yield network


@pytest.fixture
def phone(chromium, network, signed_in_state, tmp_path) -> Iterator[Callable[..., object]]:
    """`phone("a", who=1)`: a browser with a memory of its own, in which the ambassador is signed in (None: nobody is)."""
    opened = {}

    def make(name: str, *, who: int | None = 1):
        context = chromium.browser_type.launch_persistent_context(
            tmp_path / name,
            executable_path=CHROMIUM,
            args=ARGUMENTS,
            base_url=network.base,
            viewport={"width": 320, "height": 700},
            locale="fr-FR",
        )
        if who is not None:
            context.add_cookies([{**one, "domain": "127.0.0.1"} for one in signed_in_state(who)["cookies"]])
        opened[name] = context
        page = context.pages[0]
        page.set_default_timeout(PATIENCE)
        return page

    yield make
    for context in opened.values():
        with suppress(playwright.Error):  # it was killed
            context.close()


def kill(folder: Path) -> None:
    """As a battery that falls out."""
    mark = f"--user-data-dir={folder}"
    family = [one for one in psutil.process_iter(["cmdline"]) if mark in (one.info["cmdline"] or [])]
    for process in family:
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs(family, timeout=10)


def sign_in(page) -> None:
    """A session of this test's own, which it may end."""
    page.goto("/connexion")
    page.locator("[name=email]").fill(NADIA)
    page.locator("main form button").first.click()
    code = re.search(r"\b\d{3} ?\d{3}\b", letter(page, "code", NADIA))
    assert code is not None
    page.goto("/connexion/code")
    page.locator("[name=email]").fill(NADIA)
    page.locator("[name=code]").fill(code[0])
    page.locator("main form button").first.click()
    page.wait_for_url("**/espace")


def open_list(page, title: str) -> str:
    """Open the list of that session, and wait until it says that it is kept for later; its path."""
    page.goto("/espace/appel")
    page.locator(".liste a", has_text=title).click()
    page.wait_for_url(re.compile("/espace/seances/"), wait_until="commit")
    page.locator("#gardee").wait_for()
    return page.evaluate("location.pathname")


def leave(page) -> None:
    """Press « Se déconnecter »."""
    page.locator("summary", has_text="Menu").click()
    page.get_by_role("button", name="Se déconnecter").click()


def says(page, text: str) -> None:
    """Wait until the line about the network says `text`."""
    page.locator("#reseau").get_by_text(text).wait_for()


def shows(page, counter: str, n: int) -> None:
    """Wait until the counter says `n`."""
    page.locator(f"#n-{counter}").and_(page.get_by_text(str(n), exact=True)).wait_for()


def total(page, counter: str) -> int:
    return int(page.locator(f"#n-{counter}").inner_text())


def test_a_stand_without_network(network, phone, tmp_path, signed_in_state):
    signed_in_state(1)  # uses the printed link, which the e-mail below would replace
    page = phone("one", who=None)
    sign_in(page)
    path = open_list(page, "sur le marché")
    informed, helped = total(page, "informed"), total(page, "helped")
    plus = page.locator("#compteur-informed button")
    network.cut()
    for _tap in range(3):
        plus.click()
    shows(page, "informed", informed + 3)
    says(page, "3 réponses sont gardées sur cet appareil")
    playwright.expect(page.locator(".barre #attente .n")).to_have_text("3")

    page.reload()
    shows(page, "informed", informed + 3)
    page.locator("#defaire button").click()
    shows(page, "informed", informed + 2)
    cookies = page.context.cookies()
    kill(tmp_path / "one")

    page = phone("one", who=None)
    page.context.add_cookies(cookies)  # Chromium writes them down only every half minute
    page.goto(path)
    shows(page, "informed", informed + 2)
    page.locator("#compteur-helped button").click()
    shows(page, "helped", helped + 1)
    says(page, "5 réponses sont gardées")

    # Signing out would take them away: it waits, and says so.
    leave(page)
    page.wait_for_url("**/espace/appel?sortie=1")
    page.get_by_text("Vous êtes toujours connecté·e : des réponses").wait_for()
    # What was never opened here says so; a list that was is one step away.
    page.goto("/espace/evenements")
    page.get_by_role("heading", name="Pas de réseau").wait_for()
    page.get_by_role("link", name="Listes de présence gardées").click()
    page.wait_for_url("**/espace/appel")
    says(page, "5 réponses")

    network.mend()
    page.evaluate("dispatchEvent(new Event('online'))")
    page.locator("#reseau").wait_for(state="hidden")
    page.goto(path)
    shows(page, "informed", informed + 2)
    shows(page, "helped", helped + 1)
    network.cut()
    leave(page)
    page.get_by_text("Vous êtes toujours connecté·e : il faut le réseau").wait_for()

    # Somebody else signs in on this device, and answers for what waits there.
    page.goto(path)
    page.locator("#compteur-informed button").click()
    shows(page, "informed", informed + 3)
    page.context.clear_cookies()
    network.mend()
    page.reload()
    says(page, "Vous êtes déconnecté·e")
    leave(page)
    page.get_by_text("Vous êtes déjà déconnecté·e").wait_for()
    playwright.expect(page.locator("#sortie p[data-connecte=oui]")).to_be_hidden()
    page.goto(path)
    with page.expect_download() as download:
        page.get_by_role("button", name="Garder ces réponses dans un fichier").click()
    page.context.add_cookies([{**one, "domain": "127.0.0.1"} for one in signed_in_state(0)["cookies"]])
    page.goto("/espace/appel/fichier")
    page.locator("[name=file]").set_input_files(download.value.path())
    page.get_by_role("button", name="Envoyer le fichier").click()
    page.get_by_text("1 réponse a été mise sur la liste.").wait_for()
    page.goto("/espace/appel")
    page.get_by_text("Noté par une autre personne.").wait_for()
    page.get_by_role("button", name="Envoyer en mon nom").click()
    page.locator("#en-souffrance").wait_for(state="hidden")
    page.goto(path)
    shows(page, "informed", informed + 3)
    page.context.add_cookies(cookies)
    leave(page)
    page.wait_for_url(re.compile(r"/$"))
    page.wait_for_function("async () => !(await caches.keys()).length && !(await indexedDB.databases()).length")


def test_two_phones_that_disagree_ask_a_human(network, phone, managers_tab):
    title = "pas à pas"
    one, other = phone("one"), phone("other", who=0)
    for page in (one, other):
        open_list(page, title)
    lines = one.locator(".appel [data-serveur]")
    seat = lines.nth(1).get_attribute("id")

    def line(page):
        return page.locator(f"#{seat}")

    network.cut()
    line(one).locator("[value=present]").click()
    line(one).locator(".enattente").wait_for()
    line(other).locator("[value=absent]").click()
    line(other).locator(".enattente").wait_for()
    other.locator("#personne form").evaluate(
        "form => form.requestSubmit()"
    )  # out of sight where somebody came meanwhile
    other.locator("#rien-reste").wait_for()
    network.mend()
    for page in (one, other, one):
        page.evaluate("dispatchEvent(new Event('online'))")
        page.locator("#reseau").wait_for(state="hidden")
    line(one).locator(".desaccord").get_by_text("Deux appareils ne disent pas la même chose").wait_for()
    playwright.expect(line(one).locator(".desaccord li")).to_have_count(2)
    network.cut()
    said = one.locator("[data-paroles]").filter(has_text="Noté par Samir Haddad")
    said.get_by_role("button", name="Ce n’est pas exact").click()
    said.wait_for(state="hidden")
    network.mend()
    one.evaluate("dispatchEvent(new Event('online'))")
    said.wait_for(state="detached")

    line(one).locator("[value=present]").click()
    line(one).locator(".desaccord .hors").wait_for(state="detached")
    other.reload()
    line(other).locator("[value=present][aria-pressed=true]").wait_for()
    line(other).locator(".desaccord .hors").wait_for(state="detached")

    # A session called off meanwhile says so by itself, and what was noted on it waits for somebody to decide.
    manager = managers_tab(scripts=False)  # on a network of his own
    session = publish_workshop(manager, "Un atelier annulé entre-temps")
    one.goto(f"/espace{session}/appel")
    one.locator("#gardee").wait_for()
    network.cut()
    one.get_by_role("button", name="Ajouter une personne").click()
    says(one, "1 réponse est gardée")
    manager.goto(f"/espace{session}/annuler")
    manager.locator("[name=reason]").fill("La salle est fermée.")
    manager.locator("main form button").first.click()
    manager.wait_for_url(re.compile("/espace/evenements/"))
    network.mend()
    one.evaluate("dispatchEvent(new Event('online'))")
    one.get_by_text("Cette séance est annulée.").wait_for()
    one.get_by_text("1 réponse d’un appareil n’a pas pu être prise en compte.").wait_for()
    one.locator("#reseau").wait_for(state="hidden")


def test_a_helper_takes_attendance_by_a_link(managers_tab, tab):
    manager = managers_tab(scripts=False)
    manager.goto("/espace/appel")
    manager.locator(".liste a", has_text="pas à pas").click()
    manager.get_by_role("link", name="Un lien pour le bénévole du jour").click()
    manager.get_by_label("Pour qui est ce lien").fill("Odette")
    manager.get_by_role("button", name="Créer un lien").click()
    address = manager.locator(".adresse").first.inner_text()

    helper = tab(width=320)
    helper.goto(address)
    helper.locator("form[data-geste=walk_in] [name=name]").fill("Monsieur Denis")
    helper.get_by_role("button", name="Ajouter une personne").click()
    helper.locator("#venues li", has_text="Monsieur Denis").wait_for()
    assert helper.locator("a[href^='tel:']").count() == 0

    manager.get_by_role("link", name="Liste de présence").click()
    manager.get_by_role("link", name=re.compile("Journal")).click()
    assert "Odette Monsieur Denis, sans inscription" in text_of(manager)
