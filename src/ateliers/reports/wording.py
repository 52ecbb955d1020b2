"""How a report is told in words, the same on pages, on paper and in files: its figures, what stands for those not shown, its notes."""

from __future__ import annotations

from ateliers.agenda.kinds import Kind
from ateliers.reports.grouping import Grouping
from ateliers.reports.indicator import Indicator, Privacy, Section, Unit
from ateliers.reports.indicators import BY_KEY, INDICATORS
from ateliers.reports.masking import Mask
from ateliers.reports.periods import MONTH, Period, nearest_told, told_by
from ateliers.reports.published import told_whole
from ateliers.reports.report import Cell, Rate, Report, plain_value
from ateliers.words import T, date_in_words, gettext, language

KEY_FIGURES = (
    "sessions_held", "participations", "seats_booked", "attendance_rate", "persons", "stand_informed", "stand_helped",
    "stand_activated", "profiles_activated", "volunteer_hours",
)  # fmt: skip
ALWAYS_SHOWN = {Section.SESSIONS, Section.BOOKINGS, Section.ATTENDANCE, Section.RATES}


def title(report: Report) -> str:
    """« Rapport par structure, du 01/01/2026 au 31/12/2026 »."""
    return str(
        T(
            "Report by %(by)s, from %(start)s to %(end)s",
            by=str(report.by.label).lower(),
            start=date_in_words(report.start),
            end=date_in_words(report.end),
        )
    )


def before_text(before: Report) -> str:
    """« Avant : du 01/12/2025 au 31/12/2025 »."""
    days = {"start": date_in_words(before.start), "end": date_in_words(before.end)}
    return gettext("Before: from %(start)s to %(end)s") % days


def before_note(before: Report, report: Report) -> str:
    """What « before » means, and that it is early to compare while the days of the report are not over."""
    days = {"start": date_in_words(before.start), "end": date_in_words(before.end)}
    note = gettext("“Before” is the period before, of the same length: from %(start)s to %(end)s.") % days
    return note if report.is_over else f"{note} {gettext('The period shown is not over yet.')}"


def masking_note(report: Report) -> str:
    """What the reader must know of counts that are not shown; '' when all are."""
    if not report.is_masked:
        return ""
    return untold_note(report.by, report.kind, report.period) or gettext(
        "Counts of people under 5 are not shown, nor those from which they could be computed: “fewer than 5”, “not shown”. "
        "They are told for whole months; by structure, commune or kind, and of one kind, for whole quarters."
    )


def untold_note(by: Grouping, kind: Kind | None, period: Period) -> str:
    """What readers outside the structures must know of these days when no count of people is told of them; else ''."""
    if told_whole(by, kind, period.start, period.end):
        return ""
    unit = told_by(by, kind)
    if unit is None:
        return gettext(
            "Of one kind alone, counts of bookings and of people are shown by département, région or nation, "
            "not by structure, commune or month. Sessions and hours are."
        )
    if unit == MONTH:
        return gettext(
            "These days are not whole months: counts of bookings and of people are not shown. Sessions and hours are."
        )
    return gettext(
        "These days are not whole quarters: by structure, commune or kind, and of one kind, counts of bookings and of people "
        "are not shown. Sessions and hours are."
    )


def full_masking_note(report: Report) -> str:
    """The same for a reader who cannot choose on the spot: with the nearest days whose counts are shown."""
    note = masking_note(report)
    if report.is_told:
        return note
    nearest = ", ".join(one.name for one in nearest_told(report.by, report.kind, report.period))
    return f"{note} {nearest_text()} {nearest}." if nearest else note


def nearest_text() -> str:
    """What stands before the nearest periods whose counts are shown."""
    return gettext("They are shown for the nearest whole ones:")


def why_empty(found: Cell | Rate) -> str:
    """What stands in the place of a figure: it is hidden, or there is nothing to divide."""
    return str(found.mask.label) if found.mask else ""


def why_not_shown(report: Report, indicator: Indicator) -> str:
    """In a few words why a total is not shown; '' when it is, or when what stands in its place says it."""
    found = report.total[indicator.key]
    if isinstance(found, Rate) and found.value is None and found.mask is None:
        return gettext("nothing to compute it from")
    if found.mask is not Mask.WITHHELD:
        return ""
    if not report.is_total_told:
        is_month = told_by(Grouping.NATION, report.kind) == MONTH
        return gettext("these days are not whole months") if is_month else gettext("these days are not whole quarters")
    if isinstance(found, Rate):
        return gettext("one of its two numbers is not shown")
    return gettext("a number under 5 could be computed from it")


def percentage(value: float) -> str:
    """« 83,3 » or "83.3", without the sign."""
    text = f"{100 * value:.1f}"
    return text.replace(".", ",") if language() == "fr" else text


def figure(found: Cell | Rate, indicator: Indicator) -> str:
    """A figure as a page writes it: « 1 234 », « 83,3 % », « moins de 5 », or '' when there is nothing to divide."""
    value = plain_value(indicator, found)
    if value is None:
        return why_empty(found)
    if isinstance(found, Rate):
        return f"{percentage(value)}\u00a0%" if language() == "fr" else f"{percentage(value)}%"
    return decimal(value) if indicator.unit is Unit.HOURS else whole(int(value))


def whole(count: int) -> str:
    """« 1 234 » or "1,234"."""
    return f"{count:,}".replace(",", "\u00a0" if language() == "fr" else ",")


def decimal(value: float) -> str:
    """« 12,5 » or "12.5"; whole numbers without decimals."""
    text = f"{value:.1f}".removesuffix(".0")
    return text.replace(".", ",") if language() == "fr" else text


def shares(found: Cell | Rate) -> str:
    """Numerator and denominator of a rate that is shown: '10 / 12'; else ''."""
    if not isinstance(found, Rate) or found.value is None:
        return ""
    return f"{whole(found.numerator.value or 0)}\u00a0/\u00a0{whole(found.denominator.value or 0)}"


def key_figures(report: Report) -> list[Indicator]:
    """The indicators that a report opens with: those of everybody, and others where there is something to say."""
    return [BY_KEY[key] for key in KEY_FIGURES if key in KEY_FIGURES[:4] or _is_something(report, key)]


def sections_of(report: Report) -> list[Section]:
    """The parts of a report where there is something to say."""
    return [
        section
        for section in Section
        if section in ALWAYS_SHOWN
        or any(one.section is section and _is_something(report, one.key) for one in INDICATORS)
    ]


def indicators_of(report: Report, section: Section) -> list[Indicator]:
    """The columns of a part; different people have one only where they are known of some line."""
    is_known = any(row.persons is not None for row in (*report.rows, report.total))
    return [one for one in INDICATORS if one.section is section and (is_known or one.privacy is not Privacy.INSIDE)]


def _is_something(report: Report, key: str) -> bool:
    """There is a figure, or one that is hidden among others that are told."""
    found = report.total[key]
    return bool(found.value) or (report.is_total_told and found.mask is not None)
