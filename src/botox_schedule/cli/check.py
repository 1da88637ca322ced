"""``botox-schedule check``: whether a patient may be treated on a day.

Examples:
    botox-schedule check record.json --on 2026-06-15
    botox-schedule check record.json --on 2026-06-15 --planned-units 155 --json
"""

from argparse import Namespace

from botox_schedule import check_date
from botox_schedule.cli.output import Answer
from botox_schedule.cli.record_files import PLANNED, explained, with_protocol

OPTIONS = PLANNED | {"--on DAY!": "the day to judge; a past one is judged by what was known then"}
"""What the command takes."""
_SHOWN = ("on", "allowed", "clear", "days_from_earliest", "next_allowed_on", "findings", "reasons")


def answer(given: Namespace) -> Answer:
    """Return whether each track allows the day, with every reason."""
    if given.as_of_is_today:
        given.as_of = min(given.as_of, given.on)
    question = with_protocol(given)
    found = question.ask(check_date, on=given.on, planned_units=question.planned_units)
    return explained(question, found, "check", _SHOWN)
