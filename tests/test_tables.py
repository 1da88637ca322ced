"""Tables as clinics export them: each row is a session, a problem, or blank."""

import dataclasses
import gzip
import io
import re
import sys
import tomllib
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from botox_schedule import (
    CareEnd,
    CareEndKind,
    Product,
    SessionKind,
    SessionStatus,
    TreatmentSession,
    forecast_all,
)
from botox_schedule.errors import DayError, FileLimitError, TableError
from botox_schedule.panel import worklist
from botox_schedule.tables import (
    TableReading,
    read_acknowledged,
    read_authorizations,
    read_births,
    read_care_ends,
    read_contacts,
    read_holds,
    read_overrides,
    read_prior_treatments,
    read_sessions,
    read_weights,
)
from botox_schedule.tables.decisions import _TABLES as FURTHER_TABLES
from botox_schedule.tables.typed import refusing

FILES = Path(__file__).with_name("files")
SHAPES = tomllib.loads((FILES / "expected.toml").read_text(encoding="utf-8"))
FIELDS = [field.name for field in dataclasses.fields(TreatmentSession)]
HEADER = "Patient ID,Session date,Indication,Product,Units,Status,Birth date"
GOOD = "P1,2026-01-05,chronic-migraine,Botox,155,completed,1980-01-01"


def read(text: str | bytes, **options: Any) -> TableReading:
    return read_sessions(text if isinstance(text, bytes) else text.encode(), **options)


def one(row: str, *, header: str = HEADER, **options: Any) -> TableReading:
    return read(f"{header}\n{row}\n", **options)


def reasons(reading: TableReading) -> list[str]:
    return [problem.reason for problem in reading.problems]


def fields_of(session: TreatmentSession) -> dict[str, Any]:
    return {name: getattr(session, name) for name in FIELDS}


def workbook(*sheets: list[list[Any]]) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"default_date_format": "yyyy-mm-dd hh:mm"})
    for rows in sheets:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return content.getvalue()


def written(value: Any) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value or "")


SEPARATOR = "the separator may be for thousands or for decimals; write 1000, or 1.5"


def moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a spreadsheet has no zones


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


class TestText:
    @pytest.mark.parametrize(
        "text",
        [
            pytest.param(f"{HEADER}\n{GOOD}\n", id="plain"),
            pytest.param(f"{HEADER}\n{GOOD}", id="no last line end"),
            pytest.param(f"\ufeff{HEADER}\r\n{GOOD}\r\n", id="byte-order mark, Windows line ends"),
            pytest.param(f"{HEADER}\r{GOOD}\r", id="old Mac line ends"),
            pytest.param(f"{HEADER}\n\n,,,,,,\n{GOOD}\n\n  \n", id="blank lines"),
            pytest.param(f"{HEADER};Note\n{GOOD};x".replace(",", ";"), id="semicolons, extra column"),
            pytest.param(f"{HEADER}\n{GOOD}".replace(",", "\t"), id="tabs"),
            pytest.param(f"{HEADER}\n{GOOD},,", id="surplus empty cells"),
            pytest.param("MRN,administered_on,INDICATION,toxin,dose,session-status,DOB\n" + GOOD, id="other names"),
            pytest.param(f"{HEADER}\n P1 , 2026-01-05,Chronic Migraine,BOTOX,155 U,Completed,1980-01-01", id="other spelling"),
            pytest.param(f"Clinic,{HEADER}\n\"a, \"\"b\"\"\",{GOOD}", id="quoted cell"),
            pytest.param(f'"sep=,"\n{HEADER}\n{GOOD}', id="stated delimiter, in quotation marks"),
            pytest.param(f"A title; with semicolons; many; of; them; and; more; here\n{HEADER}\n{GOOD}", id="title with another delimiter"),
        ],
    )  # fmt: skip
    def test_one_good_row_comes_out(self, text: str) -> None:
        reading = read(text)
        assert [p for p in reading.problems if p.line > 1] == []
        (row,) = reading.session_rows
        assert (row.patient, reading.births) == ("P1", {"P1": date(1980, 1, 1)})
        session = row.session
        assert (session.administered_on, session.indication) == (date(2026, 1, 5), "chronic-migraine")  # fmt: skip
        assert (session.product, session.units) == (Product.ONABOTULINUMTOXIN_A, Decimal(155))
        assert reading.counts.used == 1

    def test_utf_16_is_known_by_its_mark(self) -> None:
        assert read(f"{HEADER}\n{GOOD}".encode("utf-16")).counts.used == 1

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    def test_utf_16_without_a_mark_is_named(self, encoding: str) -> None:
        text = f"{HEADER}\n{GOOD}".encode(encoding)
        with pytest.raises(TableError, match=f"UTF-16 without a mark: give encoding='{encoding}'"):
            read(text)
        assert read(text, encoding=encoding).counts.used == 1

    def test_a_mark_is_no_part_of_the_text(self) -> None:
        assert read(f"\ufeff{HEADER}\n{GOOD}".encode("utf-8-sig")).counts.used == 1
        assert read(f"{HEADER}\n{GOOD}".encode("utf-32")).counts.used == 1
        assert read(f"{HEADER}\n{GOOD}\n\x1a").counts == (1, 1, 0, 0)

    def test_a_header_again_may_be_written_in_another_way(self) -> None:
        header = f"{HEADER.upper().replace(',', ' ,')},,Notes"
        reading = read(f"{HEADER}\n{header}\n{GOOD}")
        assert reasons(reading) == ["the header again; the rows after it are read"]
        assert reading.patients == {"P1"}

    def test_a_table_of_other_columns_below_is_refused(self) -> None:
        header = "Session date,Patient ID,Indication,Product,Wasted,Units"
        row = "2026-03-30,P2,migraine,Botox,45,155"
        with pytest.raises(TableError, match="line 3: another header; give each table in its own"):
            read("\n".join([HEADER, GOOD, header, row]))

    @pytest.mark.parametrize(
        "table",
        ["MRN,From,Until,Reason\nP1,2026-11-01,2026-12-15,surgery", "MRN,Date of death\nP1,2026-02-01"],
    )  # fmt: skip
    def test_a_table_of_another_kind_below_is_refused(self, table: str) -> None:
        """Its rows would be sessions on the days of a hold."""
        with pytest.raises(TableError, match="line 4: another header; give each table in its own"):
            read(f"{HEADER}\n{GOOD}\n\n{table}\n")

    def test_rows_below_a_title_that_speaks_against_them_are_told(self) -> None:
        header, row = "MRN,DOS,Dx,Drug", "P1,2026-01-05,migraine,Botox"
        text = [
            header,
            row,
            "Cancelled",
            header,
            row.replace("P1", "P2"),
            "Seen",
            row.replace("P1", "P3"),
        ]
        reading = read("\n".join([*text, "Cancelled: 1"]))
        said = "a title above it may say that the row does not count; give it a status"
        assert [(p.line, p.left_out) for p in reading.problems if p.reason == said] == [(5, False)]
        assert reading.counts == (7, 3, 4, 0)
        stated = "\n".join([f"{HEADER},Status x", GOOD, "Cancelled,,,,,,", GOOD])
        assert said not in reasons(read(stated))

    def test_a_row_of_words_is_no_header(self) -> None:
        for row in ("Patient,soon,note,Botox,155", "MRN,Medical record number"):
            assert read(f"{HEADER}\n{GOOD}\n{row}\n").counts == (2, 1, 1, 0)

    def test_a_header_in_the_middle_is_no_patient(self) -> None:
        reading = read(f"{HEADER}\n{GOOD}\n{HEADER}\n{GOOD.replace('P1', 'P2')}\n")
        assert [str(p) for p in reading.problems] == ["line 3: the header again; the rows after it are read"]  # fmt: skip
        assert (reading.patients, reading.unreadable) == (frozenset({"P1", "P2"}), frozenset())

    @pytest.mark.parametrize(
        "row",
        [
            'P1, "2026-01-05", "chronic-migraine", "Botox", "155", "completed", "1980-01-01"',
            '="P1",="2026-01-05",chronic-migraine,Botox,="155",completed,="1980-01-01"',
            "'P1,'2026-01-05','chronic-migraine',Botox,'155,completed,'1980-01-01'",
            "\u200eP1\u00ad,\u200b2026-01-05,chronic-migraine\u2060,Botox,155\ufeff,completed,1980-01-01\u200f",
        ],
    )
    def test_what_is_around_a_text_is_no_part_of_it(self, row: str) -> None:
        reading = one(row)
        assert reading.problems == ()
        assert reading.births == {"P1": date(1980, 1, 1)}
        assert reading.rows() == one(GOOD).rows()

    @pytest.mark.parametrize(
        "name", ["Date (YYYY-MM-DD)", "DOS [mm/dd/yyyy]", "Datum (TT.MM.JJJJ)"]
    )
    def test_a_format_after_the_name_of_a_column_is_no_part_of_it(self, name: str) -> None:
        assert read(f"MRN,{name},Dx\n1,2026-01-05,migraine").counts.used == 1

    def test_other_words_after_the_name_of_a_column_are(self) -> None:
        with pytest.raises(TableError, match="no column for date"):
            read("MRN,Date (next),Dx\n1,2026-01-05,migraine")

    def test_a_letter_is_never_replaced(self) -> None:
        text = f"{HEADER}\n{GOOD.replace('P1', 'José')}\n{GOOD.replace('P1', 'Josè')}".encode(
            "cp1252"
        )
        with pytest.raises(TableError, match=r"cp1252 .* utf-16-le"):
            read(text)
        assert read(text, encoding="cp1252").patients == {"José", "Josè"}

    @pytest.mark.parametrize("encoding", ["klingon", "undefined", "hex", "ascii", "utf-32"])
    def test_an_encoding_that_does_not_fit_is_refused(self, encoding: str) -> None:
        with pytest.raises(TableError, match=f"not text in '{encoding}'"):
            read(f"{HEADER}\n{GOOD}é", encoding=encoding)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "line 1: no column for patient, date, indication; 0 columns were found"),
            ("\n\n", "line 1: no column for patient"),
            ("patient,date\nP1,2026-01-05", "no column for indication; the columns are patient, date; name one with columns="),
            ("patient\0", "line 1: a null character was found; mend the line, or export the file again"),
            ("patient,date\n1,2026-01-05\n1,2026\0", "line 3: a null character was found"),
            ("<html><table><tr><td>MRN", "a page or a document, not a table; save it as CSV or .xlsx"),
            ('[{"MRN": 1}]', "a page or a document, not a table"),
            ("MRN^DOS^Dx\n1^2026-01-05^G43.709", "1 column was found; separate columns by commas, semicolons, tabs or bars"),
            ('"patient\nx', "line 1: not a row of a table"),
            ("Smith,2026-01-05,Jones\n", "line 1: no column for patient, date, indication; 3 columns were found"),
            ("patient,date,date,dx\n", "'date' and 'date' both mean date; choose one"),
        ],
    )  # fmt: skip
    def test_what_is_no_table_of_sessions_is_refused(self, text: str, message: str) -> None:
        with pytest.raises(TableError) as caught:
            read(text)
        assert message in str(caught.value)
        assert "Smith" not in str(caught.value)

    def test_a_line_before_the_header_that_may_be_a_row_is_reported(self) -> None:
        reading = read(f"{GOOD}\n{HEADER}\n{GOOD}\n")
        assert [str(problem) for problem in reading.problems] == [
            "line 1: before the header; rows are read after it"
        ]
        assert (reading.counts.read, reading.counts.used, reading.counts.left_out) == (2, 1, 1)

    def test_a_broken_line_before_the_header_is_reported(self) -> None:
        reading = read(f'"an open title\n{HEADER}\n{GOOD}\n')
        assert reading.counts.used == 1
        assert reading.problems[0].reason.startswith("not a row of a table")

    def test_a_comma_is_a_decimal_mark_where_no_thousand_can_be_meant(self) -> None:
        reading = one("P2;2026-01-05;chronic-migraine;Botox;1,5;completed;", header=HEADER.replace(",", ";"))  # fmt: skip
        assert reading.session_rows[0].session.units == Decimal("1.5")

    def test_an_open_quotation_mark_costs_its_own_line_only(self) -> None:
        bad = 'P2,2026-01-05,"chronic-migraine,Botox,155,completed,'
        reading = read(f"{HEADER}\n{GOOD}\n{bad}\n{GOOD.replace('P1', 'P3')}\n")
        assert reading.sessions.keys() == {"P1", "P3"}
        assert reading.unreadable == {"P2"}
        assert [problem.line for problem in reading.problems] == [3]
        assert reading.counts.read == 3

    @pytest.mark.parametrize(
        ("read_table", "head"), [(read_holds, "MRN,from"), (read_care_ends, "MRN,DOD")]
    )
    def test_the_patient_of_a_broken_row_is_known(self, read_table: Any, head: str) -> None:
        found = read_table(f'{head}\n"P1","2026-01"01"\nP2,2026-01-05\n'.encode())
        assert (found.unreadable, [*found.by_patient], found.counts.left_out) == ({"P1"}, ["P2"], 1)

    def test_two_open_quotation_marks_merge_no_rows_silently(self) -> None:
        rows = f'{GOOD}\nP2,2026-01-05,"chronic-migraine,Botox,155,completed,\n{GOOD}\nP3,2026-01-05,chronic-migraine","Botox",155,completed,'
        reading = one(rows)
        assert reading.problems[0].line == 3
        assert reading.problems[0].left_out

    def test_lines_are_counted_as_an_editor_shows_them(self) -> None:
        text = f'{HEADER},Note\n{GOOD},"two\nlines"\n\nP2,,chronic-migraine,Botox,1,completed,,\n'
        assert [problem.line for problem in read(text).problems] == [5]

    @pytest.mark.parametrize("columns", [1001, 2000])
    def test_a_table_that_is_too_wide_is_refused(self, columns: int) -> None:
        with pytest.raises(FileLimitError, match="more than 1,000 columns"):
            read(HEADER + "," * (columns - 7) + "\n" + GOOD)

    def test_what_is_not_remembered_is_read_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("botox_schedule.tables.rows.REMEMBERED", 0)
        reading = read(
            f"{HEADER}\n{GOOD}\n{GOOD.replace('155', 'many')}\n{GOOD.replace('155', 'few').replace('P1', 'P2')}\n"
        )
        assert [problem.line for problem in reading.problems] == [3, 4]
        assert reading.counts.used == 3


