"""The commands that find a day: book, countdown."""

import argparse
from datetime import date
from typing import Any

from botox_schedule import TreatmentProtocol
from botox_schedule.cli.answers import NOT_ADVICE
from botox_schedule.cli.arguments import (
    Commands,
    add_record,
    day,
    interval,
    new_command,
    policy_of,
    shelf_of,
)
from botox_schedule.cli.output import Answer
from botox_schedule.cli.record_file import planned_protocols, read_record
from botox_schedule.cli.text import Lines, TextTable, table, word
from botox_schedule.errors import IntervalError
from botox_schedule.planning import (
    ClinicCalendar,
    CountdownStep,
    FirstBookableDay,
    SharedVisit,
    Weekday,
    countdown,
    find_shared_visit,
    first_bookable_day,
)

_OPEN = ",".join(tuple(Weekday)[:5])


def _days(text: str) -> dict[str, date]:
    """Return a window of ``DAY`` or ``FIRST/LAST``."""
    first, _, last = text.partition("/")
    return {"first": day(first), "last": day(last or first)}


def _weekdays(text: str) -> list[Weekday]:
    names = [name.strip().lower() for name in text.split(",")]
    try:
        return [next(d for d in Weekday if d == name or d[:3] == name) for name in names]
    except StopIteration:
        expected = ", ".join(Weekday)
        raise argparse.ArgumentTypeError(f"expected some of {expected}") from None


def _lead(text: str) -> tuple[str, Any]:
    name, separator, length = text.rpartition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError("expected NAME=INTERVAL, such as 'order=28 days'")
    return name, interval(length)


def _add_calendar(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--open", type=_weekdays, default=_OPEN, metavar="DAYS", help="default: mon,tue,wed,thu,fri"
    )
    parser.add_argument(
        "--closed",
        type=_days,
        action="append",
        default=[],
        metavar="DAY[/LAST]",
        help="a day, or days, on which the clinic is closed; may be repeated",
    )
    parser.add_argument("--country", help="closed on its public holidays (extra 'holidays')")
    parser.add_argument("--subdivision", help="a part of the country, such as CA")


def _calendar(given: argparse.Namespace) -> ClinicCalendar:
    if given.country is None:
        return ClinicCalendar(open_weekdays=frozenset(given.open), closures=tuple(given.closed))
    return ClinicCalendar.for_country(
        given.country,
        subdivision=given.subdivision,
        open_weekdays=given.open,
        closures=given.closed,
    )


def add_book(commands: Commands) -> None:
    """Add the command ``book``."""
    parser = new_command(
        commands, "book", "the day to book: open, allowed, authorized, nearest to due"
    )
    add_record(parser)
    _add_calendar(parser)
    parser.add_argument(
        "--away",
        type=_days,
        action="append",
        default=[],
        metavar="DAY[/LAST]",
        help="when the patient cannot come; may be repeated",
    )
    parser.add_argument("--planned-discarded", type=int, metavar="UNITS")
    parser.add_argument("--shared", action="store_true", help="one visit for all tracks")
    parser.set_defaults(run=_book)


def _book(given: argparse.Namespace) -> Answer:
    record, known = read_record(given.file), shelf_of(given)
    protocols = planned_protocols(record, known, given.as_of, given.indication, given.product)
    shared: dict[str, Any] = {
        "as_of": given.as_of,
        "calendar": _calendar(given),
        "away": given.away,
        "policy": policy_of(given),
    }
    if given.shared:
        others = tuple(other for p in protocols for other in known.others(p))
        return _shared_answer(
            find_shared_visit(record, protocols, other_protocols=others, **shared)
        )
    found = [
        (
            protocol,
            first_bookable_day(
                record,
                protocol,
                other_protocols=known.others(protocol),
                planned_units=given.planned_units,
                planned_discarded=given.planned_discarded,
                **shared,
            ),
        )
        for protocol in protocols
    ]
    return _book_answer(found)


def _book_answer(found: list[tuple[TreatmentProtocol, FirstBookableDay]]) -> Answer:
    header = ("protocol", "on", "days_from_due", "emptied_by", "closed_days_cost", "first_late_on")

    def rows() -> list[tuple[object, ...]]:
        return [
            (p.id, f.on, f.days_from_due, f.emptied_by, f.closed_days_cost, f.first_late_on)
            for p, f in found
        ]

    def text() -> Lines:
        lines: list[str | TextTable] = []
        for protocol, answer in found:
            lines += [str(protocol.ref), *answer.explain().splitlines(), ""]
        return [*lines, NOT_ADVICE]

    def data() -> Any:
        return [
            {"protocol": p.ref.model_dump(), "day": f.model_dump(mode="json")} for p, f in found
        ]

    return Answer(text, data, header, rows, int(any(f.on is None for _, f in found)))


def _shared_answer(visit: SharedVisit) -> Answer:
    header = ("protocol", "on", "own_day", "days_given_up", "days_from_due", "emptied_by")

    def rows() -> list[tuple[object, ...]]:
        return [
            (t.protocol.id, visit.on, t.own_day, t.days_given_up, t.days_from_due, visit.emptied_by)
            for t in visit.tracks
        ]

    def text() -> Lines:
        return [*visit.explain().splitlines(), "", NOT_ADVICE]

    return Answer(text, lambda: visit.model_dump(mode="json"), header, rows, int(visit.on is None))


def add_countdown(commands: Commands) -> None:
    """Add the command ``countdown``."""
    parser = new_command(commands, "countdown", "by when each thing must be done before a visit")
    parser.add_argument("target", type=day, metavar="DAY", help="the day of the visit")
    parser.add_argument(
        "--lead",
        type=_lead,
        action="append",
        required=True,
        metavar="NAME=INTERVAL",
        help="such as 'order=28 days'; may be repeated",
    )
    parser.add_argument("--serial", action="store_true", help="one thing after the other")
    _add_calendar(parser)
    parser.set_defaults(run=_countdown)


def _countdown(given: argparse.Namespace) -> Answer:
    names = [name for name, _ in given.lead]
    if len(set(names)) < len(names):
        raise IntervalError("two leads have one name; give each a name of its own")
    steps = countdown(given.target, given.lead, serial=given.serial, calendar=_calendar(given))
    return _countdown_answer(steps)


def _countdown_answer(steps: tuple[CountdownStep, ...]) -> Answer:
    header = ("on", "weekday", "step", "lead", "moved_days")

    def rows() -> list[tuple[object, ...]]:
        return [
            (s.on, tuple(Weekday)[s.on.weekday()].value, s.name, s.lead, s.moved_days or None)
            for s in steps
        ]

    def text() -> Lines:
        return table(header, [[word(value) for value in row] for row in rows()])

    return Answer(text, lambda: [s.model_dump(mode="json") for s in steps], header, rows)
