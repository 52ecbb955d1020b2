"""A structure joins a territory that reads events first: it applies, signs, invites, is trained, publishes once it is read (A1-A9, B4)."""

from __future__ import annotations

import re
from datetime import timedelta

from ateliers import clock
from tests.browser.hands import letter, text_of

PAULE = 2  # whose sign-in link the demo prints third


def follow(page, subject: str, to: str, path: str) -> None:
    """Open the link that begins with `path` in an e-mail."""
    found = re.search(rf"http\S*?({path}\S*)", letter(page, subject, to))
    assert found is not None
    page.goto(found[1])


def test_a_structure_joins_invites_and_publishes_what_a_coordinator_has_read(tab):
    paule, lise, yann = tab(PAULE), tab(width=320, scripts=False), tab(width=320)

    # Lise applies, and corrects what the coordinator asks for.
    lise.goto("/rejoindre")
    lise.locator("[name=email]").fill("lise@puisaye.example")
    lise.locator("main button").click()
    follow(lise, "candidature", "lise@puisaye.example", "/rejoindre/")
    for name, text in {
        "name": "Les Amis de la Puisaye",
        "rna": "W891234567",
        "address": "3 rue des Potiers",
        "commune": "89520",
        "manager_name": "Lise Aubert",
        "signatory_name": "Marc Petit",
        "signatory_role": "président",
    }.items():
        lise.locator(f"[name={name}]").fill(text)
    lise.locator("[name=kind]").select_option("association")
    lise.get_by_role("button", name="Signer et envoyer").click()
    assert "Il y a 1 point à corriger" in text_of(lise)  # the charter is not signed yet
    lise.locator("[name=commune]").fill("Saint-Sauveur-en-Puisaye")
    lise.locator("[name=agrees]").check()
    lise.get_by_role("button", name="Signer et envoyer").click()
    assert "À examiner" in text_of(lise)

    # Paule asks something, Lise answers, Paule admits.
    paule.goto("/coordination")
    paule.get_by_role("link", name="Les Amis de la Puisaye").first.click()
    paule.locator("form[action$=messages] textarea").fill("Qui animera les ateliers ?")
    paule.locator("form[action$=messages] button").click()
    assert "Qui animera les ateliers ?" in letter(lise, "message", "lise@puisaye.example")
    paule.locator("form[action$=admission] button").click()
    follow(lise, "est admise", "lise@puisaye.example", "/connexion")

    # Lise signs in and invites Yann, who says yes and books a training.
    lise.goto("/connexion")
    lise.locator("main [name=email]").fill("lise@puisaye.example")
    lise.locator("main button").click()
    follow(lise, "onnexion|onnecter", "lise@puisaye.example", "/connexion/")
    lise.locator("main form button").first.click()
    lise.get_by_role("link", name="Équipe", exact=True).click()
    lise.locator("[name=name]").fill("Yann Le Goff")
    lise.locator("[name=email]").fill("yann@puisaye.example")
    lise.get_by_role("button", name="Envoyer l’invitation").click()
    follow(yann, "invite|Invitation", "yann@puisaye.example", "/invitation/")
    yann.locator("form[action$=acceptation] button").click()
    yann.get_by_role("link", name="Formations", exact=True).click()
    yann.get_by_role("button", name=re.compile("^Réserver ma place")).first.click()
    assert "Votre place est réservée" in text_of(yann)
    lise.reload()
    assert re.search("Yann Le Goff Ambassadeur\\S* Pas encore formé", text_of(lise))

    # Lise publishes; Paule sends it back, then publishes it; only then does anybody find it.
    lise.goto("/espace/evenements/nouveau?type=stand")
    lise.locator("[name=title]").fill("Au marché de Saint-Sauveur")
    lise.locator("[name=dates]").first.fill(f"{clock.now().date() + timedelta(days=100)}T09:00")
    lise.locator("[name=place_name]").fill("Halle")
    lise.locator("[name=commune]").fill("Saint-Sauveur-en-Puisaye")
    lise.get_by_role("button", name="Publier maintenant").click()
    assert "La coordinatrice régionale lit cet évènement avant sa publication." in text_of(lise)
    event = lise.url
    follow(paule, "À lire avant publication", "paule.guerin@reseau.example", "/coordination/moderation/")
    paule.locator("form[action$=renvoyer] textarea").fill("Dites à quelle heure vous partez.")
    paule.get_by_role("button", name="Demander ces changements").click()
    follow(lise, "avant publication", "lise@puisaye.example", "/espace/evenements/")
    assert "Dites à quelle heure vous partez." in text_of(lise)
    lise.get_by_role("button", name="Publier", exact=True).click()
    found = tab(width=320)
    found.goto("/?ou=Saint-Sauveur-en-Puisaye&mots=march%C3%A9")
    assert "Au marché de Saint-Sauveur" not in text_of(found)
    paule.goto("/coordination/moderation")
    paule.get_by_role("link", name="Au marché de Saint-Sauveur").click()
    paule.get_by_role("button", name="Publier l’évènement").click()
    lise.goto(event)
    assert "Publié" in text_of(lise)
    found.goto("/?ou=Saint-Sauveur-en-Puisaye&mots=march%C3%A9&rayon=10")
    assert "Au marché de Saint-Sauveur" in text_of(found)