class TestSources:
    def test_a_name_is_never_a_pattern(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("s1.csv", "s2.csv"):
            (tmp_path / name).write_text(f"{HEADER}\n{GOOD}")
        monkeypatch.chdir(tmp_path)
        for name in ("s[12].csv", "s*.csv", "file:s1.csv", "~/s1.csv"):
            with pytest.raises(FileNotFoundError):
                read_sessions(name)
        assert read_sessions("s1.csv").counts.used == 1

    def test_text_in_place_of_a_name_is_not_repeated(self) -> None:
        with pytest.raises(FileNotFoundError) as caught:
            read_sessions(f"{HEADER}\n{GOOD}")
        told = "[Errno 2] a name has one line; to read text, give io.StringIO(text)"
        assert str(caught.value) == told

    def test_an_option_that_no_reader_has_is_refused(self) -> None:
        with pytest.raises(TypeError, match="unexpected: date_fmt; give some of columns, date_fo"):
            read_holds(b"patient,first\n1,2026-01-05\n", date_fmt="mdy")  # type: ignore[call-arg]

    def test_the_product_of_a_file_is_a_product(self) -> None:
        text = b"MRN,DOS,Dx\n0012,2026-01-05,G43.709\n"
        (row,) = read_sessions(text, product="Botox").rows()
        assert row["product"] is Product.ONABOTULINUMTOXIN_A
        with pytest.raises(TableError, match="product: no known product is named"):
            read_sessions(text, product="Botx")

    def test_standard_input_is_a_dash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        content = gzip.compress(f"{HEADER}\n{GOOD}".encode())
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        assert read_sessions("-").counts.used == 1

    def test_open_files_are_read(self) -> None:
        text = f"\ufeff{HEADER}\n{GOOD}"
        assert read_sessions(io.StringIO(text)).counts.used == 1
        assert read_sessions(io.BytesIO(text.encode())).counts.used == 1

    @pytest.mark.parametrize("source", [None, 5, [GOOD], object()])
    def test_what_is_no_file_is_refused(self, source: Any) -> None:
        with pytest.raises(TableError, match="give a file's name, its bytes or an open file"):
            read_holds(source)

    def test_a_line_of_an_open_text_has_a_limit(self) -> None:
        with pytest.raises(FileLimitError, match="line 1 is longer"):
            read_sessions(io.StringIO("x" * 2_000_000))

    def test_an_open_text_has_a_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("botox_schedule.tables.source._MOST_BYTES", 10)
        with pytest.raises(FileLimitError, match="larger than"):
            read_sessions(io.StringIO("patient,date,indication"))


class TestColumns:
    @pytest.mark.parametrize(
        "header",
        [
            "Pat.-Nr.;Beh.-Datum;Diagnose;Präparat;Einheiten;Status",
            "N° patient;Date;Diagnostic;Produit;Unités;Statut",
            "Nº historia;Fecha;Diagnóstico;Fármaco;Unidades;Estado",
            "Paziente;Data;Diagnosi;Prodotto;Unità;Status",
            "Patiëntnummer;Behandeldatum;Diagnose;Product;Eenheden;Status",
        ],
    )
    def test_columns_have_names_in_other_languages(self, header: str) -> None:
        (row,) = read(f"{header}\n0012;2026-01-05;G43.709;Botox;155;completed\n").rows()
        assert (row["patient"], row["product"], row["units"]) == (
            "0012",
            Product.ONABOTULINUMTOXIN_A,
            155,
        )

    @pytest.mark.parametrize(
        "header",
        [
            "PAT_MRN_ID,CONTACT_DATE,PRIMARY_DX_CODE,MED_NAME,DOSE_AMT,APPT_STATUS",
            "Patient Chart ID,Appt Date,ICD Codes,Product Name,Units Injected,Status",
            "pid,Date of Svc,Icd 10 Code,Drug,Number of Units,Enc. Status",
            "Chart #,Date of Inj.,Primary Dx,Toxin Name,Total Units Given,Visit Status",
            "NHS Number,Date Performed,Diagnosis Codes,Brand,Admin Dose,Status",
        ],
    )
    def test_columns_have_the_names_of_exports(self, header: str) -> None:
        (row,) = read(f"{header}\n0012,2026-01-05,G43.709,Botox,155,Comp\n").rows()
        assert row["patient"] == "0012"
        assert row["product"] is Product.ONABOTULINUMTOXIN_A
        assert (row["units"], row["status"]) == (155, SessionStatus.COMPLETED)

    def test_the_caller_names_what_is_unknown(self) -> None:
        text = "Fall,Wann,Was,Menge\nP1,2026-01-05,migraine,155"
        named = {"Fall": "patient", "wann": "date", "Was": "indication", "Menge": "units"}
        (row,) = read(text, columns=named).rows()
        assert (row["patient"], row["administered_on"], row["units"]) == (
            "P1",
            date(2026, 1, 5),
            155,
        )

    @pytest.mark.parametrize("means", ["date", "administered_on", "Session date"])
    def test_a_column_has_several_names(self, means: str) -> None:
        assert read("MRN,When,Dx\n1,2026-01-05,migraine", columns={"When": means}).counts.used == 1

    @pytest.mark.parametrize("name", ["Given (U)", "Given", "given  [U]"])
    def test_the_caller_may_name_a_column_with_its_unit_or_format(self, name: str) -> None:
        table = "MRN,Svc (MM/DD/YYYY),Dx,Given (U)\n1,2026-01-05,migraine,155"
        reading = read(table, columns={name: "units", "Svc (mm/dd/yyyy)": "date"})
        assert reading.rows()[0]["units"] == 155

    @pytest.mark.parametrize(("name", "units"), [("Dose (U)", 155), ("Dose", 3)])
    def test_of_two_columns_that_differ_in_the_unit_the_caller_names_one(
        self, name: str, units: int
    ) -> None:
        table = "MRN,DOS,Dx,Dose (U),Dose\n1,2026-01-05,migraine,155,3"
        with pytest.raises(TableError, match=r"'Dose \(U\)' and 'Dose' both mean units"):
            read(table)
        assert read(table, columns={name: "units"}).rows()[0]["units"] == units

    def test_two_columns_for_one_meaning_are_refused_until_the_caller_chooses(self) -> None:
        text = "MRN,patient,DOS,Dx\n0012,0013,2026-01-05,G43.709\n"
        with pytest.raises(TableError, match="'MRN' and 'patient' both mean patient; choose one"):
            read(text)
        assert read(text, columns={"MRN": "patient"}).patients == {"0012"}

    def test_a_column_that_is_not_there_is_named(self) -> None:
        with pytest.raises(TableError, match="line 1: no column is called 'Whenn'"):
            read("MRN,When,Dx\n1,2026-01-05,migraine", columns={"Whenn": "date"})

    def test_an_unknown_meaning_names_the_nearest(self) -> None:
        with pytest.raises(
            TableError, match="'unit' is no column of sessions; did you mean 'units'"
        ):
            read("MRN,DOS,Dx\n", columns={"DOS": "unit"})

    def test_a_mapping_the_wrong_way_round_is_told_the_right_one(self) -> None:
        with pytest.raises(TableError, match=r"first, such as \{'Svc': 'date'\}"):
            read("MRN,Svc,Dx\n", columns={"date": "Svc"})

    @pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029", "\x0b"])
    def test_a_file_with_line_ends_of_another_kind_is_refused(self, end: str) -> None:
        with pytest.raises(TableError, match="line 1: line ends of an unknown kind"):
            read(f"MRN,DOS,Dx{end}1,2026-01-05,migraine{end}")

    def test_two_meanings_of_one_column_are_refused(self) -> None:
        with pytest.raises(TableError, match="one column of the file is there twice"):
            read("MRN,A,Dx\n", columns={"A": "date", "a ": "recorded on"})

    def test_two_columns_chosen_for_one_meaning_are_refused(self) -> None:
        with pytest.raises(TableError, match="both mean date"):
            read("MRN,A,B,Dx\n", columns={"A": "date", "B": "date"})


class TestDays:
    @pytest.mark.parametrize(
        ("date_format", "text"),
        [
            (None, "2026-01-05"),
            (None, "2026-01-05 00:00:00"),
            (None, "2026-01-05T00:00:00.000"),
            ("mdy", "01/05/2026"),
            ("mdy", "1/5/26"),
            ("mdy", "1-5-2026"),
            ("mdy", "1/5/2026 12:00 am"),
            ("dmy", "05/01/2026"),
            ("dmy", "5.1.26"),
            ("%d.%m.%Y", "05.01.2026"),
            ("%Y%m%d", "20260105"),
            ("%d%m%Y", "05012026"),
            ("%d-%b-%y", "05-Jan-26"),
            ("mdy", "2026-01-05"),
        ],
    )
    def test_a_day_is_read(self, date_format: str | None, text: str) -> None:
        reading = one(f"P2,{text},chronic-migraine,Botox,155,completed,", date_format=date_format)
        assert reading.session_rows[0].session.administered_on == date(2026, 1, 5)

    @pytest.mark.parametrize(
        ("date_format", "text", "words"),
        [
            (None, "01/05/2026", "expected YYYY-MM-DD; name another format with date_format= (--date-format): mdy for 01/31/2026, dmy, %d.%m.%Y"),
            (None, "1/5/26", "expected YYYY-MM-DD; name"),
            (None, "20260105", "expected YYYY-MM-DD; name"),
            (None, "2026-02-30", "there is no such day in the calendar"),
            (None, "", "missing"),
            (None, "2026-01", "a month is not a day; give the day"),
            (None, "0000-01", "a month is not a day; give the day"),
            (None, "0026-01-05", "1900-01-01 or earlier; check the year, leave an unknown day empty"),
            (None, "1899-12-30", "1900-01-01 or earlier"),
            (None, "1900-01-01", "1900-01-01 or earlier"),
            (None, "1900-01", "a month is not a day; give the day"),
            (None, "2026-01-05 14:30", "a time of day was found; give the clinic's local day as YYYY-MM-DD"),
            (None, "2026-01-05T00:00:00Z", "a time of day was found"),
            (None, "2026-01-05 12:00", "a time of day was found"),
            (None, "46027", "a spreadsheet's serial number is not a day; format the column as a date and export it"),
            (None, "46027.5", "a spreadsheet's serial number"),
            (None, "01/05/2026 1015", "a time of day was found"),
            ("mdy", "01/05/2026 1015", "a time of day was found"),
            ("mdy", "02/30/2026", "there is no such day in the calendar"),
            ("dmy", "31.4.26", "there is no such day in the calendar"),
            ("%d-%b-%Y", "31-Feb-2026", "there is no such day in the calendar"),
            ("%Y%m%d", "20260230", "there is no such day in the calendar"),
            ("%d %b %Y", "5 Jan 1015", "1900-01-01 or earlier"),
            ("mdy", "13/05/2026", "expected YYYY-MM-DD or mdy"),
            ("mdy", "5 January 2026", "expected YYYY-MM-DD or mdy"),
            ("%d.%m.%Y", "05.01.26", "expected YYYY-MM-DD or %d.%m.%Y"),
            ("%d%m%Y", "1052026", "expected YYYY-MM-DD or %d%m%Y"),
            ("%Y%m%d", "2026105", "expected YYYY-MM-DD or %Y%m%d"),
        ],
    )  # fmt: skip
    def test_what_is_no_day_leaves_the_row_out(
        self, date_format: str | None, text: str, words: str
    ) -> None:
        reading = one(f"P2,{text},chronic-migraine,Botox,155,completed,", date_format=date_format)
        (problem,) = reading.problems
        assert problem.left_out
        assert problem.reason.startswith(f"date: {words}")
        assert reading.unreadable == {"P2"}

    @pytest.mark.parametrize(
        "date_format", ["us", "%Y%Y", "%m/%Y", "%", "%d %m %Q", "", "\0%d", "%d.%m", "%x", "%%Y %d"]
    )
    def test_a_format_that_gives_no_day_is_refused(self, date_format: str) -> None:
        if not date_format:
            assert one(GOOD, date_format=date_format).counts.used == 1
            return
        with pytest.raises(TableError, match="the date format is iso, mdy, dmy, or a pattern"):
            one(GOOD, date_format=date_format)

    def test_a_month_gives_the_two_days_between_which_it_lies(self) -> None:
        (month,) = one("P1,2026-02,chronic-migraine,Botox,155,completed,").months
        assert (month.line, month.indication, month.product) == (2, "chronic-migraine", Product.ONABOTULINUMTOXIN_A)  # fmt: skip
        assert (month.first, month.last) == (date(2026, 2, 1), date(2026, 2, 28))

    @pytest.mark.parametrize(
        ("cell", "date_format"),
        [("1980/02/01", "%Y/%m/%d"), ("1980年02月01日", "%Y年%m月%d日"), ("19800201", "%Y%m%d")],
    )
    def test_a_day_of_birth_may_begin_with_its_year(self, cell: str, date_format: str) -> None:
        reading = one(GOOD.replace("1980-01-01", cell), date_format=date_format)
        assert (reading.births, reading.problems) == ({"P1": date(1980, 2, 1)}, ())

    def test_a_day_of_birth_has_a_year_of_four_digits(self) -> None:
        reading = one("P1,1/5/26,migraine,Botox,155,completed,1/1/80", date_format="mdy")
        assert reasons(reading) == [
            "birth date: expected a year of four digits; the row counts without it"
        ]
        assert one(GOOD, date_format="%d.%m.%y").births == {"P1": date(1980, 1, 1)}

    def test_two_days_of_birth_count_for_nothing(self) -> None:
        reading = read(
            f"{HEADER}\n{GOOD}\n{GOOD.replace('01-05', '02-05').replace('1980', '2018')}\n"
        )
        assert reading.births == {}
        assert [(p.line, p.left_out) for p in reading.problems] == [(3, False)]
        assert reasons(reading) == [
            "birth date: another row of the patient states another; neither counts"
        ]


class TestUnits:
    @pytest.mark.parametrize(
        ("text", "units"),
        [
            ("155", "155"), ("155単位", "155"), ("155 Uds.", "155"), ("155 unid", "155"), ("155 U", "155"), ("155u", "155"), ("155 Units", "155"), ("155.0", "155"), ("7.5", "7.5"),
            ("0.500", "0.5"), (".5", "0.5"), ("1000", "1000"), ("155 Einheiten", "155"), ("155 [U]", "155"), ("1000000", "1000000"),
        ],
    )  # fmt: skip
    def test_units_are_read(self, text: str, units: str) -> None:
        reading = one(f"P1,2026-01-05,migraine,Botox,{text},completed,")
        assert reading.problems == ()
        assert reading.session_rows[0].session.units == Decimal(units)

    @pytest.mark.parametrize(
        "text",
        ["many", "+5", "0", "NaN", "Infinity", "1e9", "1000001", "155 mg", "9" * 500, "U", "1.2.3"],
    )
    def test_what_is_no_number_of_units_is_unknown(self, text: str) -> None:
        reading = one(f"P1,2026-01-05,migraine,Botox,{text},completed,")
        assert reasons(reading) == [
            "units: expected a number above 0; the row counts with unknown units"
        ]
        assert reading.session_rows[0].session.units is None
        assert not reading.problems[0].left_out

    @pytest.mark.parametrize("text", ["-155", "- 155 U", "(155)", "155-", "\u2212155", "-0"])
    @pytest.mark.parametrize("column", ["Units", "Wasted"])
    def test_below_0_the_row_may_take_a_session_back(self, text: str, column: str) -> None:
        reading = read(f"MRN,DOS,Dx,{column}\nP1,2026-01-05,G43.709,{text}", product="Botox")
        name = {"Units": "units", "Wasted": "units discarded"}[column]
        assert reasons(reading) == [
            f"{name}: below 0; if the row takes a session back, leave both rows out"
        ]
        assert (reading.counts.left_out, reading.unreadable) == (1, frozenset({"P1"}))

    @pytest.mark.parametrize("name", ["Dose (U)", "Dosis [E]", "Units (UI)", "Dose (units)"])
    def test_a_unit_after_the_name_of_a_column_is_no_part_of_it(self, name: str) -> None:
        (row,) = read(f"MRN,DOS,Dx,{name}\n1,2026-01-05,migraine,155").rows()
        assert row["units"] == 155

    @pytest.mark.parametrize(
        ("unit", "units"),
        [("Units", 2), ("units", 2), ("U", 2), ("[U]", 2), ("", 2), ("vial", None), ("mL", None)],
    )
    def test_a_dose_has_the_unit_of_its_column(self, unit: str, units: int | None) -> None:
        reading = read(f"MRN,DOS,Dx,Drug,Dose,Dose Unit\n1,2026-01-05,migraine,Botox,2,{unit}")
        assert reading.rows()[0]["units"] == units
        told = ["dose unit: expected units; the row counts with unknown units"]
        assert reasons(reading) == ([] if units else told)

    @pytest.mark.parametrize("name", ["Dose (mL)", "Dose (vials)"])
    def test_another_unit_is(self, name: str) -> None:
        (row,) = read(f"MRN,DOS,Dx,{name}\n1,2026-01-05,migraine,2").rows()
        assert row["units"] is None

    @pytest.mark.parametrize("column", [1, 4, 7])
    def test_a_long_text_is_no_day_and_no_amount_at_once(self, column: int) -> None:
        cells = [*GOOD.split(","), ""]
        cells[column] = f"1{' ' * 100_000}x"
        (problem,) = one(",".join(cells), header=f"{HEADER},DOD").problems
        assert "expected" in problem.reason

    @pytest.mark.parametrize("name", ["MRN", "MRN (yyyy-mm-dd)"])
    def test_a_long_text_is_no_name(self, name: str) -> None:
        with pytest.raises(TableError, match="no column for patient"):
            read(f"{name}{' ' * 100_000}x,date,dx\nP1,2026-01-05,migraine\n")

    @pytest.mark.parametrize("text", ["1.000", "1,000", "155.000", "1.234.567", "1 000", "1'000", "1,000.50", "1.000 U"])  # fmt: skip
    def test_a_separator_that_may_be_a_thousands_makes_them_unknown(self, text: str) -> None:
        reading = one(f'P1,2026-01-05,migraine,Botox,"{text}",completed,')
        assert reasons(reading) == [f"units: {SEPARATOR}; the row counts with unknown units"]
        assert reading.session_rows[0].session.units is None

    def test_cells_beyond_the_header_may_be_why_another_cannot_be_read(self) -> None:
        reading = read("Name,MRN,DOS,Dx\nDoe, Jane,P1,2026-01-05,migraine\n")
        assert reasons(reading)[0].endswith("dmy, %d.%m.%Y; cells were found beyond the header")
        assert reading.counts.left_out == 1

    def test_cells_beyond_the_header_are_told_and_make_numbers_unknown(self) -> None:
        reading = one(f"{GOOD},surplus")
        assert reading.session_rows[0].session.units is None
        assert reasons(reading) == [
            "cells were found beyond the header",
            "units: cells beyond the header may belong to it, as in 1,000; the row counts with unknown units",
        ]

    def test_discarded_units_may_be_zero(self) -> None:
        header = f"{HEADER},Wasted"
        assert one(f"{GOOD},0", header=header).session_rows[0].session.units_discarded == 0
        reading = one(f"{GOOD},none", header=header)
        assert reasons(reading) == [
            "units discarded: expected 0 or a number above 0; the row counts with unknown units discarded"
        ]

    def test_missing_units_are_unknown_and_no_problem(self) -> None:
        reading = one("P2,2026-01-05,chronic-migraine,Botox,,completed,")
        assert reading.problems == ()
        assert reading.session_rows[0].session.units is None


class TestBilling:
    @pytest.mark.parametrize(
        ("code", "factor"),
        [("J0586", 5), ("j0587", 100), ("J0586 Inj abobotulinumtoxinA", 5), ("HCPCS: J0586", 5)],
    )
    def test_a_code_with_larger_billing_units_is_told(self, code: str, factor: int) -> None:
        reading = one(GOOD.replace("Botox", code))
        assert reasons(reading) == [
            f"product: one billing unit of the code is {factor} units; the units count as units of the product"
        ]

    @pytest.mark.parametrize(
        ("text", "product"),
        [
            ("HC BOTULINUM TOXIN A PER UNIT J0585", Product.ONABOTULINUMTOXIN_A),
            ("J0585-JZ", Product.ONABOTULINUMTOXIN_A),
            ("J0588 / Medicare", Product.INCOBOTULINUMTOXIN_A),
            ("J0585 not given", None),
            ("J0585, J0588", None),
            ("J0585 for Dysport", None),
        ],
    )
    def test_a_code_among_other_words_names_the_product(
        self, text: str, product: Product | None
    ) -> None:
        (row,) = one(GOOD.replace("Botox", f'"{text}"')).session_rows
        assert row.session.product is product

    @pytest.mark.parametrize("text", ["J0585-JW", "BOTOX 100 UNIT JW"])
    def test_a_product_with_a_modifier_may_be_what_was_thrown_away(self, text: str) -> None:
        reading = read(f"{HEADER}\n{GOOD}\n{GOOD.replace('Botox', text)}")
        assert (reading.counts.used, reading.unreadable) == (1, frozenset())
        assert reasons(reading)[0].startswith("product: JW bills what was thrown away")

    @pytest.mark.parametrize("name", ["J0585", "J0588", "Dysport"])
    def test_other_names_are_not(self, name: str) -> None:
        assert one(GOOD.replace("Botox", name)).problems == ()

    @pytest.mark.parametrize("modifier", ["JW", "jw", "59, JW"])
    def test_a_row_for_what_was_thrown_away_is_no_session(self, modifier: str) -> None:
        header = "MRN,DOS,Dx,J Code,Units,Mod 1"
        waste = f'1,2026-01-05,migraine,J0585,45,"{modifier}"'
        reading = read(f"{header}\n1,2026-01-05,migraine,J0585,155,\n{waste}")
        assert (reading.counts.used, reading.unreadable) == (1, frozenset())
        assert reasons(reading) == [
            "modifier: JW bills what was thrown away; write it as units discarded in the session's row"
        ]
        for session in ("1,2026-01-06,migraine,J0585,155,", "2,2026-01-05,migraine,J0585,155,"):
            assert "1" in read(f"{header}\n{session}\n{waste}").unreadable

    @pytest.mark.parametrize("number", range(1, 5))
    def test_it_may_be_any_of_four_modifiers(self, number: int) -> None:
        modifiers = ",".join("JW" if n == number else "59" for n in range(1, 5))
        row = f"1,2026-01-05,migraine,J0585,45,{modifiers}"
        reading = read(f"MRN,DOS,Dx,HCPCS,Units,Mod 1,Mod 2,Mod 3,Mod 4\n{row}")
        assert (reading.counts.left_out, reading.unreadable) == (1, frozenset({"1"}))

    @pytest.mark.parametrize("modifier", ["", "JZ", "59", "JWX"])
    def test_other_modifiers_say_nothing(self, modifier: str) -> None:
        assert one(f"{GOOD},{modifier}", header=f"{HEADER},Modifier").problems == ()

    @pytest.mark.parametrize("name", ["Qty", "Quantity", "Billing units"])
    def test_vials_and_billing_units_are_no_units(self, name: str) -> None:
        (row,) = read(f"MRN,DOS,Dx,Drug,{name}\n1,2026-01-05,migraine,Botox,2").rows()
        assert row["units"] is None


class TestNames:
    @pytest.mark.parametrize(
        "text",
        [
            "chronic-migraine", "Chronic Migraine", "MIGRAINE", "chronic_migraine", "migraña crónica", "G43.709", "g43709",
            "G43.709 - Chronic migraine w/o aura", "ICD-10: G43.709", "G43.709; G43.719", "64615", "G43.709 (chronic migraine)",
            '"Chronic migraine without aura, intractable, without status migrainosus"',
        ],
    )  # fmt: skip
    def test_an_indication_is_known_by_names_and_codes(self, text: str) -> None:
        reading = one(f"P1,2026-01-05,{text},Botox,155,completed,")
        assert reading.problems == ()
        assert reading.session_rows[0].session.indication == "chronic-migraine"

    @pytest.mark.parametrize(
        ("text", "slug", "hint"),
        [
            ("chronic-migrane", "chronic-migrane", "; the nearest is chronic-migraine"),
            ("masseter", "masseter", ""),
            ("G99.999", "g99-999", ""),
            ("G43.709; G24.3", "g43-709-g24-3", ""),
            ("G24.3 - migraine", "g24-3-migraine", ""),
            ("G43.909 - migraine", "g43-909-migraine", ""),
            ("['migraine'; 'G24.3']", "migraine-g24-3", ""),
            ("y" * 65, "y" * 64, ""),
            (f"{'y' * 63} yy", "y" * 63, ""),
            ("Zähneknirschen", "zahneknirschen", ""),
        ],
    )
    def test_an_unknown_indication_keeps_its_row(self, text: str, slug: str, hint: str) -> None:
        reading = one(f"P1,2026-01-05,{text},Botox,155,completed,")
        assert reading.session_rows[0].session.indication == slug
        (reason,) = reasons(reading)
        assert (
            reason == f"indication: not a known name or code{hint}; the row counts as unrecognized"
        )

    def test_words_next_to_a_code_can_be_more_precise(self) -> None:
        reading = one("P1,2026-01-05,G81.11 - upper limb spasticity,Botox,155,completed,")
        assert reading.problems == ()
        assert reading.session_rows[0].session.indication == "upper-limb-spasticity"

    @pytest.mark.parametrize("text", ["???", "頭痛"])
    def test_what_can_be_no_name_leaves_the_row_out(self, text: str) -> None:
        reading = one(f"P1,2026-01-05,{text},Botox,155,completed,")
        assert reasons(reading) == [
            "indication: expected a name such as chronic-migraine, or a code"
        ]

    def test_indications_of_the_clinic_are_known(self) -> None:
        reading = one("P1,2026-01-05,Bruxism,Botox,155,completed,", indications=["bruxism"])
        assert reading.problems == ()

    @pytest.mark.parametrize(
        "text",
        [
            *(
                "Botox®",
                "BOTOX 100 unit vial",
                "OnabotulinumtoxinA (Botox)",
                "J0585",
                "J0585 Botox",
            ),
            *("HCPCS J0585", "NDC: 0023-1145-01", "ndc#00023114501", "RxNorm 860189"),
        ],
    )
    def test_a_product_is_known_by_names_and_codes(self, text: str) -> None:
        reading = one(f"P1,2026-01-05,migraine,{text},155,completed,")
        assert reading.session_rows[0].session.product is Product.ONABOTULINUMTOXIN_A

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Toxin", "product: no known product is named"),
            ("Botox or Dysport", "product: the text names two products; give one"),
            ("J0585 Dysport", "product: the name and the code are of two products; give one"),
            ("J0585 J0586", "product: no known product is named"),
            ("J0585 not given", "product: no known product is named"),
            ("", "product: missing; product= (--product) states one for the whole file"),
        ],
    )
    def test_a_row_counts_with_an_unknown_product(self, text: str, words: str) -> None:
        reading = one(f"P1,2026-01-05,migraine,{text},155,completed,")
        assert reading.problems[0].reason.startswith(words)
        assert not reading.problems[0].left_out
        assert reading.session_rows[0].session.product is None

    @pytest.mark.parametrize("header", [HEADER, HEADER.replace("Product", "Color")])
    def test_a_product_can_be_stated_for_the_file(self, header: str) -> None:
        row = "P2,2026-01-05,chronic-migraine,,155,completed,"
        reading = one(row, header=header, product=Product.ABOBOTULINUMTOXIN_A)
        assert reading.problems == ()
        assert reading.session_rows[0].session.product is Product.ABOBOTULINUMTOXIN_A

    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("canceled", SessionStatus.CANCELLED), ("No-Show", SessionStatus.NO_SHOW), ("No Show", SessionStatus.NO_SHOW),
            ("entered_in_error", SessionStatus.ENTERED_IN_ERROR), ("void", SessionStatus.ENTERED_IN_ERROR),
            ("scheduled", SessionStatus.BOOKED), ("given", SessionStatus.COMPLETED), ("draft", SessionStatus.DRAFT),
            ("Completed", SessionStatus.COMPLETED), ("Fulfilled", SessionStatus.COMPLETED), ("durchgeführt", SessionStatus.COMPLETED),
            ("Réalisée", SessionStatus.COMPLETED), ("geplant", SessionStatus.BOOKED), ("Prévu", SessionStatus.BOOKED),
            ("Pt. canceled", SessionStatus.CANCELLED), ("Rescheduled", SessionStatus.CANCELLED), ("Not given", SessionStatus.CANCELLED),
            ("abgesagt", SessionStatus.CANCELLED), ("annulé", SessionStatus.CANCELLED), ("DNA", SessionStatus.NO_SHOW),
            ("Left without being seen", SessionStatus.NO_SHOW), ("no asistió", SessionStatus.NO_SHOW), ("Deleted", SessionStatus.ENTERED_IN_ERROR),
            ("Kept", SessionStatus.COMPLETED), ("Sch", SessionStatus.BOOKED), ("Canc", SessionStatus.CANCELLED),
            ("Did not keep appointment", SessionStatus.NO_SHOW), ("Cancelled by provider", SessionStatus.CANCELLED),
            ("MAR Hold", SessionStatus.CANCELLED), ("Canceled Entry", SessionStatus.ENTERED_IN_ERROR), ("In Error", SessionStatus.ENTERED_IN_ERROR),
            ("Eseguita", SessionStatus.COMPLETED), ("Geannuleerd", SessionStatus.CANCELLED), ("No presentado", SessionStatus.NO_SHOW),
            ("Auth (Verified)", SessionStatus.COMPLETED), ("wahrgenommen", SessionStatus.COMPLETED), ("Non honoré", SessionStatus.NO_SHOW),
        ],
    )  # fmt: skip
    def test_words_of_other_systems_are_statuses(self, word: str, status: SessionStatus) -> None:
        assert one(GOOD.replace("completed", word)).session_rows[0].session.status is status

    @pytest.mark.parametrize(
        "word",
        ["maybe", "", "N/A", "unknown", "arrived", "pending", "1", "TRUE", "held", "reversed"],
    )
    def test_an_unknown_status_leaves_the_row_out(self, word: str) -> None:
        reading = one(GOOD.replace("completed", word))
        assert reasons(reading) == [
            "status: expected one of completed, booked, draft, cancelled, no show, entered in error"
        ]
        assert reading.unreadable == {"P1"}
        assert reading.births == {"P1": date(1980, 1, 1)}

    def test_without_a_status_a_session_was_completed(self) -> None:
        (row,) = read("MRN,DOS,Dx\n1,2026-01-05,migraine").session_rows
        assert (row.session.status, row.session.kind) == (SessionStatus.COMPLETED, SessionKind.FULL)

    def test_kinds_are_read_and_an_unknown_one_is_full(self) -> None:
        reading = read(
            f"{HEADER},Kind\n{GOOD},touch-up\n{GOOD.replace('155', '150')},\n{GOOD},half"
        )
        assert [row.session.kind for row in reading.session_rows] == [
            SessionKind.TOUCH_UP, SessionKind.FULL, SessionKind.FULL,
        ]  # fmt: skip
        assert reasons(reading) == [
            "kind: expected one of full, touch up; the row counts as a full session"
        ]


