"""Tables as clinics export them: each row is a session, a problem, or blank."""

import dataclasses
import io
import tomllib
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from botox_schedule import TreatmentSession, forecast_all
from botox_schedule.errors import DayError, FileLimitError, TableError
from botox_schedule.tables import (
    read_births,
    read_care_ends,
    read_holds,
    read_sessions,
    read_weights,
)
from table_samples import FILES, GOOD, HEADER, one, read, reasons

SHAPES = tomllib.loads((FILES / "expected.toml").read_text(encoding="utf-8"))
FIELDS = [field.name for field in dataclasses.fields(TreatmentSession)]


def fields_of(session: TreatmentSession) -> dict[str, Any]:
    return {name: getattr(session, name) for name in FIELDS}


def written(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value or "")


class TestShapes:
    def test_every_file_has_its_answer(self) -> None:
        names = {file.name for file in FILES.iterdir()} - {"expected.toml", ".gitattributes"}
        assert names == set(SHAPES["files"])

    @pytest.mark.parametrize("name", sorted(SHAPES["files"]))
    def test_a_file_says_what_it_says(self, name: str) -> None:
        shape = SHAPES["files"][name]
        options = {"date_format": shape.get("date_format")}
        if error := shape.get("error"):
            with pytest.raises(TableError) as caught:
                read_sessions(FILES / name, **options)
            assert str(caught.value).startswith(error)
            return
        reading = read_sessions(FILES / name, **options)
        left_out = shape.get("left_out", [])
        expected = shape.get("rows", [row for row in SHAPES["plain"] if row[0] not in left_out])
        columns = ("patient", "administered_on", "indication", "product", "units")
        found = [[written(row[name]) for name in columns] for row in reading.rows()]
        assert found == expected
        problems = shape.get("problems", [])
        assert [problem.line for problem in reading.problems] == [line for line, _ in problems]
        for problem, (_, words) in zip(reading.problems, problems, strict=True):
            assert problem.reason.startswith(words)
        counts = reading.counts
        assert counts.read == counts.used + counts.left_out + counts.blank


class TestAnswers:
    def test_records_and_rows_hold_the_same_sessions(self) -> None:
        reading = read(
            f"{HEADER}\n{GOOD}\n{GOOD.replace('01-05', '03-30')}\n{GOOD.replace('P1', 'P2')}"
        )
        records = reading.records()
        assert [(record.id, len(record.sessions)) for record in records] == [("P1", 2), ("P2", 1)]
        assert records[0].born_on == date(1980, 1, 1)
        assert reading.rows()[0] == {
            "patient": "P1", "administered_on": date(2026, 1, 5), "indication": "chronic-migraine",
            "product": "onabotulinumtoxinA", "units": Decimal(155), "units_discarded": None, "status": "completed",
            "kind": "full", "session_id": "line 2", "recorded_on": None,
        }  # fmt: skip

    def test_records_take_what_other_tables_hold(self) -> None:
        reading = read(f"{HEADER},Date of death\n{GOOD},2026-02-01\n{GOOD.replace('P1', 'P2')},\n")
        holds = read_holds(b"patient,first\nP2,2026-02-01\nP2,2026-03-01\nP3,2026-01-01\n")
        ends = read_care_ends(b"patient,on,kind\nP1,2026-03-01,discharged\n")
        births = read_births(b"patient,born on\nP1,1981-01-01\nP2,1980-01-01\nP2,1981-01-01\n")
        first, second, third = reading.records(holds=holds, care_ends=ends, births=births)
        assert [end.kind for end in first.care_ends] == ["deceased", "discontinued"]
        # Two days of birth differ, in two tables or in one: nobody knows which is right.
        assert (first.born_on, second.born_on) == (None, None)
        assert first.holds == ()
        assert [hold.first for hold in second.holds] == [date(2026, 2, 1), date(2026, 3, 1)]
        assert (third.id, third.sessions, len(third.holds)) == ("P3", (), 1)
        weights = read_weights(b"patient,date,kg\nP4,2026-02-01,50\n")
        assert [record.id for record in reading.records(weights=weights)] == ["P1", "P2"]
        assert [problem.line for problem in holds.unmatched(reading.patients)] == [4]

    def test_a_table_given_as_another_is_refused(self) -> None:
        reading = read(f"{HEADER}\n{GOOD}\n")
        weights: Any = read_weights(b"patient,date,kg\nP1,2026-02-01,50\n")
        with pytest.raises(ValidationError, match="holds"):
            reading.records(holds=weights)
        with pytest.raises(ValidationError):
            reading.records(weight=weights)  # type: ignore[call-arg]
        with pytest.raises(DayError, match="births"):
            reading.records(births=weights)

    def test_the_key_of_a_finding_does_not_follow_the_line(self) -> None:
        unknown = GOOD.replace("chronic-migraine", "migrane")
        today, tomorrow = (
            read(f"{HEADER}\n{unknown}"),
            read(f"{HEADER}\n{GOOD.replace('P1', 'P2')}\n{unknown}"),
        )
        keys = {
            finding.key
            for reading in (today, tomorrow)
            for record in reading.records()
            for answer in forecast_all(record, as_of="2026-02-01")
            for finding in answer.findings
            if finding.code == "unrecognized_indication"
        }
        assert len(keys) == 1

    def test_nothing_shows_a_patient_by_accident(self) -> None:
        reading = one(GOOD)
        holds = read_holds(b"patient,first\nP1,2026-01-05\n")
        shown = repr((reading, reading.session_rows, holds, holds.fact_rows))
        assert "P1" not in shown
        assert "2026" not in shown

    def test_no_reason_shows_what_is_in_the_row(self) -> None:
        row = "Smith,Smith,Smith!,Smith,Smith,Smith,Smith"
        for cells in (row, row.replace("Smith,Smith,Smith!", "Smith,2026-01-05,x"),
                      "Smith,2026-01-05,Smith,Smith,Smith,completed,Smith"):  # fmt: skip
            reading = one(cells)
            assert reading.problems
            assert not any("mith" in reason for reason in reasons(reading))


