"""Diaries as people keep them: a day a row, an attack a row, a grid of months."""

import gzip
import io
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from botox_schedule import outcomes as out
from botox_schedule.errors import DayError, ExchangeError, FileLimitError, OrderError
from botox_schedule.outcomes import DiaryReading, attack_days, diary_file, read_diary

OTHER = "; name another format with date_format= (--date-format), such as mdy for 01/31/2026"


def read(text: str | bytes, **how: Any) -> DiaryReading:
    stream = io.BytesIO(text) if isinstance(text, bytes) else io.StringIO(text, newline="")
    return read_diary(stream, **how)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def days(reading: DiaryReading) -> dict[str, str]:
    return {str(day.on): day.kind.value for day in reading.diary.days}


def told(reading: DiaryReading) -> list[str]:
    return [str(problem) for problem in reading.problems]


class TestAttackDays:
    @pytest.mark.parametrize(
        ("start", "end", "lasted"),
        [
            (at("2026-01-05 22:00"), at("2026-01-06 02:00"), ["2026-01-05", "2026-01-06"]),
            (at("2026-01-05 22:00"), at("2026-01-06 00:00"), ["2026-01-05"]),
            (at("2026-01-05 22:00"), at("2026-01-06 00:01"), ["2026-01-05", "2026-01-06"]),
            (at("2026-01-06 00:00"), at("2026-01-06 00:00"), ["2026-01-06"]),
            ("2026-01-05", "2026-01-06", ["2026-01-05", "2026-01-06"]),
            (date(2026, 2, 28), "2026-03-01", ["2026-02-28", "2026-03-01"]),
            ("2026-01-05", at("2026-01-07 00:00"), ["2026-01-05", "2026-01-06"]),
        ],
    )
    def test_an_attack_is_each_day_on_which_it_lasted(
        self, start: Any, end: Any, lasted: list[str]
    ) -> None:
        found = attack_days(start, end, "migraine")
        assert [str(day.on) for day in found] == lasted
        assert {day.kind.value for day in found} == {"migraine"}

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            ("2026-01-06", "2026-01-05"),
            (at("2026-01-05 09:00"), at("2026-01-05 08:00")),
            (at("2026-01-05 09:00"), "2026-01-04"),
        ],
    )
    def test_an_end_before_the_start_is_refused(self, start: Any, end: Any) -> None:
        with pytest.raises(OrderError, match="give start <= end"):
            attack_days(start, end)

    def test_a_moment_elsewhere_has_no_day_here(self) -> None:
        moment = at("2026-01-05 22:00").replace(tzinfo=UTC)
        with pytest.raises(DayError, match="start: give the local time"):
            attack_days(moment, at("2026-01-06 02:00"))

    def test_the_missing_moment_of_pandas_is_no_day(self) -> None:
        missing = pytest.importorskip("pandas", reason="pandas is not installed").NaT
        for start, end, name in (("2026-01-05", missing, "end"), (missing, "2026-01-05", "start")):
            with pytest.raises(DayError, match=f"^{name}: give a date, .* a NaTType is not a"):
                attack_days(start, end)

    def test_a_word_is_no_day(self) -> None:
        with pytest.raises(DayError, match="end: "):
            attack_days("2026-01-05", "Tuesday")


