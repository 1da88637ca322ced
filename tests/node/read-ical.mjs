// Reads an iCalendar file from standard input; writes what two readers make of it.
import ICAL from "ical.js";
import ical from "node-ical";
import { readFileSync } from "node:fs";

const text = readFileSync(0, "utf8");
const root = new ICAL.Component(ICAL.parse(text));

const day = (date) =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, "0"))
    .join("-");

const icalJs = root.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    start: event.startDate.toString(),
    end: event.endDate.toString(),
    isDate: event.startDate.isDate,
    status: component.getFirstPropertyValue("status"),
    summary: event.summary,
    sequence: event.sequence,
    alarms: component
      .getAllSubcomponents("valarm")
      .map((alarm) => alarm.getFirstPropertyValue("trigger").toString()),
  };
});
const nodeIcal = Object.values(ical.sync.parseICS(text))
  .filter((component) => component.type === "VEVENT")
  .map((event) => ({
    uid: event.uid,
    start: day(event.start),
    end: day(event.end),
    isDate: event.datetype === "date",
    status: event.status,
    summary: event.summary,
  }));
const types = Object.fromEntries(root.getAllProperties().map((p) => [p.name, p.type]));
const name = root.getFirstPropertyValue("name");
console.log(JSON.stringify({ icalJs, nodeIcal, types, name }));
