"""No public function answers a value at the end of its argument's type with an undocumented error."""

import os
import tomllib
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule import ical, outcomes
from botox_schedule.dates.days import near
from botox_schedule.errors import (
    BotoxScheduleError,
    CalendarRangeError,
    CountError,
    ExchangeError,
    ProtocolFileError,
    TableError,
    UnknownWordError,
)
from botox_schedule.protocols import AgeRange
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.tables import read_sessions
from botox_schedule.terms import ShortMonth, word_of
from botox_schedule.views import timeline_svg
from botox_schedule.views.report import ReportRow, report_html
from extremes import ENDS_OF_TIME, WITHOUT_ENDS, Call, calls, ends, extremes, record

CALLS = calls()
FILES = frozenset({"path", "source"})


def undocumented(call: Call, name: str, arguments: dict[str, Any]) -> str | None:
    """The name of an undocumented error that the call raises; None without one."""
    try:
        call.function(**arguments)
    except (BotoxScheduleError, ValidationError):
        return None
    except OSError as error:
        return None if name in FILES else type(error).__name__
    except Exception as error:  # noqa: BLE001 - what is searched for
        return type(error).__name__
    return None


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
class TestEveryPublicFunction:
    def test_answers_the_arguments_that_the_others_are_made_of(self, call: Call) -> None:
        named_file = "path" in call.good
        assert undocumented(call, "path" if named_file else "", call.good) is None

    def test_raises_only_what_is_documented(self, call: Call) -> None:
        found = Counter(
            (name, error)
            for name, arguments in extremes(call)
            if (error := undocumented(call, name, arguments)) is not None
        )
        assert found == {}


def test_every_parameter_has_its_ends() -> None:
    named = {name for call in CALLS for name in call.good}
    assert named - set(ends()) <= WITHOUT_ENDS
    assert len(CALLS) > 70
    assert all(values for values in ends().values())


class TestDays:
    def test_a_moment_can_fall_outside_the_calendar(self) -> None:
        first = datetime.min.replace(tzinfo=UTC)
        assert bs.day_in_zone(first, "UTC") == date.min
        with pytest.raises(CalendarRangeError, match="years 1 to 9999"):
            bs.day_in_zone(first, timezone(timedelta(hours=-1)))

    def test_a_day_near_the_end_stays_in_the_calendar(self) -> None:
        assert near(date.min, -1) == near(date.min, 0) == date.min
        assert near(date.min, 1) == date(1, 1, 2)
        assert near(date.max, 10**9) == date.max

    @pytest.mark.parametrize("day", ENDS_OF_TIME)
    def test_a_report_is_made_for_every_day(self, day: date) -> None:
        row = ReportRow(patient="P1", indication="chronic-migraine", booked_on=day)
        assert "P1" in report_html([row], as_of=day)


class TestWords:
    def test_a_word_is_one_of_those_that_are_named(self) -> None:
        assert word_of(ShortMonth, "last_day", "x") is ShortMonth.LAST_DAY
        with pytest.raises(UnknownWordError, match=r"^x: give one of last_day, first_of_next$"):
            word_of(ShortMonth, "last day", "x")


