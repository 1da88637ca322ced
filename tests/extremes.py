"""Every public function with arguments that are good, and the ends of the types of each."""

import inspect
import io
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib import import_module
from types import FunctionType
from typing import Any, NamedTuple

from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule import ical, outcomes, planning
from botox_schedule.testing import record_from_gaps
from botox_schedule.views.report import ReportRow

MIGRAINE = "chronic-migraine"
PACKAGES = (
    "",
    ".planning",
    ".outcomes",
    ".ical",
    ".fhir",
    ".tables",
    ".views",
    ".dates",
    ".protocols",
)
PAGES = (".views.handout.handout_html", ".views.report.report_html")
DAY = date(2026, 2, 10)
GIVEN = date(2026, 1, 5)
EXPORT = b"patient,date,indication,product\nP1,2026-01-05,chronic-migraine,Botox\n"
FACTS = {
    "read_authorizations": b"patient,indication,product,first,last\nP1,spasticity,Botox,2026-01-05,2026-07-05\n",
    "read_acknowledged": b"patient,key\nP1,hold_ended-0123456789abcdef\n",
    "read_contacts": b"patient,day,outcome\nP1,2026-01-05,x\n",
    "read_births": b"patient,born_on\nP1,1980-01-05\n",
    "read_care_ends": b"patient,on,kind\nP1,2026-01-05,discontinued\n",
    "read_holds": b"patient,first,reason\nP1,2026-01-05,x\n",
    "read_overrides": b"patient,indication,first,minimum,reason,authority\nP1,spasticity,2026-01-05,10 weeks,x,payer\n",
    "read_prior_treatments": b"patient,indication,cycles\nP1,spasticity,2\n",
    "read_weights": b"patient,measured_on,kilograms\nP1,2026-01-05,70\n",
}
DIARY = b"date,kind\n2026-01-05,migraine\n"
BUNDLE = '{"resourceType": "Bundle", "type": "collection", "entry": []}'


class Call(NamedTuple):
    """A function, and arguments that it takes."""

    name: str
    function: Callable[..., Any]
    good: dict[str, Any]


def record(first: date = date(2025, 7, 7)) -> bs.PatientRecord:
    return record_from_gaps([91, 91], starts_on=first, units=155)


def record_at(day: date) -> bs.PatientRecord:
    """A record in which everything that can be at *day* is."""
    end = {"first": day, "last": day}
    about = {"indication": MIGRAINE, "first": day}
    return bs.PatientRecord(
        id="p",
        born_on=day,
        sessions=[
            {
                "administered_on": day,
                "indication": MIGRAINE,
                "product": "Botox",
                "units": 1_000_000,
            },
            {
                "administered_on": day,
                "indication": MIGRAINE,
                "product": "Botox",
                "status": "booked",
            },
            {"administered_on": day, "indication": "spasticity", "product": "Dysport", "units": 1},
            {"administered_on": day, "indication": "unheard-of", "product": None, "id": "u"},
        ],
        holds=[end | {"reason": "x", "review_on": day}, {"first": day, "reason": "y"}],
        overrides=[
            about | {"reason": "x", "authority": "payer", "minimum": "365250 days"},
            about | {"reason": "x", "authority": "clinician", "minimum": "1000 years"},
        ],
        weights=[{"measured_on": day, "kilograms": 1000}],
        authorizations=[
            {
                "indication": MIGRAINE,
                "product": "Botox",
                "valid": end,
                "sessions": 10_000,
                "units": 1_000_000,
                "minimum_interval": "365250 days",
            }
        ],
        prior_treatments=[
            {"indication": MIGRAINE, "cycles": 10_000, "started_on": day, "last_on": day},
            {"indication": "spasticity", "cycles": 0, "last_on": day},
        ],
        care_ends=[{"on": day, "kind": "discontinued", "indication": "blepharospasm"}],
    )


