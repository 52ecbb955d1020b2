"""The signed charter as a PDF: the text of the version that was signed, by whom, for which structure, when (A4)."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ateliers.documents.pdf import make_pdf
from ateliers.network.charter import Charter, Signature, find_charter, list_signatures
from ateliers.network.people import Person
from ateliers.network.structure import Structure
from ateliers.network.structures import get_structure
from ateliers.refusals import NotFound
from ateliers.words import _, date_in_words, language


class Paragraph(msgspec.Struct, frozen=True):
    """One paragraph: the word it opens with, or '', and the rest."""

    head: str
    text: str


class SignedCharter(msgspec.Struct, frozen=True, kw_only=True):
    """What the document says, in the reader's language."""

    lang: str
    title: str
    version: str
    structure: str
    address: str
    numbers: str
    paragraphs: list[Paragraph]
    signed: str
    foot: str


async def get_signed(slug: str, version: str, *, by: Person) -> tuple[Structure, Charter, Signature]:
    """What the structure signed, for its managers and the coordination of its territory. Raises NotFound."""
    structure = await get_structure(slug)
    if not by.manages(structure.id) and not by.coordinates(structure.departement):
        raise NotFound
    charter = await find_charter(version)
    signature = next((one for one in await list_signatures(structure.id) if one.version == version), None)
    if charter is None or signature is None:
        raise NotFound
    return structure, charter, signature


async def signed_charter_pdf(structure: Structure, charter: Charter, signature: Signature, *, now: datetime) -> bytes:
    """The document as PDF/UA, in the reader's language."""
    return await make_pdf("documents/signed_charter.typ", _document(structure, charter, signature), now=now)


def _document(structure: Structure, charter: Charter, signature: Signature) -> SignedCharter:
    numbers = [f"{name} {number}" for name, number in (("SIRET", signature.siret), ("RNA", signature.rna)) if number]
    return SignedCharter(
        lang=language(),
        title=charter.heading,
        version=_("Version %(version)s, published on %(date)s.")
        % {"version": charter.version, "date": date_in_words(charter.published_at)},
        structure=signature.structure_name,
        address=f"{structure.address}, {structure.postcode} {structure.commune_name}",
        numbers=", ".join(numbers),
        paragraphs=[Paragraph(head, text) for head, text in charter.paragraphs],
        signed=_("Signed on %(date)s by %(name)s, %(role)s, for %(structure)s.")
        % {
            "date": date_in_words(signature.signed_at, structure.zone),
            "name": signature.name,
            "role": signature.role,
            "structure": signature.structure_name,
        },
        foot=_("The signature was given online; the service keeps its date."),
    )
