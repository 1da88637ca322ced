"""The whole answer for a record on a day, and whether a day is allowed."""

from datetime import date
from typing import Any, ClassVar

import pytest

import botox_schedule as bs
from botox_schedule import (
    DueStatus,
    Forecast,
    PatientRecord,
    ResponsePhase,
    SchedulingPolicy,
    TreatmentProtocol,
    bundled_protocols,
    check_date,
    compare_forecasts,
    due_dates,
    find_protocol,
    forecast,
    forecast_all,
    project,
)
from botox_schedule.engine import DateCheck, ForecastComparison, ForecastSummary
from botox_schedule.engine.standing import last_chance_on, standing_of
from botox_schedule.engine.track import tracks_of
from botox_schedule.errors import DayError, OrderError, UnknownProtocolError
from botox_schedule.questions import ask
from botox_schedule.terms import DayReasonCode
from samples import ADVISED, ARM, GIVEN, TWELVE, codes, protocol, reading_of
from samples import protocol as own
from samples import record as migraine_record

MIGRAINE = find_protocol("chronic-migraine")


def session(day: str, **changes: Any) -> dict[str, Any]:
    return {
        "administered_on": day,
        "indication": "chronic-migraine",
        "product": "Botox",
        "units": 155,
        **changes,
    }


def record(*sessions: dict[str, Any], **changes: Any) -> PatientRecord:
    return PatientRecord.model_validate({"sessions": sessions, **changes})


ONE = record(session("2026-01-05"))


def override(**changes: Any) -> dict[str, Any]:
    return {
        "indication": "chronic-migraine",
        "first": "2026-01-01",
        "reason": "x",
        "authority": "clinician",
        **changes,
    }


AS_OF = date(2026, 4, 6)


