"""The command line: what it prints, and with which exit status it ends."""

import csv
import io
import json
import re
import runpy
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from botox_schedule import PatientRecord, __version__
from botox_schedule.cli import main as cli
from botox_schedule.cli.output import Answer, written
from botox_schedule.testing import record_from_gaps

HEADER = "Patient ID,Session date,Indication,Product,Units,Status,Birth date"
GOOD = "P1,2026-01-05,chronic-migraine,Botox,155,completed,1980-01-01"


class Clock(date):
    """A clock that stands still."""

    @classmethod
    def today(cls) -> "Clock":
        return cls(2026, 2, 20)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "date", Clock)


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    status = cli.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out, err


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as caught:
        cli.main([str(argument) for argument in arguments])
    assert caught.value.code == 2
    return capsys.readouterr().err


def export(folder: Path, *rows: str) -> Path:
    file = folder / "export.csv"
    file.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
    return file


def record_file(folder: Path, record: PatientRecord | str) -> Path:
    file = folder / "record.json"
    text = record if isinstance(record, str) else record.model_dump_json()
    file.write_text(text, encoding="utf-8")
    return file


Capture = pytest.CaptureFixture[str]


class TestDue:
    def test_it_prints_dates_status_and_sources(self, capsys: Capture) -> None:
        status, out, _ = run(
            capsys, "due", "chronic-migraine", "2026-01-05", "--as-of", "2026-03-30"
        )
        assert status == 0
        assert "due                   2026-03-30" in out
        assert "status on 2026-03-30  due" in out
        assert "  2. 2026-06-22" in out
        assert "Epocrates: Botox" in out
        assert "Not medical advice" in out

    def test_only_without_as_of_the_clock_is_read(self, capsys: Capture) -> None:
        assert (
            "status on 2026-02-20  too_early"
            in run(capsys, "due", "chronic-migraine", "2026-01-05")[1]
        )

    def test_json_and_csv(self, capsys: Capture) -> None:
        told = json.loads(run(capsys, "due", "chronic-migraine", "2026-01-05", "--json")[1])
        assert (told["status"], told["dates"]["due"]) == ("too_early", "2026-03-30")
        (row,) = csv.DictReader(
            io.StringIO(run(capsys, "due", "chronic-migraine", "2026-01-05", "--csv")[1])
        )
        assert (row["earliest"], row["status"]) == ("2026-03-30", "too_early")

    def test_an_unverified_figure_is_said(self, capsys: Capture) -> None:
        out = run(capsys, "due", "lower-limb-spasticity", "2026-01-05")[1]
        assert "unverified: minimum" in out

    def test_a_missing_interval_is_said(self, capsys: Capture) -> None:
        out = run(capsys, "due", "axillary-hyperhidrosis", "2026-01-05")[1]
        assert "no later sessions" in out
        assert "repeat when the effect diminishes" in out

    def test_a_payers_minimum_counts(self, capsys: Capture) -> None:
        out = run(
            capsys, "due", "chronic-migraine", "2026-01-05", "--payer-minimum", "12 weeks + 1 day"
        )[1]
        assert "earliest              2026-03-31" in out

    def test_a_clinics_own_file_comes_first(self, capsys: Capture, tmp_path: Path) -> None:
        own = tmp_path / "own.toml"
        own.write_text(
            '[[protocols]]\nid = "own"\nversion = "1"\nregion = "us"\nindication = "chronic-migraine"\n'
            'product = "Botox"\npopulation = "adult"\n'
            'retreatment = { kind = "scheduled", minimum = "13 weeks" }\n',
            encoding="utf-8",
        )
        out = run(capsys, "due", "chronic-migraine", "2026-01-05", "--protocols", own)[1]
        assert "earliest              2026-04-06" in out
        assert "no source is given: unverified" in out
        other = run(capsys, "due", "spasticity", "2026-01-05", "--protocols", own)[1]
        assert "due                   2026-04-05" in other
        assert "own " in run(capsys, "protocols", "--protocols", own)[1]
        assert "own version 1" in run(capsys, "protocols", "own", "--protocols", own)[1]
        scheduled = run(capsys, "schedule", export(tmp_path, GOOD), "--protocols", own, "--csv")[1]
        assert "2026-04-06" in scheduled

    def test_bad_arguments_say_what_is_expected(self, capsys: Capture) -> None:
        assert "expected YYYY-MM-DD" in refused(capsys, "due", "chronic-migraine", "5 January")
        assert "give text such as" in refused(
            capsys, "due", "chronic-migraine", "2026-01-05", "--payer-minimum", "12w"
        )
        assert "expected a brand name" in refused(
            capsys, "due", "chronic-migraine", "2026-01-05", "--product", "toxin"
        )
        status, out, err = run(capsys, "due", "headache", "2026-01-05")
        assert (status, out) == (2, "")
        assert err.startswith("botox-schedule: no bundled protocol for headache")
        assert len(err.splitlines()) == 1

    def test_a_negative_minimum_is_one_line(self, capsys: Capture) -> None:
        status, _, err = run(
            capsys, "due", "chronic-migraine", "2026-01-05", "--payer-minimum", "0 days - 1 day"
        )
        assert (status, err) == (
            2,
            "botox-schedule: Value error, payer_minimum cannot be negative\n",
        )


