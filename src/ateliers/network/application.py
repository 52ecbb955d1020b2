"""An application: what a structure tells when it wants to join, and who speaks for it (A1)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.network.people import EMAIL, YourCommune, YourEmail
from ateliers.network.structure import StructureKind, compact, is_rna, is_siret
from ateliers.network.structures import NewStructure
from ateliers.places.communes import Commune, resolve
from ateliers.places.territories import region_of, zone_of
from ateliers.refusals import Invalid

# What a structure is registered under.
StructureName = Annotated[
    str, Meta(min_length=1, max_length=150, title="Name of the structure", extra={"autocomplete": "organization"})
]
SiretNumber = Annotated[
    str,
    Meta(
        max_length=30,
        title="SIRET number",
        description="14 digits, if the structure has one.",
        extra={"inputmode": "numeric"},
    ),
]
RnaNumber = Annotated[
    str,
    Meta(
        max_length=30,
        title="RNA number",
        description="For an association without a SIRET: the letter W and nine digits.",
    ),
]
# What it tells everybody, when it applies and later.
Street = Annotated[
    str, Meta(min_length=1, max_length=200, title="Number and street", extra={"autocomplete": "address-line1"})
]
PublicPhone = Annotated[
    str,
    Meta(
        max_length=30,
        pattern=r"^(\+?[0-9][0-9 .()\u00a0-]{2,28})?$",
        title="Telephone for the public",
        extra={"input": "tel", "autocomplete": "tel", "error": "Write a telephone number, such as 03 86 00 00 00."},
    ),
]
PublicEmail = Annotated[
    str,
    Meta(
        max_length=254,
        pattern=f"^$|{EMAIL}",
        title="E-mail for the public",
        description="If it is empty, your own address is shown.",
        extra={"input": "email", "error": "Write a whole address, such as nom@exemple.fr."},
    ),
]
Website = Annotated[
    str,
    Meta(
        max_length=300,
        pattern=r"^((https?://)?[^\s\"<>/.:]+\.[^\s\"<>]+)?$",
        title="Website",
        extra={"input": "url", "error": "Write a whole address, such as www.exemple.fr."},
    ),
]
Presentation = Annotated[
    str,
    Meta(max_length=1500, title="Your structure in a few sentences", extra={"input": "textarea"}),
]


MOST_TYPED = 200  # characters looked at in an answer that is refused anyway


class EmailAddress(msgspec.Struct, frozen=True, kw_only=True):
    """The first step: where to send the link. `website_2` is a trap for robots: people do not see it."""

    email: YourEmail
    website_2: str = ""


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """What a structure tells when it applies."""

    name: StructureName
    kind: Annotated[StructureKind, Meta(title="Kind of structure")]
    siret: SiretNumber = ""
    rna: RnaNumber = ""
    address: Street
    commune: YourCommune
    phone: PublicPhone = ""
    email: PublicEmail = ""
    website: Website = ""
    presentation: Presentation = ""
    manager_name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100,
            title="Your first and last name",
            description="You will manage the events of your structure, and may invite others.",
            extra={"autocomplete": "name"},
        ),
    ]
    signatory_name: Annotated[
        str, Meta(min_length=1, max_length=100, title="First and last name of the person who signs the charter")
    ]
    signatory_role: Annotated[
        str,
        Meta(
            min_length=1, max_length=100, title="Role of this person", description="For example: director, president."
        ),
    ]
    agrees: Annotated[bool, Meta(title="Our structure has read the charter and signs it")] = False


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """What a coordinator tells the applicant."""

    note: Annotated[
        str,
        Meta(min_length=1, max_length=2000, title="Your message to the applicant", extra={"input": "textarea"}),
    ]


class Applicant(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds an application link."""

    id: UUID
    email: str
    language: str
    created_at: datetime
    structure_id: UUID | None
    manager_name: str | None


def described_structure(application: Application, applicant: Applicant) -> NewStructure:
    """The structure that the form describes. Raises Invalid with every wrong field."""
    commune = resolve(application.commune)
    errors = wrong_answers(application.siret, application.rna, application.commune, agrees=application.agrees)
    if errors or commune is None:
        raise Invalid(errors)
    return NewStructure(
        name=application.name,
        kind=application.kind,
        siret=compact(application.siret) or None,
        rna=compact(application.rna) or None,
        address=application.address,
        **placed(application.commune, commune),
        email=application.email.lower() or applicant.email,
        phone=application.phone or None,
        website=with_scheme(application.website) or None,
        presentation=application.presentation,
        language=applicant.language,
    )


def wrong_answers(siret: str, rna: str, commune: str, *, agrees: bool) -> dict[str, str]:
    """What is wrong with the answers that no pattern can judge, by field; an empty number or commune is not looked at."""
    errors: dict[str, str] = {}
    if compact(siret) and not is_siret(compact(siret)):
        errors["siret"] = "This SIRET number is not right: check its 14 digits."
    if compact(rna) and not is_rna(compact(rna)):
        errors["rna"] = "This RNA number is not right: it is the letter W and nine digits."
    if commune and resolve(commune) is None:
        errors["commune"] = "We do not know this commune: write its name or its postcode."
    if not agrees:
        errors["agrees"] = "The charter has to be signed to join the network."
    return errors


def placed(typed: str, commune: Commune) -> dict[str, Any]:
    """The fields of NewStructure that say where it is, from what was typed and the commune that it means."""
    return {
        "postcode": _postcode(typed, commune),
        "commune_code": commune.code,
        "commune_name": commune.name,
        "departement": commune.departement,
        "region": region_of(commune.departement),
        "latitude": commune.latitude,
        "longitude": commune.longitude,
        "zone": zone_of(commune.departement),
    }


def with_scheme(address: str) -> str:
    """The address of a site as a browser opens it; an empty one stays empty."""
    return address if not address or address.startswith(("http://", "https://")) else f"https://{address}"


def _postcode(typed: str, commune: Commune) -> str:
    """The postcode that was typed, if the commune has it; else its first."""
    return next(
        (code for code in commune.postcodes if code in typed), commune.postcodes[0] if commune.postcodes else ""
    )