class TestForecast:
    @pytest.mark.parametrize(
        ("as_of", "status", "to_due", "since_due"),
        [
            ("2026-03-29", DueStatus.TOO_EARLY, 1, None),
            ("2026-03-30", DueStatus.DUE, 0, 0),
            ("2026-04-06", DueStatus.DUE, None, 7),
            ("2026-04-07", DueStatus.OVERDUE, None, 8),
            ("2026-06-21", DueStatus.OVERDUE, None, 83),
            ("2026-06-22", DueStatus.LAPSED, None, 84),
        ],
    )
    def test_status_and_counters_on_both_sides_of_each_boundary(
        self, as_of: str, status: DueStatus, to_due: int | None, since_due: int | None
    ) -> None:
        found = forecast(ONE, MIGRAINE, as_of=as_of)
        assert (found.status, found.days_to_due, found.days_since_due) == (
            status,
            to_due,
            since_due,
        )

    def test_a_touch_up_slides_the_window(self) -> None:
        found = forecast(
            record(session("2026-01-05"), session("2026-01-20", kind="touch_up")),
            MIGRAINE,
            as_of="2026-02-01",
        )
        assert found.dates.boundaries == (
            date(2026, 4, 14), date(2026, 4, 14), date(2026, 4, 22), date(2026, 7, 7)
        )  # fmt: skip
        assert "touch-up on 2026-01-20" in found.explain()
        assert str(found) == found.explain()
        assert (
            "slid by 15 days with the first allowed day to 2026-04-14" in found.reasons["due"].rule
        )

    def test_a_booking_stands_beside_the_status(self) -> None:
        history = record(session("2026-01-05"), session("2026-05-11", status="booked", id="later"),
                         session("2026-05-04", status="booked", id="next"))  # fmt: skip
        found = forecast(history, MIGRAINE, as_of="2026-04-20")
        assert found.status is DueStatus.OVERDUE
        assert found.booking is not None
        assert (found.booking.on, found.booking.session_id) == (date(2026, 5, 4), "next")
        assert "next'" not in repr(found.booking)

    def test_a_hold_moves_earliest_and_the_window(self) -> None:
        hold = {"first": "2026-03-20", "last": "2026-04-09", "reason": "infection"}
        found = forecast(record(session("2026-01-05"), holds=[hold]), MIGRAINE, as_of="2026-04-10")
        assert found.dates.boundaries == (
            date(2026, 4, 10), date(2026, 4, 10), date(2026, 4, 18), date(2026, 7, 3)
        )  # fmt: skip
        assert found.reasons["earliest"].rule == (
            "the 12-week scheduled interval gives 2026-03-30; moved past a hold to 2026-04-10"
        )
        assert "holds move it by 11 days to 2026-04-18" in found.reasons["overdue_from"].rule

    @pytest.mark.parametrize("as_of", ["2026-01-05", "2026-03-19", "2026-03-20", "2026-04-10"])
    def test_a_planned_hold_is_known_before_it_begins(self, as_of: str) -> None:
        hold = {"first": "2026-03-20", "last": "2026-04-09", "reason": "infection"}
        found = forecast(record(session("2026-01-05"), holds=[hold]), MIGRAINE, as_of=as_of)
        assert found.dates.due == date(2026, 4, 10)

    def test_a_hold_is_not_known_before_it_is_recorded(self) -> None:
        hold = {
            "first": "2026-03-20",
            "last": "2026-04-09",
            "reason": "x",
            "recorded_on": "2026-03-19",
        }
        history = record(session("2026-01-05"), holds=[hold])
        assert forecast(history, MIGRAINE, as_of="2026-03-18").dates.due == date(2026, 3, 30)
        assert forecast(history, MIGRAINE, as_of="2026-03-19").dates.due == date(2026, 4, 10)

    def test_on_hold_with_a_known_end_the_dates_are_those_of_the_day_after(self) -> None:
        """Reported fault A2: who returned from a hold was overdue at once."""
        hold = {"first": "2026-11-01", "last": "2026-12-15", "reason": "surgery"}
        history = record(session("2026-08-01"), holds=[hold])
        held = forecast(history, MIGRAINE, as_of="2026-11-26")
        back = forecast(history, MIGRAINE, as_of="2026-12-16")
        assert (held.status, held.resumes_on) == (DueStatus.ON_HOLD, date(2026, 12, 16))
        assert held.dates == back.dates
        assert back.dates.boundaries[:3] == (
            date(2026, 10, 24), date(2026, 10, 24), date(2026, 12, 23)
        )  # fmt: skip
        assert back.status is DueStatus.DUE

    def test_a_hold_that_was_withdrawn_ended_the_day_before(self) -> None:
        """Reported fault B22: a pregnancy that ended early."""
        hold = {
            "first": "2026-10-01",
            "last": "2027-05-31",
            "reason": "x",
            "withdrawn_on": "2027-01-10",
        }
        history = record(session("2026-08-01"), holds=[hold])
        before = forecast(history, MIGRAINE, as_of="2027-01-09")
        after = forecast(history, MIGRAINE, as_of="2027-01-10")
        assert (before.status, before.dates.due) == (DueStatus.ON_HOLD, date(2027, 6, 1))
        assert (after.status, after.dates.due) == (DueStatus.DUE, date(2027, 1, 10))
        assert after.dates.overdue_from == date(2027, 1, 18)

    def test_a_hold_to_the_end_of_the_calendar_is_an_open_hold(self) -> None:
        holds = [{"first": "2026-03-01", "last": "9999-12-31", "reason": "x"}]
        found = forecast(record(session("2026-01-05"), holds=holds), MIGRAINE, as_of="2026-03-01")
        assert (found.status, found.resumes_on) == (DueStatus.ON_HOLD, None)

    def test_a_discharge_ahead_leaves_the_status_and_ends_the_dates(self) -> None:
        ends = [{"on": "2026-03-30", "kind": "discontinued"}]
        history = record(session("2026-01-05"), care_ends=ends)
        found = forecast(history, MIGRAINE, as_of="2026-02-01")
        assert found.status is DueStatus.TOO_EARLY
        assert found.dates.boundaries == (None, None, None, None)
        assert "discharge" in found.reasons["due"].rule

    @pytest.mark.parametrize(
        ("discharged_on", "overdue_from"), [("2026-04-07", None), ("2026-04-08", date(2026, 4, 7))]
    )
    def test_dates_on_or_after_a_discharge_are_none(
        self, discharged_on: str, overdue_from: date | None
    ) -> None:
        ends = [{"on": discharged_on, "kind": "discontinued"}]
        dates = forecast(
            record(session("2026-01-05"), care_ends=ends), MIGRAINE, as_of="2026-02-01"
        ).dates
        assert (dates.due, dates.overdue_from) == (date(2026, 3, 30), overdue_from)

    def test_holds_that_touch_are_one(self) -> None:
        holds = [
            {"first": "2026-04-05", "last": "2026-04-09", "reason": "a"},
            {"first": "2026-03-20", "last": "2026-04-04", "reason": "b"},
            {"first": "2026-03-25", "last": "2026-03-26", "reason": "c"},
        ]
        found = forecast(record(session("2026-01-05"), holds=holds), MIGRAINE, as_of="2026-04-10")
        assert found.dates.due == date(2026, 4, 10)

    def test_an_open_hold_swallows_what_follows(self) -> None:
        holds = [
            {"first": "2026-03-20", "reason": "a"},
            {"first": "2026-03-25", "last": "2026-03-26", "reason": "b"},
        ]
        found = forecast(record(session("2026-01-05"), holds=holds), MIGRAINE, as_of="2027-04-10")
        assert found.status is DueStatus.ON_HOLD
        assert found.dates.boundaries == (None, None, None, None)
        assert "until it ends" in found.explain()

    def test_an_override_that_ends_leaves_a_gap(self) -> None:
        history = record(
            session("2021-10-18"),
            overrides=[override(first="2021-01-01", last="2021-12-31", minimum="70 days")],
        )
        first = forecast(history, MIGRAINE, as_of="2021-12-31")
        later = forecast(history, MIGRAINE, as_of="2022-01-01")
        assert (first.dates.earliest, later.dates.earliest) == (
            date(2021, 12, 27),
            date(2022, 1, 10),
        )

    def test_a_stretch_that_is_wholly_on_hold_is_passed_over(self) -> None:
        ended = override(first="2021-01-01", last="2021-12-31", minimum="70 days")
        hold = {"first": "2021-12-20", "last": "2022-01-02", "reason": "x"}
        history = record(session("2021-10-18"), overrides=[ended], holds=[hold])
        found = forecast(history, MIGRAINE, as_of="2022-01-03")
        assert found.dates.earliest == date(2022, 1, 10)
        before = record(
            session("2021-10-18"), overrides=[ended], holds=[{**hold, "first": "2021-10-20"}]
        )
        later = {**hold, "first": "2021-12-27", "last": "2021-12-31"}
        early = record(
            session("2021-10-18"), overrides=[{**ended, "last": "2021-12-28"}], holds=[later]
        )
        assert forecast(before, MIGRAINE, as_of="2022-01-03").dates.earliest == date(2022, 1, 10)
        assert check_date(
            early, MIGRAINE, on="2021-12-27", as_of="2021-12-27"
        ).next_allowed_on == date(2022, 1, 10)

    def test_two_stretches_without_a_gap_are_one(self) -> None:
        history = record(
            session("2026-01-05"), overrides=[override(last="2026-06-30", minimum="10 weeks")]
        )
        found = forecast(history, MIGRAINE, as_of="2026-08-01")
        assert found.dates.earliest == date(2026, 3, 16)

    def test_an_override_in_force_later_says_from_when(self) -> None:
        history = record(
            session("2026-01-05"), overrides=[override(first="2026-03-20", minimum="8 weeks")]
        )
        found = forecast(history, MIGRAINE, as_of="2026-02-01")
        assert found.reasons["earliest"].rule == (
            "the override's 8-week minimum gives 2026-03-02; the rules allow it from 2026-03-20"
        )

    @pytest.mark.parametrize(
        ("policy", "doubtful", "words"),
        [
            ({}, True, ("the 12-week scheduled interval gives 2026-03-30; a session under an unknown "
             "indication leaves the days before 2026-05-11 open")),
            ({"payer_minimum": "30 weeks"}, False, "the payer's 30-week minimum gives 2026-08-03"),
        ],
    )  # fmt: skip
    def test_what_opens_the_first_day_is_named(
        self, policy: dict[str, Any], doubtful: bool, words: str
    ) -> None:
        misspelled = [session("2026-01-19", indication="migrane")] if doubtful else []
        found = forecast(
            record(session("2026-01-05"), *misspelled),
            MIGRAINE,
            as_of="2026-02-01",
            policy=SchedulingPolicy(**policy),
        )
        assert found.reasons["earliest"].rule == words

    @pytest.mark.parametrize(
        ("payer", "doubtful", "words"),
        [
            (None, False, "no minimum is recorded here; the first usual day decides"),
            ("16 weeks", False, ("the payer's 16-week minimum gives 2026-04-27; "
             "the usual range begins on 2026-06-22")),
            (None, True, ("no minimum is recorded here; the first usual day decides; a session under "
             "an unknown indication leaves the days before 2026-09-21 open")),
        ],
    )  # fmt: skip
    def test_without_a_minimum_the_usual_range_opens_the_first_day(
        self, payer: str | None, doubtful: bool, words: str
    ) -> None:
        misspelled = [session("2026-06-01", indication="armpits")] if doubtful else []
        found = forecast(
            record(session("2026-01-05", indication="axillary-hyperhidrosis"), *misspelled),
            "axillary-hyperhidrosis",
            as_of="2026-06-02",
            policy=SchedulingPolicy(
                payer_minimum=payer, usual={"axillary-hyperhidrosis": "24 weeks"}
            ),
        )
        assert found.reasons["earliest"].rule == words

    def test_of_several_overrides_the_one_that_starts_last_counts_then_the_longer(self) -> None:
        def earliest(*overrides: dict[str, Any]) -> date | None:
            return forecast(
                record(session("2026-01-05"), overrides=overrides), MIGRAINE, as_of="2026-02-01"
            ).dates.earliest

        early, late = override(minimum="11 weeks"), override(first="2026-01-02", minimum="10 weeks")
        assert earliest(early, late) == earliest(late, early) == date(2026, 3, 16)
        same = override(minimum="10 weeks")
        assert earliest(early, same) == earliest(same, early) == date(2026, 3, 23)

    def test_minimum_and_usual_are_chosen_separately(self) -> None:
        overrides = [override(minimum="11 weeks"), override(first="2026-01-02", usual="16 weeks")]
        found = forecast(
            record(session("2026-01-05"), overrides=overrides), MIGRAINE, as_of="2026-02-01"
        )
        assert (found.dates.earliest, found.dates.due) == (date(2026, 3, 23), date(2026, 4, 27))
        assert "the override's usual range of 16 weeks" in found.explain()
        assert found.reasons["due"].verification is None

    def test_a_payers_override_replaces_the_payers_minimum_too(self) -> None:
        policy = SchedulingPolicy(payer_minimum="13 weeks")
        for authority, earliest in (("payer", date(2026, 3, 16)), ("clinician", date(2026, 4, 6))):
            history = record(
                session("2026-01-05"), overrides=[override(minimum="10 weeks", authority=authority)]
            )
            found = forecast(history, MIGRAINE, as_of="2026-02-01", policy=policy)
            assert found.dates.earliest == earliest

    def test_overrides_of_another_clock_do_not_concern_it(self) -> None:
        history = record(
            session("2026-01-05"), overrides=[override(indication="spasticity", minimum="10 weeks")]
        )
        assert forecast(history, MIGRAINE, as_of="2026-02-01").dates.earliest == date(2026, 3, 30)

    def test_with_a_usual_range_and_no_minimum_the_first_usual_day_is_the_earliest(self) -> None:
        sweat = "axillary-hyperhidrosis"
        history = record(
            session("2026-01-05", indication=sweat),
            overrides=[override(indication=sweat, usual="6 months")],
        )
        found = forecast(history, find_protocol(sweat), as_of="2026-02-01")
        assert found.status is DueStatus.TOO_EARLY
        assert found.dates.boundaries[:2] == (date(2026, 7, 5), date(2026, 7, 5))
        before = check_date(history, find_protocol(sweat), on="2026-07-04", as_of="2026-02-01")
        assert (before.allowed, before.reasons[0].code) == (None, DayReasonCode.NO_INTERVAL)
        assert check_date(
            history, find_protocol(sweat), on="2026-07-05", as_of="2026-02-01"
        ).allowed

    def test_without_words_of_the_source_the_reason_is_short(self) -> None:
        table = MIGRAINE.model_dump(mode="json")
        table["retreatment"] = {"kind": "as_needed"}
        found = forecast(ONE, TreatmentProtocol.model_validate(table), as_of="2026-02-01")
        assert found.reasons["due"].rule == (
            "no minimum and no usual range are recorded here; the clinician decides"
        )

    def test_rules_that_end_before_their_day_give_none(self) -> None:
        sweat = "axillary-hyperhidrosis"
        history = record(session("2026-01-05", indication=sweat),
                         overrides=[override(indication=sweat, minimum="16 weeks", last="2026-03-01")])  # fmt: skip
        found = forecast(history, find_protocol(sweat), as_of="2026-02-01")
        assert (found.status, found.dates.earliest) == (DueStatus.NO_INTERVAL, None)
        assert "end before the day" in found.reasons["earliest"].rule

    def test_a_minimum_alone_says_why_the_rest_is_not_dated(self) -> None:
        bladder = "overactive-bladder"
        found = forecast(
            record(session("2026-01-05", indication=bladder)),
            find_protocol(bladder),
            as_of="2026-06-01",
        )
        assert found.status is DueStatus.ALLOWED
        assert found.reasons["due"].rule == "no usual range is recorded here"
        assert {check.on for check in found.limit_checks} == {date(2026, 6, 1)}

    def test_a_session_of_the_shared_clock_moves_it(self) -> None:
        history = record(session("2026-01-05", indication="neurogenic-detrusor-overactivity"))
        found = forecast(history, find_protocol("overactive-bladder"), as_of="2026-02-01")
        assert found.dates.earliest == date(2026, 3, 30)

    def test_a_session_of_another_clock_does_not(self) -> None:
        history = record(session("2026-01-05", indication="spasticity"))
        assert forecast(history, MIGRAINE, as_of="2026-02-01").status is DueStatus.NO_HISTORY

    def test_the_previous_products_minimum_counts_until_one_session_on_the_new(self) -> None:
        arm = "upper-limb-spasticity"
        protocol = find_protocol(arm, population="pediatric")
        before = record(session("2026-01-05", indication=arm, product="Dysport"))
        found = forecast(before, protocol, as_of="2026-02-01", other_protocols=bundled_protocols())
        assert found.dates.earliest == date(2026, 4, 27)
        assert (
            found.reasons["earliest"].rule
            == "the previous product's 16-week minimum gives 2026-04-27"
        )
        after = record(
            *before.model_dump(mode="json")["sessions"], session("2026-04-27", indication=arm)
        )
        found = forecast(after, protocol, as_of="2026-05-01", other_protocols=bundled_protocols())
        assert found.dates.earliest == date(2026, 7, 20)

    def test_after_several_products_the_strictest_counts(self) -> None:
        arm = "upper-limb-spasticity"
        history = record(
            session("2026-01-05", indication=arm),
            session("2026-01-06", indication=arm, product="Dysport"),
        )
        found = forecast(history, find_protocol(arm, population="pediatric"), as_of="2026-02-01",
                         other_protocols=bundled_protocols())  # fmt: skip
        assert found.dates.earliest == date(2026, 4, 28)

    def test_a_previous_protocol_without_a_minimum_adds_none(self) -> None:
        neck = "cervical-dystonia"
        history = record(session("2026-01-05", indication=neck, product="Myobloc"))
        found = forecast(
            history,
            find_protocol(neck, "Dysport"),
            as_of="2026-02-01",
            other_protocols=bundled_protocols(),
        )
        assert found.dates.earliest == date(2026, 3, 30)

    def test_the_timeline_is_that_of_the_last_session(self) -> None:
        history = record(session("2026-01-05"), session("2026-03-30"))
        found = forecast(history, MIGRAINE, as_of="2026-04-20")
        assert found.timeline is not None
        assert found.timeline.administered_on == date(2026, 3, 30)
        assert found.timeline.full_benefit_by == date(2026, 7, 5)
        assert found.phase is ResponsePhase.ONSET

    def test_a_product_without_a_protocol_has_no_stated_response(self) -> None:
        """That of the planned product says nothing of another one."""
        for product, stated in (("Dysport", False), ("Botox", True), (None, True)):
            given = record(session("2026-01-05", product=product))
            found = forecast(given, MIGRAINE, as_of="2026-02-20")
            assert found.timeline is not None
            assert bool(found.timeline.windows()) is stated
            assert (found.phase is not ResponsePhase.NOT_STATED) is stated
            assert (found.timeline.full_benefit_by is not None) is stated

    def test_the_course_starts_with_a_prior_treatment(self) -> None:
        for prior, by in (
            ({"cycles": 2, "started_on": "2025-06-05"}, date(2025, 12, 5)),
            ({"cycles": 2}, None),
            ({"cycles": 0}, date(2026, 7, 5)),
        ):
            history = record(
                session("2026-01-05"),
                prior_treatments=[{"indication": "chronic-migraine", **prior}],
            )
            found = forecast(history, MIGRAINE, as_of="2026-02-01")
            assert found.timeline is not None
            assert found.timeline.full_benefit_by == by

    def test_the_dead_have_no_timeline(self) -> None:
        history = record(
            session("2026-01-05"), care_ends=[{"on": "2026-02-01", "kind": "deceased"}]
        )
        found = forecast(history, MIGRAINE, as_of="2026-02-01")
        assert (found.status, found.timeline, found.phase, found.limit_checks) == (
            DueStatus.DECEASED,
            None,
            None,
            (),
        )

    def test_a_care_end_of_another_track_does_not_concern_it(self) -> None:
        end = {"on": "2026-02-01", "kind": "discontinued", "indication": "spasticity"}
        assert (
            forecast(
                record(session("2026-01-05"), care_ends=[end]), MIGRAINE, as_of="2026-02-01"
            ).status
            is DueStatus.TOO_EARLY
        )

    def test_unverified_figures_that_an_override_replaces_are_not_named(self) -> None:
        leg = "lower-limb-spasticity"
        protocol = find_protocol(leg, population="pediatric")
        plain = forecast(
            record(session("2026-01-05", indication=leg)), protocol, as_of="2026-02-01"
        )
        assert plain.dates.unverified == ("minimum",)
        assert "this figure is unverified" in plain.explain()
        own = record(
            session("2026-01-05", indication=leg),
            overrides=[override(indication=leg, minimum="12 weeks")],
        )
        assert forecast(own, protocol, as_of="2026-02-01").dates.unverified == ()

    def test_figures_without_any_source_are_unverified(self) -> None:
        table = MIGRAINE.model_dump(mode="json")
        table["retreatment"] = {"kind": "scheduled", "minimum": "12 weeks", "usual": "12 weeks"}
        found = forecast(ONE, TreatmentProtocol.model_validate(table), as_of="2026-02-01")
        assert found.dates.unverified == ("minimum", "usual")
        assert "source: none is given" in found.explain()
        assert {reason.verification for reason in list(found.reasons.values())[:3]} == {
            "unverified"
        }

    def test_as_of_must_be_a_day(self) -> None:
        with pytest.raises(DayError, match="as_of"):
            forecast(ONE, MIGRAINE, as_of=20260105)  # type: ignore[arg-type]

    def test_a_lapse_of_the_policys_own_is_named(self) -> None:
        policy = SchedulingPolicy(lapsed_after="1 year")
        found = forecast(ONE, MIGRAINE, as_of="2026-02-01", policy=policy)
        assert (
            found.reasons["lapsed_from"].rule == "12 months after the last session gives 2027-01-05"
        )

    def test_a_lapse_that_would_come_before_overdue_is_said_to_wait(self) -> None:
        policy = SchedulingPolicy(lapsed_after="1 week")
        found = forecast(ONE, MIGRAINE, as_of="2026-02-01", policy=policy)
        assert found.reasons["lapsed_from"].rule == (
            "1 week after the last session, but not before overdue_from, gives 2026-04-07"
        )

    def test_the_grace_of_its_kind_is_named(self) -> None:
        arm = record(session("2026-01-05", indication="spasticity"))
        found = forecast(arm, find_protocol("spasticity"), as_of="2026-02-01")
        assert found.reasons["overdue_from"].rule == (
            "the usual range of 3 to 4 months (as needed) ends on 2026-05-05; "
            "2026-06-03 is the first day after 4 weeks of grace"
        )
        own = forecast(ONE, MIGRAINE, as_of="2026-02-01").reasons["overdue_from"].rule
        assert own.endswith("2026-04-07 is the first day after 7 days of grace")

    def test_candidates_that_lost_are_named(self) -> None:
        policy = SchedulingPolicy(payer_minimum="10 weeks")
        reason = forecast(ONE, MIGRAINE, as_of="2026-02-01", policy=policy).reasons["earliest"]
        assert [(c.rule, c.outcome) for c in reason.candidates] == [
            ("label", "decides"),
            ("payer", "gives way"),
        ]
        history = record(session("2026-01-05"), overrides=[override(minimum="11 weeks")])
        reason = forecast(history, MIGRAINE, as_of="2026-02-01", policy=policy).reasons["earliest"]
        assert [(c.rule, c.outcome) for c in reason.candidates] == [
            ("override", "decides"), ("payer", "gives way"), ("label", "replaced")
        ]  # fmt: skip


