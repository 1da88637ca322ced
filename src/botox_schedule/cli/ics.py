"""``botox-schedule ics``: a record's cycles as an iCalendar file.

Examples:
    botox-schedule ics record.json --key 7f3a --out patient.ics
    botox-schedule ics record.json --key 7f3a --out a.ics --previous a.ics
"""

from argparse import Namespace

from botox_schedule.cli.arguments import content_of, extra, midnight
from botox_schedule.cli.output import Answer, Table, flat
from botox_schedule.cli.record_files import RECORD, with_protocol
from botox_schedule.files import MEBIBYTE, write_whole

OPTIONS = RECORD | {
    "--key KEY!": "the clinic's key of the patient: it makes the ids of the entries",
    "--out FILE!": "the calendar to write",
    "--previous FILE": "the last export: only changes are new; it may be the file to write",
    "--count COUNT:1": "how many sessions ahead (default: 1)",
    "--alarm INTERVAL*": "when to remind before a session ahead, such as '2 weeks'; may be repeated",
    "--name TEXT": "the calendar's name",
    "--sequence COUNT:0": "the revision of new and changed entries (default: 0)",
    "--stamped-at MOMENT": "the moment of the export (default: the day asked for, 0:00 UTC)",
}
"""What the command takes."""
_COLUMNS = ("first", "last", "kind", "status", "uid")
_SPARE = ("uid",)


def answer(given: Namespace) -> Answer:
    """Write the calendar, and list its entries."""
    with extra("ical"):
        from botox_schedule.ical import events_from_record, ical_from_events  # noqa: PLC0415 - an extra
    question = with_protocol(given)
    asked = {"key": given.key, "count": given.count, "alarms": given.alarm}
    events = [event for _, found in question.ask(events_from_record, **asked) for event in found]
    content = ical_from_events(
        events,
        stamped_at=given.stamped_at or midnight(given.as_of),
        sequence=given.sequence,
        previous=None if given.previous is None else content_of(given.previous, MEBIBYTE),
        name=given.name,
    )
    write_whole(given.out, content, private=True)
    rows = [
        {"first": e.window.first, "last": e.window.last, **flat(e, "kind", "status", "uid")}
        for e in events
    ]
    text: list[str | Table] = [Table(_COLUMNS, [("", rows)], _SPARE), "", f"written to {given.out}"]
    return Answer(rows, text, events, _COLUMNS, question.problems, failed=not rows)