class TestDays:
    @pytest.mark.parametrize("date_format", ["%d.%m", "%Y%Y", "%m/%Y", "%", "%x", "%%Y %d"])
    def test_a_pattern_that_gives_no_whole_day_is_refused(self, date_format: str) -> None:
        with pytest.raises(ExchangeError, match="give a pattern of a whole day"):
            read("date,kind\n5.1.2026,none\n", date_format=date_format)

    def test_of_several_entries_of_a_day_the_worst_counts(self) -> None:
        found = read(
            "date,kind\n2026-01-05,none\n2026-01-05,headache\n2026-01-06,headache\n"
            "2026-01-06,migraine\n2026-01-07,none\n2026-01-07,none\n"
        )
        assert days(found) == {
            "2026-01-05": "headache", "2026-01-06": "migraine", "2026-01-07": "none"
        }  # fmt: skip
        assert (found.entries, found.taken, found.problems) == (6, 6, ())

    def test_only_a_day_that_is_missing_and_filled_is_a_contradiction(self) -> None:
        for lines in ("unknown\n2026-01-05,none", "none\n2026-01-05,missing"):
            found = read(f"date,kind\n2026-01-05,{lines}\n")
            assert days(found) == {"2026-01-05": "none"}
            assert told(found) == [
                "line 3: one entry fills a day that another calls missing; the filled one counts"
            ]
            assert (found.taken, found.left_out) == (2, 0)

    def test_numbers_of_data_frames_are_read(self) -> None:
        reading = read("date,headache\n2026-01-05,1.0\n2026-01-06,0.0\n")
        assert list(days(reading).values()) == ["headache", "none"]

    @pytest.mark.parametrize("zone", ["Z", "-05:00", "+0100", ".000Z"])
    def test_a_time_zone_is_named_as_what_is_wrong(self, zone: str) -> None:
        text = f"start,end\n2026-01-05T22:00:00{zone},2026-01-06\n"
        (problem,) = read(text).problems
        assert problem.reason.endswith("expected the local time, without a time zone")

    def test_an_empty_cell_says_nothing(self) -> None:
        found = read("date,kind\n2026-01-05,\n2026-01-05,none\n2026-01-06,\n")
        assert (days(found), found.taken, found.problems) == ({"2026-01-05": "none"}, 3, ())

    @pytest.mark.parametrize(
        ("word", "kind"),
        [
            ("No", "none"), ("-", "none"), ("headache-free", "none"), ("keine", "none"),
            ("Yes", "headache"), ("1", "headache"), ("Tension headache", "headache"),
            ("severe", "headache"), ("MIGRAINE", "migraine"), ("m", "migraine"),
            ("Migräne", "migraine"), ("?", "unknown"), ("not recorded", "unknown"),
        ],
    )  # fmt: skip
    def test_words_that_people_use(self, word: str, kind: str) -> None:
        assert days(read(f"date;kind\n2026-01-05;{word}\n")) == {"2026-01-05": kind}

    def test_columns_for_headache_and_migraine(self) -> None:
        found = read(
            "Datum;Kopfschmerz;Migräne\n05.01.2026;ja;nein\n06.01.2026;ja;ja\n"
            "07.01.2026;nein;nein\n08.01.2026;;\n",
            date_format="%d.%m.%Y",
        )
        assert days(found) == {
            "2026-01-05": "headache", "2026-01-06": "migraine", "2026-01-07": "none"
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("2026-01-06,maybe", "kind: expected none, headache, migraine or unknown"),
            ("2026-02-30,none", "date: no day of the calendar; expected YYYY-MM-DD"),
            ("05.01.2026,none", f"date: no day of the calendar; expected YYYY-MM-DD{OTHER}"),
            ("1/5/26,none", f"date: no day of the calendar; expected YYYY-MM-DD{OTHER}"),
            ("2026/01/05,none", f"date: no day of the calendar; expected YYYY-MM-DD{OTHER}"),
            ("2026-01-06 25:00,none", "date: no day of the calendar; expected YYYY-MM-DD"),
            (
                "2026-01-06T22:00+00:00,none",
                "date: no day of the calendar; expected the local time, without a time zone",
            ),
            (",none", "date: no day of the calendar; expected YYYY-MM-DD"),
        ],
    )
    def test_what_cannot_be_read_is_left_out_and_told(self, row: str, reason: str) -> None:
        found = read(f"date,kind\n2026-01-05,none\n\n{row}\n")
        assert told(found) == [f"line 4: {reason}"]
        assert (found.entries, found.taken, found.left_out) == (2, 1, 1)

    def test_a_day_in_another_format_is_named(self) -> None:
        found = read("date,kind\n2026-01-05,none\n", date_format="%d.%m.%Y")
        assert told(found) == ["line 2: date: no day of the calendar; expected %d.%m.%Y"]

    def test_cells_beyond_the_header_are_told(self) -> None:
        found = read("date,kind\n2026-01-05,none,migraine\n2026-01-06,none,\n")
        assert told(found) == ["line 2: the row has more cells than the header; they are not read"]
        assert found.taken == 2

    def test_two_columns_of_one_meaning_are_refused(self) -> None:
        with pytest.raises(ExchangeError, match="Day and Date both mean the date"):
            read("Day,Date,Kind\nMonday,2026-01-05,none\n")

    def test_days_after_the_question_are_left_out(self) -> None:
        found = read("date,kind\n2026-01-08,none\n2026-01-09,none\n", as_of="2026-01-08")
        assert days(found) == {"2026-01-08": "none"}
        assert told(found) == ["line 3: date: lies after as_of"]

    def test_a_time_of_the_entry_is_no_fault(self) -> None:
        assert days(read("date,kind\n2026-01-05 21:30,none\n")) == {"2026-01-05": "none"}

    def test_a_broken_row_is_told(self) -> None:
        found = read(f'date,kind\n2026-01-05,none\n2026-01-06,"{"x" * 200_000}"\n')
        assert told(found) == ["line 3: not a row of a table; check its quotes"]

    def test_a_list_of_bad_days_says_that_it_names_no_free_ones(self) -> None:
        text = "date,kind\n2026-01-05,headache\n2026-01-08,migraine\n"
        assert told(read(text)) == [
            (
                "line 1: no entry says that a day was free; if all others were, "
                "give missing='headache_free'"
            )
        ]
        filled = read(text, missing="headache_free")
        assert days(filled) == {
            "2026-01-05": "headache", "2026-01-06": "none", "2026-01-07": "none",
            "2026-01-08": "migraine",
        }  # fmt: skip
        assert filled.problems == ()

    def test_no_entry_fills_nothing(self) -> None:
        assert read("date,kind\n", missing="headache_free") == read("date,kind\n")

    def test_a_day_that_is_said_to_be_missing_stays_so(self) -> None:
        text = "date,kind\n2026-01-05,headache\n2026-01-06,missing\n2026-01-08,headache\n"
        found = days(read(text, missing="headache_free"))
        assert (found["2026-01-06"], found["2026-01-07"]) == ("unknown", "none")


