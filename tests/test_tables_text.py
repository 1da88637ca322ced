"""What is read as a table of text, and from where."""

import gzip
import io
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from botox_schedule import Product
from botox_schedule.errors import FileLimitError, TableError
from botox_schedule.tables import (
    read_authorizations,
    read_births,
    read_care_ends,
    read_contacts,
    read_holds,
    read_sessions,
)
from table_samples import GOOD, HEADER, one, read, reasons


class TestText:
    @pytest.mark.parametrize(
        ("order", "days", "is_told"),
        [
            ("mdy", ("01/05/2026", "13/01/2026"), True),
            ("%d.%m.%Y", ("05.01.2026", "01.13.2026"), True),
            ("mdy", ("01/05/2026", "soon"), False),
            ("mdy", ("01/05/2026", "31/31/2026"), False),
            ("mdy", ("01/13/2026", "2026-01-13"), False),
            ("%d %b %Y", ("05 Jan 2026", "soon"), False),
        ],
    )
    def test_days_in_another_order_than_the_one_named_are_told(
        self, order: str, days: tuple[str, ...], *, is_told: bool
    ) -> None:
        """The others may be read with day and month swapped, and nothing would say so."""
        rows = [GOOD.replace("2026-01-05", day) for day in days]
        reading = read("\n".join([HEADER, *rows]), date_format=order)
        said = "date: some have day and month in the other order; look whether those that are read"
        assert [p.reason.startswith(said) for p in reading.problems if p.line == 1] == (
            [True] * is_told
        )

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

    @pytest.mark.parametrize(
        "table",
        [
            "MRN,DOS,Dx\nP2,2026-01-05,migraine",
            "MRN,Date of death\nP1,2026-02-01",
            "Patient,Phone\nP1,555-0100\nP2,555-0101",
        ],
    )
    def test_a_table_of_fewer_columns_above_is_refused(self, table: str) -> None:
        """Its rows would be lost as titles."""
        line = table.count("\n") + 3
        with pytest.raises(
            TableError, match=f"line {line}: another header; give each table in its"
        ):
            read(f"{table}\n\n{HEADER}\n{GOOD}\n")

    def test_names_of_groups_of_columns_are_no_table(self) -> None:
        reading = read(f"Patient,Date,Diagnosis\n\n{HEADER}\n{GOOD}\n")
        assert reading.counts == (2, 1, 1, 0)

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
        assert reading.patients == {"P1", "P2", "P3"}
        stated = "\n".join([f"{HEADER},Status x", GOOD, "Cancelled,,,,,,", GOOD])
        assert said not in reasons(read(stated))
        assert read(stated).patients == {"P1"}
        assert {"P1", "P2", "P3"} & reading.unreadable == {"P2"}

    @pytest.mark.parametrize(
        "title",
        [
            *("DECEASED", "Verstorben 2025", "On hold:", "Inactive", "Patients on hold"),
            *("List of discharged patients", "Do not call list", "Former patients"),
        ],
    )
    @pytest.mark.parametrize("status", ["Status", "Color"])
    def test_a_title_may_say_that_the_patients_below_it_have_died(
        self, title: str, status: str
    ) -> None:
        header = HEADER.replace("Status", status)
        reading = read(f"{header}\n{GOOD}\n{title},,,,,,\n{GOOD.replace('P1', 'P2')}\n")
        assert "P2" in reading.unreadable
        said = "may say that the patient has died or is on hold; give it as a table of care ends or"
        assert any(f"a title above it {said}" in reason for reason in reasons(reading))
        births = f"{title},\nMRN,DOB\nP1,1980-01-01\n"
        (problem,) = read_births(births.encode()).problems
        assert (problem.line, "the patient has died" in problem.reason) == (1, True)

    @pytest.mark.parametrize(
        "title",
        [
            *("Include Inactive Patients: No", "Active patients (inactive excluded)"),
            *("Excludes discharged patients", "Show archived: No", "Seen in May, not on hold"),
        ],
    )
    def test_a_title_may_say_whom_a_report_leaves_out(self, title: str) -> None:
        assert read(f'"{title}"\n{HEADER}\n{GOOD}\n').problems == ()

    @pytest.mark.parametrize("title", ["Dr. Holden", "Left arm", "Household, by policy holder"])
    def test_a_title_with_a_part_of_such_a_word_says_nothing(self, title: str) -> None:
        assert read(f'"{title}"\n{HEADER}\n{GOOD}\n').problems == ()

    @pytest.mark.parametrize(
        "title",
        [
            "Cancelled appointments (3)",
            "Appt Status:,No Show",
            "Dept: Neuro; status = DNA",
            "Waiting list (12)",
        ],
    )
    def test_a_title_of_the_whole_table_may_speak_against_its_rows(self, title: str) -> None:
        reading = read(f"{title}\n\nMRN,DOS,Dx,Drug\nP1,2026-01-05,migraine,Botox\n")
        said = "a title, or the sheet's name, may say of each row that the row does not count; give it a status"
        assert [str(problem) for problem in reading.problems] == [f"line 1: {said}"]
        assert reading.unreadable == frozenset()
        assert read(f"{title},,,\n{HEADER}\n{GOOD}\n").problems == ()
        holds = read_holds(f"{title}\n\nMRN,from\nP1,2026-01-05\n".encode())
        assert not any("title" in problem.reason for problem in holds.problems)

    @pytest.mark.parametrize("title", ["Denied", "Pending requests: pending", "EXPIRED 2025"])
    def test_approvals_below_a_title_that_speaks_against_them_are_left_out(
        self, title: str
    ) -> None:
        header, row = "MRN,dx,drug,from,until,visits", "migraine,Botox,2026-01-01,2026-12-31,4"
        text = f"Approved\n{header}\nP1,{row}\n{title}\nP2,{row}\nApproved\nP3,{row}\n"
        found = read_authorizations(text.encode())
        assert found.by_patient.keys() == {"P1", "P3"}
        assert "P2" in found.unreadable
        (first, *_) = read_authorizations(f"{title}\n{header}\nP1,{row}\n".encode()).problems
        said = "a title, or the sheet's name, may say of each row that the row does not count; give it a status"
        assert str(first) == f"line 1: {said}"
        births = read_births(b"MRN,DOB\nP1,1980-01-01\nDeceased,\nP2,2020-01-01\n")
        assert births.by_patient.keys() == {"P1", "P2"}

    @pytest.mark.parametrize("title", ["Botox clinic 2026", "Filters: Status = Completed", "Left"])
    def test_other_titles_say_nothing(self, title: str) -> None:
        assert read(f"{title}\nMRN,DOS,Dx,Drug\nP1,2026-01-05,migraine,Botox\n").problems == ()

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

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
    def test_a_mark_goes_before_the_encoding_given_for_all_tables(self, encoding: str) -> None:
        text = f"{HEADER}\n{GOOD.replace('P1', 'José')}".encode(encoding)
        assert read(text, encoding="cp1252").patients == {"José"}

    @pytest.mark.parametrize("encoding", [None, "cp1252"])
    def test_no_encoding_is_asked_for_where_a_mark_goes_before_it(
        self, encoding: str | None
    ) -> None:
        text = f"\ufeff{HEADER}\n{GOOD}".encode() + b"\xe9"
        with pytest.raises(TableError, match="not text in utf-8, which a mark at its beginning st"):
            read(text, encoding=encoding)

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
            ("%PDF-1.7\n", "a page or a document, not a table"),
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

    @pytest.mark.parametrize("mark", ['"', '"see', '" '])
    def test_two_open_quotation_marks_in_notes_hide_no_patient(self, mark: str) -> None:
        rows = f'{GOOD},{mark}\n{GOOD.replace("P1", "P2")},x\n{GOOD.replace("P1", "P3")},"'
        reading = read(f"{HEADER},Note\n{rows}\n{GOOD.replace('P1', 'P4')},\n")
        assert reading.patients == {"P1", "P2", "P3", "P4"}
        assert (reading.unreadable, reading.counts.read) == (frozenset(["P1", "P3"]), 4)

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            ('1980-01-01,"', '1980-01-01,"'),
            ('1980-01-01,"see', '1980-01-01,x"'),
            ('1980-01-01,"\nnext line', '1980-01-01,"'),
            ('1980-01-01,"', 'Needle 1",completed,1980-01-01,'),
            ('"\n1980-01-01,', '1980-01-01,"'),
        ],
    )
    def test_rows_within_quotation_marks_are_read(self, first: str, last: str) -> None:
        row = GOOD.rpartition(",")[0]
        rows = [f"{row},{first}", *(f"{GOOD.replace('P1', f'P{n}')},x" for n in (2, 3))]
        rows.append(f"{row.replace('P1', 'P4')},{last}")
        reading = read("\n".join([f"{HEADER},Note", *rows, GOOD.replace("P1", "P5")]))
        assert reading.patients >= {"P1", "P2", "P3", "P4", "P5"}

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            (f'P1,2026-01-05,",{GOOD.split(",", 3)[3]}', f'P3",{GOOD.split(",", 1)[1]}'),
            (f'P1,",{GOOD.split(",", 2)[2]}', f'P3",{GOOD.split(",", 1)[1]}'),
            (f'"{GOOD}', f'P3,2026-01-05",{GOOD.split(",", 2)[2]}'),
        ],
    )
    def test_quotation_marks_in_the_first_columns_hide_no_patient(
        self, first: str, last: str
    ) -> None:
        rows = [GOOD.replace("P1", "P0"), first, GOOD.replace("P1", "P2"), last]
        reading = read("\n".join([HEADER, *rows, GOOD.replace("P1", "P4")]))
        patients = {patient.strip('"') for patient in reading.patients}
        assert patients == {"P0", "P1", "P2", "P3", "P4"}
        adjoining = read("\n".join([HEADER, rows[0], first, last]))
        assert {patient.strip('"') for patient in adjoining.patients} >= {"P0", "P1", "P3"}

    @pytest.mark.parametrize("further", ["", ",", ",Dr X", ',"two\nlines"'])
    def test_a_note_of_several_lines_needs_no_column_in_the_header(self, further: str) -> None:
        rows = [f'{GOOD.replace("P1", patient)},"seen\nnext"{further}' for patient in ("P1", "P2")]
        reading = read("\n".join([HEADER, *rows, GOOD.replace("P1", "P3")]))
        assert reading.counts == (3, 3, 0, 0)
        noted = read("\n".join([f"{HEADER},Note", *rows, GOOD.replace("P1", "P3")]))
        assert noted.counts == (3, 3, 0, 0)

    @pytest.mark.parametrize("end", [",", ""])
    def test_quotation_marks_hide_no_patient_where_the_last_cells_are_empty(self, end: str) -> None:
        rows = [f"P{number},2026-01-0{number},migraine,Botox," for number in range(1, 5)]
        rows[1] = rows[1].replace("migraine", '"migraine').removesuffix(",") + end
        rows[2] = rows[2].replace("-03", '-03"')
        header = "Patient,Session date,Indication,Product,Note"
        assert read("\n".join([header, *rows])).patients >= {"P1", "P2", "P3", "P4"}

    def test_a_header_of_several_lines_under_a_title_is_a_header(self) -> None:
        title = "Injections,2026-01-31\n\n"
        header = HEADER.replace("Session date", '"Session\ndate"')
        assert read(f"{title}{header}\n{GOOD}\n").counts == (1, 1, 0, 0)

    def test_a_note_of_several_lines_is_no_row(self) -> None:
        note = '"seen, 2026-01-05\nnext, on\nBotox on 2026-01-05, 1, 2"'
        assert read(f"{HEADER},Note\n{GOOD},{note}\n").counts == (1, 1, 0, 0)
        assert read(f'Note,{HEADER}\n"two\nlines",{GOOD}\n').counts == (1, 1, 0, 0)
        calls = b'MRN,day,outcome\nP1,2026-11-20,"called\n2026-11-21, no answer, ok"\n'
        (call,) = read_contacts(calls).fact_rows
        assert call.fact.outcome == "called 2026-11-21, no answer, ok"
        hold = b'MRN,from,reason\nP1,2026-11-20,"surgery,\nthen rehab"\n'
        assert read_holds(hold).by_patient["P1"][0].reason == "surgery, then rehab"

    def test_ditto_marks_hide_no_hold(self) -> None:
        rows = [f'P1,2026-11-0{n},"\nP{n},2026-11-01,x\nP1,2026-12-01,"' for n in (2, 3)]
        found = read_holds("\n".join(["MRN,from,reason", *rows]).encode())
        assert found.by_patient.keys() == {"P2", "P3"}
        assert found.unreadable == {"P1"}

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

    @pytest.mark.parametrize("header", [f"{HEADER},Note", HEADER.replace("Status", "Arrived at")])
    def test_how_many_lines_are_read_together_makes_no_difference(
        self, header: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        rows = [
            GOOD,
            "",
            "P2,2026-02-30,chronic-migraine",
            f"{GOOD},expired,x",
            f'"P3,{GOOD}',
            ",,",
        ]
        titled = ["Cancelled:", GOOD.replace("P1", "P4"), "Done:", header, GOOD.replace("155", "0")]
        text = "\n".join([header, *rows, *titled, *rows, GOOD.replace("P1", "P1 died"), GOOD])
        whole = read(text)
        for at_once in (1, 2, 3, 7):
            monkeypatch.setattr("botox_schedule.tables.rows._AT_ONCE", at_once)
            assert read(text) == whole
        assert whole.counts == (19, 8, 7, 4)


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

    @pytest.mark.parametrize("held", [io.StringIO, str.encode, lambda t: io.BytesIO(t.encode())])
    def test_whatever_holds_a_table_has_a_limit(
        self, held: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("botox_schedule.tables.source._MOST_BYTES", 10)
        with pytest.raises(FileLimitError, match=r"^the table: larger than"):
            read_sessions(held("patient,date,indication"))
