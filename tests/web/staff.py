"""What tests of the staff's pages share: a structure with a session next week, and what stands on a page."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

from ateliers.clock import now
from tests.world import make_event, make_session, make_structure

NEXT_WEEK = (now() + timedelta(days=7)).replace(hour=13, minute=0, second=0, microsecond=0)


def text_of(answer) -> str:
    main = re.search(r"(?s)<main.*</main>", answer.text)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def make_ours(**values) -> tuple[UUID, UUID]:
    event = {name: values.pop(name) for name in ("offer_for", "waiting_max") if name in values}
    structure_id = await make_structure()
    session_id = await make_session(await make_event(structure_id, **event), starts_at=NEXT_WEEK, **values)
    return structure_id, session_id


def caller(shown, **more) -> dict[str, str]:
    """What is typed for one call: a name, and the form's own nonce."""
    nonce = re.search(r'name="nonce" value="(\w+)"', shown.text)[1]
    return {"contact.name": "Marie Petit", "seats": "1", "channel": "phone", "nonce": nonce, **more}