def diary() -> outcomes.HeadacheDiary:
    return outcomes.HeadacheDiary(
        days=[{"on": GIVEN + timedelta(days=n), "kind": "migraine"} for n in range(28)]
    )


def timeline() -> Any:
    return bs.response_timeline(GIVEN, MIGRAINE)


@cache
def good() -> dict[str, Any]:
    """Arguments by the name of the parameter: what a name means is the same everywhere."""
    forecast = bs.forecast(record(), MIGRAINE, as_of=DAY)
    return {
        "record": record(),
        "protocol": MIGRAINE,
        "protocols": None,
        "on": DAY,
        "as_of": DAY,
        "policy": None,
        "other_protocols": None,
        "planned_units": None,
        "planned_discarded": None,
        "units": 155,
        "before": forecast,
        "after": forecast,
        "forecast": forecast,
        "moment": datetime(2026, 2, 10, tzinfo=UTC),
        "zone": "UTC",
        "administered_on": GIVEN,
        "dates": forecast.dates,
        "product": "Botox",
        "window": "12 weeks",
        "system": "http://hl7.org/fhir/sid/icd-10-cm",
        "code": "G43.709",
        "text": "Botox",
        "indication": MIGRAINE,
        "population": "adult",
        "region": "us",
        "observed": None,
        "strict": False,
        "path": "missing.toml",
        "count": 5,
        "timeline": timeline(),
        "course_started_on": None,
        "product_or_code": "Botox",
        "until": date(2026, 6, 1),
        "calendar": None,
        "away": (),
        "target": DAY,
        "leads": {"call": "1 week"},
        "serial": False,
        "sizes": (),
        "pharmacy_supplied": False,
        "permissible_gap_days": None,
        "effect": None,
        "carries_over": False,
        "assessments": [outcomes.AshworthAssessment(on=GIVEN, joint="elbow", score="2")],
        "diary": diary(),
        "rule": "nice-ta260",
        "failures": (),
        "missing": "scale",
        "start": GIVEN,
        "end": DAY,
        "kind": "headache",
        "results": (),
        "goals": _goals(),
        "baseline": 20,
        "current": 10,
        "cycles": 2,
        "months": (10, 10),
        "notes": (),
        "definition": "nadir_rise",
        "effects": [outcomes.SideEffect(first=GIVEN, name="ptosis")],
        "timelines": [timeline()],
        "source": EXPORT,
        "date_format": None,
        "encoding": None,
        "placed": outcomes.place_side_effects(
            [outcomes.SideEffect(first=GIVEN, name="ptosis")], [timeline()]
        ),
        "weeks": (6, 4, 2, 1, 1, 2, 4, 6, 6, 6, 6, 6),
        "noted_week": None,
        "sessions": [GIVEN],
        "last": DAY,
        "measure": "headache",
        "key": "k",
        "summaries": None,
        "alarms": (),
        "events": ical.events_from_record(record(), MIGRAINE, key="k", as_of=DAY),
        "stamped_at": datetime(2026, 2, 10, tzinfo=UTC),
        "sequence": 0,
        "previous": None,
        "name": None,
        "color": None,
        "refresh_every": None,
        "bundle": BUNDLE,
        "indications": None,
        "products": None,
        "subject": "Patient/1",
        "id": None,
        "identifier": None,
        "columns": None,
        "sheet": None,
        "language": "en",
        "title": None,
        "width": 860,
        "born_on": date(1980, 1, 1),
        "day": DAY,
        "value": DAY,
        "edition": "1.0",
        "when_to_call": "x",
        "patient": None,
        "clinic": None,
        "rows": [ReportRow(patient="P1", indication=MIGRAINE)],
        "summary": "",
        "problems": (),
        "options": None,
    }


def _goals() -> outcomes.GoalSet:
    return outcomes.GoalSet(set_on=GIVEN, goals=[{"baseline": -1, "achieved": 0}])


