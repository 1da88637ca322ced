"""Outcomes: rules at their edges that a change of the code once passed unseen."""

import gzip
import io
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule import outcomes as out
from botox_schedule.engine.response import ObservedDays, ObservedResponse
from botox_schedule.errors import BotoxScheduleError, ExchangeError, FileLimitError
from botox_schedule.outcomes import diary_file
from botox_schedule.testing import record_from_gaps

MIGRAINE = "chronic-migraine"
START = date(2026, 1, 5)
EMPTY = out.HeadacheDiary()
one = record_from_gaps([], starts_on=START)
four = record_from_gaps([84, 84, 84], starts_on=START)


def read(text: str | bytes, **how: Any) -> out.DiaryReading:
    stream = io.BytesIO(text) if isinstance(text, bytes) else io.StringIO(text, newline="")
    return out.read_diary(stream, **how)


def told(reading: out.DiaryReading) -> list[str]:
    return [str(problem) for problem in reading.problems]


def days(reading: out.DiaryReading) -> dict[str, str]:
    return {str(day.on): day.kind.value for day in reading.diary.days}


def diary_of(*weeks: int, first: date = START) -> out.HeadacheDiary:
    """A diary that has so many days with headache at the start of each week."""
    return out.HeadacheDiary(
        days=[
            {
                "on": first + timedelta(days=7 * week + day),
                "kind": "headache" if day < n else "none",
            }
            for week, n in enumerate(weeks)
            for day in range(7)
        ]
    )


def observed(record: bs.PatientRecord = four, **asked: Any) -> ObservedResponse:
    return out.observed_response(record, MIGRAINE, **{"as_of": "2026-12-01", **asked})


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "missing days of an assessment": (
        lambda: out.assess_response(EMPTY, one, MIGRAINE, rule="nice-ta260", as_of="2026-02-01", missing="x"),
        "missing: give one of",
    ),
    "missing days of the criteria": (
        lambda: out.chronic_migraine_criteria(
            EMPTY.count(bs.Window(first=START, last=START + timedelta(days=27))), missing="x"
        ),
        "missing: give one of",
    ),
    "failures": (
        lambda: out.assess_response(
            EMPTY, one, MIGRAINE, rule="lcd-l34635", as_of="2026-02-01", failures=["x"]  # type: ignore[list-item]
        ),
        "failures: ",
    ),
    "a note before its session": (
        lambda: observed(notes=[out.ResponseNote(on=START, session_on=START + timedelta(days=84))]),
        "notes: days since the session",
    ),
    "a kind of attack": (lambda: out.attack_days("2026-01-05", "2026-01-05", "x"), "kind: give one of"),
    "missing days of a file": (lambda: read("date,kind\n", missing="x"), "missing: give one of"),
    "the day of a file": (lambda: read("date,kind\n", as_of="x"), "as_of: "),
    "the day of a response": (lambda: observed(as_of="x"), "as_of: "),
    "the definition of a response": (lambda: observed(definition="x"), "definition: give one of"),
    "the session of a note": (lambda: observed(notes=[("x", 3)]), "notes: "),
    "a definition": (
        lambda: out.wear_off([1], definition="x", administered_on=START),
        "definition: give one of",
    ),
    "a noted week": (
        lambda: out.wear_off([], definition="clinicians_note", administered_on=START, noted_week=0),
        "noted_week: ",
    ),
    "sessions": (
        lambda: out.wear_off_across_cycles(EMPTY, ["x"], definition="nadir_rise", as_of="2026-02-01"),
        "sessions: ",
    ),
    "an attack": (lambda: out.attack_days("2026-01-06", "2026-01-05"), "the attack ends before it starts"),
    "a note before every session": (
        lambda: observed(notes=[out.ResponseNote(on="2026-01-04", what="wear_off")]),
        "notes: one lies before every session; give the day the effect ended",
    ),
    "a note about no cycle": (lambda: observed(notes=[(9, 3)]), "notes: one is about no cycle of the record"),
    "a file without a header": (
        lambda: read("x\n"),
        "no header; expected the columns date and kind, start and end, or month",
    ),
    "a pattern": (
        lambda: read("date,kind\n", date_format="%d"),
        "date_format: give a pattern of a whole day, such as '%d.%m.%Y'",
    ),
    "an encoding": (lambda: read(b"\xff\n"), "not text in UTF-8; name its encoding with encoding="),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_begins_with_what_was_given(name: str) -> None:
    ask, message = REFUSED[name]
    with pytest.raises(BotoxScheduleError) as caught:
        ask()
    assert str(caught.value).startswith(message)


