"""A thing of the ambassador's kit: what it is for, under which licence it may be used, and its versions (A13)."""

from __future__ import annotations

import enum
import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.kinds import Kind
from ateliers.documents.files import File
from ateliers.network.people import Person
from ateliers.words import T

LINK = re.compile(r"https://[^\s<>\"']+\.[^\s<>\"']+")
ACCEPT = "application/pdf,image/*,video/mp4,.odt,.odp,.ods,.docx,.pptx,.xlsx"


class Licence(enum.Enum):
    """What may be done with it."""

    OPEN_LICENCE = "etalab-2.0"
    CC_BY = "cc-by-4.0"
    CC_BY_SA = "cc-by-sa-4.0"
    CC_BY_NC_ND = "cc-by-nc-nd-4.0"
    NETWORK = "network"

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _LICENCES[self][0]

    @property
    def meaning(self) -> T:
        """What it allows, in one sentence."""
        return _LICENCES[self][1]

    @property
    def url(self) -> str:
        """Its text; '' where there is none."""
        return _LICENCES[self][2]


_LICENCES = {
    Licence.OPEN_LICENCE: (
        T("Open Licence 2.0"),
        T("Use it, change it and share it: say where it comes from."),
        "https://www.etalab.gouv.fr/licence-ouverte-open-licence/",
    ),
    Licence.CC_BY: (
        T("Creative Commons, attribution (CC BY 4.0)"),
        T("Use it, change it and share it: say who made it."),
        "https://creativecommons.org/licenses/by/4.0/deed.fr",
    ),
    Licence.CC_BY_SA: (
        T("Creative Commons, attribution, share alike (CC BY-SA 4.0)"),
        T("Use it, change it and share it under the same licence: say who made it."),
        "https://creativecommons.org/licenses/by-sa/4.0/deed.fr",
    ),
    Licence.CC_BY_NC_ND: (
        T("Creative Commons, no changes, not for sale (CC BY-NC-ND 4.0)"),
        T("Use it and share it as it is, never for sale: say who made it."),
        "https://creativecommons.org/licenses/by-nc-nd/4.0/deed.fr",
    ),
    Licence.NETWORK: (T("For the network only"), T("Use it in your events. Do not put it on the Internet."), ""),
}


KitLicence = Annotated[Licence, Meta(title="Licence")]
KitFile = Annotated[
    str,
    Meta(
        title="File",
        description="PDF, photo, video or document, 20 MB at most.",
        extra={"input": "file", "accept": ACCEPT},
    ),
]
KitLink = Annotated[
    str,
    Meta(
        max_length=500,
        title="Or a link",
        description="It begins with https://.",
        extra={"input": "url", "autocomplete": "off"},
    ),
]


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a thing of the kit is."""

    title: Annotated[
        str, Meta(min_length=1, max_length=120, title="Title", description="For example: Leaflet « Ten good reasons ».")
    ]
    description: Annotated[
        str,
        Meta(max_length=1000, title="What it is, and how to use it", extra={"input": "textarea"}),
    ] = ""
    kinds: Annotated[
        list[Kind],
        Meta(title="For which kinds of event?", description="None ticked: for every kind."),
    ] = []


class NewVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A file or a link, and its licence."""

    licence: KitLicence
    file: KitFile = ""
    link: KitLink = ""
    changes: Annotated[
        str, Meta(max_length=300, title="What changed since the last version", extra={"input": "textarea"})
    ] = ""


class NewItem(About, frozen=True, kw_only=True):
    """A thing with its first version."""

    licence: KitLicence
    file: KitFile = ""
    link: KitLink = ""


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One version, as it was published."""

    id: UUID
    number: int
    file: File | None
    link: str | None
    licence: Licence
    changes: str
    published_at: datetime
    downloads: int

    @property
    def type_in_words(self) -> str:
        """« PDF, 1,2 Mo » is put together by the page: this is the first half; '' of a link."""
        if self.file is None:
            return ""
        ending = self.file.name.rpartition(".")[2]
        return ending.upper() if len(ending) <= 4 else ""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A thing of the kit; `versions` the latest first, never empty."""

    id: UUID
    title: str
    description: str
    kinds: list[Kind]  # none: every kind
    departements: list[str] | None  # None: the whole network
    created_at: datetime
    obsolete_at: datetime | None
    obsolete_why: str
    versions: list[Version]

    @property
    def latest(self) -> Version:
        """The version to use."""
        return self.versions[0]

    @property
    def is_obsolete(self) -> bool:
        """It is not to be used any more."""
        return self.obsolete_at is not None

    @property
    def downloads(self) -> int:
        """How often any of its files was fetched."""
        return sum(version.downloads for version in self.versions)

    def is_for(self, kind: Kind) -> bool:
        """Whether it serves events of this kind."""
        return not self.kinds or kind in self.kinds

    def is_kept_by(self, person: Person) -> bool:
        """Whether they may change it: the national team all, a coordinator what is for her territory alone."""
        if person.is_national:
            return True
        mine = person.coordinated_departements or []
        return self.departements is not None and bool(mine) and set(self.departements) <= set(mine)
