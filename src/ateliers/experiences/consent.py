"""A structure agrees to a use of what it shared, or changes its mind: then it is gone the same minute (F12)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import Meta

from ateliers.agenda.permission import may_manage
from ateliers.database import execute, new_id, transaction
from ateliers.experiences.agreement import NothingToAgreeTo, end_consent, keep_consents
from ateliers.experiences.experience import PUBLIC_SCOPES, Experience, ExperienceState, Scope
from ateliers.experiences.sharing import change, coordinators_of, locked, publish, tell
from ateliers.network.people import Person
from ateliers.refusals import NotAllowed, NotFound

STANDING = {ExperienceState.SUBMITTED, ExperienceState.REVIEWED, ExperienceState.PUBLISHED}


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Which scope a button is about."""

    scope: Annotated[Scope, Meta(title="For which use?")]


async def give_consent(experience_id: UUID, scope: Scope, *, by: Person, now: datetime) -> None:
    """Agree to one use of what was sent; what was read already is shared at once. Raises NotFound, NotAllowed, NothingToAgreeTo."""
    async with transaction():
        found = await _of_manager(experience_id, by)
        if found.state not in STANDING:
            raise NothingToAgreeTo
        await keep_consents(found, [scope], by=by, now=now)
        if found.state is ExperienceState.REVIEWED and scope in PUBLIC_SCOPES:
            await publish(found, by=by, now=now)


async def withdraw_consent(experience_id: UUID, scope: Scope, *, by: Person, now: datetime) -> None:
    """Change one's mind about one use. Twice is once. Raises NotFound, NotAllowed."""
    async with transaction():
        found = await _of_manager(experience_id, by)
        if not await end_consent(found, scope, by=by, now=now):
            return
        left = [one for one in found.scopes if one is not scope]
        hidden = found.is_public and not any(one in left for one in PUBLIC_SCOPES)
        if hidden:
            await change(found, ExperienceState.WITHDRAWN, by=by, now=now)
        else:
            await execute("UPDATE experience SET changed_at = $2 WHERE id = $1", found.id, now)
        people = await coordinators_of(found)
        await tell("experience_withdrawn", found, new_id(), people, now=now, scope=scope.value)


async def _of_manager(experience_id: UUID, by: Person) -> Experience:
    found = await locked(experience_id)
    if not may_manage(by, found.structure_id):
        raise NotAllowed if found.is_of(by) else NotFound
    return found
