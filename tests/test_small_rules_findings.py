"""Findings, limits, decisions, courses: rules at their edges that a change of the code passed unseen."""

from datetime import date
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.engine.adherence import CourseCycle, FollowUp, course_of, follow_up_of
from botox_schedule.engine.dates import track_dates
from botox_schedule.engine.findings import next_look
from botox_schedule.engine.holds import NO_HOLDS
from botox_schedule.engine.project import rules_after
from botox_schedule.engine.standing import Phases, clear_of, standing_of
from botox_schedule.engine.track import read_record
from botox_schedule.engine.tracks import tracks_of
from botox_schedule.engine.worklist import place_of, waiting_of
from botox_schedule.protocols import ProtocolSet
from botox_schedule.questions import ask
from samples import DAY, GIVEN, MIGRAINE, codes, protocol, reading_of, record, rule

AS_OF = date(2026, 4, 6)


def visit(day: str, status: str, **more: Any) -> dict[str, Any]:
    """A visit for chronic migraine that did not take place, or not yet."""
    return {**GIVEN, "administered_on": day, "status": status, **more}


def finding(given: bs.PatientRecord, code: str, as_of: date = AS_OF) -> Any:
    """The only finding with a code."""
    (found,) = [
        f
        for answer in bs.forecast_all(given, as_of=as_of)
        for f in answer.findings
        if f.code.value == code
    ]
    return found


class TestBookings:
    @pytest.mark.parametrize(
        ("missed", "booked", "asks"),
        [
            ("2026-04-06", "2026-04-06", False),
            ("2026-04-06", "2026-04-07", False),
            ("2026-04-20", "2026-04-06", False),
            ("2026-04-20", "2026-04-05", True),
        ],
    )
    def test_a_visit_on_the_missed_day_or_from_today_on_replaces_it(
        self, missed: str, booked: str, *, asks: bool
    ) -> None:
        rows = [GIVEN, visit(missed, "cancelled"), visit(booked, "booked")]
        found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of=AS_OF)
        assert ("not_rebooked" in codes(found)) is asks

    def test_a_booking_for_the_day_of_the_last_session_is_settled(self) -> None:
        for day, settled in (("2026-01-05", True), ("2026-01-06", False)):
            rows = [GIVEN, visit(day, "booked", product="Dysport")]
            found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of=AS_OF)
            assert ("booking_unresolved" not in codes(found)) is settled

    def test_a_day_in_doubt_is_not_clear(self) -> None:
        """Nothing states an interval, so nobody can say that the booked day is allowed."""
        limit = {"scope": "indication", "per": "session", "units": 200}
        own = protocol(retreatment={"kind": "as_needed"}, limits=[limit])
        rows = [GIVEN, visit("2026-06-01", "booked", units=155)]
        given = bs.PatientRecord(sessions=rows)
        track = ask(given, own, AS_OF, other_protocols=()).track
        assert clear_of(track) is None


class TestHolds:
    def test_the_next_look_is_at_a_hold_that_runs(self) -> None:
        now = {"first": "2026-03-01", "reason": "infection", "review_on": "2026-05-01"}
        later = {"first": "2026-06-01", "reason": "surgery", "review_on": "2026-04-20"}
        reading = reading_of(record("2026-01-05", holds=[now, later]), AS_OF)
        (found,) = tracks_of(reading, "us", None)
        assert found.track is not None
        assert next_look(found.track) == date(2026, 5, 1)

    def test_a_list_says_when_to_look_again(self) -> None:
        hold = {"first": "2026-03-01", "reason": "infection", "review_on": "2026-05-01"}
        reading = reading_of(record("2026-01-05", holds=[hold]), AS_OF)
        (found,) = tracks_of(reading, "us", None)
        assert standing_of(reading, found, Phases()).review_on == date(2026, 5, 1)

    def test_each_id_has_a_latest_word_of_its_own(self) -> None:
        holds = [
            {"id": "h-1", "recorded_on": "2026-01-10", "first": "2026-02-01", "last": "2026-05-01"},
            {"id": "h-2", "recorded_on": "2026-02-10", "first": "2026-05-02", "last": "2026-05-20"},
        ]
        given = record("2026-01-05", holds=[h | {"reason": "x"} for h in holds])
        assert bs.forecast(given, MIGRAINE, as_of=AS_OF).resumes_on == date(2026, 5, 21)


class TestKeys:
    """What is acknowledged is one fact: another day or another course has another key."""

    def test_of_a_death_that_is_ahead(self) -> None:
        keys = {
            finding(
                record("2026-01-05", care_ends=[{"kind": "deceased", "on": day}]),
                "death_in_the_future",
            ).key
            for day in ("2026-05-01", "2026-05-02")
        }
        assert len(keys) == 2

    def test_of_courses_elsewhere(self) -> None:
        def counted_once(last_on: str, other_on: str) -> str:
            course = {"indication": "chronic-migraine", "started_on": "2025-01-06"}
            rows = [
                course | {"cycles": 2, "last_on": "2025-10-06"},
                course | {"cycles": 3, "last_on": last_on},
                {"indication": "spasticity", "cycles": 1, "last_on": other_on},
            ]
            given = record("2026-01-05", prior_treatments=rows)
            return str(finding(given, "prior_treatments_counted_once").key)

        known = counted_once("2025-10-06", "2025-10-06")
        assert counted_once("2025-10-07", "2025-10-06") != known
        assert counted_once("2025-10-06", "2025-10-07") == known

    def test_of_a_course_elsewhere_under_an_unknown_name(self) -> None:
        course = {"indication": "migrane", "cycles": 2}
        keys = {
            finding(
                bs.PatientRecord(prior_treatments=[{**course, "last_on": day}]),
                "unrecognized_indication",
            ).key
            for day in ("2025-10-06", "2025-10-07")
        }
        assert len(keys) == 2


