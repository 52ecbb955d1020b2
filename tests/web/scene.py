"""One small world in which every form of the service can be sent."""

from __future__ import annotations

from datetime import UTC, timedelta
from uuid import UUID

from msgspec import Struct

from ateliers import clock, database
from ateliers.agenda.alerts import find_alert
from ateliers.attendance.recorder import list_links
from ateliers.bookings.bookings import get_booking
from ateliers.bookings.links import manage_path
from ateliers.bookings.opt_out import stop_reminders_path
from ateliers.experiences.links import survey_path
from ateliers.network.applications import application_path
from ateliers.network.candidates import confirm_path
from ateliers.network.invitations import invitation_path
from ateliers.network.signing_in import link_path
from ateliers.signing import timed_token
from ateliers.web.public import booking
from tests.agenda.started import make_model, make_unfinished
from tests.web.stories import make_stories
from tests.world import (
    insert,
    make_alert,
    make_booking,
    make_candidate,
    make_closing,
    make_event,
    make_file,
    make_import_file,
    make_kept_aside,
    make_kit_item,
    make_nadia,
    make_paule,
    make_person,
    make_place,
    make_report_link,
    make_samir,
    make_session,
    make_structure,
    make_volunteer_link,
)


class Scene(Struct, frozen=True, kw_only=True):
    """The addresses of one small world: paths end where a form's own part begins."""

    samir: UUID
    nadia: UUID
    paule: UUID
    claire: UUID  # of the national team
    structure: UUID
    session: UUID  # next week, four seats, one taken
    later: UUID  # of the same event
    began: UUID  # began an hour ago
    event: UUID
    draft: UUID
    model: UUID  # that the region offers
    unfinished: UUID  # a form that Samir left
    for_group: UUID  # a session that asks for a code
    booking: UUID
    lost: UUID  # a booking whose address takes no mail
    waiting: UUID  # a booking on the waiting list of a session whose only seat is taken
    place: UUID
    candidate: UUID  # a structure that applied
    suspended: UUID  # a structure that may not publish for now
    note: UUID  # to follow up
    volunteer: UUID
    held: UUID  # of yesterday, with somebody who came
    came: str  # their seat
    came_private: str  # and their private page
    signed_sheet: UUID  # of that session
    leaflet: UUID  # in the kit
    held_file: UUID  # of sessions, to be looked at
    leaflet_file: UUID  # its version
    alert: str  # of somebody who has yet to confirm
    volunteer_link: str  # of another, to confirm
    private: str
    offered: str  # private page of a booking that is offered a seat
    reminders: str
    survey: str
    sign_in: str
    invitation: str
    invitation_id: UUID
    nadias_role: UUID
    paules_role: UUID
    blank_application: str
    sent_application: str
    waiting_event: UUID  # that a coordinator is to read
    waiting_version: str
    neighbour: UUID  # an admitted structure that can be asked to organise together
    shared_event: UUID  # its event, which Samir's structure is asked to organise too
    training: UUID  # of Nadia, noted by hand
    next_training: UUID  # a session where Nadia has a seat
    seat: str
    told: UUID  # event of a shared experience being written
    story: UUID  # that experience
    sent_story: UUID  # another, sent and not read yet
    shared_story: UUID  # another, that everybody reads
    paper: UUID  # a document of the first
    helpers_link: UUID  # of the volunteer of the day, of the session that began
    helpers_list: str  # the address that it opens
    kept_aside: str  # an answer of a device that waits for a human
    token: str  # of the booking form
    closed: UUID  # a quarter of the territory, long ago
    closed_own: UUID  # and of the structure
    shared: UUID  # a link to the territory's figures
    shared_own: UUID

    def person(self, who: str) -> UUID:
        found: UUID = getattr(self, who)
        return found