class TestNumbers:
    @pytest.mark.parametrize("years", [True, "18", 18.0])
    def test_years_of_age_are_whole_numbers(self, years: Any) -> None:
        with pytest.raises(ValidationError, match="valid integer"):
            AgeRange(first=years)

    @pytest.mark.parametrize(
        "number", ["1e999999999999", "1e-100", "9" * 41, Fraction(1, 10**40), 10**41, 5e-324]
    )
    def test_no_number_of_days_is_that_long(self, number: Any) -> None:
        with pytest.raises(CountError, match="give a number"):
            outcomes.wear_off([number], definition="nadir_rise", administered_on="2026-01-05")

    def test_others_are_exact(self) -> None:
        weeks: list[Any] = [Fraction(1, 3), "1e-9", 10**40 - 10**40, "1/3"]
        found = outcomes.wear_off(weeks, definition="nadir_rise", administered_on="2026-01-05")
        third, billionth = Fraction(1, 3), Fraction(1, 10**9)
        assert found.weeks == (third, billionth, Fraction(0), third)

    @pytest.mark.parametrize("width", [239, 10_001, True, 360.0])
    def test_a_picture_has_a_width(self, width: Any) -> None:
        with pytest.raises(CountError, match="from 240 to 10000"):
            timeline_svg(record(), "chronic-migraine", as_of="2026-02-10", width=width)

    @pytest.mark.parametrize("width", [240, 10_000])
    def test_the_ends_of_the_width_are_drawn(self, width: int) -> None:
        assert timeline_svg(record(), "chronic-migraine", as_of="2026-02-10", width=width)

    @pytest.mark.parametrize("sequence", [-1, 2**31, 1.5])
    def test_a_sequence_is_a_number_that_a_calendar_takes(self, sequence: Any) -> None:
        stamp = datetime(2026, 2, 10, tzinfo=UTC)
        assert ical.ical_from_events([], stamped_at=stamp, sequence=2**31 - 1)
        with pytest.raises(ExchangeError, match="sequence is negative or no number"):
            ical.ical_from_events([], stamped_at=stamp, sequence=sequence)

    def test_an_attack_lasts_no_longer_than_attacks_do(self) -> None:
        assert len(outcomes.attack_days("2026-01-01", "2026-04-10")) == 100
        with pytest.raises(CountError, match="at most 100 days"):
            outcomes.attack_days("2026-01-01", "2026-04-11")

    @pytest.mark.parametrize("number", ["9" * 900_000, "1e99999999999999999999", "1e1000000"])
    def test_a_number_of_toml_can_be_too_large(self, number: str, tmp_path: Path) -> None:
        file = tmp_path / "own.toml"
        file.write_text(f"protocols = {number}", encoding="utf-8")
        with pytest.raises(ProtocolFileError, match=r"^own.toml: "):
            bs.load_protocols(file)
        with pytest.raises(ValueError, match="digits"):
            tomllib.loads(f"x = {'9' * 5000}")


class TestText:
    @pytest.mark.parametrize("encoding", ["undefined", "rot13", "hex", "\0", "\ud800", "x" * 10**6])
    def test_what_encodes_no_text_is_refused(self, encoding: str) -> None:
        with pytest.raises(TableError, match="encoding"):
            read_sessions(b"patient,date,indication\n", encoding=encoding)

    @pytest.mark.parametrize("pattern", ["%Y%Y", "%", "%d", "", "x", "%d.%m.%y %H:%M %Q"])
    def test_a_pattern_reads_a_whole_day(self, pattern: str, tmp_path: Path) -> None:
        file = tmp_path / "diary.csv"
        file.write_text("date,kind\n25.01.26,migraine\n", encoding="utf-8")
        assert outcomes.read_diary(file, date_format="%d.%m.%y").taken == 1
        with pytest.raises(ExchangeError, match="date_format: give a pattern"):
            outcomes.read_diary(file, date_format=pattern)

    @pytest.mark.parametrize("field", ["uid", "summary"])
    def test_a_calendar_holds_no_half_of_a_letter(self, field: str) -> None:
        texts = {"uid": "u", "summary": "s"} | {field: "\ud800"}
        window = bs.Window(first="2026-01-05", last="2026-01-05")
        event = ical.CalendarEvent(kind="due", window=window, status="TENTATIVE", **texts)
        with pytest.raises(ExchangeError, match=f"{field} has control characters"):
            ical.ical_from_events([event], stamped_at=datetime(2026, 2, 10, tzinfo=UTC))

    def test_a_path_can_be_no_text(self, tmp_path: Path) -> None:
        file = tmp_path / os.fsdecode(b"\xff\xfe.csv")
        file.write_bytes(b"patient,date,indication,product\nP1,2026-01-05,chronic-migraine,Botox\n")
        assert read_sessions(file).counts.used == 1
        file.write_bytes(b"x")
        with pytest.raises(TableError) as caught:
            read_sessions(file)
        assert str(caught.value)


def test_one_protocol_is_a_set_of_itself() -> None:
    """A model of pydantic is iterable, by its fields: a type checker lets one protocol pass."""
    protocol = bs.find_protocol("chronic-migraine")
    assert list(known_protocols(protocol)) == [protocol]  # type: ignore[arg-type]


@pytest.mark.parametrize("day", ENDS_OF_TIME)
def test_a_population_and_a_record_agree_at_the_ends_of_the_calendar(day: date) -> None:
    pl = pytest.importorskip("polars", reason="polars is not installed")
    from botox_schedule import panel  # noqa: PLC0415 - an extra

    tracks = bs.forecast_all(record(), as_of=day)
    given = [(s.administered_on, s.indication, s.product) for s in record().sessions]
    names = ["administered_on", "indication", "product"]
    frame = pl.DataFrame(given, schema=names, orient="row").with_columns(patient=pl.lit("p"))
    rows = panel.forecast(frame, as_of=day).to_dicts()
    assert [(row["status"], row["due"]) for row in rows] == [
        (track.status, track.dates and track.dates.due) for track in tracks
    ]
