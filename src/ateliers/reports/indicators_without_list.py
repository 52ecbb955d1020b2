"""What is counted without a list of people: at stands, what came of a session, and the hours that were given."""

from __future__ import annotations

from ateliers.reports.indicator import Indicator, Privacy, Section, Unit
from ateliers.words import T

WITHOUT_LIST: tuple[Indicator, ...] = (
    Indicator(
        key="stand_informed",
        section=Section.STANDS,
        label=T("People informed at stands"),
        definition=T(
            "People counted at stands as somebody spoke with them. They are counted as they pass: never added to participations."
        ),
        formula=T("sum of the stands’ counts “informed”"),
        unit=Unit.PEOPLE,
        adds=("informed",),
        privacy=Privacy.FEW_HIDDEN,
    ),
    Indicator(
        key="stand_helped",
        section=Section.STANDS,
        label=T("People helped at stands"),
        definition=T("People counted at stands as somebody helped them with their phone, tablet or computer."),
        formula=T("sum of the stands’ counts “helped”"),
        unit=Unit.PEOPLE,
        adds=("helped",),
        privacy=Privacy.FEW_HIDDEN,
    ),
    Indicator(
        key="stand_activated",
        section=Section.STANDS,
        label=T("Profiles activated at stands"),
        definition=T("People who activated their Mon espace santé at a stand."),
        formula=T("sum of the stands’ counts “activated”"),
        unit=Unit.PEOPLE,
        adds=("stand_activated",),
        privacy=Privacy.FEW_HIDDEN,
    ),
    Indicator(
        key="people_shown",
        section=Section.OUTCOMES,
        label=T("Shown to people"),
        definition=T(
            "How many times Mon espace santé was shown during sessions. Counted without names, stands left out."
        ),
        formula=T("sum of the sessions’ counts “shown”"),
        unit=Unit.TIMES,
        adds=("shown",),
        privacy=Privacy.FEW_HIDDEN,
    ),
    Indicator(
        key="profiles_activated",
        section=Section.OUTCOMES,
        label=T("Profiles activated"),
        definition=T("People who activated their Mon espace santé during a session, stands left out."),
        formula=T("sum of the sessions’ counts “activated”"),
        unit=Unit.TIMES,
        adds=("activated",),
        privacy=Privacy.FEW_HIDDEN,
    ),
    Indicator(
        key="profiles_completed",
        section=Section.OUTCOMES,
        label=T("Profiles filled in"),
        definition=T("People who added a document or filled in their medical profile during a session."),
        formula=T("sum of the sessions’ counts “filled in”"),
        unit=Unit.TIMES,
        adds=("completed",),
        privacy=Privacy.FEW_HIDDEN,
    ),
    Indicator(
        key="questions_answered",
        section=Section.OUTCOMES,
        label=T("Questions answered"),
        definition=T("Questions that got an answer during sessions."),
        formula=T("sum of the sessions’ counts “answered”"),
        unit=Unit.TIMES,
        adds=("answered",),
        privacy=Privacy.FEW_HIDDEN,
    ),
    Indicator(
        key="sessions_told",
        section=Section.EFFORT,
        label=T("Sessions whose hours are known"),
        definition=T(
            "Sessions of which somebody told who ran them and how long it took. The hours are of these sessions only."
        ),
        formula=T("number of sessions with hours"),
        unit=Unit.SESSIONS,
        adds=("told",),
    ),
    Indicator(
        key="volunteer_hours",
        section=Section.EFFORT,
        label=T("Volunteers’ hours"),
        definition=T(
            "Time of the volunteers who ran the sessions: on the spot and to prepare them. Two volunteers for an hour make two hours."
        ),
        formula=T("hours on the spot + hours of preparation, volunteers"),
        unit=Unit.HOURS,
        adds=(
            "volunteer_minutes",
            "volunteer_preparation",
        ),
    ),
    Indicator(
        key="volunteer_preparation_hours",
        section=Section.EFFORT,
        label=T("Of which to prepare"),
        definition=T("The part of the volunteers’ hours before and after sessions, travel included."),
        formula=T("hours of preparation, volunteers"),
        unit=Unit.HOURS,
        adds=("volunteer_preparation",),
    ),
    Indicator(
        key="hours",
        section=Section.EFFORT,
        label=T("Hours of everybody"),
        definition=T("Time of everybody who ran the sessions, paid or not: on the spot and to prepare them."),
        formula=T("hours on the spot + hours of preparation"),
        unit=Unit.HOURS,
        adds=(
            "minutes",
            "preparation",
        ),
    ),
)