class TestAttacks:
    def test_times_of_a_day_may_pass_midnight(self) -> None:
        found = read(
            "date,start,end\n2026-01-05,22:00,02:00\n2026-01-08,8:00,9:30:00\n2026-01-10,22:00,0:00\n",
            missing="headache_free",
        )
        assert [on for on, kind in days(found).items() if kind == "headache"] == [
            "2026-01-05", "2026-01-06", "2026-01-08", "2026-01-10"
        ]  # fmt: skip

    def test_days_and_moments(self) -> None:
        found = read(
            "sep=;\nMy attacks\nstart;end;type\n2026-01-05 22:00;2026-01-07 00:00;Migraine\n"
            "2026-01-08;2026-01-09;\n2026-01-12T20:00;01:00;\n"
        )
        assert days(found) == {
            "2026-01-05": "migraine", "2026-01-06": "migraine", "2026-01-08": "headache",
            "2026-01-09": "headache", "2026-01-12": "headache", "2026-01-13": "headache",
        }  # fmt: skip
        assert "line 3: no entry says that a day was free" in told(found)[0]

    @pytest.mark.parametrize("word", ["unknown", "none", "headache", ""])
    def test_an_attack_is_a_headache_whatever_its_type(self, word: str) -> None:
        found = read(f"start,end,type\n2026-01-05,2026-01-05,{word}\n")
        assert days(found) == {"2026-01-05": "headache"}

    def test_an_own_format_may_carry_a_time(self) -> None:
        found = read(
            "start;end\n5.1.2026 22:00;6.1.2026 02:00\n8.1.2026;8.1.2026\n", date_format="%d.%m.%Y"
        )
        assert list(days(found)) == ["2026-01-05", "2026-01-06", "2026-01-08"]

    def test_an_attack_without_an_end_counts_its_first_day(self) -> None:
        found = read("start,end\n2026-01-05,\n", missing="headache_free")
        assert days(found) == {"2026-01-05": "headache"}
        assert told(found) == ["line 2: the attack has no end; its first day counts"]

    @pytest.mark.parametrize(
        ("row", "reason"),
        [
            ("2026-01-06,2026-01-05", "the attack ends before it starts"),
            ("2026-01-01,2026-04-11", "the attack lasts more than 100 days"),
            ("9999-12-31 22:00,02:00", "date: no day of the calendar; expected YYYY-MM-DD"),
            ("22:00,23:00", "date: no day of the calendar; expected YYYY-MM-DD"),
        ],
    )
    def test_impossible_attacks_are_left_out(self, row: str, reason: str) -> None:
        found = read(f"start,end\n{row}\n")
        assert told(found) == [f"line 2: {reason}"]

    def test_the_longest_attack(self) -> None:
        assert len(days(read("start,end\n2026-01-01,2026-04-10\n"))) == 100

    @pytest.mark.parametrize(("as_of", "number"), [("2026-01-05", 1), ("2026-01-06", 2)])
    def test_an_attack_that_goes_on_is_cut(self, as_of: str, number: int) -> None:
        found = read("start,end\n2026-01-05,2026-01-07\n", as_of=as_of, missing="headache_free")
        assert len(days(found)) == number
        assert told(found) == ["line 2: the attack goes on after as_of; its days until then count"]


class TestGrids:
    def test_a_row_is_a_month(self) -> None:
        found = read("month,1,2,3,30\n2026-02,h,m,-,x\n2026-03,,?,0,\nMay,1,,,\n")
        assert days(found) == {
            "2026-02-01": "headache", "2026-02-02": "migraine", "2026-02-03": "none",
            "2026-03-02": "unknown", "2026-03-03": "none",
        }  # fmt: skip
        assert told(found) == [
            "line 2: date: no day of the calendar; expected YYYY-MM-DD",
            "line 4: month: expected YYYY-MM",
        ]
        assert (found.entries, found.taken, found.left_out) == (7, 5, 2)

    def test_a_row_is_a_day_of_several_months(self) -> None:
        found = read("Day;2026-01;2026-02\n1;none;m\n30;h;h\nx;;h\n")
        assert days(found) == {
            "2026-01-01": "none",
            "2026-01-30": "headache",
            "2026-02-01": "migraine",
        }
        assert (found.entries, found.taken, [p.line for p in found.problems]) == (5, 3, [3, 4])