class TestWearOff:
    def week(
        self, *weeks: int | str | None, definition: str = "nadir_rise", **how: Any
    ) -> out.WearOff:
        return out.wear_off(weeks, definition=definition, administered_on=START, **how)

    def test_a_rise_that_does_not_last_is_none(self) -> None:
        assert self.week(5, 1, 2, 1, 2).week is None

    def test_a_rise_by_half_a_day_is_none(self) -> None:
        assert self.week(5, 1, "1.5", "1.5").week is None
        assert self.week(5, 1, 2, 2).week == 3

    def test_no_benefit_is_lost_where_the_best_week_is_the_baseline(self) -> None:
        lost = "half_of_benefit_lost"
        assert self.week(2, 3, definition=lost, baseline=2).week is None
        assert self.week(0, 0, 1, definition=lost, baseline=0).week is None

    def test_the_clinic_may_note_the_first_week(self) -> None:
        found = self.week(definition="clinicians_note", noted_week=1)
        assert (found.week, found.by_week) == (1, 1)

    def test_an_unknown_week_may_have_had_seven_days_with_headache(self) -> None:
        lost = "half_of_benefit_lost"
        assert not self.week(5, None, definition=lost, baseline=7).is_known
        assert self.week(5, 5, definition=lost, baseline=7).is_known

    def test_no_week_has_eight(self) -> None:
        found = self.week(7, None, None)
        assert (found.week, found.is_known) == (None, True)

    def test_two_unknown_weeks_are_tried_and_three_are_too_many(self) -> None:
        def is_known(unknown: int) -> bool:
            weeks = (5, *[None] * unknown)
            return self.week(*weeks, definition="half_of_benefit_lost", baseline=0).is_known

        assert is_known(2)
        assert not is_known(3)


class TestObserved:
    def late(self, gap: int) -> ObservedDays | None:
        record = record_from_gaps([gap] * 3, starts_on=START)
        sessions = [START + timedelta(days=gap * n) for n in range(4)]
        headaches = [day + timedelta(days=78) for day in sessions]
        first_to_last = (START + timedelta(days=n) for n in range(4 * gap))
        diary = out.HeadacheDiary(
            days=[
                {"on": d, "kind": "headache" if d in headaches else "none"} for d in first_to_last
            ]
        )
        as_of = sessions[-1] + timedelta(days=gap - 1)
        return out.observed_response(
            record, MIGRAINE, as_of=as_of, diary=diary, definition="any_late_rise"
        ).wear_off

    def test_the_last_week_before_the_next_session_counts(self) -> None:
        found = self.late(84)
        assert found is not None
        assert found.days == (77, 77, 77, 77)

    def test_a_week_that_the_next_session_cuts_short_does_not(self) -> None:
        assert self.late(83) is None

    def test_a_record_without_sessions_has_shown_nothing(self) -> None:
        found = observed(record=bs.PatientRecord())
        assert (found.onset, found.wear_off) == (None, None)

    def test_a_note_on_the_day_of_a_session_is_about_it(self) -> None:
        on = {"what": "wear_off"}
        notes = [out.ResponseNote(on=START + timedelta(days=84 * n), **on) for n in range(4)]
        found = observed(notes=notes)
        assert found.wear_off is not None
        assert found.wear_off.days == (0, 0, 0, 0)

    def test_a_note_about_no_session_is_refused_on_its_day(self) -> None:
        with pytest.raises(bs.errors.CountError, match="about no cycle"):
            observed(notes=[("2026-01-06", 0)], as_of="2026-01-06")

    def onset(self, *before: str) -> tuple[int, ...]:
        """Days to onset, by 28 days before each session and four days a week after it."""
        kinds = {"h": "headache", "-": "none", "?": "unknown"}
        month = "".join(before)
        entries = [
            {"on": START + timedelta(days=n - 28), "kind": kinds[letter]}
            for n, letter in enumerate(month + ("---hhhh" * 8 + month) * 4)
        ]
        diary = out.HeadacheDiary(days=entries)
        found = observed(diary=diary, as_of=START + timedelta(days=335)).onset
        return () if found is None else found.days

    def test_onset_is_a_fall_from_the_28_days_before_the_session(self) -> None:
        assert self.onset("hhhhh--", "hhhhh--", "hhhhh--", "--hhhhh") == (0, 0, 0, 0)
        assert self.onset("hhhhh--", "hhhhh--", "hhhh---", "--hhhhh") == ()

    def test_too_few_days_before_the_session_show_no_onset(self) -> None:
        assert self.onset("hhhhh--", "hhhhh--", "hhhhh--", "???????") == (0, 0, 0, 0)
        assert self.onset("hhhhh--", "hhhhh--", "hhhhh-?", "???????") == ()

    def test_the_policy_says_what_is_one_session(self) -> None:
        record = record_from_gaps([5, 84], starts_on=START)
        notes = [(3, 60)]
        apart = bs.SchedulingPolicy(group_within_days=0)
        together = bs.SchedulingPolicy(group_within_days=7)
        observed(record=record, notes=notes, policy=apart)
        with pytest.raises(bs.errors.CountError, match="about no cycle"):
            observed(record=record, notes=notes, policy=together)

    def test_an_unknown_week_ends_the_search_for_the_onset(self) -> None:
        sessions = [START + timedelta(days=84 * n) for n in range(4)]
        before = {START - timedelta(days=n): "headache" for n in range(1, 29)}
        entries = dict(before)
        for on in sessions:
            for n in range(84):
                day = on + timedelta(days=n)
                kind = "headache" if n < 7 or n >= 56 else "none"
                entries[day] = "unknown" if 7 <= n < 14 else kind
        diary = out.HeadacheDiary(days=[{"on": d, "kind": kind} for d, kind in entries.items()])
        found = observed(diary=diary, as_of=sessions[-1] + timedelta(days=83))
        assert found.onset is None
        known = out.HeadacheDiary(
            days=[
                {"on": d, "kind": "none" if kind == "unknown" else kind}
                for d, kind in entries.items()
            ]
        )
        onset = observed(diary=known, as_of=sessions[-1] + timedelta(days=83)).onset
        assert onset is not None
        assert onset.days == (7, 7, 7, 7)