class TestCheckDate:
    def test_every_reason_comes_at_once(self) -> None:
        history = record(
            session("2026-01-05"),
            holds=[{"first": "2026-02-01", "last": "2026-03-20", "reason": "x"}],
            care_ends=[{"on": "2026-02-05", "kind": "discontinued"}],
        )
        check = check_date(history, MIGRAINE, on="2026-03-10", as_of="2026-02-10")
        assert [reason.code for reason in check.reasons] == [
            DayReasonCode.CARE_ENDED, DayReasonCode.IN_HOLD, DayReasonCode.TOO_EARLY
        ]  # fmt: skip
        assert (check.allowed, check.days_from_earliest, check.next_allowed_on) == (
            False,
            -20,
            None,
        )
        assert check.limit_checks == ()
        assert "next allowed day: unknown" in check.explain()

    def test_an_allowed_day_says_by_how_much(self) -> None:
        check = check_date(ONE, MIGRAINE, on="2026-04-02", as_of="2026-02-10")
        assert (check.allowed, check.days_from_earliest, check.next_allowed_on) == (
            True,
            3,
            date(2026, 4, 2),
        )
        assert check.explain().startswith(
            "2026-04-02: the interval allows the day\n"
            "allowed: the 12-week scheduled interval gives 2026-03-30"
        )

    def test_a_day_after_the_hold_can_be_allowed_while_on_hold(self) -> None:
        history = record(
            session("2026-01-05"),
            holds=[{"first": "2026-03-01", "last": "2026-04-09", "reason": "x"}],
        )
        assert check_date(history, MIGRAINE, on="2026-04-10", as_of="2026-03-10").allowed
        check = check_date(history, MIGRAINE, on="2026-04-09", as_of="2026-03-10")
        assert (check.allowed, check.next_allowed_on) == (False, date(2026, 4, 10))

    def test_an_open_hold_has_no_next_day(self) -> None:
        history = record(session("2026-01-05"), holds=[{"first": "2026-03-01", "reason": "x"}])
        check = check_date(history, MIGRAINE, on="2026-04-10", as_of="2026-03-10")
        assert (check.allowed, check.next_allowed_on) == (False, None)

    def test_without_history_no_day_is_promised(self) -> None:
        history = record(holds=[{"first": "2026-03-01", "last": "2026-03-20", "reason": "x"}])
        check = check_date(history, MIGRAINE, on="2026-03-10", as_of="2026-03-10")
        assert (check.allowed, check.next_allowed_on) == (False, None)
        free = check_date(history, MIGRAINE, on="2026-03-21", as_of="2026-03-10")
        assert (free.allowed, free.reasons[0].code) == (None, DayReasonCode.NO_HISTORY)

    def test_without_a_rule_there_is_nothing_to_judge_by(self) -> None:
        sweat = "axillary-hyperhidrosis"
        check = check_date(
            record(session("2026-01-05", indication=sweat)),
            find_protocol(sweat),
            on="2026-02-10",
            as_of="2026-02-10",
        )
        assert (check.allowed, check.reasons[0].code) == (None, DayReasonCode.NO_INTERVAL)
        assert check.explain().startswith("2026-02-10: a person must decide")

    def test_a_payers_minimum_has_no_source(self) -> None:
        policy = SchedulingPolicy(payer_minimum="13 weeks")
        check = check_date(ONE, MIGRAINE, on="2026-04-02", as_of="2026-02-10", policy=policy)
        assert (
            check.reasons[0].rule
            == "the payer's 13-week minimum gives 2026-04-06; the day is 4 days early"
        )
        assert check.reasons[0].source is None

    def test_a_day_before_as_of_is_refused(self) -> None:
        with pytest.raises(OrderError, match="on lies before as_of"):
            check_date(ONE, MIGRAINE, on="2026-02-09", as_of="2026-02-10")

    def test_no_stretch_means_no_next_day(self) -> None:
        sweat = "axillary-hyperhidrosis"
        history = record(session("2026-01-05", indication=sweat),
                         overrides=[override(indication=sweat, minimum="16 weeks", last="2026-03-01")])  # fmt: skip
        check = check_date(history, find_protocol(sweat), on="2026-02-10", as_of="2026-02-10")
        assert (check.allowed, check.next_allowed_on) == (False, None)

    def test_a_stretch_that_has_ended_is_passed_over(self) -> None:
        ended = override(first="2021-01-01", last="2021-12-31", minimum="70 days")
        history = record(session("2021-10-18"), overrides=[ended])
        check = check_date(history, MIGRAINE, on="2022-01-05", as_of="2021-11-01")
        assert (check.allowed, check.days_from_earliest) == (False, -5)
        assert check.next_allowed_on == date(2022, 1, 10)

    def test_planned_units_are_checked_on_the_day(self) -> None:
        history = record(session("2026-01-05", units=300))
        check = check_date(
            history, MIGRAINE, on="2026-03-29", as_of="2026-03-01", planned_units=155
        )
        assert {c.total for c in check.limit_checks} == {455}
        assert "limit_exceeded" in {finding.code for finding in check.findings}

    def test_it_reads_back_from_json(self) -> None:
        check = check_date(ONE, MIGRAINE, on="2026-03-29", as_of="2026-03-01", planned_units=155)
        assert DateCheck.model_validate_json(check.model_dump_json()) == check