class TestKeys:
    @pytest.mark.parametrize(
        ("cell", "patient"),
        [
            (" 0012 ", "0012"),
            ("12", "12"),
            ("\ufeff0012\u200b", "0012"),
            ("Jose\u0301", "Jos\u00e9"),
            ("00\u200b12", "0012"),
            ("A\xa0 7", "A 7"),
            ("A\u20287", "A 7"),
        ],
    )
    def test_a_key_keeps_its_zeros_and_loses_its_blanks(self, cell: str, patient: str) -> None:
        assert one(GOOD.replace("P1", cell)).patients == {patient}

    @pytest.mark.parametrize(
        ("cell", "words"),
        [
            *(
                (word, "missing")
                for word in (
                    "",
                    "\\N",
                    "N/A",
                    "-",
                    "NULL",
                    "(blank)",
                    "#N/A",
                    "#REF!",
                    "unknown",
                    "True",
                    "Unknown Patient",
                    '"Unknown, Unknown"',
                    "Anonymous",
                    "not assigned",
                    "0000000",
                    "000-00-0000",
                )
            ),
            ("x" * 201, "expected at most 200 characters"),
            ("1.23457E+11", "a spreadsheet made a number or a date of it; export it as text"),
            ("Jos\ufffd", "letters were lost in an earlier export; export it again as UTF-8"),
            ("Jos?-1", "letters were lost in an earlier export; export it again as UTF-8"),
            ("?mile", "letters were lost in an earlier export; export it again as UTF-8"),
            ('"a\nb"', "a line break was found; a quotation mark may be open"),
        ],
    )
    def test_a_damaged_key_leaves_the_row_out(self, cell: str, words: str) -> None:
        reading = one(GOOD.replace("P1", cell))
        assert reasons(reading) == [f"patient: {words}"]
        assert reading.problems[0].left_out
        assert reading.unreadable == frozenset()

    def test_half_a_character_is_a_letter_that_was_lost(self) -> None:
        """Some encodings give one; no record and no file can hold it."""
        rows = "\n".join([HEADER, GOOD, GOOD.replace("P1", "P\ud83d")])
        for reading in (
            read_sessions(io.StringIO(rows)),
            read(rows.encode("unicode_escape").replace(b"\\n", b"\n"), encoding="unicode_escape"),
        ):
            assert [str(problem) for problem in reading.problems] == [
                "line 3: patient: letters were lost in an earlier export; export it again as UTF-8"
            ]
            assert [record.id for record in reading.records()] == ["P1"]

    @pytest.mark.parametrize(
        ("one_key", "other"),
        [
            *(("12", "0012"), ("12.0", "12"), ("ab1", "AB1"), ("A-7", "A 7"), ("0", "00")),
            ("\uff11\uff12", "12"),
        ],
    )
    def test_keys_that_look_like_one_patients_are_reported(self, one_key: str, other: str) -> None:
        reading = read("\n".join([HEADER, *(GOOD.replace("P1", key) for key in (one_key, other))]))
        assert reading.patients == {one_key, other}
        (problem,) = reading.problems
        assert str(problem).startswith("line 3: patient: differs only in zeros, case, blanks")
        assert str(problem).endswith("on line 2; they count as two patients")
        assert not problem.left_out
        assert reading.unreadable == {one_key, other}

    @pytest.mark.parametrize(("one_key", "other"), [("1-11", "11-1"), ("1", "10"), ("a1", "b1")])
    def test_keys_with_other_parts_are_others(self, one_key: str, other: str) -> None:
        reading = read("\n".join([HEADER, *(GOOD.replace("P1", key) for key in (one_key, other))]))
        assert reading.problems == ()
        assert reading.unreadable == frozenset()

    def test_every_key_that_looks_like_the_first_names_it(self) -> None:
        keys = ("1-11", "11-1", "1 11", "111", "0111")
        reading = read("\n".join([HEADER, *(GOOD.replace("P1", key) for key in keys)]))
        assert [str(p).partition("the one ")[2][:9] for p in reading.problems] == ["on line 2"] * 3
        assert reading.unreadable == {"1-11", "1 11", "111", "0111"}

    @pytest.mark.parametrize(
        ("row", "is_doubtful"),
        [
            (",2026-03-30,migraine,Botox,155", True),
            ("N/A,2026-03-30,migraine,Botox,155", True),
            (",,,,310", False),
            (",2026-03-30x,migraine,Botox,155", False),
            ("P2,2026-03-30,,Botox,155", False),
        ],
    )
    def test_a_session_of_nobody_may_be_of_the_patient_above(
        self, row: str, is_doubtful: bool
    ) -> None:
        lines = ["MRN,DOS,Dx,Drug,Units", row, "P1,2026-01-05,migraine,Botox,155", row]
        reading = read("\n".join(lines))
        assert ("P1" in reading.unreadable) is is_doubtful
        assert reading.counts == (3, 1, 2, 0)

    @pytest.mark.parametrize("cell", ["Total", "GRAND TOTAL:", "Summe", "End of report"])
    def test_a_row_of_totals_is_no_patient(self, cell: str) -> None:
        reading = read(f"{HEADER}\n{GOOD}\n{cell},,,,155,,\n")
        assert (reading.patients, reasons(reading)) == (frozenset({"P1"}), ["patient: missing"])

    @pytest.mark.parametrize(
        ("key", "is_missing"),
        [("9999999", True), ("999-99-9999", True), ("XXX", True), ("999999", False), ("xx", False)],
    )
    def test_what_stands_for_no_key_is_no_patient(self, key: str, *, is_missing: bool) -> None:
        """The rows of several patients would become one patient's."""
        reading = one(GOOD.replace("P1", key))
        assert reading.counts.left_out == is_missing
        assert reading.patients == (frozenset() if is_missing else {key})

    def test_rows_with_an_id_are_told_apart_by_it(self) -> None:
        reading = read(f"Session ID,{HEADER}\na,{GOOD}\nb,{GOOD}\n,{GOOD}")
        assert reading.problems == ()
        assert [row.session.id for row in reading.session_rows] == ["a", "b", "line 4"]

    def test_a_copy_with_its_id_is_told(self) -> None:
        reading = read(f"Session ID,{HEADER}\na,{GOOD}\na,{GOOD}\n")
        assert [str(problem) for problem in reading.problems] == [
            "line 3: the same as line 2; with one id they count once, and its units once"
        ]

    def test_a_session_with_a_damaged_id_counts(self) -> None:
        reading = one(f"1.23457E+11,{GOOD}", header=f"Session ID,{HEADER}")
        assert reasons(reading) == [
            "id: a spreadsheet made a number or a date of it; export it as text; the row counts without it"
        ]
        assert reading.session_rows[0].session.id == "line 2"

    @pytest.mark.parametrize("word", ["N/A", "-", "null", "#N/A"])
    def test_a_word_for_nothing_is_no_id(self, word: str) -> None:
        """Sessions with one id are one session."""
        second = GOOD.replace("01-05", "04-05")
        reading = read(f"Session ID,{HEADER}\n{word},{GOOD}\n{word},{second}\n")
        assert reading.problems == ()
        assert [row.session.id for row in reading.session_rows] == ["line 2", "line 3"]

    def test_equal_rows_are_reported_and_both_count(self) -> None:
        reading = read(f"{HEADER}\n{GOOD}\n{GOOD}\n{GOOD.replace('completed', 'booked')}")
        assert reading.counts.used == 3
        assert [str(problem) for problem in reading.problems] == [
            "line 3: the same as line 2; both count, they may be one"
        ]

    def test_the_day_a_row_was_recorded_is_read(self) -> None:
        header = f"{HEADER},Recorded on"
        assert one(f"{GOOD},2026-01-06", header=header).session_rows[0].session.recorded_on == date(2026, 1, 6)  # fmt: skip
        assert reasons(one(f"{GOOD},soon", header=header))[0].endswith(
            "; the row counts without it"
        )


