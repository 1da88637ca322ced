"""Measures the library as ratios, each against a named peer in the same run.

Run it with ``make bench``. It prints a table; nothing fails here, because a shared machine is no
judge. The bars are those that the project set itself.
"""

import csv
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from dateutil.rrule import WEEKLY, rrule
from icalendar import Alarm, Calendar, Event
from pydantic import TypeAdapter

import botox_schedule as bs
from botox_schedule.cli.exports import Clinic
from botox_schedule.cli.output import text_lines
from botox_schedule.cli.schedule import schedule_answer
from botox_schedule.cli.tracks import Rules
from botox_schedule.garbage import uncollected
from botox_schedule.ical import CalendarEvent, ical_from_events
from botox_schedule.outcomes import HeadacheDiary, assess_response, bundled_response_rules
from botox_schedule.planning import ClinicCalendar, bookable_days
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.tables import read_sessions
from botox_schedule.testing import record_from_gaps
from botox_schedule.views.timeline import timeline_svg

START = datetime(2026, 1, 5)
DAY = START.date()
MIGRAINE = bs.find_protocol("chronic-migraine")
SPASTICITY = bs.find_protocol("spasticity")


class Result(NamedTuple):
    what: str
    peer: str
    ratio: float
    bar: float | None


def best(call: Callable[[], object], *, number: int, repeat: int = 7) -> float:
    """Seconds of one call: the best of several rounds."""
    rounds = []
    for _ in range(repeat):
        begin = time.perf_counter()
        for _ in range(number):
            call()
        rounds.append((time.perf_counter() - begin) / number)
    return min(rounds)


def fresh_process(code: str) -> float:
    """Seconds of a fresh interpreter that runs *code*, the interpreter's own start taken off.

    Each module is compiled in the first of the runs, as it is when a library is installed.
    """
    compiled = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}

    with tempfile.TemporaryDirectory() as folder:

        def run(text: str) -> float:
            command = [sys.executable, "-X", f"pycache_prefix={folder}", "-c", text]
            return best(
                lambda: subprocess.run(command, check=True, env=compiled), number=1, repeat=15
            )

        return run(code) - run("pass")


def imports() -> Iterable[Result]:
    peer = (
        "from datetime import date\nfrom pydantic import BaseModel\n"
        "class Five(BaseModel):\n    a: int\n    b: str\n    c: date\n    d: float\n    e: bool\n"
    )
    ratio = fresh_process("from botox_schedule import forecast") / fresh_process(peer)
    what, against = "from botox_schedule import forecast", "import pydantic, one five-field model"
    yield Result(what, against, ratio, 1.5)


def one_session() -> Iterable[Result]:
    peer = best(lambda: list(rrule(WEEKLY, interval=12, count=5, dtstart=START)), number=2000)
    for protocol, bar in ((MIGRAINE, 1.0), (SPASTICITY, 1.5)):

        def both(protocol: bs.TreatmentProtocol = protocol) -> None:
            bs.due_dates(DAY, protocol)
            bs.response_timeline(DAY, protocol)

        name = f"due_dates and response_timeline, {protocol.indication}"
        yield Result(name, "rrule of 5 dates", best(both, number=2000) / peer, bar)


