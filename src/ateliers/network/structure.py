"""A structure: who offers events, and where its membership of the network stands."""

from __future__ import annotations

import enum
import re
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.words import T

LA_POSTE = "356000000"  # its establishments follow a rule of their own
_RNA = re.compile(r"W[0-9][0-9A-Z][0-9]{7}")


class StructureKind(enum.Enum):
    """What sort of body it is (A1)."""

    ASSOCIATION = "association"
    CCAS = "ccas"
    COMMUNE = "commune"
    HOSPITAL = "hospital"
    CPAM = "cpam"
    PHARMACY = "pharmacy"
    COMPANY = "company"
    FRANCE_SERVICES = "france_services"
    OTHER = "other"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _KINDS[self]


class StructureState(enum.Enum):
    """Where its application or membership stands (A2)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_ASKED = "changes_asked"
    ADMITTED = "admitted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _STATES[self]

    def may_become(self, other: StructureState) -> bool:
        """Whether the application may go on to `other`."""
        return other in _NEXT.get(self, ())


_KINDS = {
    StructureKind.ASSOCIATION: T("Association"),
    StructureKind.CCAS: T("CCAS (municipal social centre)"),
    StructureKind.COMMUNE: T("Commune or group of communes"),
    StructureKind.HOSPITAL: T("Hospital or clinic"),
    StructureKind.CPAM: T("CPAM (health insurance office)"),
    StructureKind.PHARMACY: T("Pharmacy"),
    StructureKind.COMPANY: T("Company"),
    StructureKind.FRANCE_SERVICES: T("France services"),
    StructureKind.OTHER: T("Another kind of structure"),
}
_STATES = {
    StructureState.DRAFT: T("Being filled in"),
    StructureState.SUBMITTED: T("To be examined"),
    StructureState.CHANGES_ASKED: T("Changes asked for"),
    StructureState.ADMITTED: T("Admitted"),
    StructureState.REFUSED: T("Refused"),
    StructureState.WITHDRAWN: T("Withdrawn"),
    StructureState.SUSPENDED: T("Suspended"),
}
_NEXT = {
    StructureState.DRAFT: {StructureState.SUBMITTED, StructureState.WITHDRAWN},
    StructureState.SUBMITTED: {
        StructureState.CHANGES_ASKED,
        StructureState.ADMITTED,
        StructureState.REFUSED,
        StructureState.WITHDRAWN,
    },
    StructureState.CHANGES_ASKED: {StructureState.SUBMITTED, StructureState.REFUSED, StructureState.WITHDRAWN},
    StructureState.WITHDRAWN: {StructureState.SUBMITTED},  # by an applicant; who left the network is taken back
}


class Structure(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of table structure."""

    id: UUID
    slug: str
    name: str
    kind: StructureKind
    siret: str | None
    rna: str | None
    address: str
    postcode: str
    commune_code: str
    commune_name: str
    departement: str
    region: str  # INSEE code
    latitude: float
    longitude: float
    zone: str
    email: str
    phone: str | None
    website: str | None
    presentation: str
    state: StructureState
    language: str
    created_at: datetime
    admitted_at: datetime | None
    external_key: str | None

    @property
    def may_be_sent(self) -> bool:
        """Whether its applicant may send the form again: changes were asked for, or it was withdrawn before the answer."""
        is_withdrawn = self.state is StructureState.WITHDRAWN and self.admitted_at is None
        return is_withdrawn or self.state is StructureState.CHANGES_ASKED

    @property
    def path(self) -> str:
        """Its public page."""
        return f"/signataires/{self.slug}"


def compact(number: str) -> str:
    """An official number without the spaces, dots and dashes people type in it, in capitals."""
    return re.sub(r"[\s.\u00a0\u202f-]", "", number).upper()


def is_siret(number: str) -> bool:
    """Whether the 14 digits are a SIRET: a right key by Luhn, or La Poste's rule (digits add up to a multiple of 5).

    Source: INSEE, « Modalités de contrôle du SIRET »; La Poste's establishments since 1992.
    """
    if not re.fullmatch(r"[0-9]{14}", number) or number == "0" * 14:
        return False
    if _luhn(number) % 10 == 0 and _luhn(number[:9]) % 10 == 0:
        return True
    return number.startswith(LA_POSTE) and sum(map(int, number)) % 5 == 0


def is_rna(number: str) -> bool:
    """Whether it looks like a number of the national register of associations: W and nine digits.

    The third sign is a letter in Corsica and overseas (W2A…, W9R…).
    """
    return _RNA.fullmatch(number) is not None


def _luhn(digits: str) -> int:
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled)