class TestDeaths:
    @pytest.mark.parametrize(
        ("cell", "day", "told"),
        [
            ("2026-02-01", date(2026, 2, 1), False),
            ("yes", None, False),
            ("02/01/2026", None, True),
            ("2026", None, True),
            ("Feb 26", None, True),
            ("02/01/2026 1830", None, True),
            ("t", None, False),
        ],
    )
    def test_who_has_a_day_of_death_has_died(self, cell: str, day: date | None, told: bool) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},Date of death")
        (end,) = reading.care_ends["P1"]
        assert (end.on, end.kind) == (day, CareEndKind.DECEASED)
        assert bool(reading.problems) is told
        assert reading.counts.used == 1
        assert reading.records()[0].care_ends == (end,)

    @pytest.mark.parametrize(
        "cell", ["", "-", "n/a", "no", "00/00/0000", "alive", "NULL", "f", "not applicable"]
    )
    def test_who_has_none_lives(self, cell: str) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},Date of death")
        assert (reading.care_ends, reading.problems) == ({}, ())

    def test_words_that_say_nothing_are_told(self) -> None:
        for column in ("Date of death", "Deceased"):
            reading = one(f"{GOOD},perhaps", header=f"{HEADER},{column}")
            assert reading.care_ends == {}
            (reason,) = reasons(reading)
            assert reason.startswith(f"{column.lower()}: expected a day, yes or no; the row counts")
            assert reason.endswith("but find out whether the patient has died")
            assert (reading.counts.used, reading.unreadable) == (1, frozenset({"P1"}))

    @pytest.mark.parametrize(
        "cell",
        [
            *("1900-01-01", "1899-12-30", "9999-12-31", "unknown", "01/01/1900", "31.12.9999", "2"),
            *("Alive as of 2026-01-01", "no (asked 1/1/2026)"),
        ],
    )
    def test_a_day_that_stands_for_none_leaves_open_who_lives(self, cell: str) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},Date of death")
        assert (reading.care_ends, reading.unreadable) == ({}, frozenset({"P1"}))
        assert reasons(reading)[0].endswith("find out whether the patient has died")

    @pytest.mark.parametrize(
        ("cell", "ends"),
        [
            ("D", [None]), ("Expired", [None]), ("passed away", [None]), ("TRUE", [None]), ("deceased 2026", [None]),
            ("2026-02-01", [date(2026, 2, 1)]), ("A", []), ("Alive", []), ("Unknown", []), ("FALSE", []), ("0", []),
        ],
    )  # fmt: skip
    def test_a_vital_status_is_a_word_or_a_day(self, cell: str, ends: list[date | None]) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},Vital status")
        assert [end.on for end in reading.care_ends.get("P1", ())] == ends
        assert reading.unreadable == set()

    @pytest.mark.parametrize(
        ("cell", "is_dead"), [("Deceased", True), ("fallecida", True), ("Active", False), ("", False)]
    )  # fmt: skip
    def test_a_patient_status_can_say_it(self, cell: str, is_dead: bool) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},Patient status")
        assert (set(reading.care_ends) == {"P1"}) is is_dead
        assert reading.problems == ()

    @pytest.mark.parametrize(
        "cell",
        ["Discharged", "Transfer of care", "moved away", "entlassen", "Inactive", "Archived"],
    )
    def test_a_patient_status_that_says_discharged_is_told(self, cell: str) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},Patient status")
        (said,) = reasons(reading)
        assert said.endswith("says that care has ended; give the day in a table of care ends")
        assert (reading.counts.used, reading.care_ends, reading.unreadable) == (1, {}, frozenset())

    @pytest.mark.parametrize("cell", ["On hold", "Pregnant", "pausiert"])
    def test_a_patient_status_that_says_paused_is_told(self, cell: str) -> None:
        (said,) = reasons(one(f"{GOOD},{cell}", header=f"{HEADER},Patient status"))
        assert said.endswith("says that treatment is paused; give the days in a table of holds")

    @pytest.mark.parametrize(
        "cell", ["DECEASED 2026", "Inactive - deceased", "not dead", "Passed away 2026"]
    )
    def test_a_patient_status_that_may_say_it_is_told(self, cell: str) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},Patient status")
        assert (reading.care_ends, reading.unreadable) == ({}, frozenset({"P1"}))
        assert reasons(reading) == [
            "patient status: may say that the patient has died; the row counts but find out whether the patient has died"
        ]

    @pytest.mark.parametrize("name", ["Cause of death", "Todesursache", "Fallecimiento", "Décès?"])
    def test_a_column_that_may_hide_a_death_is_told(self, name: str) -> None:
        reading = one(f"{GOOD},x", header=f"{HEADER},{name}")
        (problem,) = reading.problems
        assert str(problem).startswith("line 1: column 8 may say who has died and is not read; say")
        assert str(problem).endswith("'date of death'} (--column 'date of death'=...)")
        assert not problem.left_out
        assert one(f"{GOOD},x,", header=f"{HEADER},{name},DOD").problems == ()

    @pytest.mark.parametrize(
        "name",
        [
            "Data di morte (ora)",
            "Overleden op",
            "Óbito (provável)",
            "死亡年月",
            "Living",
            "Dødsdato",
            "Alive?",
            "Lebend",
            "VITAL_STATUS_CD",
            "Life status",
            "Dead on",
            "Husband DOD",
        ],
    )
    def test_a_death_is_looked_for_in_other_languages(self, name: str) -> None:
        assert "who has died" in reasons(one(f"{GOOD},x", header=f"{HEADER},{name}"))[0]

    @pytest.mark.parametrize(
        ("name", "cell", "is_told"),
        [
            ("Patient Name", "DOE JANE (DECEASED)", True),
            ("Last Name", "*DECEASED* Doe", True),
            ("Cancel Reason", "Patient passed away", True),
            ("Nachname", "M\u00fcller (verstorben)", True),
            ("Nom", "Dupont (d\u00e9c\u00e9d\u00e9e)", True),
            ("Member status", "Deceased", True),
            ("Chart status", "Inactive - deceased", True),
            ("Discharge disposition", "Died", True),
            ("Name", "Müller, Hans †", True),
            ("Patient name", "SMITH Jane (R.I.P.)", True),
            ("Surname", "O'NEIL Jane Dec'd", True),
            ("Nachname", "Müller (verst.)", True),
            ("氏名", "山田太郎 [死亡]", True),
            ("Flags", "Deceased; VIP", True),
            ("Name", "Ripley, Jane", False),
            ("Name", "Diedrich, Jane", False),
            ("Deadline", "none", False),
            ("Cancel Reason", "authorization expired", False),
            ("Notes", "mother died of it", False),
        ],
    )
    def test_a_name_or_a_reason_that_may_say_it_is_told(
        self, name: str, cell: str, *, is_told: bool
    ) -> None:
        others = [f"P{n},2026-01-05,migraine,Botox,Name {n}" for n in range(120)]
        rows = [*others, f'P120,2026-01-05,migraine,Botox,"{cell}"']
        (*problems,) = read("\n".join([f"MRN,DOS,Dx,Drug,{name}", *rows])).problems
        said = "column 5 may say who has died and is not read; say so with columns={'...': 'patient status'}"
        assert any(problem.reason.startswith(said) for problem in problems) is is_told

    @pytest.mark.parametrize("name", ["Flag", "Notes", "Colonne 4"])
    def test_a_cell_that_is_a_word_of_death_is_told(self, name: str) -> None:
        assert "who has died" in reasons(one(f"{GOOD},Dead", header=f"{HEADER},{name}"))[0]
        assert one(f"{GOOD},dead tired", header=f"{HEADER},{name}").problems == ()

    def test_a_word_of_death_is_told_where_no_day_of_death_is_given(self) -> None:
        header = f"{HEADER},Flag,DOD"
        assert "who has died" in reasons(one(f"{GOOD},Deceased,", header=header))[0]
        assert one(f"{GOOD},Deceased,2026-02-01", header=header).problems == ()

    @pytest.mark.parametrize(
        "name",
        [
            "Death Indicator",
            "Patient Deceased (Y/N)",
            "Is Deceased? Y/N",
            "Death flag",
            "is_dead",
            "Dead (Y/N)",
        ],
    )
    def test_a_flag_of_death_is_read(self, name: str) -> None:
        header = f"{HEADER},{name}"
        assert one(f"{GOOD},Y", header=header).care_ends["P1"][0].on is None
        assert one(f"{GOOD},N", header=header).care_ends == {}

    def test_a_row_that_is_left_out_still_says_that_its_patient_died(self) -> None:
        reading = one(f"{GOOD.replace('2026-01-05', 'soon')},2026-02-01", header=f"{HEADER},DOD")
        assert reading.counts.left_out == 1
        assert reading.care_ends["P1"][0].on == date(2026, 2, 1)

    def test_a_flag_counts_where_no_row_gives_the_day(self) -> None:
        header = f"{HEADER},Deceased,Date of death"
        reading = read(
            f"{header}\n{GOOD},yes,\n{GOOD},yes,2026-02-01\n{GOOD.replace('P1', 'P2')},1,\n"
        )
        assert {
            patient: [end.on for end in ends] for patient, ends in reading.care_ends.items()
        } == {
            "P1": [date(2026, 2, 1)],
            "P2": [None],
        }

    def test_two_days_of_death_are_both_kept(self) -> None:
        header = f"{HEADER},Date of death"
        reading = read(f"{header}\n{GOOD},2026-03-01\n{GOOD},2026-02-01\n")
        assert [end.on for end in reading.care_ends["P1"]] == [date(2026, 2, 1), date(2026, 3, 1)]


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