def _count(last: date) -> outcomes.DiaryCount:
    window = bs.Window(first=last, last=last)
    return outcomes.DiaryCount(window=window, recorded_days=1, headache_days=1, migraine_days=1)


# Where one name means something else in one function.
SPECIAL: dict[str, dict[str, Any]] = {
    "find_shared_visit": {"protocols": [MIGRAINE, "spasticity"], "planned_units": None},
    "timeline_svg": {"protocols": MIGRAINE},
    "forecast_all": {"population": None},
    "chronic_migraine_criteria": {"count": _count(DAY)},
    "events_from_record": {"count": 1},
    "records_from_bundle": {"product": None},
    "read_sessions": {"product": None, "indications": ()},
    "read_diary": {"source": None},
    "ical_from_events": {"source": None},
    "find_product_by_code": {
        "system": "https://www.nlm.nih.gov/research/umls/rxnorm",
        "code": "860189",
    },
    "judge_counts": {"rule": outcomes.find_response_rule("nice-ta260")},
    "wear_off": {"baseline": 5},
    "wear_off_across_cycles": {"baseline": 5},
    "weekly_days": {"measure": outcomes.DiaryKind.HEADACHE},
}


def _functions() -> Iterator[tuple[str, FunctionType]]:
    for package in PACKAGES:
        module = import_module(f"botox_schedule{package}")
        for name in module.__all__:
            item = inspect.unwrap(getattr(module, name))
            if inspect.isfunction(item):
                yield f"{package[1:] or 'botox_schedule'}.{name}", getattr(module, name)
    for path in PAGES:
        module_name, _, name = path.rpartition(".")
        yield path[1:], getattr(import_module(f"botox_schedule{module_name}"), name)


def calls() -> list[Call]:
    """Every public function, with an argument for each of its parameters."""
    return [
        Call(
            name,
            _from_stream if name.endswith("read_diary") else function,
            _arguments(name, function),
        )
        for name, function in _functions()
    ]


def _from_stream(*, source: Any, **options: Any) -> Any:
    """Read a diary from a stream of its own: one that was read is empty."""
    return outcomes.read_diary(
        io.BytesIO(source) if isinstance(source, bytes) else source, **options
    )


def _arguments(name: str, function: Any) -> dict[str, Any]:
    short = name.rpartition(".")[2]
    named = {**good(), **SPECIAL.get(short, {})}
    found = {one: named[one] for one in inspect.signature(function).parameters if one != "options"}
    if short in FACTS:
        found["source"] = FACTS[short]
    if short == "read_diary":
        found["source"] = DIARY
    return found