class TestNames:
    def test_the_nearest_are_those_of_the_protocols_that_were_given(self) -> None:
        own = protocol(indication="masseter-pain")
        row = {**GIVEN, "indication": "maseter-pain"}
        found = bs.forecast(bs.PatientRecord(sessions=[row]), own, as_of=AS_OF, other_protocols=())
        (message,) = [
            f.message for f in found.findings if f.code.value == "unrecognized_indication"
        ]
        assert "masseter-pain" in message


class TestOtherSessions:
    def test_they_have_what_was_given(self) -> None:
        row = {**GIVEN, "indication": "cervical-dystonia", "product": "Dysport", "units": 500}
        found = bs.forecast(bs.PatientRecord(sessions=[row]), MIGRAINE, as_of=AS_OF)
        (other,) = found.other_sessions
        assert (other.on, other.indication) == (date(2026, 1, 5), "cervical-dystonia")
        assert other.product is bs.Product.ABOBOTULINUMTOXIN_A
        assert other.units == 500


class TestLimits:
    def test_the_plan_must_fit_with_what_still_counts(self) -> None:
        limit = {"scope": "product", "per": "window", "windows": [{"window": "12 weeks"}]}
        own = protocol(limits=[limit | {"units": 400}])
        rows = [{**GIVEN, "units": 200}, {**GIVEN, "administered_on": "2026-02-02", "units": 300}]
        (check,) = bs.check_dose_limits(
            bs.PatientRecord(sessions=rows), own, on="2026-03-02", units=200, other_protocols=()
        )
        assert check.clears_on == date(2026, 2, 2) + 84 * DAY


class TestFirstSessions:
    def test_after_the_first_session_the_rules_count_from_it(self) -> None:
        """Nothing was given yet: what the first visit would be decides."""
        own = protocol(retreatment=rule(minimum="11 weeks", usual="12 weeks"))
        end = {"kind": "discontinued", "on": "2027-01-04"}
        given = bs.PatientRecord(care_ends=[end])
        track = ask(given, own, AS_OF, other_protocols=()).track
        rules = rules_after(track, None, date(2026, 5, 4))
        assert rules.facts.anchor == date(2026, 5, 4)
        assert rules.facts.ends_on == date(2027, 1, 4)
        dates = track_dates(rules, NO_HOLDS, AS_OF)
        assert dates.earliest == date(2026, 5, 4) + 77 * DAY
        assert dates.due == date(2026, 5, 4) + 84 * DAY


class TestPhases:
    def test_what_is_remembered_of_a_protocol_is_said_of_no_other(self) -> None:
        phases, policy = Phases(), bs.SchedulingPolicy()
        quick, slow = (
            phases.after(
                date(2026, 1, 5), protocol(response={"onset": onset}), policy, date(2026, 1, 20)
            )
            for onset in ("3 days", "30 days")
        )
        assert quick != slow


class TestNotebooks:
    def test_a_checked_day_is_a_table(self) -> None:
        check = bs.check_date(record("2026-01-05"), MIGRAINE, on=AS_OF, as_of=AS_OF)
        assert "2026-04-06" in (check._repr_html_() or "")


class TestTracksWithoutDates:
    def test_a_minimum_of_the_payer_keeps_them_too_early(self) -> None:
        own = protocol(retreatment={"kind": "as_needed"})
        policy = bs.SchedulingPolicy(payer_minimum="16 weeks")
        free = "may_be_treated_without_a_due_day"
        for as_of, section in ((date(2026, 4, 26), "too_early"), (date(2026, 4, 27), free)):
            reading = read_record(record("2026-01-05"), as_of, policy, ProtocolSet((own,)))
            (found,) = tracks_of(reading, "us", None)
            standing = standing_of(reading, found, Phases())
            waiting = waiting_of(standing, as_of, None)
            assert place_of(waiting).section.value == section, as_of


class TestCourses:
    def test_an_open_interval_says_what_is_covered_and_what_is_not(self) -> None:
        first = date(2026, 1, 5)
        cycle = CourseCycle(first, first, 84, held=False)
        course = course_of(
            [cycle],
            NO_HOLDS,
            FollowUp(first + 100 * DAY),
            permissible_gap_days=30,
            carries_over=True,
        )
        (interval,) = course.intervals
        assert (interval.effect_days, interval.covered_days, interval.gap_days) == (84, 84, 16)

    def test_nobody_has_died_unless_it_is_said(self) -> None:
        found = follow_up_of(ask(record("2026-01-05"), MIGRAINE, AS_OF).track)
        assert (found.until, found.ended_by) == (AS_OF, None)

    def test_cycles_on_other_days_have_other_hashes(self) -> None:
        given = record("2025-10-06", "2026-01-05")
        found = bs.treatment_cycles(given, MIGRAINE, as_of=AS_OF)
        assert len({hash(cycle) for cycle in found}) == 2
