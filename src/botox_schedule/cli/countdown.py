"""``botox-schedule countdown``: by when each thing must be done before a visit.

Examples:
    botox-schedule countdown 2026-06-22 --lead 'order=4 weeks'
    botox-schedule countdown 2026-06-22 --serial --lead 'a=3 weeks' --lead b=1w
"""

from argparse import Namespace

from botox_schedule.cli.arguments import CALENDAR, calendar_of
from botox_schedule.cli.output import Answer, Row, Table, flat
from botox_schedule.errors import IntervalError
from botox_schedule.planning import CountdownStep, Weekday, countdown

OPTIONS = {
    "target DAY": "the day of the visit",
    "--lead NAME=INTERVAL!*": "what is to be done, and how long before; may be repeated",
    "--serial": "one thing after the other, in the order given",
} | CALENDAR
"""What the command takes."""
_COLUMNS = ("on", "weekday", "step", "lead", "moved_days")


def answer(given: Namespace) -> Answer:
    """Return the steps, the earliest first."""
    if len(dict(given.lead)) < len(given.lead):
        raise IntervalError("two leads have one name; give each a name of its own")
    steps = countdown(given.target, given.lead, serial=given.serial, calendar=calendar_of(given))
    rows = [*map(_row, steps)]
    return Answer(rows=rows, text=[Table(_COLUMNS, [("", rows)])], data=steps)


def _row(step: CountdownStep) -> Row:
    day = {"on": step.on, "weekday": tuple(Weekday)[step.on.weekday()], "step": step.name}
    return day | flat(step, "lead", "moved_days")
