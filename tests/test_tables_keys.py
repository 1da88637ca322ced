"""The keys of patients and of sessions."""

import io
from datetime import date

import pytest

from botox_schedule.tables import read_sessions
from table_samples import GOOD, HEADER, one, read, reasons


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
            *(("12.00", "12"), ("Jos\u00e9-1", "JOSE-1"), ("O\u2019Neill", "ONeill")),
            *(("\uff11\uff12", "12"), ("A12", "\u041012"), ("\u0392-7", "b-7")),
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

    @pytest.mark.parametrize(
        ("one_key", "other"), [("1-11", "11-1"), ("1", "10"), ("a1", "b1"), ("\u30ac", "\u30ab")]
    )
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
            (",2026-03-30x,migraine,Botox,155", True),
            (",,migraine,,20", True),
            (",,Total,,310", False),
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

    @pytest.mark.parametrize(
        ("name", "is_doubtful"), [("Muscle", True), ("Side", True), ("Lot", False)]
    )
    def test_a_muscle_below_merged_cells_is_of_the_patient_above(
        self, name: str, *, is_doubtful: bool
    ) -> None:
        reading = read(f"{HEADER},{name}\n{GOOD},FCR\n,,,,100,,,FCU\n")
        assert ("P1" in reading.unreadable) is is_doubtful

    @pytest.mark.parametrize(
        ("name", "is_told"), [("Last Name", True), ("Last Name, First Name", False)]
    )
    def test_a_family_name_is_no_key(self, name: str, *, is_told: bool) -> None:
        header = HEADER.replace("Patient ID", f'"{name}"')
        told = reasons(one(GOOD, header=header, columns={name: "patient"}))
        assert [reason[:44] for reason in told] == [
            "patient: several patients may have one famil"
        ] * is_told

    @pytest.mark.parametrize(
        ("cell", "is_patient"),
        [
            ("(2 rows affected)", False),
            ("Page 1 of 2", False),
            ("Printed: 2026-02-20 09:00", False),
            ("On hold:", False),
            ("Page, Anna", True),
            ("DOE, JANE (DECEASED)", True),
            ("DOE, JANE (CONFIRMED)", True),
            ("Hold, Jack", True),
            ("SCH-0012", True),
            ("PAGE1001", True),
        ],
    )
    def test_a_footer_or_a_title_is_no_patient(self, cell: str, *, is_patient: bool) -> None:
        reading = read(f'{HEADER}\n{GOOD}\n"{cell}"\n')
        assert "date: missing" in reasons(reading)
        assert reading.patients == {"P1", *[cell] * is_patient}

    @pytest.mark.parametrize(
        "cell", ["Total", "GRAND TOTAL:", "Summe", "End of report", "Average dose"]
    )
    def test_a_row_of_totals_is_no_patient(self, cell: str) -> None:
        reading = read(f"{HEADER}\n{GOOD}\n{cell},,,,155,,\n")
        assert (reading.patients, reasons(reading)) == (frozenset({"P1"}), ["patient: missing"])

    @pytest.mark.parametrize(
        ("key", "is_missing"),
        [
            ("9999999", True),
            ("999-99-9999", True),
            ("XXX", True),
            ("999999", False),
            ("xx", False),
            ("Sum", False),
        ],
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

    @pytest.mark.parametrize("name", ["Muscle", "Injection site", "Side"])
    def test_rows_for_several_muscles_are_no_copies(self, name: str) -> None:
        rows = [f"{GOOD},{place}" for place in ("FCR", "FDS", "fds")]
        reading = read("\n".join([f"{HEADER},{name}", *rows]))
        assert [str(problem) for problem in reading.problems] == [
            "line 4: the same as line 3; both count, they may be one"
        ]
        assert reading.counts.used == 3

    @pytest.mark.parametrize(
        ("sides", "said"),
        [
            (("left", "", "right"), {3: 2, 4: 3}),
            (("left", "N/A", "-"), {3: 2, 4: 2}),
            (("", "left", "left"), {3: 2, 4: 3}),
        ],
    )
    def test_a_row_without_a_side_may_be_of_any(
        self, sides: tuple[str, ...], said: dict[int, int]
    ) -> None:
        reading = read("\n".join([f"{HEADER},Side", *(f"{GOOD},{side}" for side in sides)]))
        told = "line {}: the same as line {}; both count, they may be one"
        assert [*map(str, reading.problems)] == [told.format(*lines) for lines in said.items()]

    @pytest.mark.parametrize("names", ["Muscle,Injection site", "Side,Laterality", "Muscle,Muscle"])
    def test_two_columns_that_say_where_are_no_fault(self, names: str) -> None:
        assert one(f"{GOOD},FCR,left", header=f"{HEADER},{names}").counts.used == 1

    def test_with_one_id_they_count_once(self) -> None:
        rows = [f"7,{GOOD},{place}" for place in ("FCR", "FDS")]
        (problem,) = read("\n".join([f"Session ID,{HEADER},Muscle", *rows])).problems
        assert problem.reason.endswith("with one id they count once, and its units once")

    @pytest.mark.parametrize("word", ["not injected", "cancelled"])
    def test_a_muscle_can_be_denied(self, word: str) -> None:
        (reason,) = reasons(one(f"{GOOD},{word}", header=f"{HEADER},Muscle"))
        assert "may say that nothing was given" in reason

    @pytest.mark.parametrize(
        ("first", "second", "is_doubtful"),
        [
            ("155,completed,,FCR", "0,completed,,FCU", False),
            ("155,completed,,FCR", "100,completed,,not injected", False),
            ("155,completed,,", "0,completed,,FCU", True),
            ("155,completed,,FCR", "0,completed,,", True),
            ("155,booked,,FCR", "0,completed,,FCU", True),
            ("0,completed,,FCR", "0,completed,,FCU", True),
        ],
    )
    def test_of_several_muscles_one_may_have_got_nothing(
        self, first: str, second: str, *, is_doubtful: bool
    ) -> None:
        visit = "P1,2026-01-05,chronic-migraine,Botox"
        reading = read(f"{HEADER},Muscle\n{visit},{first}\n{visit},{second}\n")
        assert ("P1" in reading.unreadable) is is_doubtful
        assert "may say that nothing was given" in reasons(reading)[-1]

    def test_the_day_a_row_was_recorded_is_read(self) -> None:
        header = f"{HEADER},Recorded on"
        assert one(f"{GOOD},2026-01-06", header=header).session_rows[0].session.recorded_on == date(2026, 1, 6)  # fmt: skip
        assert reasons(one(f"{GOOD},soon", header=header))[0].endswith(
            "; the row counts without it"
        )


@pytest.mark.parametrize(
    ("header", "first", "second", "is_told"),
    [
        ("Patient name", "Doe, Jane", "Roe, John", True),
        ("Name", "Jane Doe", "JOHN ROE", True),
        ("Patient name", "Doe, Jane", "Smith, JANE A.", False),
        ("Patient name", "Jos\N{LATIN SMALL LETTER E WITH ACUTE} P\N{LATIN SMALL LETTER E WITH ACUTE}rez", "JOSE PEREZ", False),
        ("Patient name", "Doe", "Roe, John", False),
        ("Patient name", "", "Roe, John", False),
        ("Patient name", "Not available", "Roe, John", False),
        ("Patient Name (Last, First)", "Doe, Jane", "Roe, John", True),
        ("Provider name", "Doe, Jane", "Roe, John", False),
        ("Provider full name", "Doe, Jane", "Roe, John", False),
        ("DEPT_NAME", "Neurology Clinic", "Physical Medicine", False),
        ("Appt name", "New Patient", "Botox Injection", False),
        *((name, "Doe, Jane", "Roe, John", False) for name in ("Physician full name", "procedure_concept_name")),
    ],
)  # fmt: skip
def test_two_people_under_one_key_are_told(
    header: str, first: str, second: str, *, is_told: bool
) -> None:
    rows = [f'1,2026-01-05,migraine,Botox,"{name}"' for name in (first, second)]
    others = ['2,2026-01-05,migraine,Botox,"Poe, Ann"', ',2026-01-05,migraine,Botox,"Loe, Eve"']
    reading = read("\n".join([f'MRN,DOS,Dx,Drug,"{header}"', *rows, *others, others[1]]))
    said = "column 5 may name several people under one key and is not read; correct the keys"
    assert (said in reasons(reading)) is is_told
