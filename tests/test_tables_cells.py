"""What a cell says: days, units, billed waste, and names of indications and products."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from botox_schedule import Product, SessionKind, SessionStatus
from botox_schedule.errors import TableError
from botox_schedule.tables.lines import text_of, typed_cell
from table_samples import GOOD, HEADER, one, read, reasons

SEPARATOR = "the separator may be for thousands or for decimals; write 1000, or 1.5"


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
        ["many", "+5", "NaN", "Infinity", "1e9", "1000001", "155 mg", "9" * 500, "U", "1.2.3"],
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

    @pytest.mark.parametrize(
        "text", ["Ketorolac 30 mg IM", "lidocaine 1 %", "J1885", "Juvederm", "no"]
    )
    def test_a_row_for_another_drug_counts_and_somebody_looks(self, text: str) -> None:
        """Leaving a session out dates the next one too early, counting a tablet too late."""
        reading = one(GOOD.replace("Botox", text))
        assert (reading.counts.used, reading.unreadable) == (1, frozenset({"P1"}))
        (reason,) = reasons(reading)
        assert reason == (
            "product: no botulinum toxin is named; give its name, or leave the row out if it is another drug; "
            "the row counts with an unknown product"
        )

    @pytest.mark.parametrize(
        "text",
        [
            "Toxin",
            "tox",
            "BTX-A",
            "botulinum toxin",
            "Relfydess",
            "64615",
            "64612-50",
            "64617",
            "J0585 J0586",
            "N/A",
            "100 U",
            "2 x 100 unit vial",
            "yes",
            "OnaA 155 U",
            "inj. onabot",
            "BoNTA",
            "Disport",
            "\u30dc\u30c8\u30c3\u30af\u30b9\u6ce8\u7528100\u5358\u4f4d",
            "\u0411\u043e\u0442\u043e\u043a\u0441",
            "\ubcf4\ud1a1\uc2a4",
        ],
    )
    def test_a_toxin_without_its_name_is_none(self, text: str) -> None:
        reading = one(GOOD.replace("Botox", text))
        assert (reading.counts.used, reading.unreadable) == (1, frozenset())
        assert "another drug" not in reasons(reading)[0]

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
            ("chronic-migrane", "chronic-migrane", "the nearest is chronic-migraine"),
            ("masseter", "masseter", "give one such as chronic-migraine"),
            ("G99.999", "g99-999", "give one such as chronic-migraine"),
            ("G43.709; G24.3", "g43-709-g24-3", "give one such as chronic-migraine"),
            ("G24.3 - migraine", "g24-3-migraine", "give one such as chronic-migraine"),
            ("G43.909 - migraine", "g43-909-migraine", "give one such as chronic-migraine"),
            ("['migraine'; 'G24.3']", "migraine-g24-3", "give one such as chronic-migraine"),
            ("y" * 65, "y" * 64, "give one such as chronic-migraine"),
            (f"{'y' * 63} yy", "y" * 63, "give one such as chronic-migraine"),
            ("Zähneknirschen", "zahneknirschen", "give one such as chronic-migraine"),
        ],
    )
    def test_an_unknown_indication_keeps_its_row(self, text: str, slug: str, hint: str) -> None:
        reading = one(f"P1,2026-01-05,{text},Botox,155,completed,")
        assert reading.session_rows[0].session.indication == slug
        (reason,) = reasons(reading)
        assert (
            reason
            == f"indication: not a known name or code; {hint}; the row counts as unrecognized"
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
        ("text", "slug"),
        [
            ("Botox for migraine", "chronic-migraine"),
            ("Chronic Migraine - Botox", "chronic-migraine"),
            ("OAB (overactive bladder)", "overactive-bladder"),
            ("Blepharospasm OU", "blepharospasm"),
            ("HFS L", "hemifacial-spasm"),
            ("Migraine (episodic)", "migraine-episodic"),
            ("chronic migraine/cervical dystonia", "chronic-migraine-cervical-dystonia"),
            ("Botox (chronic migraine planned)", "botox-chronic-migraine-planned"),
            ("Botox - Xeomin", "botox-xeomin"),
        ],
    )
    def test_an_indication_is_known_next_to_its_product_or_another_of_its_names(
        self, text: str, slug: str
    ) -> None:
        reading = one(f"P1,2026-01-05,{text},Botox,155,completed,")
        assert reading.session_rows[0].session.indication == slug

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("Toxin", "product: no known product is named"),
            ("Botox or Dysport", "product: the text names two products; give one"),
            ("J0585 Dysport", "product: the name and the code are of two products; give one"),
            ("J0585 J0586", "product: no known product is named"),
            ("J0585 not given", "product: may say that nothing was given; give the row a status"),
            ("", "product: missing; product= (--product) states one for the whole file"),
        ],
    )
    def test_a_row_counts_with_an_unknown_product(self, text: str, words: str) -> None:
        reading = one(f"P1,2026-01-05,migraine,{text},155,completed,")
        assert reading.problems[0].reason.startswith(words)
        assert not reading.problems[0].left_out
        assert reading.session_rows[0].session.product is None

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("155", "No show"),
            ("155", "155 - cancelled"),
            ("155", "0"),
            ("155", "0.0 U"),
            ("Botox", "Botox - DNA"),
            ("Botox", "Botox rescheduled"),
            ("155", "155 U patient cancelled"),
            ("155", "155 planned"),
            ("Botox", "Botox - to be given"),
            ("chronic-migraine", "chronic migraine (booked)"),
            ("Botox", "99213"),
            ("Botox", "Telephone visit"),
            (",1980", "consult,1980"),
            ("Botox", "Botox cancelled"),
            ("chronic-migraine", "G43.709 no show"),
            (",1980", "nicht erschienen,1980"),
        ],
    )
    def test_what_may_not_have_been_given_is_looked_at(self, old: str, new: str) -> None:
        header = HEADER.replace(",Birth", "Kind,Birth").replace("Status", "Status,")
        row = GOOD.replace("completed", "completed,").replace(old, new)
        reading = one(row, header=header)
        assert (reading.counts.used, reading.unreadable) == (1, frozenset(["P1"]))
        assert "given; give" in reasons(reading)[0]
        assert one(row.replace("completed", "cancelled"), header=header).unreadable == frozenset()

    @pytest.mark.parametrize("text", ["Botox as planned", "Botox - given as ordered"])
    def test_what_was_given_as_planned_was_given(self, text: str) -> None:
        reading = one(GOOD.replace("Botox", text))
        assert (reading.problems, reading.unreadable) == ((), frozenset())

    @pytest.mark.parametrize("header", [HEADER, HEADER.replace("Product", "Color")])
    def test_a_product_can_be_stated_for_the_file(self, header: str) -> None:
        row = "P2,2026-01-05,chronic-migraine,,155,completed,"
        reading = one(row, header=header, product=Product.ABOBOTULINUMTOXIN_A)
        assert reading.problems == ()
        assert reading.session_rows[0].session.product is Product.ABOBOTULINUMTOXIN_A

    def test_a_yes_to_a_dose_is_of_the_files_product(self) -> None:
        header, row = HEADER.replace("Product", "Toxin given"), GOOD.replace("Botox", "Yes")
        reading = one(row, header=header, product=Product.ABOBOTULINUMTOXIN_A)
        assert reading.problems == ()
        assert reading.session_rows[0].session.product is Product.ABOBOTULINUMTOXIN_A
        assert one(row.replace("Yes", "No"), header=header).unreadable == {"P1"}

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
            ("Left without being seen", SessionStatus.NO_SHOW), ("LWOBS", SessionStatus.NO_SHOW), ("Attended late", SessionStatus.COMPLETED), ("Hospital cancelled", SessionStatus.CANCELLED), ("Booked - confirmed", SessionStatus.BOOKED), ("no asistió", SessionStatus.NO_SHOW), ("Deleted", SessionStatus.ENTERED_IN_ERROR),
            ("Kept", SessionStatus.COMPLETED), ("Sch", SessionStatus.BOOKED), ("Canc", SessionStatus.CANCELLED),
            ("Did not keep appointment", SessionStatus.NO_SHOW), ("Cancelled by provider", SessionStatus.CANCELLED),
            ("MAR Hold", SessionStatus.CANCELLED), ("Canceled Entry", SessionStatus.ENTERED_IN_ERROR), ("In Error", SessionStatus.ENTERED_IN_ERROR),
            ("Eseguita", SessionStatus.COMPLETED), ("Geannuleerd", SessionStatus.CANCELLED), ("No presentado", SessionStatus.NO_SHOW),
            ("Auth (Verified)", SessionStatus.COMPLETED), ("wahrgenommen", SessionStatus.COMPLETED), ("Non honoré", SessionStatus.NO_SHOW),
            ("Annulé par la clinique", SessionStatus.CANCELLED), ("Cancelada por el paciente", SessionStatus.CANCELLED), ("rinviato", SessionStatus.CANCELLED),
            ("resched.", SessionStatus.CANCELLED), ("non presentato", SessionStatus.NO_SHOW), ("Hecho", SessionStatus.COMPLETED),
        ],
    )  # fmt: skip
    def test_words_of_other_systems_are_statuses(self, word: str, status: SessionStatus) -> None:
        assert one(GOOD.replace("completed", word)).session_rows[0].session.status is status

    @pytest.mark.parametrize(
        "word",
        [
            "maybe",
            "",
            "N/A",
            "unknown",
            "arrived",
            "pending",
            "1",
            "TRUE",
            "held",
            "reversed",
            "Completed?",
            "完了\uff1f",
        ],
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


class TestTexts:
    @pytest.mark.parametrize(
        ("given", "text"),
        [
            (12, "12"),
            (12.0, "12"),
            (12.5, "12.5"),
            (33.3 + 33.3 + 33.3, "99.9"),
            (Decimal("12.50"), "12.50"),
            (b"P1", "P1"),
            (timedelta(days=1), "1 day, 0:00:00"),
            (True, "True"),
            (None, ""),
        ],
    )
    def test_a_value_of_a_typed_table_is_a_text_as_a_program_shows_it(
        self, given: object, text: str
    ) -> None:
        assert text_of(typed_cell(given)) == text
