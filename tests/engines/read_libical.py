"""libical (GNOME's and KDE's engine) reads calendar files: one JSON line in, {"ics": base64}, one JSON line out.

Run by the system's Python, which has the bindings (Debian: python3-gi, gir1.2-ical-3.0). Time zones are taken from the file alone.
"""

import base64
import json
import sys
from datetime import UTC, datetime

import gi

gi.require_version("ICalGLib", "3.0")
from gi.repository import ICalGLib as ICal

K = ICal.ComponentKind
P = ICal.PropertyKind


def components(parent, kind):
    found = parent.get_first_component(kind)
    while found is not None:
        yield found
        found = parent.get_next_component(kind)


def properties(component, kind):
    found = component.get_first_property(kind)
    while found is not None:
        yield found
        found = component.get_next_property(kind)


def text(component, kind):
    found = component.get_first_property(kind)
    if found is None:
        return None
    value = found.get_value()
    return value.get_text() if value.isa() == ICal.ValueKind.TEXT_VALUE else value.as_ical_string()


def moment(component, kind, zones):
    found = component.get_first_property(kind)
    if found is None:
        return None
    value = ICal.Time.new_from_string(found.get_value_as_string())
    if value.is_date():
        return f"{value.get_year():04d}-{value.get_month():02d}-{value.get_day():02d}"
    parameter = found.get_first_parameter(ICal.ParameterKind.TZID_PARAMETER)
    zone = ICal.Timezone.get_utc_timezone()
    if parameter is not None:
        zone = zones[parameter.get_tzid()]
    seconds = value.as_timet_with_zone(zone)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def person(component, kind):
    found = component.get_first_property(kind)
    if found is None:
        return None
    parameter = found.get_first_parameter(ICal.ParameterKind.CN_PARAMETER)
    return [parameter.get_cn() if parameter else None, found.get_value_as_string()]


def event_of(event, zones):
    sequence = event.get_first_property(P.SEQUENCE_PROPERTY)
    return {
        "uid": event.get_uid(),
        "sequence": sequence.get_sequence() if sequence else None,
        "stamp": moment(event, P.DTSTAMP_PROPERTY, zones),
        "start": moment(event, P.DTSTART_PROPERTY, zones),
        "end": moment(event, P.DTEND_PROPERTY, zones),
        "summary": text(event, P.SUMMARY_PROPERTY),
        "description": text(event, P.DESCRIPTION_PROPERTY),
        "location": text(event, P.LOCATION_PROPERTY),
        "url": text(event, P.URL_PROPERTY),
        "status": text(event, P.STATUS_PROPERTY),
        "class": text(event, P.CLASS_PROPERTY),
        "transparency": text(event, P.TRANSP_PROPERTY),
        "categories": [one.get_categories() for one in properties(event, P.CATEGORIES_PROPERTY)],
        "organizer": person(event, P.ORGANIZER_PROPERTY),
        "attendee": person(event, P.ATTENDEE_PROPERTY),
        "attendees": sum(1 for _ in properties(event, P.ATTENDEE_PROPERTY)),
        "alarms": sum(1 for _ in components(event, K.VALARM_COMPONENT)),
        "properties": sorted({one.get_property_name().lower() for one in properties(event, P.ANY_PROPERTY)}),
    }


def read(raw):
    calendar = ICal.Component.new_from_string(raw)
    problems = []
    if calendar is None:
        return {"problems": ["not a calendar"]}
    # A calendar that is no iTIP message has no rules of RFC 5546 to break.
    method = calendar.get_first_property(P.METHOD_PROPERTY)
    if method is not None:
        ICal.Component.check_restrictions(calendar)

    def errors(component):
        problems.extend(one.get_xlicerror() for one in properties(component, P.XLICERROR_PROPERTY))
        for inner in components(component, K.ANY_COMPONENT):
            errors(inner)

    errors(calendar)
    zones = {}
    for one in components(calendar, K.VTIMEZONE_COMPONENT):
        zone = ICal.Timezone.new()
        zone.set_component(one.clone())
        zones[zone.get_tzid()] = zone
    name = None
    for one in properties(calendar, P.X_PROPERTY):
        if one.get_property_name() == "X-WR-CALNAME":
            name = one.get_x()
    return {
        "method": method.get_value_as_string() if method else None,
        "name": name,
        "zones": sorted(zones),
        "problems": problems,
        "events": [event_of(one, zones) for one in components(calendar, K.VEVENT_COMPONENT)],
    }


for line in sys.stdin:
    try:
        answer = read(base64.b64decode(json.loads(line)["ics"]).decode())
    except Exception as error:  # noqa: BLE001 - whatever the library says is a finding
        answer = {"problems": [repr(error)]}
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
