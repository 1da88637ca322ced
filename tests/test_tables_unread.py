"""Columns that are not read and may say something."""

from datetime import date
from typing import Any

import pytest

from botox_schedule.errors import TableError
from botox_schedule.tables import (
    read_authorizations,
    read_births,
    read_care_ends,
    read_contacts,
    read_holds,
    read_overrides,
    read_prior_treatments,
    read_weights,
)
from table_samples import GOOD, one, read, reasons


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
            (("Injection", "Booking"), "status"),
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
            ("Attended", "NS"),
            ("Appt outcome code", "3"),
        ],
    )
    def test_one_whose_header_speaks_against_a_row_is_told(self, header: str, cell: str) -> None:
        (reason,) = reasons(read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},\n{self.ROW},{cell}\n"))[:1]
        assert reason.startswith("column 5 may say the status and is not read; say so")

    def test_how_a_treatment_went_is_no_status(self) -> None:
        for cell, told in (("Improved", []), ("Discharged", ["column 5 may say who is on hold"])):
            found = reasons(read(f"MRN,DOS,Dx,Drug,Visit outcome\n{self.ROW},{cell}\n"))
            assert [reason.partition(",")[0] for reason in found] == told

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

    def test_a_letter_is_no_word_against_a_completed_row(self) -> None:
        table = "MRN,DOS,Dx,Drug,Status,Comments"
        row = f"{self.ROW},completed"
        assert reasons(read(f"{table}\n{row},cancelled\n"))[0].startswith("column 6 may say")
        letter = "cancelled " * 8
        assert read(f"{table}\n{row},{letter}\n").problems == ()

    @pytest.mark.parametrize(
        ("header", "remark", "what"),
        [
            ("Notes", "deceased 3/2026", "say who has died"),
            (
                "Comments",
                "Pt died in March, the family has been informed by phone",
                "say who has died",
            ),
            ("Comments", "discharged" + " " * 60 + "to whom", ""),
            ("Info", "verstorben am 3.2.2026", "say who has died"),
            ("Notes", "moved away", "say who is on hold"),
            ("Notes", "pregnant - hold", "say who is on hold"),
            ("Comments", "DO NOT TREAT until June", "say who is on hold"),
            ("On hold", "Yes - surgery", "say who is on hold"),
            ("Unnamed: 4", "on hold", "say who is on hold"),
            ("Column1", "pt cancelled 3/4", "say the status"),
            ("Notes", "Left", ""),
            ("Notes", "left, 50 U", ""),
            ("Notes", "dead tired - will call back", ""),
            ("Notes", "not pregnant", ""),
            ("On hold", "surgery on 3 March", "say who is on hold"),
            ("Pregnant?", "due 6/26", "say who is on hold"),
            ("Do not book", "x", "say who is on hold"),
            ("Rescheduled to", "2026-02-02", "say the status"),
            ("Comments", "Pt didn't come", "say the status"),
            ("Notes", "rescheduled to 2/2", "say the status"),
            ("Notes", "Injection not given (fever)", "say the status"),
            ("Notes", "Botox not given today", "say the status"),
            ("Notes", "treatment postponed - sick", "say the status"),
            ("Notes", "cancelled by pt - sick", "say the status"),
            ("Notes", "no botox today", "say who is on hold"),
            ("Notes", "pt refused treatment", "say the status"),
            ("Notes", "hospice", "say who is on hold"),
            ("Notes", "pt expired", "say who has died"),
            ("Notes", "authorization expired", ""),
        ],
    )
    def test_a_part_of_a_remark_is_enough(self, header: str, remark: str, what: str) -> None:
        others = [f"{self.ROW},no pain {n}" for n in range(120)]
        table = [f"MRN,DOS,Dx,Drug,{header}", *others, f'{self.ROW},"{remark}"']
        told = [problem.reason for problem in read("\n".join(table)).problems if problem.line == 1]
        assert [reason[: len(f"column 5 may {what}")] for reason in told] == (
            [f"column 5 may {what}"] if what else []
        )

    @pytest.mark.parametrize(
        ("header", "cell", "what"),
        [
            ("On hold", "no", ""),
            ("On hold", "-", ""),
            ("RTC", "16 weeks", "say how long to wait"),
            ("Next Botox", "2026-04-05", "say for when a visit is booked"),
        ],
    )
    def test_a_header_says_what_a_cell_is_about(self, header: str, cell: str, what: str) -> None:
        told = reasons(read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},{cell}\n"))
        assert [reason.startswith(f"column 5 may {what}") for reason in told] == [True] * bool(what)

    @pytest.mark.parametrize(
        ("header", "cell", "is_told"),
        [
            ("Dysport units", "300", True),
            ("Xeomin", "100 U", True),
            ("Dysport date", "2026-10-01", True),
            ("Dysport units", "0", False),
            ("Botox", "1", False),
            ("Botox #", "4", False),
            ("Botox NDC", "00023114501", False),
            ("Dysport units", "", False),
            ("Dysport", "1", False),
            ("Botox #", "3", False),
            ("Botox copay", "30", False),
            ("Botox start date", "2020-01-01", False),
            ("Prior Dysport", "Y", False),
        ],
    )
    def test_a_dose_of_a_product_in_its_own_column_is_told(
        self, header: str, cell: str, *, is_told: bool
    ) -> None:
        found = reasons(read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},{cell}\n"))
        said = "column 5 may hold a further session or dose and is not read"
        assert [reason.startswith(said) for reason in found] == [True] * is_told

    def test_a_remark_needs_no_header(self) -> None:
        reading = read("MRN,,DOS,Dx,Drug\nP1,moved away 2/26,2026-01-05,migraine,Botox\n")
        assert reasons(reading)[0].startswith("column 2 may say who is on hold, discharged")

    def test_a_remark_against_a_completed_session_is_told(self) -> None:
        table = f"MRN,DOS,Dx,Drug,Status,Notes\n{self.ROW},Completed,cancelled - sick\n"
        assert reasons(read(table))[0].startswith("column 6 may say that nothing was given")

    @pytest.mark.parametrize(
        ("header", "cells", "places"),
        [
            ("Date,Units,Date.1,Units.1", "2026-01-05,155,2026-04-06,155", (6, 7)),
            ("Date,Other toxin,Additional units,Also given", "2026-01-05,Xeomin,50,EMLA", (5, 6)),
            ("Date,Second indication,Also treated", "2026-01-05,cervical dystonia,G24.3", (5, 6)),
            ("Date,Secondary dx,Other treatment", "2026-01-05,G24.3,physiotherapy", ()),
            ("Date,Other drug,Additional notes", "2026-01-05,Aimovig,50", ()),
            ("Date,Units,2nd Date,Units (2)", "2026-01-05,155,2026-04-06,155", (6, 7)),
            ("Date,Drug 2,Units_2,NDC11", "2026-01-05,Dysport,300,1", (5, 6)),
            ("Date,Date 2,Units 2", "2026-01-05,,", ()),
            ("Date,2026-04,06.07.2026", "2026-01-05,155,155", (5, 6)),
            ("Injection date,2nd injection,Visit 3", "2026-01-05,2026-04-06,", (5,)),
            ("Date,Dx 2,Phone 2", "2026-01-05,G24.3,5551234", ()),
            ("Date,Visit 2 Date,Dose 2 (U)", "2026-01-05,2026-04-06,155", (5, 6)),
            ("Date,Date of 2nd injection,Second product", "2026-01-05,2026-04-06,Botox", (5, 6)),
            (
                "Date,Lot 2 exp,3 month review,Dilution 2 mL",
                "2026-01-05,2028-01-31,2026-04-05,50",
                (),
            ),
            ("Date,1st injection date,Follow-up 6 weeks", "2026-01-05,2025-04-06,2026-02-16", ()),
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

    @pytest.mark.parametrize(
        ("rows", "is_told"),
        [
            (["P1,2026-01-05,Completed,2026-04-06"], True),
            (["P1,2026-01-05,Completed,2025-10-06", "P1,2026-04-06,Completed,2026-01-05"], False),
            (["P1,2026-01-05,Completed,2026-04-06", "P1,2026-04-06,Completed,2026-04-06"], False),
            (["P1,2026-01-05,Completed,2026-01-05", "P2,2026-04-06,Completed,"], False),
            (["P1,2026-12-01,Booked,2026-10-06"], True),
            (["P1,2026-12-01,Booked,never"], False),
            (["P1,2026-01,Completed,2026-04-06"], True),
        ],
    )
    def test_the_last_session_is_told_where_no_row_has_it(
        self, rows: list[str], *, is_told: bool
    ) -> None:
        table = "\n".join(f"{row},migraine,Botox" for row in rows)
        reading = read(f"MRN,Date,Status,Last Botox,Dx,Drug\n{table}\n")
        what = "column 4 may hold a further session or dose and is not read"
        assert [p.reason[:59] for p in reading.problems if p.line == 1] == [what] * is_told

    @pytest.mark.parametrize(
        ("header", "cells", "product", "is_told"),
        [
            ("Order", ("Botox", "Xeomin"), "Botox", True),
            ("Order", ("Botox", "Xeomin"), None, True),
            ("Visit", ("Botox injection", "BOTOX - new"), "Botox", False),
            ("Notes", ("Botox", "asks for Xeomin"), "Botox", False),
            ("Order", ("paid", "paid too", "Xeomin"), "Botox", False),
        ],
    )
    def test_another_product_than_that_of_the_file_is_told(
        self, header: str, cells: tuple[str, ...], product: str | None, *, is_told: bool
    ) -> None:
        rows = [f"P{number},2026-01-05,migraine,{cell}" for number, cell in enumerate(cells)]
        reading = read("\n".join([f"MRN,DOS,Dx,{header}", *rows]), product=product)
        told = [problem.reason[:42] for problem in reading.problems if problem.line == 1]
        assert told == ["column 4 may say the product and is not re"] * is_told

    @pytest.mark.parametrize(
        ("one_name", "other"), [("Date", "Actual date"), ("Product", "Product given")]
    )
    def test_what_was_planned_and_what_was_given_are_not_mixed_up(
        self, one_name: str, other: str
    ) -> None:
        with pytest.raises(TableError, match=f"'{one_name}' and '{other}' both mean"):
            read(f"MRN,DX,{one_name},{other}\n")

    @pytest.mark.parametrize(
        ("header", "cell"),
        [("Date moved to", "2026-01-12"), ("Postponed", "Y"), ("Comments", "deferred - UTI")],
    )
    def test_a_postponed_visit_is_told(self, header: str, cell: str) -> None:
        (reason,) = reasons(read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},{cell}\n"))
        assert reason.startswith("column 5 may say the status and is not read")
        assert (
            one(GOOD.replace("completed", "deferred")).session_rows[0].session.status == "cancelled"
        )

    def test_a_talk_at_a_distance_is_told(self) -> None:
        (reason,) = reasons(read(f"MRN,DOS,Dx,Drug,Location\n{self.ROW},Telehealth\n"))
        assert reason.startswith("column 5 may say that a visit was a talk without an injection")

    @pytest.mark.parametrize(("day", "is_told"), [("2026-01-17", True), ("2026-01-05", False)])
    def test_a_session_that_was_given_after_its_day_is_told(
        self, day: str, *, is_told: bool
    ) -> None:
        reading = read(f"MRN,DOS,Dx,Drug,Completed date\n{self.ROW},{day}\n")
        assert bool(reading.problems) is is_told

    @pytest.mark.parametrize("header", ["HIT-6 completed on", "Week 4 visit", "Last tox screen"])
    def test_the_day_of_a_form_or_a_review_is_no_session(self, header: str) -> None:
        assert not read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},2026-02-02\n").problems

    def test_a_day_of_birth_may_stand_next_to_a_visit_without_a_dose(self) -> None:
        assert not read_births(b"MRN,DOB,Given\nP1,1980-01-01,N\n").problems

    def test_a_no_to_a_dose_is_told_with_and_without_a_status(self) -> None:
        table = f"MRN,DOS,Dx,Drug,Botox given\n{self.ROW},Y\n{self.ROW},N\n"
        assert reasons(read(table))[0].startswith("column 5 may say the status and is not read")
        table = f"MRN,DOS,Dx,Drug,Botox given,Status\n{self.ROW},N,Completed\n"
        assert reasons(read(table))[0].startswith("column 5 may say that nothing was given")
        table = f"record_id,MRN,DOS,Dx,Drug,record_complete\n1,{self.ROW},0\n"
        assert reasons(read(table)) == []
        table = f"MRN,DOS,Dx,Drug,Botox given\n{self.ROW},Y\n"
        assert reasons(read(table)) == []

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
        ("header", "cell", "is_told"),
        [
            ("Active", "Y", False),
            ("Active", "N", True),
            ("Denied", "N", False),
            ("Denied", "Y", True),
            ("Voided", "N", False),
            ("Record voided", "Y", True),
        ],
    )
    def test_an_answer_for_a_row_is_no_doubt(
        self, header: str, cell: str, *, is_told: bool
    ) -> None:
        table = f"MRN,DOB,{header}\nP1,1980-01-01,{cell}\n"
        assert bool(read_births(table.encode()).problems) is is_told

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
            ("Voided", "Y"),
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
            ("Transfer of care", "Y", True),
            ("Plan", "D/C Botox", True),
            ("Gravid", "yes", True),
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
            ("Paused until", "2026-11-01", True),
            ("Pt discharged (Y/N)", "Y", True),
            ("DISCHARGED_FLG", "1", True),
            ("PatientPausedDt", "2026-11-01", True),
            ("LTFU", "Yes", True),
            ("Stop date", "2026-01-05", False),
            ("Left on", "2026-01-05", False),
            ("No. Botox injections", "1", False),
            ("Smoking stopped", "2026-01-01", False),
            ("Tx stopped", "Y", True),
            ("Therapy end", "2026-11-01", True),
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
            (read_authorizations, "Procedures", "dx,drug,from,to", "4", "limit the sessions"),
            (read_authorizations, "Visits used", "dx,drug,from,to,visits", "1", ""),
            (read_authorizations, "Unit", "dx,drug,from,to", "North", ""),
            (read_holds, "Duration", "from", "6 weeks", "say how long a row lasts"),
            (read_holds, "Weeks", "from", "6", "say how long a row lasts"),
            (read_holds, "Weeks", "from,to", "6", ""),
            (read_holds, "Still on hold?", "from", "No", "say which holds are over"),
            (read_holds, "Hold lifted (Y/N)", "from", "Y", "say the record status"),
            (read_holds, "Hold over", "from", "N", ""),
            (read_holds, "Off hold", "from", "Yes", "say which holds are over"),
            (read_holds, "Cleared to treat", "from", "Y", "say which holds are over"),
            (read_holds, "Returned?", "from", "no", ""),
            (read_holds, "Returned call", "from", "Yes", ""),
            (read_authorizations, "Auth approved", "dx,drug,from,to", "N", "say the status"),
            (read_holds, "On hold", "from", "Yes", ""),
            (read_holds, "Pregnant", "from", "No", ""),
            (read_overrides, "Weeks", "dx,from,by,usual", "10", "say the minimum"),
            (
                read_overrides,
                "Valid for",
                "dx,from,by,minimum",
                "6 months",
                "say how long a row lasts",
            ),
            (read_overrides, "Valid for", "dx,from,to,by,minimum", "6 months", ""),
            (read_holds, "Status", "from", "Resumed", "say which rows no longer count"),
            (read_holds, "Hold status", "from,to", "Archived", "say which rows no longer count"),
            *(
                (read_holds, "Status", "from", word, "")
                for word in ("Active", "Ongoing", "On hold")
            ),
            (read_care_ends, "Status", "on,kind", "Rescinded", "say which rows no longer count"),
            (read_care_ends, "Status", "on,kind", "Discharged", ""),
            (read_care_ends, "Flag", "on,kind", "Rescinded", ""),
            (read_care_ends, "Service", "on,kind", "Spasticity", "say the indication"),
            (read_holds, "For", "from", "G43.709", "say the indication"),
            *(
                (read, header, row, "2026-05-01", "say that a row ended before its last day")
                for read, header, row in (
                    (read_authorizations, "Terminated on", "dx,drug,from,to"),
                    (read_holds, "Actual end", "from,to"),
                    (read_overrides, "Ended on", "dx,from,to,by,usual"),
                )
            ),
            *(
                (
                    read_holds,
                    header,
                    "from,to",
                    "2026-05-01",
                    "say that a row ended before its last day",
                )
                for header in ("Delivered on", "Pt returned on", "Restarted", "Date cleared")
            ),
            *(
                (read_authorizations, header, "dx,drug,from,to", "2026-01-02", "")
                for header in ("Determination date", "Drug delivered", "Fax returned")
            ),
            (read_authorizations, "Procedure(s)", "dx,drug,from,to", "64615", ""),
            (read_holds, "Status", "from", "Temporary", ""),
            (read_care_ends, "Discharge status", "on,kind", "01", ""),
            (read_holds, "Restarted", "from,to", "no", ""),
            (read_holds, "Resume date", "from,to", "2027-01-01", ""),
            (read_authorizations, "Expired on", "dx,drug,from,to", "2026-12-31", ""),
            (read_holds, "For", "from", "surgery", ""),
            (
                read_contacts,
                "Do not call",
                "day,outcome",
                "Y",
                "say who is on hold, discharged or not to be called",
            ),
            (read_holds, "For", "dx,from", "spasticity", ""),
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
            "minimum": "10 weeks",
            "day": "2026-01-01",
            "on": "2026-01-01",
            "kind": "discontinued",
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
            ("MRN.1", "0099", "say that a patient has another key"),
            ("Patient ID (2)", "0099", "say that a patient has another key"),
            ("MRN 2", "", ""),
            ("Merged", "Y", "say that a patient has another key"),
            ("Earliest next", "2026-05-01", "say how long to wait"),
            ("Recall", "16 weeks", "say how long to wait"),
            ("Recall", "yes", ""),
            ("Next inj", "2026-05-01", "say for when a visit is booked"),
            ("Next DOS", "2026-05-01", "say for when a visit is booked"),
            ("MRN.1", "P1", ""),
            ("Min interval", "16 weeks", "say how long to wait"),
            ("Not before", "2026-05-01", "say how long to wait"),
            ("Min interval", "no", ""),
            ("Every", "16 weeks", "say how long to wait"),
            ("Frequency", "q12-16w", "say how long to wait"),
            ("Frequency", "16", ""),
            ("Weeks since last", "16 weeks", ""),
            ("Next appointment", "2026-12-14", "say for when a visit is booked"),
            ("Nächster Termin", "2026-12-14", "say for when a visit is booked"),
            ("Next appointment", "2026-12-14 09:30", "say for when a visit is booked"),
            ("Next appointment", "2026-12-14T09:30:00Z", "say for when a visit is booked"),
            ("Next appointment", "09:30", ""),
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

    def test_a_waste_under_an_unknown_name_is_told(self) -> None:
        for cell, told in (("45", True), ("0", False), ("witnessed", False)):
            found = reasons(read(f"MRN,DOS,Dx,Drug,Units,Amount wasted\n{self.ROW},155,{cell}\n"))
            said = "column 6 may say the units discarded and is not read"
            assert [reason.partition(";")[0] for reason in found] == [said] * told
        known = f"MRN,DOS,Dx,Drug,Units,Waste,Waste drawn\n{self.ROW},155,45,45\n"
        assert read(known).problems == ()

    @pytest.mark.parametrize(
        ("header", "cell", "is_told"),
        [
            *(("Dosage", "155", True), ("U", "155 U", True), ("IU", "155", True)),
            *(("Dose in mL", "2 mL", False), ("Qty", "2", False), ("IU", "", False)),
            *(("Unit", "155", True), ("Unit price", "6", False), ("Business unit", "3", False)),
            *(("Opportunity", "3", False), ("Weeks since last dose", "12", False)),
        ],
    )
    def test_a_dose_under_an_unknown_name_is_told(
        self, header: str, cell: str, *, is_told: bool
    ) -> None:
        said = ["column 5 may say the units and is not read"] * is_told
        found = reasons(read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},{cell}\n"))
        assert [reason.partition(";")[0] for reason in found] == said
        known = reasons(read(f"MRN,DOS,Dx,Drug,Units,{header}\n{self.ROW},155,{cell}\n"))
        assert known == []

    @pytest.mark.parametrize(
        ("header", "cell", "is_told"),
        [
            ("Visit type", "Consultation", True),
            ("CPT", "99213", True),
            ("CPT", "64615", False),
            ("Procedure", "No injection", True),
            ("Terminart", "Beratung", True),
            ("Visit type", "Botox injection", False),
            ("Visit type", "Follow-up", False),
            ("Provider", "Consult", False),
        ],
    )
    def test_a_visit_without_an_injection_is_told(
        self, header: str, cell: str, *, is_told: bool
    ) -> None:
        """Counted as a session, a talk sends the patient home untreated for twelve weeks."""
        found = reasons(read(f"MRN,DOS,Dx,Drug,{header}\n{self.ROW},{cell}\n"))
        said = "column 5 may say that a visit was a talk without an injection and is not read"
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
            ("Comments", "came late and was injected only in the afternoon", False),
            ("Claim status", "Reversed", True),
            ("Pt missed (Y/N)", "Y", True),
            ("Visit missed", "N", False),
            ("DNA_FLG", "1", True),
            ("Missed work days", "2", False),
            ("Status.1", "Cancelled", True),
            ("Status.1", "Completed", False),
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

    @pytest.mark.parametrize(
        ("header", "cells", "is_told"),
        [
            ("Arrival time", ["08:30", ""], True),
            ("CHECKIN_DTTM", [*(f"08:{n:02}" for n in range(120)), ""], True),
            ("Arrival time", ["08:30", "08:40"], False),
            ("Arrival time", ["", ""], False),
            ("Start time", ["08:30", ""], False),
            ("Roomed", ["x", ""], True),
            ("Given at", ["08:30", ""], True),
            ("Given at", ["Main clinic", ""], False),
            ("Treatment start date", ["2024-01-05", ""], False),
        ],
    )
    def test_an_empty_time_of_arrival_next_to_others_is_told(
        self, header: str, cells: list[str], *, is_told: bool
    ) -> None:
        rows = [f"P{n},2026-01-05,migraine,Botox,{cell}" for n, cell in enumerate(cells)]
        found = read("\n".join([f"MRN,DOS,Dx,Drug,{header}", *rows])).problems
        said = "line 1: column 5 may say who did not come and is not read; give the rows a status"
        assert [str(problem) for problem in found] == [said] * is_told
        rows = [f"{row},Completed" for row in rows]
        assert read("\n".join([f"MRN,DOS,Dx,Drug,{header},Status", *rows])).problems == ()

    @pytest.mark.parametrize("other", ["", ",,,,", "Dr. Smith,,,,", "Total,,,2 visits,"])
    def test_what_is_no_visit_has_no_time_of_arrival(self, other: str) -> None:
        row = "P1,2026-01-05,migraine,Botox,08:30"
        found = read(f"MRN,DOS,Dx,Drug,Arrival time\n{row}\n{other}\n").problems
        assert [str(problem) for problem in found if problem.line == 1] == []

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
