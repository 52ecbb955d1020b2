"""The ambassador's kit: published by coordinators and the national team, fetched by everybody in the network (A13)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from ateliers.agenda.kit_item import LINK, About, Item, NewItem, NewVersion
from ateliers.database import execute, fetch, fetch_one, fetch_value, new_id, transaction
from ateliers.documents.files import EVERY_TYPE, FileContent, Upload, get_file, keep_file
from ateliers.network.people import Person, RoleName
from ateliers.refusals import Invalid, NotAllowed, NotFound

ITEM_SQL = """
    SELECT i.id, i.title, i.description, i.kinds, i.departements, i.created_at, i.obsolete_at, i.obsolete_why, (
        SELECT jsonb_agg(jsonb_build_object(
            'id', v.id, 'number', v.number, 'link', v.link, 'licence', v.licence, 'changes', v.changes,
            'published_at', v.published_at, 'downloads', v.downloads,
            'file', CASE WHEN f.id IS NULL THEN NULL ELSE jsonb_build_object('id', f.id, 'name', f.name,
                'media_type', f.media_type, 'size', f.size, 'created_at', f.created_at) END) ORDER BY v.number DESC)
        FROM kit_version v LEFT JOIN file f ON f.id = v.file_id WHERE v.item_id = i.id
    ) AS versions
    FROM kit_item i
"""
# What is for the whole network, and what is for a département of the reader's structures or territory.
_SHOWN = "(i.departements IS NULL OR $1 OR i.departements && $2::text[])"


async def list_kit(*, by: Person) -> list[Item]:
    """Everything that this person may fetch: what is in use first, the latest first."""
    everything, departements = await _near(by)
    return await fetch(
        Item,
        f"{ITEM_SQL} WHERE {_SHOWN} ORDER BY i.obsolete_at IS NOT NULL, i.changed_at DESC, i.id",
        everything,
        departements,
    )


async def get_item(item_id: UUID, *, by: Person) -> Item:
    """One thing, for those who may fetch it. Raises NotFound."""
    everything, departements = await _near(by)
    found = await fetch_one(Item, f"{ITEM_SQL} WHERE {_SHOWN} AND i.id = $3", everything, departements, item_id)
    if found is None:
        raise NotFound
    return found


async def get_kit_file(version_id: UUID, *, by: Person) -> FileContent:
    """The file of a version, for those who may fetch it. Raises NotFound."""
    return await get_file(await _file_of(version_id, by=by))


async def count_download(version_id: UUID, *, by: Person) -> None:
    """Somebody is about to fetch it. Raises NotFound."""
    await _file_of(version_id, by=by)
    await execute("UPDATE kit_version SET downloads = downloads + 1 WHERE id = $1", version_id)


async def publish_item(new: NewItem, upload: Upload | None, *, by: Person, now: datetime) -> UUID:
    """Add a thing with its first version; its id. Raises NotAllowed, Invalid."""
    allow_keeping(by)
    item_id = new_id()
    version = NewVersion(licence=new.licence, link=new.link)
    async with transaction():
        await execute(
            "INSERT INTO kit_item (id, title, description, kinds, departements, created_at, changed_at, created_by) "
            "VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
            item_id,
            new.title,
            new.description,
            [kind.value for kind in new.kinds],
            by.coordinated_departements,
            now,
            by.id,
        )
        await _add_version(item_id, version, upload, by=by, now=now)
    return item_id


async def publish_version(item_id: UUID, new: NewVersion, upload: Upload | None, *, by: Person, now: datetime) -> None:
    """Add a version: what was obsolete is to be used again. Raises NotAllowed, NotFound, Invalid."""
    await _kept_item(item_id, by=by)
    async with transaction():
        await execute(
            "UPDATE kit_item SET changed_at = $2, obsolete_at = NULL, obsolete_why = '' WHERE id = $1", item_id, now
        )
        await _add_version(item_id, new, upload, by=by, now=now)


async def describe_item(item_id: UUID, about: About, *, by: Person, now: datetime) -> None:
    """Say anew what it is. Raises NotAllowed, NotFound."""
    await _kept_item(item_id, by=by)
    await execute(
        "UPDATE kit_item SET title = $2, description = $3, kinds = $4, changed_at = $5 WHERE id = $1",
        item_id,
        about.title,
        about.description,
        [kind.value for kind in about.kinds],
        now,
    )


async def mark_obsolete(item_id: UUID, why: str, *, by: Person, now: datetime) -> None:
    """It is not to be used any more; an empty reason takes that back. Raises NotAllowed, NotFound."""
    await _kept_item(item_id, by=by)
    await execute(
        "UPDATE kit_item SET obsolete_at = CASE WHEN $2 = '' THEN NULL ELSE $3::timestamptz END, obsolete_why = $2 "
        "WHERE id = $1",
        item_id,
        why,
        now,
    )


def allow_keeping(by: Person) -> None:
    """Raises NotAllowed for everybody but coordinators and the national team."""
    if not by.is_coordinator:
        raise NotAllowed


async def _kept_item(item_id: UUID, *, by: Person) -> Item:
    allow_keeping(by)
    item = await get_item(item_id, by=by)
    if not item.is_kept_by(by):
        raise NotAllowed
    return item


async def _add_version(item_id: UUID, new: NewVersion, upload: Upload | None, *, by: Person, now: datetime) -> None:
    """The file or the link; one of the two. Raises Invalid."""
    upload = upload if upload is not None and (upload.name or upload.content) else None
    if upload is not None and new.link:
        raise Invalid({"link": "Give a file or a link, not both."})
    if upload is None and not new.link:
        raise Invalid({"file": "Choose a file, or give a link below."})
    if new.link and not LINK.fullmatch(new.link):
        raise Invalid({"link": "Write a whole address, beginning with https://."})
    file_id = None if upload is None else await keep_file(upload, now=now, types=EVERY_TYPE)
    # Of two who publish at the same moment the second waits for the item's row, then counts on.
    await fetch_value("SELECT id FROM kit_item WHERE id = $1 FOR UPDATE", item_id)
    await execute(
        "INSERT INTO kit_version (id, item_id, number, file_id, link, licence, changes, published_at, published_by) "
        "SELECT $1, $2, COALESCE(max(number), 0) + 1, $3, $4, $5, $6, $7, $8 FROM kit_version WHERE item_id = $2",
        new_id(),
        item_id,
        file_id,
        new.link or None,
        new.licence.value,
        new.changes,
        now,
        by.id,
    )


async def _file_of(version_id: UUID, *, by: Person) -> UUID:
    everything, departements = await _near(by)
    file_id: UUID | None = await fetch_value(
        f"SELECT v.file_id FROM kit_version v JOIN kit_item i ON i.id = v.item_id WHERE {_SHOWN} AND v.id = $3",
        everything,
        departements,
        version_id,
    )
    if file_id is None:
        raise NotFound
    return file_id


async def _near(by: Person) -> tuple[bool, list[str]]:
    """Whether the whole network is theirs, and the départements of their structures and territories."""
    own = [code for role in by.roles for code in role.departements or ()]
    structures: list[str] | None = await fetch_value(
        "SELECT array_agg(DISTINCT departement) FROM structure WHERE id = ANY ($1)", by.structure_ids
    )
    everything = by.is_national or any(role.role is RoleName.FUNDER and role.departements is None for role in by.roles)
    return everything, own + (structures or [])