class TestProject:
    def test_later_sessions_move_with_the_first(self) -> None:
        hold = {"first": "2026-03-20", "last": "2026-04-09", "reason": "infection"}
        history = record(session("2026-01-05"), holds=[hold])
        targets = [str(s.target) for s in project(history, MIGRAINE, as_of="2026-04-10", count=2)]
        assert targets == ["2026-04-10", "2026-07-03"]

    def test_a_touch_up_moves_them_too(self) -> None:
        history = record(session("2026-01-05"), session("2026-01-20", kind="touch_up"))
        found = project(history, MIGRAINE, as_of="2026-02-01", count=2)
        assert [str(s.window) for s in found] == [
            "2026-04-14 to 2026-04-14",
            "2026-07-07 to 2026-07-07",
        ]

    def test_a_booking_of_a_second_part_is_no_session_of_its_own(self) -> None:
        """A booking within the days of one session belongs to it; the day after them it counts."""
        for booked, first in (("2026-01-08", "2026-03-30"), ("2026-04-02", "2026-04-02")):
            history = record(session("2026-01-05"), session(booked, status="booked"))
            found = project(history, MIGRAINE, as_of="2026-01-07", count=1)
            assert [str(s.target) for s in found] == [first]

    def test_nothing_is_projected_for_the_silent(self) -> None:
        history = record(
            session("2026-01-05"), care_ends=[{"on": "2026-02-01", "kind": "deceased"}]
        )
        assert project(history, MIGRAINE, as_of="2026-02-01") == ()
        assert project(record(), MIGRAINE, as_of="2026-02-01") == ()