def forecasts() -> Iterable[Result]:
    peer = best(lambda: list(rrule(WEEKLY, interval=12, count=10, dtstart=START)), number=1000)
    record = record_from_gaps([84] * 9, starts_on=DAY, units=155)
    as_of = DAY + timedelta(days=84 * 9 + 30)

    def explained() -> str:
        return bs.forecast(record, MIGRAINE, as_of=as_of).explain()

    ratio = best(lambda: bs.forecast(record, MIGRAINE, as_of=as_of), number=500) / peer
    yield Result("forecast, 10 sessions", "rrule of 10 dates", ratio, 3.5)
    ratio = best(explained, number=500) / peer
    yield Result("forecast with explain(), 10 sessions", "rrule of 10 dates", ratio, 5.0)
    seconds = {}
    for count in (10, 100, 1000, 10_000):
        many = record_from_gaps([84] * (count - 1), starts_on=date(1900, 1, 2), units=155)
        last = many.sessions[-1].administered_on

        def one(many: bs.PatientRecord = many, last: date = last) -> None:
            bs.forecast(many, MIGRAINE, as_of=last)

        seconds[count] = best(one, number=max(1, 2000 // count), repeat=5)
    for few, more in ((10, 100), (100, 1000), (1000, 10_000)):
        ratio = seconds[more] / seconds[few]
        yield Result(f"forecast, {more} sessions", f"forecast, {few} sessions", ratio, None)


def outcome_rules() -> Iterable[Result]:
    record = record_from_gaps([84] * 9, starts_on=DAY, units=155)
    kinds = ["headache", "none", "migraine"]
    diary = HeadacheDiary.model_validate(
        {"days": [{"on": DAY + timedelta(days=n), "kind": kinds[n % 3]} for n in range(-28, 365)]}
    )
    as_of = DAY + timedelta(days=84 * 10)

    def all_rules() -> None:
        for rule in bundled_response_rules():
            assess_response(diary, record, MIGRAINE, rule=rule, as_of=as_of)

    milliseconds = best(all_rules, number=5, repeat=5) * 1000
    yield Result("a year of diary, 10 cycles, all response rules", "1 ms", milliseconds, 20.0)


def planning() -> Iterable[Result]:
    record = record_from_gaps([84] * 9, starts_on=DAY, units=155)
    as_of = DAY + timedelta(days=84 * 10)
    calendar = ClinicCalendar(closures=[as_of])

    def year() -> None:
        until = as_of + timedelta(days=365)
        bookable_days(record, MIGRAINE, as_of=as_of, until=until, calendar=calendar)

    milliseconds = best(year, number=5) * 1000
    yield Result("a year of bookable days, 10 sessions", "1 ms", milliseconds, 20.0)


def pictures() -> Iterable[Result]:
    record = record_from_gaps([84] * 42, starts_on=date(2016, 1, 4), units=155)

    def ribbon() -> str:
        return timeline_svg(record, MIGRAINE, as_of=date(2025, 11, 20))

    yield Result("timeline of ten years", "1 ms", best(ribbon, number=10) * 1000, 5.0)
    yield Result("timeline of ten years, size", "1 KB", len(ribbon().encode()) / 1000, 30.0)


def calendar_files() -> Iterable[Result]:
    stamp = datetime(2026, 1, 5, tzinfo=UTC)
    events = [
        CalendarEvent(
            uid=f"uid-{n}",
            kind="due",
            window=bs.Window(first=DAY + timedelta(days=n), last=DAY + timedelta(days=n + 7)),
            status="TENTATIVE",
            summary="Appointment due",
            alarms=("2 weeks",),
        )
        for n in range(2000)
    ]

    def alone() -> bytes:
        calendar = Calendar()
        calendar.add("prodid", "peer")
        calendar.add("version", "2.0")
        for event in events:
            other = Event()
            other.add("uid", event.uid)
            other.add("dtstamp", stamp)
            other.add("dtstart", event.window.first)
            other.add("dtend", event.window.last + timedelta(days=1))
            other.add("sequence", 0)
            other.add("summary", event.summary)
            other.add("status", event.status.value)
            other.add("transp", "TRANSPARENT")
            other.add("class", "PRIVATE")
            alarm = Alarm()
            alarm.add("action", "DISPLAY")
            alarm.add("description", event.summary)
            alarm.add("trigger", timedelta(days=-14))
            other.add_component(alarm)
            calendar.add_component(other)
        return bytes(calendar.to_ical())

    peer = best(alone, number=1, repeat=5)
    own = best(lambda: ical_from_events(events, stamped_at=stamp), number=1, repeat=5)
    yield Result("2,000 events as iCalendar, with alarms", "icalendar alone", own / peer, 1.3)


@dataclass(frozen=True, slots=True)
class Plain:
    """The peer of a session: a frozen slotted dataclass with the same fields."""

    administered_on: date
    indication: str
    product: str | None
    id: str | None = None
    units: Decimal | None = None
    units_discarded: Decimal | None = None
    status: str = "completed"
    kind: str = "full"


def records() -> Iterable[Result]:
    rows = [
        {
            "id": f"s-{n}",
            "administered_on": str(DAY + timedelta(days=n % 3000)),
            "indication": "chronic-migraine",
            "product": "onabotulinumtoxinA",
            "units": 155,
        }
        for n in range(200_000)
    ]
    text = json.dumps(rows)
    peer = best(lambda: TypeAdapter(list[Plain]).validate_json(text), number=1, repeat=3)
    sessions = TypeAdapter(list[bs.TreatmentSession])
    ratio = best(lambda: sessions.validate_json(text), number=1, repeat=3) / peer
    yield Result("200,000 sessions from JSON", "frozen slotted dataclass", ratio, None)


def write_export(file: Path, patients: int) -> None:
    """Write an export of four sessions for each patient, in no order."""
    draw = random.Random(1)
    rows = []
    for number in range(patients):
        day = date(2024, 1, 1) + timedelta(days=draw.randint(0, 300))
        treatment = draw.choice(
            [
                ("chronic-migraine", "Botox", 155),
                ("spasticity", "Botox", 300),
                ("cervical-dystonia", "Dysport", 500),
            ]
        )
        for _ in range(4):
            rows.append([f"P{number}", day, *treatment, "completed", "1970-01-01"])
            day += timedelta(days=84 + draw.randint(-2, 20))
    draw.shuffle(rows)
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(
            ["patient id", "date", "indication", "product", "units", "status", "birth date"]
        )
        writer.writerows(rows)


def schedules() -> Iterable[Result]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "export.csv"
        write_export(file, 25_000)

        def peer() -> int:
            with file.open(encoding="utf-8", newline="") as source:
                return sum(1 for _ in csv.DictReader(source))

        rules = Rules(date(2025, 3, 1), bs.SchedulingPolicy(), known_protocols(None))

        def schedule() -> int:
            with uncollected():  # as the command does
                clinic = Clinic(read_sessions(file), {}, (), rules)
                return len(text_lines(schedule_answer(clinic), 80))

        read = best(peer, number=1, repeat=3)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = best(schedule, number=1, repeat=1)
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 100_000
        seconds = min(seconds, best(schedule, number=1, repeat=2))
    yield Result("schedule, 100,000 rows", "csv.DictReader", seconds / read, 15.0)
    yield Result("schedule, KiB of memory a row", "1 KiB", grown, 2.0)


def main() -> None:
    print(f"Python {sys.version.split()[0]}\n")
    print(f"| {'what':58} | {'against':38} | ratio | bar  |")
    print(f"|{'-' * 60}|{'-' * 40}|------:|-----:|")
    # Memory comes first: it is what the process has grown to.
    for part in (
        schedules,
        imports,
        one_session,
        forecasts,
        outcome_rules,
        planning,
        pictures,
        calendar_files,
        records,
    ):
        for what, peer, ratio, bar in part():
            shown = "" if bar is None else f"{bar:.1f}"
            print(f"| {what:58} | {peer:38} | {ratio:5.2f} | {shown:4} |", flush=True)


if __name__ == "__main__":
    main()
