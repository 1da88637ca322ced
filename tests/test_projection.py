"""Projections, and questions about one session."""

from datetime import date, timedelta
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule.testing import record_from_gaps
from samples import MIGRAINE, TWELVE, codes, protocol, record

JAN = date(2026, 1, 5)


def spasticity_override(**changed: Any) -> dict[str, Any]:
    return {
        "indication": "spasticity",
        "first": "2026-01-01",
        "reason": "x",
        "authority": "clinician",
        **changed,
    }


one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


class TestProjections:
    def test_the_first_window_begins_at_the_earliest_day(self) -> None:
        hold = {"first": "2026-01-20", "last": "2026-04-01", "reason": "x"}
        record = bs.PatientRecord.model_validate(
            {"sessions": record_from_gaps([], starts_on=date(2026, 1, 5)).sessions, "holds": [hold]}
        )
        spasticity = bs.find_protocol("spasticity")
        moved = record.model_copy(
            update={
                "sessions": record_from_gaps(
                    [], starts_on=date(2026, 1, 5), indication="spasticity"
                ).sessions
            }
        )
        first, second = bs.project(moved, spasticity, as_of="2026-04-10", count=2)
        answer = bs.forecast(moved, spasticity, as_of="2026-04-10")
        assert first.window.first == answer.dates.earliest == date(2026, 4, 2)
        assert (first.target, answer.dates.due) == (date(2026, 4, 10), date(2026, 4, 5))
        assert second.window.first < second.target

    @pytest.mark.parametrize(
        ("rows", "windows"),
        [
            pytest.param({}, ["2026-03-30 to 2026-05-05", "2026-06-28 to 2026-08-05"], id="whole"),
            pytest.param(
                {"holds": [{"first": "2026-04-15", "last": "2026-04-25", "reason": "x"}]},
                ["2026-03-30 to 2026-04-14", "2026-06-28 to 2026-08-05"],
                id="a hold after the target",
            ),
            pytest.param(
                {"holds": [{"first": "2026-04-01", "last": "2026-04-03", "reason": "x"}]},
                ["2026-04-04 to 2026-05-05", "2026-06-28 to 2026-08-05"],
                id="a hold before the target",
            ),
            pytest.param(
                {"holds": [{"first": "2026-08-01", "reason": "x"}]},
                ["2026-03-30 to 2026-05-05", "2026-06-28 to 2026-07-31"],
                id="an open hold in the second",
            ),
            pytest.param(
                {"care_ends": [{"on": "2026-04-20", "kind": "discontinued"}]},
                ["2026-03-30 to 2026-04-19"],
                id="a discharge",
            ),
            pytest.param(
                {"overrides": [spasticity_override(minimum="10 weeks", last="2026-03-20")]},
                ["2026-03-30 to 2026-05-05", "2026-06-28 to 2026-08-05"],
                id="an override that ends before the target",
            ),
        ],
    )
    def test_every_day_of_a_window_fits(self, rows: dict[str, Any], windows: list[str]) -> None:
        given = record_from_gaps([], starts_on=JAN, indication="spasticity", product="Botox")
        given = bs.PatientRecord.model_validate({"sessions": given.sessions, **rows})
        found = bs.project(given, "spasticity", as_of="2026-02-01", count=2)
        assert [str(each.window) for each in found] == windows
        window = found[0].window
        for count in range(window.days):
            day = window.first + timedelta(count)
            assert bs.check_date(given, "spasticity", on=day, as_of="2026-02-01").allowed is True

    def test_a_booking_on_a_doubtful_day_is_its_own_window(self) -> None:
        booked = {"administered_on": "2026-04-10", "status": "booked"}
        given = bs.PatientRecord.model_validate(
            {
                "sessions": [
                    {"indication": "spasticity", "product": "Botox", **row}
                    for row in ({"administered_on": JAN}, booked)
                ],
                "prior_treatments": [{"indication": "unknown-name", "cycles": 2}],
            }
        )
        (only,) = bs.project(given, "spasticity", as_of="2026-02-01", count=2)
        assert str(only.window) == "2026-04-10 to 2026-04-10"

    def test_short_months_end_as_the_policy_says(self) -> None:
        protocol = MIGRAINE.model_copy(
            update={
                "retreatment": bs.protocols.RetreatmentRule(
                    kind="scheduled", minimum="12 weeks", usual="3 to 4 months"
                )
            }
        )
        policy = bs.SchedulingPolicy(short_month="first_of_next")
        (session,) = bs.project_dates("2025-10-31", protocol, count=1, policy=policy)
        assert (session.target, session.window.last) == (date(2026, 1, 31), date(2026, 3, 1))

    def test_without_a_minimum_the_dates_still_name_their_protocol(self) -> None:
        bare = MIGRAINE.model_copy(
            update={"retreatment": bs.protocols.RetreatmentRule(kind="scheduled")}
        )
        only = MIGRAINE.model_copy(
            update={
                "retreatment": bs.protocols.RetreatmentRule(kind="scheduled", minimum="12 weeks")
            }
        )
        for own in (bare, only):
            assert bs.due_dates("2026-01-05", own).protocol == MIGRAINE.ref

    @pytest.mark.parametrize(
        ("window", "message"),
        [
            ("0 days", "a window must be longer than nothing; give for example '12 weeks'"),
            (
                "1 month - 30 days",
                "a window must be longer than nothing; give for example '12 weeks'",
            ),
        ],
    )
    def test_a_window_of_nothing_is_refused(self, window: str, message: str) -> None:
        with pytest.raises(bs.errors.IntervalError) as caught:
            bs.exposure(one, product="Botox", window=window, on="2026-01-05")
        assert str(caught.value) == message
        with pytest.raises(bs.UnknownProtocolError) as unknown:
            bs.exposure(one, product="x", window="1 day", on="2026-01-05")
        assert str(unknown.value).startswith("product: no known product is named; give one of ")


