"""What is twice as much costs twice as much: the lines that run are counted, so no clock judges."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from itertools import pairwise
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

pytest.importorskip("fhir.resources", reason="the extra 'fhir' is not installed")
pytest.importorskip("icalendar", reason="the extra 'ical' is not installed")
pytest.importorskip("jinja2", reason="the extra 'handout' is not installed")
pytest.importorskip("polars", reason="the extra 'panel' is not installed")

import botox_schedule as bs
from botox_schedule import fhir, ical, outcomes, panel, planning, tables
from botox_schedule.cli import main as cli
from botox_schedule.fhir.people import _connected
from botox_schedule.testing import record_from_gaps
from fhir_samples import MIGRAINE_REASON, ZONE, bundle, given_dose, person

OURS = str(Path(bs.__file__).parent)
DAY = date(2024, 1, 1)
AS_OF = date(2026, 3, 1)
MIGRAINE = bs.find_protocol("chronic-migraine")
FEW = 50
"""So many lines more or less say nothing."""
Call = Callable[[], object]


@contextmanager
def counted(lines: list[int]) -> Iterator[None]:
    """Append how many lines of the library run; a loop on one line counts each time round."""
    count = 0

    def local(_: FrameType, event: str, __: Any) -> Any:
        nonlocal count
        count += event == "line"
        return local

    def entered(frame: FrameType, _: str, __: Any) -> Any:
        return local if frame.f_code.co_filename.startswith(OURS) else None

    before = sys.gettrace()
    sys.settrace(entered)
    try:
        yield
    finally:
        sys.settrace(before)
        lines.append(count)


def growth(prepared: Callable[[int], Call], n: int) -> float:
    """How much more the last of four equal parts costs than the second; 1 where cost is linear."""
    prepared(n)()  # what is remembered for good is no part of the cost
    costs: list[int] = []
    for times in (1, 2, 3, 4):
        call = prepared(times * n)
        with counted(costs):
            call()
    steps = [more - less for less, more in pairwise(costs)]
    return (steps[-1] + FEW) / (steps[0] + FEW)


def export(n: int) -> str:
    rows = ["patient id,session id,date,indication,product,units,status,birth date"]
    for number in range(n):
        for cycle in range(2):
            day = DAY + timedelta(days=84 * cycle)
            cells = (f"P{number}", f"S{number}-{cycle}", day, "chronic-migraine", "Botox", 155)
            rows.append(",".join(map(str, (*cells, "completed", "1980-01-01"))))
    return "\n".join(rows)


def side_table(n: int, header: str, row: str) -> bytes:
    return "\n".join([header, *(row.format(f"P{number}") for number in range(n))]).encode()


HOLDS = ("patient,first,last,reason", "{},2025-01-01,2025-02-01,illness")
BIRTHS = ("patient,birth date", "{},1980-01-01")


class TestTables:
    @pytest.mark.parametrize(
        "answer",
        [
            lambda reading: reading.sessions,
            lambda reading: reading.patients,
            lambda reading: reading.records(),
            lambda reading: reading.rows(),
        ],
    )
    def test_what_a_table_gives_grows_with_its_rows(self, answer: Callable[[Any], object]) -> None:
        def prepared(n: int) -> Call:
            reading = tables.read_sessions(export(n).encode())
            return lambda: answer(reading)

        assert growth(prepared, 40) < 1.1

    def test_reading_grows_with_the_rows(self) -> None:
        def prepared(n: int) -> Call:
            content = export(n).encode()
            return lambda: tables.read_sessions(content)

        assert growth(prepared, 20) < 1.1

    def test_bad_rows_cost_no_more(self) -> None:
        def prepared(n: int) -> Call:
            content = export(n).replace("chronic-migraine,Botox", "tenniselbow,Botux").encode()
            return lambda: tables.read_sessions(content)

        assert growth(prepared, 20) < 1.1

    def test_copies_cost_no_more(self) -> None:
        def prepared(n: int) -> Call:
            head, *rows = export(2).splitlines()
            content = "\n".join([head, *(rows * n)]).encode()
            return lambda: tables.read_sessions(content).records()

        assert growth(prepared, 20) < 1.1

    def test_side_tables_grow_with_their_rows(self) -> None:
        def prepared(n: int) -> Call:
            sessions = tables.read_sessions(export(n).encode())
            holds, births = side_table(n, *HOLDS), side_table(n, *BIRTHS)

            def read() -> None:
                held = tables.read_holds(holds)
                sessions.records(holds=held, births=tables.read_births(births))
                held.unmatched(sessions.patients)

            return read

        assert growth(prepared, 20) < 1.1


_LISTS = ("schedule", "worklist", "workload")


class TestCommands:
    @pytest.mark.parametrize(
        ("command", "form"),
        [
            ("report", ""),
            *((name, form) for name in _LISTS for form in ("", "--csv", "--json")),
        ],
    )
    def test_a_list_grows_with_its_patients(self, tmp_path: Path, command: str, form: str) -> None:
        def prepared(n: int) -> Call:
            file, holds = tmp_path / f"{n}.csv", tmp_path / f"holds-{n}.csv"
            file.write_text(export(n))
            holds.write_bytes(side_table(n, *HOLDS))
            given = [command, str(file), "--as-of", "2026-03-01", "--holds", str(holds), form]
            given += ["--html", str(tmp_path / "page.html")] if command == "report" else []
            given += [] if command == "schedule" else ["--care-ends", "none"]

            def answer() -> None:
                with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                    assert cli.main([word for word in given if word]) in {0, 1}

            return answer

        assert growth(prepared, 6) < 1.15


class TestFhir:
    def test_a_bundle_grows_with_its_patients(self) -> None:
        def prepared(n: int) -> Call:
            resources = []
            for number in range(n):
                reference = {"reference": f"Patient/{number}"}
                resources += [
                    person(id=str(number)),
                    given_dose(id=f"m{number}", subject=reference, reasonCode=MIGRAINE_REASON),
                ]
            whole = bundle(*resources)
            return lambda: fhir.records_from_bundle(whole, zone=ZONE).records

        assert growth(prepared, 15) < 1.1

    def test_a_chain_of_links_is_followed_once(self) -> None:
        """What a set does runs in no line of the library; how often it asks for a name tells."""
        asked: list[str] = []

        class Name(str):
            __slots__ = ()

            def __hash__(self) -> int:
                asked.append(self)
                return super().__hash__()

        names = [Name(number) for number in range(500)]
        (group,) = _connected([*pairwise(names)])
        assert group == names
        assert len(asked) < 12 * len(names)

    def test_a_bundle_grows_with_one_patients_administrations(self) -> None:
        def prepared(n: int) -> Call:
            given = [
                given_dose(id=f"m{k}", effectiveDateTime=str(DAY + timedelta(days=84 * k)))
                for k in range(n)
            ]
            whole = bundle(person(), *given)
            return lambda: fhir.records_from_bundle(whole, zone=ZONE).records

        assert growth(prepared, 15) < 1.1


def long_record(n: int, **more: Any) -> bs.PatientRecord:
    record = record_from_gaps([84] * (n - 1), starts_on=date(2, 1, 1), units=155)
    return bs.PatientRecord(sessions=record.sessions, **more)


def many(n: int, **row: Any) -> list[dict[str, Any]]:
    """Rows that follow each other, a fortnight apart."""
    starts = [DAY + timedelta(days=14 * number) for number in range(n)]
    return [{"first": day, "last": day + timedelta(days=7), **row} for day in starts]


LONG = {
    "sessions": long_record,
    "holds": lambda n: long_record(3, holds=many(n, reason="illness")),
    "overrides": lambda n: long_record(
        3,
        overrides=many(
            n, indication="chronic-migraine", minimum="10 weeks", authority="payer", reason="x"
        ),
    ),
    "authorizations": lambda n: long_record(
        3,
        authorizations=[
            {
                "valid": {"first": row["first"], "last": row["last"]},
                "indication": "chronic-migraine",
                "product": "Botox",
                "sessions": 1,
            }
            for row in many(n)
        ],
    ),
    "prior treatments": lambda n: long_record(
        3,
        prior_treatments=[
            {
                "indication": "chronic-migraine",
                "product": "Botox",
                "cycles": 1,
                "started_on": DAY - timedelta(days=90 * number),
                "last_on": DAY - timedelta(days=90 * number),
            }
            for number in range(n)
        ],
    ),
    "weights": lambda n: long_record(
        3, weights=[{"measured_on": row["first"], "kilograms": 70} for row in many(n)]
    ),
    "bookings": lambda n: bs.PatientRecord(
        sessions=[
            {
                "administered_on": AS_OF + timedelta(days=84 * number),
                "indication": "chronic-migraine",
                "product": "Botox",
                "status": "booked" if number else "completed",
            }
            for number in range(n)
        ]
    ),
    "unknown words": lambda n: bs.PatientRecord(
        sessions=[
            {
                "administered_on": DAY + timedelta(days=number),
                "indication": "chronic-migraine" if number % 2 else "tennis-elbow",
                "product": "Botox",
            }
            for number in range(n)
        ]
    ),
}


class TestRecords:
    @pytest.mark.parametrize("what", LONG)
    @pytest.mark.parametrize(
        "ask",
        [
            lambda record: bs.forecast(record, MIGRAINE, as_of=AS_OF),
            lambda record: bs.forecast_all(record, as_of=AS_OF),
            lambda record: bs.check_date(record, MIGRAINE, on=AS_OF, as_of=AS_OF),
            lambda record: bs.treatment_cycles(record, MIGRAINE, as_of=AS_OF),
            lambda record: outcomes.adherence(record, MIGRAINE, as_of=AS_OF),
            lambda record: ical.events_from_record(record, MIGRAINE, as_of=AS_OF, key="k"),
            lambda record: planning.first_bookable_day(
                record, MIGRAINE, calendar=planning.ClinicCalendar(), as_of=AS_OF
            ),
        ],
    )
    def test_an_answer_grows_with_the_record(
        self, what: str, ask: Callable[[bs.PatientRecord], object]
    ) -> None:
        def prepared(n: int) -> Call:
            record: bs.PatientRecord = LONG[what](n)  # type: ignore[no-untyped-call]
            return lambda: ask(record)

        assert growth(prepared, 12) < 1.2

    def test_an_answer_grows_with_the_payers_rules(self) -> None:
        def prepared(n: int) -> Call:
            policy = bs.SchedulingPolicy.model_validate(
                {"payer": [{**row, "minimum": "10 weeks"} for row in many(n)]}
            )
            record = long_record(3)
            return lambda: bs.forecast(record, MIGRAINE, as_of=AS_OF, policy=policy)

        assert growth(prepared, 12) < 1.2

    def test_a_calendar_file_grows_with_its_events(self) -> None:
        moment = datetime(2026, 3, 1, tzinfo=UTC)

        def prepared(n: int) -> Call:
            record = long_record(2)
            events = ical.events_from_record(record, MIGRAINE, as_of=AS_OF, key="k", count=1)
            own = [replaced(event, number) for number, event in enumerate([*events] * n)]
            before = ical.ical_from_events(own, stamped_at=moment)
            return lambda: ical.ical_from_events(own, stamped_at=moment, previous=before)

        assert growth(prepared, 4) < 1.1


def replaced(event: ical.CalendarEvent, number: int) -> ical.CalendarEvent:
    return event.model_copy(update={"uid": f"{number}-{event.uid}"})


class TestDiary:
    def test_a_diary_grows_with_its_days(self) -> None:
        def prepared(n: int) -> Call:
            days = [f"{DAY + timedelta(days=number)},headache" for number in range(28 * n)]
            content = "\n".join(["date,kind", *days]).encode()
            return lambda: outcomes.read_diary(BytesIO(content))

        assert growth(prepared, 4) < 1.1


class TestPanel:
    def test_records_of_their_own_grow_with_their_number(self) -> None:
        def prepared(n: int) -> Call:
            rows = tables.read_sessions(export(n).encode()).rows()
            priors = [
                {"patient": f"P{k}", "indication": "chronic-migraine", "product": "Botox"}
                | {"cycles": 1, "last_on": date(2023, 1, 1)}
                for k in range(n)
            ]

            def answer() -> None:
                import polars as pl  # noqa: PLC0415 - an extra

                panel.forecast(
                    pl.DataFrame(rows), as_of=AS_OF, prior_treatments=pl.DataFrame(priors)
                )

            return answer

        assert growth(prepared, 8) < 1.1


def test_bookings_of_another_treatment_cost_no_more_than_others() -> None:
    def prepared(n: int) -> Call:
        last = {"administered_on": DAY, "indication": "sialorrhea", "product": "Myobloc"}
        ahead = [
            last | {"administered_on": AS_OF + timedelta(days=number), "status": "booked"}
            for number in range(n)
        ]
        rows = [last, *({**visit, "product": "Xeomin"} for visit in ahead)]
        record = bs.PatientRecord.model_validate({"sessions": rows})
        return lambda: bs.forecast(record, "sialorrhea", as_of=AS_OF)

    assert growth(prepared, 30) < 1.1
