"""The commands about a clinic's tables: every row is counted and nobody is lost in any list."""

import csv
import gzip
import io
import json
import tomllib
import zipfile
from datetime import date
from pathlib import Path

import pytest

from botox_schedule import PatientRecord, forecast_all
from botox_schedule.cli import main as cli
from botox_schedule.cli.tracks import COLUMNS
from botox_schedule.dates.days import counted
from botox_schedule.engine.standing import Placed, Standings
from botox_schedule.engine.worklist import WorklistSection
from botox_schedule.errors import CalendarRangeError
from botox_schedule.tables import read_acknowledged, read_contacts, read_sessions
from cli_runs import (
    GOOD,
    HEADER,
    OWN,
    Capture,
    as_json,
    as_rows,
    export,
    file_of,
    refused,
    run,
    text,
)

DEMO = Path(cli.__file__).parent / "demo" / "clinic-export.csv"
NOBODY_ELSE = ("--holds", "none", "--care-ends", "none")
CHECK = "check_the_record_first"
BAD = "P2,01/05/2026,chronic-migraine,Botox,155,completed,"
LISTS = {
    "schedule": ("schedule",),
    "worklist": ("worklist", *NOBODY_ELSE),
    "report": ("report", "--html", "list.html"),
}


@pytest.fixture(autouse=True)
def _still(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Clock(date):
        @classmethod
        def today(cls) -> "Clock":
            return cls(2026, 2, 20)

    monkeypatch.setattr(cli, "date", Clock)
    monkeypatch.chdir(tmp_path)


def workbook(file: Path, sheets: dict[str, str]) -> Path:
    """A workbook with sheets of CSV text, where the extra is installed."""
    book = pytest.importorskip("xlsxwriter", reason="the extra 'excel' is not installed").Workbook(
        file
    )
    for title, table in sheets.items():
        sheet = book.add_worksheet(title)
        for number, row in enumerate(csv.reader(table.splitlines())):
            sheet.write_row(number, 0, row)
    book.close()
    return file


def asked(command: str, file: Path, *more: object) -> list[object]:
    name, *options = LISTS[command]
    if command == "report":
        pytest.importorskip("jinja2", reason="the extra 'handout' is not installed")
    return [name, file, *options, *more]


class TestDemo:
    def test_it_runs_and_reads_no_clock(
        self, capsys: Capture, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(cli, "_today", None)
        status, out, err = run(capsys, "demo")
        assert (status, err) == (0, "")
        assert "174 rows: 159 completed, 9 booked, 4 cancelled, 2 no show, 0 left out" in out
        assert "To call (" in out
        assert "What patient P1035 may expect" in out

    def test_it_fits_80_columns_and_says_what_is_missing(self, capsys: Capture) -> None:
        out = run(capsys, "demo")[1]
        assert max(map(len, out.splitlines())) <= 80
        assert "Not shown for lack of width: clear, phase, lapsed from" in out

    def test_json_and_csv(self, capsys: Capture) -> None:
        told = as_json(capsys, "demo")
        assert len(told["schedule"]["tracks"]) == 44
        assert sum(told["schedule"]["sections"].values()) == 44
        assert told["timeline"]["phase"] == "onset"
        assert len(as_rows(capsys, "demo")) == 44


class TestRows:
    """What the lists share: reader, row, sections, side tables."""

    @pytest.mark.parametrize("command", LISTS)
    def test_a_clean_export_ends_with_0(
        self, capsys: Capture, tmp_path: Path, command: str
    ) -> None:
        status, _, err = run(capsys, *asked(command, export(tmp_path, GOOD)))
        assert (status, err) == (0, "")

    @pytest.mark.parametrize("command", LISTS)
    def test_every_row_of_a_bad_file_is_counted_and_the_good_ones_come_out(
        self, capsys: Capture, tmp_path: Path, command: str
    ) -> None:
        file = export(tmp_path, GOOD, BAD, "", GOOD.replace("P1", "P3"))
        status, out, err = run(capsys, *asked(command, file, "--json"))
        told = json.loads(out)
        assert status == 1
        assert told["summary"] == {
            "rows": 4,
            "completed": 2,
            "left_out": 1,
            "blank": 1,
            "adult_assumed": 0,
        }
        assert {track["patient"] for track in told["tracks"]} == {"P1", "P2", "P3"}
        assert told["problems"][0].startswith("line 3: date: expected YYYY-MM-DD")
        assert "(--date-format): mdy for 01/31/2026" in told["problems"][0]
        assert err.splitlines() == told["problems"]
        assert "2026" not in "".join(told["problems"]).replace("01/31/2026", "")
        assert run(capsys, *asked(command, file, "--date-format", "mdy"))[0] == 0

    @pytest.mark.parametrize("command", LISTS)
    def test_the_lists_answer_alike_and_as_the_record_does(
        self, capsys: Capture, command: str
    ) -> None:
        rows = as_rows(capsys, *asked(command, DEMO, "--as-of", "2026-03-16"))
        assert rows == as_rows(capsys, "schedule", DEMO, "--as-of", "2026-03-16")
        assert tuple(rows[0]) == COLUMNS
        from botox_schedule.tables import read_sessions  # noqa: PLC0415

        answers = {
            (record.id, found.indication): found.summary()
            for record in read_sessions(DEMO).records()
            for found in forecast_all(record, as_of="2026-03-16")
        }
        assert len(rows) == len(answers)
        for row in rows:
            found = answers[row["patient"], row["indication"]]
            for name in ("status", "phase", "due", "earliest", "typical_on", "booked_on", "clear"):
                value = getattr(found, name)
                assert row[name] == ("" if value is None else str(value)), name
            assert set(row["today"].split()) == {code.value for code in found.today}

    @pytest.mark.parametrize("command", ["schedule", "worklist"])
    def test_no_day_is_clear_where_a_dose_may_be_missing(
        self, capsys: Capture, tmp_path: Path, command: str
    ) -> None:
        booked = GOOD.replace("2026-01-05", "2026-04-06").replace("completed", "booked")
        whole = export(tmp_path, GOOD, booked)
        (row,) = as_rows(capsys, *asked(command, whole, "--as-of", "2026-04-01"))
        assert (row["booked_on"], row["clear"]) == ("2026-04-06", "True")
        torn = export(tmp_path, GOOD, booked, BAD.replace("P2", "P1"))
        (row,) = as_rows(capsys, *asked(command, torn, "--as-of", "2026-04-01"))
        assert (row["reason"], row["clear"]) == ("rows_left_out", "")

    @pytest.mark.parametrize("command", ["schedule", "worklist"])
    def test_booked_units_that_would_exceed_a_limit_are_looked_at_first(
        self, capsys: Capture, tmp_path: Path, command: str
    ) -> None:
        rows = [
            "P1,2025-12-01,chronic-migraine,Botox,155,completed,",
            "P1,2026-01-15,cervical-dystonia,Botox,290,completed,",
            "P1,2026-02-25,chronic-migraine,Botox,155,booked,",
        ]
        found = as_rows(capsys, *asked(command, export(tmp_path, *rows)))
        (row,) = [row for row in found if row["booked_on"]]
        assert (row["section"], row["today"]) == ("check_the_record_first", "limit_exceeded")

    def test_each_track_is_in_one_section_and_the_counts_add_up(self, capsys: Capture) -> None:
        told = as_json(capsys, "worklist", DEMO, *NOBODY_ELSE, "--as-of", "2027-06-16")
        assert set(told["sections"]) == {section.value for section in WorklistSection}
        assert sum(told["sections"].values()) == len(told["tracks"]) == 44
        out = run(capsys, "worklist", DEMO, *NOBODY_ELSE, "--as-of", "2027-06-16")[1]
        assert f"44 tracks: {told['sections']['to_call']} to call" in out

    def test_a_patient_whose_rows_cannot_be_read_is_looked_at_first(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = export(tmp_path, GOOD, BAD, GOOD.replace("2026-01-05", "soon"))
        rows = {row["patient"]: row for row in as_rows(capsys, "schedule", file)}
        assert {row["section"] for row in rows.values()} == {"check_the_record_first"}
        assert rows["P2"]["status"] == ""

    def test_the_tables_next_to_the_sessions_are_read(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        names = ["P1", "P2", "P3", "P4", "P5", "P6"]
        file = export(
            tmp_path, *(f"{p},2026-01-05,chronic-migraine,Botox,155,completed," for p in names)
        )
        tables = {
            "holds": "patient,first,reason\nP1,2026-02-01,pregnancy",
            "care-ends": "patient,on,kind\nP2,2026-02-01,died",
            "overrides": "patient,indication,first,authority,minimum,usual\n"
            "P3,chronic-migraine,2026-01-01,clinician,10 weeks,10 weeks",
            "births": "patient,born on\nP4,1980-01-01",
            "weights": "patient,measured on,kilograms\nP4,2026-01-01,70",
            "prior-treatments": "patient,indication,cycles,product\nP5,chronic-migraine,3,Botox",
            "authorizations": "patient,indication,product,first,last,minimum interval\n"
            "P6,chronic-migraine,Botox,2026-01-01,2026-12-31,13 weeks",
        }
        options = [
            part
            for name, content in tables.items()
            for part in (f"--{name}", file_of(tmp_path, content, f"{name}.csv"))
        ]
        status, out, err = run(capsys, "schedule", file, *options, "--csv")
        assert status == 0, err
        rows = {row["patient"]: row for row in csv.DictReader(io.StringIO(out))}
        assert (rows["P1"]["status"], rows["P2"]["status"]) == ("on_hold", "deceased")
        assert rows["P3"]["due"] == "2026-03-16"
        assert rows["P5"]["cycle_number"] == "4"
        assert rows["P6"]["due"] == "2026-04-06"
        assert rows["P6"]["last_chance_on"] == "2026-12-31"
        assert as_json(capsys, "schedule", file, *options)["summary"]["adult_assumed"] == 5

    def test_a_side_row_that_meets_no_patient_is_said(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        holds = file_of(tmp_path, "patient,first\nP9,2026-02-01\np-1,2026-02-01\n", "h.csv")
        status, out, err = run(
            capsys, "schedule", export(tmp_path, GOOD), "--holds", holds, "--json"
        )
        assert status == 1
        told = [
            "holds: line 2: patient: no session has this key",
            "holds: line 3: patient: no session has this key; one differs only in zeros, case, blanks, hyphens, accents or alphabet",
        ]
        assert json.loads(out)["problems"] == told
        assert err.splitlines()[-2:] == told

    @pytest.mark.parametrize("command", LISTS)
    def test_who_may_be_under_a_like_key_is_checked_first(
        self, capsys: Capture, tmp_path: Path, command: str
    ) -> None:
        called = ("--as-of", "2026-04-20")
        two = export(tmp_path, GOOD.replace("P1", "12"), GOOD.replace("P1", "0012"), GOOD)
        rows = {
            row["patient"]: row["section"] for row in as_rows(capsys, *asked(command, two), *called)
        }
        assert rows == {"12": CHECK, "0012": CHECK, "P1": "to_call"}
        one = export(tmp_path, GOOD.replace("P1", "0012"), GOOD)
        ends = file_of(
            tmp_path, "patient,on,kind\n12.0,2026-01-06,died\nP9,2026-01-06,died\n", "e.csv"
        )
        asks = [*asked(command, one, *called)]
        if "--care-ends" in asks:
            asks[asks.index("--care-ends") + 1] = ends
        else:
            asks += ["--care-ends", ends]
        rows = {row["patient"]: row["section"] for row in as_rows(capsys, *asks)}
        assert rows == {"0012": CHECK, "12.0": CHECK, "P1": "to_call"}

    @pytest.mark.parametrize("command", LISTS)
    def test_a_patient_whom_only_a_decision_names_is_listed(
        self, capsys: Capture, tmp_path: Path, command: str
    ) -> None:
        table = "patient,dx,drug,from,to\nP9,migraine,Botox,2026-01-01,2026-12-31\n"
        approved = ("--authorizations", file_of(tmp_path, table, "a.csv"))
        rows = as_rows(capsys, *asked(command, export(tmp_path, GOOD), *approved))
        (row,) = [row for row in rows if row["patient"] == "P9"]
        assert (row["reason"], row["indication"]) == ("no_history", "chronic-migraine")

    @pytest.mark.parametrize("command", LISTS)
    def test_a_patient_treated_only_elsewhere_is_listed(
        self, capsys: Capture, tmp_path: Path, command: str
    ) -> None:
        rows = "patient,indication,cycles,last on,product\nP9,chronic-migraine,3,2025-11-20,Botox"
        ends = "patient,on,kind\nP9,2026-01-05,deceased"
        births = "patient,born on\nP9,1980-01-01"
        tables = [f"--prior-treatments={file_of(tmp_path, rows, 'elsewhere.csv')}"]
        tables += [f"--births={file_of(tmp_path, births, 'births.csv')}"]
        export_ = export(tmp_path, GOOD)
        asks = asked(command, export_, *tables)
        (row,) = [row for row in as_rows(capsys, *asks) if row["patient"] == "P9"]
        assert (row["due"], row["cycle_number"]) == ("2026-02-12", "3")
        asks = ["schedule", export_, *tables, "--care-ends", file_of(tmp_path, ends, "ends.csv")]
        (row,) = [row for row in as_rows(capsys, *asks) if row["patient"] == "P9"]
        assert row["status"] == "deceased"

    def test_a_side_table_without_a_column_names_the_option(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        holds = file_of(tmp_path, "Pat,Von\n1,2\n", "h.csv")
        status, _, err = run(capsys, "schedule", export(tmp_path, GOOD), "--holds", holds)
        assert (status, "(--column holds.patient=...)" in err) == (2, True)
        wrong = ("--holds", holds, "--column", "hold.first=Von")
        told = run(capsys, "schedule", export(tmp_path, GOOD), *wrong)[2]
        known = "no such table; known are sessions, holds, "
        assert told.startswith(f"botox-schedule: --column, --sheet: {known}")
        columns = ("--column", "holds.patient=Pat", "--column", "holds.first=Von")
        assert run(capsys, "schedule", export(tmp_path, GOOD), "--holds", holds, *columns)[0] == 1

    def test_a_column_that_may_say_more_is_told_with_its_option(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        table = "patient,dx,from,by,minimum,Answer\nP1,migraine,2026-01-01,payer,8 weeks,Denied\n"
        asks = (
            "schedule",
            export(tmp_path, GOOD),
            "--overrides",
            file_of(tmp_path, table, "o.csv"),
        )
        (told,) = as_json(capsys, *asks)["problems"]
        assert told.startswith("overrides: line 1: column 6 may say the status and is not read; ")
        assert told.endswith("(--column overrides.'status'=...)")
        (row,) = as_rows(capsys, *asks, "--column", "overrides.status=Answer")
        assert row["earliest"] == "2026-03-30"

    def test_two_days_of_birth_count_for_nothing(self, capsys: Capture, tmp_path: Path) -> None:
        births = file_of(tmp_path, "patient,born on\nP1,1981-01-01\n", "b.csv")
        out = text(capsys, "schedule", export(tmp_path, GOOD), "--births", births)
        differ = "birth date: another row of the patient states another; neither counts"
        assert f"births: line 2: {differ}" in out
        assert "1 patient; 1 without a birth date, taken to be adult" in out
        children = ("worklist", export(tmp_path, GOOD), *NOBODY_ELSE, "--population", "pediatric")
        assert "1 patient; 0 without" in text(capsys, *children, "--births", births)
        more = "patient,born on\nP1,1980-01-01\nP1,1981-01-01\n"
        asks = ("schedule", export(tmp_path, GOOD), "--births", file_of(tmp_path, more, "c.csv"))
        assert as_json(capsys, *asks)["problems"] == [f"births: line 3: {differ}"]

    def test_birth_dates_answer_a_column_of_ages(self, capsys: Capture, tmp_path: Path) -> None:
        header = HEADER.replace("Birth date", "Age")
        asks = ("schedule", export(tmp_path, GOOD.replace("1980-01-01", "9"), header=header))
        assert "who is a child" in as_json(capsys, *asks)["problems"][0]
        births = file_of(tmp_path, "patient,born on\nP1,2017-01-01\n", "b.csv")
        assert as_json(capsys, *asks, "--births", births)["problems"] == []
        others = file_of(tmp_path, "patient,born on\nP2,2017-01-01\n", "c.csv")
        assert "who is a child" in as_json(capsys, *asks, "--births", others)["problems"][0]

    def test_a_death_in_the_export_is_not_called(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, f"{GOOD},2026-01-10", header=f"{HEADER},Date of death")
        (row,) = as_rows(capsys, "worklist", file, *NOBODY_ELSE, "--as-of", "2026-06-01")
        assert (row["section"], row["status"]) == ("ended", "deceased")

    def test_columns_can_be_named(self, capsys: Capture, tmp_path: Path) -> None:
        header = HEADER.replace("Session date", "Tag der Gabe")
        file = export(tmp_path, GOOD, header=header)
        status, _, err = run(capsys, "schedule", file)
        assert (status, "--column date=" in err) == (2, True)
        holds = file_of(tmp_path, "patient,Beginn\nP1,2026-02-01\n", "h.csv")
        named = ("--column", "date=Tag der Gabe", "--column", "holds.first=Beginn")
        (row,) = as_rows(capsys, "schedule", file, "--holds", holds, *named)
        assert row["status"] == "on_hold"
        assert "no such table" in run(capsys, "schedule", file, "--column", "beds.first=x")[2]
        twice = (*named, "--column", "holds.last=Beginn")
        _, _, err = run(capsys, "schedule", file, "--holds", holds, *twice)
        assert "--column: a column of holds has two meanings; give it one" in err
        assert "expected NAME=HEADER" in refused(capsys, "schedule", file, "--column", "date")
        assert "expected TABLE=SHEET" in refused(capsys, "schedule", file, "--sheet", "2026")

    def test_the_sheet_of_each_table_can_be_named(self, capsys: Capture, tmp_path: Path) -> None:
        sessions, holds = f"{HEADER}\n{GOOD}", "patient,first\nP1,2026-02-01\n"
        sheets = {"2025": sessions, "2026": sessions, "a": holds, "b": holds}
        book = workbook(tmp_path / "clinic.xlsx", sheets)
        status, _, err = run(capsys, "schedule", book)
        assert (status, "(--sheet sessions=NAME)" in err) == (2, True)
        named = ("--sheet", "sessions=2026")
        call = ("schedule", book, "--holds", book, *named)
        assert "(--sheet holds=NAME)" in run(capsys, *call)[2]
        (row,) = as_rows(capsys, *call, "--sheet", "holds=b")
        assert row["status"] == "on_hold"

    def test_a_sheet_that_is_read_as_another_table_is_not_told(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        sessions, holds = f"{HEADER}\n{GOOD}", "patient,first\nP1,2026-02-01\n"
        sheets = {"2025": sessions, "2026": sessions, "Pauses": holds}
        book = workbook(tmp_path / "clinic.xlsx", sheets)
        call = ("schedule", book, "--sheet", "sessions=2026")
        _, out, _ = run(capsys, *call)
        assert [f"sheet {n} may hold patients" in out for n in (1, 2, 3)] == [True, False, True]
        _, out, _ = run(capsys, *call, "--holds", book)
        assert [f"sheet {n} may hold patients" in out for n in (1, 2, 3)] == [True, False, False]

    @pytest.mark.parametrize(
        ("named", "told"),
        [
            (("sessions=2025", "sessions=2026"), "--sheet: name one sheet for each table"),
            (("beds=2026",), "--column, --sheet: no such table; known are sessions, "),
            (("sessions=2027",), "no sheet is called '2027'"),
        ],
    )
    def test_a_sheet_that_says_too_little_is_refused(
        self, capsys: Capture, tmp_path: Path, named: tuple[str, ...], told: str
    ) -> None:
        sheets = dict.fromkeys(("2025", "2026"), f"{HEADER}\n{GOOD}")
        book = workbook(tmp_path / "clinic.xlsx", sheets)
        options = [word for name in named for word in ("--sheet", name)]
        status, _, err = run(capsys, "schedule", book, *options)
        assert (status, told in err) == (2, True)

    def test_a_product_can_be_stated(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD.replace("Botox", ""))
        assert run(capsys, "schedule", file)[0] == 1
        assert run(capsys, "schedule", file, "--product", "Botox")[0] == 0

    def test_a_clinics_own_protocol_and_indication_count(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        own = file_of(tmp_path, OWN.replace("chronic-migraine", "hiccups"), "own.toml")
        file = export(tmp_path, GOOD.replace("chronic-migraine", "hiccups"))
        (row,) = as_rows(capsys, "schedule", file, "--protocols", own)
        assert (row["protocol_id"], row["earliest"]) == ("own", "2026-04-06")

    def test_other_indications_of_the_policy_are_not_unknown(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = export(tmp_path, GOOD.replace("chronic-migraine", "bruxism"))
        policy = file_of(tmp_path, 'other_indications = ["bruxism"]', "policy.toml")
        assert run(capsys, "schedule", file)[0] == 1
        assert run(capsys, "schedule", file, "--policy", policy)[0] == 0

    def test_an_unknown_indication_is_not_lost(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD.replace("chronic-migraine", "hiccups"))
        status, out, _ = run(capsys, "schedule", file, "--csv")
        assert (status, "check_the_record_first" in out, "no_interval" in out) == (1, True, True)


class TestFiles:
    def test_gzip_excel_parquet_and_standard_input(
        self, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        content = export(tmp_path, GOOD).read_bytes()
        expected = as_rows(capsys, "schedule", tmp_path / "export.csv")
        packed = file_of(tmp_path, gzip.compress(content), "export.csv.gz")
        assert as_rows(capsys, "schedule", packed) == expected
        with (tmp_path / "export.csv").open(encoding="utf-8") as source:
            monkeypatch.setattr("sys.stdin", source)
            assert as_rows(capsys, "schedule", "-") == expected

    def test_parquet_is_read_with_the_extra(self, capsys: Capture, tmp_path: Path) -> None:
        pl = pytest.importorskip("polars", reason="the extra 'panel' is not installed")
        expected = as_rows(capsys, "schedule", export(tmp_path, GOOD))
        pl.read_csv(tmp_path / "export.csv").write_parquet(tmp_path / "export.parquet")
        for command in (("schedule",), ("worklist", *NOBODY_ELSE)):
            assert as_rows(capsys, *command, tmp_path / "export.parquet") == expected

    def test_a_path_is_a_name_and_no_pattern(self, capsys: Capture, tmp_path: Path) -> None:
        file_of(tmp_path, export(tmp_path, GOOD).read_bytes(), "s1.csv")
        for name in ("s[12].csv", "s*.csv", "file:s1.csv"):
            status, _, err = run(capsys, "worklist", name, *NOBODY_ELSE)
            assert (status, err) == (2, f"botox-schedule: {name}: No such file or directory\n")

    def test_a_table_that_is_not_there_is_told_of_the_word_none(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = export(tmp_path, GOOD)
        for command in (("worklist", file, "--care-ends", "none"), ("schedule", file)):
            _, _, err = run(capsys, *command, "--holds", "no")
            assert err.endswith(
                "no: No such file or directory; give 'none' if there is no such table\n"
            )

    @pytest.mark.parametrize("name", ["missing.csv", "."])
    def test_what_cannot_be_opened_ends_with_2(self, capsys: Capture, name: str) -> None:
        status, out, err = run(capsys, "schedule", name)
        assert (status, out, len(err.splitlines())) == (2, "", 1)

    def test_what_is_no_export_ends_with_2_and_shows_no_cell(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        for content in ("hello", "Smith,John,2026-01-05\nSmith,Jane,2026-01-06\n", ""):
            file = file_of(tmp_path, content, "note.txt")
            status, _, err = run(capsys, "schedule", file)
            assert (status, len(err.splitlines()), "note.txt: " in err) == (2, 1, True)
            assert "Smith" not in err

    def test_two_letters_of_latin_1_are_not_one_patient(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        rows = [
            f"{patient},{day},chronic-migraine,Botox,155,completed,"
            for patient, day in (("José-1", "2024-01-05"), ("Josè-1", "2026-01-05"))
        ]
        file = file_of(tmp_path, "\n".join((HEADER, *rows)).encode("latin-1"), "e.csv")
        status, _, err = run(capsys, "worklist", file, *NOBODY_ELSE)
        assert (status, "UTF-8" in err) == (2, True)
        found = as_rows(capsys, "worklist", file, *NOBODY_ELSE, "--encoding", "latin-1")
        assert {row["patient"] for row in found} == {"José-1", "Josè-1"}

    @pytest.mark.parametrize("name", ["undefined", "no-such", "rot13", "base64"])
    def test_an_encoding_that_is_none_is_one_line(
        self, capsys: Capture, tmp_path: Path, name: str
    ) -> None:
        status, _, err = run(capsys, "schedule", export(tmp_path, GOOD), "--encoding", name)
        assert (status, len(err.splitlines())) == (2, 1)

    @pytest.mark.parametrize("pattern", ["%Y%Y", "%", "%Q"])
    def test_a_date_format_that_is_none_is_one_line(
        self, capsys: Capture, tmp_path: Path, pattern: str
    ) -> None:
        status, _, err = run(capsys, "schedule", export(tmp_path, GOOD), "--date-format", pattern)
        assert (status, len(err.splitlines())) == (2, 1)

    @pytest.mark.parametrize("option", ["--date-format", "--encoding", "--region", "--holds"])
    def test_a_variable_that_is_not_set_is_no_default(
        self, capsys: Capture, tmp_path: Path, option: str
    ) -> None:
        told = refused(capsys, "schedule", export(tmp_path, GOOD), option, "")
        assert f"argument {option}: expected some text" in told

    def test_a_file_may_be_called_as_a_word_with_a_meaning(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file_of(tmp_path, f"{HEADER}\n{GOOD}", "-")
        file_of(tmp_path, "patient,first,reason\nP1,2026-02-01,travel\n", "none")
        ask = ("worklist", "./-", "--care-ends", "none", "--as-of", "2026-02-20")
        assert as_rows(capsys, *ask, "--holds", "none")[0]["status"] == "too_early"
        assert as_rows(capsys, *ask, "--holds", "./none")[0]["status"] == "on_hold"

    def test_one_of_two_inputs_can_be_standard_input(self, capsys: Capture) -> None:
        status, _, err = run(capsys, "schedule", "-", "--holds", "-")
        assert (status, "only one input can be standard input" in err) == (2, True)


class TestWorklist:
    def test_80_columns_show_the_booked_day(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD, "P1,2026-03-31,chronic-migraine,Botox,155,booked,1980-01-01")
        _, out, _ = run(capsys, *asked("worklist", file), "--as-of", "2026-03-01")
        (row,) = [line for line in out.splitlines() if line.startswith("P1 ")]
        assert row.split()[-1] == "2026-03-31"

    def test_holds_and_ends_of_care_must_be_named(self, capsys: Capture, tmp_path: Path) -> None:
        assert "--holds" in refused(capsys, "worklist", export(tmp_path, GOOD))

    def test_who_is_called_how_early_can_be_said(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD)
        ask = ("worklist", file, *NOBODY_ELSE, "--as-of", "2026-03-17")
        assert as_rows(capsys, *ask)[0]["section"] == "too_early"
        (row,) = as_rows(capsys, *ask, "--ahead", "14")
        assert (row["section"], row["reason"], row["call_by"]) == (
            "to_call",
            "due_soon",
            "2026-03-16",
        )
        (row,) = as_rows(capsys, *ask, "--closed", "2026-03-23")
        assert row["call_by"] == "2026-03-20"
        assert "at most 3660 days" in refused(capsys, *ask, "--ahead", "99999")

    @pytest.mark.parametrize("command", LISTS)
    def test_a_population_can_be_said(self, capsys: Capture, tmp_path: Path, command: str) -> None:
        file = export(
            tmp_path, "P1,2026-01-05,lower-limb-spasticity,Botox,100,completed,1980-01-01"
        )
        assert "adult" in as_rows(capsys, *asked(command, file))[0]["protocol_id"]
        (row,) = as_rows(capsys, *asked(command, file, "--population", "pediatric"))
        assert "pediatric" in row["protocol_id"]

    def test_the_list_says_who_died_where_a_row_must_be_checked_first(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        pytest.importorskip("xlsxwriter", reason="the extra 'excel' is not installed")
        file = export(tmp_path, GOOD, BAD.replace("P2", "P1"))
        ends = file_of(tmp_path, "patient,on,kind\nP1,2026-02-01,deceased\n", "ends.csv")
        page, book = tmp_path / "list.html", tmp_path / "list.xlsx"
        ask = ("worklist", file, "--holds", "none", "--care-ends", ends)
        _, out, _ = run(capsys, *ask, "--html", page, "--xlsx", book)
        assert "Check the record first (1)" in out
        assert "rows_left_out  deceased" in out
        assert "<td>rows left out</td><td>deceased</td>" in page.read_text(encoding="utf-8")
        assert b">deceased<" in zipfile.ZipFile(book).read("xl/sharedStrings.xml")

    def test_the_page_to_print_has_boxes_and_escapes(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD.replace("P1", "<b>P1"), BAD)
        page = tmp_path / "list.html"
        status, out, _ = run(capsys, "worklist", file, *NOBODY_ELSE, "--html", page)
        html = page.read_text(encoding="utf-8")
        assert status == 1
        assert f"written to {page}" in " ".join(out.split())
        assert "&lt;b&gt;P1" in html
        assert html.count("<td class=box>") == 4
        assert html.count("<td class=initials>") == 2
        assert "tr { break-inside: avoid }" in html
        assert "Check the record first (1)" in html
        assert "Problems (1)" in html
        assert page.stat().st_mode & 0o777 == 0o600

    def test_paper_names_the_earliest_day(self, capsys: Capture, tmp_path: Path) -> None:
        pytest.importorskip("xlsxwriter", reason="the extra 'excel' is not installed")
        file = export(tmp_path, GOOD, "P2,2026-01-05,sialorrhea,Xeomin,100,completed,1980-01-01")
        page, book = tmp_path / "list.html", tmp_path / "list.xlsx"
        day = ("--as-of", "2026-01-20")
        run(capsys, "worklist", file, *NOBODY_ELSE, *day, "--html", page, "--xlsx", book)
        html = page.read_text(encoding="utf-8")
        assert html.count("<td class=day>2026-04-27</td>") == 1
        assert html.count("<td class=day>2026-03-30</td>") == 2  # earliest and due
        assert b">earliest<" in zipfile.ZipFile(book).read("xl/sharedStrings.xml")

    def test_nobody_is_asked_to_call_the_dead(self, capsys: Capture, tmp_path: Path) -> None:
        ends = file_of(tmp_path, "patient,on,kind\nP1,2026-02-01,died\n", "ends.csv")
        page, book = tmp_path / "list.html", tmp_path / "list.xlsx"
        asked = ("worklist", export(tmp_path, GOOD), "--holds", "none", "--care-ends", ends)
        run(capsys, *asked, "--html", page)
        html = page.read_text(encoding="utf-8")
        assert "Ended (1)" in html
        assert "contact" not in html
        assert "☐" not in html
        pytest.importorskip("xlsxwriter", reason="the extra 'excel' is not installed")
        run(capsys, *asked, "--xlsx", book)
        with zipfile.ZipFile(book) as entries:
            words = entries.read("xl/sharedStrings.xml").decode()
        assert "Ended (1)" in words
        assert "☐" not in words

    def test_paper_tells_keys_and_notes_as_they_are(self, capsys: Capture, tmp_path: Path) -> None:
        pytest.importorskip("xlsxwriter", reason="the extra 'excel' is not installed")
        rows = [GOOD.replace("P1", "MRN_1").replace("2026-01-05", "2025-11-05")]
        rows += [GOOD.replace("P1", "MRN 1")]
        calls = file_of(tmp_path, "patient,day,outcome\nMRN_1,2026-02-02,see note_7\n", "c.csv")
        page, book = tmp_path / "list.html", tmp_path / "list.xlsx"
        asked = ("worklist", export(tmp_path, *rows), *NOBODY_ELSE, "--contacts", calls)
        run(capsys, *asked, "--html", page, "--xlsx", book)
        with zipfile.ZipFile(book) as entries:
            words = entries.read("xl/sharedStrings.xml").decode()
        for told in (page.read_text(encoding="utf-8"), words):
            assert all(f">{key}<" in told for key in ("MRN_1", "MRN 1", "see note_7"))
            assert ">rows left out<" in told

    def test_a_key_is_printed_as_the_clinic_writes_it(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        page, book = tmp_path / "list.html", tmp_path / "list.xlsx"
        row = GOOD.replace("P1", "P_x0041_").replace("chronic-migraine", "chronic-migrane")
        asked = ("worklist", export(tmp_path, row), *NOBODY_ELSE, "--as-of", "2026-03-01")
        run(capsys, *asked, "--html", page)
        html = page.read_text(encoding="utf-8")
        assert "<td>P_x0041_</td>" in html
        assert "<td>unrecognized indication</td>" in html
        pytest.importorskip("xlsxwriter", reason="the extra 'excel' is not installed")
        run(capsys, *asked, "--xlsx", book)
        with zipfile.ZipFile(book) as entries:
            words = entries.read("xl/sharedStrings.xml").decode()
        assert "<t>P_x005F_x0041_</t>" in words

    def test_the_spreadsheet_to_print_has_no_formula(self, capsys: Capture, tmp_path: Path) -> None:
        pytest.importorskip("xlsxwriter", reason="the extra 'excel' is not installed")
        book = tmp_path / "list.xlsx"
        asked = ("worklist", export(tmp_path, GOOD.replace("P1", "=1+1"), BAD), *NOBODY_ELSE)
        assert run(capsys, *asked, "--xlsx", book)[0] == 1
        with zipfile.ZipFile(book) as entries:
            sheet = entries.read("xl/worksheets/sheet1.xml").decode()
            words = entries.read("xl/sharedStrings.xml").decode()
        assert "<f>" not in sheet
        assert "=1+1" in words
        assert words.count("☐") == 1
        assert "Problems (1)" in words
        first = book.read_bytes()
        run(capsys, *asked, "--xlsx", book)
        assert book.read_bytes() == first
        clean = ("worklist", export(tmp_path, GOOD), *NOBODY_ELSE, "--xlsx", book)
        assert run(capsys, *clean)[0] == 0


SEEN_KEY = "unrecognized_indication-016daf039fe3d7fd"


class TestNotes:
    """What a clinic noted while it worked through the list is shown with the next one."""

    @pytest.fixture
    def ask(self, tmp_path: Path) -> list[object]:
        """A worklist of a patient who was called, one with a finding, and one without a row."""
        file = export(
            tmp_path,
            f"{GOOD},s1",
            f"{GOOD.replace('P1', 'P2').replace('chronic-migraine', 'hiccups')},s2",
            f"{BAD.replace('P2', 'P3')},s3",
            header=f"{HEADER},Session ID",
        )
        contacts = file_of(
            tmp_path,
            "patient,called on,outcome,next try\n"
            "P1,2026-04-02,no answer,2026-04-09\n"
            "P1,2026-04-01,wrong number,\n"
            "P1,2026-04-21,not yet made,\n"
            "P3,2026-04-02,<b>busy,\n",
            "calls.csv",
        )
        seen = file_of(tmp_path, f"patient,key\nP2,{SEEN_KEY}\n", "seen.csv")
        notes = ("--contacts", contacts, "--acknowledged", seen)
        return [file, "--as-of", "2026-04-20", *notes]

    def test_rows_have_the_last_contact_and_what_was_acknowledged(
        self, capsys: Capture, ask: list[object]
    ) -> None:
        called, unread, seen = as_rows(capsys, "worklist", *ask, *NOBODY_ELSE)
        assert (called["contacted_on"], called["outcome"]) == ("2026-04-02", "no answer")
        assert called["next_try_on"] == "2026-04-09"
        assert (unread["reason"], unread["outcome"]) == ("rows_left_out", "<b>busy")
        for track in as_json(capsys, "worklist", *ask, *NOBODY_ELSE)["tracks"]:
            assert all(isinstance(track[n], list) for n in ("today", "today_keys", "acknowledged"))
        assert (seen["patient"], seen["section"]) == ("P2", "may_be_treated_without_a_due_day")
        assert seen["acknowledged"] == "unrecognized_indication"
        assert (seen["today"], seen["today_keys"], seen["outcome"]) == ("", "", "")

    def test_what_is_not_acknowledged_is_listed_with_its_key(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = export(tmp_path, GOOD.replace("chronic-migraine", "hiccups"), GOOD)
        ask = ("schedule", file, "--as-of", "2026-04-20")
        rows = as_rows(capsys, *ask)
        assert [row["today"] for row in rows] == ["unrecognized_indication"] * 2
        keys = {key for row in rows for key in row["today_keys"].split()}
        lines = "\n".join(["patient,key", *(f"P1,{key}" for key in keys)])
        seen = file_of(tmp_path, lines, "seen.csv")
        rows = as_rows(capsys, *ask, "--acknowledged", seen)
        assert [row["today"] for row in rows] == ["", ""]
        assert {row["acknowledged"] for row in rows} == {"unrecognized_indication"}

    def test_who_acknowledges_every_key_of_today_has_none_left(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        ask = ("worklist", DEMO, *NOBODY_ELSE, "--as-of", "2026-03-16")
        rows = as_rows(capsys, *ask)
        keys = [f"{row['patient']},{key}" for row in rows for key in row["today_keys"].split()]
        assert sum(row["today"] != "" for row in rows) == len(keys) > 1
        seen = file_of(tmp_path, "\n".join(["patient,key", *keys]), "seen.csv")
        later = as_rows(capsys, *ask, "--acknowledged", seen)
        assert {row["today"] for row in later} == {""}
        assert "check_the_record_first" not in {row["section"] for row in later}

    def test_text_has_them_below_the_row_at_any_width(
        self, capsys: Capture, ask: list[object]
    ) -> None:
        out = text(capsys, "worklist", *ask, *NOBODY_ELSE)
        assert "contacted: 2026-04-02; outcome: no answer; next try: 2026-04-09" in out
        assert "acknowledged: unrecognized_indication" in out

    def test_json_has_them(self, capsys: Capture, ask: list[object]) -> None:
        called = as_json(capsys, "worklist", *ask, *NOBODY_ELSE)["tracks"][0]
        assert (called["contacted_on"], called["acknowledged"]) == ("2026-04-02", [])

    def test_paper_has_them(self, capsys: Capture, ask: list[object]) -> None:
        pytest.importorskip("xlsxwriter", reason="the extra 'excel' is not installed")
        files = ("--html", "list.html", "--xlsx", "list.xlsx")
        run(capsys, "worklist", *ask, *NOBODY_ELSE, *files)
        page = Path("list.html").read_text(encoding="utf-8")
        assert "<td>no answer</td><td class=day>2026-04-09</td>" in page
        assert "<td>&lt;b&gt;busy</td>" in page
        assert "<td>unrecognized indication</td>" in page
        with zipfile.ZipFile("list.xlsx") as book:
            words = book.read("xl/sharedStrings.xml").decode()
        assert "no answer" in words
        assert "<t>next try</t>" in words

    def test_the_report_notes_them(self, capsys: Capture, ask: list[object]) -> None:
        pytest.importorskip("jinja2", reason="the extra 'handout' is not installed")
        told = "an indication is unknown"
        run(capsys, "report", *ask[:-2], "--html", "report.html")
        assert told in Path("report.html").read_text(encoding="utf-8")
        run(capsys, "report", *ask, "--html", "report.html")
        page = Path("report.html").read_text(encoding="utf-8")
        assert told not in page
        assert "contacted: 2026-04-02; outcome: no answer; next try: 2026-04-09" in page
        assert "acknowledged: unrecognized_indication" in page

    def test_the_report_notes_the_last_chance_and_the_next_look(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        pytest.importorskip("jinja2", reason="the extra 'handout' is not installed")
        holds = file_of(
            tmp_path, "patient,first,last,reason\nP1,2026-04-02,2026-05-30,surgery\n", "h.csv"
        )
        file, page = export(tmp_path, GOOD), tmp_path / "report.html"
        run(capsys, "report", file, "--holds", holds, "--as-of", "2026-03-16", "--html", page)
        assert "<li>last chance: 2026-04-01</li>" in page.read_text(encoding="utf-8")
        run(capsys, "report", file, "--holds", holds, "--as-of", "2026-04-16", "--html", page)
        assert "next look: 2026-05-" in page.read_text(encoding="utf-8")

    def test_a_note_that_cannot_be_used_is_said_and_hides_nobody(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        calls = "patient,day,outcome\nP9,2026-04-02,busy\nP1,soon,busy\n"
        seen = "patient,key\nP9,hold_ended-0123456789abcdef\nP1,nonsense\n"
        notes = (
            *("--contacts", file_of(tmp_path, calls, "calls.csv")),
            *("--acknowledged", file_of(tmp_path, seen, "seen.csv")),
        )
        ask = ("worklist", export(tmp_path, GOOD), *NOBODY_ELSE, *notes, "--as-of", "2026-04-20")
        status, out, err = run(capsys, *ask, "--json")
        answer = json.loads(out)
        assert (status, answer["tracks"][0]["reason"]) == (1, "overdue")
        for told in (
            "contacts: line 2: patient: no session has this key",
            "contacts: line 3: day: expected YYYY-MM-DD",
            "acknowledged: line 2: patient: no session has this key",
            "acknowledged: line 3: key: expected a finding's key",
        ):
            assert any(problem.startswith(told) for problem in answer["problems"])
            assert told in err

    def test_the_panel_says_the_same(self, capsys: Capture, ask: list[object]) -> None:
        pl = pytest.importorskip("polars", reason="the extra 'panel' is not installed")
        panel = pytest.importorskip("botox_schedule.panel")
        reading = read_sessions(str(ask[0]))
        notes = {
            "contacts": pl.DataFrame(read_contacts(str(ask[4])).rows()),
            "acknowledged": pl.DataFrame(read_acknowledged(str(ask[6])).rows()),
        }
        rows = reading.rows()
        sessions = pl.DataFrame(rows, infer_schema_length=None)
        found = panel.worklist(sessions, as_of="2026-04-20", holds=None, care_ends=None, **notes)
        names = ("section", "acknowledged", "contacted_on", "outcome", "next_try_on")
        theirs = {
            row["patient"]: {name: str(row[name] or "") for name in names}
            for row in found.to_dicts()
        }
        ours = {
            row["patient"]: {name: row[name] for name in names}
            for row in as_rows(capsys, "worklist", *ask, *NOBODY_ELSE)
            if row["reason"] != "rows_left_out"
        }
        assert ours == theirs

    def test_contacts_of_one_day_are_all_shown_in_any_order(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        calls = [
            "P1,2026-04-02,no answer,2026-04-09",
            "P1,2026-04-02,,",
            "P1,2026-04-02,busy,2026-04-05",
        ]
        ask = ("worklist", export(tmp_path, GOOD), *NOBODY_ELSE, "--as-of", "2026-04-20")
        for rows in (calls, calls[::-1]):
            lines = "\n".join(["patient,day,outcome,next try", *rows])
            (row,) = as_rows(capsys, *ask, "--contacts", file_of(tmp_path, lines, "calls.csv"))
            assert (row["contacted_on"], row["outcome"]) == ("2026-04-02", "busy; no answer")
            assert row["next_try_on"] == "2026-04-05"

    @pytest.mark.parametrize("command", ["adherence", "workload"])
    def test_who_does_not_show_them_takes_none(
        self, capsys: Capture, ask: list[object], command: str
    ) -> None:
        assert "there is no option --contacts; " in refused(capsys, command, *ask, *NOBODY_ELSE)


class TestReport:
    def test_it_writes_the_page(self, capsys: Capture, tmp_path: Path) -> None:
        pytest.importorskip("jinja2", reason="the extra 'handout' is not installed")
        page = tmp_path / "list.html"
        file = export(tmp_path, GOOD, BAD, GOOD.replace("chronic-migraine", "hiccups"))
        status, out, _ = run(capsys, "report", file, "--html", page)
        assert (status, f"3 tracks written to {page}" in " ".join(out.split())) == (1, True)
        html = page.read_text(encoding="utf-8")
        assert "rows of the patient could not be read" in html
        assert "hiccups" in html
        assert page.stat().st_mode & 0o777 == 0o600


class TestWorkload:
    @pytest.fixture(autouse=True)
    def _extra(self) -> None:
        pytest.importorskip("polars", reason="the extra 'panel' is not installed")

    def test_weeks_are_counted(self, capsys: Capture) -> None:
        ask = ("workload", DEMO, *NOBODY_ELSE, "--as-of", "2026-03-16", "--weeks", "3")
        status, out, _ = run(capsys, *ask, "--capacity", "5")
        assert (status, "174 rows: 159 completed" in out) == (0, True)
        assert "a track counts once, by its next visit" in " ".join(out.split())
        rows = as_rows(capsys, *ask)
        assert [row["week"] for row in rows] == ["2026-W12", "2026-W13", "2026-W14"]
        assert as_json(capsys, *ask)["weeks"][0]["monday"] == "2026-03-16"

    def test_the_tables_next_to_the_sessions_count(self, capsys: Capture, tmp_path: Path) -> None:
        file = export(tmp_path, GOOD, "P2,2026-01-05,chronic-migraine,Botox,155,completed,")
        tables = {
            "holds": "patient,first\nP1,2026-02-01",
            "care-ends": "patient,on,kind\nP2,2026-02-01,died",
            "overrides": "patient,indication,first,authority,minimum\nP2,migraine,2026-01-01,payer,10 weeks",
            "prior-treatments": "patient,indication,cycles\nP2,migraine,2",
            "authorizations": "patient,indication,product,first,last,units\nP2,migraine,Botox,2026-01-01,2026-12-31,400",
        }
        options = [
            part
            for name, content in tables.items()
            for part in (f"--{name}", file_of(tmp_path, content, f"{name}.csv"))
        ]
        call = ("workload", file, *options, "--as-of", "2026-04-01")
        rows = as_rows(capsys, *call)
        assert sum(int(row["tracks"]) for row in rows) == 0
        assert "2 tracks: 0 in these weeks, 2 later or never" in run(capsys, *call)[1]
        told = as_json(capsys, *call)
        assert (told["tracks"], told["coming"]) == (2, 0)
        rows = as_rows(capsys, "workload", file, *NOBODY_ELSE, "--as-of", "2026-04-01")
        assert sum(int(row["tracks"]) for row in rows) == 2

    def test_a_course_elsewhere_counts_without_a_session(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        table = "patient,dx,cycles,last on,drug\nP9,migraine,4,2026-01-05,Botox\n"
        prior = ("--prior-treatments", file_of(tmp_path, table, "prior.csv"))
        ask = ("workload", export(tmp_path), *NOBODY_ELSE, *prior, "--as-of", "2026-03-30")
        assert [row["tracks"] for row in as_rows(capsys, *ask, "--weeks", "2")] == ["1", "0"]
        assert run(capsys, *ask)[0] == 1

    def test_a_row_entered_in_error_takes_its_id_back(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        header = f"{HEADER},Session ID"
        file = export(tmp_path, f"{GOOD},s1", header=header)
        ask = ("workload", file, *NOBODY_ELSE, "--as-of", "2026-03-30")
        assert sum(int(row["tracks"]) for row in as_rows(capsys, *ask)) == 1
        wrong = GOOD.replace("2026-01-05", "2026-01-07").replace("completed", "entered-in-error")
        export(tmp_path, f"{GOOD},s1", f"{wrong},s1", header=header)
        assert sum(int(row["tracks"]) for row in as_rows(capsys, *ask)) == 0

    def test_weeks_have_a_limit(self, capsys: Capture, tmp_path: Path) -> None:
        for weeks, told in (("0", "weeks: give a whole number from 1"), ("999999999", "calendar")):
            ask = ("workload", export(tmp_path, GOOD), *NOBODY_ELSE, "--weeks", weeks)
            status, _, err = run(capsys, *ask)
            assert (status, told in err) == (2, True)


class TestAdherence:
    def test_tracks_that_cannot_be_judged_are_told_once(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        file = export(tmp_path, *(GOOD.replace("chronic-migraine", name) for name in ("a", "b")))
        answer = as_json(capsys, "adherence", file)
        assert answer["tracks"] == []
        told = [words for words in answer["problems"] if "without a protocol" in words]
        assert [words[:9] for words in told] == ["2 tracks "]
        assert answer["summary"]["rows"] == 2
        pytest.importorskip("polars", reason="the extra 'panel' is not installed")
        assert as_json(capsys, "workload", file, *NOBODY_ELSE)["summary"] == answer["summary"]

    def test_every_track_is_judged(self, capsys: Capture, tmp_path: Path) -> None:
        days = ("2025-08-26", "2025-11-18", "2026-02-17")
        file = export(tmp_path, *(GOOD.replace("2026-01-05", day) for day in days), BAD)
        ask = ("adherence", file, "--as-of", "2026-02-20")
        status, out, _ = run(capsys, *ask)
        assert status == 1
        assert "no permissible gap was stated" in out
        assert "1 track without a protocol, or with rows that could" in " ".join(out.split())
        (track,) = as_json(capsys, *ask, "--gap-days", "30")["tracks"]
        assert track["adherence"]["intervals"] == [84, 91]
        assert track["adherence"]["is_censored"] is True
        (row,) = as_rows(capsys, *ask, "--gap-days", "30")
        assert (row["on_time"], row["covered_between"], row["episodes"]) == ("2", "0.96", "1")

    def test_a_figure_across_a_missing_session_says_so(
        self, capsys: Capture, tmp_path: Path
    ) -> None:
        days = ("2025-08-26", "2026-02-10")
        given = [GOOD.replace("2026-01-05", day) for day in days]
        whole = [row.replace("P1", "P3") for row in given]
        file = export(tmp_path, *given, BAD.replace("P2", "P1"), *whole)
        ask = ("adherence", file, "--as-of", "2026-02-20")
        told = [
            (row["patient"], row["late"], row["session_left_out"]) for row in as_rows(capsys, *ask)
        ]
        assert told == [("P1", "1", "True"), ("P3", "1", "False")]
        assert [track["session_left_out"] for track in as_json(capsys, *ask)["tracks"]] == [
            True,
            False,
        ]
        assert "late  session left out" in run(capsys, *ask)[1]

    def test_a_stated_gap_is_said(self, capsys: Capture, tmp_path: Path) -> None:
        status, out, _ = run(capsys, "adherence", export(tmp_path, GOOD), "--gap-days", "30")
        assert (status, "an episode ends after 30 days" in out) == (0, True)


@pytest.mark.parametrize("rows", [(), ("P1,soon,chronic-migraine,Botox,155,completed,",)])
@pytest.mark.parametrize("command", ["schedule", "worklist", "adherence", "workload"])
def test_an_export_without_a_session_is_counted_and_ends_with_1(
    capsys: Capture, tmp_path: Path, command: str, rows: tuple[str, ...]
) -> None:
    if command == "workload":
        pytest.importorskip("polars", reason="the extra 'panel' is not installed")
    options = NOBODY_ELSE if command in {"worklist", "workload"} else ()
    status, out, _ = run(capsys, command, export(tmp_path, *rows), *options)
    assert (status, f"{counted(len(rows), 'row')}: {len(rows)} left out" in out) == (1, True)
    assert ("Problems" in out) == bool(rows)


FILES = Path(__file__).parent / "files"
SHAPES = tomllib.loads((FILES / "expected.toml").read_text(encoding="utf-8"))["files"]


@pytest.mark.parametrize("name", sorted(name for name in SHAPES if "error" not in SHAPES[name]))
def test_a_table_of_any_shape_has_one_answer(capsys: Capture, name: str) -> None:
    """Command, Python and panel read the same sessions and say the same of each track."""
    pl = pytest.importorskip("polars", reason="the extra 'panel' is not installed")
    pytest.importorskip("python_calamine", reason="the extra 'excel' is not installed")
    panel = pytest.importorskip("botox_schedule.panel")
    wanted = SHAPES[name].get("date_format")
    reading = read_sessions(FILES / name, date_format=wanted)
    by_record = {
        (str(record.id), found.indication): (str(found.status), found.dates.due)
        for record in reading.records()
        for found in forecast_all(record, as_of="2026-03-16")
    }
    options = () if wanted is None else ("--date-format", wanted)
    told = as_json(capsys, "schedule", FILES / name, "--as-of", "2026-03-16", *options)
    shown = {
        (row["patient"], row["indication"]): (
            row["status"],
            None if row["due"] is None else date.fromisoformat(row["due"]),
        )
        for row in told["tracks"]
        if row["indication"] is not None
    }
    assert shown == by_record
    if not by_record:
        return
    ends = [
        {"patient": patient, "on": end.on, "kind": str(end.kind)}
        for patient, given in reading.care_ends.items()
        for end in given
    ]
    found = panel.forecast(
        pl.DataFrame(reading.rows()),
        as_of="2026-03-16",
        holds=None,
        care_ends=pl.DataFrame(ends, schema={"patient": str, "on": pl.Date, "kind": str}),
    )
    rows = found.select("patient", "indication", "status", "due").iter_rows()
    assert {(row[0], row[1]): row[2:] for row in rows} == by_record


@pytest.mark.parametrize("command", LISTS)
def test_a_day_that_no_calendar_has_costs_nobody_the_list(
    command: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Standings.of

    def of(standings: Standings, record: PatientRecord, keys: frozenset[str]) -> list[Placed]:
        if record.id == "P2":
            raise CalendarRangeError("the date would leave the calendar")
        return known(standings, record, keys)

    monkeypatch.setattr(Standings, "of", of)
    file = export(tmp_path, GOOD, GOOD.replace("P1", "P2"))
    ask = asked(command, file, "--json")
    status, out, _ = run(capsys, *ask)
    found = json.loads(out)
    places = {row["patient"]: (row["section"], row["indication"]) for row in found["tracks"]}
    assert (status, places["P2"]) == (1, (CHECK, None))
    assert places["P1"][1] == "chronic-migraine"
    (told,) = found["problems"]
    assert "dates that no calendar has; correct it" in told
    if command == "report":
        # Among the problems, and in the patient's row.
        page = Path("list.html").read_text(encoding="utf-8")
        assert page.count("dates that no calendar has") == 2
    assert "1 track without a protocol" in run(capsys, "adherence", file)[1].replace("\n", " ")
