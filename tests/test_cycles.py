"""Looking back: cycles, their timing, their units."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import botox_schedule as bs
import samples
from botox_schedule import (
    CycleTiming,
    PatientRecord,
    SchedulingPolicy,
    ShortMonth,
    TreatmentProtocol,
    bundled_protocols,
    find_protocol,
    treatment_cycles,
)
from botox_schedule.engine import TreatmentCycle
from botox_schedule.engine.cycles import comparison_of, judge_cycle
from botox_schedule.engine.standing import standing_of
from botox_schedule.engine.track import tracks_of
from botox_schedule.errors import CalendarRangeError
from botox_schedule.testing import record_from_gaps
from samples import ADVISED, GIVEN, codes, protocol, reading_of, record, rule, track_on

MIGRAINE = find_protocol("chronic-migraine")
VECTORS = Path(__file__).parent / "vectors"


def boundary_cases() -> list[dict[str, str]]:
    with (VECTORS / "cdsi_interval_boundary_cases.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["use_as_oracle"] == "yes"]


def own_protocol(minimum: str, usual: str | None = None, **changes: Any) -> TreatmentProtocol:
    return samples.protocol(
        retreatment={"kind": "scheduled", "minimum": minimum, "usual": usual}, **changes
    )


def session(day: str, indication: str = "chronic-migraine", **changes: Any) -> dict[str, Any]:
    return {"administered_on": day, "indication": indication, "product": "Botox", **changes}


def cycles(
    sessions: list[dict[str, Any]], protocol: TreatmentProtocol = MIGRAINE, **changes: Any
) -> tuple[TreatmentCycle, ...]:
    policy = changes.pop("policy", None)
    record = PatientRecord.model_validate({"sessions": sessions, **changes})
    return treatment_cycles(
        record, protocol, as_of="2027-12-31", policy=policy, other_protocols=bundled_protocols()
    )


class TestPublishedBoundaries:
    """94 cases of the CDC: 5 days short is not valid, 4 days short is, at the minimum is."""

    @pytest.mark.parametrize("row", boundary_cases(), ids=lambda row: row["cdc_test_id"])
    def test_a_tolerance_of_four_days_judges_as_published(self, row: dict[str, str]) -> None:
        start, day = (
            date.fromisoformat(row["reference_date"]),
            date.fromisoformat(row["administered_date"]),
        )
        record = record_from_gaps([(day - start).days], starts_on=start)
        policy = SchedulingPolicy(
            validity_tolerance="4 days",
            short_month=ShortMonth.FIRST_OF_NEXT,
            group_within_days=0,
        )
        protocol = own_protocol(row["interval_in_title"])
        cycle = treatment_cycles(record, protocol, as_of=day, policy=policy)[1]
        valid = cycle.timing is not CycleTiming.EARLY
        assert valid is (row["expected_status"] == "Valid")

    def test_they_are_all_there(self) -> None:
        assert len(boundary_cases()) == 94


class TestTiming:
    @pytest.mark.parametrize(
        ("gap", "timing", "short_by", "late_by"),
        [
            pytest.param(83, CycleTiming.EARLY, 1, 0, id="eve of the minimum"),
            pytest.param(84, CycleTiming.ON_TIME, 0, 0, id="the minimum"),
            pytest.param(91, CycleTiming.ON_TIME, 0, 0, id="last day of grace"),
            pytest.param(92, CycleTiming.LATE, 0, 8, id="first overdue day"),
        ],
    )
    def test_it_changes_on_each_boundary(
        self, gap: int, timing: CycleTiming, short_by: int, late_by: int
    ) -> None:
        record = record_from_gaps([gap], starts_on=date(2026, 1, 5))
        _, cycle = treatment_cycles(record, MIGRAINE, as_of="2026-12-31")
        assert (cycle.timing, cycle.short_by_days, cycle.late_by_days) == (
            timing,
            short_by,
            late_by,
        )

    def test_a_tolerance_is_counted_back_from_the_minimum(self) -> None:
        policy = SchedulingPolicy(validity_tolerance="6 days")
        timings = [cycles([session("2026-01-05"), session(day)], policy=policy)[1].timing
                   for day in ("2026-03-23", "2026-03-24")]  # fmt: skip
        assert timings == [CycleTiming.EARLY, CycleTiming.EARLY_WITHIN_TOLERANCE]

    def test_a_minimum_alone_is_never_late(self) -> None:
        protocol = find_protocol("overactive-bladder")
        bladder = "overactive-bladder"
        _, cycle = cycles(
            [session("2024-01-05", bladder), session("2027-01-05", bladder)], protocol
        )
        assert (cycle.timing, cycle.late_by_days) == (CycleTiming.ON_TIME, 0)

    def test_without_any_rule_nothing_is_judged(self) -> None:
        sweat = "axillary-hyperhidrosis"
        _, cycle = cycles(
            [session("2026-01-05", sweat), session("2026-01-15", sweat)], find_protocol(sweat)
        )
        assert (cycle.timing, cycle.interval_days) == (None, 10)

    def test_an_override_of_its_day_judges(self) -> None:
        override = {"indication": "chronic-migraine", "first": "2026-01-01", "last": "2026-03-20",
                    "minimum": "10 weeks", "reason": "x", "authority": "clinician"}  # fmt: skip
        timings = [
            cycles([session("2026-01-05"), session(day)], overrides=[override])[1].timing
            for day in ("2026-03-15", "2026-03-16", "2026-03-20", "2026-03-21")
        ]
        on_time, early = CycleTiming.ON_TIME, CycleTiming.EARLY
        assert timings == [early, on_time, on_time, early]

    def test_the_version_of_its_day_judges(self) -> None:
        old = own_protocol("10 weeks", "10 weeks", in_force={"last": "2026-06-30"})
        new = own_protocol("12 weeks", "12 weeks", version="2", in_force={"first": "2026-07-01"})
        record = record_from_gaps([70, 70, 70], starts_on=date(2026, 1, 5))
        judged = treatment_cycles(record, new, as_of="2026-12-31", other_protocols=[old])
        assert [cycle.short_by_days for cycle in judged] == [0, 0, 0, 14]

    def test_of_several_versions_in_force_the_newest_judges(self) -> None:
        open_ended = own_protocol("10 weeks", "10 weeks")
        newer = own_protocol("12 weeks", "12 weeks", version="2", in_force={"first": "2026-02-01"})
        record = record_from_gaps([70], starts_on=date(2026, 1, 5))
        _, cycle = treatment_cycles(record, open_ended, as_of="2026-12-31", other_protocols=[newer])
        assert cycle.short_by_days == 14

    def test_after_a_switch_the_stricter_minimum_judges(self) -> None:
        arm = "upper-limb-spasticity"
        child = find_protocol(arm, population="pediatric")
        history = [session("2026-01-05", arm, product="Dysport"), session("2026-04-06", arm)]
        _, cycle = cycles(history, child)
        assert cycle.short_by_days == 21
        back = [session("2026-01-05", arm), session("2026-04-06", arm)]
        assert cycles(back, child)[1].short_by_days == 0

    def test_a_cycle_of_two_indications_is_judged_by_the_stricter(self) -> None:
        arm, leg = "upper-limb-spasticity", "lower-limb-spasticity"
        shared: dict[str, Any] = {
            "product": "Botox",
            "population": "adult",
            "region": "us",
            "version": "1",
        }
        rules = {"kind": "as_needed"}
        protocols = [
            TreatmentProtocol.model_validate(
                {**shared, "id": name, "indication": name, "shares_clock_with": [other],
                 "retreatment": {**rules, "minimum": minimum}}
            )
            for name, other, minimum in ((arm, leg, "12 weeks"), (leg, arm, "16 weeks"))
        ]  # fmt: skip
        record = PatientRecord.model_validate(
            {
                "sessions": [
                    session("2026-01-05", arm),
                    session("2026-04-06", arm),
                    session("2026-04-07", leg),
                ]
            }
        )
        _, cycle = treatment_cycles(
            record, protocols[0], as_of="2026-12-31", other_protocols=protocols
        )
        assert cycle.short_by_days == 21

    def test_the_usual_range_is_that_of_the_stricter(self) -> None:
        arm, leg = "upper-limb-spasticity", "lower-limb-spasticity"
        protocols = [
            own_protocol(minimum, usual, id=name, indication=name, shares_clock_with=[other])
            for name, other, minimum, usual in (
                (arm, leg, "12 weeks", "12 weeks"),
                (leg, arm, "13 weeks", "20 weeks"),
            )
        ]
        record = PatientRecord.model_validate(
            {
                "sessions": [
                    session("2026-01-05", arm),
                    session("2026-04-20", arm),
                    session("2026-04-20", leg),
                ]
            }
        )
        _, cycle = treatment_cycles(
            record, protocols[0], as_of="2026-12-31", other_protocols=protocols
        )
        assert cycle.timing is CycleTiming.ON_TIME

    def test_days_late_count_from_the_end_of_the_slid_range(self) -> None:
        policy = SchedulingPolicy(payer_minimum="14 weeks")
        days = ("2026-04-20", "2026-04-21")
        found = [cycles([session("2026-01-05"), session(day)], policy=policy)[1] for day in days]
        assert [(c.timing, c.late_by_days) for c in found] == [
            (CycleTiming.ON_TIME, 0), (CycleTiming.LATE, 8)
        ]  # fmt: skip

    def test_an_unknown_product_is_judged_by_the_given_protocol(self) -> None:
        first, second = cycles(
            [session("2026-01-05", product=None), session("2026-03-29", product=None)]
        )
        assert first.units == {"unknown": None}
        assert second.short_by_days == 1


class TestTouchUps:
    HISTORY = (session("2026-01-05"), session("2026-01-20", kind="touch_up"), session("2026-04-10"))

    def test_the_minimum_counts_from_the_touch_up(self) -> None:
        _, cycle = cycles(list(self.HISTORY))
        assert (cycle.interval_days, cycle.short_by_days) == (95, 4)

    def test_it_does_not_where_the_policy_says_so(self) -> None:
        policy = SchedulingPolicy(touch_up_moves_earliest=False)
        _, cycle = cycles(list(self.HISTORY), policy=policy)
        assert cycle.short_by_days == 0

    def test_a_touch_up_belongs_to_its_cycle(self) -> None:
        first, _ = cycles([{**s, "id": str(n), "units": 10} for n, s in enumerate(self.HISTORY)])
        assert first.session_ids == ("0", "1")
        assert first.units == {"onabotulinumtoxinA": Decimal(20)}
        assert first.anchored_on == date(2026, 1, 5)

    def test_a_touch_up_between_two_parts_does_not_count_from_itself(self) -> None:
        history = [session("2026-01-05"), session("2026-01-06", kind="touch_up"), session("2026-01-07"),
                   session("2026-04-01")]  # fmt: skip
        _, cycle = cycles(history)
        assert cycle.short_by_days == 0


class TestGrouping:
    def test_days_count_from_the_first_part_and_are_never_chained(self) -> None:
        days = ["2026-01-05", "2026-01-07", "2026-01-08", "2026-01-09"]
        found = cycles([session(day) for day in days])
        assert [(str(c.first_on), str(c.anchored_on)) for c in found] == [
            ("2026-01-05", "2026-01-08"), ("2026-01-09", "2026-01-09")
        ]  # fmt: skip

    def test_zero_days_join_only_one_day(self) -> None:
        history = [session("2026-01-05"), session("2026-01-05"), session("2026-01-06")]
        assert len(cycles(history, policy=SchedulingPolicy(group_within_days=0))) == 2

    def test_units_are_kept_by_product(self) -> None:
        (cycle,) = cycles(
            [session("2026-01-05", units=100), session("2026-01-06", units=None),
             session("2026-01-06", product="Dysport", units=500)]
        )  # fmt: skip
        assert cycle.units == {"onabotulinumtoxinA": None, "abobotulinumtoxinA": Decimal(500)}

    def test_dates_that_leave_the_calendar_are_refused(self) -> None:
        history = PatientRecord.model_validate({"sessions": [session("9998-12-31")]})
        policy = SchedulingPolicy(payer_minimum="2 years")
        with pytest.raises(CalendarRangeError):
            treatment_cycles(history, MIGRAINE, as_of="9998-12-31", policy=policy)


class TestNumbers:
    def test_cycles_given_elsewhere_count(self) -> None:
        found = cycles(
            [session("2026-01-05"), session("2026-03-30")],
            prior_treatments=[{"indication": "chronic-migraine", "cycles": 3}],
        )
        assert [cycle.number for cycle in found] == [4, 5]
        assert [cycle.timing for cycle in found] == [CycleTiming.FIRST, CycleTiming.ON_TIME]

    def test_other_clocks_do_not(self) -> None:
        (cycle,) = cycles(
            [session("2026-01-05")], prior_treatments=[{"indication": "spasticity", "cycles": 3}]
        )
        assert cycle.number == 1


class TestHeld:
    """A hold touches the days from the due day to the next session, or changes nothing."""

    @pytest.mark.parametrize(
        ("first", "last", "held"),
        [
            pytest.param("2026-01-10", "2026-01-14", False, id="five days early in the cycle"),
            pytest.param("2026-03-01", "2026-03-29", False, id="until the eve of due"),
            pytest.param("2026-03-01", "2026-03-30", True, id="until the due day"),
            pytest.param("2026-05-01", "2026-05-01", True, id="after the due day"),
            pytest.param("2026-06-01", "2026-06-02", True, id="from the session's day"),
            pytest.param("2026-06-02", "2026-06-03", False, id="after the session"),
        ],
    )
    def test_it_is_held_from_the_due_day_on(self, first: str, last: str, *, held: bool) -> None:
        hold = {"first": first, "last": last, "reason": "x"}
        _, cycle = cycles([session("2026-01-05"), session("2026-06-01")], holds=[hold])
        assert cycle.held is held

    def test_its_timing_leaves_the_days_on_hold_out(self) -> None:
        hold = {"first": "2026-04-01", "last": "2026-05-20", "reason": "x"}
        _, cycle = cycles([session("2026-01-05"), session("2026-06-01")], holds=[hold])
        assert (cycle.timing, cycle.late_by_days) == (CycleTiming.LATE, 13)
        _, in_time = cycles([session("2026-01-05"), session("2026-05-26")], holds=[hold])
        assert in_time.timing is CycleTiming.ON_TIME

    def test_days_late_are_those_not_on_hold(self) -> None:
        holds = [
            {"first": first, "last": last, "reason": "x"}
            for first, last in (("2026-03-20", "2026-04-02"), ("2026-04-10", "2026-04-12"))
        ]
        _, cycle = cycles([session("2026-01-05"), session("2026-04-20")], holds=holds)
        assert (cycle.timing, cycle.late_by_days) == (CycleTiming.LATE, 14)

    def test_another_tracks_hold_does_not_concern_it(self) -> None:
        hold = {
            "first": "2026-04-01",
            "last": "2026-05-20",
            "reason": "x",
            "indication": "spasticity",
        }
        _, cycle = cycles([session("2026-01-05"), session("2026-06-01")], holds=[hold])
        assert not cycle.held
        assert cycle.timing is CycleTiming.LATE

    def test_a_session_inside_an_open_hold_is_not_late(self) -> None:
        hold = {"first": "2026-04-01", "reason": "x"}
        _, cycle = cycles([session("2026-01-05"), session("2026-06-01")], holds=[hold])
        assert (cycle.timing, cycle.held) == (CycleTiming.ON_TIME, True)


def test_later_records_are_left_out() -> None:
    record = record_from_gaps([84, 84], starts_on=date(2026, 1, 5))
    assert len(treatment_cycles(record, MIGRAINE, as_of="2026-06-21")) == 2


def test_cycles_read_back_from_json() -> None:
    for cycle in cycles([session("2026-01-05", units=None), session("2026-03-20", units=100)]):
        assert TreatmentCycle.model_validate_json(cycle.model_dump_json()) == cycle


def test_the_same_protocol_among_the_others_changes_nothing() -> None:
    record = record_from_gaps([84], starts_on=date(2026, 1, 5))
    alone = treatment_cycles(record, MIGRAINE, as_of="2026-12-31")
    assert (
        treatment_cycles(record, MIGRAINE, as_of="2026-12-31", other_protocols=[MIGRAINE]) == alone
    )


class TestHeldAfterAdvice:
    """Where no usual range is recorded, a hold counts from the earliest day, advised or not."""

    @pytest.mark.parametrize("product", ["Botox", "Xeomin"])
    @pytest.mark.parametrize(("last", "held"), [("2026-04-03", False), ("2026-06-15", True)])
    def test_a_hold_from_the_first_allowed_day_on(
        self, product: str, last: str, held: bool
    ) -> None:
        # Botox is advised after 3 months, on 2026-04-05; 12 weeks of Xeomin end on 2026-03-30.
        rows = [
            session(day, "blepharospasm", product=product) for day in ("2026-01-05", "2026-07-01")
        ]
        holds = [{"first": "2026-03-20", "last": last, "reason": "surgery"}]
        record = PatientRecord.model_validate({"sessions": rows, "holds": holds})
        _, found = treatment_cycles(record, "blepharospasm", as_of="2026-07-01")
        assert found.held is (held or product == "Xeomin")


class TestCyclesOfAnUnknownProduct:
    """An unknown product counts as every product, for payers too."""

    @pytest.mark.parametrize("product", ["Botox", None])
    @pytest.mark.parametrize(
        ("policy", "approved"),
        [
            (SchedulingPolicy(payer_minimum="13 weeks"), []),
            (SchedulingPolicy(payer=[{"minimum": "13 weeks", "product": "Botox"}]), []),
            (
                None,
                [
                    {
                        "indication": "chronic-migraine",
                        "product": "Botox",
                        "valid": {"first": "2026-01-01", "last": "2026-12-31"},
                        "minimum_interval": "13 weeks",
                    }
                ],
            ),
        ],
    )
    def test_it_is_early_before_the_payers_minimum(
        self, product: str | None, policy: SchedulingPolicy | None, approved: list[Any]
    ) -> None:
        rows = [session("2026-01-05"), session("2026-03-30", product=product)]
        _, found = cycles(rows, policy=policy, authorizations=approved)
        assert (found.timing, found.short_by_days) == (CycleTiming.EARLY, 7)

    def test_a_rule_about_another_product_concerns_it_only_where_it_is_unknown(self) -> None:
        policy = SchedulingPolicy(payer=[{"minimum": "13 weeks", "product": "Dysport"}])
        rows = [session("2026-01-05"), session("2026-03-30", product="Botox")]
        assert cycles(rows, policy=policy)[1].timing is CycleTiming.ON_TIME
        rows[1]["product"] = None
        assert cycles(rows, policy=policy)[1].timing is CycleTiming.EARLY


def test_equal_cycles_have_one_hash() -> None:
    rows = [session("2026-01-05"), session("2026-03-30")]
    assert len({*cycles(rows), *cycles(rows)}) == 2


class TestAdvice:
    def test_a_cycle_before_an_advisory_minimum_has_the_words_of_its_source(self) -> None:
        advised = rule(minimum=ADVISED)
        own = protocol(retreatment=advised)
        given = record("2026-01-05", "2026-03-02")
        _, second = bs.treatment_cycles(given, own, as_of="2026-03-02", other_protocols=())
        assert second.advice == "before the 12 weeks that its source advises: may"


class TestJudgedCycles:
    def cycle(self, own: Any, *days: str, **rows: Any) -> Any:
        policy = rows.pop("policy", None)
        given = record(*days, **rows)
        return bs.treatment_cycles(given, own, as_of="2026-12-31", policy=policy)[-1]

    def test_parts_are_compared_from_the_last_to_the_first(self) -> None:
        days = ("2026-01-05", "2026-01-06", "2026-03-30", "2026-03-31")
        cycle = self.cycle(MIGRAINE, *days)
        assert (cycle.interval_days, cycle.timing, cycle.short_by_days) == (83, "early", 1)
        # A rule that begins with the second part makes the cycle neither early nor late.
        policy = bs.SchedulingPolicy.model_validate(
            {"payer": [{"minimum": "20 weeks", "first": "2026-04-01"}]}
        )
        cycle = self.cycle(MIGRAINE, "2026-01-05", "2026-03-31", "2026-04-01", policy=policy)
        assert cycle.timing == "on_time"
        past = protocol(in_force={"last": "2026-03-31"})
        cycle = self.cycle(past, "2026-01-05", "2026-03-31", "2026-04-01")
        assert "judged_by_another_protocol" not in codes(cycle)

    @pytest.mark.parametrize(("begins", "held"), [("2026-04-06", True), ("2026-04-07", False)])
    def test_a_hold_between_its_parts_does_not_hold_it(self, begins: str, *, held: bool) -> None:
        hold = {"first": begins, "last": begins, "reason": "x"}
        days = ("2026-01-05", "2026-04-06", "2026-04-07")
        assert self.cycle(MIGRAINE, *days, holds=[hold]).held is held

    def test_without_a_usual_range_it_is_held_from_the_minimum_on(self) -> None:
        own = protocol(retreatment=rule(usual=None))
        for last, held in (("2026-03-29", False), ("2026-03-30", True)):
            hold = {"first": "2026-03-20", "last": last, "reason": "x"}
            assert self.cycle(own, "2026-01-05", "2026-06-01", holds=[hold]).held is held

    def test_days_late_count_from_the_end_of_the_usual_range(self) -> None:
        own = protocol(retreatment=rule(usual="12 to 14 weeks"))
        assert self.cycle(own, "2026-01-05", "2026-05-01").late_by_days == 18

    def test_advice_is_told_until_the_eve_of_its_day(self) -> None:
        own = protocol(retreatment={"kind": "as_needed", "minimum": ADVISED})
        found = [self.cycle(own, "2026-01-05", day).advice for day in ("2026-03-29", "2026-03-30")]
        assert [advice is None for advice in found] == [False, True]

    def test_the_payer_of_the_cycles_own_product_counts(self) -> None:
        approved = {
            "indication": "chronic-migraine",
            "product": "Dysport",
            "valid": {"first": "2026-01-01", "last": "2026-12-31"},
            "minimum_interval": "20 weeks",
        }
        days = ("2026-01-05", "2026-04-06")
        sessions = [{**GIVEN, "product": "Dysport", "administered_on": day} for day in days]
        given = bs.PatientRecord(sessions=sessions, authorizations=[approved])
        _, cycle = bs.treatment_cycles(given, MIGRAINE, as_of="2026-05-01")
        assert cycle.short_by_days == 49

    def test_a_list_judges_the_second_cycle_too(self) -> None:
        reading = reading_of(record("2026-01-05", "2026-03-29"), date(2026, 4, 1))
        (track,) = tracks_of(reading, "us", None)
        judgment = standing_of(track).judgment
        assert judgment is not None
        assert judgment.timing == "early"


def least(*intervals: str) -> list[dict[str, Any]]:
    """Overrides of one day, of which the longer one wins."""
    why = {"authority": "clinician", "reason": "x", "first": "2023-01-01"}
    return [{"indication": "chronic-migraine", "minimum": each, **why} for each in intervals]


ALIKE: dict[str, tuple[Any, Any, Any]] = {
    "weeks": ({}, {}, {}),
    "months": ({"usual": "3 to 4 months"}, {}, {}),
    "a minimum in months": ({"minimum": "3 months"}, {}, {}),
    "short months": ({"minimum": "3 months"}, {"short_month": "first_of_next"}, {}),
    "rules that begin": ({}, {"payer": [{"minimum": "3 months", "first": "2024-12-03"}]}, {}),
    "rules that end": ({}, {"payer": [{"minimum": "100 days", "last": "2024-12-03"}]}, {}),
    "a tolerance in months": ({}, {"validity_tolerance": "1 month"}, {}),
    "a grace in months": ({}, {"scheduled_grace": "1 month"}, {}),
    "a hold": ({}, {}, {"holds": [{"first": "2024-12-10", "last": "2024-12-20", "reason": "x"}]}),
    "overrides": ({}, {}, {"overrides": least("3 months", "91 days")}),
}


@pytest.mark.parametrize("name", ALIKE)
def test_cycles_of_equal_distances_compare_alike(name: str) -> None:
    """Whichever cycle comes first, no two of equal distances are judged differently."""
    rules, policy, decided = ALIKE[name]
    days = [date(2024, 10, 1) + timedelta(days=n) for n in (*range(0, 150, 30), *range(55, 70))]
    pairs = [
        apart(day, gap, touched_up, rules=rules, policy=policy, **decided)
        for day in days
        for gap in (74, 75, 90, 114, 130, 142, 143)
        for touched_up in (None, 20, 21)
    ]
    judged = [judge_cycle(*pair)[:4] for pair in pairs]
    for sample in pairs[::31]:
        found: dict[Any, Any] = {}
        comparison = comparison_of(*sample)
        for (_, before, cycle), judgment in zip(pairs, judged, strict=True):
            last_on = before.sessions[-1].administered_on
            place = comparison.distances(before.anchored_on, last_on, cycle.first_on)
            assert found.setdefault(place, judgment) == judgment


def test_of_two_products_each_can_be_the_strictest() -> None:
    """From February the one in days judges, from May and June the one in months."""
    own = protocol(retreatment=rule(minimum="90 days", usual="90 to 100 days"))
    needed = {"kind": "as_needed", "minimum": "3 months", "usual": "3 months"}
    other = protocol(id="other", product="Dysport", retreatment=needed)
    policy = SchedulingPolicy(as_needed_grace="1 month")
    pairs = []
    for first in (date(2025, 2, 1), date(2025, 5, 1), date(2025, 6, 1)):
        days = [first, first + timedelta(days=123)]
        sessions = [session(day.isoformat(), product=None) for day in days]
        given, known = PatientRecord(sessions=sessions), [own, other]
        track = track_on("2026-01-01", given, own, policy=policy, other_protocols=known)
        pairs.append((track, *track.cycles))
    assert [judge_cycle(*pair).timing for pair in pairs] == ["late", "on_time", "late"]
    for sample in pairs:
        places = [
            comparison_of(*sample).distances(before.anchored_on, before.anchored_on, cycle.first_on)
            for _, before, cycle in pairs
        ]
        assert len({*places}) == len(pairs)


def apart(
    first: date, gap: int, touched_up: int | None, *, rules: Any, policy: Any, **decided: Any
) -> tuple[Any, Any, Any]:
    """A track, and its two cycles: so many days apart, the first with a touch-up after so many."""
    days = {first: "full", first + timedelta(days=gap): "full"}
    if touched_up:
        days[first + timedelta(days=touched_up)] = "touch_up"
    sessions = [session(day.isoformat(), kind=kind) for day, kind in days.items()]
    given = PatientRecord.model_validate({"sessions": sessions, **decided})
    own = protocol(retreatment=rule(**rules))
    track = track_on("2026-01-01", given, own, policy=SchedulingPolicy(**policy))
    return track, *track.cycles