class TestResponses:
    def test_windows_that_touch_keep_their_phases(self) -> None:
        own = protocol(response={"onset": "1 to 2 weeks", "peak": "2 to 3 weeks"})
        timeline = bs.response_timeline(JAN, own)
        phases = [
            bs.response_phase(timeline, as_of=day).value
            for day in ("2026-01-18", "2026-01-19", "2026-01-20", "2026-01-26", "2026-01-27")
        ]
        assert phases == ["onset", "peak", "peak", "peak", "not_stated"]

    def test_full_benefit_counts_in_the_policys_months(self) -> None:
        own = protocol(response={"onset": "1 to 2 weeks", "full_benefit": "1 month"})
        days = [
            bs.response_timeline(
                "2026-02-10",
                own,
                course_started_on="2026-01-31",
                policy=bs.SchedulingPolicy(short_month=short_month),
            ).full_benefit_by
            for short_month in bs.ShortMonth
        ]
        assert days == [date(2026, 2, 28), date(2026, 3, 1)]

    def test_the_words_of_refusals(self) -> None:
        timeline = bs.response_timeline(JAN, MIGRAINE)
        with pytest.raises(bs.errors.OrderError) as caught:
            bs.response_phase(timeline, as_of="2026-01-04")
        assert str(caught.value) == (
            "as_of lies before the session; give the session's day or a later one"
        )
        with pytest.raises(bs.errors.OrderError) as caught:
            bs.response_timeline(JAN, MIGRAINE, course_started_on="2026-01-06")
        assert str(caught.value) == (
            "course_started_on lies after administered_on; give an earlier day"
        )
        with pytest.raises(bs.errors.OrderError) as caught:
            bs.check_date(record("2026-01-05"), MIGRAINE, on="2026-01-06", as_of="2026-01-07")
        assert str(caught.value) == "on lies before as_of; give a day from as_of on"

    def test_the_grace_counts_in_the_policys_months(self) -> None:
        own = protocol(retreatment=TWELVE | {"minimum": "30 days", "usual": "30 days"})
        days = [
            bs.due_dates(
                "2026-01-01",
                own,
                bs.SchedulingPolicy(scheduled_grace="1 month", short_month=short_month),
            ).overdue_from
            for short_month in bs.ShortMonth
        ]
        assert days == [date(2026, 3, 1), date(2026, 3, 2)]


class TestResponseOfTheLastProduct:
    def test_the_timeline_is_that_of_what_was_given(self) -> None:
        """Dysport was given last and Botox is planned: the expected response is Dysport's."""
        arm = "upper-limb-spasticity"
        botox, dysport = bs.find_protocol(arm), bs.find_protocol(arm, product="Dysport")
        record = record_from_gaps([], starts_on=date(2026, 1, 5), indication=arm, product="Dysport")
        asked: dict[str, Any] = {"as_of": "2026-02-01", "other_protocols": bs.bundled_protocols()}
        timeline = bs.forecast(record, botox, **asked).timeline
        assert timeline is not None
        assert timeline.protocol == dysport.ref

    def test_its_months_end_as_the_policy_says(self) -> None:
        policy = bs.SchedulingPolicy(short_month="first_of_next")
        spasticity = bs.find_protocol("spasticity")
        record = record_from_gaps([], starts_on=date(2025, 11, 30), indication="spasticity")
        timeline = bs.forecast(record, spasticity, as_of="2026-01-05", policy=policy).timeline
        assert timeline is not None
        assert timeline.wear_off is not None
        assert timeline.wear_off.first == date(2026, 3, 1)