class TestCompareForecasts:
    def compare(self, before: Forecast, after: Forecast) -> dict[str, tuple[str, str]]:
        comparison = compare_forecasts(before, after)
        again = ForecastComparison.model_validate_json(comparison.model_dump_json())
        assert again == comparison
        return {change.name: (change.before, change.after) for change in comparison.changes}

    def test_equal_forecasts_differ_in_nothing(self) -> None:
        found = forecast(ONE, MIGRAINE, as_of="2026-02-01")
        assert compare_forecasts(found, found).explain() == "nothing changed"

    def test_a_new_session_says_what_moved(self) -> None:
        before = forecast(ONE, MIGRAINE, as_of="2026-04-10")
        after = forecast(
            record(session("2026-01-05"), session("2026-04-09")), MIGRAINE, as_of="2026-04-10"
        )
        changes = self.compare(before, after)
        assert changes["earliest"] == ("2026-03-30", "2026-07-02")
        assert changes["status"] == ("overdue", "too_early")
        assert changes["last_session_on"] == ("2026-01-05", "2026-04-09")
        assert "new: last session on 2026-04-09" in compare_forecasts(before, after).explain()

    def test_a_day_that_passes_is_the_cause(self) -> None:
        before, after = (forecast(ONE, MIGRAINE, as_of=day) for day in ("2026-03-29", "2026-03-30"))
        comparison = compare_forecasts(before, after)
        (status,) = [change for change in comparison.changes if change.name == "status"]
        assert status.why == ("the day of the question moved from 2026-03-29 to 2026-03-30",)

    def test_a_hold_silences_the_dates(self) -> None:
        held = record(session("2026-01-05"), holds=[{"first": "2026-02-01", "reason": "x"}])
        before = forecast(ONE, MIGRAINE, as_of="2026-02-01")
        changes = self.compare(before, forecast(held, MIGRAINE, as_of="2026-02-01"))
        assert changes["due"] == ("2026-03-30", "not set")
        assert changes["status"] == ("too_early", "on_hold")

    def test_findings_and_policies_are_named(self) -> None:
        before = forecast(record(session("2026-01-05", units=None)), MIGRAINE, as_of="2026-02-01",
                          policy=SchedulingPolicy(payer_minimum="13 weeks"))  # fmt: skip
        after = forecast(
            ONE, MIGRAINE, as_of="2026-02-01", policy=SchedulingPolicy(payer_minimum="14 weeks")
        )
        changes = self.compare(before, after)
        assert changes["finding unknown_units"] == ("raised", "not set")
        assert self.compare(after, before)["finding unknown_units"] == ("not set", "raised")
        text = compare_forecasts(before, after).explain()
        assert "the policy's payer_minimum was 13 weeks and is 14 weeks" in text

    def test_another_finding_of_the_same_code_is_told(self) -> None:
        def with_unknown(*days: str) -> Forecast:
            unknown = [session(day, indication=f"x-{day}") for day in days]
            given = record(session("2026-01-05"), *unknown)
            return forecast(given, MIGRAINE, as_of="2026-02-01")

        one, other = with_unknown("2026-01-20"), with_unknown("2026-01-21")
        both, name = with_unknown("2026-01-20", "2026-01-21"), "finding unrecognized_indication"
        assert self.compare(one, other)[name] == ("1 raised", "1 raised, 1 new")
        assert self.compare(one, both)[name] == ("1 raised", "2 raised, 1 new")
        assert self.compare(both, one)[name] == ("2 raised", "1 raised")
        assert self.compare(one, with_unknown("2026-01-20")) == {}
        keyless = [{**found.model_dump(), "key": ""} for found in one.findings]
        stored = Forecast.model_validate({**one.model_dump(), "findings": keyless})
        assert name not in self.compare(stored, other)

    def test_a_changed_list_of_a_policy_is_named_without_its_values(self) -> None:
        rule = SchedulingPolicy(payer=[{"minimum": "13 weeks"}])
        before, after = (
            forecast(ONE, MIGRAINE, as_of="2026-02-01", policy=policy) for policy in (None, rule)
        )
        assert compare_forecasts(before, after).changes[0].why == (
            "before: the 12-week scheduled interval gives 2026-03-30",
            "after: the payer's 13-week minimum gives 2026-04-06",
            "the policy's payer changed",
        )

    def test_a_booking_is_named_by_its_day(self) -> None:
        booked = record(session("2026-01-05"), session("2026-03-30", status="booked"))
        before, after = (forecast(r, MIGRAINE, as_of="2026-02-01") for r in (ONE, booked))
        assert self.compare(before, after)["booking"] == ("not set", "2026-03-30")
        again = record(session("2026-01-05"), session("2026-03-30", status="booked", id="again"))
        assert self.compare(after, forecast(again, MIGRAINE, as_of="2026-02-01")) == {}

    @pytest.mark.parametrize(
        ("day", "words"),
        [("2026-04-06", None), ("2026-04-07", "8 days"), ("2026-08-30", "153 days")],
    )
    def test_the_explanation_says_how_late_a_booking_is(self, day: str, words: str | None) -> None:
        booked = record(session("2026-01-05"), session(day, status="booked"))
        text = forecast(booked, MIGRAINE, as_of="2026-02-01").explain()
        assert (f"booked for {day}, {words} after the due day" in text) is (words is not None)


class TestComparisonsWithoutAChangedDate:
    """What changes beside the four dates is told too."""

    def names(self, before: Forecast, after: Forecast) -> set[str]:
        return {change.name for change in compare_forecasts(before, after).changes}

    def test_a_longer_hold_of_a_treatment_without_an_interval(self) -> None:
        armpits = session("2026-01-05", indication="axillary-hyperhidrosis")
        found = [
            forecast(
                record(armpits, holds=[{"first": "2026-02-01", "last": last, "reason": "x"}]),
                "axillary-hyperhidrosis",
                as_of="2026-02-02",
            )
            for last in ("2026-08-31", "2026-09-30")
        ]
        assert self.names(*found) == {"resumes_on", "review_on", "typical_on"}

    def test_due_days_that_end_with_an_override(self) -> None:
        override = {
            "indication": "chronic-migraine",
            "first": "2026-01-01",
            "minimum": "10 weeks",
            "usual": "10 weeks",
            "reason": "wear-off",
            "authority": "clinician",
        }
        found = [
            forecast(
                record(session("2026-01-05"), overrides=[{**override, "last": last}]),
                MIGRAINE,
                as_of="2026-02-01",
                policy=policy,
            )
            for last, policy in (
                ("2026-06-30", None),
                ("2026-03-18", None),
                ("2026-03-18", SchedulingPolicy(lapsed_after="1 year")),
            )
        ]
        told = "due_window: 2026-03-16 to 2026-03-23 became 2026-03-16 to 2026-03-18"
        (change,) = compare_forecasts(*found[:2]).changes
        assert str(change) == told
        lapsed, change = compare_forecasts(found[0], found[2]).changes
        assert (lapsed.name, str(change).splitlines()[0]) == ("lapsed_from", told)

    def test_units_that_were_corrected_or_are_planned(self) -> None:
        def found(neck: int, planned: int | None = None) -> Forecast:
            other = session("2026-02-09", indication="cervical-dystonia", units=neck)
            rows = record(session("2026-01-05"), other)
            return forecast(rows, MIGRAINE, as_of="2026-02-10", planned_units=planned)

        assert self.names(found(190), found(290)) == {"units"}
        assert self.names(found(190), found(190, planned=155)) == {"units", "clear"}
        assert self.names(found(190), found(190)) == set()


