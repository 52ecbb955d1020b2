"""The evidence of an event in one ZIP file: what it was, who came in figures, signed sheets, survey, poster (F14)."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from ateliers.agenda.event import Event
from ateliers.agenda.kinds import Counter
from ateliers.agenda.permission import allow_managing
from ateliers.agenda.poster import Format, make_poster
from ateliers.agenda.sessions import get_event
from ateliers.attendance.effort import time_in_hours
from ateliers.attendance.signed_sheets import get_signed_sheet, list_signed_sheets
from ateliers.documents.csv_tables import csv_file, safe
from ateliers.documents.files import safe_name
from ateliers.documents.pdf import make_pdf
from ateliers.exchange.held import STATES, HeldSession, list_held
from ateliers.experiences.survey import Results, survey_results
from ateliers.network.people import Person
from ateliers.network.structure import Structure
from ateliers.network.structures import get_structure_by_id
from ateliers.words import _, date_in_words, gettext, language, time_in_words, when_in_words

LIST_HEAD = (
    "Date", "Start", "Place", "Commune", "State", "Seats", "Seats booked", "Present", "Absent", "Absent, excused",
    "Came without a booking", "People who ran it", "Minutes on the spot", "Minutes of preparation",
    "Of which volunteers, minutes", "Signed pages received",
)  # fmt: skip


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One session of the summary."""

    when: str
    where: str
    state: str
    came: str
    rest: list[str]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What the summary says, in the reader's language."""

    lang: str
    heading: str
    title: str
    kind: str
    by: str
    about: list[str]
    sessions_label: str
    head: list[str]
    sessions: list[Line]
    totals_label: str
    totals: list[str]
    survey_label: str
    survey: list[str]
    note: str
    made: str


async def evidence_bundle(
    event_id: UUID, *, with_sheets: bool = True, by: Person, now: datetime
) -> AsyncIterator[bytes]:
    """The ZIP file in chunks, one of its files in memory at a time. Raises NotFound, NotAllowed before the first."""
    event = await get_event(event_id)
    allow_managing(by, event.structure_id)
    structure = await get_structure_by_id(event.structure_id)
    return _stream(event, structure, with_sheets=with_sheets, by=by, now=now)


def bundle_name(event: Event) -> str:
    """The file's name."""
    return safe_name(f"preuves-{event.title[:60].replace('/', '-')}.zip", None)


async def _stream(
    event: Event, structure: Structure, *, with_sheets: bool, by: Person, now: datetime
) -> AsyncIterator[bytes]:
    pipe = _Pipe()
    sums: list[str] = []
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:
        async for name, content in _files(event, structure, with_sheets=with_sheets, by=by, now=now):
            sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
            _add(made, name, content, now=now)
            yield pipe.taken()
        _add(made, "empreintes-sha256.txt", "".join(sums).encode(), now=now)
    yield pipe.taken()


def _add(made: zipfile.ZipFile, name: str, content: bytes, *, now: datetime) -> None:
    info = zipfile.ZipInfo(name, date_time=now.timetuple()[:6])
    # PDF, PNG and photos are packed already.
    info.compress_type = zipfile.ZIP_DEFLATED if name.endswith((".txt", ".csv")) else zipfile.ZIP_STORED
    info.external_attr = 0o644 << 16
    made.writestr(info, content)


async def _files(
    event: Event, structure: Structure, *, with_sheets: bool, by: Person, now: datetime
) -> AsyncIterator[tuple[str, bytes]]:
    held = await list_held(event.id, now=now)
    survey = await survey_results(event.id, by=by)
    shown = next((one.session for one in held if one.session.onsite_id is None), None)
    sheets = [
        (one.session, number, sheet.id)
        for one in (held if with_sheets else ())
        for number, sheet in enumerate(await list_signed_sheets(one.session.id), start=1)
        if sheet.name is not None
    ]
    files = [
        _("bilan.pdf: the event and its figures. seances.csv: one line a session."),
        *([_("avis.csv: what people answered, without names.")] if survey.results else ()),
        *([_("affiche.pdf: the poster.")] if shown is not None else ()),
        _("empreintes-sha256.txt: to check that no file was changed."),
    ]
    yield "LISEZ-MOI.txt", _read_me(event, structure, files, with_sheets=bool(sheets), by=by, now=now).encode()
    summary = summary_of(event, structure, held, survey, now=now)
    yield "bilan.pdf", await make_pdf("documents/evidence.typ", summary, now=now)
    yield "seances.csv", sessions_csv(held)
    if survey.results:
        yield "avis.csv", survey_csv(survey)
    if shown is not None:
        yield "affiche.pdf", await make_poster(shown, Format.POSTER, now=now)
    for session, number, sheet_id in sheets:
        file = await get_signed_sheet(session.id, sheet_id, by=by)
        yield f"feuilles-signees/{session.local_start:%Y-%m-%d-%Hh%M}-{number}-{file.name}", file.content


