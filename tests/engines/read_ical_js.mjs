// ical.js (Thunderbird's engine) reads calendar files: one JSON line in, {"ics": base64}, one JSON line out.
// Time zones are taken from the file alone.
import { createInterface } from "node:readline";
import ICAL from "ical.js";

function moment(property) {
  if (!property) return null;
  const value = property.getFirstValue();
  if (value.isDate) return value.toString();
  const zone = property.getParameter("tzid");
  if (zone && !zones.has(zone)) throw new Error(`no VTIMEZONE for ${zone}`);
  if (zone) value.zone = zones.get(zone);
  return new Date(value.toUnixTime() * 1000).toISOString().replace(".000Z", "Z");
}

let zones = new Map();

function text(component, name) {
  return component.hasProperty(name) ? String(component.getFirstPropertyValue(name)) : null;
}

function all(component, name) {
  return component.getAllProperties(name).flatMap((property) => property.getValues());
}

function person(component, name) {
  const property = component.getFirstProperty(name);
  return property && [property.getFirstParameter("cn"), String(property.getFirstValue())];
}

function read(raw) {
  const calendar = new ICAL.Component(ICAL.parse(raw));
  zones = new Map(
    calendar.getAllSubcomponents("vtimezone").map((component) => {
      const zone = new ICAL.Timezone(component);
      return [zone.tzid, zone];
    }),
  );
  return {
    method: text(calendar, "method"),
    name: text(calendar, "x-wr-calname"),
    zones: [...zones.keys()].sort(),
    problems: [],
    events: calendar.getAllSubcomponents("vevent").map((event) => ({
      uid: text(event, "uid"),
      sequence: event.getFirstPropertyValue("sequence"),
      stamp: moment(event.getFirstProperty("dtstamp")),
      start: moment(event.getFirstProperty("dtstart")),
      end: moment(event.getFirstProperty("dtend")),
      summary: text(event, "summary"),
      description: text(event, "description"),
      location: text(event, "location"),
      url: text(event, "url"),
      status: text(event, "status"),
      class: text(event, "class"),
      transparency: text(event, "transp"),
      categories: all(event, "categories"),
      organizer: person(event, "organizer") ?? null,
      attendee: person(event, "attendee") ?? null,
      attendees: event.getAllProperties("attendee").length,
      alarms: event.getAllSubcomponents("valarm").length,
      properties: [...new Set(event.getAllProperties().map((property) => property.name))].sort(),
    })),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = read(Buffer.from(JSON.parse(line).ics, "base64").toString("utf8"));
  } catch (error) {
    answer = { problems: [String(error)] };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
