// Reads a calendar from standard input and writes what ical.js sees in it, as JSON.

import { readFileSync } from "node:fs";
import ICAL from "ical.js";

// A rule without an end stops here: one occurrence too many is enough to be seen.
const MOST = 1000;

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const seen = [];
for (const component of calendar.getAllSubcomponents("vevent")) {
    const event = new ICAL.Event(component);
    for (const [start, end] of spans(event)) {
        seen.push({
            uid: event.uid,
            startsAt: start.toJSDate().toISOString(),
            endsAt: end.toJSDate().toISOString(),
            status: component.getFirstPropertyValue("status"),
            title: event.summary,
        });
    }
}
process.stdout.write(JSON.stringify(seen));

function* spans(event) {
    if (!event.isRecurring()) {
        yield [event.startDate, event.endDate];
        return;
    }
    const starts = event.iterator();
    for (let start = starts.next(), count = 0; start && count < MOST; start = starts.next(), count++) {
        const { startDate, endDate } = event.getOccurrenceDetails(start);
        yield [startDate, endDate];
    }
}