def summary_of(
    event: Event, structure: Structure, held: list[HeldSession], survey: Results, *, now: datetime
) -> Summary:
    """One sheet that says it all; sessions without attendance stand apart, and nobody is added to who came."""
    told = [one for one in held if one.state in ("held", "held_empty")]
    total = [
        _("Sessions held: %(n)s") % {"n": len(told)},
        _("Participations: %(n)s (%(present)s with a booking, %(walk_ins)s without)")
        % {
            "n": sum(one.figures.came for one in told),
            "present": sum(one.figures.present for one in told),
            "walk_ins": sum(one.figures.walk_ins for one in told),
        },
        *(
            f"{counter.label}{_(':')} {found}"
            for counter in Counter
            if (found := sum(one.figures.counted(counter) for one in held))
        ),
    ]
    if missing := sum(one.state == "missing" for one in held):
        total.append(_("Sessions without attendance, counted nowhere: %(n)s") % {"n": missing})
    if hours := sum(one.figures.minutes + one.figures.preparation for one in held):
        given = sum(one.figures.volunteer_minutes for one in held)
        total.append(
            _("Time given: %(hours)s, of which by volunteers %(given)s")
            % {"hours": time_in_hours(hours), "given": time_in_hours(given)}
        )
    return Summary(
        lang=language(),
        heading=_("Evidence of an event"),
        title=event.title,
        kind=str(event.kind.label),
        by=f"{structure.name}, {structure.commune_name}",
        about=[line for line in event.description.splitlines() if line.strip()],
        sessions_label=_("Sessions"),
        head=[_("Date"), _("Place"), _("State"), _("Came"), _("Besides")],
        sessions=[_line(one) for one in held],
        totals_label=_("In all"),
        totals=total,
        survey_label=_("Survey"),
        survey=_survey_lines(survey),
        note=_("A participation is one person at one session: who came three times counts three times."),
        made=_("Made on %(day)s.") % {"day": date_in_words(now, structure.zone)},
    )


def _line(one: HeldSession) -> Line:
    session, figures = one.session, one.figures
    rest = [f"{counter.label}{_(':')} {figures.counted(counter)}" for counter in Counter if figures.counted(counter)]
    if figures.sheets:
        rest.append(_("signed sheet received"))
    return Line(
        when=when_in_words(session.starts_at, session.ends_at, session.zone),
        where=f"{session.place_name}, {session.commune_name}" if session.place_name else _("Online"),
        state=str(STATES[one.state]),
        came=str(figures.came) if one.state in ("held", "held_empty") and session.rules.takes_bookings else "–",
        rest=rest,
    )


def _survey_lines(survey: Results) -> list[str]:
    if not survey.results:
        return [_("Too few answers to be shown.")] if survey.answers else []
    lines = [_("%(n)s answers, of which %(paper)s on paper") % {"n": survey.answers, "paper": survey.paper}]
    for one in survey.results:
        if one.counts:
            counts = ", ".join(f"{gettext(_ANSWERS.get(text, text))}{_(':')} {n}" for text, n in one.counts)
            lines.append(f"{one.question.text} {counts}")
    return lines


def sessions_csv(held: list[HeldSession]) -> bytes:
    """One line a session, its counters last."""
    counters = [counter for counter in Counter if any(one.figures.counted(counter) for one in held)]
    head = [*(gettext(text) for text in LIST_HEAD), *(str(counter.label) for counter in counters)]
    return csv_file([head, *(_csv_line(one, counters) for one in held)])


def _csv_line(one: HeldSession, counters: list[Counter]) -> list[Any]:
    session, figures = one.session, one.figures
    is_told = one.state in ("held", "held_empty")
    people = (figures.present, figures.absent, figures.excused, figures.walk_ins)
    return [
        session.local_start.date().isoformat(),
        session.local_start.strftime("%H:%M"),
        safe(session.place_name or _("Online")),
        safe(session.commune_name or ""),
        str(STATES[one.state]),
        session.capacity,
        session.seats_taken,
        *(people if is_told else [None] * len(people)),
        *(
            (figures.people, figures.minutes, figures.preparation, figures.volunteer_minutes)
            if figures.people
            else [None] * 4
        ),
        figures.sheets,
        *(figures.counted(counter) for counter in counters),
    ]


def survey_csv(survey: Results) -> bytes:
    """One line an answer offered, with how often it was given; free answers one line each."""
    rows: list[list[Any]] = [[_("Question"), _("Answer"), _("Number")]]
    for one in survey.results:
        rows += [[safe(one.question.text), safe(gettext(_ANSWERS.get(text, text))), n] for text, n in one.counts]
        rows += [[safe(one.question.text), safe(text), 1] for text in one.texts]
    return csv_file(rows)


_ANSWERS = {"yes": "Yes", "no": "No"}


def _read_me(
    event: Event, structure: Structure, files: list[str], *, with_sheets: bool, by: Person, now: datetime
) -> str:
    lines = [
        _("Evidence of an event"),
        f"{event.title} – {structure.name}",
        _("Made on %(day)s at %(time)s by %(name)s.")
        % {"day": date_in_words(now, structure.zone), "time": time_in_words(now, structure.zone), "name": by.name},
        "",
        *files,
        _("Small counts stand in these files: show them to who must see them, and do not publish those under 5."),
        "",
        _(
            "feuilles-signees: names and signatures are on them. Send them only to who must have them, then destroy them."
        )
        if with_sheets
        else _("No name of a participant stands in these files."),
    ]
    return "\r\n".join(lines) + "\r\n"


class _Pipe:
    """What a ZIP file is written into, taken away chunk by chunk."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    def write(self, chunk: bytes, /) -> int:
        self._chunks.append(bytes(chunk))
        return len(chunk)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """Nothing is open."""

    def taken(self) -> bytes:
        """What was written since the last time."""
        chunks, self._chunks = self._chunks, []
        return b"".join(chunks)
