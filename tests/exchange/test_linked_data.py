"""schema.org/Event as search engines read it (B19, rule F11)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ateliers.exchange.linked_data import linked_data
from tests.agenda.values import ONLINE, a_session
from tests.exchange.vocabulary import faults, missing
from tests.world import NOON, SAINT_DENIS, START

HYBRID = {"online_id": "01a20152-ad6a-75c4-a7c9-2021ffa8e4b9", "online_capacity": 20, "online_taken": 20}
DATES = [
    {
        "id": f"01a20152-ad6a-75c4-a7c9-2021ffa8e4c{day}",
        "starts_at": START + timedelta(days=day),
        "ends_at": START + timedelta(days=day, hours=2),
        "called_off_at": NOON if day == 1 else None,
        "place": "Mairie, Nevers" if day == 2 else "Médiathèque Jean-Jaurès, Nevers",
    }
    for day in range(3)
]


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


@pytest.mark.parametrize(
    "values",
    [
        {},
        ONLINE,
        HYBRID,
        {"is_cycle": True, "dates": DATES},
        {"is_cycle": True, "dates": DATES, **ONLINE},
        {"called_off_at": NOON},
        {"previous_start": START - timedelta(days=7)},
        {"capacity": None},
        {"capacity": 2},
        {"kind": "stand", "all_day": True, "starts_at": datetime(2026, 11, 30, 23, tzinfo=UTC)},
        {**SAINT_DENIS, "address_more": "2e étage"},
    ],
    ids=("place", "online", "both", "cycle", "cycle online", "off", "moved", "open", "full", "stand", "overseas"),
)
def test_it_speaks_the_vocabulary_and_tells_what_google_documents(values):
    found = data_of(**values)
    parts = [found, *found.get("subEvent", [])]

    assert (
        faults(found),
        [missing({"description": "-", "organizer": "-", "image": "-", **part}) for part in parts],
    ) == (
        [],
        [[] for _part in parts],
    )
    assert missing(found) == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"startsAt": "2026-12-01"}, ".startsAt: not of Event"),
        ({"@type": "Evnt"}, ": no type Evnt"),
        ({"startDate": "tomorrow"}, ".startDate: 'tomorrow' is none of"),
        ({"eventStatus": "https://schema.org/Cancelled"}, ".eventStatus: 'https://schema.org/Cancelled' is none of"),
        ({"organizer": {"@type": "Place", "name": "x"}}, ".organizer: {"),
    ],
)
def test_a_mistake_in_it_would_be_noticed(change, fault):
    assert [one.startswith(fault) for one in faults(data_of() | change)] == [True]


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
