"""The kit: who publishes for whom, versions that follow one another, what is obsolete, and how often it is fetched."""

from __future__ import annotations

from uuid import UUID

import pytest

from ateliers import database
from ateliers.agenda.kinds import Kind
from ateliers.agenda.kit import (
    count_download,
    get_item,
    get_kit_file,
    list_kit,
    mark_obsolete,
    publish_item,
    publish_version,
)
from ateliers.agenda.kit_item import Licence, NewItem, NewVersion
from ateliers.documents.files import Upload
from ateliers.network.people import Person, get_person
from ateliers.refusals import Invalid, NotAllowed, NotFound
from tests.world import NOON, make_nadia, make_paule, make_person, make_structure

PAPER = Upload(name="Dépliant.pdf", content=b"%PDF-1.7\n...")


def leaflet(title: str = "Dépliant", *, link: str = "") -> NewItem:
    return NewItem(title=title, kinds=[Kind.STAND], licence=Licence.CC_BY, link=link)


async def everybody() -> dict[str, Person]:
    here, there = await make_structure(), await make_structure("Loin", slug="loin", departement="974")
    found = {
        "nadia": await make_nadia(here),
        "far": await make_person("Yves Loin", "manager", structure_id=there),
        "paule": await make_paule(),
        "claire": await make_person("Claire Vidal", "national"),
        "bruno": await make_person("Bruno Keller", "funder", departements=["974"]),
    }
    return {name: await get_person(id) for name, id in found.items()}


async def titles(person: Person) -> list[str]:
    return [item.title for item in await list_kit(by=person)]


async def test_each_sees_what_is_for_the_network_and_for_their_territory():
    people = await everybody()
    await publish_item(leaflet("Pour tous"), PAPER, by=people["claire"], now=NOON)
    regional = await publish_item(leaflet("Pour la région"), PAPER, by=people["paule"], now=NOON)

    seen = {name: sorted(await titles(person)) for name, person in people.items()}
    item = await get_item(regional, by=people["nadia"])

    both = ["Pour la région", "Pour tous"]
    assert seen == {"nadia": both, "paule": both, "claire": both, "far": ["Pour tous"], "bruno": ["Pour tous"]}
    assert (item.is_kept_by(people["paule"]), item.is_kept_by(people["claire"])) == (True, True)
    with pytest.raises(NotFound):
        await get_kit_file(item.latest.id, by=people["far"])
    with pytest.raises(NotAllowed):
        await publish_item(leaflet(), PAPER, by=people["nadia"], now=NOON)
    [national] = [one for one in await list_kit(by=people["paule"]) if one.departements is None]
    with pytest.raises(NotAllowed):
        await mark_obsolete(national.id, "Plus à jour.", by=people["paule"], now=NOON)


async def test_a_version_follows_another_and_each_counts_its_downloads():
    people = await everybody()
    item_id = await publish_item(leaflet(), PAPER, by=people["claire"], now=NOON)
    first = (await get_item(item_id, by=people["nadia"])).latest
    for _ in range(3):
        await count_download(first.id, by=people["nadia"])
    await mark_obsolete(item_id, "Le numéro a changé.", by=people["claire"], now=NOON)
    marked = await get_item(item_id, by=people["nadia"])

    newer = NewVersion(licence=Licence.CC_BY, changes="Nouveau numéro.")
    await publish_version(item_id, newer, Upload(name="b.pdf", content=b"%PDF-2"), by=people["claire"], now=NOON)

    item = await get_item(item_id, by=people["nadia"])
    assert (marked.is_obsolete, marked.obsolete_why, item.is_obsolete) == (True, "Le numéro a changé.", False)
    assert [(one.number, one.changes, one.downloads) for one in item.versions] == [
        (2, "Nouveau numéro.", 0),
        (1, "", 3),
    ]
    assert item.downloads == 3
    assert (await get_kit_file(item.latest.id, by=people["nadia"])).content == b"%PDF-2"
    assert (await get_kit_file(first.id, by=people["nadia"])).name == "Dépliant.pdf"
    assert (item.is_for(Kind.STAND), item.is_for(Kind.WEBINAR)) == (True, False)


@pytest.mark.parametrize(
    ("link", "upload", "field"),
    [
        ("", None, "file"),
        ("https://a.example/b", PAPER, "link"),
        ("http://a.example", None, "link"),
        ("javascript:alert(1)", None, "link"),
        ("", Upload(name="x.exe", content=b"MZ"), "file"),
    ],
)
async def test_one_file_or_one_link(link: str, upload: Upload | None, field: str):
    claire = await get_person(await make_person("Claire Vidal", "national"))

    with pytest.raises(Invalid) as refused:
        await publish_item(leaflet(link=link), upload, by=claire, now=NOON)

    left: UUID | None = await database.fetch_value("SELECT id FROM kit_item UNION ALL SELECT id FROM file")
    assert (list(refused.value.errors), left) == ([field], None)