class TestOtherProtocols:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda **how: out.observed_response(four, MIGRAINE, as_of="2026-12-01", **how),
            lambda **how: out.assess_response(
                EMPTY, four, MIGRAINE, rule="nice-ta260", as_of="2026-12-01", **how
            ),
            lambda **how: out.response_review_dates(
                four, MIGRAINE, rule="nice-ta260", as_of="2026-12-01", **how
            ),
        ],
        ids=["observed", "assessed", "review dates"],
    )
    def test_a_name_is_looked_for_among_those_that_are_given(self, ask: Callable[..., Any]) -> None:
        assert ask()
        with pytest.raises(bs.errors.UnknownProtocolError):
            ask(other_protocols=())


class TestAssessment:
    def assess(self, *weeks: int, as_of: str, record: bs.PatientRecord = one) -> Any:
        return out.assess_response(
            diary_of(*weeks), record, MIGRAINE, rule="nice-ta260", as_of=as_of
        )

    def test_a_month_of_27_days_is_none(self) -> None:
        assert len(self.assess(3, 3, 3, 3, as_of="2026-02-01").months) == 1
        assert self.assess(3, 3, 3, 3, as_of="2026-01-31").months == ()

    def test_one_month_is_listed_alone(self) -> None:
        record = record_from_gaps([28], starts_on=START)
        text = self.assess(1, 1, 1, 1, 0, as_of="2026-02-08", record=record).explain()
        assert "months of the last complete cycle: 4 of 28 recorded" in text

    def test_who_died_has_not_stopped_treatment(self) -> None:
        rules = [r for r in out.bundled_response_rules() if any(c.recheck for c in r.criteria)]
        assert rules
        for rule in rules:
            for kind, stopped in (("deceased", False), ("discontinued", True)):
                end = {"on": "2026-03-02", "kind": kind}
                record = one.model_copy(update={"care_ends": (bs.CareEnd.model_validate(end),)})
                found = out.response_review_dates(record, MIGRAINE, rule=rule, as_of="2026-06-01")
                days = [r.on for r in found if r.why == "treatment must have been stopped"]
                assert [day is not None for day in days] == [stopped]

    def test_without_a_usual_range_no_session_is_dated(self) -> None:
        own = bs.TreatmentProtocol(
            id="own",
            version="1",
            region="us",
            indication=MIGRAINE,
            product="Botox",
            population="adult",
            retreatment={"kind": "as_needed", "minimum": "12 weeks"},
        )
        found = out.response_review_dates(one, own, rule="nice-ta260", as_of="2026-02-01")
        ends = [r.why for r in found if r.on is None]
        assert ends
        assert all(
            why.endswith("complete cycles; no usual range dates the next session") for why in ends
        )


class TestCriteria:
    def test_a_month_of_the_calendar_counts_its_own_days(self) -> None:
        first = date(2026, 1, 1)
        kinds = ["migraine"] * 8 + ["headache"] * 7 + ["none"] * 16
        diary = out.HeadacheDiary(
            days=[{"on": first + timedelta(days=n), "kind": kind} for n, kind in enumerate(kinds)]
        )
        count = diary.count(bs.Window(first=first, last=date(2026, 1, 31)))
        met = {found.criteria: found.met for found in out.chronic_migraine_criteria(count)}
        assert met["ichd-3"] is True


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
        for given in (text, text.encode()):
            found = read(given)
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
