"""An event for a group: its page asks for the code, booking works with it, and nothing tells of it before (B6)."""

from __future__ import annotations

from datetime import timedelta

from ateliers import clock, database
from ateliers.agenda.group import entry_of
from ateliers.agenda.sessions import get_session
from tests.world import make_event, make_session

SOON = (clock.now() + timedelta(days=9)).replace(hour=13, minute=0, second=0, microsecond=0)


async def test_who_knows_the_code_sees_the_page_and_books(client):
    event_id = await make_event(title="Rien que pour nous", visibility="group", group_code="AMIS58")
    session_id = await make_session(event_id, starts_at=SOON)
    page = f"/seances/{session_id}"
    session = await get_session(session_id)

    asked = await client.get(page)
    assert (asked.status_code, "Tapez le code" in asked.text, "Rien que pour nous" in asked.text) == (200, True, False)
    short = await client.get(f"/s/{session.code}")
    assert short.headers["location"] == page
    for closed in (f"{page}/reserver", f"{page}/agenda.ics", f"{page}/reserver?groupe=aaaaaaaaaaaaaaaa"):
        assert (await client.get(closed)).status_code == 404
    wrong = await client.post(f"{page}/code", data={"code": "AMIS59"})
    assert (wrong.status_code, "pas le code de ce groupe" in wrong.text) == (422, True)

    right = await client.post(f"{page}/code", data={"code": " amis-58 "})
    assert (right.status_code, right.headers["location"]) == (303, page + entry_of(session))
    shown = await client.get(right.headers["location"])
    assert (shown.status_code, "Rien que pour nous" in shown.text, "noindex" in shown.text) == (200, True, True)
    booking = f"{page}/reserver{entry_of(session)}"
    assert booking in shown.text
    form = await client.get(booking)
    assert f'action="{booking}"' in form.text

    await database.execute("UPDATE event SET group_code = 'AUTRES' WHERE id = $1", event_id)
    assert "Rien que pour nous" not in (await client.get(right.headers["location"])).text