class TestSpreadsheets:
    ROW = ("0012", moment(2026, 1, 5), "migraine", "Botox", 155)
    NAMES = ("MRN", "DOS", "Dx", "Drug", "Amt")

    def test_days_and_numbers_come_as_they_are(self) -> None:
        row = (12, moment(2026, 1, 5), "migraine", "Botox", 1.125)
        (found,) = read(workbook([list(self.NAMES), list(row)])).rows()
        assert (found["patient"], found["administered_on"], found["units"]) == ("12", date(2026, 1, 5), Decimal("1.125"))  # fmt: skip

    @pytest.mark.parametrize(
        ("day", "words"),
        [
            (moment(2026, 1, 5, 14, 30), "date: a time of day was found"),
            (46027, "date: a spreadsheet's serial number is not a day"),
            (True, "date: expected YYYY-MM-DD"),
        ],
    )
    def test_what_is_no_day_leaves_the_row_out(self, day: Any, words: str) -> None:
        reading = read(workbook([list(self.NAMES), ["0012", day, *self.ROW[2:]]]))
        assert reading.problems[0].reason.startswith(words)
        assert reading.problems[0].line == 2

    def test_a_key_that_became_a_date_is_refused(self) -> None:
        reading = read(workbook([list(self.NAMES), [moment(2026, 1, 2), *self.ROW[1:]]]))
        assert reasons(reading) == [
            "patient: a spreadsheet made a number or a date of it; export it as text"
        ]

    def test_a_key_with_more_digits_than_a_spreadsheet_keeps_is_refused(self) -> None:
        reading = read(workbook([list(self.NAMES), [1234567890123456, *self.ROW[1:]]]))
        assert reasons(reading) == [
            "patient: a spreadsheet made a number or a date of it; export it as text"
        ]

    def test_of_two_sheets_with_sessions_the_caller_names_one(self) -> None:
        table: list[list[Any]] = [[*self.NAMES], [*self.ROW]]
        content = workbook(table, [*table, ["0013", *self.ROW[1:]]])
        with pytest.raises(TableError, match="2 sheets hold such a table; name one with sheet="):
            read(content)
        assert read(content, sheet="Sheet2").counts.used == 2
        with pytest.raises(TableError, match="no sheet is called 'Sheet3'; 2 sheets were found"):
            read(content, sheet="Sheet3")

    def test_only_a_spreadsheet_has_sheets(self) -> None:
        with pytest.raises(TableError, match="only a spreadsheet has sheets"):
            read(HEADER, sheet="Sheet1")

    def test_a_spreadsheet_without_sessions_is_refused(self) -> None:
        with pytest.raises(TableError, match="line 1: no column for patient"):
            read(workbook([["Note"]], []))
        with pytest.raises(TableError, match="0 columns were found"):
            read(workbook([]))

    def test_without_the_extra_the_message_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "python_calamine", None)
        monkeypatch.setitem(sys.modules, "xlrd", None)
        for content in (workbook([]), b"\xd0\xcf\x11\xe0"):
            with pytest.raises(TableError, match=r"pip install 'botox-schedule\[excel\]'"):
                read(content)

    def test_a_spreadsheet_has_a_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        content = b"\xd0\xcf\x11\xe0" + bytes(2_000_000)
        monkeypatch.setattr("botox_schedule.tables.excel._MOST_BYTES", 1_048_576)
        with pytest.raises(FileLimitError, match="the table: larger than 1 MiB"):
            read(content)

    @pytest.mark.parametrize(
        ("sheet", "is_told"),
        [
            ([["MRN", "Date of death"], ["0012", "x"]], True),
            ([["MRN", "Termin", "Botox"], ["0012", moment(2026, 1, 5), 155]], True),
            ([["0013", "2026-01-05", "migraine", "Botox", 155]], True),
            ([["Code", "Meaning"], ["MRN", "the patient's number"]], False),
            ([], False),
        ],
    )
    def test_a_further_sheet_that_may_hold_patients_is_told(
        self, sheet: list[list[Any]], *, is_told: bool
    ) -> None:
        content = workbook(sheet, [list(self.NAMES), list(self.ROW)])
        reading = read(content)
        said = (
            "sheet 1 may hold patients and is not read here; give each table in a file of its own"
        )
        assert (reading.counts.used, reasons(reading)) == (1, [said] * is_told)
        assert read(content, sheet="Sheet2").problems == ()
        assert read_births(workbook(sheet, [["MRN", "DOB"]])).problems == ()

    def test_cells_of_an_error_are_no_numbers(self) -> None:
        """Excel keeps the word of an error as the result of its formula."""
        content = io.BytesIO()
        book = xlsxwriter.Workbook(content)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, self.NAMES)
        sheet.write_row(1, 0, ["0012", "2026-01-05", "migraine", "Botox"])
        sheet.write_formula(1, 4, "=1/0", None, "#DIV/0!")
        book.close()
        reading = read(content.getvalue())
        assert reading.session_rows[0].session.units is None
        assert reasons(reading)[0].startswith("units: expected a number above 0")

    @pytest.mark.parametrize(
        ("value", "whole", "units"),
        [("", "", None), ("0", "fullCalcOnLoad", None), ("155", "fullCalcOnLoad", "155.0"), ("155", "", "155.0")],
    )  # fmt: skip
    def test_a_formula_that_nobody_computed_is_told(
        self, value: str, whole: str, units: str | None
    ) -> None:
        """Programs that write workbooks do not compute: a death would be an empty cell."""
        content, changed = io.BytesIO(), io.BytesIO()
        book = xlsxwriter.Workbook(content)
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, [*self.NAMES, "Died on"])
        sheet.write_row(1, 0, ["0012", "2026-01-05", "migraine", "Botox"])
        sheet.write_formula(1, 4, "=100+55", None, 777)
        if units is None:
            sheet.write_formula(1, 5, "=Deaths!A1", None, 777)
        book.close()
        with zipfile.ZipFile(content) as old, zipfile.ZipFile(changed, "w") as new:
            for name in old.namelist():
                text = old.read(name).replace(b"<v>777</v>", f"<v>{value}</v>".encode())
                new.writestr(name, text if whole else text.replace(b' fullCalcOnLoad="1"', b""))
        reading = read(changed.getvalue())
        (row,) = reading.session_rows
        assert (row.session.units and str(row.session.units)) == units
        assert reading.unreadable == (frozenset() if units else {"0012"})
        assert len(reading.problems) == (0 if units else 2)

    def test_a_formula_that_nobody_computed_is_told_in_open_document_too(self) -> None:
        changed = io.BytesIO()
        with (
            zipfile.ZipFile(FILES / "open_document.ods") as old,
            zipfile.ZipFile(changed, "w") as new,
        ):
            for name in old.namelist():
                plain = rb'<table:table-cell[^>]*office:value="155"[^>]*>.*?</table:table-cell>'
                formula = b'<table:table-cell table:formula="of:=100+55"/>'
                new.writestr(name, re.sub(plain, formula, old.read(name)))
        reading = read(changed.getvalue())
        assert any(reason.startswith("units: expected") for reason in reasons(reading))

    @pytest.mark.parametrize(
        ("days", "is_told"),
        [
            ((moment(2026, 5, 1), "13/01/2026"), True),
            ((moment(2026, 5, 1), moment(2026, 1, 13), "14/01/2026"), False),
            ((moment(2026, 5, 1), "05/01/2026"), False),
            ((moment(2026, 5, 1), "2026-01-13"), False),
            (("05/01/2026", "13/01/2026"), False),
        ],
    )
    def test_days_that_a_spreadsheet_may_have_swapped_are_told(
        self, days: tuple[Any, ...], *, is_told: bool
    ) -> None:
        """A program of another country reads 05/01 as the 1st of May, and 13/01 as a text."""
        rows = [[f"P{n}", day, "migraine", "Botox", 155] for n, day in enumerate(days)]
        reading = read(workbook([list(self.NAMES), *rows]), date_format="dmy")
        said = "date: a spreadsheet may have swapped day and month in some; export the days as"
        assert [reason.startswith(said) for reason in reasons(reading)] == [True] * is_told
        assert reading.counts.used == len(days)

    def test_markup_that_is_broken_is_refused_before_a_reader_hangs(self) -> None:
        content = io.BytesIO((FILES / "open_document.ods").read_bytes())
        with zipfile.ZipFile(content) as book:
            xml = book.read("content.xml").replace(b"</office:spreadsheet>", b"<")
        broken = io.BytesIO()
        with zipfile.ZipFile(broken, "w") as book:
            book.writestr("content.xml", xml)
        with pytest.raises(TableError, match="damaged"):
            read(broken.getvalue())

    def test_a_zip_file_of_something_else_says_so(self) -> None:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as book:
            book.writestr("sessions.csv", f"{HEADER}\n{GOOD}")
        with pytest.raises(TableError, match="a zip file without a spreadsheet; unpack it"):
            read(content.getvalue())

    def test_only_an_error_of_the_file_is_refused(self) -> None:
        with pytest.raises(KeyboardInterrupt), refusing("spreadsheet"):
            raise KeyboardInterrupt

    @pytest.mark.parametrize(
        "content", [b"PK\x03\x04 is no zip file", b"\xd0\xcf\x11\xe0 is no workbook"]
    )
    def test_a_damaged_spreadsheet_is_refused(self, content: bytes) -> None:
        with pytest.raises((TableError, FileLimitError), match="damaged"):
            read(content)


class TestParquet:
    def test_keys_that_old_writers_stored_as_bytes_are_text(self) -> None:
        table = {
            "patient": [b"0012", b"00\xff7"],
            "date": ["2026-01-05"] * 2,
            "dx": ["migraine"] * 2,
        }
        content = io.BytesIO()
        pl.DataFrame(table).write_parquet(content)
        reading = read_sessions(content.getvalue(), product=Product.ONABOTULINUMTOXIN_A)
        assert reading.patients == {"0012"}
        assert reasons(reading) == [
            "patient: letters were lost in an earlier export; export it again as UTF-8"
        ]

    def frame(self, **columns: Any) -> bytes:
        content = io.BytesIO()
        pl.DataFrame(columns).write_parquet(content)
        return content.getvalue()

    def test_cells_of_every_type_are_read(self) -> None:
        content = self.frame(
            MRN=[12, 13], DOS=[moment(2026, 1, 5), None], Dx=["migraine", "migraine"], Drug=["Botox", "Botox"],
            Amt=[155.0, float("nan")], Wasted=[Decimal("45.0"), None], note=[True, False],
        )  # fmt: skip
        reading = read(content)
        (row,) = reading.rows()
        assert (row["patient"], row["units"], row["units_discarded"]) == ("12", 155, 45)
        assert [str(problem) for problem in reading.problems] == ["line 3: date: missing"]

    def test_a_whole_number_has_all_its_digits(self) -> None:
        content = self.frame(
            MRN=[1234567890123456789], DOS=[date(2026, 1, 5)], Dx=["migraine"], Amt=[155]
        )
        (row,) = read(content).rows()
        assert (row["patient"], row["units"]) == ("1234567890123456789", 155)

    def test_a_day_outside_the_calendar_costs_its_row(self) -> None:
        days = pl.Series([20_458, 2**31 - 1, -(2**31)], dtype=pl.Int32).cast(pl.Date)
        content = self.frame(MRN=["1", "2", "3"], DOS=days, Dx=["migraine"] * 3)
        reading = read(content)
        assert reading.patients == {"1", "2", "3"}
        assert [row["patient"] for row in reading.rows()] == ["1"]

    @pytest.mark.parametrize("content", [b"PAR1", b"PAR1 is no table PAR1", b"PAR1" + b"\x00" * 50])
    def test_a_damaged_file_is_refused(self, content: bytes) -> None:
        with pytest.raises(TableError, match="the Parquet file is damaged"):
            read(content)

    def test_a_file_with_damaged_pages_is_refused(self) -> None:
        content = self.frame(MRN=["0012"] * 50)
        with pytest.raises(TableError, match="the Parquet file is damaged"):
            read(b"PAR1" + b"\xff" * 60 + content[64:])

    def test_without_the_extra_the_message_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "polars", None)
        with pytest.raises(TableError, match=r"pip install 'botox-schedule\[panel\]'"):
            read(b"PAR1")


SIDE_TABLES: dict[str, tuple[Callable[[bytes], Any], bytes]] = {
    "holds": (read_holds, b"MRN,from,until\nP1,2026-03-01,2026-03-31\n"),
    "care_ends": (read_care_ends, b"MRN,on,kind,dx\nP1,2026-03-01,died,migraine\n"),
    "overrides": (
        read_overrides,
        b"MRN,dx,from,by,minimum,usual\nP1,migraine,2026-01-05,payer,10 weeks,12 to 16 weeks\n",
    ),
    "births": (read_births, b"MRN,DOB\nP1,1980-01-01\n"),
    "weights": (read_weights, b"MRN,date,kg\nP1,2026-01-05,70.5\n"),
    "prior_treatments": (read_prior_treatments, b"MRN,dx,cycles\nP1,migraine,4\n"),
    "authorizations": (
        read_authorizations,
        b"MRN,dx,drug,from,until,minimum\nP1,migraine,Botox,2026-01-01,2026-12-31,84 days\n",
    ),
    "contacts": (read_contacts, b"MRN,day,outcome\nP1,2026-04-01,no answer\n"),
    "acknowledged": (read_acknowledged, b"MRN,key\nP1,hold_ended-0123456789abcdef\n"),
}


