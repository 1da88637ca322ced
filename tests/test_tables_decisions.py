"""The tables next to the sessions: holds, ends of care, authorizations and others."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from botox_schedule import CareEnd, CareEndKind
from botox_schedule.errors import TableError
from botox_schedule.panel import worklist
from botox_schedule.tables import (
    read_acknowledged,
    read_authorizations,
    read_births,
    read_care_ends,
    read_contacts,
    read_holds,
    read_overrides,
    read_prior_treatments,
    read_weights,
)
from botox_schedule.tables.decisions import _TABLES as FURTHER_TABLES
from table_samples import GOOD, one

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

    def test_a_no_is_no_withdrawal_and_a_yes_lacks_its_day(self) -> None:
        table = "MRN,day,kind,Returned\n1,2026-01-05,discharged,{}\n"
        assert read_care_ends(table.format("No").encode()).problems == ()
        (problem,) = read_care_ends(table.format("Yes").encode()).problems
        assert problem.reason.startswith("withdrawn on: expected YYYY-MM-DD")

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

    @pytest.mark.parametrize(
        ("name", "cell", "is_told"),
        [
            *(("Deceased", "Y", True), ("Deceased", "N", False), ("Deceased", "", False)),
            *(
                ("Is alive?", "N", True),
                ("Is alive?", "Y", False),
                ("Alive on", "2026-01-05", False),
            ),
            *(
                ("DOD", "2026-02-01", True),
                ("Vital status", "D", True),
                ("Vital status", "A", False),
            ),
        ],
    )
    @pytest.mark.parametrize(
        ("read_table", "row"),
        [
            (read_holds, "MRN,from,until\n1,2026-01-01,2026-02-01"),
            (read_weights, "MRN,date,kg\n1,2026-01-01,20"),
            (read_contacts, "MRN,day,outcome\n1,2026-01-01,no answer"),
        ],
    )
    def test_a_column_of_deaths_next_to_any_table_is_told(
        self, read_table: Any, row: str, name: str, cell: str, *, is_told: bool
    ) -> None:
        head, line = row.split("\n")
        found = read_table(f"{head},{name}\n{line},{cell}\n".encode())
        said = ["column 4 may say who has died and is not read"] * is_told
        assert [problem.reason.partition(";")[0] for problem in found.problems] == said

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

    @pytest.mark.parametrize(
        ("read", "header", "row"),
        [
            (read_holds, "from", "2026-01-05"),
            (read_overrides, "dx,from,by,usual", "migraine,2026-01-05,payer,12 weeks"),
            (read_weights, "date,kg", "2026-01-05,60"),
            (read_prior_treatments, "dx,cycles,drug", "migraine,3,Botox"),
            (
                read_authorizations,
                "dx,drug,from,until,visits",
                "migraine,Botox,2026-01-01,2026-12-31,4",
            ),
            (read_contacts, "day", "2026-01-05"),
            (read_acknowledged, "key", "hold_ended-0123456789abcdef"),
        ],
    )
    @pytest.mark.parametrize(
        ("name", "cell", "is_told"),
        [
            ("Deceased", "Y", True),
            ("Date of death", "2026-02-01", True),
            ("Is alive?", "No", True),
            ("Deceased", "N", False),
            ("Date of death", "", False),
            ("Is alive?", "Yes", False),
        ],
    )
    def test_any_table_that_says_who_has_died_is_told(
        self, read: Any, header: str, row: str, name: str, cell: str, is_told: bool
    ) -> None:
        found = read(f"MRN,{header},{name}\n1,{row},{cell}\n".encode())
        said = "who has died and is not read; give the table as care ends too"
        assert any(said in problem.reason for problem in found.problems) is is_told

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
        assert (
            births.unreadable == read_weights(b"MRN,date,kg\n1,2026-01-05,\n").unreadable == set()
        )
        assert read_births(b"MRN,DOB\n1,x\n").unreadable == {"1"}
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

    @pytest.mark.parametrize(
        ("reason", "is_told"), [("Patient deceased 3/2026", True), ("death in the family", False)]
    )
    def test_a_hold_because_of_a_death_is_told(self, reason: str, *, is_told: bool) -> None:
        """The patient would be called when the hold is reviewed."""
        reading = read_holds(f"MRN,from,reason\n1,2026-01-05,{reason}\n".encode())
        assert reading.by_patient["1"][0].reason == reason
        said = "reason: may say that the patient has died; give a death in a table of care ends"
        assert [problem.reason for problem in reading.problems] == [said] * is_told

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
            *(
                (word, "expected approved or active", {"P1"})
                for word in ("", "perhaps", "Approved?")
            ),
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
            "line 3: patient: no session has this key; one differs only in zeros, case, blanks, hyphens, accents or alphabet",
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

    def test_a_name_with_a_blank_is_quoted_for_a_shell(self) -> None:
        with pytest.raises(TableError, match=r"\(--column 'birth date'=\.\.\.\)$"):
            read_births(b"MRN,from\n1,2026-01-05\n")

    def test_a_table_of_another_kind_is_refused(self) -> None:
        with pytest.raises(
            TableError, match="line 1: no column for first; the columns are MRN, DOB"
        ):
            read_holds(b"MRN,DOB\n1,1980-01-01\n")


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