NAN, INF = float("nan"), float("inf")
ENDS_OF_TIME = (date.min, date(1, 1, 2), date(9999, 1, 1), date(9999, 12, 30), date.max)
MOMENTS = (
    datetime.min.replace(tzinfo=UTC),
    datetime.max.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=timezone(timedelta(hours=23))),
    datetime.max.replace(tzinfo=timezone(timedelta(hours=-23))),
    datetime.min,  # noqa: DTZ901 - what is refused
    datetime.max,  # noqa: DTZ901 - what is refused
)
DAYS = (
    *ENDS_OF_TIME,
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "",
    "9" * 100_000,
    True,
    10**12,
    NAN,
    *MOMENTS,
)
COUNTS = (
    0,
    -1,
    1,
    100,
    1000,
    1001,
    10**12,
    10**400,
    -(10**400),
    True,
    False,
    1.0,
    NAN,
    INF,
    Decimal("NaN"),
)
NUMBERS = (
    *COUNTS,
    -INF,
    1e308,
    5e-324,
    *map(Decimal, ("0.1", "1e-400", "1e999999", "-1e999999", "-0", "sNaN", "Infinity")),
)
FRACTIONS = (
    *NUMBERS,
    "",
    "1/0",
    "nan",
    "1e999999",
    "1e-999999",
    "9" * 100_000,
    "1/" + "9" * 5000,
    Fraction(1, 10**400),
)
TEXTS = (
    "",
    " ",
    "x" * 1_000_000,
    "9" * 100_000,
    "\0",
    "\ud800",
    "\u202e",
    "\x1b[31m",
    "\ufeff",
    "\u0130",
    "%s{0}{x}",
    "nul",
)
INTERVALS = (
    *TEXTS,
    "4000000 days",
    "0 days",
    "-1 day",
    "9999999 years",
    *(
        bs.Interval(**{unit: count})
        for unit in ("months", "weeks", "days")
        for count in (4_000_000, -4_000_000)
    ),
)
RANGES = ("0 days", "365250 days", "4000000 days", "1 day to 4000000 days", "4000000 weeks")
ENCODINGS = (
    *TEXTS, "undefined", "rot13", "base64", "hex", "idna", "punycode", "utf-7", "unicode_escape",
    "raw_unicode_escape", "zlib", "bz2", "uu", "quopri", "utf-16", "utf-32", "mbcs", "oem",
)  # fmt: skip
FORMATS = (
    *TEXTS,
    "%Y%Y",
    "%",
    "%Q",
    "%c",
    "%G-%V-%u",
    "%s",
    "%Y-%m-%d%",
    "%y%m%d",
    "%j",
    "%Z",
    "%p",
    "%:z",
)
NAMES = (*TEXTS, "chronic-migraine", "spasticity", "unheard-of")
PRODUCTS = (*TEXTS, "Dysport", "Myobloc", bs.Product.DAXIBOTULINUMTOXIN_A)
PATHS = (
    "",
    "\0",
    os.fsdecode(b"/tmp/\xff\xfe.csv"),
    "/",
    "x" * 5000,
    "/dev/null",
    "https://a.b/c.csv",
    "\ud800",
)
CELLS = (
    "9999-12-31",
    "0001-01-01",
    "1e999999",
    "9" * 5000,
    "-1",
    "nan",
    "inf",
    "=1",
    "\x1b[31m",
    "\u202e",
    '"',
    "\0",
    "45000",
    "2958465",
    "2958466",
    "1/0",
    "4000000 days",
)


def _tables(text: bytes) -> Iterator[bytes]:
    """A table with each of its cells replaced by each extreme one."""
    header, row = text.decode().splitlines()
    cells = row.split(",")
    for place in range(len(cells)):
        for cell in CELLS:
            yield f"{header}\n{','.join([*cells[:place], cell, *cells[place + 1 :]])}\n".encode()


