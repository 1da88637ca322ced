"""``botox-schedule countdown``: by when each thing must be done before a visit."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace

from botox_schedule import Interval
from botox_schedule.cli.arguments import add_calendar, calendar_of, day, interval
from botox_schedule.cli.output import Answer, Row, Table, flat
from botox_schedule.errors import IntervalError
from botox_schedule.planning import CountdownStep, Weekday, countdown

EXAMPLES = (
    "2026-06-22 --lead 'order=28 days' --lead 'call=7 days'",
    "2026-06-22 --serial --lead 'submit=28 days' --lead 'order=21 days' --closed 2026-05-25",
)
_COLUMNS = ("on", "weekday", "step", "lead", "moved_days")


def add_arguments(command: ArgumentParser) -> None:
    """Add what the command takes."""
    command.add_argument("target", type=day, metavar="DAY", help="the day of the visit")
    command.add_argument(
        "--lead",
        type=_lead,
        action="append",
        required=True,
        metavar="NAME=INTERVAL",
        help="what is to be done, and how long before; may be repeated",
    )
    command.add_argument(
        "--serial", action="store_true", help="one thing after the other, in the order given"
    )
    add_calendar(command)


def _lead(text: str) -> tuple[str, Interval]:
    name, separator, length = text.rpartition("=")
    if not separator or not name:
        raise ArgumentTypeError("expected NAME=INTERVAL, such as 'order=28 days'")
    return name, interval(length)


def answer(given: Namespace) -> Answer:
    """Return the steps, the earliest first."""
    names = [name for name, _ in given.lead]
    if len(set(names)) < len(names):
        raise IntervalError("two leads have one name; give each a name of its own")
    steps = countdown(given.target, given.lead, serial=given.serial, calendar=calendar_of(given))
    rows = [*map(_row, steps)]
    return Answer(rows=rows, text=[Table(_COLUMNS, [("", rows)])], data=steps)


def _row(step: CountdownStep) -> Row:
    weekday = tuple(Weekday)[step.on.weekday()]
    return {
        "on": step.on,
        "weekday": weekday,
        "step": step.name,
        **flat(step, "lead", "moved_days"),
    }
