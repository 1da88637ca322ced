"""What a table of sessions says of deaths."""

from datetime import date

import pytest

from botox_schedule import CareEndKind
from botox_schedule.tables import read_care_ends, read_sessions
from table_samples import GOOD, HEADER, one, read, reasons


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
        "cell",
        [
            "",
            "-",
            "n/a",
            "no",
            "00/00/0000",
            "alive",
            "NULL",
            "f",
            "not applicable",
            "—",
            "nan",
            "NaT",
        ],
    )
    def test_who_has_none_lives(self, cell: str) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},Date of death")
        assert (reading.care_ends, reading.problems) == ({}, ())

    def test_a_question_mark_leaves_the_unknown_as_it_is(self) -> None:
        assert one(f"{GOOD},Unknown?", header=f"{HEADER},Deceased").problems == ()

    @pytest.mark.parametrize("cell", ["perhaps", "?", "N?", "Y?", "alive?", "Deceased?"])
    def test_words_that_say_nothing_are_told(self, cell: str) -> None:
        for column in ("Date of death", "Deceased"):
            reading = one(f"{GOOD},{cell}", header=f"{HEADER},{column}")
            assert reading.care_ends == {}
            (reason,) = reasons(reading)
            assert reason.startswith(f"{column.lower()}: expected a day, yes or no; the row counts")
            assert reason.endswith("but find out whether the patient has died")
            assert (reading.counts.used, reading.unreadable) == (1, frozenset({"P1"}))

    @pytest.mark.parametrize(
        "cell",
        [
            *("1900-01-01", "1899-12-30", "9999-12-31", "unknown", "01/01/1900", "31.12.9999", "2"),
            *("Alive as of 2026-01-01", "no (asked 1/1/2026)", "1/0/1900", "00:00:00"),
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
            ("2026-02-01", [date(2026, 2, 1)]), ("A", []), ("Alive", []), ("Unknown", []), ("FALSE", []),
        ],
    )  # fmt: skip
    def test_a_vital_status_is_a_word_or_a_day(self, cell: str, ends: list[date | None]) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},Vital status")
        assert [end.on for end in reading.care_ends.get("P1", ())] == ends
        assert reading.unreadable == set()

    @pytest.mark.parametrize(
        ("patients", "alive", "is_told"), [(10, 0, True), (10, 1, False), (9, 0, False)]
    )
    def test_a_table_in_which_nobody_lives_is_told(
        self, patients: int, alive: int, *, is_told: bool
    ) -> None:
        """DOD is a day of delivery in the exports of a pharmacy."""
        days = ["2026-01-05"] * (patients - alive) + [""] * alive
        rows = [f"P{n},2026-01-05,migraine,Botox,{day}" for n, day in enumerate(days)]
        found = reasons(read("\n".join(["MRN,DOS,Dx,Drug,DOD", *rows])))
        assert [reason.partition(";")[0] for reason in found] == [
            "every patient has died by this table"
        ] * is_told

    @pytest.mark.parametrize("code", ["0", "1", "1.0", "4"])
    def test_a_vital_status_of_a_registry_leaves_open_who_lives(self, code: str) -> None:
        """1 is the code of the living in most registries, and of the dead as a yes."""
        reading = one(f"{GOOD},{code}", header=f"{HEADER},Vital status")
        assert (reading.care_ends, reading.unreadable) == ({}, frozenset({"P1"}))
        assert reasons(reading)[0].endswith("find out whether the patient has died")
        ends = read_care_ends(f"MRN,Vital status\nP1,{code}\nP2,D\n".encode())
        assert ({*ends.by_patient}, ends.unreadable) == ({"P2"}, frozenset({"P1"}))

    @pytest.mark.parametrize("word", ["Alive", "Not deceased", "vivo", "T", "X"])
    def test_a_living_patient_is_none_who_may_have_died(self, word: str) -> None:
        reading = one(f"{GOOD},{word}", header=f"{HEADER},Patient status")
        assert (reading.problems, reading.unreadable) == ((), frozenset())

    @pytest.mark.parametrize("code", ["0", "1"])
    def test_it_is_read_where_1_is_said_to_be_a_death(self, code: str) -> None:
        table = f"{HEADER},Vital status\n{GOOD},{code}\n".encode()
        told = read_sessions(table, columns={"Vital status": "deceased"})
        assert ("P1" in told.care_ends, told.problems) == (code == "1", ())

    @pytest.mark.parametrize("code", ["0", "1"])
    def test_a_code_hides_no_death_with_a_day_and_no_discharge(self, code: str) -> None:
        reading = one(f"{GOOD},{code},2026-02-01", header=f"{HEADER},Vital status,DOD")
        assert ({*reading.care_ends}, reading.unreadable) == ({"P1"}, frozenset())
        table = f"MRN,Vital status,DOD\nP1,{code},2026-02-01\nP2,{code},\n"
        ends = read_care_ends(table.encode())
        assert [end.on for end in ends.by_patient["P1"]] == [date(2026, 2, 1)]
        assert ends.unreadable == {"P2"}
        table = f"MRN,day,kind,Vital status\nP1,2026-02-01,discharged,{code}\n"
        (end,) = read_care_ends(table.encode()).by_patient["P1"]
        assert (end.on, end.kind) == (date(2026, 2, 1), "discontinued")

    @pytest.mark.parametrize(
        ("cell", "is_dead"), [("Deceased", True), ("fallecida", True), ("Active", False), ("A", False), ("1", False), ("", False)]
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
        "cell",
        [
            "D",
            "DECEASED 2026",
            "Inactive - deceased",
            "not dead",
            "not_dead",
            "Passed away 2026",
            "Deceased?",
            "exp?",
        ],
    )
    def test_a_patient_status_that_may_say_it_is_told(self, cell: str) -> None:
        reading = one(f"{GOOD},{cell}", header=f"{HEADER},Patient status")
        assert (reading.care_ends, reading.unreadable) == ({}, frozenset({"P1"}))
        assert reasons(reading) == [
            "patient status: may say that the patient has died; the row counts but find out whether the patient has died"
        ]

    @pytest.mark.parametrize("cell", ["Active - auth exp 3/2026", "active (EXP 2026)"])
    def test_the_end_of_an_approval_is_none_of_the_patient(self, cell: str) -> None:
        assert one(f"{GOOD},{cell}", header=f"{HEADER},Patient status").problems == ()

    def test_the_last_day_on_which_somebody_lived_is_none_of_death(self) -> None:
        header = f"{HEADER},Date of death,Last known alive"
        assert one(f"{GOOD},,2026-02-01", header=header).problems == ()

    @pytest.mark.parametrize(
        "name",
        [
            *("Muscles studied", "Dead space", "Auth expired", "Consent expired"),
            *(
                "Time passed",
                "Passed screening",
                "Passed swallow test",
                "Family history of sudden death",
            ),
        ],
    )
    def test_other_things_expire_and_pass_too(self, name: str) -> None:
        assert one(f"{GOOD},2026-02-01", header=f"{HEADER},{name}").problems == ()
        assert one(f"{GOOD},2026-02-01,N", header=f"{HEADER},{name},Deceased").problems == ()

    @pytest.mark.parametrize("name", ["Cause of death", "Todesursache", "Fallecimiento", "Décès?"])
    def test_a_column_that_may_hide_a_death_is_told(self, name: str) -> None:
        reading = one(f"{GOOD},x", header=f"{HEADER},{name}")
        (problem,) = reading.problems
        assert str(problem).startswith("line 1: column 8 may say who has died and is not read; say")
        assert str(problem).endswith("'date of death'} (--column 'date of death'=...)")
        assert not problem.left_out
        assert one(f"{GOOD},x,2026-02-01", header=f"{HEADER},{name},DOD").problems == ()
        assert one(f"{GOOD},,", header=f"{HEADER},{name},DOD").problems == ()
        assert "who has died" in reasons(one(f"{GOOD},x,", header=f"{HEADER},{name},DOD"))[0]

    @pytest.mark.parametrize("name", ["\N{DAGGER}", "Dth Dt", "Obit", "Mort"])
    def test_a_column_with_a_mark_or_a_short_word_of_death_is_told(self, name: str) -> None:
        assert "who has died" in reasons(one(f"{GOOD},2026-02-01", header=f"{HEADER},{name}"))[0]

    @pytest.mark.parametrize(
        ("header", "dead", "other"),
        [
            ("Date of death,Comments", "2026-02-01,", ",deceased"),
            ("Deceased,Alive", "Y,N", "N,N"),
            ("Deceased,Alive", "Y,N", "N,Deceased"),
            ("DOD,Vital", "2026-02-01,Dead", ",Dead"),
            ("Patient status,Name", "Deceased,Doe", "Active,Roe (DECEASED)"),
            ("Patient status,Last name", "Deceased,Doe", "Active,ZZDECEASED"),
            ("Deceased,Cause of death", "Y,stroke", ",stroke"),
        ],
    )
    def test_a_death_that_is_read_hides_no_other(self, header: str, dead: str, other: str) -> None:
        quiet = ",".join("Y" if name == "Alive" else "" for name in header.split(","))
        for rows, is_told in (((dead, quiet), False), ((dead, other), True), ((other,), True)):
            lines = [f"P{n},2026-01-05,migraine,Botox,{row}" for n, row in enumerate(rows, 1)]
            reading = read("\n".join([f"Patient,Date,Dx,Drug,{header}", *lines]))
            assert any("who has died" in told for told in reasons(reading)) is is_told, rows

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
            ("Discharge disposition", "exp", True),
            ("Discharge status", "20", True),
            ("Discharge status", "01", False),
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

    @pytest.mark.parametrize("key", ["DOE JANE (DECEASED)", "Roe †", "0012 RIP", "Moe verst."])
    def test_a_key_that_may_say_it_leads_to_a_look_at_the_patient(self, key: str) -> None:
        reading = one(f"{GOOD.replace('P1', key)},", header=f"{HEADER},DOD")
        assert reasons(reading) == [
            "patient: may say that the patient has died; give a death in a table of care ends"
        ]
        assert (reading.unreadable, reading.counts.used) == (frozenset([key]), 1)
        stated = one(f"{GOOD.replace('P1', key)},2026-02-01", header=f"{HEADER},DOD")
        assert (stated.problems, stated.unreadable) == ((), frozenset())

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