class TestDecisions:
    def test_holds_are_read(self) -> None:
        holds = read_holds(
            b"MRN;Hold from;Hold until;Reason;Dx;id;recorded on;withdrawn on\n"
            b"0012;01.11.2026;15.12.2026;surgery;G43.709;h1;01.10.2026;\n"
            b"0013;01.11.2026;;;;;;\n",
            date_format="%d.%m.%Y",
        )
        first, second = (row.fact for row in holds.fact_rows)
        assert (first.first, first.last, first.reason, first.indication) == (
            date(2026, 11, 1), date(2026, 12, 15), "surgery", "chronic-migraine",
        )  # fmt: skip
        assert (first.id, first.recorded_on) == ("h1", date(2026, 10, 1))
        assert (second.last, second.reason, second.indication) == (None, "not stated", None)
        assert holds.problems == ()

    def test_a_hold_binds_although_a_cell_cannot_be_read(self) -> None:
        holds = read_holds(b"patient,first,last,indication\n1,2026-01-05,soon,???\n1,soon,,\n")
        (row,) = holds.fact_rows
        assert (row.fact.last, row.fact.indication) == (None, None)
        assert [(p.line, p.left_out) for p in holds.problems] == [(2, False), (2, False), (3, True)]
        assert holds.problems[0].reason.endswith("the row counts for all")
        assert holds.problems[1].reason.endswith("the row counts as open")
        assert holds.unreadable == {"1"}

    @pytest.mark.parametrize(
        "header",
        [
            "Patientennummer;von;bis;Grund",
            "identifiant patient;du;au;raison",
            "paciente;desde;hasta;motivo",
        ],
    )
    def test_holds_have_names_in_other_languages(self, header: str) -> None:
        (row,) = read_holds(f"{header}\n1;2026-11-01;2026-12-15;x\n".encode()).fact_rows
        assert (row.fact.first, row.fact.last, row.fact.reason) == (
            date(2026, 11, 1),
            date(2026, 12, 15),
            "x",
        )

    def test_a_hold_of_nobody_may_be_of_the_patient_above(self) -> None:
        table = b"MRN,from,until\n1,2026-01-05,2026-02-05\n,2026-03-05,\n2,2026-01-05,\n,,9\n"
        assert (read_holds(table).counts, read_holds(table).unreadable) == (
            (4, 2, 2, 0),
            frozenset({"1"}),
        )

    def test_a_hold_that_ends_before_it_starts_is_a_problem(self) -> None:
        holds = read_holds(b"patient,first,last\n1,2026-01-05,2026-01-04\n")
        assert [str(p) for p in holds.problems] == [
            "line 2: the hold ends before it starts; give the earlier day first"
        ]
        assert (holds.counts.used, holds.counts.left_out) == (0, 1)

    def test_care_ends_are_read(self) -> None:
        ends = read_care_ends(
            b"patient,on,kind,indication\n1,2026-02-01,Died,migraine\n2,soon,deceased,\n"
            b"3,2026-02-01,discharged,migraine\n4,soon,discontinued,\n5,2026-02-01,gone,\n"
        )
        facts = {row.patient: row.fact for row in ends.fact_rows}
        assert (facts["1"].on, facts["1"].indication) == (date(2026, 2, 1), None)
        assert (facts["2"].on, facts["2"].kind) == (None, CareEndKind.DECEASED)
        assert (facts["3"].kind, facts["3"].indication) == (
            CareEndKind.DISCONTINUED,
            "chronic-migraine",
        )
        assert [p.line for p in ends.problems if p.left_out] == [5, 6]
        assert ends.problems[-1].reason == "kind: expected one of deceased, discontinued"

    def test_overrides_are_read(self) -> None:
        overrides = read_overrides(
            b"patient,indication,first,authority,minimum,usual\n"
            b"1,migraine,2026-01-05,physician,10 weeks,10-12 weeks\n"
            b"2,migraine,2026-01-05,payer,,\n3,migraine,2026-01-05,payer,soon,\n4,migraine,2026-01-05,payer,,soon\n"
            b"5,migraine,2026-01-05,payer,,16-12 weeks\n"
        )
        (row,) = overrides.fact_rows
        assert (str(row.fact.minimum), str(row.fact.usual)) == ("10 weeks", "10 to 12 weeks")
        assert [p.reason for p in overrides.problems] == [
            "an override needs minimum, usual or both",
            "minimum: expected an interval such as 12 weeks",
            *["usual: expected a range such as 12 to 16 weeks"] * 2,
        ]

    @pytest.mark.parametrize(
        ("read_table", "row"),
        [
            (read_births, "MRN,DOB\n1,1980-01-01"),
            (read_weights, "MRN,date,kg\n1,2026-01-01,25"),
            (read_holds, "MRN,from,until\n1,2026-01-01,2026-02-01"),
        ],
    )
    def test_a_status_that_says_deceased_is_told(self, read_table: Any, row: str) -> None:
        head, line = row.split("\n")
        (problem,) = read_table(f"{head},Patient status\n{line},Deceased\n".encode()).problems
        assert "who has died and is not read; give the table as care ends" in problem.reason
        assert read_table(f"{head},Patient status\n{line},Alive\n".encode()).problems == ()

    @pytest.mark.parametrize("said", ["Deceased", "husband: patient died in May"])
    def test_a_contact_that_tells_of_a_death_is_told(self, said: str) -> None:
        found = read_contacts(f"MRN,day,outcome\n1,2026-11-20,{said}\n".encode())
        (problem,) = found.problems
        assert problem.reason.endswith("has died; give a death in a table of care ends")
        assert (found.counts.used, found.fact_rows[0].fact.outcome) == (1, said)

    @pytest.mark.parametrize("name", ["DOD", "Deceased", "Date of Death", "Is alive?"])
    def test_a_list_of_births_that_may_hide_a_death_is_told(self, name: str) -> None:
        table = f"MRN,DOB,{name}\n1,1980-01-01,2026-02-01\n".encode()
        births = read_births(table)
        assert births.counts.used == 1
        assert [p.reason for p in births.problems] == [
            "column 3 may say who has died and is not read; give the table as care ends too"
        ]
        ends = read_care_ends(table, columns={name: "died on"})
        assert ends.by_patient["1"][0].on == date(2026, 2, 1)
        assert read_births(b"MRN,DOB,sex\n1,1980-01-01,f\n").problems == ()

    @pytest.mark.parametrize("column", ["minimum", "usual"])
    @pytest.mark.parametrize("text", ["16 to 12 weeks", "-12 weeks", "9999 years", "4000000 days"])
    def test_an_interval_that_nobody_can_wait_costs_its_row(self, column: str, text: str) -> None:
        head = f"patient,indication,first,authority,{column}\n"
        rows = f"1,migraine,2026-01-05,payer,{text}\n2,migraine,2026-01-05,payer,12 weeks\n"
        overrides = read_overrides(f"{head}{rows}".encode())
        assert [(p.line, p.reason.startswith(column)) for p in overrides.problems] == [(2, True)]
        assert [*overrides.by_patient] == ["2"]

    def test_births_and_weights_are_read(self) -> None:
        births = read_births(b"MRN,DOB\n1,1980-01-01\n2,\n")
        assert births.by_patient == {"1": (date(1980, 1, 1),)}
        assert [p.reason for p in births.problems] == ["birth date: missing"]
        weights = read_weights(
            b"MRN,date,kg\n1,2026-01-05,25.5 kg\n1,2026-02-05,26\n2,2026-01-05,0\n3,2026-01-05,70 lb\n"
        )
        assert [weight.kilograms for weight in weights.by_patient["1"]] == [Decimal("25.5"), 26]
        assert {p.reason for p in weights.problems} == {
            "kilograms: expected kilograms above 0 and at most 1000"
        }

    def test_two_days_of_birth_in_a_table_of_them_are_told(self) -> None:
        births = read_births(b"MRN,DOB\n1,1980-01-01\n2,1981-01-01\n1,2018-01-01\n1,2019-01-01\n")
        assert [str(problem) for problem in births.problems] == [
            "line 4: birth date: another row of the patient states another; neither counts"
        ]
        assert births.counts.used == 4

    @pytest.mark.parametrize(
        ("unit", "left_out"), [("kg", 0), ("Kilograms", 0), ("", 0), ("lb", 1), ("oz", 1)]
    )
    def test_a_weight_has_the_unit_of_its_column(self, unit: str, left_out: int) -> None:
        table = f"MRN,date,Weight,Unit\n1,2026-01-05,55,{unit}".encode()
        weights = read_weights(table, columns={"Weight": "kilograms"})
        assert [p.reason for p in weights.problems] == ["unit: expected kg"] * left_out
        assert [row.fact.kilograms for row in weights.fact_rows] == [Decimal(55)] * (1 - left_out)

    def test_a_weight_without_a_unit_may_be_in_pounds(self) -> None:
        table = b"MRN,date,Weight\n1,2026-01-05,55\n"
        with pytest.raises(TableError, match="no column for kilograms; the columns are MRN, date"):
            read_weights(table)
        read_as = read_weights(table, columns={"Weight": "kilograms"})
        assert read_as.by_patient["1"][0].kilograms == Decimal(55)

    def test_a_count_may_have_been_read_as_a_number(self) -> None:
        reading = read_prior_treatments(b"MRN,dx,cycles\n1,migraine,4.0\n2,migraine,4.5\n")
        assert [row.fact.cycles for row in reading.fact_rows] == [4]

    def test_prior_treatments_are_read(self) -> None:
        prior = read_prior_treatments(
            b"MRN,dx,cycles,started on,last on,drug\n1,migraine,4,2025-01-05,2026-01-05,Botox\n"
            b"2,migraine,many,,,Botox\n3,migraine,2,,soon,Toxin\n4,migraine,,,,Botox\n"
        )
        first, third = (row.fact for row in prior.fact_rows)
        assert (first.cycles, first.last_on) == (4, date(2026, 1, 5))
        assert (third.last_on, third.product) == (None, None)
        assert [(p.line, p.left_out) for p in prior.problems] == [
            (3, True),
            (4, False),
            (4, False),
            (5, True),
        ]

    def test_authorizations_are_read(self) -> None:
        header = (
            b"MRN,dx,drug,from,until,visits,units,minimum interval,id,recorded on,withdrawn on\n"
        )
        row = b"1,migraine,Botox,2026-01-01,2026-12-31,4,620,84 days,a1,2025-12-01,2026-06-01\n"
        (found,) = read_authorizations(header + row).by_patient["1"]
        assert (found.valid.first, found.valid.last, found.sessions, found.units) == (
            date(2026, 1, 1), date(2026, 12, 31), 4, Decimal(620),
        )  # fmt: skip
        assert (str(found.minimum_interval), found.id, found.withdrawn_on) == (
            "84 days",
            "a1",
            date(2026, 6, 1),
        )

    @pytest.mark.parametrize(
        ("old", "new"), [("2026-12-31", "soon"), ("2026-12-31", ""), (",4,", ",four,"), (",4,", ",.0,"), ("620", "1.000"), ("Botox", "Toxin"), ("84 days", "soon"), ("2026-01-01,2026-12-31", "2026-12-31,2026-01-01"), ("2026-06-01", "2026-06-01,x")]
    )  # fmt: skip
    def test_an_authorization_never_covers_more_than_was_read(self, old: str, new: str) -> None:
        header = (
            "MRN,dx,drug,from,until,visits,units,minimum interval,id,recorded on,withdrawn on\n"
        )
        row = "1,migraine,Botox,2026-01-01,2026-12-31,4,620,84 days,a1,2025-12-01,2026-06-01\n"
        found = read_authorizations((header + row.replace(old, new)).encode())
        assert found.fact_rows == ()
        assert found.problems[0].left_out
        assert found.unreadable == {"1"}

    @pytest.mark.parametrize(
        ("word", "reason", "unreadable"),
        [
            *(
                (word, "not in force", set())
                for word in ("denied", "Pending", "expired", "In Review")
            ),
            *((word, "expected approved or active", {"P1"}) for word in ("", "perhaps")),
        ],
    )
    def test_a_decision_that_is_not_in_force_is_left_out(
        self, word: str, reason: str, unreadable: set[str]
    ) -> None:
        tables: list[tuple[Callable[[bytes], Any], str, str]] = [
            (read_authorizations, "MRN,dx,drug,from,until,Auth Status", "P1,migraine,Botox,2026-01-01,2026-12-31,"),
            (read_overrides, "MRN,dx,by,from,minimum,Status", "P1,migraine,payer,2026-01-01,8 weeks,"),
        ]  # fmt: skip
        for reader, header, row in tables:
            reading = reader(f"{header}\n{row}{word}\n{row}Approved\n".encode())
            assert [str(problem) for problem in reading.problems] == [f"line 2: status: {reason}"]
            assert [fact.line for fact in reading.fact_rows] == [3]
            assert reading.unreadable == unreadable
            assert "status" not in reading.rows()[0]

    def test_a_row_that_meets_no_patient_is_reported(self) -> None:
        patients = [*one(GOOD.replace("P1", "0012")).patients]
        ends = read_care_ends(
            b"patient,on,kind\n0012 ,2026-02-01,died\n12.0,2026-02-01,died\n99,2026-02-01,died\n"
        )
        assert [str(problem) for problem in ends.unmatched(patients)] == [
            "line 3: patient: no session has this key; one differs only in zeros, case, blanks or hyphens",
            "line 4: patient: no session has this key",
        ]

    def test_a_list_of_deaths_is_a_table_of_ends_of_care(self) -> None:
        ends = read_care_ends(
            b"MRN,Name,Date of death\n1,A,2026-02-01\n2,B,\n3,C,2/1/2026\n4,D,N/A\n5,E,?\n6,F,yes\n"
        )
        assert {p: [end.on for end in found] for p, found in ends.by_patient.items()} == {
            "1": [date(2026, 2, 1)], "3": [None], "6": [None],
        }  # fmt: skip
        assert {end.kind for found in ends.by_patient.values() for end in found} == {CareEndKind.DECEASED}  # fmt: skip
        assert ends.counts == (6, 3, 1, 2)
        assert [(p.line, p.left_out) for p in ends.problems] == [(4, False), (6, True)]
        assert ends.unreadable == {"5"}

    def test_a_flag_next_to_the_day_of_death_is_one_too(self) -> None:
        table = b"MRN,Deceased?,Death Date\n1,Y,2026-02-01\n2,Y,\n3,N,\n4,unknown,\n5,?,\n6,,2026-02-02\n"
        ends = read_care_ends(table)
        assert {p: [end.on for end in found] for p, found in ends.by_patient.items()} == {
            "1": [date(2026, 2, 1)], "2": [None], "6": [date(2026, 2, 2)],
        }  # fmt: skip
        assert (ends.counts, ends.unreadable) == ((6, 3, 1, 2), frozenset({"5"}))

    @pytest.mark.parametrize(("name", "word"), [("deceased", "Y"), ("Vital status", "Expired")])
    def test_a_list_of_patients_with_a_flag_is_a_list_of_deaths(self, name: str, word: str) -> None:
        ends = read_care_ends(f"MRN,{name}\n1,{word}\n2,N\n3,\n4,?\n".encode())
        assert ends.by_patient == {"1": (CareEnd(on=None, kind="deceased"),)}
        assert (ends.counts, ends.unreadable) == ((4, 1, 1, 2), frozenset({"4"}))

    def test_days_without_a_death_in_such_a_list_are_told(self) -> None:
        table = "MRN,{},Discharge date\n1,{},2026-02-01\n2,,2026-02-03\n"
        for name, word in (("deceased", "Y"), ("DOD", "2026-02-01")):
            ends = read_care_ends(table.format(name, word).encode())
            assert ends.by_patient == {"1": (CareEnd(on="2026-02-01", kind="deceased"),)}
            (problem,) = ends.problems
            assert str(problem).startswith("line 1: some rows have a day and no death; if they")
            assert ends.counts == (2, 1, 0, 1)

    @pytest.mark.parametrize(("kind", "on"), [("died", date(2026, 1, 1)), ("left", None)])
    def test_the_day_of_a_death_stays_next_to_a_flag(self, kind: str, on: date | None) -> None:
        ends = read_care_ends(f"MRN,Kind,On,Deceased\n1,{kind},2026-01-01,Y\n".encode())
        assert ends.by_patient["1"][0].on == on

    @pytest.mark.parametrize(("flag", "kind"), [("Y", "deceased"), ("N", "discontinued")])
    def test_a_flag_next_to_a_kind_is_a_death(self, flag: str, kind: str) -> None:
        ends = read_care_ends(f"MRN,Kind,On,Deceased\n1,left,2026-01-01,{flag}\n".encode())
        assert ends.by_patient["1"][0].kind == kind

    def test_a_day_of_death_next_to_a_kind_is_a_death(self) -> None:
        table = b"MRN,kind,on,DOD,dx\n1,discharged,2026-01-01,2026-02-01,migraine\n2,died,,,migraine\n3,discharged,2026-01-01,,\n"
        first, second, third = (row.fact for row in read_care_ends(table).fact_rows)
        assert (first.kind, first.on, first.indication) == (CareEndKind.DECEASED, date(2026, 2, 1), None)  # fmt: skip
        assert (second.kind, second.on, second.indication) == (CareEndKind.DECEASED, None, None)
        assert (third.kind, third.on) == (CareEndKind.DISCONTINUED, date(2026, 1, 1))

    def test_contacts_are_read(self) -> None:
        contacts = read_contacts(
            b"MRN,Called on,Outcome,Next try\n"
            b"1,2026-11-20,no answer,2026-11-27\n1,2026-11-24,,soon\n2,soon,left a message,\n3,,,\n"
        )
        first, second = (row.fact for row in contacts.fact_rows)
        assert (first.day, first.outcome, first.next_try_on) == (
            date(2026, 11, 20),
            "no answer",
            date(2026, 11, 27),
        )
        assert (second.day, second.outcome, second.next_try_on) == (date(2026, 11, 24), None, None)
        assert [(p.line, p.left_out) for p in contacts.problems] == [(3, False), (4, True), (5, True)]  # fmt: skip
        assert "no answer" not in repr(contacts.fact_rows)

    def test_acknowledged_findings_are_read(self) -> None:
        found = read_acknowledged(
            b"MRN,finding key\n1,hold_ended-0123456789abcdef\n1,overdue\n2,\n"
            b"1,not_rebooked-fedcba9876543210\n"
        )
        assert found.by_patient == {
            "1": ("hold_ended-0123456789abcdef", "not_rebooked-fedcba9876543210")
        }
        assert [str(problem) for problem in found.problems] == [
            "line 3: key: expected a finding's key such as hold_ended-0123456789abcdef",
            "line 4: key: missing",
        ]

    @pytest.mark.parametrize("name", sorted(SIDE_TABLES))
    def test_the_panel_takes_the_rows_of_each_table(self, name: str) -> None:
        read_table, content = SIDE_TABLES[name]
        rows = read_table(content).rows()
        assert len(rows) == 1
        tables: dict[str, Any] = {"holds": None, "care_ends": None, name: pl.DataFrame(rows)}
        sessions = pl.DataFrame(one(GOOD).rows())
        found = worklist(sessions, as_of="2026-04-10", **tables)
        assert found["patient"].to_list() == ["P1"]

    def test_a_table_of_another_kind_is_refused(self) -> None:
        with pytest.raises(
            TableError, match="line 1: no column for first; the columns are MRN, DOB"
        ):
            read_holds(b"MRN,DOB\n1,1980-01-01\n")


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
        assert {*rules.model_validators} == {"_without_unknown_keys"}
        assert {*rules.field_validators, *rules.root_validators} == set()

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


