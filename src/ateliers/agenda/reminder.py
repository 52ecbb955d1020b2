"""The reminders an event may choose from; when each one goes exactly is `bookings.reminders`."""

from __future__ import annotations

import enum

from ateliers.words import T


class Reminder(enum.Enum):
    """One step of a plan, in order of time; the values stand in the column event.reminder_plan."""

    J_7 = "J-7"
    J_3 = "J-3"
    J_1 = "J-1"
    H_2 = "H-2"

    @property
    def days(self) -> int:
        """Days before the start, at the session's own hour; 0 for a step counted in hours."""
        return _DISTANCES[self][0]

    @property
    def hours(self) -> int:
        """Hours before the start; 0 for a step counted in days."""
        return _DISTANCES[self][1]

    @property
    def label(self) -> T:
        """Its name on screen."""
        return _LABELS[self]


_DISTANCES = {Reminder.J_7: (7, 0), Reminder.J_3: (3, 0), Reminder.J_1: (1, 0), Reminder.H_2: (0, 2)}
_LABELS = {
    Reminder.J_7: T("a week before"),
    Reminder.J_3: T("three days before"),
    Reminder.J_1: T("the day before"),
    Reminder.H_2: T("two hours before"),
}
USUAL = [Reminder.J_7, Reminder.J_1, Reminder.H_2]
