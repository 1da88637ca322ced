"""Days on hold: what they cover, and what is counted around them."""

from datetime import date
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.engine.findings import next_look
from botox_schedule.engine.holds import HoldCalendar
from botox_schedule.engine.standing import standing_of
from botox_schedule.engine.track import tracks_of
from botox_schedule.records.model import Hold
from botox_schedule.testing import record_from_gaps
from samples import ALONE, MIGRAINE, allowed, codes, held, protocol, reading_of, record, rule

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


AS_OF = date(2026, 4, 6)


class TestHolds:
    def calendar(self, *spans: tuple[str, str | None]) -> HoldCalendar:
        holds = [Hold(first=first, last=last, reason="drawn") for first, last in spans]
        return HoldCalendar(holds)

    def test_one_day_can_be_touched(self) -> None:
        calendar = self.calendar(("2026-02-01", "2026-02-10"))
        assert calendar.touches(date(2026, 2, 1), date(2026, 2, 1))
        assert not calendar.touches(date(2026, 2, 2), date(2026, 2, 1))

    def test_a_hold_that_begins_on_the_last_day_takes_it(self) -> None:
        calendar = self.calendar(("2026-02-01", "2026-02-10"))
        assert calendar.free_days(date(2026, 1, 30), date(2026, 2, 1)) == 1

    def test_counting_that_ends_on_a_hold_goes_on_behind_it(self) -> None:
        calendar = self.calendar(("2026-02-01", "2026-02-10"))
        assert calendar.advance(date(2026, 1, 30), 1) == date(2026, 1, 31)
        assert calendar.advance(date(2026, 1, 30), 2) == date(2026, 2, 11)

    def test_counting_passes_over_a_hold_that_is_over(self) -> None:
        calendar = self.calendar(("2026-01-01", "2026-01-10"), ("2026-02-01", "2026-02-10"))
        assert calendar.advance(date(2026, 1, 30), 2) == date(2026, 2, 11)

    def test_holds_that_begin_on_one_day_last_as_long_as_any(self) -> None:
        ends = (None, "2026-02-10")
        for first, second in (ends, ends[::-1]):
            calendar = self.calendar(("2026-02-01", first), ("2026-02-01", second))
            assert calendar.spans == ((date(2026, 2, 1), None),)


class TestWhatAHoldConcerns:
    def test_a_review_in_months_follows_the_rule_for_short_months(self) -> None:
        hold = {"first": "2026-01-31", "reason": "r"}
        for short_month, review_on in (
            ("last_day", date(2026, 2, 28)),
            ("first_of_next", date(2026, 3, 1)),
        ):
            policy = bs.SchedulingPolicy.model_validate(
                {"hold_review_after": "1 month", "short_month": short_month}
            )
            found = bs.forecast(
                record("2026-01-05", holds=[hold]), MIGRAINE, as_of="2026-02-02", policy=policy
            )
            assert found.review_on == review_on

    def test_a_discharge_that_was_withdrawn_holds_its_own_indication_alone(self) -> None:
        end = {"on": "2026-02-01", "withdrawn_on": "2026-05-01", "kind": "discontinued"}
        for about, due in (
            ("spasticity", date(2026, 3, 30)),
            (MIGRAINE.indication, date(2026, 5, 1)),
        ):
            ends = [{**end, "indication": about}]
            found = bs.forecast(record("2026-01-05", care_ends=ends), MIGRAINE, as_of="2026-05-02")
            assert found.dates.due == due

    def test_without_a_protocol_only_what_concerns_the_indication_counts(self) -> None:
        unknown = {"administered_on": "2026-01-05", "indication": "unheard-of", "product": "Botox"}
        migraine = {**unknown, "administered_on": "2026-02-05", "indication": "chronic-migraine"}
        hold = {"first": "2026-02-10", "reason": "r", "indication": "chronic-migraine"}
        both = bs.PatientRecord.model_validate({"sessions": [unknown, migraine], "holds": [hold]})
        (found,) = [
            f for f in bs.forecast_all(both, as_of="2026-03-01") if f.indication == "unheard-of"
        ]
        assert (found.status, found.last_session_on) == ("no_interval", date(2026, 1, 5))
        assert found.days_since_last == 55