class TestForecastAllShowsEverybody:
    """A patient with any row has an answer, whatever became of the rows."""

    SESSION: ClassVar[Any] = {"administered_on": "2026-01-05", "indication": "x", "product": None}

    def statuses(self, policy: SchedulingPolicy | None = None, **rows: Any) -> list[str]:
        answers = forecast_all(PatientRecord(**rows), as_of="2026-04-10", policy=policy)
        return [f"{answer.indication}: {answer.status}" for answer in answers]

    def test_sessions_after_a_death_have_an_answer(self) -> None:
        died = [{"on": "2025-04-05", "kind": "deceased"}]
        found = self.statuses(sessions=[session("2026-01-05")], care_ends=died)
        assert found == ["chronic-migraine: deceased"]

    @pytest.mark.parametrize(
        ("rows", "status"),
        [
            ({"care_ends": [{"on": "2026-04-05", "kind": "deceased"}]}, "deceased"),
            ({"care_ends": [{"on": "2026-04-05", "kind": "discontinued"}]}, "discontinued"),
            ({"holds": [{"first": "2026-04-05", "reason": "pregnant"}]}, "on_hold"),
            ({"holds": [{"first": "2026-04-11", "reason": "pregnant"}]}, "no_interval"),
            ({}, "no_interval"),
        ],
    )
    def test_without_a_protocol_the_status_says_whether_care_goes_on(
        self, rows: Any, status: str
    ) -> None:
        assert self.statuses(sessions=[self.SESSION], **rows) == [f"x: {status}"]

    def test_declared_indications_are_the_answer_where_there_is_no_other(self) -> None:
        declared = SchedulingPolicy(other_indications=("x",))
        migraine = session("2026-01-05")
        assert self.statuses(declared, sessions=[self.SESSION]) == ["x: no_interval"]
        both = self.statuses(declared, sessions=[self.SESSION, migraine])
        assert [line.partition(":")[0] for line in both] == ["chronic-migraine"]

    BOOKED: ClassVar[Any] = {**SESSION, "administered_on": "2026-04-20", "status": "booked"}
    LATER: ClassVar[Any] = {**SESSION, "administered_on": "2026-04-20"}
    MISSED: ClassVar[Any] = {**SESSION, "administered_on": "2026-03-20", "status": "no_show"}
    PAUSE: ClassVar[Any] = {"first": "2026-04-15", "last": "2026-04-30", "reason": "surgery"}
    OPEN: ClassVar[Any] = {"first": "2026-02-15", "reason": "pregnancy"}
    END: ClassVar[Any] = {"on": "2026-04-15", "kind": "discontinued"}

    @pytest.mark.parametrize("indication", ["hemifacial-spasm", "x"])
    @pytest.mark.parametrize(
        ("row", "decisions", "code"),
        [
            (BOOKED, {"holds": [PAUSE]}, "booking_in_hold"),
            (BOOKED, {"care_ends": [END]}, "booking_after_care_end"),
            (LATER, {}, "future_completed_session"),
            (MISSED, {}, "not_rebooked"),
            (MISSED, {"holds": [OPEN]}, "hold_needs_review"),
        ],
    )
    def test_without_a_protocol_what_needs_no_rule_is_told(
        self, indication: str, row: Any, decisions: Any, code: str
    ) -> None:
        rows = [{**each, "indication": indication, "units": 30} for each in (self.SESSION, row)]
        (found,) = forecast_all(PatientRecord(sessions=rows, **decisions), as_of="2026-04-10")
        assert found.protocol is None
        assert code in {finding.code.value for finding in found.findings}

    def test_without_a_protocol_the_booking_and_the_next_look_are_shown(self) -> None:
        held = PatientRecord(sessions=[self.SESSION, self.BOOKED], holds=[self.OPEN])
        (found,) = forecast_all(held, as_of="2026-04-10")
        assert found.booking is not None
        assert (found.booking.on, found.review_on) == (date(2026, 4, 20), date(2026, 3, 15))
        paused = PatientRecord(sessions=[self.SESSION], holds=[self.PAUSE])
        (found,) = forecast_all(paused, as_of="2026-04-20")
        assert (found.resumes_on, found.cycle_number) == (date(2026, 5, 1), 1)


class TestForecastAllOfRowsBesidesSessions:
    """A patient who was never treated here has an answer as soon as a row names an indication."""

    @pytest.mark.parametrize(
        ("rows", "status"),
        [
            ({"holds": [{"first": "2026-04-01", "reason": "pregnant"}]}, "on_hold"),
            ({"care_ends": [{"on": "2026-04-01", "kind": "discontinued"}]}, "discontinued"),
            ({"prior_treatments": [{"cycles": 0}]}, "no_history"),
            (
                {
                    "authorizations": [
                        {"product": "Botox", "valid": {"first": "2026-04-01", "last": "2026-12-31"}}
                    ]
                },
                "no_history",
            ),
        ],
    )
    def test_a_patient_with_a_decision_alone_has_an_answer(self, rows: Any, status: str) -> None:
        named = {
            name: [{"indication": "chronic-migraine", **row} for row in given]
            for name, given in rows.items()
        }
        (found,) = forecast_all(PatientRecord.model_validate(named), as_of="2026-04-10")
        assert (found.indication, found.status) == ("chronic-migraine", status)

    def test_an_override_alone_makes_one_track_of_its_clock(self) -> None:
        both = [
            override(indication=name, minimum="10 weeks")
            for name in ("upper-limb-spasticity", "lower-limb-spasticity", "chronic-migrane")
        ]
        found = forecast_all(record(overrides=both), as_of="2026-04-10")
        assert [answer.protocol is None for answer in found] == [True, False]

    def test_a_decision_adds_no_track_to_a_treated_patient(self) -> None:
        neck = override(indication="cervical-dystonia", minimum="10 weeks")
        found = forecast_all(record(session("2026-01-05"), overrides=[neck]), as_of="2026-04-10")
        assert [answer.indication for answer in found] == ["chronic-migraine"]

    def test_rows_that_name_no_indication_make_no_track(self) -> None:
        holds = [{"first": "2026-04-01", "reason": "pregnant"}]
        assert forecast_all(record(holds=holds), as_of="2026-04-10") == ()


class TestForecastAllNamesEachTrackOnce:
    def test_an_alias_in_a_row_is_an_unknown_indication(self) -> None:
        rows = [session("2025-10-01"), session("2026-01-05", indication="migraine", id="m")]
        found = forecast_all(record(*rows), as_of="2026-02-01")
        assert [(f.indication, f.protocol is None) for f in found] == [
            ("migraine", True),
            ("chronic-migraine", False),
        ]

    def test_a_known_indication_keeps_its_track_though_the_policy_declares_it(self) -> None:
        declared = SchedulingPolicy(other_indications=("chronic-migraine", "bruxism"))
        rows = [
            session("2026-01-05", indication=name, id=name)
            for name in ("chronic-migraine", "cervical-dystonia", "bruxism")
        ]
        found = forecast_all(record(*rows), as_of="2026-02-01", policy=declared)
        assert {f.indication for f in found} == {"chronic-migraine", "cervical-dystonia"}


class TestWhyNothingIsDatedOnHold:
    """A reason names what suppresses the dates; a hold with an end does not."""

    HOLD: ClassVar[Any] = {"first": "2026-04-01", "last": "2026-04-30", "reason": "surgery"}

    def test_a_discharge_before_the_hold_ends(self) -> None:
        end = {"on": "2026-04-15", "kind": "discontinued"}
        held = record(session("2026-01-05"), holds=[self.HOLD], care_ends=[end])
        found = forecast(held, "chronic-migraine", as_of="2026-04-10")
        assert (found.status, found.dates.earliest) == ("on_hold", None)
        assert found.reasons["due"].rule == "the track is discharged before a day is allowed"

    def test_an_open_hold(self) -> None:
        held = record(session("2026-01-05"), holds=[self.HOLD | {"last": None}])
        found = forecast(held, "chronic-migraine", as_of="2026-04-10")
        assert "without a known end" in found.reasons["due"].rule

    def test_a_treatment_without_an_interval(self) -> None:
        armpit = session("2026-01-05", indication="axillary-hyperhidrosis")
        found = forecast(
            record(armpit, holds=[self.HOLD]), "axillary-hyperhidrosis", as_of="2026-04-10"
        )
        assert found.resumes_on == date(2026, 5, 1)
        assert found.reasons["due"].rule.startswith("no minimum and no usual range are recorded")


def test_a_rule_that_begins_later_slides_the_usual_range_and_no_hold_is_named() -> None:
    longer = SchedulingPolicy(payer=[{"minimum": "20 weeks", "first": "2026-04-01"}])
    usual = own(retreatment=TWELVE | {"usual": "16 weeks"})
    found = forecast(ONE, usual, as_of="2026-02-01", policy=longer)
    assert (found.dates.earliest, found.dates.due) == (date(2026, 3, 30), date(2026, 5, 25))
    assert found.reasons["due"].rule.endswith(
        "2026-04-27; slid by 28 days with the first allowed day to 2026-05-25"
    )
    assert "slid by 28 days" in found.reasons["overdue_from"].rule