class TestTimeline:
    def test_it_prints_windows_and_phase(self, capsys: Capture) -> None:
        _, out, _ = run(capsys, "timeline", "spasticity", "2026-01-05", "--as-of", "2026-02-10")
        assert "peak      2026-02-02 to 2026-02-16  (4 to 6 weeks)" in out
        assert "phase on 2026-02-10: peak" in out

    def test_full_benefit_counts_from_the_course(self, capsys: Capture) -> None:
        out = run(
            capsys,
            "timeline",
            "chronic-migraine",
            "2026-01-05",
            "--course-started-on",
            "2025-10-13",
        )[1]
        assert "full benefit of the course by 2026-04-13" in out

    def test_json_and_csv(self, capsys: Capture) -> None:
        told = json.loads(run(capsys, "timeline", "spasticity", "2026-01-05", "--json")[1])
        assert (told["phase"], told["timeline"]["peak"]["first"]) == ("sustained", "2026-02-02")
        (row,) = csv.DictReader(
            io.StringIO(run(capsys, "timeline", "chronic-migraine", "2026-01-05", "--csv")[1])
        )
        assert (row["peak_first"], row["onset_first"]) == ("", "2026-01-19")

    def test_nothing_stated_is_said(self, capsys: Capture) -> None:
        assert (
            "state no expected response"
            in run(capsys, "timeline", "overactive-bladder", "2026-01-05")[1]
        )

    def test_before_the_session_there_is_no_phase(self, capsys: Capture) -> None:
        assert "phase on 2026-02-20: -" in run(capsys, "timeline", "spasticity", "2026-03-05")[1]

    def test_an_unsourced_figure_is_unverified(self, capsys: Capture, tmp_path: Path) -> None:
        own = tmp_path / "own.toml"
        own.write_text(
            '[[protocols]]\nid = "own"\nversion = "1"\nregion = "us"\nindication = "chronic-migraine"\n'
            'product = "Botox"\npopulation = "adult"\nresponse = { onset = "1 week" }\n'
            'retreatment = { kind = "scheduled", minimum = "13 weeks" }\n',
            encoding="utf-8",
        )
        out = run(capsys, "timeline", "chronic-migraine", "2026-01-05", "--protocols", own)[1]
        assert "unverified: onset" in out


class TestProtocols:
    def test_all_are_listed(self, capsys: Capture) -> None:
        out = run(capsys, "protocols")[1]
        assert "onabotulinumtoxinA-chronic-migraine-adult-us" in out
        assert len(json.loads(run(capsys, "protocols", "--json")[1])) == 48

    def test_one_is_shown_with_sources_and_verification(self, capsys: Capture) -> None:
        out = run(capsys, "protocols", "onabotulinumtoxinA-upper-limb-spasticity-adult-us")[1]
        assert "shares its clock with spasticity, lower-limb-spasticity" in out
        assert "400 U per session, indication" in out
        assert "secondary" in out
        told = json.loads(
            run(capsys, "protocols", "onabotulinumtoxinA-chronic-migraine-adult-us", "--json")[1]
        )
        assert told["retreatment"]["minimum"] == "12 weeks"
        noted = run(capsys, "protocols", "onabotulinumtoxinA-chronic-migraine-adult-us")[1]
        assert "note: The label's dose is 155 U" in noted

    def test_an_unknown_id_is_one_line(self, capsys: Capture) -> None:
        status, _, err = run(capsys, "protocols", "none")
        assert (status, err) == (
            2,
            "botox-schedule: no protocol has that id; 'botox-schedule protocols' lists them\n",
        )

    def test_ages_need_not_be_stated(self, capsys: Capture, tmp_path: Path) -> None:
        own = tmp_path / "own.toml"
        own.write_text(
            '[[protocols]]\nid = "own"\nversion = "1"\nregion = "us"\nindication = "x"\nproduct = "Botox"\n'
            'population = "adult"\nretreatment = { kind = "scheduled", minimum = "13 weeks" }\n',
            encoding="utf-8",
        )
        assert "ages" not in run(capsys, "protocols", "own", "--protocols", own)[1]


