"""Spreadsheets and Parquet."""

import io
import re
import sys
import zipfile
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]

from botox_schedule import Product
from botox_schedule.errors import FileLimitError, TableError
from botox_schedule.tables import read_births, read_holds, read_sessions, read_weights
from botox_schedule.tables.lines import refusing
from table_samples import FILES, GOOD, HEADER, read, reasons


def workbook(*sheets: list[list[Any]], titles: tuple[str, ...] = ()) -> bytes:
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"default_date_format": "yyyy-mm-dd hh:mm"})
    for rows, title in zip_longest(sheets, titles):
        sheet = book.add_worksheet(title)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return content.getvalue()


def dated(days: list[tuple[datetime, Any]], *, since_1904: bool) -> bytes:
    """A workbook in which each day shows by its own format."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"date_1904": since_1904})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["MRN", "DOS", "Dx", "Drug", "from"])
    for row, (day, shown) in enumerate(days, 1):
        sheet.write_row(row, 0, [row - 1, None, "migraine", "Botox", "2025-11-01"])
        sheet.write_datetime(row, 1, day, book.add_format({"num_format": shown}))
    book.close()
    return content.getvalue()


def moment(*parts: int) -> datetime:
    return datetime(*parts)  # type: ignore[arg-type]  # noqa: DTZ001 - a spreadsheet has no zones


class TestSpreadsheets:
    ROW = ("0012", moment(2026, 1, 5), "migraine", "Botox", 155)
    NAMES = ("MRN", "DOS", "Dx", "Drug", "Amt")

    def test_days_and_numbers_come_as_they_are(self) -> None:
        row = (12, moment(2026, 1, 5), "migraine", "Botox", 1.125 + 3e-16)
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
            read_sessions(io.StringIO(f"{HEADER}\n{GOOD}"), sheet="Sheet1")
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
            ([["MRN"], ["0012"]], True),
            ([["MRN", "Name", "Fax"], ["0012", "x", ""]], True),
            ([["Code", "Meaning"], ["MRN", "the patient's number"]], False),
            ([["Muscle", "Side", "Units"], ["frontalis", "left", 10]], False),
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
        assert reasons(read(content, sheet="Sheet2")) == [said] * is_told
        assert read_births(workbook(sheet, [["MRN", "DOB"]])).problems == ()

    @pytest.mark.parametrize(
        ("title", "rows", "is_told"),
        [
            ("Deceased", [["0012"], ["0013"]], True),
            ("On hold", [["0012"]], True),
            ("Deceased", [], False),
            ("Lists", [["0012"]], False),
        ],
    )
    def test_a_further_sheet_is_known_by_its_title(
        self, title: str, rows: list[list[Any]], *, is_told: bool
    ) -> None:
        reading = read(workbook([list(self.NAMES), list(self.ROW)], rows, titles=("A", title)))
        assert [r[:27] for r in reasons(reading)] == ["sheet 2 may hold patients a"] * is_told

    def test_a_further_sheet_of_the_same_kind_is_told_next_to_the_one_named(self) -> None:
        births = [["MRN", "DOB"], ["0012", "1980-01-01"]]
        others = [["MRN", "Date"], ["0012", "2026-01-05"]]
        reading = read_births(workbook(others, births, births), sheet="Sheet3")
        assert [problem.reason[:28] for problem in reading.problems] == [
            "sheet 2 may hold patients an"
        ]
        assert reading.sheet == 3

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
        assert reasons(reading)[0] == (
            "units: an error of a spreadsheet, or a formula that it never computed; "
            "open it there, mend it, save it; the row counts with unknown units"
        )

    @pytest.mark.parametrize(
        ("value", "whole", "units"),
        [("", "", None), ("0", "fullCalcOnLoad", None), ("155", "fullCalcOnLoad", "155"), ("155", "", "155")],
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
        assert any(reason.startswith("units: an error of") for reason in reasons(reading))

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

    def test_what_stands_next_to_the_table_cuts_no_number(self) -> None:
        row = ["0012", moment(2026, 1, 5), 25, "left hand"]
        weights = read_weights(workbook([["MRN", "date", "kg"], row]))
        assert [row.fact.kilograms for row in weights.fact_rows] == [25]
        assert weights.problems[0].reason == "cells were found beyond the header"

    def test_a_workbook_with_a_password_says_so(self) -> None:
        content = b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le")
        with pytest.raises(TableError, match="the workbook has a password; save it without one"):
            read(content)

    @pytest.mark.parametrize(("title", "word"), [("No shows", "count"), ("Deceased", "died")])
    def test_the_title_of_a_sheet_may_speak_against_its_rows(self, title: str, word: str) -> None:
        table: list[list[Any]] = [[*self.NAMES], [*self.ROW]]
        (said,) = reasons(read(workbook(table, titles=(title,))))
        assert said.startswith("a title, or the sheet's name, may say of each row that")
        assert word in said
        assert read(workbook(table, titles=("Visits 2026",))).problems == ()

    @pytest.mark.parametrize(
        "shown", [17, "mmm yyyy", '[$-407]mmmm\\ "of" yy;@', "mm/yyyy", "mmm\\ 'yy"]
    )
    @pytest.mark.parametrize("since_1904", [False, True])
    def test_a_month_that_a_spreadsheet_made_a_day_of_is_one(
        self, shown: Any, *, since_1904: bool
    ) -> None:
        days = [(moment(2026, 1, 1), shown), (moment(2026, 1, 5), shown)]
        days += [(moment(2026, 1, 1), "dd mmm yyyy"), (moment(2026, 1, 1), "d-mmm")]
        content = dated(days, since_1904=since_1904)
        reading = read(content)
        assert reasons(reading) == ["date: a month is not a day; give the day"]
        assert [(found.line, found.first.day, found.last.day) for found in reading.months] == [(2, 1, 31)]  # fmt: skip
        holds = read_holds(content, columns={"DOS": "last"}).by_patient
        assert [holds[str(n)][0].last for n in range(3)] == [None, date(2026, 1, 5), date(2026, 1, 1)]  # fmt: skip

    def test_a_text_whose_number_would_be_the_first_of_a_month_stays_one(self) -> None:
        content = io.BytesIO()
        with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
            sheet, month = book.add_worksheet(), book.add_format({"num_format": "mmm yyyy"})
            # The third text of the workbook is stored as its number, 2, which is 1900-01-01.
            sheet.write_row(0, 0, ["MRN", "DOS", "Dx", "Drug"], month)
            sheet.write_row(1, 0, ["P1", "2026-01-05", "migraine", "Botox"], month)
        reading = read(content.getvalue())
        assert reading.problems == ()
        assert [row.session.indication for row in reading.session_rows] == ["chronic-migraine"]

    def test_markup_that_is_broken_is_refused_before_a_reader_hangs(self) -> None:
        content = io.BytesIO((FILES / "open_document.ods").read_bytes())
        with zipfile.ZipFile(content) as book:
            xml = book.read("content.xml").replace(b"</office:spreadsheet>", b"<")
        broken = io.BytesIO()
        with zipfile.ZipFile(broken, "w") as book:
            book.writestr("content.xml", xml)
            book.writestr("xl/styles.xml", b"<cellXfs " * 100_000)
        with pytest.raises(TableError, match="damaged"):
            read(broken.getvalue())

    def test_a_zip_file_of_something_else_says_so(self) -> None:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as book:
            book.writestr("sessions.csv", f"{HEADER}\n{GOOD}")
        with pytest.raises(TableError, match="a zip file without a spreadsheet; unpack it"):
            read(content.getvalue())

    def test_a_binary_workbook_says_so(self) -> None:
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as book:
            book.writestr("xl/workbook.bin", b"\x83\x01\x00")
        with pytest.raises(TableError, match=r"an \.xlsb workbook is not read; save it as \.xlsx"):
            read(content.getvalue())

    def test_a_printed_report_is_no_text_of_another_encoding(self) -> None:
        with pytest.raises(TableError, match="a page or a document, not a table"):
            read(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")

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