def test_a_stretch_that_is_over_slides_the_usual_range_and_no_hold_is_named() -> None:
    longer = SchedulingPolicy(payer=[{"minimum": "14 weeks", "first": "2026-04-02"}])
    found = forecast(ONE, MIGRAINE, as_of="2026-04-05", policy=longer)
    assert found.reasons["due"].rule.endswith(
        "begins on 2026-03-30; slid by 14 days with the first allowed day to 2026-04-13"
    )


def test_a_rule_that_ends_is_named_even_where_the_usual_range_begins_then() -> None:
    policy = SchedulingPolicy(
        payer=[{"minimum": "14 weeks", "last": "2026-04-05"}],
        usual={"chronic-migraine": "13 weeks"},
    )
    found = forecast(ONE, MIGRAINE, as_of="2026-02-05", policy=policy)
    assert found.reasons["earliest"].rule == (
        "the 12-week scheduled interval gives 2026-03-30; the rules allow it from 2026-04-06"
    )


def test_where_the_rules_end_before_the_usual_range_no_hold_is_named() -> None:
    first = own(retreatment=TWELVE | {"usual": "16 weeks"}, in_force={"last": "2026-04-10"})
    none = {"kind": "scheduled", "minimum": None, "usual": None}
    then = own(version="2", retreatment=none, in_force={"first": "2026-04-11"})
    found = forecast(ONE, first, as_of="2026-02-01", other_protocols=[first, then])
    assert (found.dates.earliest, found.dates.due) == (date(2026, 3, 30), None)
    assert found.reasons["due"].rule.endswith("2026-04-27; the rules allow no later day")


class TestCoursesElsewhere:
    """No order and no copy of the accounts opens a day, and no later course is forgotten."""

    LEG: ClassVar[Any] = {"indication": "lower-limb-spasticity", "cycles": 2, "product": "Dysport"}

    def test_all_accounts_of_the_last_day_count(self) -> None:
        child = find_protocol("lower-limb-spasticity", "Dysport", "child")
        leg = {**self.LEG, "last_on": "2026-08-03"}
        for product in ("Dysport", None):
            arm = {**leg, "indication": "upper-limb-spasticity", "product": product}
            for rows in ([leg, arm], [arm, leg], [leg, arm, leg]):
                given = PatientRecord(prior_treatments=rows, born_on="2018-01-01")
                check = check_date(given, child, on="2026-10-27", as_of="2026-10-27")
                # The leg alone allows 12 weeks, the arm 16.
                assert (check.allowed, check.next_allowed_on) == (False, date(2026, 11, 23))

    def test_copies_of_an_account_are_no_finding(self) -> None:
        leg = {**self.LEG, "last_on": "2026-08-03"}
        one, two = (
            forecast_all(PatientRecord(prior_treatments=rows), as_of="2026-10-01")
            for rows in ([leg], [leg, leg])
        )
        assert one == two

    def test_the_track_follows_what_was_given_last_wherever(self) -> None:
        arm = session("2025-01-06", indication="upper-limb-spasticity")
        leg = {**self.LEG, "last_on": "2026-08-01"}
        (found,) = forecast_all(record(arm, prior_treatments=[leg]), as_of="2026-10-01")
        assert found.indication == "lower-limb-spasticity"

    @pytest.mark.parametrize(
        "rows",
        [
            {"prior_treatments": [{"cycles": 2, "last_on": "2020-05-01"}]},
            {"sessions": [session("2020-05-01")]},
        ],
    )
    @pytest.mark.parametrize("last_on", [None, "2026-12-20"])
    def test_a_later_course_without_a_last_day_leaves_every_day_open(
        self, rows: Any, last_on: str | None
    ) -> None:
        base = {"indication": "chronic-migraine", "product": "Botox"}
        priors = [{**base, **row} for row in rows.get("prior_treatments", ())]
        later = {**base, "cycles": 5, "started_on": "2020-06-01", "last_on": last_on}
        given = PatientRecord(sessions=rows.get("sessions", ()), prior_treatments=[*priors, later])
        check = check_date(given, MIGRAINE, on="2026-11-26", as_of="2026-11-26")
        assert check.allowed is None
        assert "last_session_elsewhere_unknown" in {f.code.value for f in check.findings}
        # Before it began nobody knew of it.
        before = check_date(given, MIGRAINE, on="2020-07-25", as_of="2020-05-31")
        assert before.allowed is True


def test_an_authorization_without_an_end_gives_no_last_chance() -> None:
    valid = {"first": "2026-01-01", "last": "9999-12-31"}
    approved = {"indication": "chronic-migraine", "product": "Botox", "valid": valid}
    given = record(session("2026-01-05"), authorizations=[approved])
    assert last_chance_on(ask(given, MIGRAINE, date(2026, 2, 1)).track) is None


def test_a_payers_rule_about_the_clock_counts_after_one_session_too() -> None:
    rule = {"minimum": "16 weeks", "indication": "upper-limb-spasticity"}
    policy = SchedulingPolicy.model_validate({"payer": [rule]})
    leg = session("2026-01-05", indication="lower-limb-spasticity")
    found = forecast(record(leg), "lower-limb-spasticity", as_of="2026-02-01", policy=policy)
    assert due_dates("2026-01-05", "lower-limb-spasticity", policy) == found.dates


def test_equal_forecasts_have_one_hash() -> None:
    one, other = (forecast(ONE, "chronic-migraine", as_of="2026-02-20") for _ in range(2))
    later = forecast(ONE, "chronic-migraine", as_of="2026-02-21")
    assert len({one, other, later}) == 2


@pytest.mark.parametrize("wrong", [None, 3, ["chronic-migraine"]])
def test_what_is_no_protocol_and_no_name_is_refused_with_what_to_give(wrong: Any) -> None:
    message = "protocol: give a protocol, or the name of an indication"
    with pytest.raises(UnknownProtocolError, match=message):
        forecast(ONE, wrong, as_of="2026-02-20")
    with pytest.raises(UnknownProtocolError, match=message):
        due_dates("2026-01-05", wrong)


@pytest.mark.parametrize(
    ("usual", "words"), [("12 weeks", "the dates are those of"), (None, "nothing is dated for")]
)
def test_the_first_day_after_a_hold_has_dates_only_where_there_are_some(
    usual: str | None, words: str
) -> None:
    plan = own(retreatment=TWELVE | {"minimum": usual, "usual": usual})
    holds = [{"first": "2026-03-01", "last": "2026-03-31", "reason": "surgery"}]
    held = record(session("2026-01-05"), holds=holds)
    found = forecast(held, plan, as_of="2026-03-02", other_protocols=[])
    assert f"on hold; {words} 2026-04-01, the first day after it" in found.explain()


@pytest.mark.parametrize("wrong", [{"payer_minimum": "13 weeks"}, "13 weeks", 13])
def test_what_is_no_policy_is_refused_with_what_to_give(wrong: Any) -> None:
    with pytest.raises(TypeError, match="policy: give a SchedulingPolicy"):
        forecast(ONE, "chronic-migraine", as_of="2026-02-20", policy=wrong)


@pytest.mark.parametrize("wrong", [{"sessions": []}, "P1", 5, None])
def test_what_is_no_record_is_refused_with_what_to_give(wrong: Any) -> None:
    with pytest.raises(TypeError, match="record: give a PatientRecord"):
        forecast(wrong, "chronic-migraine", as_of="2026-02-20")