class TestSchedule:
    def test_a_clean_export_ends_with_0(self, capsys: Capture, tmp_path: Path) -> None:
        status, out, err = run(capsys, "schedule", export(tmp_path, GOOD), "--as-of", "2026-02-20")
        assert (status, err) == (0, "")
        assert "1 rows read: 1 counted, 0 not counted" in out
        assert "Too early, the next first (1)" in out

    def test_bad_rows_end_with_1_and_the_good_ones_come_out(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = export(tmp_path, GOOD, "P2,01/05/2026,chronic-migraine,Botox,155,completed,")
        status, out, _ = run(capsys, "schedule", file)
        assert status == 1
        assert "P1       chronic-migraine" in out
        assert "line 3: date: expected YYYY-MM-DD; name the format with --date-format" in out
        assert "(1 not read)" in out
        assert run(capsys, "schedule", file, "--date-format", "mdy")[0] == 0

    def test_json_carries_everything(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD, "P2,soon,chronic-migraine,Botox,155,completed,")
        status, out, err = run(capsys, "schedule", file, "--json")
        told = json.loads(out)
        assert status == 1
        assert told["tracks"][0]["due"] == "2026-03-30"
        assert told["problems"] == [
            {"line": 3, "reason": "date: expected YYYY-MM-DD", "left_out": True}
        ]
        assert told["summary"]["rows"] == 2
        assert err == "line 3: date: expected YYYY-MM-DD\n"

    def test_csv_reports_problems_on_standard_error(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD, "P2,soon,chronic-migraine,Botox,155,completed,")
        _, out, err = run(capsys, "schedule", file, "--csv")
        (row,) = csv.DictReader(io.StringIO(out))
        assert (row["patient"], row["days_to_go"]) == ("P1", "38")
        assert "line 3" in err

    def test_a_cell_is_never_a_formula(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD.replace("P1", "=1+1"))
        assert "'=1+1," in run(capsys, "schedule", file, "--csv")[1]

    def test_a_minimum_alone_and_no_status_have_sections(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = export(
            tmp_path,
            "P1,2025-11-05,overactive-bladder,Botox,100,completed,",
            "P2,2026-01-05,chronic-migraine,Botox,155,completed,2018-01-01",
        )
        out = run(capsys, "schedule", file)[1]
        assert "Allowed, no usual range stated (1)" in out
        assert "Without a due day (1)" in out

    def test_a_product_can_be_stated(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD.replace("Botox", ""))
        assert run(capsys, "schedule", file)[0] == 1
        assert run(capsys, "schedule", file, "--product", "Botox")[0] == 0

    @pytest.mark.parametrize("name", ["missing.csv", "."])
    def test_a_file_that_cannot_be_opened_ends_with_2(
        self, capsys: Capture, tmp_path: Path, name: str
    ) -> None:
        status, out, err = run(capsys, "schedule", tmp_path / name)
        assert (status, out, len(err.splitlines())) == (2, "", 1)

    def test_a_file_that_is_no_export_ends_with_2(self, capsys: Capture, tmp_path: Path) -> None:
        file = tmp_path / "note.txt"
        file.write_text("hello", encoding="utf-8")
        status, _, err = run(capsys, "schedule", file)
        assert (status, len(err.splitlines())) == (2, 1)
        assert "note.txt: line 1: no column for patient" in err


class TestRecords:
    def test_forecast_answers_for_every_track(self, capsys: Capture, tmp_path: Path) -> None:
        record = record_from_gaps([84], starts_on=date(2026, 1, 5), units=155)
        other = record_from_gaps([], starts_on=date(2026, 2, 5), indication="spasticity", units=200)
        both = record.model_copy(update={"sessions": (*record.sessions, *other.sessions)})
        status, out, _ = run(
            capsys, "forecast", record_file(tmp_path, both), "--as-of", "2026-04-10"
        )
        assert status == 0
        assert "status on 2026-04-10  too_early" in out
        assert "finding conflicting_records" in out
        told = json.loads(
            run(capsys, "forecast", tmp_path / "record.json", "--as-of", "2026-04-10", "--json")[1]
        )
        assert len(told) == 2
        rows = run(capsys, "forecast", tmp_path / "record.json", "--as-of", "2026-04-10", "--csv")[
            1
        ]
        assert len(rows.splitlines()) == 3

    def test_forecast_explains(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, record_from_gaps([], starts_on=date(2026, 1, 5), units=155))
        out = run(
            capsys, "forecast", file, "--as-of", "2026-02-10", "--explain", "--planned-units", "155"
        )[1]
        assert "earliest 2026-03-30: the 12-week minimum gives 2026-03-30" in out
        assert "limit 400 U per window, product (twelve_weeks): 155 U on 2026-03-30" in out

    def test_explained_limits_say_what_is_not_checked(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = record_file(
            tmp_path,
            record_from_gaps([], starts_on=date(2026, 1, 5), indication="spasticity", units=155),
        )
        out = run(capsys, "forecast", file, "--as-of", "2026-02-10", "--explain")[1]
        assert "50 U per site, indication: not checked" in out

    def test_a_treatment_can_be_named(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, record_from_gaps([], starts_on=date(2026, 1, 5)))
        out = run(
            capsys, "forecast", file, "--indication", "cervical-dystonia", "--product", "Dysport"
        )[1]
        assert "abobotulinumtoxinA-cervical-dystonia-adult-us" in out
        out = run(capsys, "forecast", file, "--indication", "spasticity")[1]
        assert "onabotulinumtoxinA-spasticity-adult-us" in out

    def test_what_was_cancelled_plans_no_product(self, capsys: Capture, tmp_path: Path) -> None:
        given = {
            "administered_on": "2026-01-05",
            "indication": "cervical-dystonia",
            "product": "Botox",
        }
        off = {
            **given,
            "administered_on": "2026-02-05",
            "product": "Dysport",
            "status": "cancelled",
        }
        file = record_file(tmp_path, json.dumps({"sessions": [given, off]}))
        for options in ((), ("--indication", "cervical-dystonia")):
            told = json.loads(run(capsys, "forecast", file, *options, "--json")[1])
            assert [found["protocol"]["product"] for found in told] == ["onabotulinumtoxinA"]

    def test_tracks_of_one_clock_are_one(self, capsys: Capture, tmp_path: Path) -> None:
        sessions = [
            {"administered_on": day, "indication": name, "product": "Botox"}
            for day, name in (
                ("2026-01-05", "upper-limb-spasticity"),
                ("2026-02-05", "lower-limb-spasticity"),
            )
        ]
        file = record_file(
            tmp_path, PatientRecord.model_validate({"sessions": sessions, "born_on": "1980-01-01"})
        )
        told = json.loads(run(capsys, "forecast", file, "--json")[1])
        assert [found["protocol"]["indication"] for found in told] == ["lower-limb-spasticity"]

    def test_check_answers_for_a_day(self, capsys: Capture, tmp_path: Path) -> None:
        file = record_file(tmp_path, record_from_gaps([], starts_on=date(2026, 1, 5), units=155))
        status, out, _ = run(capsys, "check", file, "--on", "2026-03-29")
        assert status == 0
        assert "2026-03-29: not allowed" in out
        assert "next allowed day: 2026-03-30" in out
        told = json.loads(
            run(capsys, "check", file, "--on", "2026-03-30", "--as-of", "2026-03-01", "--json")[1]
        )
        assert told[0]["check"]["allowed"] is True
        rows = run(capsys, "check", file, "--on", "2026-03-30", "--csv")[1]
        assert "True,0,2026-03-30,allowed" in rows

    def test_a_day_in_the_past_is_judged_as_of_itself(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = record_file(tmp_path, record_from_gaps([], starts_on=date(2026, 1, 5), units=155))
        assert run(capsys, "check", file, "--on", "2026-02-10")[0] == 0
        status, _, err = run(capsys, "check", file, "--on", "2026-02-10", "--as-of", "2026-02-11")
        assert (status, err) == (
            2,
            "botox-schedule: on lies before as_of; give a day from as_of on\n",
        )

    def test_a_record_without_a_track_needs_a_treatment(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        draft = {
            "administered_on": "2026-01-05",
            "indication": "chronic-migraine",
            "product": None,
            "status": "draft",
        }
        for sessions in ([], [draft], [{**draft, "status": "completed"}]):
            file = record_file(tmp_path, json.dumps({"sessions": sessions}))
            status, _, err = run(capsys, "forecast", file)
            assert (status, len(err.splitlines())) == (2, 1)
            assert "--indication" in err

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('{"sessions": [{"administered_on": "Smith", "indication": "x", "product": null}]}',
             "sessions.0.administered_on: not a calendar day"),
            ('{"sessions": [{"administered_on": "2026-01-05", "indication": "x"}]}', "sessions.0.product: "),
            ('{"born_on": 5, "Smith": 1', "the file: Invalid JSON"),
            ("[]", "the file: "),
            (json.dumps({"sessions": [{}] * 30}), "and 70 more"),
        ],
    )  # fmt: skip
    def test_a_malformed_record_is_one_line_without_its_contents(
        self, capsys: Capture, tmp_path: Path, text: str, message: str
    ) -> None:
        status, _, err = run(capsys, "forecast", record_file(tmp_path, text))
        assert (status, len(err.splitlines())) == (2, 1)
        assert message in err
        assert "Smith" not in err


class TestOthers:
    def test_the_demo_runs_and_reads_no_clock(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Clock, "today", None)
        status, out, err = run(capsys, "demo")
        assert (status, err) == (0, "")
        assert "174 rows read: 159 counted, 15 not counted" in out
        assert "Overdue, the longest first" in out
        assert "What patient P1035 may expect" in out
        told = json.loads(run(capsys, "demo", "--json")[1])
        assert len(told["schedule"]["tracks"]) == 44
        assert run(capsys, "demo", "--csv")[1].count("\n") == 45

    @pytest.mark.parametrize(
        "name",
        ["patient-record", "forecast", "date-check", "treatment-cycle", "treatment-protocol"],
    )
    def test_schemas_are_printed(self, capsys: Capture, name: str) -> None:
        assert json.loads(run(capsys, "schema", name)[1])["$id"].endswith(f"{name}:1")

    def test_the_first_schema_is_the_records(self, capsys: Capture) -> None:
        assert "patient-record" in run(capsys, "schema")[1]

    def test_version_and_help(self, capsys: Capture) -> None:
        for option, text in (("--version", __version__), ("--help", "Not medical advice")):
            with pytest.raises(SystemExit) as caught:
                cli.main([option])
            assert caught.value.code == 0
            assert text in " ".join(capsys.readouterr().out.split())

    def test_the_module_runs_too(self, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "argv", ["botox-schedule", "schema"])
        with pytest.raises(SystemExit) as caught:
            runpy.run_module("botox_schedule", run_name="__main__")
        assert caught.value.code == 0
        assert capsys.readouterr().out.startswith("{")

    def test_a_command_is_needed(self, capsys: Capture) -> None:
        assert "COMMAND" in refused(capsys)

    def test_json_or_csv_and_not_both(self, capsys: Capture) -> None:
        assert "not allowed with" in refused(capsys, "protocols", "--json", "--csv")

    def test_a_reader_that_stops_is_no_error(self) -> None:
        command = f'"{sys.executable}" -m botox_schedule protocols --json | head -1'
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)  # noqa: S602
        assert (done.stdout, done.stderr) == ("[\n", "")

    def test_a_broken_pipe_ends_quietly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: Any) -> None:
            raise BrokenPipeError

        redirected: list[int] = []
        monkeypatch.setattr("builtins.print", broken)
        monkeypatch.setattr("os.dup2", lambda _, number: redirected.append(number))
        monkeypatch.setattr(sys.stdout, "fileno", lambda: 1, raising=False)
        assert cli.main(["protocols"]) == 0
        assert redirected == [1]

    def test_an_answer_is_written_in_its_form(self) -> None:
        answer = Answer(lambda: ["a"], lambda: {"a": 1}, ("a",), lambda: [("x",)])
        assert [written(answer, form) for form in ("text", "json", "csv")] == [
            "a",
            '{\n  "a": 1\n}',
            "a\nx",
        ]


def diary_file(folder: Path, *rows: str, header: str = "date,kind") -> Path:
    file = folder / "diary.csv"
    file.write_text("\n".join((header, *rows)), encoding="utf-8")
    return file


class TestResponse:
    RECORD = record_from_gaps([84], starts_on=date(2025, 8, 26), units=155)

    def rows(self) -> list[str]:
        """Four of five days with headache before the course, half of them in it."""
        start = date(2025, 7, 29)
        days = [start + timedelta(days=number) for number in range(28 + 168)]
        return [
            f"{day},{'none' if number % (5 if number < 28 else 2) == 0 else 'headache'}"
            for number, day in enumerate(days)
        ]

    def test_a_rule_gives_its_outcome(self, capsys: Capture, tmp_path: Path) -> None:
        record, diary = record_file(tmp_path, self.RECORD), diary_file(tmp_path, *self.rows())
        options = ("--rule", "preempt-50", "--as-of", "2026-02-10")
        status, out, _ = run(capsys, "response", diary, record, *options)
        assert status == 0
        assert "rule preempt-50 gives: not_met (as of 2026-02-10)" in out
        assert "50 % fewer headache days: 2025-11-18 (1 complete cycles)" in out
        told = json.loads(run(capsys, "response", diary, record, *options, "--json")[1])
        assert told["assessment"]["complete_cycles"] == 2
        (row,) = csv.DictReader(
            io.StringIO(run(capsys, "response", diary, record, *options, "--csv")[1])
        )
        assert (row["outcome"], row["first_judged_on"]) == ("not_met", "2025-11-18")

    def test_a_criterion_that_does_not_apply_is_blank(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        record, diary = record_file(tmp_path, self.RECORD), diary_file(tmp_path, *self.rows())
        rows = csv.DictReader(
            io.StringIO(run(capsys, "response", diary, record, "--rule", "ehf-2018", "--csv")[1])
        )
        assert [row["outcome"] for row in rows][-1] == ""

    def test_bad_days_are_reported_and_the_rest_counts(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        rows = [
            "2026-01-01,headache", "2026-01-01,headache", "2026-01-02,headache", "2026-01-02,none",
            "2027-01-01,headache", "soon,headache", "2026-01-03,maybe", "", "2026-01-04,1", "2026-01-05,", "2026-01-06",
        ]  # fmt: skip
        record, diary = record_file(tmp_path, self.RECORD), diary_file(tmp_path, *rows)
        status, out, _ = run(
            capsys, "response", diary, record, "--rule", "nice-ta260", "--as-of", "2026-02-10"
        )
        assert status == 1
        assert out.split("Problems (5)\n")[1].splitlines()[:5] == [
            "line 3: the same day as line 2",
            "line 5: contradicts line 4; the day is unknown",
            "line 6: date: lies after the day asked for",
            "line 7: date: expected YYYY-MM-DD",
            "line 8: kind: expected none, headache, migraine, unknown",
        ]

    def test_a_row_that_is_no_row_is_reported(self, capsys: Capture, tmp_path: Path) -> None:
        diary = diary_file(tmp_path, f"2026-01-01,{'x' * 140_000}", "2026-01-02,headache")
        record = record_file(tmp_path, self.RECORD)
        status, out, _ = run(capsys, "response", diary, record, "--rule", "nice-ta260")
        assert status == 1
        assert "line 2: not a row of a table" in out
        assert "Problems (1)" in out

    @pytest.mark.parametrize(
        "content", [b"day,pain\n", b"", b"\xff\xfe\x00", b"date,kind" + b"x" * 200_000]
    )
    def test_what_is_no_diary_is_one_line(
        self, capsys: Capture, tmp_path: Path, content: bytes
    ) -> None:
        diary = tmp_path / "diary.csv"
        diary.write_bytes(content)
        status, _, err = run(
            capsys, "response", diary, record_file(tmp_path, self.RECORD), "--rule", "nice-ta260"
        )
        assert (status, len(err.splitlines())) == (2, 1)
        assert "diary.csv: " in err

    def test_a_clinics_own_rule_can_be_named(self, capsys: Capture, tmp_path: Path) -> None:
        rules = tmp_path / "rules.toml"
        rules.write_text(
            '[[rules]]\nid = "house"\nversion = "1"\ntitle = "House"\n[[rules.criteria]]\nname = "a tenth"\n'
            'kind = "reduction"\nbelow = "1/10"\nbelow_gives = "not_met"\notherwise = "met"\n'
            'source = { key = "ehf-2018", place = "x", verification = "clinic", checked_on = 2026-01-01 }\n',
            encoding="utf-8",
        )
        record, diary = record_file(tmp_path, self.RECORD), diary_file(tmp_path, *self.rows())
        out = run(
            capsys,
            "response",
            diary,
            record,
            "--rule",
            "house",
            "--rules",
            rules,
            "--as-of",
            "2026-02-10",
        )[1]
        assert "rule house gives: met" in out

    def test_an_unknown_rule_is_one_line(self, capsys: Capture, tmp_path: Path) -> None:
        record, diary = record_file(tmp_path, self.RECORD), diary_file(tmp_path)
        status, _, err = run(capsys, "response", diary, record, "--rule", "best")
        assert (
            status,
            err.startswith("botox-schedule: no response rule has that id; known: nice-ta260"),
        ) == (2, True)


class TestAdherence:
    def test_every_track_is_judged(self, capsys: Capture, tmp_path: Path) -> None:
        rows = [
            GOOD.replace("2026-01-05", day) for day in ("2025-08-26", "2025-11-18", "2026-02-17")
        ]
        file = export(tmp_path, *rows, "P2,2026-01-05,chronic-migraine,,155,completed,")
        status, out, _ = run(capsys, "adherence", file, "--as-of", "2026-02-20")
        assert status == 1
        assert "no permissible gap was stated" in out
        assert "line 5: product: missing" in out
        told = json.loads(
            run(capsys, "adherence", file, "--as-of", "2026-02-20", "--gap-days", "30", "--json")[1]
        )
        (track,) = told["tracks"]
        assert track["adherence"]["intervals"] == [84, 91]
        assert track["adherence"]["is_censored"] is True
        text = run(capsys, "adherence", file, "--as-of", "2026-02-20", "--gap-days", "30", "--csv")[
            1
        ]
        (row,) = csv.DictReader(io.StringIO(text))
        assert (row["on_time"], row["covered_between"], row["episodes"]) == ("2", "0.96", "1")

    def test_a_stated_gap_is_said(self, capsys: Capture, tmp_path: Path) -> None:
        out = run(capsys, "adherence", export(tmp_path, GOOD), "--gap-days", "30")
        assert (out[0], "an episode ends after 30 days" in out[1]) == (0, True)

    def test_an_export_without_tracks_is_answered(self, capsys: Capture, tmp_path: Path) -> None:
        assert run(capsys, "adherence", export(tmp_path))[0] == 0


MIGRAINE_RECORD = record_from_gaps([], starts_on=date(2026, 1, 5), units=155)


class TestBook:
    def test_names_the_day_and_why(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        closed = ["--closed", "2026-03-30", "--closed", "2026-03-31/2026-04-01"]
        status, out, _ = run(capsys, "book", file, *closed)
        assert status == 0
        assert "2026-04-02, 3 days after the due day" in out
        assert "closed days move it by 3 days" in out

    def test_no_day_ends_with_one(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        away = ["--away", "2026-03-27/2026-04-12"]
        status, out, _ = run(capsys, "book", file, *away, "--csv")
        assert status == 1
        (row,) = csv.DictReader(io.StringIO(out))
        assert (row["on"], row["emptied_by"], row["first_late_on"]) == ("", "away", "2026-04-13")

    def test_other_weekdays_can_be_open(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        status, out, _ = run(capsys, "book", file, "--open", "sat,Sunday", "--json")
        assert status == 0
        assert json.loads(out)[0]["day"]["on"] == "2026-04-04"

    def test_public_holidays_close(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        pytest.importorskip("holidays", reason="the extra 'holidays' is not installed")
        file = record_file(tmp_path, record_from_gaps([], starts_on=date(2026, 10, 2)))
        status, out, _ = run(
            capsys, "book", file, "--as-of", "2026-12-01", "--country", "US", "--json"
        )
        assert status == 0
        assert json.loads(out)[0]["day"]["on"] == "2026-12-28"

    def test_one_visit_for_all_tracks(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        other = {
            "administered_on": "2026-01-12",
            "indication": "spasticity",
            "product": "Botox",
        }
        record = PatientRecord.model_validate({"sessions": [*MIGRAINE_RECORD.sessions, other]})
        file = record_file(tmp_path, record)
        for form, expected in (([], "2026-04-06: fits every track"), (["--csv"], "2026-04-06")):
            status, out, _ = run(capsys, "book", file, "--shared", *form)
            assert status == 0
            assert expected in out
        status, out, _ = run(capsys, "book", file, "--shared", "--json", "--closed", "2026-04-06")
        assert (status, json.loads(out)["emptied_by"]) == (1, "closed")

    def test_one_track_has_nothing_to_share(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        status, _, err = run(capsys, "book", record_file(tmp_path, MIGRAINE_RECORD), "--shared")
        assert status == 2
        assert "two or more treatments" in err

    @pytest.mark.parametrize(
        ("option", "message"),
        [
            (["--open", "mon,noday"], "expected some of monday"),
            (["--closed", "2026-13-01"], "expected YYYY-MM-DD"),
        ],
    )
    def test_bad_options_are_said(
        self, capsys: pytest.CaptureFixture[str], option: list[str], message: str
    ) -> None:
        assert message in refused(capsys, "book", "x.json", *option)

    def test_a_closure_that_ends_before_it_starts_is_one_line(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        status, _, err = run(capsys, "book", file, "--closed", "2026-04-10/2026-04-01")
        assert status == 2
        assert "the window ends before it starts" in err

    def test_an_authorization_that_ends_before_it_starts_is_one_line(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        approval = {
            "indication": "chronic-migraine",
            "product": "Botox",
            "valid": {"first": "2026-02-01", "last": "2026-01-01"},
        }
        status, _, err = run(
            capsys, "book", record_file(tmp_path, json.dumps({"authorizations": [approval]}))
        )
        assert status == 2
        assert "authorizations.0.valid: " in err
        assert "2026" not in err


class TestCountdown:
    def test_says_by_when(self, capsys: pytest.CaptureFixture[str]) -> None:
        leads = ["--lead", "submit=28 days", "--lead", "order=21 days", "--lead", "drug in=7 days"]
        status, out, _ = run(capsys, "countdown", "2026-06-22", *leads, "--serial")
        assert status == 0
        assert [line.split()[:3] for line in out.splitlines()[2:]] == [
            ["2026-04-27", "monday", "submit"],
            ["2026-05-25", "monday", "order"],
            ["2026-06-15", "monday", "drug"],
        ]

    def test_as_json(self, capsys: pytest.CaptureFixture[str]) -> None:
        _, out, _ = run(capsys, "countdown", "2026-06-22", "--lead", "order=8 days", "--json")
        assert json.loads(out) == [
            {"name": "order", "on": "2026-06-12", "lead": "8 days", "moved_days": 2}
        ]

    @pytest.mark.parametrize("lead", ["order", "=4 days", "order=soon"])
    def test_a_malformed_lead_is_said(self, capsys: pytest.CaptureFixture[str], lead: str) -> None:
        assert "argument --lead" in refused(capsys, "countdown", "2026-06-22", "--lead", lead)

    def test_two_leads_of_one_name_are_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        leads = ["--lead", "a=1 day", "--lead", "a=2 days"]
        status, _, err = run(capsys, "countdown", "2026-06-22", *leads)
        assert (status, "two leads have one name" in err) == (2, True)


class TestIcs:
    @pytest.fixture(autouse=True)
    def _extra(self) -> None:
        pytest.importorskip("icalendar", reason="the extra 'ical' is not installed")

    def test_writes_the_file_and_lists_the_events(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file, out_file = record_file(tmp_path, MIGRAINE_RECORD), tmp_path / "a.ics"
        options = ["--key", "k-1", "--out", out_file, "--alarm", "2 weeks", "--name", "Clinic"]
        status, out, _ = run(capsys, "ics", file, *options)
        assert status == 0
        assert "2026-03-30  2026-04-06  due" in out
        text = out_file.read_text(encoding="utf-8")
        for line in ("DTSTAMP:20260220T000000Z", "TRIGGER:-P14D", "NAME:Clinic"):
            assert line in text.splitlines()

    def test_a_second_export_changes_nothing(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = record_file(tmp_path, MIGRAINE_RECORD)
        first, second = tmp_path / "a.ics", tmp_path / "b.ics"
        run(capsys, "ics", file, "--key", "k-1", "--out", first)
        stamp = ["--stamped-at", "2026-03-01T09:00:00+01:00", "--previous", first]
        status, out, _ = run(capsys, "ics", file, "--key", "k-1", "--out", second, *stamp, "--json")
        assert status == 0
        assert second.read_bytes() == first.read_bytes()
        assert {event["kind"] for event in json.loads(out)} == {
            "session",
            "onset",
            "wear_off",
            "due",
        }

    def test_a_broken_previous_file_is_one_line(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        broken, out_file = tmp_path / "old.ics", tmp_path / "a.ics"
        broken.write_text("BEGIN:VCALENDAR\nSmith\n", encoding="utf-8")
        file = record_file(tmp_path, MIGRAINE_RECORD)
        status, _, err = run(
            capsys, "ics", file, "--key", "k", "--out", out_file, "--previous", broken
        )
        assert status == 2
        assert "line 2" in err
        assert "Smith" not in err
        assert not out_file.exists()

    @pytest.mark.parametrize("stamp", ["soon", "2026-02-01T09:00:00"])
    def test_a_stamp_has_a_zone(self, capsys: pytest.CaptureFixture[str], stamp: str) -> None:
        options = ["--key", "k", "--out", "a.ics", "--stamped-at", stamp]
        assert "expected a moment" in refused(capsys, "ics", "x.json", *options)


class TestFhir:
    @pytest.fixture(autouse=True)
    def _extra(self) -> None:
        pytest.importorskip("fhir.resources", reason="the extra 'fhir' is not installed")

    def bundle(self, folder: Path, **changed: Any) -> Path:
        dose = {
            "resourceType": "MedicationAdministration",
            "id": "m1",
            "status": "completed",
            "subject": {"reference": "Patient/1"},
            "medicationCodeableConcept": {"text": "BOTOX"},
            "reasonCode": [
                {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "G43.709"}]}
            ],
            "effectiveDateTime": "2026-01-05",
            **changed,
        }
        other = {"resourceType": "Patient", "id": "2"}
        entries = [{"resource": dose}, {"resource": other}]
        file = folder / "bundle.json"
        file.write_text(
            json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}),
            encoding="utf-8",
        )
        return file

    def test_says_where_the_patients_stand(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        out_file = tmp_path / "proposals.json"
        status, out, _ = run(
            capsys, "fhir", self.bundle(tmp_path), "--zone", "America/New_York", "--out", out_file
        )
        assert status == 0
        assert "patients 2, sessions 1, problems 0" in out
        assert "Patient/1  chronic-migraine  too_early  2026-01-05    2026-03-30" in out
        (entry,) = json.loads(out_file.read_text(encoding="utf-8"))["entry"]
        assert entry["resource"]["occurrencePeriod"] == {"start": "2026-03-30", "end": "2026-04-06"}

    def test_problems_are_listed_and_the_rest_comes_out(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = self.bundle(tmp_path, medicationCodeableConcept={"text": "some toxin"})
        out_file = tmp_path / "proposals.json"
        zone = ["--zone", "America/New_York"]
        status, out, _ = run(capsys, "fhir", file, *zone, "--out", out_file)
        assert status == 1
        assert "problem entry[0].medication: unknown_product" in out
        assert "entry" not in json.loads(out_file.read_text(encoding="utf-8"))
        status, out, err = run(capsys, "fhir", file, *zone, "--json")
        assert status == 1
        assert json.loads(out)["problems"][0]["session_left_out"] is True
        assert "unknown_product" in err
        assert run(capsys, "fhir", file, *zone, "--csv")[1].splitlines()[0].startswith("patient,")

    def test_a_broken_file_is_one_line(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "bundle.json"
        file.write_text('{"resourceType": "Smith', encoding="utf-8")
        status, _, err = run(capsys, "fhir", file, "--zone", "America/New_York")
        assert status == 2
        assert "bundle.json: the bundle is not JSON" in err
        assert "Smith" not in err

    def test_an_unknown_zone_is_one_line(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        status, _, err = run(capsys, "fhir", self.bundle(tmp_path), "--zone", "Mars")
        assert (status, "IANA name" in err) == (2, True)


@pytest.mark.parametrize(
    ("module", "extra", "arguments"),
    [
        ("icalendar", "ical", ["ics", "RECORD", "--key", "k", "--out", "a.ics"]),
        ("fhir.resources.R4B.bundle", "fhir", ["fhir", "RECORD", "--zone", "UTC"]),
        ("jinja2", "handout", ["report", "RECORD", "--html", "a.html"]),
        (
            "jinja2",
            "handout",
            ["handout", "RECORD", "--key", "k", "--html", "a.html", "--when-to-call", "RECORD"],
        ),
    ],
)
def test_a_missing_extra_says_what_to_install(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    module: str,
    extra: str,
    arguments: list[str],
) -> None:
    for name in list(sys.modules):
        own = (
            f"botox_schedule.{extra}",
            "botox_schedule.views",
        )
        if name.startswith((*own, module.split(".", maxsplit=1)[0])):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module.split(".", maxsplit=1)[0], None)
    file = record_file(tmp_path, MIGRAINE_RECORD)
    status, _, err = run(capsys, *[str(file) if a == "RECORD" else a for a in arguments])
    assert status == 2
    assert f"pip install 'botox-schedule[{extra}]'" in err


class TestHandout:
    @pytest.fixture(autouse=True)
    def _extra(self) -> None:
        pytest.importorskip("jinja2", reason="the extra 'handout' is not installed")
        pytest.importorskip("icalendar", reason="the extra 'handout' is not installed")

    def ask(self, folder: Path, *more: object) -> list[object]:
        text = folder / "call.txt"
        text.write_text("Call 555-0100.", encoding="utf-8")
        file = record_file(folder, MIGRAINE_RECORD)
        return [
            "handout",
            file,
            "--key",
            "k",
            "--when-to-call",
            text,
            "--html",
            folder / "a.html",
            *more,
        ]

    def test_writes_the_page(self, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        for form in ([], ["--json"], ["--csv"]):
            status, out, _ = run(capsys, *self.ask(tmp_path, "--language", "es", *form))
            assert status == 0
            assert "chronic-migraine" in out
        assert '<html lang="es">' in (tmp_path / "a.html").read_text(encoding="utf-8")

    def test_takes_the_clinics_own_words(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        words = tmp_path / "words.toml"
        words.write_text("language = 'en'", encoding="utf-8")
        status, _, err = run(capsys, *self.ask(tmp_path, "--messages", words))
        assert (status, "words.toml: words: Field required" in err) == (2, True)

    def test_a_text_that_is_none_is_one_line(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        asked = self.ask(tmp_path)
        (tmp_path / "call.txt").write_bytes(b"\xff")
        status, _, err = run(capsys, *asked)
        assert (status, "call.txt: expected text in UTF-8" in err) == (2, True)

    def test_is_refused_in_one_line(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        asked = self.ask(tmp_path)
        record_file(
            tmp_path,
            PatientRecord(
                sessions=MIGRAINE_RECORD.sessions,
                care_ends=[{"on": "2026-02-01", "kind": "deceased"}],
            ),
        )
        status, _, err = run(capsys, *asked)
        assert (status, "the patient has died" in err) == (2, True)
        assert not (tmp_path / "a.html").exists()


class TestTerminal:
    """What a terminal shows, where the extra is installed."""

    def shown(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        columns: int,
        *arguments: object,
    ) -> str:
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        status, out, _ = run(capsys, *arguments)
        assert status == 0
        return re.sub(r"\x1b\[[0-9;]*m", "", out)

    def test_a_wide_terminal_shows_every_column(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("rich", reason="the extra 'cli' is not installed")
        out = self.shown(capsys, monkeypatch, 300, "demo")
        assert "lapsed from" in out
        assert "─" in out
        assert "without" not in out.replace("without a birth date", "")

    def test_a_narrow_terminal_leaves_columns_away_and_says_so(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("rich", reason="the extra 'cli' is not installed")
        out = self.shown(capsys, monkeypatch, 80, "demo")
        assert "without status, lapsed_from" in out
        assert "chronic-migraine" in out
        assert "lapsed from" not in out

    def test_nothing_is_taken_for_markup(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
    ) -> None:
        pytest.importorskip("rich", reason="the extra 'cli' is not installed")
        file = export(tmp_path, GOOD.replace("P1", "[bold]P1[/bold]"))
        assert "[bold]P1[/bold]" in self.shown(capsys, monkeypatch, 300, "schedule", file)

    def test_without_the_extra_the_tables_are_plain(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(sys.modules, "botox_schedule.cli.rich_tables", raising=False)
        monkeypatch.setitem(sys.modules, "rich", None)
        out = self.shown(capsys, monkeypatch, 80, "demo")
        assert "----------" in out
        assert out == run(capsys, "demo")[1]