class TestWhatPeopleKeep:
    def test_an_open_quotation_mark_costs_its_own_line_only(self) -> None:
        found = read(
            'date,kind,note\n2026-01-05,none,"open\n2026-01-06,migraine,x\n2026-01-07,none,y\n'
        )
        assert days(found) == {"2026-01-06": "migraine", "2026-01-07": "none"}
        assert told(found) == ["line 2: not a row of a table; check its quotes"]
        assert (found.entries, found.left_out) == (3, 1)

    def test_ditto_marks_hide_no_day(self) -> None:
        found = read(
            'date,kind,note\n2026-01-05,none,"\n2026-01-06,migraine,x\n2026-01-07,none,"\n'
        )
        assert days(found)["2026-01-06"] == "migraine"
        assert (found.entries, found.left_out) == (3, 2)

    def test_a_day_without_migraine_may_have_had_a_headache(self) -> None:
        found = read("date,migraine\n2026-01-05,no\n2026-01-06,yes\n")
        assert days(found) == {"2026-01-05": "unknown", "2026-01-06": "migraine"}
        assert "line 2: free of migraine is not free of headache; the day counts as unknown" in told(found)  # fmt: skip
        with_headache = "date,headache,migraine\n2026-01-05,,no\n2026-01-06,no,no\n"
        assert days(read(with_headache)) == {"2026-01-05": "unknown", "2026-01-06": "none"}

    @pytest.mark.parametrize(
        "header",
        ["date;headache;migraine", "Date;Headache (Y/N);Migraine (Y/N)", "Day;HA;Migraine?", "Tag;Kopfschmerzen;Migräne", "date;Céphalées;Migraine", "fecha;Cefalea;Migran\u0303a"],
    )  # fmt: skip
    def test_columns_have_names_in_other_languages(self, header: str) -> None:
        found = read(f"{header}\n2026-01-05;yes;no\n2026-01-06;yes;yes\n")
        assert days(found) == {"2026-01-05": "headache", "2026-01-06": "migraine"}

    @pytest.mark.parametrize("header", ["Started,Ended,Attack type", "startDate,endDate,type", "Beginn,Ende,Art"])  # fmt: skip
    def test_exports_of_apps_name_the_kind_of_an_attack(self, header: str) -> None:
        found = read(f"{header}\n2026-01-05 22:00,2026-01-06 01:00,Migraine with aura\n")
        assert days(found) == {"2026-01-05": "migraine", "2026-01-06": "migraine"}

    def test_attacks_of_a_kind_that_is_not_read_are_told(self) -> None:
        found = read("start,end,what it was\n2026-01-05,2026-01-05,migraine\n")
        assert days(found) == {"2026-01-05": "headache"}
        assert told(found)[0] == "line 1: no column says which attacks were migraine; all count as headache"  # fmt: skip

    @pytest.mark.parametrize("header", ["start,end,type,weather", "start,end,migraine,weather", "start,end,"])  # fmt: skip
    def test_attacks_whose_kind_is_read_are_not_told(self, header: str) -> None:
        found = read(f"{header}\n2026-01-05,2026-01-05,yes,rain\n", missing="headache_free")
        assert not [problem for problem in found.problems if problem.line == 1]

    def test_a_duration_that_is_not_read_is_told(self) -> None:
        told_of = "line 1: the column of durations is not read; give the day of the end of each attack"  # fmt: skip
        assert told_of in told(read("date,duration,kind\n2026-01-05,30,migraine\n"))
        assert told_of not in told(
            read("start,end,duration,kind\n2026-01-05,2026-01-06,30,migraine\n")
        )

    def test_times_alone_cannot_tell_an_attack_of_more_than_a_day(self) -> None:
        found = read("date,start,end,duration\n2026-01-05,10:00,16:00,30 h\n")
        assert "line 1: the column of durations is not read" in told(found)[0]
        assert days(found) == {"2026-01-05": "headache"}

    @pytest.mark.parametrize(
        ("lasting", "is_told"),
        [("6 h", False), ("6,5 Std. h", True), ("6:00", False), ("360 min", False), ("6h 10m", False), ("", False),
         ("23 hours", False), ("24 h", True), ("6", True), ("1 d 6 h", True), ("1800 min", True)],
    )  # fmt: skip
    def test_a_duration_of_hours_is_told_by_the_times(self, lasting: str, *, is_told: bool) -> None:
        row = f'2026-01-05,10:00,16:00,"{lasting}",migraine'
        found = read(f"date,start,end,duration,kind\n{row}\n", missing="headache_free")
        assert [problem.line for problem in found.problems] == [1] * is_told

    @pytest.mark.parametrize(
        ("row", "count"),
        [
            ("2026-01-05 00:00:00,2026-01-07 00:00:00", 3),
            ("2026-01-05 00:00,2026-01-05 00:00", 1),
            ("2026-01-05 00:00:01,2026-01-07 00:00:00", 2),
            ("2026-01-05 00:00:00,2026-01-07 00:00:01", 3),
            ("2026-01-05,2026-01-07 00:00:00", 2),
        ],
    )
    def test_days_that_a_spreadsheet_wrote_as_midnights_are_days(
        self, row: str, count: int
    ) -> None:
        assert len(days(read(f"start,end\n{row}\n"))) == count

    @pytest.mark.parametrize(
        ("header", "row", "again"),
        [
            ("date,kind", "2026-01-05,none", "Date,Type"),
            ("start,end", "2026-01-05,2026-01-05", "start,end"),
            ("month,1,2", "2026-01,m,h", "month,1,2"),
        ],
    )
    def test_a_further_page_begins_with_the_header_again(
        self, header: str, row: str, again: str
    ) -> None:
        found = read(f"{header}\n{row}\n{again}\n{row.replace('2026-01', '2026-02')}\n")
        assert "line 3: the header again; the rows after it are read" in told(found)
        assert {day[:7] for day in days(found)} == {"2026-01", "2026-02"}
        assert found.left_out == 1

    @pytest.mark.parametrize(
        ("header", "row", "other"),
        [
            ("date,headache", "2026-01-05,yes", "date,migraine"),
            ("date,kind", "2026-01-05,none", "kind,date"),
            ("month,1,2", "2026-01,m,h", "month,2,1"),
        ],
    )
    def test_a_diary_with_other_columns_below_is_refused(
        self, header: str, row: str, other: str
    ) -> None:
        """A yes for migraine would be read as one for headache."""
        with pytest.raises(ExchangeError, match="line 3: another header; give each diary in its"):
            read(f"{header}\n{row}\n{other}\n{row}\n")

    @pytest.mark.parametrize("name", ["Patient ID", "MRN", "participant"])
    def test_several_patients_are_refused(self, name: str) -> None:
        """Two people would become one."""
        one = f"{name},date,kind\np-1,2026-01-05,none\n"
        for again in ("P-1,2026-01-06,none\n", ",2026-01-06,none\n", one):
            assert read(one + again).taken > 1
        for other in ("p-2", "p-1\u0301"):
            with pytest.raises(ExchangeError, match="the diary is of several patients; give each"):
                read(f"{one}{other},2026-01-05,migraine\n")

    @pytest.mark.parametrize(
        ("row", "found"),
        [
            ("2026-01-05,2026-01-07,migraine", ["migraine"] * 3),
            ("2026-01-05 22:00,02:00,yes", ["headache"] * 2),
            ("2026-01-05,,yes", ["headache"]),
            ("2026-01-05,2026-01-07,none", ["none"]),
            ("2026-01-05,2026-01-07,?", ["unknown"]),
        ],
    )
    def test_a_day_with_an_end_may_be_an_attack_of_several(
        self, row: str, found: list[str]
    ) -> None:
        reading = read(f"date,end,kind\n{row}\n")
        assert list(days(reading).values()) == found
        assert not [problem for problem in reading.problems if problem.line == 2]

    def test_an_end_that_cannot_be_read_is_told(self) -> None:
        reading = read("date,to,kind\n2026-01-05,Dr. No,migraine\n2026-01-06,Dr. No,none\n")
        assert list(days(reading).values()) == ["migraine", "none"]
        assert [problem.line for problem in reading.problems] == [2]

    def test_an_attack_whose_kind_is_none_is_told(self) -> None:
        """A diary by day whose column of days is called start said that each day had a headache."""
        for row in ("2026-01-05,2026-01-06,none", "2026-01-05,,no"):
            reading = read(f"start,end,kind\n{row}\n")
            assert set(days(reading).values()) == {"headache"}
            assert "line 2: the kind is none, but an attack counts as headache; in a" in told(reading)[-1]  # fmt: skip

    def test_a_note_makes_no_header_of_a_row_without_its_day(self) -> None:
        found = read("date,kind,note\n2026-01-05,none,\n,migraine,start\n2026-01-06,none,\n")
        assert (found.taken, found.left_out) == (2, 1)
        with pytest.raises(ExchangeError, match="line 3: another header"):
            read(",date,kind\n0,2026-01-05,none\n,date,migraine\n1,2026-01-06,yes\n")

    @pytest.mark.parametrize("row", ["2026-01-06,onset", "2026-01-06,start", ",headache", "x,y"])
    def test_a_row_with_a_word_of_a_header_is_a_row(self, row: str) -> None:
        found = read(f"date,kind\n2026-01-05,none\n{row}\n")
        assert (found.entries, found.taken) == (2, 1)

    @pytest.mark.parametrize(
        "name", ["Severity", "Pain level", "Intensity (0-10)", "Schmerzstärke"]
    )
    def test_a_number_of_a_scale_of_pain_is_a_headache(self, name: str) -> None:
        cells = enumerate(["0", "1", "2", "10", "7.0", "11", "", "mild"], start=1)
        found = read(f"date;{name}\n" + "".join(f"2026-01-0{n};{cell}\n" for n, cell in cells))
        assert list(days(found).values()) == ["none", *["headache"] * 4, "headache"]
        assert told(found) == ["line 7: kind: expected none, headache, migraine or unknown"]

    @pytest.mark.parametrize("cell", ["6.5", "0.5", "9,50"])
    def test_a_number_between_two_of_a_scale_is_a_headache(self, cell: str) -> None:
        reading = read(f"date;severity\n2026-01-05;{cell}\n2026-01-06;0\n")
        assert days(reading) == {"2026-01-05": "headache", "2026-01-06": "none"}

    @pytest.mark.parametrize("cell", ["-9", "- 9", "-1", "-99", "10.5"])
    def test_a_number_outside_a_scale_is_left_out(self, cell: str) -> None:
        """Files write -9 and -1 where nothing was asked; both counted as headache."""
        reading = read(f"date;severity\n2026-01-05;{cell}\n2026-01-06;0\n")
        assert (days(reading), reading.left_out) == ({"2026-01-06": "none"}, 1)

    @pytest.mark.parametrize("name", ["severity", "Pain"])
    def test_an_m_of_a_scale_is_medium_and_no_migraine(self, name: str) -> None:
        text = f"date,{name}\n2026-01-05,H\n2026-01-06,M\n2026-01-07,low\n2026-01-08,migraine\n"
        assert list(days(read(text)).values()) == [*["headache"] * 3, "migraine"]
        assert days(read("date,kind\n2026-01-06,M\n")) == {"2026-01-06": "migraine"}

    def test_the_status_of_an_entry_is_no_kind(self) -> None:
        """The exports of some apps say whether an attack goes on."""
        found = read(
            "Date,Start Time,End Time,Pain Level,Status\n2026-01-05,22:30,01:15,7,completed\n"
            "2026-01-08,09:00,,8,active\n"
        )
        assert list(days(found)) == ["2026-01-05", "2026-01-06", "2026-01-08"]
        assert found.left_out == 0
        by_day = read("date,type,status\n2026-01-05,none,completed\n2026-01-06,,completed\n")
        assert days(by_day) == {"2026-01-05": "none", "2026-01-06": "unknown"}

    def test_a_scale_decides_only_where_no_column_has_the_kind(self) -> None:
        assert days(read("date,type,severity\n2026-01-05,migraine,0/10\n2026-01-06,,8\n")) == {
            "2026-01-05": "migraine"
        }
        assert days(read("start,end,severity\n2026-01-05,2026-01-05,7/10\n")) == {
            "2026-01-05": "headache"
        }
        both = "date,severity,migraine\n2026-01-05,0,no\n2026-01-06,2,no\n2026-01-07,8,yes\n"
        assert list(days(read(both)).values()) == ["none", "headache", "migraine"]

    def test_a_two_without_a_scale_may_be_a_migraine(self) -> None:
        assert days(read("date,headache\n2026-01-05,2\n")) == {}

    @pytest.mark.parametrize(
        ("order", "rows", "is_told"),
        [
            ("mdy", ("01/05/2026,yes", "13/01/2026,yes"), True),
            ("%d.%m.%Y", ("05.01.2026 22:00,yes", "01.13.2026 22:00,yes"), True),
            ("mdy", ("01/05/2026,yes", "soon,yes"), False),
            ("mdy", ("01/05/2026,yes", "31/31/2026,yes"), False),
            ("mdy", ("01/05/2026,13/13/2026", "01/06/2026,yes"), False),
            ("%d %b %Y", ("05 Jan 2026,yes", "soon,yes"), False),
        ],
    )
    def test_days_in_another_order_than_the_one_named_are_told(
        self, order: str, rows: tuple[str, ...], *, is_told: bool
    ) -> None:
        """The others may be read with day and month swapped, and nothing would say so."""
        found = read("\n".join(["date,kind", *rows]), date_format=order, missing="headache_free")
        said = (
            "line 1: some have day and month in the other order; look whether those that are read"
        )
        assert any(one.startswith(said) for one in told(found)) == is_told

    def test_so_are_the_ends_of_attacks(self) -> None:
        found = read("start,end\n05/12/2026 9:00,13/12/2026 9:00\n", date_format="mdy")
        assert "some have day and month in the other order" in told(found)[0]

    @pytest.mark.parametrize(
        ("start", "end", "lasted"),
        [
            ("10:00 PM", "3:00 AM", ["2026-01-05", "2026-01-06"]),
            ("12:00 AM", "12:00 pm", ["2026-01-05"]),
            ("11 :00", "12:00", []),
            ("13:00 PM", "2:00 PM", ["2026-01-05"]),
            ("10:00 p.m.", "12:00 a.m.", ["2026-01-05"]),
            ("22:00:00.000", "23:00:00", ["2026-01-05"]),
            ("12:30 PM", "1:00 PM", ["2026-01-05"]),
            ("11:00 am", "1:00 pm", ["2026-01-05"]),
            ("11:00 AM", "0:30 PM", ["2026-01-05"]),
            ("8:30", "8:10", ["2026-01-05", "2026-01-06"]),
            ("8:00:30", "8:00:10", ["2026-01-05", "2026-01-06"]),
        ],
    )
    def test_clocks_have_twelve_or_twenty_four_hours(
        self, start: str, end: str, lasted: list[str]
    ) -> None:
        assert [*days(read(f"date,start,end\n2026-01-05,{start},{end}\n"))] == lasted

    def test_a_day_and_a_clock_of_twelve_hours(self) -> None:
        found = read("start,end\n2026-01-05 11:00 PM,2026-01-06 01:00 AM\n")
        assert [*days(found)] == ["2026-01-05", "2026-01-06"]

    @pytest.mark.parametrize("end", ["ongoing", "?", "-", "2026-02-30"])
    def test_an_attack_whose_end_cannot_be_read_counts_its_first_day(self, end: str) -> None:
        found = read(f"start,end\n2026-01-05,{end}\n")
        assert days(found) == {"2026-01-05": "headache"}
        assert told(found)[-1] == "line 2: the end is no day and no time of day; the attack's first day counts"  # fmt: skip

    @pytest.mark.parametrize("columns", ["1,2,total", "1,2,", "1,2,Notes"])
    def test_a_grid_has_totals_and_notes(self, columns: str) -> None:
        found = read(f"month,{columns}\n2026-01,m,h,2\n2026-02,0\n")
        assert days(found) == {"2026-01-01": "migraine", "2026-01-02": "headache", "2026-02-01": "none"}  # fmt: skip
        assert (found.entries, found.problems) == (3, ())

    def test_letters_that_show_nothing_are_no_part_of_a_cell(self) -> None:
        found = read("date,kind\n\u200b2026-01-05,none\ufeff\n2026-01-06,Migra\u0308ne.\n")
        assert days(found) == {"2026-01-05": "none", "2026-01-06": "migraine"}

    @pytest.mark.parametrize(("date_format", "day"), [("mdy", "1/31/2026"), ("dmy", "31/01/2026"), ("iso", "2026-01-31")])  # fmt: skip
    def test_the_formats_of_tables_are_formats_of_diaries(self, date_format: str, day: str) -> None:
        found = read(f"date,kind\n{day},none\n", date_format=date_format)
        assert days(found) == {"2026-01-31": "none"}

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
    def test_a_mark_names_the_encoding(self, encoding: str) -> None:
        content = "date,kind\n2026-01-05,none\n\x1a".encode(encoding)
        for file in (content, gzip.compress(content)):
            assert days(read_diary(io.BytesIO(file))) == {"2026-01-05": "none"}

    def test_utf_16_without_a_mark_is_named(self) -> None:
        with pytest.raises(ExchangeError, match="give encoding='utf-16-be'"):
            read_diary(io.BytesIO("date,kind\n2026-01-05,none\n".encode("utf-16-be")))


