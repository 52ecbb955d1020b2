from __future__ import annotations

from datetime import timedelta

import pytest

from ateliers import database
from ateliers.network.candidates import (
    MAX_LINKS,
    CandidateAnswered,
    CandidateLinkOver,
    Match,
    NewCandidate,
    apply_as_candidate,
    close_candidate,
    confirm_candidate,
    find_candidate,
    list_candidates,
    match_candidate,
)
from ateliers.network.invitations import decline_invitation, invitation_path, list_invitations
from ateliers.network.people import RoleName, get_person
from ateliers.network.purge import purge_network
from ateliers.network.structures import get_structure_by_id
from ateliers.refusals import Invalid, NotFound
from tests.network.test_applications import DAY, paule
from tests.network.test_emails import composed, links
from tests.world import NOON, make_candidate, make_person, make_structure

LUCE = NewCandidate(name="Luce Bernard", email="Luce@example.test", commune="Nevers", about="Tenir un stand.")


async def link() -> str:
    """The token of the link that was just mailed."""
    [email] = await composed()
    [path] = [found for found in links(email) if "/devenir-ambassadeur/" in found]
    await database.execute("DELETE FROM outbox")
    return path.rpartition("/")[2]


async def test_a_volunteer_confirms_and_is_invited_into_a_structure():
    coordinator = await paule()
    structure = await make_structure()
    await apply_as_candidate(LUCE, language="fr", now=NOON)
    token = await link()
    assert await list_candidates(by=coordinator, now=NOON) == []

    await confirm_candidate(token, now=NOON + DAY)
    await confirm_candidate(token, now=NOON + DAY)  # the button pressed twice
    [email] = await composed(NOON + DAY)
    assert (email.to_address, "Tenir un stand." in email.text) == ("paule@example.test", True)
    [candidate] = await list_candidates(by=coordinator, now=NOON)
    assert (candidate.name, candidate.email, candidate.departement) == ("Luce Bernard", "luce@example.test", "58")

    await match_candidate(candidate.id, Match(structure_id=structure), by=coordinator, now=NOON + DAY)
    [invitation] = await list_invitations(structure)
    assert (invitation.email, invitation.role, invitation.state) == ("luce@example.test", RoleName.AMBASSADOR, "sent")
    assert await list_candidates(by=coordinator, now=NOON) == []
    with pytest.raises(CandidateAnswered):
        await close_candidate(candidate.id, by=coordinator, now=NOON + DAY)


async def test_a_proposal_that_comes_to_nothing_brings_the_volunteer_back():
    coordinator = await paule()
    first, second = await make_structure(), await make_structure("Une autre")
    id = await make_candidate()
    await match_candidate(id, Match(structure_id=first), by=coordinator, now=NOON)
    [invitation] = await list_invitations(first)
    await decline_invitation(invitation_path(invitation.id).rpartition("/")[2], now=NOON + DAY)

    [waiting] = await list_candidates(by=coordinator, now=NOON + DAY)
    assert (waiting.proposed, waiting.answer) == ("CCAS de Nevers", "declined")
    await match_candidate(id, Match(structure_id=second), by=coordinator, now=NOON + DAY)

    assert await list_candidates(by=coordinator, now=NOON + 14 * DAY) == []
    [waiting] = await list_candidates(by=coordinator, now=NOON + 15 * DAY)
    assert (waiting.proposed, waiting.answer) == ("Une autre", "expired")
    await close_candidate(id, by=coordinator, now=NOON + 15 * DAY)
    assert await list_candidates(by=coordinator, now=NOON + 15 * DAY) == []


async def test_who_is_not_followed_up_is_told():
    coordinator = await paule()
    id = await make_candidate()
    await close_candidate(id, by=coordinator, now=NOON)
    [email] = await composed()
    assert (email.to_address, "Nevers" in email.text) == ("luce@example.test", True)


async def test_a_later_application_replaces_the_earlier_one():
    coordinator = await paule()
    earlier = await make_candidate()
    await apply_as_candidate(LUCE, language="fr", now=NOON)
    await confirm_candidate(await link(), now=NOON)
    [candidate] = await list_candidates(by=coordinator, now=NOON)
    assert (candidate.about, (await find_candidate(earlier)).state) == ("Tenir un stand.", "closed")


async def test_only_the_territory_answers_and_only_with_its_own_structures():
    coordinator = await paule()
    far = await get_person(await make_person("Yves Loin", "coordinator", departements=["974"]))
    elsewhere = await make_structure("Une autre", departement="974", latitude=-20.9, longitude=55.4)
    here = await make_structure()
    suspended = await make_structure("Suspendue", state="suspended")
    id = await make_candidate()
    [waiting] = await list_candidates(by=coordinator, now=NOON)
    near = waiting.nearest_first([await get_structure_by_id(structure) for structure in (elsewhere, here)])
    assert ([one.id for one, _km in near], near[0][1]) == ([here, elsewhere], 0)
    for structure in (elsewhere, suspended):
        with pytest.raises(Invalid):
            await match_candidate(id, Match(structure_id=structure), by=coordinator, now=NOON)
    with pytest.raises(NotFound):
        await close_candidate(id, by=far, now=NOON)
    assert await list_candidates(by=far, now=NOON) == []


async def test_an_unknown_commune_is_said_and_links_are_few_and_short_lived():
    with pytest.raises(Invalid) as refusal:
        await apply_as_candidate(NewCandidate(name="L", email="l@example.test", commune="Zzz"), language="fr", now=NOON)
    assert list(refusal.value.errors) == ["commune"]
    for _turn in range(MAX_LINKS + 2):
        await apply_as_candidate(LUCE, language="fr", now=NOON)
    assert await database.fetch_value("SELECT count(*) FROM outbox") == MAX_LINKS
    emails = await composed()
    token = links(emails[0])[0].rpartition("/")[2]
    with pytest.raises(CandidateLinkOver):
        await confirm_candidate(token, now=NOON + 8 * DAY)


async def test_what_is_not_needed_any_more_goes():
    await make_candidate(state="to_confirm", email="a@example.test")
    await make_candidate(state="closed", email="b@example.test")
    waiting = await make_candidate(email="c@example.test")
    await purge_network(NOON + timedelta(days=8))
    assert await database.fetch_value("SELECT count(*) FROM candidate") == 2
    await purge_network(NOON + timedelta(days=181))
    assert [row["id"] for row in await database.fetch_rows("SELECT id FROM candidate")] == [waiting]