CELLS = st.one_of(
    st.sampled_from(["", "P1", "0012", "2026-01-05", "migraine", "G43.709", "Botox", "155", "1.000", "completed", "2026-01", "yes"]),
    st.text(max_size=8),
)  # fmt: skip


class TestLaws:
    @settings(deadline=None)
    @given(st.lists(st.lists(CELLS, max_size=9), max_size=12), st.sampled_from(",;\t|"))
    def test_every_row_is_a_session_a_problem_or_blank(
        self, rows: list[list[str]], delimiter: str
    ) -> None:
        header = f"{HEADER},Date of death".replace(",", delimiter)
        body = [
            "\0".join(row).translate({10: 32, 13: 32, ord(delimiter): 32, 0: delimiter})
            for row in rows
        ]
        text = "\n".join([header, *body, ""])
        reading = read_sessions(io.StringIO(text))
        counts = reading.counts
        assert counts.read == counts.used + counts.left_out + counts.blank
        assert counts.used == len(reading.session_rows) == len(reading.rows())
        assert counts.used == sum(len(record.sessions) for record in reading.records())
        assert counts.left_out == sum(problem.left_out for problem in reading.problems)
        lines = {row.line for row in reading.session_rows}
        assert lines.isdisjoint(p.line for p in reading.problems if p.left_out)
        if '"' not in text:
            assert counts.read == len(rows)
        for row in reading.session_rows:
            fields = fields_of(row.session)
            assert repr(fields) == repr(fields_of(TreatmentSession(**fields)))

    def test_no_rule_of_a_session_is_about_two_fields(self) -> None:
        """The reader puts what it read into the fields one by one."""
        rules: Any = vars(TreatmentSession)["__pydantic_decorators__"]
        found = {*rules.model_validators, *rules.field_validators, *rules.root_validators}
        assert found == set()

    @settings(deadline=None)
    @given(st.lists(st.lists(CELLS, min_size=4, max_size=4), max_size=8))
    def test_a_table_of_decisions_keeps_the_same_law(self, rows: list[list[str]]) -> None:
        body = [
            ",".join(cell.translate({10: 32, 13: 32, 44: 32, 34: 32, 0: 32}) for cell in row)
            for row in rows
        ]
        holds = read_holds(io.StringIO("\n".join(["patient,first,last,reason", *body, ""])))
        counts = holds.counts
        assert counts.read == len(rows) == counts.used + counts.left_out + counts.blank
        assert counts.left_out == sum(problem.left_out for problem in holds.problems)
        assert counts.used == sum(map(len, holds.by_patient.values()))

    @settings(deadline=None)
    @given(st.binary(max_size=200))
    def test_any_bytes_are_read_or_refused(self, content: bytes) -> None:
        for start in (
            b"",
            b"PAR1",
            b"PK\x03\x04",
            b"\xd0\xcf\x11\xe0",
            b"\x1f\x8b",
            f"{HEADER}\n".encode(),
        ):
            try:
                counts = read_sessions(start + content).counts
            except (TableError, FileLimitError):
                continue
            assert counts.read == counts.used + counts.left_out + counts.blank

    @settings(deadline=None)
    @given(st.permutations([GOOD.replace("01-05", f"0{month}-05") for month in range(1, 6)]))
    def test_the_order_of_rows_means_nothing(self, rows: list[str]) -> None:
        reading = read("\n".join([HEADER, *rows]))
        days = {session.administered_on for session in reading.sessions["P1"]}
        assert days == {date(2026, month, 5) for month in range(1, 6)}