class TestFiles:
    def test_a_path_is_read(self, tmp_path: Path) -> None:
        file = tmp_path / "diary.csv"
        file.write_bytes("date\tkind\r\n2026-01-05\tnone\r\n".encode("utf-16"))
        assert days(read_diary(file)) == days(read_diary(str(file))) == {"2026-01-05": "none"}

    def test_another_encoding_is_named_and_never_guessed(self) -> None:
        content = "date,kind\n2026-01-05,Migräne\n".encode("cp1252")
        with pytest.raises(ExchangeError, match=r"not text in UTF-8; name its encoding .* cp1252"):
            read_diary(io.BytesIO(content))
        with pytest.raises(
            ExchangeError, match="not text in 'nonsense'; give another encoding, such as utf-8"
        ):
            read_diary(io.BytesIO(content), encoding="nonsense")
        assert days(read("\ufeffdate,kind\n2026-01-05,none\n"))
        assert days(read_diary(io.BytesIO(content), encoding="cp1252")) == {
            "2026-01-05": "migraine"
        }

    @pytest.mark.parametrize(
        "text", ["", "a,b\n1,2\n", "date\n2026-01-05\n", "month,a\n2026-01,1\n", "month\n2026-01\n"]
    )
    def test_what_is_no_diary_is_refused(self, text: str) -> None:
        with pytest.raises(ExchangeError, match="no header; expected the columns date and kind"):
            read(text)

    @pytest.mark.parametrize("start", [b"PK\3\4", b"\xd0\xcf\x11\xe0"])
    def test_a_workbook_is_named_as_what_it_is(self, start: bytes) -> None:
        with pytest.raises(ExchangeError, match="a workbook or an archive is not read; save"):
            read_diary(start + b"\xff")

    def test_a_broken_title_is_passed_over(self) -> None:
        assert days(read("x" * 200_000 + "\ndate,kind\n2026-01-05,none\n"))

    def test_what_is_too_large_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FileLimitError, match="larger than 16 MiB"):
            read_diary(io.BytesIO(b"x" * (16 * 1024 * 1024 + 1)))
        with pytest.raises(FileLimitError, match="line 1 is longer than 1 MiB"):
            read("x" * (1024 * 1024 + 1))
        with pytest.raises(FileLimitError, match="more than 50000 entries"):
            read("date,kind\n" + "2026-01-05,none\n" * 50_001)
        with pytest.raises(FileNotFoundError):
            read_diary(tmp_path / "none.csv")

    def test_a_cell_of_blanks_is_read_once(self) -> None:
        # By the square of its length this takes minutes.
        found = read(f"date,kind\n2026-01-05 x{' ' * 100_000}x,none\n2026-01-06,none\n")
        assert days(found) == {"2026-01-06": "none"}

    def test_nothing_of_the_patient_is_shown(self) -> None:
        found = read("date,kind\n2026-01-05,Zqx7\n2026-01-06,none\n")
        assert "Zqx7" not in repr(found) + str(found) + str(told(found))
        assert "2026" not in repr(found)
        assert str(found) == "DiaryReading(entries=2, taken=1, left_out=1, problems=1)"

    @given(
        st.lists(
            st.tuples(
                st.sampled_from(["2026-01-05", "2026-01-06", "2026-02-30", "x", ""]),
                st.sampled_from(["none", "h", "migraine", "?", "", "z"]),
            ),
            max_size=12,
        )
    )
    def test_each_entry_is_taken_or_told(self, rows: list[tuple[str, str]]) -> None:
        found = read("date,kind\n" + "".join(f"{on},{kind}\n" for on, kind in rows))
        filled = [row for row in rows if any(row)]
        assert found.entries == len(filled) == found.taken + found.left_out
        assert found.left_out == sum(problem.left_out for problem in found.problems)
        shuffled = read("date,kind\n" + "".join(f"{on},{kind}\n" for on, kind in reversed(rows)))
        assert shuffled.diary == found.diary