class TestCycles:
    def test_a_touch_up_without_a_session_is_named_alone(self) -> None:
        sessions = [
            {
                "id": f"s-{day}",
                "administered_on": f"2026-01-0{day}",
                "indication": "chronic-migraine",
                "product": "Botox",
                "kind": kind,
            }
            for day, kind in ((5, "touch_up"), (6, "full"))
        ]
        found = bs.forecast(bs.PatientRecord(sessions=sessions), MIGRAINE, as_of="2026-02-01")
        finding = next(f for f in found.findings if f.code == "touch_up_without_session")
        assert finding.record_ids == ("s-5",)

    def test_equal_units_on_the_first_and_the_last_day_of_three(self) -> None:
        sessions = [
            {
                "administered_on": day,
                "indication": "chronic-migraine",
                "product": "Botox",
                "units": 100,
            }
            for day in ("2026-01-05", "2026-01-05", "2026-01-07")
        ]
        found = bs.forecast(bs.PatientRecord(sessions=sessions), MIGRAINE, as_of="2026-02-01")
        assert "probable_duplicate_across_days" in codes(found)

    def test_a_session_on_hold_before_its_minimum_is_not_called_held(self) -> None:
        holds = [{"first": "2026-02-25", "last": "2026-03-05", "reason": "drawn"}]
        cycles = bs.treatment_cycles(
            record("2026-01-05", "2026-03-01", holds=holds), MIGRAINE, as_of="2026-04-01"
        )
        assert (cycles[1].timing, cycles[1].held) == (bs.CycleTiming.EARLY, False)


class TestBookingsOfAnotherTreatment:
    """A booking has the minimum of its own product and indication too."""

    LAST: ClassVar[Any] = {
        "administered_on": "2026-01-05",
        "indication": "sialorrhea",
        "product": "Myobloc",
    }

    def booked(self, day: str, **changes: Any) -> bs.PatientRecord:
        visit = {**self.LAST, "administered_on": day, "status": "booked", **changes}
        return bs.PatientRecord.model_validate({"sessions": [self.LAST, visit]})

    @pytest.mark.parametrize(
        ("product", "day", "early"),
        [
            ("Myobloc", "2026-04-05", False),
            (None, "2026-04-06", False),
            # Xeomin's minimum of 16 weeks; Botox has no protocol, so the strictest other one judges.
            ("Xeomin", "2026-04-26", True),
            ("Xeomin", "2026-04-27", False),
            ("Botox", "2026-04-26", True),
            ("Botox", "2026-04-27", False),
        ],
    )
    def test_it_is_too_early_before_its_own_minimum(
        self, product: str | None, day: str, early: bool
    ) -> None:
        visits = self.booked(day, product=product)
        found = bs.forecast(visits, "sialorrhea", as_of="2026-03-01")
        assert ("booking_too_early" in codes(found)) is early
        assert found.clear is (False if early else None)

    @pytest.mark.parametrize(("day", "early"), [("2026-04-26", True), ("2026-04-27", False)])
    def test_another_limb_of_a_child_has_its_own_minimum(self, day: str, early: bool) -> None:
        legs = {"indication": "lower-limb-spasticity", "product": "Dysport"}
        rows = [
            {"administered_on": "2026-01-05", **legs},
            {
                **legs,
                "administered_on": day,
                "indication": "upper-limb-spasticity",
                "status": "booked",
            },
        ]
        child = bs.PatientRecord.model_validate({"sessions": rows, "born_on": "2018-05-01"})
        found = bs.forecast(child, "lower-limb-spasticity", as_of="2026-03-01")
        assert found.dates.earliest == date(2026, 3, 30)
        assert ("booking_too_early" in codes(found)) is early
        usual = bs.SchedulingPolicy(usual={"lower-limb-spasticity": "12 to 16 weeks"})
        (target,) = bs.project(
            child, "lower-limb-spasticity", as_of="2026-03-01", count=1, policy=usual
        )
        # A visit that is too early is not kept: the target is the due day.
        assert target.target == date.fromisoformat("2026-03-30" if early else day)
        leg_too = bs.PatientRecord.model_validate(
            {"sessions": [*rows, rows[1] | legs], "born_on": "2018-05-01"}
        )
        found = bs.forecast(leg_too, "lower-limb-spasticity", as_of="2026-03-01")
        assert found.clear is (False if early else None)

    def test_an_indication_without_any_protocol_has_only_the_planned_rules(self) -> None:
        planned = protocol(shares_clock_with=["neck-pain"])
        rows = [
            {"administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox"},
            {
                "administered_on": "2026-03-30",
                "indication": "neck-pain",
                "product": "Botox",
                "status": "booked",
            },
        ]
        visits = bs.PatientRecord.model_validate({"sessions": rows})
        found = bs.forecast(visits, planned, as_of="2026-03-01", other_protocols=[])
        assert found.booking is not None
        assert "booking_too_early" not in codes(found)
