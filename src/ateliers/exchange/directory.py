"""The directory of signatory structures in the national schema of digital-help places (A15).

Source: https://schema.data.gouv.fr/LaMednum/standard-mediation-num, v1.0.2.
"""

from __future__ import annotations

import re
from datetime import date

import msgspec

from ateliers.documents.csv_tables import csv_text, safe
from ateliers.network.structure import StructureKind
from ateliers.network.structures import Signatory
from ateliers.rendering import absolute
from ateliers.words import PARIS, local

LABEL = "Formé à « Mon Espace Santé »"
NO_NUMBER = "0" * 14  # the schema wants a number; places without one are written so in the national base
SUMMARY = 280  # characters
TYPES = {
    StructureKind.ASSOCIATION: "ASSO",
    StructureKind.CCAS: "CCAS",
    StructureKind.COMMUNE: "MUNI",
    StructureKind.CPAM: "CPAM",
    StructureKind.FRANCE_SERVICES: "RFS",
    StructureKind.HOSPITAL: "Autre",
    StructureKind.PHARMACY: "Autre",
    StructureKind.COMPANY: "Autre",
    StructureKind.OTHER: "Autre",
}
OVERSEAS = {
    "971": "590",
    "972": "596",
    "973": "594",
    "974": "262",
    "975": "508",
    "976": "262",
    "977": "590",
    "978": "590",
}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the national schema; several values of one column stand apart by '|'."""

    id: str
    pivot: str
    nom: str
    commune: str
    code_postal: str
    code_insee: str
    adresse: str
    complement_adresse: str
    latitude: float
    longitude: float
    typologie: str
    telephone: str
    courriels: str
    site_web: str
    horaires: str
    presentation_resume: str
    presentation_detail: str
    source: str
    itinerance: str
    structure_parente: str
    date_maj: date
    services: str
    publics_specifiquement_adresses: str
    prise_en_charge_specifique: str
    frais_a_charge: str
    dispositif_programmes_nationaux: str
    formations_labels: str
    autres_formations_labels: str
    modalites_acces: str
    modalites_accompagnement: str
    fiche_acces_libre: str
    prise_rdv: str


def directory_place(signatory: Signatory) -> Place:
    """A signatory as the national base knows places."""
    structure = signatory.structure
    shown = " ".join(structure.presentation.split())
    return Place(
        id=str(structure.id),
        pivot=structure.siret or structure.rna or NO_NUMBER,
        nom=structure.name,
        commune=structure.commune_name,
        code_postal=structure.postcode,
        code_insee=structure.commune_code,
        adresse=structure.address,
        complement_adresse="",
        latitude=round(structure.latitude, 6),
        longitude=round(structure.longitude, 6),
        typologie=TYPES[structure.kind],
        telephone=international(structure.phone, structure.departement),
        courriels=structure.email,
        site_web=structure.website or absolute(structure.path),
        horaires="",
        presentation_resume=shown if len(shown) <= SUMMARY else f"{shown[: SUMMARY - 1].rstrip()}…",
        presentation_detail=shown,
        source="ateliers",
        itinerance="Fixe",
        structure_parente="",
        date_maj=local(signatory.told_at, PARIS).date(),
        services="Aide aux démarches administratives|Maîtrise des outils numériques du quotidien",
        publics_specifiquement_adresses="",
        prise_en_charge_specifique="",
        frais_a_charge="Gratuit",
        dispositif_programmes_nationaux="France Services" if structure.kind is StructureKind.FRANCE_SERVICES else "",
        formations_labels=LABEL,
        autres_formations_labels="",
        modalites_acces="Téléphoner|Contacter par mail" if structure.phone else "Contacter par mail",
        modalites_accompagnement="Dans un atelier collectif",
        fiche_acces_libre="",
        prise_rdv=absolute(structure.path),
    )


def international(phone: str | None, departement: str) -> str:
    """A telephone with its country's code, as the schema wants it; '' for one that it has no code for."""
    digits = re.sub(r"[^+0-9]", "", phone or "")
    if digits.startswith("0") and len(digits) == 10:
        # Numbers of overseas départements begin with their own code, wherever the structure is.
        digits = f"+{OVERSEAS.get(departement, '33')}{digits[1:]}"
    return digits if re.fullmatch(r"\+(33|590|594|262|596|269|687|689|508|681)\d{6,9}", digits) else ""


def as_csv(places: list[Place]) -> bytes:
    """UTF-8, comma, the schema's own column names in its order; no cell is a formula, nor is a telephone taken for one."""
    # A telephone begins with +, as the schema wants it, and has digits alone after it.
    lines = (
        [
            safe(value) if isinstance(value, str) and name != "telephone" else value
            for name, value in msgspec.structs.asdict(place).items()
        ]
        for place in places
    )
    return csv_text([Place.__struct_fields__, *lines], delimiter=",").encode()
