"""schema.org/Event as search engines read it (B19, rule F11)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from ateliers.web.public.event import linked_data
from tests.agenda.values import ONLINE, a_session
from tests.world import NOON, SAINT_DENIS, START


def data_of(**values):
    return json.loads(linked_data(a_session(**values)))


def test_what_is_required_is_there():
    found = data_of()

    assert (found["@type"], found["name"]) == ("Event", "Activer Mon espace santé avec votre téléphone")
    assert (found["startDate"], found["endDate"]) == ("2026-12-01T14:00:00+01:00", "2026-12-01T16:00:00+01:00")
    assert found["location"]["address"]["postalCode"] == "58000"
    assert found["eventAttendanceMode"] == "https://schema.org/OfflineEventAttendanceMode"
    assert found["organizer"]["name"] == "CCAS de Nevers"
    offer = found["offers"]
    assert (offer["price"], offer["priceCurrency"], offer["availability"]) == (0, "EUR", "https://schema.org/InStock")
    assert found["remainingAttendeeCapacity"] == 8


def test_the_hour_is_that_of_the_place():
    assert data_of(**SAINT_DENIS)["startDate"] == "2026-12-01T17:00:00+04:00"


def test_whole_days_have_no_hour_and_the_last_one_counts():
    midnight = datetime(2026, 11, 30, 23, tzinfo=UTC)
    found = data_of(kind="stand", all_day=True, starts_at=midnight, ends_at=midnight + timedelta(days=2))

    assert (found["startDate"], found["endDate"]) == ("2026-12-01", "2026-12-02")


def test_called_off_it_keeps_its_date():
    found = data_of(called_off_at=NOON)

    assert (found["eventStatus"], found["startDate"]) == (
        "https://schema.org/EventCancelled",
        "2026-12-01T14:00:00+01:00",
    )
    assert "offers" not in found


def test_moved_it_tells_when_it_was():
    found = data_of(previous_start=START - timedelta(days=7))

    assert found["eventStatus"] == "https://schema.org/EventRescheduled"
    assert found["previousStartDate"] == "2026-11-24T14:00:00+01:00"


def test_a_webinar_is_online_and_its_link_is_not_told():
    raw = linked_data(a_session(**ONLINE))

    assert json.loads(raw)["location"]["@type"] == "VirtualLocation"
    assert "visio" not in raw


def test_nothing_in_it_ends_the_script():
    raw = linked_data(a_session(title="</script><script>alert(1)</script>&"))

    assert not {"<", ">", "&"} & set(raw)
    assert json.loads(raw)["name"] == "</script><script>alert(1)</script>&"
