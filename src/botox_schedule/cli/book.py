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
from botox_schedule.cli.record_files import RECORD, Question, with_protocol
from botox_schedule.planning import find_shared_visit, first_bookable_day

OPTIONS = (
    RECORD
    | CALENDAR
    | {
        "--away DAY[/LAST]*": "when the patient cannot come; may be repeated",
        "--planned-discarded UNITS": "units of opened vials that will be left; they count for an authorization",
        "--shared": "one visit for all tracks",
    }
)
"""What the command takes."""
_DAY = ("on", "days_from_due", "emptied_by", "closed_days_cost", "first_late_on")
_TRACK = ("own_day", "days_given_up", "days_from_due")


def answer(given: Namespace) -> Answer:
    """Return the day to book for each track, or one for all."""
    question = with_protocol(given)
    asked = {**question.rules, "calendar": calendar_of(given), "away": given.away}
    return _shared(question, asked) if given.shared else _single(question, asked, given)


def _single(question: Question, asked: dict[str, Any], given: Namespace) -> Answer:
    asked |= {"planned_units": question.planned_units, "planned_discarded": given.planned_discarded}
    found = [
        (protocol, first_bookable_day(question.record, protocol, **asked))
        for protocol in question.protocols
    ]
    lines = [
        line
        for protocol, day in found
        for line in (str(protocol.ref), *day.explain().splitlines(), "")
    ]
    return Answer(
        rows=[{"protocol": protocol.id, **flat(day, *_DAY)} for protocol, day in found],
        text=[*lines, NOT_ADVICE],
        data=[{"protocol": protocol.ref, "day": day} for protocol, day in found],
        problems=question.problems,
        failed=any(day.on is None for _, day in found),
    )


def _shared(question: Question, asked: dict[str, Any]) -> Answer:
    visit = find_shared_visit(question.record, question.protocols, **asked)
    rows = [
        {"protocol": track.protocol.id, "on": visit.on, **flat(track, *_TRACK)}
        | {"emptied_by": visit.emptied_by}
        for track in visit.tracks
    ]
    return Answer(
        rows=rows,
        text=[*visit.explain().splitlines(), "", NOT_ADVICE],
        data=visit,
        problems=question.problems,
        failed=visit.on is None,
    )
