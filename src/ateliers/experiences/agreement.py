"""What a structure agrees to, word for word: one agreement for each use, and for one text alone (F12)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import msgspec

from ateliers.database import execute, fetch, new_id
from ateliers.experiences.experience import Experience, Scope
from ateliers.network.people import Person
from ateliers.refusals import Refusal
from ateliers.words import T

# Written anew, it gets a new name: what was agreed to before keeps the words it was agreed to in.
VERSION = "2026-11"
_PEOPLE = T("Nobody is named or can be recognised in a photo without having agreed to it.")
_WORDINGS = {
    Scope.REGIONAL_SITE: T(
        "Our structure agrees that this text and its documents are published on the pages of the region, in its feeds and on its own site, under our structure’s name."
    ),
    Scope.REGIONAL_MATERIAL: T(
        "Our structure agrees that the region uses this text and its documents in its training, its reports and its letters, and names our structure."
    ),
    Scope.NATIONAL: T(
        "Our structure agrees that this text and its documents are published and used for the whole country, under our structure’s name."
    ),
}
_WAY_BACK = T("We may change our mind at any time: the text then disappears at once from pages and feeds.")


class NothingToAgreeTo(Refusal):
    """An agreement is given to a text that stands."""

    title = "Send the shared experience first: an agreement is given to a text that no longer changes."


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    """One agreement, as it stands in the journal."""

    scope: Scope
    version: str
    wording: str
    given_at: datetime
    given_by: str
    withdrawn_at: datetime | None
    withdrawn_by: str | None
    holds: bool  # for the text as it was last sent


def wording(scope: Scope) -> str:
    """What is agreed to, in the reader's language, word for word."""
    return f"{_WORDINGS[scope]} {_PEOPLE} {_WAY_BACK}"


async def list_consents(experience_id: UUID) -> list[Consent]:
    """Every agreement ever given, the latest first."""
    return await fetch(
        Consent,
        """SELECT c.scope, c.version, c.wording, c.given_at, g.name AS given_by, c.withdrawn_at, w.name AS withdrawn_by,
                  c.withdrawn_at IS NULL AND c.content IS NOT DISTINCT FROM x.content AS holds
           FROM experience_consent c JOIN experience x ON x.id = c.experience_id JOIN person g ON g.id = c.given_by
           LEFT JOIN person w ON w.id = c.withdrawn_by
           WHERE c.experience_id = $1 ORDER BY c.given_at DESC, c.id DESC""",
        experience_id,
    )


async def end_consent(found: Experience, scope: Scope, *, by: Person, now: datetime) -> bool:
    """Write down that one use is no longer agreed to; whether it was. Opens no transaction."""
    ended = await execute(
        """UPDATE experience_consent SET withdrawn_at = $3, withdrawn_by = $4
           WHERE experience_id = $1 AND scope = $2 AND withdrawn_at IS NULL""",
        found.id,
        scope.value,
        now,
        by.id,
    )
    return ended > 0


async def keep_consents(found: Experience, scopes: Collection[Scope], *, by: Person, now: datetime) -> None:
    """Write down what `by` agrees to, for the text as it was sent. Opens no transaction."""
    for scope in scopes:
        if scope in found.scopes:
            continue
        # An agreement to an earlier text ends where one to this text begins.
        await end_consent(found, scope, by=by, now=now)
        await execute(
            """INSERT INTO experience_consent (id, experience_id, scope, version, wording, content, given_at, given_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8)""",
            new_id(),
            found.id,
            scope.value,
            VERSION,
            wording(scope),
            found.content,
            now,
            by.id,
        )
    if scopes:
        await execute("UPDATE experience SET changed_at = $2 WHERE id = $1", found.id, now)
