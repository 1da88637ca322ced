"""``botox-schedule book``: the day to book.

Examples:
    botox-schedule book record.json --closed 2026-05-25
    botox-schedule book record.json --away 2026-06-01/2026-06-14 --country US
    botox-schedule book record.json --shared
"""

from argparse import Namespace
from typing import Any

from botox_schedule.cli.arguments import CALENDAR, calendar_of
from botox_schedule.cli.output import NOT_ADVICE, Answer, flat
from botox_schedule.cli.record_files import PLANNED, Question, explained, with_protocol
from botox_schedule.planning import find_shared_visit, first_bookable_day

OPTIONS = PLANNED | {
    **CALENDAR,
    "--away DAY[/LAST]*": "when the patient cannot come; may be repeated",
    "--planned-discarded UNITS": "units of opened vials that will be left; they count for an authorization",
    "--shared": "one visit for all tracks",
}
"""What the command takes."""
_DAY = ("on", "days_from_due", "emptied_by", "closed_days_cost", "first_late_on")
_TRACK = ("own_day", "days_given_up", "days_from_due")


def answer(given: Namespace) -> Answer:
    """Return the day to book for each track, or one for all."""
    question = with_protocol(given)
    where: dict[str, Any] = {"calendar": calendar_of(given), "away": given.away}
    if given.shared:
        return _shared(question, where)
    units = {"planned_units": question.planned_units, "planned_discarded": given.planned_discarded}
    found = question.ask(first_bookable_day, **where, **units)
    failed = any(day.on is None for _, day in found)
    return explained(question, found, "day", _DAY)._replace(failed=failed)


def _shared(question: Question, where: dict[str, Any]) -> Answer:
    visit = find_shared_visit(question.record, question.protocols, **question.rules, **where)
    rows = [
        {"protocol": track.protocol.id, "on": visit.on, **flat(track, *_TRACK)}
        | flat(visit, "emptied_by", "first_late_on")
        for track in visit.tracks
    ]
    text = [*visit.explain().splitlines(), "", NOT_ADVICE]
    return Answer(rows, text, visit, problems=question.problems, failed=visit.on is None)