class TestLimitsOfAFile:
    def test_as_many_entries_as_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(diary_file, "_MOST_ENTRIES", 2)
        rows = [f"2026-01-0{n},none\n" for n in range(1, 4)]
        assert read("date,kind\n" + "".join(rows[:2])).entries == 2
        with pytest.raises(FileLimitError, match=r"^the diary: more than 2 entries$"):
            read("date,kind\n" + "".join(rows))

    def test_as_many_bytes_as_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        mebibyte = 1024 * 1024
        monkeypatch.setattr(diary_file, "_MOST_BYTES", mebibyte)
        begin = b"date,kind\n2026-01-05,none\n"
        assert read(begin + b"\n" * (mebibyte - len(begin))).entries == 1
        with pytest.raises(FileLimitError, match=r"^the diary: larger than 1 MiB$"):
            read(begin + b"\n" * (mebibyte + 1 - len(begin)))

    def test_no_more_is_read_than_tells_that_it_is_too_large(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(diary_file, "_MOST_BYTES", 1024 * 1024)
        stream = io.BytesIO(b"\n" * (1024 * 1024 + 10))
        with pytest.raises(FileLimitError):
            out.read_diary(stream)
        assert stream.tell() == 1024 * 1024 + 1

    def test_what_grows_too_large_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(diary_file, "_MOST_BYTES", 1024 * 1024)
        with pytest.raises(FileLimitError, match=r"^the diary: "):
            read(gzip.compress(b"\n" * (1024 * 1024 + 1)))

    def test_a_long_line_is_named_with_its_file(self, tmp_path: Path) -> None:
        content = "date,kind\n" + "x" * 2_000_000
        with pytest.raises(FileLimitError, match=r"^the diary: line 2 is longer"):
            read(content)
        (tmp_path / "own.csv").write_text(content, encoding="utf-8")
        with pytest.raises(FileLimitError, match=r"^own\.csv: line 2 is longer"):
            out.read_diary(tmp_path / "own.csv")


class TestText:
    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_lines_end_in_three_ways(self, end: str) -> None:
        text = end.join(["date,kind", "2026-01-05,none", "2026-01-06,maybe", ""])
        for written in (text, text.encode()):
            found = read(written)
            assert days(found) == {"2026-01-05": "none"}
            assert told(found) == ["line 3: kind: expected none, headache, migraine or unknown"]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
    def test_a_byte_order_mark_names_the_encoding(self, encoding: str) -> None:
        mark = "\ufeff" if encoding == "utf-16-be" else ""
        content = f"{mark}date,kind\n2026-01-05,none\n".encode(encoding)
        assert days(read(content)) == {"2026-01-05": "none"}

    def test_a_mark_may_precede_a_quoted_name(self) -> None:
        text = '\ufeff"date","kind"\n2026-01-05,none\n'
        assert days(read(text)) == days(read(text.encode())) == {"2026-01-05": "none"}

    @pytest.mark.parametrize("title", ["", ",,", "My diary"])
    def test_lines_may_precede_the_header(self, title: str) -> None:
        assert days(read(f"{title}\ndate,kind\n2026-01-05,none\n")) == {"2026-01-05": "none"}

    def test_half_a_letter_is_no_word(self) -> None:
        found = read("date,kind\n2026-01-05,\ud800\n2026-01-06,none\n")
        assert days(found) == {"2026-01-06": "none"}
        assert len(found.problems) == 1

    def test_a_null_says_unknown(self) -> None:
        assert days(read("date,kind\n2026-01-05,\0\n")) == {"2026-01-05": "unknown"}


class TestColumns:
    @pytest.mark.parametrize("meaning", ["start", "end"])
    def test_two_columns_of_one_meaning_are_refused(self, meaning: str) -> None:
        with pytest.raises(ExchangeError, match=f"both mean the {meaning}; keep one"):
            read(f"start,end,{meaning}\n2026-01-05,2026-01-06,2026-01-05\n")

    def test_migraine_alone_is_a_diary(self) -> None:
        assert days(read("date,migraine\n2026-01-05,yes\n")) == {"2026-01-05": "migraine"}

    @pytest.mark.parametrize("header", ["month,x,2", "date,color"])
    def test_a_grid_has_days_or_months_alone(self, header: str) -> None:
        with pytest.raises(ExchangeError, match="no header"):
            read(f"{header}\n2026-01,none,none\n")

    def test_a_short_row_of_a_grid_ends_early(self) -> None:
        found = read("month,1,2,3\n2026-01,none\n2026-02,none,none,none\n")
        assert len(found.diary.days) == 4

    def test_a_cell_beyond_the_columns_is_told_with_its_line(self) -> None:
        (problem,) = read("date,kind\n2026-01-05,,x\n").problems
        assert problem.line == 2

    def test_an_attack_may_lack_its_last_cells(self) -> None:
        found = read("start,end\n2026-01-05\n", missing="headache_free")
        assert days(found) == {"2026-01-05": "headache"}
        assert told(found) == ["line 2: the attack has no end; its first day counts"]

    def test_an_attack_without_a_start_is_left_out(self) -> None:
        found = read("start,end\n,2026-01-06\n", missing="headache_free")
        assert (found.entries, found.taken) == (1, 0)

    def test_an_attack_that_ends_when_it_starts_has_one_day(self) -> None:
        found = read(
            "date,start,end\n2026-01-05,08:00,08:00\n2026-01-07,08:00,07:59\n",
            missing="headache_free",
        )
        kinds = [kind for kind in days(found).values() if kind == "headache"]
        assert days(found)["2026-01-06"] == "none"
        assert len(kinds) == 3


class TestWhatIsNotFree:
    """Nothing that could not be read says that a day was free of headache."""

    @pytest.mark.parametrize(
        ("headache", "migraine", "kind"),
        [("?", "no", "unknown"), ("", "no", "unknown"), ("no", "?", "none"), ("no", "no", "none"),
         ("?", "yes", "migraine"), ("yes", "no", "headache"), ("?", "?", "unknown")],
    )  # fmt: skip
    def test_a_day_free_of_migraine_whose_headache_is_unknown_is_unknown(
        self, headache: str, migraine: str, kind: str
    ) -> None:
        reading = read(f"date,headache,migraine\n2026-01-05,{headache},{migraine}\n")
        assert [day.kind for day in reading.diary.days] == [kind]
        reason = "free of migraine is not free of headache; the day counts as unknown"
        told = (headache, migraine) in {("?", "no"), ("", "no")}
        assert (reason in [problem.reason for problem in reading.problems]) is told

    @pytest.mark.parametrize(
        ("left_out", "reason", "unknown"),
        [
            ("2026-01-07,2026-01-08,7", "kind: expected none, headache, migraine or unknown", [7, 8]),
            ("2026-01-07,,7", "kind: expected none, headache, migraine or unknown", [7]),
            ("2026-01-08,2026-01-06,yes", "the attack ends before it starts", [8]),
            ("2026-01-08,2026-01-06,7", "the attack ends before it starts", [8]),
            ("2026-01-06,2026-12-01,yes", "the attack lasts more than 100 days", [6]),
            ("2026-02-30,2026-02-30,yes", "date: no day of the calendar; expected YYYY-MM-DD", []),
        ],
    )  # fmt: skip
    def test_the_days_of_an_entry_that_was_left_out_are_not_free(
        self, left_out: str, reason: str, unknown: list[int]
    ) -> None:
        rows = f"start,end,kind\n2026-01-05,,yes\n{left_out}\n2026-01-09,,yes\n"
        reading = read(rows, missing="headache_free")
        free = [day.on.day for day in reading.diary.days if day.kind == "none"]
        assert free == [day for day in (6, 7, 8) if day not in unknown]
        assert reason in [problem.reason for problem in reading.problems]
        assert (reading.taken, reading.left_out) == (2, 1)

    def test_a_row_without_its_day_is_left_out(self) -> None:
        reading = read("kind,date\nnone\nnone,2026-01-05\n")
        assert (reading.taken, reading.left_out) == (1, 1)
        assert str(reading.problems[0]).startswith("line 2: date: no day of the calendar")


class TestSize:
    """A few lines cannot stand for thousands of years."""

    def test_a_wrong_year_fills_no_thousands_of_years(self) -> None:
        with pytest.raises(FileLimitError, match="days from the first to the last entry; look at"):
            read("date,kind\n2026-01-05,yes\n9999-12-31,yes\n", missing="headache_free")
        assert read("date,kind\n2026-01-05,yes\n9999-12-31,yes\n").taken == 2

    @pytest.mark.parametrize(("last", "fits"), [("2136-11-22", True), ("2136-11-23", False)])
    def test_fifty_thousand_days_are_filled(self, last: str, *, fits: bool) -> None:
        text = f"date,kind\n2000-01-01,yes\n{last},yes\n"
        if fits:
            assert len(read(text, missing="headache_free").diary.days) == 50_000
        else:
            with pytest.raises(FileLimitError):
                read(text, missing="headache_free")

    @pytest.mark.parametrize(("attacks", "fits"), [(500, True), (501, False)])
    def test_so_many_days_may_the_attacks_have(self, attacks: int, *, fits: bool) -> None:
        text = "start,end\n" + "2026-01-01,2026-04-10\n" * attacks
        if fits:
            assert read(text).taken == attacks
        else:
            with pytest.raises(FileLimitError, match="more than 50000 days"):
                read(text)