class TestHoldsOfAClock:
    @pytest.mark.parametrize(
        ("holds", "free", "on_hold"),
        [
            pytest.param(
                [("2026-02-02", "2026-02-10"), ("2026-02-12", "2026-02-20")],
                ["2026-02-11"],
                ["2026-02-10", "2026-02-12"],
                id="one free day parts two holds",
            ),
            pytest.param(
                [("2026-02-02", "2026-02-10"), ("2026-02-11", "2026-02-20")],
                ["2026-02-21"],
                ["2026-02-10", "2026-02-11"],
                id="holds that touch are one",
            ),
            pytest.param(
                [("2026-02-02", "2026-02-10"), ("2026-02-05", None)],
                ["2026-02-01"],
                ["2026-02-11", "2030-01-01"],
                id="an open hold keeps open what it joins",
            ),
            pytest.param(
                [
                    ("2026-02-02", "2026-02-10"),
                    ("2026-03-02", "2026-03-10"),
                    ("2026-03-09", "2026-03-20"),
                ],
                ["2026-02-11", "2026-03-21"],
                ["2026-02-05", "2026-03-05", "2026-03-15"],
                id="earlier holds stay where later ones join",
            ),
        ],
    )
    def test_they_cover_their_days_alone(
        self, holds: list[tuple[str, str | None]], free: list[str], on_hold: list[str]
    ) -> None:
        own = protocol(retreatment=rule(minimum="1 week", usual="1 week"))
        given = record("2026-01-05", holds=[held(*hold) for hold in holds])
        asked: dict[str, Any] = {"as_of": "2026-01-20", "protocol": own, **ALONE}
        assert allowed(given, *free, **asked) == [True] * len(free)
        assert allowed(given, *on_hold, **asked) == [False] * len(on_hold)


class TestTheNextLook:
    def test_the_next_look_is_at_a_hold_that_runs(self) -> None:
        now = {"first": "2026-03-01", "reason": "infection", "review_on": "2026-05-01"}
        later = {"first": "2026-06-01", "reason": "surgery", "review_on": "2026-04-20"}
        reading = reading_of(record("2026-01-05", holds=[now, later]), AS_OF)
        (found,) = tracks_of(reading, "us", None)
        assert next_look(found.track) == date(2026, 5, 1)

    @pytest.mark.parametrize("none", ["1900-01-01", "9999-12-31"])
    def test_a_placeholder_for_its_day_is_none(self, none: str) -> None:
        hold = {"first": "2026-03-01", "reason": "infection", "review_on": none}
        found = bs.forecast(record("2026-01-05", holds=[hold]), MIGRAINE, as_of="2026-03-29")
        assert found.review_on == date(2026, 3, 29)
        assert "hold_needs_review" in codes(found)

    def test_a_list_says_when_to_look_again(self) -> None:
        hold = {"first": "2026-03-01", "reason": "infection", "review_on": "2026-05-01"}
        reading = reading_of(record("2026-01-05", holds=[hold]), AS_OF)
        (found,) = tracks_of(reading, "us", None)
        assert standing_of(found).review_on == date(2026, 5, 1)

    def test_each_id_has_a_latest_word_of_its_own(self) -> None:
        holds = [
            {"id": "h-1", "recorded_on": "2026-01-10", "first": "2026-02-01", "last": "2026-05-01"},
            {"id": "h-2", "recorded_on": "2026-02-10", "first": "2026-05-02", "last": "2026-05-20"},
        ]
        given = record("2026-01-05", holds=[h | {"reason": "x"} for h in holds])
        assert bs.forecast(given, MIGRAINE, as_of=AS_OF).resumes_on == date(2026, 5, 21)