def test_the_guide_names_the_columns_of_every_further_table() -> None:
    page = Path(__file__).parents[1] / "docs" / "how-to" / "export.md"
    rows = re.findall(r"(?m)^\| `--([a-z-]+)` \| (.*?) \|(.*)\|$", page.read_text(encoding="utf-8"))
    told = {
        name: [*needed.split(", "), *filter(None, more.strip().split(", "))]
        for name, needed, more in rows
    }
    changes = {"id", "recorded_on", "withdrawn_on"}
    known = {
        table.replace("_", "-"): [name.replace("_", " ") for name in columns if name not in changes]
        for table, columns in FURTHER_TABLES.items()
    }
    assert {name: sorted(columns) for name, columns in told.items()} == {
        name: sorted(columns) for name, columns in known.items()
    }
    for name, needed, _ in rows:
        columns = FURTHER_TABLES[name.replace("-", "_")]
        wanted = [each for each, column in columns.items() if column.is_required]
        assert needed.split(", ") == [each.replace("_", " ") for each in wanted]


class TestOtherLanguages:
    @pytest.mark.parametrize(
        ("header", "row", "status"),
        [
            ("Prontuário;Data do atendimento;Código CID;Medicação;Unidades aplicadas;Situação", "Realizado", "completed"),
            ("Prontuário;Data da aplicação;Indicação;Produto;Unidades;Situação do agendamento", "Faltou", "no_show"),
            ("患者ID;投与日;病名;薬剤;単位;状態", "完了", "completed"),
            ("患者番号;施注日;診断名;製剤;投与単位;来院状況", "キャンセル", "cancelled"),
            ("NHC;Fecha cita;Diagnóstico;Fármaco;Unidades;Estado cita", "No acude", "no_show"),
            ("N° dossier;Date du RDV;Motif;Produit;Unités;Statut du RDV", "Non excusé", "no_show"),
        ],
    )  # fmt: skip
    def test_an_export_is_read(self, header: str, row: str, status: str) -> None:
        reading = read(f"{header}\n0012;2026-01-05;G43.709;Botox;155;{row}\n")
        (found,) = reading.session_rows
        assert (found.patient, str(found.session.units), found.session.status) == (
            "0012",
            "155",
            status,
        )
        assert reading.problems == ()

    @pytest.mark.parametrize(
        ("header", "cell", "died_on"),
        [
            ("Óbito", "Sim", None),
            ("Data do óbito", "2026-02-01", date(2026, 2, 1)),
            ("死亡日", "2026-02-01", date(2026, 2, 1)),
            ("Fecha de éxitus", "2026-02-01", date(2026, 2, 1)),
        ],
    )
    def test_a_death_is_read(self, header: str, cell: str, died_on: date | None) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},{header}")
        assert [end.on for end in reading.care_ends["P1"]] == [died_on]

    def test_a_no_is_no_death(self) -> None:
        reading = one(f"{GOOD},Não", header=f"{HEADER},Óbito")
        assert (reading.care_ends, reading.problems) == ({}, ())

    @pytest.mark.parametrize(
        ("read_table", "table"),
        [
            (read_holds, "MRN,from,Resumed on\nP1,2026-01-01,2026-03-01"),
            (read_care_ends, "MRN,day,kind,Readmitted on\nP1,2026-01-01,discharged,2026-03-01"),
        ],
    )
    def test_what_was_taken_back_is(self, read_table: Any, table: str) -> None:
        reading = read_table(table.encode())
        assert (reading.rows()[0]["withdrawn_on"], reading.problems) == (date(2026, 3, 1), ())

    @pytest.mark.parametrize(
        ("word", "authority"), [("Ärztin", "clinician"), ("Convênio", "payer")]
    )
    def test_who_decided_is_known(self, word: str, authority: str) -> None:
        table = f"MRN,dx,from,authority,minimum\nP1,migraine,2026-01-05,{word},10 weeks\n"
        assert read_overrides(table.encode()).rows()[0]["authority"] == authority

    def test_an_authorization_that_was_reinstated_is_not_withdrawn(self) -> None:
        table = b"MRN,dx,drug,from,to,Reinstated on\nP1,migraine,Botox,2026-01-01,2026-12-31,2026-03-01\n"
        assert read_authorizations(table).rows()[0]["withdrawn_on"] is None


