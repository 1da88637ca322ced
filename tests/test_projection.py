"""Projections, and questions about one session."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule.testing import record_from_gaps
from samples import (
    ADVISED,
    ALONE,
    FIRST_OF_NEXT,
    GIVEN,
    MIGRAINE,
    TWELVE,
    codes,
    held,
    protocol,
    record,
    rule,
)

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


class TestTargets:
    def test_a_minimum_in_months_ends_as_the_policy_says_every_time(self) -> None:
        own = protocol(retreatment=rule(minimum="3 months", usual="3 months"))
        found = bs.project_dates("2025-08-31", own, count=2, policy=FIRST_OF_NEXT)
        assert [str(session.window.first) for session in found] == ["2025-12-01", "2026-03-01"]

    def test_after_a_change_of_the_range_they_count_from_the_last_target(self) -> None:
        old = protocol(version="1", in_force={"last": "2026-05-31"})
        new = protocol(
            version="2",
            in_force={"first": "2026-06-01"},
            retreatment=rule(usual="16 to 40 weeks"),
        )
        found = bs.project(
            record("2026-01-05"), new, as_of="2026-01-05", count=4, other_protocols=[old]
        )
        gaps = [(b.target - a.target).days // 7 for a, b in pairwise(found)]
        assert str(found[0].target) == "2026-03-30"
        assert gaps == [16, 16, 16]

    def test_after_a_hold_they_count_from_the_day_it_moved_one_to(self) -> None:
        held = record(
            "2026-01-05", holds=[{"first": "2026-06-15", "last": "2026-06-30", "reason": "x"}]
        )
        own = protocol(retreatment=rule(usual="12 to 30 weeks"))
        found = bs.project(held, own, as_of="2026-01-05", count=3, other_protocols=[])
        assert [str(s.target) for s in found] == ["2026-03-30", "2026-07-01", "2026-09-23"]


class TestTargetsInMonths:
    def test_months_are_counted_from_the_last_session_and_never_chained(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="3 months"))
        found = bs.project(record("2026-11-30"), own, as_of="2026-12-01", count=2)
        assert [session.target for session in found] == [date(2027, 2, 28), date(2027, 5, 30)]

    def test_a_target_that_would_be_overdue_is_the_due_day(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="1 month"))
        for ends in ((), [{"on": "2026-03-30", "kind": "discontinued"}]):
            found = bs.project(
                record("2025-12-31", care_ends=ends),
                own,
                as_of="2026-01-01",
                count=3,
                policy=bs.SchedulingPolicy(scheduled_grace="0 days"),
            )
            # After 28 February the patient is due on 28 March and overdue from the 29th on.
            assert [session.target for session in found] == [
                date(2026, 1, 31),
                date(2026, 2, 28),
                date(2026, 3, 28),
            ]


class TestLaterTargets:
    """What moves a target moves those after it."""

    def targets(self, own: Any, given: bs.PatientRecord, count: int = 3, **asked: Any) -> list[str]:
        asked = {"as_of": "2026-02-01", **asked}
        return [str(s.target) for s in bs.project(given, own, count=count, **asked)]

    def booked(self, *days: str) -> bs.PatientRecord:
        rows = [{**GIVEN, "administered_on": day, "status": "booked"} for day in days]
        return bs.PatientRecord(sessions=[GIVEN, *rows])

    def test_a_booking_before_the_due_day(self) -> None:
        own = protocol(retreatment=rule(usual="3 to 4 months"))
        found = self.targets(own, self.booked("2026-03-30"), count=2)
        assert found == ["2026-03-30", "2026-06-30"]

    def test_a_booking_of_today(self) -> None:
        assert self.targets(MIGRAINE, self.booked("2026-04-02"), 1, as_of="2026-04-02") == [
            "2026-04-02"
        ]
        given = self.booked("2026-04-02", "2026-04-06")
        assert self.targets(MIGRAINE, given, 1, as_of="2026-04-02") == ["2026-04-02"]

    def test_a_booking_on_a_day_that_is_only_advised_against_is_kept(self) -> None:
        own = protocol(
            retreatment={"kind": "as_needed", "minimum": ADVISED, "usual": "12 to 14 weeks"}
        )
        first, _ = bs.project(self.booked("2026-03-16"), own, as_of="2026-02-01", count=2)
        assert (first.target, str(first.window)) == (date(2026, 3, 16), "2026-03-16 to 2026-04-13")

    def test_a_late_booking_lies_in_its_window(self) -> None:
        (session,) = bs.project(self.booked("2026-05-04"), MIGRAINE, as_of="2026-02-01", count=1)
        assert str(session.window) == "2026-03-30 to 2026-05-04"

    def test_a_hold_moves_the_whole_window(self) -> None:
        own = protocol(retreatment=rule(usual="12 to 14 weeks"))
        hold = {"first": "2026-03-20", "last": "2026-04-09", "reason": "x"}
        (session,) = bs.project(
            record("2026-01-05", holds=[hold]), own, as_of="2026-02-01", count=1
        )
        assert str(session.window) == "2026-04-10 to 2026-04-24"

    def test_a_due_day_that_a_hold_moved(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="1 month"))
        hold = {"first": "2026-05-30", "last": "2026-05-30", "reason": "x"}
        given = record("2026-04-30", holds=[hold])
        found = self.targets(own, given, as_of="2026-05-01")
        assert found == ["2026-05-31", "2026-06-30", "2026-07-31"]

    def test_a_new_usual_range(self) -> None:
        old = protocol(retreatment=rule(usual="13 weeks"), in_force={"last": "2026-04-30"})
        new = protocol(version="2", in_force={"first": "2026-05-01"})
        found = self.targets(old, record("2026-01-05"), other_protocols=[new])
        assert found == ["2026-04-06", "2026-06-29", "2026-09-21"]

    def test_the_day_on_which_a_patient_would_be_overdue(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="1 month"))
        policy = bs.SchedulingPolicy(scheduled_grace="2 days")
        found = self.targets(own, record("2025-12-31"), 4, as_of="2026-01-01", policy=policy)
        assert found == ["2026-01-31", "2026-02-28", "2026-03-28", "2026-04-28"]

    def test_none_lies_before_the_due_day_after_the_one_before(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="1 month"))
        given = record("2026-01-31")
        assert self.targets(own, given, 2, policy=FIRST_OF_NEXT) == ["2026-03-01", "2026-04-01"]

    def test_after_the_first_one_the_product_given_before_is_forgotten(self) -> None:
        strict = protocol(id="d", product="Dysport", retreatment=rule(minimum="20 weeks"))
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": "Dysport"}])
        found = self.targets(MIGRAINE, given, 2, other_protocols=[strict])
        assert found == ["2026-05-25", "2026-08-17"]

    def test_none_is_part_of_the_one_before(self) -> None:
        own = protocol(retreatment=rule(minimum="1 day", usual="1 day"))
        found = self.targets(own, record("2026-01-05"), 3, as_of="2026-01-05")
        assert found == ["2026-01-09", "2026-01-13", "2026-01-17"]


class TestSessionsAhead:
    """Targets are multiples of the usual range, unless something moves them."""

    def targets(self, given: bs.PatientRecord, own: Any, **asked: Any) -> list[str]:
        asked = {"count": 2, "as_of": "2025-12-01", **ALONE, **asked}
        return [str(session.target) for session in bs.project(given, own, **asked)]

    MONTHS: Any = rule(minimum="12 weeks", usual="3 months")

    def test_one_that_a_hold_moves_to_the_first_overdue_day_is_due_before_the_hold(self) -> None:
        own = protocol(retreatment=self.MONTHS)
        given = record("2025-11-30", holds=[held("2026-05-29", "2026-06-10")])
        for grace, second in (("0 days", "2026-05-28"), ("1 day", "2026-06-11")):
            policy = bs.SchedulingPolicy(scheduled_grace=grace)
            assert self.targets(given, own, policy=policy) == ["2026-02-28", second]

    def test_one_on_the_first_overdue_day_is_due_before_rules_end(self) -> None:
        versions = [
            protocol(retreatment=self.MONTHS, in_force={"last": "2026-05-29"}),
            protocol(version="2", retreatment={"kind": "as_needed"}, in_force={"first": "2026-05-30"}),
        ]  # fmt: skip
        policy = bs.SchedulingPolicy(scheduled_grace="1 day")
        found = self.targets(
            record("2025-11-30"), versions[0], policy=policy, other_protocols=versions
        )
        assert found == ["2026-02-28", "2026-05-28"]

    def test_their_months_end_as_the_policy_says(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="2 months + 1 day"))
        given = record("2025-10-31")
        asked: dict[str, Any] = {"as_of": "2025-11-05"}
        assert self.targets(given, own, **asked) == ["2026-01-01", "2026-03-02"]
        assert self.targets(given, own, policy=FIRST_OF_NEXT, **asked) == [
            "2026-01-01",
            "2026-03-03",
        ]
