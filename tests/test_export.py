"""Clinics' exports, as dirty as they are."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from botox_schedule import Product, SchedulingPolicy, SessionKind, SessionStatus, bundled_protocols
from botox_schedule.cli.clinic_schedule import ClinicSchedule, TrackRow, clinic_schedule
from botox_schedule.cli.planned import Shelf
from botox_schedule.cli.readers import Export, ExportError, read_export

HEADER = "Patient ID,Session date,Indication,Product,Units,Status,Birth date"
GOOD = "P1,2026-01-05,chronic-migraine,Botox,155,completed,1980-01-01"
SHELF = Shelf(bundled_protocols(), "us")


def read(folder: Path, text: str | bytes, **options: object) -> Export:
    file = folder / "export.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_export(file, **options)  # type: ignore[arg-type]


def schedule(
    folder: Path, *rows: str, as_of: str = "2026-02-20", header: str = HEADER
) -> ClinicSchedule:
    export = read(folder, "\n".join((header, *rows)))
    return clinic_schedule(export, SHELF, date.fromisoformat(as_of), SchedulingPolicy())


def track(folder: Path, *rows: str, as_of: str = "2026-02-20", header: str = HEADER) -> TrackRow:
    (found,) = schedule(folder, *rows, as_of=as_of, header=header).tracks
    return found


class TestReadExport:
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
            pytest.param(f"{HEADER}\n{GOOD},surplus", id="surplus cell"),
            pytest.param("MRN,administered_on,INDICATION,toxin,dose,session-status,DOB\n" + GOOD, id="other names"),
            pytest.param(f"{HEADER}\n P1 , 2026-01-05,Chronic Migraine,BOTOX,155 U,Completed,1980-01-01", id="other spelling"),
            pytest.param(f"Clinic,{HEADER}\n\"a, \"\"b\"\"\",{GOOD}", id="quoted cell"),
        ],
    )  # fmt: skip
    def test_one_good_row_comes_out(self, tmp_path: Path, text: str) -> None:
        export = read(tmp_path, text)
        assert export.problems == []
        (row,) = export.rows
        session = row.session
        assert (row.patient, row.born_on) == ("P1", date(1980, 1, 1))
        assert (session.administered_on, session.indication) == (
            date(2026, 1, 5),
            "chronic-migraine",
        )
        assert (session.product, session.units) == (Product.ONABOTULINUMTOXIN_A, Decimal(155))
        assert export.row_count == 1

    def test_utf_16_is_known_by_its_mark(self, tmp_path: Path) -> None:
        assert len(read(tmp_path, f"{HEADER}\n{GOOD}".encode("utf-16")).rows) == 1

    def test_another_encoding_can_be_named(self, tmp_path: Path) -> None:
        text = f"{HEADER}\n{GOOD.replace('P1', 'Pé')}".encode("cp1252")
        with pytest.raises(ExportError, match="--encoding"):
            read(tmp_path, text)
        assert read(tmp_path, text, encoding="cp1252").rows[0].patient == "Pé"
        with pytest.raises(ExportError, match="not text in klingon"):
            read(tmp_path, text, encoding="klingon")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", r"line 1: no column for patient \('patient'\), date \('date'\), indication"),
            (
                "patient,date\nP1,2026-01-05",
                r"no column for indication \('indication'\); 2 columns were found",
            ),
            ("patient\0", "not a text file"),
            ('"patient\nx', "line 1: not a row of a table"),
        ],
    )
    def test_what_is_no_table_of_sessions_is_refused(
        self, tmp_path: Path, text: str, message: str
    ) -> None:
        with pytest.raises(ExportError, match=message):
            read(tmp_path, text)

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            (",2026-01-05,chronic-migraine,Botox,155,completed,", "patient: expected a key of 1 to 200"),
            ("P2,01/05/2026,chronic-migraine,Botox,155,completed,", "date: expected YYYY-MM-DD; name the format with --date-format"),
            ("P2,2026-02-30,chronic-migraine,Botox,155,completed,", "date: expected YYYY-MM-DD"),
            ("P2,,chronic-migraine,Botox,155,completed,", "date: expected YYYY-MM-DD"),
            ("P2,2026-01,chronic-migraine,Botox,155,completed,", "date: a month is not a day"),
            ("P2,0000-01,chronic-migraine,Botox,155,completed,", "date: a month is not a day"),
            ("P2,2026-01-05,???,Botox,155,completed,", "indication: expected a name"),
            (f"P2,2026-01-05,{'x' * 65},Botox,155,completed,", "indication: expected a name"),
            ("P2,2026-01-05,chronic-migraine,Botox,155,maybe,", "status: expected one of completed, booked"),
            ("P2,2026-01-05,chronic-migraine,Botox,155,,", "status: expected one of"),
            ("P2,2026-01-05,\"chronic\"migraine,Botox,155,completed,", "not a row of a table"),
        ],
    )  # fmt: skip
    def test_a_bad_row_is_reported_with_its_line_and_the_good_ones_come_out(
        self, tmp_path: Path, row: str, reason: str
    ) -> None:
        export = read(tmp_path, f"{HEADER}\n{GOOD}\n{row}\n{GOOD.replace('01-05', '03-30')}\n")
        assert len(export.rows) == 2
        (problem,) = export.problems
        assert (problem.line, problem.left_out) == (3, True)
        assert problem.reason.startswith(reason)
        assert export.row_count == 3

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("P2,2026-01-05,chronic-migraine,Toxin,155,completed,", "product: not a known product"),
            (
                "P2,2026-01-05,chronic-migraine,,155,completed,",
                "product: missing; --product states it",
            ),
            (
                "P2,2026-01-05,chronic-migraine,Botox,many,completed,",
                "units: expected a number above 0",
            ),
            (
                "P2,2026-01-05,chronic-migraine,Botox,-5,completed,",
                "units: expected a number above 0",
            ),
            (
                "P2,2026-01-05,chronic-migraine,Botox,NaN,completed,",
                "units: expected a number above 0",
            ),
            (
                "P2,2026-01-05,chronic-migraine,Botox,Infinity,completed,",
                "units: expected a number above 0",
            ),
            (
                "P2,2026-01-05,chronic-migraine,Botox,1e9,completed,",
                "units: expected a number above 0",
            ),
            (
                "P2,2026-01-05,chronic-migraine,Botox,155,completed,1980",
                "birth date: expected YYYY-MM-DD",
            ),
        ],
    )
    def test_a_row_counts_as_far_as_it_can_be_read(
        self, tmp_path: Path, row: str, reason: str
    ) -> None:
        export = read(tmp_path, f"{HEADER}\n{row}")
        (problem,) = export.problems
        assert (problem.line, problem.left_out) == (2, False)
        assert problem.reason.startswith(reason)
        assert export.rows[0].session.administered_on == date(2026, 1, 5)

    def test_missing_units_are_unknown_and_no_problem(self, tmp_path: Path) -> None:
        export = read(tmp_path, f"{HEADER}\nP2,2026-01-05,chronic-migraine,Botox,,completed,")
        assert export.problems == []
        assert export.rows[0].session.units is None

    def test_a_product_can_be_stated_for_the_file(self, tmp_path: Path) -> None:
        text = f"{HEADER}\nP2,2026-01-05,chronic-migraine,,155,completed,"
        export = read(tmp_path, text, product=Product.ABOBOTULINUMTOXIN_A)
        assert export.problems == []
        assert export.rows[0].session.product is Product.ABOBOTULINUMTOXIN_A

    @pytest.mark.parametrize(
        ("date_format", "text"),
        [
            ("mdy", "01/05/2026"),
            ("dmy", "05/01/2026"),
            ("%d.%m.%Y", "05.01.2026"),
            ("mdy", "2026-01-05"),
        ],
    )
    def test_other_dates_are_read_where_the_caller_names_them(
        self, tmp_path: Path, date_format: str, text: str
    ) -> None:
        row = f"{HEADER}\nP2,{text},chronic-migraine,Botox,155,completed,"
        export = read(tmp_path, row, date_format=date_format)
        assert export.rows[0].session.administered_on == date(2026, 1, 5)

    def test_a_named_format_refuses_other_dates(self, tmp_path: Path) -> None:
        row = f"{HEADER}\nP2,13/05/2026,chronic-migraine,Botox,155,completed,"
        (problem,) = read(tmp_path, row, date_format="mdy").problems
        assert problem.reason == "date: expected YYYY-MM-DD or mdy"

    def test_an_unknown_format_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ExportError, match="--date-format takes"):
            read(tmp_path, HEADER, date_format="us")

    def test_a_comma_is_a_decimal_mark_between_semicolons(self, tmp_path: Path) -> None:
        text = f"{HEADER}\nP2,2026-01-05,chronic-migraine,Botox,1#5,completed,".replace(
            ",", ";"
        ).replace("#", ",")
        assert read(tmp_path, text).rows[0].session.units == Decimal("1.5")

    def test_equal_rows_are_reported_and_both_count(self, tmp_path: Path) -> None:
        export = read(tmp_path, f"{HEADER}\n{GOOD}\n{GOOD}\n{GOOD.replace('completed', 'booked')}")
        assert len(export.rows) == 3
        assert [(p.line, p.reason) for p in export.problems] == [
            (3, "the same as line 2; both count, they may be one")
        ]

    def test_rows_with_an_id_are_told_apart_by_it(self, tmp_path: Path) -> None:
        export = read(tmp_path, f"Session ID,{HEADER}\na,{GOOD}\nb,{GOOD}\n,{GOOD}")
        assert export.problems == []
        assert [row.session.id for row in export.rows] == ["a", "b", "line 4"]

    def test_a_key_that_is_too_long_is_refused(self, tmp_path: Path) -> None:
        export = read(tmp_path, f"Session ID,{HEADER}\n{'x' * 201},{GOOD}")
        assert export.problems[0].reason == "session id: expected at most 200 characters"

    def test_kinds_are_read(self, tmp_path: Path) -> None:
        text = f"{HEADER},Kind\n{GOOD},touch-up\n{GOOD},\n{GOOD},half"
        export = read(tmp_path, text)
        assert [row.session.kind for row in export.rows] == [SessionKind.TOUCH_UP, SessionKind.FULL]
        assert export.problems[0].reason.startswith("kind: expected one of full, touch up")

    def test_words_of_other_systems_are_statuses(self, tmp_path: Path) -> None:
        words = ["canceled", "No-Show", "entered_in_error", "void", "scheduled", "given", "draft"]
        text = "\n".join([HEADER, *(GOOD.replace("completed", word) for word in words)])
        assert [row.session.status for row in read(tmp_path, text).rows] == [
            SessionStatus.CANCELLED, SessionStatus.NO_SHOW, SessionStatus.ENTERED_IN_ERROR,
            SessionStatus.ENTERED_IN_ERROR, SessionStatus.BOOKED, SessionStatus.COMPLETED, SessionStatus.DRAFT,
        ]  # fmt: skip

    def test_an_open_quotation_mark_costs_its_own_line_only(self, tmp_path: Path) -> None:
        bad = 'P2,2026-01-05,"chronic-migraine,Botox,155,completed,'
        export = read(tmp_path, f"{HEADER}\n{GOOD}\n{bad}\n{GOOD.replace('P1', 'P3')}\n")
        assert [row.patient for row in export.rows] == ["P1", "P3"]
        assert [problem.line for problem in export.problems] == [3]
        assert export.row_count == 3

    def test_lines_are_counted_as_an_editor_shows_them(self, tmp_path: Path) -> None:
        text = f'{HEADER},Note\n{GOOD},"two\nlines"\n\nP2,,chronic-migraine,Botox,1,completed,,\n'
        assert [problem.line for problem in read(tmp_path, text).problems] == [5]

    def test_no_reason_shows_what_stands_in_the_row(self, tmp_path: Path) -> None:
        row = "Smith,Smith,Smith!,Smith,Smith,Smith,Smith"
        for cells in (row, row.replace("Smith,Smith,Smith!", "Smith,2026-01-05,x"),
                      "Smith,2026-01-05,x,Smith,Smith,completed,Smith"):  # fmt: skip
            for problem in read(tmp_path, f"{HEADER}\n{cells}").problems:
                assert "Smith" not in problem.reason


class TestClinicSchedule:
    def test_a_row_is_a_track(self, tmp_path: Path) -> None:
        found = track(tmp_path, GOOD)
        assert (found.patient, found.product) == ("P1", "onabotulinumtoxinA")
        assert (found.status, found.phase, found.days_to_due) == ("too_early", "building", 38)
        assert found.dates.earliest == date(2026, 3, 30)

    def test_a_session_of_the_day_itself_counts(self, tmp_path: Path) -> None:
        found = schedule(tmp_path, GOOD, as_of="2026-01-05")
        assert found.tracks[0].last_session_on == date(2026, 1, 5)
        assert found.summary.counted == 1
        assert schedule(tmp_path, GOOD, as_of="2026-01-04").tracks == []

    def test_tracks_come_in_the_order_of_work(self, tmp_path: Path) -> None:
        days = {
            "later": "2026-01-20", "sooner": "2026-01-05", "due": "2025-11-27", "longest": "2025-10-01",
            "overdue": "2025-11-01", "lapsed": "2025-01-05",
        }  # fmt: skip
        rows = [f"{name},{day},chronic-migraine,Botox,155,completed," for name, day in days.items()]
        rows.append("allowed,2025-11-27,overactive-bladder,Botox,100,completed,")
        rows.append("silent,2025-11-27,axillary-hyperhidrosis,Botox,100,completed,")
        found = schedule(tmp_path, *rows).tracks
        assert [t.patient for t in found] == [
            "longest", "overdue", "due", "allowed", "sooner", "later", "lapsed", "silent"
        ]  # fmt: skip

    def test_touch_ups_statuses_and_shared_clocks_are_right(self, tmp_path: Path) -> None:
        header = f"{HEADER},Kind"
        found = track(
            tmp_path,
            "P1,2026-01-05,upper-limb-spasticity,Botox,200,completed,,full",
            "P1,2026-01-07,lower-limb-spasticity,Botox,150,completed,,full",
            "P1,2026-01-20,lower-limb-spasticity,Botox,10,completed,,touch_up",
            "P1,2026-01-25,lower-limb-spasticity,Botox,150,cancelled,,full",
            "P1,2026-05-02,lower-limb-spasticity,Botox,150,booked,,full",
            header=header,
        )
        assert (found.last_session_on, found.dates.earliest) == (
            date(2026, 1, 7),
            date(2026, 4, 14),
        )
        assert found.booked_on == date(2026, 5, 2)

    def test_two_clocks_are_two_tracks(self, tmp_path: Path) -> None:
        rows = (GOOD, GOOD.replace("chronic-migraine", "spasticity"))
        assert [t.indication for t in schedule(tmp_path, *rows).tracks] == [
            "chronic-migraine",
            "spasticity",
        ]

    def test_the_age_chooses_the_protocol(self, tmp_path: Path) -> None:
        row = "P1,2026-01-05,upper-limb-spasticity,Dysport,200,completed,"
        assert track(tmp_path, f"{row}2018-01-01").dates.earliest == date(2026, 4, 27)
        assert track(tmp_path, f"{row}1980-01-01").dates.earliest == date(2026, 3, 30)
        assert track(tmp_path, row).dates.earliest == date(2026, 3, 30)

    def test_an_age_without_a_protocol_is_said(self, tmp_path: Path) -> None:
        found = track(tmp_path, GOOD.replace("1980", "2018"))
        assert (found.status, found.notes) == (None, ("no protocol for this product and age",))

    def test_the_last_known_product_is_the_planned_one(self, tmp_path: Path) -> None:
        found = track(tmp_path, GOOD, "P1,2026-01-30,chronic-migraine,,,completed,1980-01-01")
        assert (found.product, found.dates.earliest) == ("onabotulinumtoxinA", date(2026, 4, 24))

    def test_a_product_that_is_never_known_dates_nothing(self, tmp_path: Path) -> None:
        found = track(tmp_path, "P1,2026-01-30,chronic-migraine,,,completed,")
        assert (found.status, found.notes, found.last_session_on) == (
            None,
            ("product unknown",),
            date(2026, 1, 30),
        )

    def test_a_booking_alone_is_a_track_without_history(self, tmp_path: Path) -> None:
        found = track(tmp_path, GOOD.replace("completed", "booked").replace("01-05", "03-05"))
        assert (found.status, found.booked_on, found.phase) == (
            "no_history",
            date(2026, 3, 5),
            None,
        )
        unknown = track(tmp_path, "P1,2026-03-05,chronic-migraine,,,booked,")
        assert (unknown.status, unknown.last_session_on) == (None, None)

    def test_an_unknown_indication_is_reported(self, tmp_path: Path) -> None:
        found = schedule(tmp_path, GOOD, GOOD.replace("chronic-migraine", "masseter"))
        assert len(found.tracks) == 1
        (problem,) = found.problems
        assert (problem.line, problem.left_out) == (3, False)
        assert problem.reason.startswith("indication: no protocol is known for it")

    def test_a_patient_with_an_unread_row_is_marked(self, tmp_path: Path) -> None:
        assert track(tmp_path, GOOD, GOOD.replace("2026-01-05", "yesterday")).notes == (
            "rows not read",
        )

    def test_an_unverified_interval_is_marked(self, tmp_path: Path) -> None:
        found = track(tmp_path, GOOD.replace("chronic-migraine", "lower-limb-spasticity"))
        assert found.notes == ("unverified interval",)

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("P1,2026-03,chronic-migraine,Botox,155,completed,",
             "date: a month is not a day; give the day: due lies between 2026-05-24 and 2026-06-23"),
            ("P1,2026-03,overactive-bladder,Botox,155,completed,",
             "date: a month is not a day; give the day: earliest lies between 2026-05-24 and 2026-06-23"),
            ("P1,2026-03,axillary-hyperhidrosis,Botox,155,completed,", "date: a month is not a day; give the day"),
            ("P1,2026-03,masseter,Botox,155,completed,", "date: a month is not a day; give the day"),
            ("P1,2026-03,chronic-migraine,,155,completed,", "date: a month is not a day; give the day"),
        ],
    )  # fmt: skip
    def test_a_month_names_the_two_bounds(self, tmp_path: Path, row: str, reason: str) -> None:
        assert reason in [problem.reason for problem in schedule(tmp_path, row).problems]

    def test_two_birth_dates_are_a_problem_and_neither_counts(self, tmp_path: Path) -> None:
        found = schedule(tmp_path, GOOD, GOOD.replace("01-05", "02-05").replace("1980", "2018"))
        (problem,) = found.problems
        assert (problem.line, problem.left_out) == (3, False)
        assert found.summary.adult_assumed == 1
        assert found.tracks[0].status == "too_early"

    @pytest.mark.parametrize(
        ("born_on", "problems"), [("2026-01-06", 1), ("2026-01-05", 0), ("9999-12-31", 1)]
    )
    def test_a_birth_date_after_a_session_does_not_count(
        self, tmp_path: Path, born_on: str, problems: int
    ) -> None:
        found = schedule(tmp_path, GOOD.replace("1980-01-01", born_on))
        reasons = ["birth date: lies after a session of the patient; it does not count"]
        assert [problem.reason for problem in found.problems] == reasons[:problems]
        assert found.summary.adult_assumed == problems

    def test_the_counts_add_up(self, tmp_path: Path) -> None:
        found = schedule(
            tmp_path,
            GOOD,
            GOOD.replace("completed", "booked"),
            GOOD.replace("completed", "no_show"),
            GOOD.replace("2026-01-05", "2027-01-05"),
            GOOD.replace("2026-01-05", "soon"),
            "P2,2026-01-05,chronic-migraine,Botox,155,completed,",
        ).summary
        assert (found.rows, found.counted, found.patients, found.adult_assumed) == (6, 2, 2, 1)
        assert found.not_counted == {
            "after the day asked for": 1,
            "booked": 1,
            "no_show": 1,
            "not read": 1,
        }
        assert found.counted + sum(found.not_counted.values()) == found.rows