class TestColumnsThatAreNotRead:
    """Without a column of its own every row counts as given, full and approved."""

    HEADER = "MRN,DOS,Dx,Drug,Came"
    ROW = "P1,2026-01-05,migraine,Botox"

    def problems(self, *cells: str) -> list[str]:
        rows = [f"{self.ROW},{cell}" for cell in cells]
        found = reasons(read("\n".join([self.HEADER, *rows])))
        return [reason for reason in found if "the same as" not in reason]

    @pytest.mark.parametrize(
        ("cells", "name"),
        [
            (("No Show",), "status"),
            (("Completed", "Canceled", ""), "status"),
            (("Completed", "Arrived", "Scheduled", "Left early"), "status"),
            (("Full", "Touch-up"), "kind"),
        ],
    )
    def test_one_with_the_words_of_another_is_told(self, cells: tuple[str, ...], name: str) -> None:
        (reason,) = self.problems(*cells)
        named = f"say so with columns={{'...': '{name}'}} (--column '{name}'=...)"
        assert reason == f"column 5 may say the {name} and is not read; {named}"

    @pytest.mark.parametrize(
        "cells",
        [
            ("Completed", "done", ""),
            ("Approved", "Denied", "Cancelled"),
            ("came late; no show last time", "given"),
            ("",),
            tuple(f"note {number}" for number in range(120)) + ("no show",) * 3,
        ],
    )
    def test_one_with_other_words_is_not(self, cells: tuple[str, ...]) -> None:
        assert self.problems(*cells) == []

    @pytest.mark.parametrize(
        ("header", "name"),
        [
            ("No Show", "status"),
            ("NO_SHOW_YN", "status"),
            ("Is Cancelled?", "status"),
            ("Given (Y/N)", "status"),
            ("Touch-up flag", "kind"),
            ("Arrived", "status"),
            ("Checked In (Y/N)", "status"),
            ("Treatment given?", "status"),
            ("Record deleted", "status"),
            ("Reversal Indicator", "status"),
            ("Patient refused (Y/N)", "status"),
            ("Erschienen", "status"),
            ("isKept", "status"),
            ("isRescheduled", "status"),
            ("didAttend", "status"),
            ("Compareceu?", "status"),
        ],
    )
    @pytest.mark.parametrize("cell", ["Y", "0", "false"])
    def test_one_whose_header_is_such_a_word_is_told(
        self, header: str, name: str, cell: str
    ) -> None:
        (reason,) = reasons(read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},{cell}\n"))
        assert reason.startswith(f"column 5 may say the {name} and is not read; say so")

    @pytest.mark.parametrize(
        ("header", "cell"),
        [
            ("Scheduled", "2026-01-01"),
            ("Scheduled on", "2026-01-01"),
            ("No Show", ""),
            ("Cancel reason", ""),
            ("Visit status code", ""),
            ("Consent given", "Y"),
        ],
    )
    def test_another_header_or_cell_is_not(self, header: str, cell: str) -> None:
        assert one(f"{self.ROW},{cell}", header=f"MRN,DOS,Dx,Drug,{header}").problems == ()

    @pytest.mark.parametrize(
        ("header", "cell"),
        [
            ("Cancelled on", "2026-01-04"),
            ("Cancellation Date", "01/04/2026"),
            ("Cancel Reason", "ill"),
            ("No-show reason", "forgot"),
            ("Voided by", "A. N."),
            ("CANCEL_REASON_C", "12"),
            ("Reason not given", "fever"),
            ("deletedAt", "2026-01-06"),
            ("dateVoided", "2026-01-06"),
            ("Reason for cancellation", "ill"),
            ("Storniert am", "2026-01-04"),
            ("Absagegrund", "krank"),
            ("Motif d'annulation", "malade"),
            ("Fecha de cancelación", "2026-01-04"),
            ("Motivo do cancelamento", "doente"),
            ("キャンセル理由", "体調不良"),
            ("APPT_STATUS_C", "3"),
            ("Attended or Did Not Attend Code", "3"),
        ],
    )
    def test_one_whose_header_speaks_against_a_row_is_told(self, header: str, cell: str) -> None:
        (reason,) = reasons(read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},\n{self.ROW},{cell}\n"))[:1]
        assert reason.startswith("column 5 may say the status and is not read; say so")

    def test_a_header_against_a_row_needs_more_than_a_no(self) -> None:
        assert self.problems("") == []
        assert one(f"{self.ROW},0", header="MRN,DOS,Dx,Drug,Cancellation charge").problems == ()

    @pytest.mark.parametrize("header", ["Outcome", "Comments", "Bemerkung", "Visit result"])
    def test_one_remark_against_a_row_is_told(self, header: str) -> None:
        remarks = [*(f"no pain {n}" for n in range(120)), "Faltou"]
        rows = [f"{self.ROW},{remark}" for remark in remarks]
        problem = read("\n".join([f"MRN,DOS,Dx,Drug,{header}", *rows])).problems[0]
        assert problem.reason.startswith("column 5 may say the status and is not read; say so")
        rows[-1] = f"{self.ROW},no show last time"
        assert read("\n".join([f"MRN,DOS,Dx,Drug,{header}", *rows])).problems[0].line > 1

    @pytest.mark.parametrize(
        ("header", "cells", "places"),
        [
            ("Date,Units,Date.1,Units.1", "2026-01-05,155,2026-04-06,155", (6, 7)),
            ("Date,Units,2nd Date,Units (2)", "2026-01-05,155,2026-04-06,155", (6, 7)),
            ("Date,Drug 2,Units_2,NDC11", "2026-01-05,Dysport,300,1", (5, 6)),
            ("Date,Date 2,Units 2", "2026-01-05,,", ()),
            ("Date,2026-04,06.07.2026", "2026-01-05,155,155", (5, 6)),
            ("Date,Dx 2,Phone 2", "2026-01-05,G24.3,5551234", ()),
        ],
    )
    def test_a_second_session_in_a_row_is_told(
        self, header: str, cells: str, places: tuple[int, ...]
    ) -> None:
        reading = read(f"MRN,Dx,Drug,{header}\nP1,migraine,Botox,{cells}\n")
        what = "hold a further session or dose and is not read; give each session"
        assert [p.reason[:75] for p in reading.problems] == [
            f"column {n} may {what}"[:75] for n in places
        ]

    def test_a_second_session_is_known_by_the_chosen_name_too(self) -> None:
        reading = read(
            "MRN,Dx,Drug,Sitting 1,Sitting 2\nP1,migraine,Botox,2026-01-05,2026-04-06\n",
            columns={"Sitting 1": "date"},
        )
        assert reasons(reading)[0].startswith("column 5 may hold a further session or dose")

    @pytest.mark.parametrize(
        ("header", "is_told"), [("Claim Status", True), ("txn type", True), ("Auth Status", False)]
    )
    @pytest.mark.parametrize("word", ["Void", "Reversed"])
    def test_a_rare_word_is_told_under_the_header_of_a_status(
        self, header: str, word: str, *, is_told: bool
    ) -> None:
        rows = [f"{self.ROW},{cell}" for cell in ("Paid", "Denied", "Pended", word)]
        reading = read("\n".join([f"MRN,DOS,Dx,Drug,{header}", *rows]))
        assert (reading.problems[0].line == 1) is is_told

    @pytest.mark.parametrize("name", ["Lifted on", "Released on"])
    def test_a_hold_that_was_lifted_is_withdrawn(self, name: str) -> None:
        table = f"MRN,From,Until,Reason,{name}\nP1,2026-11-01,2026-12-31,x,2026-11-20\n"
        (row,) = read_holds(table.encode()).fact_rows
        assert (row.fact.withdrawn_on, row.fact.last) == (date(2026, 11, 20), date(2026, 12, 31))

    @pytest.mark.parametrize(
        ("read_table", "row"),
        [
            (read_holds, "MRN,from,to\nP1,2026-01-01,2026-02-01"),
            (read_care_ends, "MRN,day,kind\nP1,2026-01-01,discharged"),
            (read_births, "MRN,DOB\nP1,1980-01-01"),
            (read_weights, "MRN,date,kg\nP1,2026-01-01,25"),
            (read_prior_treatments, "MRN,dx,cycles,drug\nP1,migraine,2,Botox"),
        ],
    )
    @pytest.mark.parametrize(
        ("header", "cell"),
        [
            ("Status", "Cancelled"),
            ("State", "entered in error"),
            ("Voided", "N"),
            ("Active", "No"),
            ("Status", "Ended"),
            ("Status", "lifted"),
        ],
    )
    def test_a_row_of_any_table_may_be_void(
        self, read_table: Any, row: str, header: str, cell: str
    ) -> None:
        head, line = row.split("\n")
        table = f"{head},{header}\n{line},{cell}\n".encode()
        found = read_table(table)
        assert (found.counts.used, len(found.problems)) == (1, 1)
        assert "may say the record status and is not read; say so" in found.problems[0].reason
        chosen = read_table(table, columns={header: "record status"})
        assert (chosen.counts.left_out, chosen.fact_rows) == (1, ())
        # Whether N speaks for or against the row, a person must see.
        assert chosen.unreadable == (frozenset() if len(cell) > 3 else {"P1"})
        kept = read_table(
            f"{head},{header}\n{line},Active\n".encode(), columns={header: "record status"}
        )
        assert (kept.counts.used, kept.problems) == (1, ())
        assert "record_status" not in kept.rows()[0]

    def test_the_day_of_a_request_says_nothing(self) -> None:
        table = b"MRN,dx,drug,from,to,Requested on\nP1,migraine,Botox,2026-01-01,2026-12-31,2025-12-01\n"
        assert read_authorizations(table).problems == ()
        (problem,) = read_authorizations(table.replace(b"Requested", b"Cancelled")).problems
        assert problem.reason.startswith("column 6 may say the status and is not read; say so")

    @pytest.mark.parametrize(
        ("read_table", "row", "last"),
        [
            (read_holds, "MRN,from\nP1,2026-01-01", "last"),
            (
                read_overrides,
                "MRN,dx,by,minimum,from\nP1,migraine,payer,8 weeks,2026-01-01",
                "last",
            ),
            (read_prior_treatments, "MRN,dx,drug,cycles\nP1,migraine,Botox,2", "last_on"),
        ],
    )
    def test_days_that_may_be_the_last_one_are_told(
        self, read_table: Any, row: str, last: str
    ) -> None:
        head, line = row.split("\n")
        table = f"{head},DOB,Note,Bis wann\n{line},1980-01-01,seen,01.02.2026\n".encode()
        (problem,) = read_table(table, date_format="dmy").problems
        said = f"column {len(head.split(',')) + 3} may say the last day and is not read; say so"
        assert problem.reason.startswith(said)
        chosen = read_table(table, date_format="dmy", columns={"Bis wann": last})
        assert (chosen.problems, str(chosen.rows()[0][last])) == ((), "2026-02-01")

    @pytest.mark.parametrize(
        ("read_table", "row", "name"),
        [
            (read_overrides, "MRN,dx,by,usual,from,to", "minimum"),
            (read_authorizations, "MRN,dx,drug,from,to", "minimum_interval"),
        ],
    )
    def test_an_interval_that_may_be_the_minimum_is_told(
        self, read_table: Any, row: str, name: str
    ) -> None:
        days = "2026-01-01,2026-12-31"
        line = (
            f"P1,migraine,Botox,{days}" if "drug" in row else f"P1,migraine,payer,12 weeks,{days}"
        )
        table = f"{row},Phone,Note,Frequency\n{line},555-1234,seen in 3 months,q16w\n".encode()
        (problem,) = read_table(table).problems
        place, said = row.count(",") + 4, name.replace("_", " ")
        assert problem.reason.startswith(f"column {place} may say the {said} and is not read; say")
        assert str(read_table(table, columns={"Frequency": name}).rows()[0][name]) == "16 weeks"

    @pytest.mark.parametrize("name", ["Min days between visits", "Interval (weeks)"])
    def test_an_interval_without_its_unit_is_told(self, name: str) -> None:
        table = f"MRN,dx,drug,from,to,{name},Phone\nP1,migraine,Botox,2026-01-01,2026-12-31,100,5551234\n"
        (problem,) = read_authorizations(table.encode()).problems
        assert problem.reason.startswith("column 6 may say the minimum interval and is not read")

    @pytest.mark.parametrize("name", ["PAT_BIRTH_DATE", "Patient Date of Birth", "Member DOB"])
    def test_a_child_is_known_by_every_usual_name(self, name: str) -> None:
        reading = read(f"{self.HEADER},{name}\n{self.ROW},,2018-01-01\n")
        assert (reading.births, reading.problems) == ({"P1": date(2018, 1, 1)}, ())

    @pytest.mark.parametrize(
        ("name", "cell", "is_told"),
        [
            ("On hold", "Yes", True),
            ("On hold", "N", False),
            ("Hold until", "2027-03-01", True),
            ("Pregnant?", "x", True),
            ("Pregnancy status", "Pregnant", True),
            ("Hold status", "on hold", True),
            ("Pregnancy status", "not pregnant", False),
            ("Discharged on", "2026-11-01", True),
            ("Care ended", "2026-11-01", True),
            ("Moved away?", "Y", True),
            ("Transferred to", "Dr. A", False),
            ("Discharged", "Y", True),
            ("Do not contact", "Y", True),
            ("Opted out", "TRUE", True),
            ("Treatment stopped on", "2026-11-01", True),
            ("Inaktiv", "ja", True),
            ("Active", "N", True),
            ("Active", "Y", False),
            ("On recall?", "No", True),
            ("OK to call", "0", True),
            ("妊娠", "はい", True),
            ("Outcome", "Discharge to GP", True),
            ("Contact preference", "Do not contact", True),
            ("Recall status", "Inactive", True),
            ("Plan", "Continue", False),
            ("Continue treatment?", "No", True),
            ("Side", "Left", False),
            ("Discharged to", "Home", False),
            ("Policy holder", "Jane", False),
            ("Discharge date", "2026-01-05", False),
            ("Last seen", "2026-12-14", False),
        ],
    )
    def test_a_hold_among_sessions_is_told(self, name: str, cell: str, is_told: bool) -> None:
        reading = read(f"{self.HEADER},{name}\n{self.ROW},,{cell}\n")
        said = (
            "column 6 may say who is on hold, discharged or not to be called and is not read; give"
        )
        assert [problem.reason.startswith(said) for problem in reading.problems] == [True] * is_told

    @pytest.mark.parametrize(
        ("read_table", "header", "row", "cell", "said"),
        [
            (read_authorizations, "Units remaining", "dx,drug,from,to", "200", "limit the units"),
            (read_authorizations, "Qty approved", "dx,drug,from,to", "4 vials", "limit the units"),
            (
                read_authorizations,
                "Visits left",
                "dx,drug,from,to,units",
                "1",
                "limit the sessions",
            ),
            (read_authorizations, "Visits used", "dx,drug,from,to,visits", "1", ""),
            (read_authorizations, "Unit", "dx,drug,from,to", "North", ""),
            (read_holds, "Duration", "from", "6 weeks", "say how long the hold lasts"),
            (read_holds, "Weeks", "from", "6", "say how long the hold lasts"),
            (read_holds, "Weeks", "from,to", "6", ""),
            (read_overrides, "Weeks", "dx,from,by,usual", "10", "say the minimum"),
        ],
    )
    def test_a_figure_without_its_column_is_told(
        self, read_table: Any, header: str, row: str, cell: str, said: str
    ) -> None:
        cells = {
            "dx": "migraine",
            "drug": "Botox",
            "from": "2026-01-01",
            "to": "2026-12-31",
            "by": "payer",
            "usual": "12 weeks",
        }
        line = [cells.get(name, "4") for name in row.split(",")]
        found = read_table(f"MRN,{row},{header}\nP1,{','.join(line)},{cell}\n".encode())
        place = len(line) + 2
        expected = [f"column {place} may {said} and is not read"] if said else []
        assert [problem.reason.partition(";")[0] for problem in found.problems] == expected

    @pytest.mark.parametrize(
        ("header", "cell", "said"),
        [
            ("Merged into", "0099", "say that a patient has another key"),
            ("Old MRN", "0099", "say that a patient has another key"),
            ("Old MRN", "", ""),
            ("Min interval", "16 weeks", "say how long to wait"),
            ("Not before", "2026-05-01", "say how long to wait"),
            ("Min interval", "no", ""),
            ("Every", "16 weeks", "say how long to wait"),
            ("Frequency", "q12-16w", "say how long to wait"),
            ("Frequency", "16", ""),
            ("Weeks since last", "16 weeks", ""),
            ("Next appointment", "2026-12-14", "say for when a visit is booked"),
            ("Nächster Termin", "2026-12-14", "say for when a visit is booked"),
            ("Next appointment", "call first", ""),
            ("Next due", "2026-12-14", ""),
            ("Booked on", "2026-01-02", ""),
            ("Scheduled for", "2026-01-05", ""),
        ],
    )
    def test_another_key_and_a_rule_of_the_patient_are_told(
        self, header: str, cell: str, said: str
    ) -> None:
        found = reasons(read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},{cell}\n"))
        expected = [f"column 5 may {said} and is not read"] if said else []
        assert [reason.partition(";")[0] for reason in found] == expected

    @pytest.mark.parametrize(
        ("header", "cell", "is_told"),
        [
            ("Disposition", "Expired", True),
            ("Discharge disposition", "Passed away", True),
            ("Disposition", "Home", False),
            ("Auth status", "Expired", False),
            ("Lot", "Expired", False),
        ],
    )
    def test_a_disposition_of_the_dead_is_told(
        self, header: str, cell: str, *, is_told: bool
    ) -> None:
        found = reasons(read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},{cell}\n"))
        said = "column 5 may say who has died and is not read"
        assert [reason.startswith(said) for reason in found] == [True] * is_told

    @pytest.mark.parametrize(
        ("header", "cell", "is_told"),
        [
            ("Unit", "mL", True),
            ("Einheit", "Ampulle", True),
            ("Unit", "U", False),
            ("Unit", "Neuro ward", False),
            ("Container", "vial", False),
        ],
    )
    def test_a_dose_in_another_unit_is_told(self, header: str, cell: str, *, is_told: bool) -> None:
        found = reasons(read(f"MRN,DOS,Dx,Drug,Dose,{header}\n{self.ROW},2,{cell}\n"))
        said = "column 6 may say that a dose is not in units and is not read; say so with"
        assert [reason.startswith(said) for reason in found] == [True] * is_told

    @pytest.mark.parametrize(("cell", "is_told"), [("53", True), ("RT 73", True), ("530", False)])
    def test_a_procedure_that_was_stopped_is_told(self, cell: str, *, is_told: bool) -> None:
        reading = read(f"MRN,DOS,Dx,Drug,Modifier\n{self.ROW},{cell}\n")
        said = "modifier: says that the procedure was stopped; the session counts, and its units"
        assert [reason.startswith(said) for reason in reasons(reading)] == [True] * is_told
        assert reading.counts.used == 1

    @pytest.mark.parametrize(
        ("header", "cell", "is_told"),
        [
            ("Injection given", "No", True),
            ("Treated?", "0", True),
            ("Treated?", "1", False),
            ("Treated?", "", False),
            ("Reason not given", "fever", True),
            ("Patient declined", "Y", True),
            ("Patient declined", "N", False),
            ("is_deleted", "1", True),
            ("deletedAt", "2026-01-06", True),
            ("is_deleted", "0", False),
            ("Voiding diary", "Y", False),
            ("Cancelled on", "2026-01-04", True),
            ("No show", "Y", True),
            ("No show", "N", False),
            ("Arrived", "N", True),
            ("Arrived", "Y", False),
            ("Outcome", "DNA", True),
            ("Comments", "No", False),
            ("Claim status", "Reversed", True),
            ("Confirmation status", "Confirmed", False),
        ],
    )
    def test_a_visit_without_a_session_is_told_whatever_its_status(
        self, header: str, cell: str, *, is_told: bool
    ) -> None:
        found = reasons(read(f"MRN,DOS,Dx,Drug,Status,{header}\n{self.ROW},Completed,{cell}\n"))
        said = "column 6 may say that nothing was given and is not read; give such rows a status"
        assert [reason.startswith(said) for reason in found] == [True] * is_told
        row = f"MRN,DOS,Dx,Drug,Status,{header}\n{self.ROW},Canceled,{cell}\n"
        assert read(row).problems == ()

    def test_a_list_of_all_patients_can_say_it_too(self) -> None:
        births = read_births(b"MRN,DOB,Do not contact\nP1,1980-01-01,Y\n")
        (problem,) = births.problems
        assert problem.reason.startswith("column 3 may say who is on hold, discharged or not to be")

    @pytest.mark.parametrize(
        ("name", "cell", "is_told"),
        [
            ("Age", "9", True),
            ("Patient age", "17 y", True),
            ("Alter (Jahre)", "9", True),
            ("年齢", "9歳", True),
            ("Age", "18", False),
            ("Age", "", False),
            ("Age group", "Child", True),
            ("Pediatric", "Y", True),
            ("Pediatric", "N", False),
            ("YOB", "2017", True),
            ("Birth sex", "F", False),
            ("Stage", "9", False),
        ],
    )
    def test_a_child_without_a_birth_date_is_told(
        self, name: str, cell: str, *, is_told: bool
    ) -> None:
        table = f"{self.HEADER},{name}\n{self.ROW},,{cell}\n"
        said = "column 6 may say who is a child and is not read; give birth dates"
        assert [problem.reason for problem in read(table).problems] == [said] * is_told
        table = f"{self.HEADER},{name},DOB\n{self.ROW},,{cell},2017-01-01\n"
        assert read(table).problems == ()

    def test_days_of_birth_of_another_table_answer_it(self) -> None:
        reading = read(f"MRN,DOS,Dx,Drug,Age\n{self.ROW},9\n{self.ROW.replace('P1', 'P2')},40\n")
        known = read_births(b"MRN,DOB\nP1,2017-01-01\nP2,1980-01-01\n")
        joined, new = reading.with_births(known)
        assert (len(reading.problems), joined.problems, new) == (1, (), ())
        assert joined.births == {"P1": date(2017, 1, 1), "P2": date(1980, 1, 1)}
        assert joined.counts == reading.counts
        less, new = joined.with_births(read_births(b"MRN,DOB\nP1,2016-01-01\n"))
        assert (less.births, [problem.line for problem in new]) == ({"P2": date(1980, 1, 1)}, [2])
        assert reading.with_births(read_births(b"MRN,DOB\nP2,1980-01-01\n"))[0].problems

    def test_days_that_may_be_of_birth_are_told(self) -> None:
        table = (
            f"{self.HEADER},Born (date),Birth sex,Visit seen\n{self.ROW},,2018-01-01,F,2026-01-05"
        )
        (problem,) = read(table).problems
        assert problem.reason.startswith(
            "column 6 may say the day of birth and is not read; say so"
        )

    @pytest.mark.parametrize("name", ["# Visits", "Visits authorized", "Max visits", "Treatments"])
    def test_the_visits_of_an_approval_have_many_names(self, name: str) -> None:
        table = f"MRN,dx,drug,from,to,{name}\nP1,migraine,Botox,2026-01-01,2026-12-31,4".encode()
        assert read_authorizations(table).rows()[0]["sessions"] == 4

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            ("Start Date", "Stop Date"),
            ("Effective", "Expires"),
            ("Effective date", "Expiration date"),
            ("Valid from", "Valid through"),
        ],
    )
    def test_an_override_ends_under_every_usual_name(self, first: str, last: str) -> None:
        table = f"MRN,dx,by,minimum,{first},{last}\nP1,migraine,payer,8 weeks,2026-01-01,2026-02-01"
        (row,) = read_overrides(table.encode()).rows()
        assert (str(row["first"]), str(row["last"])) == ("2026-01-01", "2026-02-01")

    def test_what_is_read_needs_no_other(self) -> None:
        reading = read(f"{self.HEADER},Status,Kind\n{self.ROW},booked,done,full\n")
        assert reading.problems == ()

    def test_the_answer_to_a_request_is_looked_for_too(self) -> None:
        table = b"MRN,dx,by,from,minimum,Answer\nP1,migraine,payer,2026-01-01,8 weeks,Denied\n"
        (problem,) = read_overrides(table).problems
        assert problem.reason.startswith("column 6 may say the status and is not read; say so")
        ends = read_care_ends(b"MRN,date of death,day,why not\nP1,,2026-01-01,discharged\n")
        assert "column 4 may say the kind and is not read" in str(ends.problems[0])
        chosen = read_overrides(table, columns={"Answer": "status"})
        assert chosen.fact_rows == ()