class TestWhatAForecastShows:
    def test_sessions_of_other_clocks_are_shown_for_sixteen_weeks(self) -> None:
        given = [
            {**GIVEN, "indication": "spasticity", "administered_on": day}
            for day in ("2025-10-12", "2025-10-13")
        ]
        sweat = {**GIVEN, "indication": "hemifacial-spasm"}
        answers = bs.forecast_all(bs.PatientRecord(sessions=[*given, sweat]), as_of="2026-02-01")
        (found,) = [answer for answer in answers if answer.indication == "hemifacial-spasm"]
        assert [session.on for session in found.other_sessions] == [date(2025, 10, 13)]

    @pytest.mark.parametrize(
        ("prior", "by"),
        [
            ({"cycles": 1, "started_on": "2026-01-20"}, date(2026, 7, 5)),
            ({"cycles": 0, "last_on": "2025-06-02"}, None),
        ],
    )
    def test_the_course_starts_with_its_first_session_wherever(
        self, prior: dict[str, Any], by: date | None
    ) -> None:
        priors = [{"indication": "chronic-migraine", **prior}]
        given = migraine_record("2026-01-05", "2026-04-06", prior_treatments=priors)
        timeline = bs.forecast(given, MIGRAINE, as_of="2026-05-01").timeline
        assert timeline is not None
        assert timeline.full_benefit_by == by

    def test_only_what_needs_a_person_today_is_called_so(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": "Dysport", "units": 1}])
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
        summary = found.summary()
        assert "product_switch" in summary.findings
        assert summary.today == tuple(f.code for f in found.findings if f.needs == "today")
        assert "product_switch" not in summary.today


class TestSummary:
    def test_it_has_each_field_of_its_answer(self) -> None:
        booked = GIVEN | {"administered_on": "2026-04-20", "status": "booked"}
        given = bs.PatientRecord(sessions=[GIVEN, booked])
        found = bs.forecast(given, MIGRAINE, as_of="2026-03-01")
        flat = found.summary()
        for name in ("earliest", "due", "overdue_from", "lapsed_from", "typical_on"):
            assert getattr(flat, name) == getattr(found.dates, name)
        for name in ("as_of", "status", "phase", "last_session_on", "cycle_number", "clear"):
            assert getattr(flat, name) == getattr(found, name)
        assert (flat.protocol_id, flat.protocol_version) == (MIGRAINE.id, MIGRAINE.version)
        assert flat.overdue_from == date(2026, 4, 7)
        assert flat.booked_on == date(2026, 4, 20)

    @pytest.mark.parametrize(
        ("more", "last"),
        [
            ({}, "2026-04-06"),
            ({"holds": [{"first": "2026-04-02", "reason": "x"}]}, "2026-04-01"),
            ({"care_ends": [{"on": "2026-04-04", "kind": "discontinued"}]}, "2026-04-03"),
            ({"care_ends": [{"on": "2026-03-01", "kind": "discontinued"}]}, None),
        ],
    )
    def test_its_last_due_day_is_one_that_nothing_breaks(
        self, more: dict[str, Any], last: str | None
    ) -> None:
        given = bs.PatientRecord.model_validate({"sessions": [GIVEN], **more})
        flat = bs.forecast(given, MIGRAINE, as_of="2026-03-31").summary()
        assert flat.last_due_on == (None if last is None else date.fromisoformat(last))
        stored = flat.model_dump(mode="json")
        del stored["last_due_on"]
        assert ForecastSummary.model_validate(stored).last_due_on is None

    def test_without_a_protocol_it_names_none_and_keeps_the_policy(self) -> None:
        policy = bs.SchedulingPolicy(payer_minimum="20 weeks")
        unknown = bs.PatientRecord(sessions=[GIVEN | {"indication": "tennis-elbow"}])
        (found,) = bs.forecast_all(unknown, as_of="2026-03-01", policy=policy)
        assert found.summary().protocol_version is None
        assert found.policy == policy
        reading = reading_of(unknown, date(2026, 3, 1))
        (track,) = tracks_of(reading, "us", None)
        assert standing_of(track).last_session_on == date(2026, 1, 5)


class TestComparedAnswers:
    def test_units_are_those_of_the_chosen_reading(self) -> None:
        # On the due day a session has left the 12 weeks, and is still in the 3 months.
        for reading, expected in (("twelve_weeks", set()), ("three_months", {"units"})):
            policy = bs.SchedulingPolicy(limit_reading=reading)
            before, after = (
                bs.forecast(
                    bs.PatientRecord(sessions=[{**GIVEN, "units": units}]),
                    MIGRAINE,
                    as_of="2026-02-01",
                    policy=policy,
                )
                for units in (100, 155)
            )
            changes = bs.compare_forecasts(before, after).changes
            assert {change.name for change in changes} == expected

    def test_a_forecast_is_hashed_by_what_it_says(self) -> None:
        found = {
            hash(bs.forecast(migraine_record(day), MIGRAINE, as_of="2026-02-01"))
            for day in ("2026-01-05", "2026-01-06")
        }
        assert len(found) == 2

    def test_what_was_computed_is_set(self) -> None:
        found = bs.forecast(migraine_record("2026-01-05"), MIGRAINE, as_of="2026-02-01")
        assert found.model_fields_set == set(bs.Forecast.model_fields)


class TestOtherSessions:
    def test_they_have_what_was_given(self) -> None:
        row = {**GIVEN, "indication": "cervical-dystonia", "product": "Dysport", "units": 500}
        found = bs.forecast(bs.PatientRecord(sessions=[row]), MIGRAINE, as_of=AS_OF)
        (other,) = found.other_sessions
        assert (other.on, other.indication) == (date(2026, 1, 5), "cervical-dystonia")
        assert other.product is bs.Product.ABOBOTULINUMTOXIN_A
        assert other.units == 500


class TestChecks:
    def test_an_advised_day_has_that_reason_alone(self) -> None:
        own = protocol(retreatment={"kind": "as_needed", "minimum": ADVISED})
        policy = bs.SchedulingPolicy(payer_minimum="10 weeks")
        for on, code, is_cited in (
            ("2026-03-15", "too_early", False),
            ("2026-03-16", "advisory", True),
        ):
            check = bs.check_date(
                migraine_record("2026-01-05"), own, on=on, as_of="2026-02-01", policy=policy
            )
            assert [(r.code, r.source is not None) for r in check.reasons] == [(code, is_cited)]

    def test_the_dead_are_not_called_discharged(self) -> None:
        given = migraine_record("2026-01-05", care_ends=[{"on": "2026-01-20", "kind": "deceased"}])
        check = bs.check_date(given, MIGRAINE, on="2026-04-01", as_of="2026-02-01")
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
        assert check.reasons[0].rule == found.reasons["earliest"].rule

    def test_a_name_takes_the_population_of_the_age_on_the_day_in_question(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}], born_on="2008-09-01")
        for on, people in (("2026-08-31", "pediatric"), ("2026-09-01", "adult")):
            found = bs.check_date(given, ARM, on=on, as_of="2026-02-01").protocol
            assert found is not None
            assert found.population == people

    @pytest.mark.parametrize(
        ("indication", "born_on"),
        [
            (ARM, "2026-01-05"),
            (ARM, "2024-02-02"),
            ("neurogenic-detrusor-overactivity", "2022-02-02"),
            ("sialorrhea", "2025-06-01"),
        ],
    )
    def test_who_is_too_young_for_every_protocol_is_a_child(
        self, indication: str, born_on: str
    ) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": indication}], born_on=born_on)
        (found,) = bs.forecast_all(given, as_of="2026-02-01")
        assert found.protocol is not None
        assert (found.protocol.population, "age_outside_protocol" in codes(found)) == (
            "pediatric",
            True,
        )

    def test_an_infants_units_are_checked_against_the_limits_for_children(self) -> None:
        weights = [{"measured_on": "2026-01-05", "kilograms": 10}]
        given = bs.PatientRecord(
            sessions=[{**GIVEN, "indication": ARM}], born_on="2025-06-01", weights=weights
        )
        day = "2026-06-01"
        check = bs.check_date(given, ARM, on=day, as_of=day, planned_units=350)
        assert check.clear is False

    def test_without_a_protocol_for_children_a_child_is_judged_as_an_adult(self) -> None:
        found = bs.forecast(
            migraine_record("2026-01-05", born_on="2020-01-01"), MIGRAINE, as_of="2026-02-01"
        )
        (named,) = bs.forecast_all(
            migraine_record("2026-01-05", born_on="2020-01-01"), as_of="2026-02-01"
        )
        assert (found.dates, "age_outside_protocol" in codes(named)) == (named.dates, True)

    def test_how_the_protocol_was_chosen_is_told(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}])
        check = bs.check_date(given, ARM, on="2026-04-01", as_of="2026-02-01")
        (listed,) = bs.forecast_all(given, as_of="2026-02-01")
        assert "age_unknown" in codes(check) & codes(listed)