async def make_scene() -> Scene:
    """Everything that the forms are about."""
    moment = clock.now().astimezone(UTC)
    soon = (moment + timedelta(days=9)).replace(hour=13, minute=0, second=0, microsecond=0)
    structure = await make_structure()
    samir, nadia, paule = await make_samir(structure), await make_nadia(structure), await make_paule()
    place = await make_place(owner_id=structure)
    event = await make_event(structure)
    session = await make_session(event, starts_at=soon, capacity=4, place_id=place)
    draft = await make_event(structure, state="draft", published_at=None)
    await make_session(draft, starts_at=soon, place_id=place)
    model = await make_model(kept_by=paule)
    unfinished = await make_unfinished(samir)
    for_group = await make_session(
        await make_event(structure, visibility="group", group_code="AMIS58"), starts_at=soon, place_id=place
    )
    later = await make_session(event, starts_at=soon + timedelta(days=1), place_id=place)
    began = await make_session(
        await make_event(structure), starts_at=moment.replace(microsecond=0) - timedelta(hours=1), place_id=place
    )
    claire = await make_person("Claire Vidal", "national")
    seat = await make_booking(began)
    odile = await make_booking(
        session, email="odile@example.test", seats=2, code="K7M2QX", uid="b-7@ateliers.test", contact_key=b"odile"
    )
    asked = await database.fetch_value("SELECT event_id FROM session WHERE id = $1", began)
    survey = [{"id": "question", "text": "Reviendrez-vous ?", "answer": "yes_no"}]
    await database.execute(
        "INSERT INTO survey (event_id, questions, updated_at) VALUES ($1, $2, $3)", asked, survey, moment
    )
    crowded = await make_session(await make_event(structure), starts_at=soon, capacity=1, place_id=place)
    await make_booking(crowded)
    lost = await make_booking(later, name="Zoé Perdue", email="zoe@example.test", unreachable="dead")
    waiting = await make_booking(crowded, state="waiting", email="jean@example.test")
    offered = await make_booking(later, state="offered", name="Ali Ben", offered_until=moment + timedelta(days=1))
    candidate = await make_structure("Maison des aînés", state="submitted", admitted_at=None)
    applications = [
        await insert("application", email="aline@example.test", language="fr", created_at=moment, **told)
        for told in ({}, {"structure_id": candidate, "manager_name": "Aline Roy"})
    ]
    invitation = await insert(
        "invitation",
        email="luc@example.test",
        name="Luc Petit",
        role="ambassador",
        structure_id=structure,
        state="sent",
        sent_at=moment,
        expires_at=moment + timedelta(days=3),
    )
    link = await insert("sign_in", person_id=nadia, created_at=moment, expires_at=moment + timedelta(minutes=10))
    held, present = await get_booking(odile), await get_booking(seat)
    leaflet = await make_kit_item()
    yesterday = moment.replace(microsecond=0) - timedelta(days=1)
    past = await make_session(await make_event(structure), starts_at=yesterday, place_id=place, outcome="held")
    thanks = await make_booking(past, name="Rosa Pires", email="rosa.pires@example.test")
    await database.execute(
        "INSERT INTO attendance (booking_id, seat, session_id, state, at) VALUES ($1, 1, $2, 'present', $3)",
        thanks,
        past,
        moment,
    )
    rosa = await get_booking(thanks)
    await make_session(
        await make_event(structure), starts_at=moment - timedelta(days=5), place_id=place
    )  # and who came?
    alert = await find_alert(await make_alert())
    assert alert is not None
    waiting_event = await make_event(structure, state="to_moderate", published_at=None, updated_at=moment)
    await make_session(waiting_event, starts_at=soon, place_id=place)
    await insert("moderation", event_id=waiting_event, at=moment, by_id=samir, what="asked")
    neighbour = await make_structure("Voisine")
    shared_event = await make_event(neighbour)
    await database.execute(
        "INSERT INTO co_organiser (event_id, structure_id, asked_at) VALUES ($1, $2, $3)",
        shared_event,
        structure,
        moment,
    )
    helper = await make_volunteer_link(began, expires_at=soon)
    next_training = await make_session(
        await make_event(structure, kind="training", visibility="network"), starts_at=soon, place_id=place
    )
    await make_booking(next_training, name="Nadia Ferrand", email="nadia@example.test")
    table = b"titre;date;heure;lieu\nImport;12/01/2028;14h;M\xc3\xa9diath\xc3\xa8que Jean-Jaur\xc3\xa8s"
    return Scene(
        held_file=await make_import_file(structure, samir, table),
        samir=samir,
        nadia=nadia,
        paule=paule,
        claire=claire,
        structure=structure,
        session=session,
        later=later,
        began=began,
        event=event,
        draft=draft,
        for_group=for_group,
        unfinished=unfinished,
        model=model,
        booking=odile,
        lost=lost,
        waiting=waiting,
        place=place,
        candidate=candidate,
        suspended=await make_structure("Suspendue", state="suspended"),
        volunteer=await make_candidate(),
        held=past,
        came=f"{rosa.code}-1",
        came_private=manage_path(rosa),
        signed_sheet=await insert("signed_sheet", session_id=past, file_id=await make_file(), received_at=moment),
        leaflet=leaflet,
        leaflet_file=await database.fetch_value("SELECT id FROM kit_version WHERE item_id = $1", leaflet),
        alert=alert.path,
        volunteer_link=confirm_path(await make_candidate(email="rose@example.test", state="to_confirm"), now=moment),
        note=await insert(
            "structure_note",
            structure_id=structure,
            at=moment,
            by_id=paule,
            kind="call",
            text="Reprend en janvier.",
            follow_up_on=moment.date(),
        ),
        private=manage_path(held),
        offered=manage_path(await get_booking(offered)),
        reminders=stop_reminders_path(held),
        survey=survey_path(present),
        sign_in=link_path(link),
        invitation=invitation_path(invitation),
        invitation_id=invitation,
        nadias_role=await database.fetch_value("SELECT id FROM role WHERE person_id = $1", nadia),
        paules_role=await database.fetch_value("SELECT id FROM role WHERE person_id = $1", paule),
        blank_application=application_path(applications[0], now=moment),
        sent_application=application_path(applications[1], now=moment),
        waiting_event=waiting_event,
        waiting_version=moment.isoformat(),
        training=await insert("training", person_id=nadia, day=moment.date(), recorded_by=paule, recorded_at=moment),
        next_training=next_training,
        neighbour=neighbour,
        shared_event=shared_event,
        seat=f"{present.code}-1",
        closed=await make_closing(by=paule, departements=["58"]),
        closed_own=await make_closing(by=samir, structure_id=structure),
        shared=await make_report_link(by=paule, departements=["58"]),
        shared_own=await make_report_link(by=samir, structure_id=structure),
        **await make_stories(structure, samir),
        helpers_link=helper,
        helpers_list=next(one.path for one in await list_links(began)),
        kept_aside=await make_kept_aside(began, at=moment),
        token=timed_token(booking.FORM, f"{session} 0123456789abcdef01234567", now=moment - timedelta(minutes=3)),
    )