CALENDARS = (
    b"",
    "",
    "\0",
    b"\xff\xfe",
    "BEGIN:VCALENDAR",
    *(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:u\r\n"
        f"DTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:{day}\r\nSEQUENCE:{number}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
        for day in ("00010101", "99991231", "99999999", "x")
        for number in ("0", "-1", "9" * 5000, "x")
    ),
)
BUNDLES = (
    b"", "", "null", "[]", "{}", '"x"', "9" * 5000, "NaN", "[" * 100_000, {}, {"resourceType": 1}, b"\xff",
    *(
        {
            "resourceType": "Bundle",
            "type": "collection",
            "entry": [
                {"resource": {"resourceType": "Patient", "id": "1", "birthDate": day, "deceasedDateTime": day}},
                {
                    "resource": {
                        "resourceType": "MedicationAdministration",
                        "id": "2",
                        "status": "completed",
                        "subject": {"reference": "Patient/1"},
                        "medicationCodeableConcept": {"text": "Botox"},
                        "effectiveDateTime": day,
                        "dosage": {"dose": {"value": value, "unit": "U"}},
                    }
                },
            ],
        }
        for day in ("0001-01-01", "9999-12-31", "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "", 5)
        for value in (1, -1, 1e308, 10**400, NAN, True, "x")
    ),
)  # fmt: skip


def policies() -> Iterator[bs.SchedulingPolicy]:
    """A policy with each of its choices at an end, as far as it takes them."""
    lengths = (
        "payer_minimum",
        "validity_tolerance",
        "scheduled_grace",
        "as_needed_grace",
        "lapsed_after",
        "hold_review_after",
    )
    for name in lengths:
        for length in ("0 days", "365250 days", "4000000 days", "9999999 months"):
            yield from _policy(**{name: length})
    for length in RANGES:
        yield from _policy(usual={MIGRAINE: length, "spasticity": length})
    for number in (0, 10_000):
        yield from _policy(group_within_days=number, weight_max_age_days=number)
    for day in ENDS_OF_TIME:
        yield from _policy(
            payer=[{"minimum": "1 day", "first": day}, {"minimum": "1000 years", "last": day}]
        )
        yield from _policy(payer=[{"sessions": 1, "per": "4000000 days", "first": day}])
    yield from _policy(other_indications=[MIGRAINE], touch_up_moves_earliest=False)


def _policy(**choices: Any) -> Iterator[bs.SchedulingPolicy]:
    with suppress(ValidationError):
        yield bs.SchedulingPolicy(**choices)


def _lists(values: Iterable[Any]) -> tuple[Any, ...]:
    return ((), *([value] for value in values))


@cache
def ends() -> dict[str, tuple[Any, ...]]:
    """The ends of each parameter's type, by the parameter's name."""
    records = (bs.PatientRecord(), *map(record_at, ENDS_OF_TIME), *map(record, ENDS_OF_TIME[:2]))
    windows = tuple(
        bs.Window(first=day, last=other)
        for day in ENDS_OF_TIME
        for other in ENDS_OF_TIME
        if day <= other
    )
    events = tuple(_events(windows))
    days = (
        "on",
        "as_of",
        "administered_on",
        "course_started_on",
        "until",
        "target",
        "start",
        "end",
        "last",
        "born_on",
        "day",
        "value",
    )
    texts = (
        "system", "code", "text", "key", "name", "color", "subject", "id", "title", "when_to_call",
        "patient", "clinic", "summary", "edition", "region", "population", "rule", "missing",
        "kind", "definition", "language", "zone", "sheet", "product_or_code",
    )  # fmt: skip
    return {
        **dict.fromkeys(days, DAYS),
        **dict.fromkeys(texts, TEXTS),
        **dict.fromkeys(("units", "planned_units", "planned_discarded"), NUMBERS),
        **dict.fromkeys(("count", "sequence", "width", "permissible_gap_days", "cycles", "noted_week"), COUNTS),
        **dict.fromkeys(("baseline", "current"), FRACTIONS),
        **dict.fromkeys(("months", "weeks"), _lists(FRACTIONS)),
        **dict.fromkeys(("strict", "serial", "pharmacy_supplied", "carries_over"), (True, False)),
        **dict.fromkeys(("protocol", "indication"), NAMES),
        **dict.fromkeys(("products", "indications"), tuple({("x", "y"): text} for text in TEXTS)),
        "record": records,
        "protocols": _lists(NAMES),
        "policy": tuple(policies()),
        "other_protocols": ((), bs.find_protocol(MIGRAINE), [bs.find_protocol(MIGRAINE)]),
        "moment": MOMENTS,
        "stamped_at": MOMENTS,
        "product": PRODUCTS,
        "window": INTERVALS,
        "effect": tuple(one for one in INTERVALS if isinstance(one, bs.Interval)),
        "calendar": (lambda _: False, lambda _: True, planning.ClinicCalendar(open_weekdays=("monday",), closures=ENDS_OF_TIME)),
        "away": (*_lists(windows), ["x"], [(date.max, date.min)], [("", "")]),
        "leads": tuple({"call": length} for length in INTERVALS),
        "sizes": _lists(NUMBERS),
        "failures": _lists((True, False)),
        "assessments": tuple(
            [outcomes.AshworthAssessment(on=day, joint="elbow", score="2")] for day in ENDS_OF_TIME
        ),
        "diary": tuple(outcomes.HeadacheDiary(days=[{"on": day, "kind": "migraine"}]) for day in ENDS_OF_TIME),
        "goals": tuple(
            outcomes.GoalSet(set_on=day, judged_on=day, goals=[{"weight": weight, "baseline": -2, "achieved": 2}])
            for day in ENDS_OF_TIME
            for weight in (1, Decimal("1e-30"))
        ),
        "notes": (*([(day, week)] for day in (*DAYS, 0, -1) for week in (0, -1, 10**12)),),
        "effects": tuple([outcomes.SideEffect(first=day, name="x")] for day in ENDS_OF_TIME),
        "sessions": _lists(DAYS),
        "measure": tuple(outcomes.DiaryKind),
        "alarms": _lists(INTERVALS),
        "events": events,
        "previous": CALENDARS,
        "refresh_every": (timedelta.min, timedelta.max, timedelta(0), timedelta(microseconds=1)),
        "summaries": tuple({"due": text} for text in TEXTS),
        "bundle": BUNDLES,
        "identifier": tuple((text, text) for text in TEXTS),
        "columns": (*({text: text} for text in TEXTS), {"x": "date"}, {"date": "x"}),
        "date_format": FORMATS,
        "encoding": ENCODINGS,
        "path": PATHS,
        "source": PATHS,
        "problems": _lists(TEXTS),
        "rows": tuple(
            [ReportRow(patient=text, indication=text, product=text, section=text, notes=[text])] for text in TEXTS
        ),
    }  # fmt: skip


def _events(windows: Iterable[bs.Window]) -> Iterator[list[ical.CalendarEvent]]:
    for window in windows:
        for text in ("", "\0", "\r\nX:y", "\ud800"):
            yield [
                ical.CalendarEvent(
                    uid=text, kind="due", window=window, status="TENTATIVE", summary=text
                )
            ]


SPECIAL_ENDS: dict[tuple[str, str], tuple[Any, ...]] = {
    ("find_shared_visit", "planned_units"): tuple({MIGRAINE: number} for number in NUMBERS),
    ("chronic_migraine_criteria", "count"): tuple(map(_count, ENDS_OF_TIME)),
    ("chronic_migraine_criteria", "missing"): tuple(outcomes.MissingDays),
    ("judge_counts", "rule"): outcomes.bundled_response_rules(),
    ("forecast_all", "protocols"): ((), [bs.find_protocol(MIGRAINE)]),
    # Weeks of eight thousand years are counted, and take ten seconds.
    ("weekly_days", "last"): (date.min, "9", "2026-02-30"),
    ("weekly_days", "administered_on"): (date.max, "", date(2000, 1, 1)),
    ("age_on", "born_on"): ENDS_OF_TIME,
    ("age_on", "day"): ENDS_OF_TIME,
    ("read_sessions", "indications"): _lists(TEXTS),
}

# What no value of its own type can push further.
WITHOUT_ENDS = frozenset(
    {
        "before",
        "after",
        "forecast",
        "dates",
        "timeline",
        "timelines",
        "results",
        "observed",
        "placed",
    }
)


def extremes(call: Call) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the call's arguments with each of them at each of its ends, alone and with the days."""
    short = call.name.rpartition(".")[2]
    for name in call.good:
        values = () if name in WITHOUT_ENDS else SPECIAL_ENDS.get((short, name), ends()[name])
        if name == "source":
            table = FACTS.get(short, DIARY if short == "read_diary" else EXPORT)
            values = (*values, *_tables(table)) if short.startswith("read_") else TEXTS
        for value in values:
            yield name, call.good | {name: value}
    days = [name for name in ("on", "as_of") if name in call.good]
    for day in ENDS_OF_TIME if days else ():
        for other in ends()["record"] if "record" in call.good else ():
            yield "record and days", call.good | {"record": other} | dict.fromkeys(days, day)
