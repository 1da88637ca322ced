"""The core: rules at their edges that a change of the code once passed unseen."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.engine.adherence import (
    CourseCycle,
    EpisodeEnd,
    FollowUp,
    course_of,
    effect_days,
    follow_up_of,
    follow_up_until,
    given_effect,
)
from botox_schedule.engine.forecast import forecast_in
from botox_schedule.engine.holds import NO_HOLDS
from botox_schedule.engine.response import phases_until
from botox_schedule.engine.rules import longest_minimums
from botox_schedule.engine.standing import Phases, clear_of, last_chance_on, standing_of
from botox_schedule.engine.track import Reading, read_record
from botox_schedule.engine.tracks import RecordTrack, tracks_of
from botox_schedule.engine.worklist import Waiting, call_by, is_long_ago, place_of, waiting_of
from botox_schedule.policy import policy_or_default
from botox_schedule.protocols import ProtocolSet
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.questions import ask
from samples import MIGRAINE, codes, override, protocol, record

FIRST_OF_NEXT = bs.SchedulingPolicy(short_month="first_of_next")
GIVEN: dict[str, Any] = {
    "administered_on": "2026-01-05",
    "indication": "chronic-migraine",
    "product": "Botox",
}
DAY = timedelta(1)
ARM, LEG = "upper-limb-spasticity", "lower-limb-spasticity"


def allowed(given: bs.PatientRecord, *days: str, **asked: Any) -> list[bool | None]:
    """Whether the days are allowed for a patient with chronic migraine."""
    asked = {"as_of": "2026-02-01", "protocol": MIGRAINE, **asked}
    own = asked.pop("protocol")
    return [bs.check_date(given, own, on=day, **asked).allowed for day in days]


def rule(**changed: Any) -> dict[str, Any]:
    return {"kind": "scheduled", "minimum": "12 weeks", "usual": "12 weeks", **changed}


class TestShortMonths:
    """The policy says what becomes of a day that a month does not have, wherever months count."""

    def test_in_a_minimum(self) -> None:
        own = protocol(retreatment=rule(minimum="3 months", usual="3 months"))
        given = record("2025-11-30")
        days = ("2026-02-28", "2026-03-01")
        assert allowed(given, *days, protocol=own) == [True, True]
        assert allowed(given, *days, protocol=own, policy=FIRST_OF_NEXT) == [False, True]

    def test_in_the_end_of_a_usual_range(self) -> None:
        own = protocol(retreatment=rule(usual="3 to 4 months"))
        found = bs.forecast(record("2025-10-31"), own, as_of="2025-12-01", policy=FIRST_OF_NEXT)
        # The range ends on 2026-03-01 and not on 2026-02-28; 7 days of grace follow.
        assert found.dates.overdue_from == date(2026, 3, 9)

    def test_in_which_of_two_overrides_is_the_longer(self) -> None:
        overrides = [override(first="2025-11-30", minimum=text) for text in ("3 months", "90 days")]
        found = bs.forecast(
            record("2025-11-30", overrides=overrides),
            MIGRAINE,
            as_of="2026-01-01",
            policy=FIRST_OF_NEXT,
        )
        assert found.dates.earliest == date(2026, 3, 1)


class TestProjection:
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


class TestVersions:
    def test_the_one_in_force_says_whether_treatment_is_scheduled(self) -> None:
        old = protocol(retreatment=rule(), in_force={"last": "2026-01-31"})
        new = protocol(
            version="2", retreatment=rule(kind="as_needed"), in_force={"first": "2026-02-01"}
        )
        for given, others in ((old, [new]), (new, [old])):
            found = bs.forecast(
                record("2026-01-05"), given, as_of="2026-02-01", other_protocols=others
            )
            # What is given as needed has four weeks of grace, and not one.
            assert found.dates.overdue_from == date(2026, 4, 28)

    def test_before_the_first_one_the_clinics_usual_range_still_has_reasons(self) -> None:
        own = protocol(in_force={"first": "2027-01-01"}, retreatment=rule(kind="as_needed"))
        policy = bs.SchedulingPolicy(usual={"chronic-migraine": "13 to 14 weeks"})
        found = bs.forecast(record("2026-01-05"), own, as_of="2026-02-01", policy=policy)
        assert (found.dates.due, found.dates.overdue_from) == (date(2026, 4, 6), date(2026, 5, 12))
        assert [r.protocol for r in found.reasons.values()] == [own.ref] * 4
        assert bs.due_dates("2026-01-05", own, policy).boundaries == found.dates.boundaries


class TestJudges:
    def test_of_two_indications_the_one_with_a_minimum_judges(self) -> None:
        stating = protocol(indication=ARM, id="arm", shares_clock_with=[LEG])
        silent = protocol(
            indication=LEG, id="leg", shares_clock_with=[ARM], retreatment={"kind": "as_needed"}
        )
        both = [
            {**GIVEN, "administered_on": "2026-06-01", "indication": name} for name in (ARM, LEG)
        ]
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}, *both])
        for own, other, timing in ((stating, silent, "late"), (silent, stating, "late")):
            _, cycle = bs.treatment_cycles(given, own, as_of="2026-07-01", other_protocols=[other])
            assert cycle.timing == timing
        mute = stating.model_copy(update={"retreatment": silent.retreatment})
        _, cycle = bs.treatment_cycles(given, mute, as_of="2026-07-01", other_protocols=[silent])
        assert cycle.timing is None

    def test_without_any_interval_a_cycle_still_says_who_judges(self) -> None:
        past = protocol(retreatment={"kind": "as_needed"}, in_force={"last": "2026-02-01"})
        given = record("2026-01-05", "2026-04-06")
        _, cycle = bs.treatment_cycles(given, past, as_of="2026-05-01", other_protocols=[])
        assert (cycle.timing, codes(cycle)) == (
            None,
            {"unknown_units", "judged_by_another_protocol"},
        )

    def test_for_an_unknown_product_the_strictest_protocol_is_followed(self) -> None:
        known = [
            protocol(id="a", product="Dysport", retreatment=rule(minimum="20 weeks", usual=None)),
            protocol(id="b", product="Xeomin", retreatment=rule(minimum="8 weeks", usual=None)),
        ]
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": None}])
        (found,) = bs.forecast_all(given, as_of="2026-02-01", protocols=known)
        assert found.dates.earliest == date(2026, 5, 25)
        assert found.protocol is not None
        assert found.protocol.id == "a"


class TestStretches:
    """Which days the rules allow, where they change."""

    def test_an_override_from_between_a_session_and_its_touch_up_counts(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}
        given = bs.PatientRecord(
            sessions=[GIVEN, touch_up], overrides=[override(first="2026-01-10")]
        )
        assert allowed(given, "2026-03-16", "2026-03-17") == [False, True]

    def test_an_override_that_ends_before_a_discharge_allows_no_day_after_its_end(self) -> None:
        end = {"on": "2026-03-20", "kind": "discontinued"}
        for last, allowed_on in (("2026-03-10", None), ("2026-04-10", date(2026, 3, 11))):
            given = record("2026-01-05", overrides=[override(last=last)], care_ends=[end])
            found = bs.check_date(given, MIGRAINE, on="2026-03-11", as_of="2026-02-01")
            assert found.next_allowed_on == allowed_on

    def test_a_part_of_the_last_session_lies_near_its_first_part(self) -> None:
        given = record("2026-01-05", "2026-01-07")
        assert allowed(given, "2026-01-08", "2026-01-09", as_of="2026-01-08") == [None, False]

    def test_an_override_holds_on_its_last_day_whatever_begins_on_it(self) -> None:
        payer = {"minimum": "1 week", "first": "2026-03-10"}
        policy = bs.SchedulingPolicy.model_validate({"payer": [payer]})
        given = record("2026-01-05", overrides=[override(last="2026-03-10")])
        days = ("2026-03-10", "2026-03-11")
        assert allowed(given, *days, policy=policy) == [True, False]

    def test_each_authorization_counts_on_its_own_days(self) -> None:
        base = {"indication": "chronic-migraine", "product": "Botox"}
        spring = {"first": "2026-04-01", "last": "2026-04-10"}
        approved = [
            {**base, "valid": {"first": "2026-01-01", "last": "2026-01-31"}},
            {**base, "valid": spring, "minimum_interval": "20 weeks"},
            {**base, "valid": {"first": "2026-06-01", "last": "2026-06-10"}},
        ]
        given = record("2026-01-05", authorizations=approved)
        days = ("2026-03-31", "2026-04-01", "2026-04-10", "2026-04-11")
        assert allowed(given, *days) == [True, False, False, True]

    def test_a_minimum_of_days_opens_after_the_last_day_of_the_session(self) -> None:
        own = protocol(retreatment=rule(minimum="1 day", usual="1 day"))
        given = record("2026-01-05")
        asked: dict[str, Any] = {"protocol": own, "as_of": "2026-01-06"}
        assert allowed(given, "2026-01-08", "2026-01-09", **asked) == [None, True]
        assert bs.forecast(given, own, as_of="2026-01-06").dates.earliest == date(2026, 1, 9)

    def test_without_a_minimum_the_first_usual_day_counts_from_the_session(self) -> None:
        own = protocol(retreatment=rule(minimum=None))
        touch_up = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}
        given = bs.PatientRecord(sessions=[GIVEN, touch_up])
        assert allowed(given, "2026-03-29", "2026-03-30", protocol=own) == [None, True]
        months = protocol(retreatment=rule(minimum=None, usual="3 months"))
        asked: dict[str, Any] = {"protocol": months, "policy": FIRST_OF_NEXT}
        assert allowed(record("2025-11-30"), "2026-02-28", "2026-03-01", **asked) == [None, True]

    def test_what_ended_is_named_where_nothing_is_allowed_any_more(self) -> None:
        own = protocol(retreatment={"kind": "as_needed"})
        given = record("2026-01-05", overrides=[override(last="2026-03-31")])
        for as_of, expired in (("2026-03-31", False), ("2026-04-01", True)):
            found = bs.forecast(given, own, as_of=as_of)
            assert (found.dates.earliest is None, "expired_override" in codes(found)) == (
                expired,
            ) * 2


class TestWeighing:
    """Which of several minimums, judges and usual ranges counts."""

    def test_the_one_that_gives_the_latest_day_and_not_the_longest_in_words(self) -> None:
        own = protocol(retreatment=rule(minimum="90 days", usual=None))
        policy = bs.SchedulingPolicy(payer_minimum="3 months")
        asked: dict[str, Any] = {"protocol": own, "policy": policy, "as_of": "2026-06-01"}
        # Three months are 92 days from 5 May on, and 89 from 1 February on.
        assert allowed(record("2026-05-05"), "2026-08-04", "2026-08-05", **asked) == [False, True]
        asked["as_of"] = "2026-03-01"
        assert allowed(record("2026-02-01"), "2026-05-01", "2026-05-02", **asked) == [False, True]

    def test_the_first_bound_of_a_usual_range_then_its_last(self) -> None:
        ranges = [
            override(minimum=None, usual=text) for text in ("12 to 20 weeks", "13 to 14 weeks")
        ]
        found = bs.forecast(record("2026-01-05", overrides=ranges), MIGRAINE, as_of="2026-02-01")
        assert found.dates.due == date(2026, 4, 6)

    def test_of_equal_usual_ranges_the_clinicians(self) -> None:
        for words, other in (("13 weeks", "91 days"), ("91 days", "13 weeks")):
            ranges = [
                override(minimum=None, usual=words),
                override(minimum=None, usual=other, authority="payer"),
            ]
            found = bs.forecast(
                record("2026-01-05", overrides=ranges), MIGRAINE, as_of="2026-02-01"
            )
            assert words in found.reasons["due"].rule

    def test_advice_gives_way_to_what_binds_on_the_same_day(self) -> None:
        source = {"key": "k", "place": "p", "verification": "clinic", "checked_on": "2026-01-05"}
        stated = {"value": "12 weeks", "strength": "may", **source}
        own = protocol(retreatment={"kind": "as_needed", "minimum": stated})
        policy = bs.SchedulingPolicy(payer_minimum="84 days")
        found = bs.forecast(record("2026-01-05"), own, as_of="2026-02-01", policy=policy)
        assert found.reasons["earliest"].candidates[0].rule == "payer"

    def test_advice_of_a_misspelled_override_stays_under_a_valid_one(self) -> None:
        doubtful = override(indication="migrane", minimum="20 weeks", reason="y")
        given = record("2026-01-05", overrides=[override(), doubtful])
        days = ("2026-03-01", "2026-03-02", "2026-05-24", "2026-05-25")
        assert allowed(given, *days) == [False, None, None, True]

    def test_of_equal_judges_the_one_with_a_usual_range(self) -> None:
        arm = protocol(indication=ARM, id="arm", shares_clock_with=[LEG])
        leg = protocol(
            indication=LEG, id="leg", shares_clock_with=[ARM], retreatment=rule(usual=None)
        )
        both = [
            {**GIVEN, "administered_on": "2026-06-01", "indication": name} for name in (ARM, LEG)
        ]
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}, *both])
        for own, other in ((arm, leg), (leg, arm)):
            _, cycle = bs.treatment_cycles(given, own, as_of="2026-07-01", other_protocols=[other])
            assert cycle.timing == "late"

    def test_only_the_cycles_own_protocols_judge_it(self) -> None:
        own = [
            protocol(indication=name, id=name, shares_clock_with=[other])
            for name, other in ((ARM, LEG), (LEG, ARM))
        ]
        strict = protocol(
            indication=ARM, id="d", product="Dysport", retreatment=rule(minimum="20 weeks")
        )
        both = [
            {**GIVEN, "administered_on": "2026-03-30", "indication": name} for name in (ARM, LEG)
        ]
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}, *both])
        _, cycle = bs.treatment_cycles(
            given, own[0], as_of="2026-07-01", other_protocols=[own[1], strict]
        )
        assert cycle.timing == "on_time"


class TestLastTreatments:
    """What was given last forbids days; what is planned opens them."""

    PLANNED = protocol(retreatment=rule(minimum="4 weeks", usual=None))

    def last(self, *products: str | None, indication: str = "chronic-migraine") -> bs.PatientRecord:
        base = {**GIVEN, "indication": indication}
        return bs.PatientRecord(sessions=[{**base, "product": product} for product in products])

    @staticmethod
    def other(product: str, minimum: str | None, **changed: Any) -> bs.TreatmentProtocol:
        stated = rule(minimum=minimum, usual=None)
        return protocol(id=product, product=product, retreatment=stated, **changed)

    @pytest.mark.parametrize("weeks", [("10 weeks", "20 weeks"), ("20 weeks", "10 weeks")])
    def test_all_products_of_the_last_cycle_count(self, weeks: tuple[str, str]) -> None:
        others = [self.other("Dysport", weeks[0]), self.other("Xeomin", weeks[1])]
        asked: dict[str, Any] = {"protocol": self.PLANNED, "other_protocols": others}
        given = self.last("Dysport", "Xeomin")
        assert allowed(given, "2026-05-24", "2026-05-25", **asked) == [False, True]

    def test_a_new_version_of_each_of_them_counts_from_its_day(self) -> None:
        old = {"in_force": {"last": "2026-03-10"}}
        new = {"version": "2", "in_force": {"first": "2026-03-11"}}
        for changing, other in (("Dysport", "Xeomin"), ("Xeomin", "Dysport")):
            others = [
                self.other(changing, "20 weeks", **old),
                self.other(changing, "5 weeks", **new),
                self.other(other, "5 weeks"),
            ]
            asked: dict[str, Any] = {"protocol": self.PLANNED, "other_protocols": others}
            given = self.last("Dysport", "Xeomin")
            assert allowed(given, "2026-03-10", "2026-03-11", **asked) == [False, True]
            found = bs.forecast(given, self.PLANNED, as_of="2026-02-01", other_protocols=others)
            assert found.dates.earliest == date(2026, 3, 11)

    def test_before_its_protocol_is_in_force_those_of_the_indication_count(self) -> None:
        late = self.other("Dysport", "5 weeks", in_force={"first": "2026-04-01"})
        others = [
            late,
            self.other("Xeomin", "20 weeks", in_force={"last": "2026-03-10"}),
            self.other("Xeomin", "6 weeks", version="2", in_force={"first": "2026-03-11"}),
        ]
        asked: dict[str, Any] = {"protocol": self.PLANNED, "other_protocols": others}
        days = ("2026-03-10", "2026-03-11")
        assert allowed(self.last("Dysport"), *days, **asked) == [False, True]

    def test_they_never_open_what_the_planned_protocol_leaves_open(self) -> None:
        silent = protocol(retreatment={"kind": "as_needed"})
        asked: dict[str, Any] = {
            "protocol": silent,
            "other_protocols": [self.other("Dysport", "10 weeks")],
        }
        assert allowed(self.last("Dysport"), "2026-03-15", "2026-03-16", **asked) == [False, None]

    @pytest.mark.parametrize("unknown", ["Dysport", "Xeomin"])
    def test_one_without_a_protocol_is_told_whatever_else_was_given(self, unknown: str) -> None:
        known = "Xeomin" if unknown == "Dysport" else "Dysport"
        others = [self.other(known, "10 weeks")]
        found = bs.forecast(
            self.last("Dysport", "Xeomin"), self.PLANNED, as_of="2026-02-01", other_protocols=others
        )
        assert "judged_by_another_protocol" in codes(found)
        later = [
            {**GIVEN, "administered_on": "2026-06-01", "product": p} for p in ("Dysport", "Xeomin")
        ]
        _, cycle = bs.treatment_cycles(
            bs.PatientRecord(sessions=[GIVEN, *later]),
            self.PLANNED,
            as_of="2026-07-01",
            other_protocols=others,
        )
        assert "judged_by_another_protocol" in codes(cycle)

    def limbs(self) -> list[bs.TreatmentProtocol]:
        """Botox: the arm after 12 weeks, spasticity in general after 16; Dysport: the leg after 10."""
        names = (ARM, LEG, "spasticity")
        shared = {name: [other for other in names if other != name] for name in names}
        arm = protocol(indication=ARM, id="arm", shares_clock_with=shared[ARM])
        general = protocol(
            indication="spasticity",
            id="general",
            shares_clock_with=shared["spasticity"],
            retreatment=rule(minimum="16 weeks"),
        )
        return [arm, general, self.other("Dysport", "10 weeks", indication=LEG)]

    @pytest.mark.parametrize(
        ("indication", "earliest"), [(LEG, date(2026, 4, 27)), (ARM, date(2026, 3, 30))]
    )
    def test_an_unknown_product_elsewhere_in_the_clock_may_be_the_planned_one(
        self, indication: str, earliest: date
    ) -> None:
        arm, *others = self.limbs()
        given = self.last(None, indication=indication)
        found = bs.forecast(given, arm, as_of="2026-02-01", other_protocols=others)
        assert found.dates.earliest == earliest

    def test_a_past_cycle_is_compared_with_its_own_product(self) -> None:
        arm, _, leg = self.limbs()
        own = self.other("Dysport", "8 weeks", indication=ARM)
        sessions = [
            {**GIVEN, "product": "Dysport", "indication": name, "administered_on": day}
            for name, day in ((LEG, "2026-01-05"), (ARM, "2026-03-09"))
        ]
        # Of the same product for another indication, the minimum only advises.
        _, cycle = bs.treatment_cycles(
            bs.PatientRecord(sessions=sessions), arm, as_of="2026-07-01", other_protocols=[leg, own]
        )
        assert (cycle.timing, cycle.advice is None) == ("on_time", False)


class TestDatesAndHolds:
    FIVE: ClassVar[Any] = {"first": "2026-04-03", "last": "2026-04-10", "reason": "x"}

    def dates(self, own: Any = MIGRAINE, as_of: str = "2026-02-01", **rows: Any) -> bs.DueDates:
        policy = rows.pop("policy", None)
        given = rows.pop("given", None) or record("2026-01-05", **rows)
        return bs.forecast(given, own, as_of=as_of, policy=policy).dates

    def test_holds_that_touch_are_one(self) -> None:
        holds = [
            {"first": "2026-03-20", "last": "2026-04-04", "reason": "a"},
            {"first": "2026-04-05", "last": "2026-04-09", "reason": "b"},
        ]
        given = record("2026-01-05", holds=holds)
        for as_of in ("2026-02-01", "2026-03-30"):
            found = bs.forecast(given, MIGRAINE, as_of=as_of)
            assert found.dates.earliest == date(2026, 4, 10)
        assert found.resumes_on == date(2026, 4, 10)

    @pytest.mark.parametrize(
        ("begins", "overdue_from"),
        [("2026-04-18", date(2026, 4, 28)), ("2026-04-19", date(2026, 4, 18))],
    )
    def test_a_hold_on_the_day_of_becoming_overdue_gives_the_grace_again(
        self, begins: str, overdue_from: date
    ) -> None:
        second = {"first": begins, "last": "2026-04-20", "reason": "y"}
        assert self.dates(holds=[self.FIVE, second]).overdue_from == overdue_from

    def test_the_grace_after_a_hold_counts_in_the_policys_months(self) -> None:
        hold = {"first": "2026-12-25", "last": "2027-01-30", "reason": "x"}
        for short_month, expected in (
            ("last_day", date(2027, 2, 28)),
            ("first_of_next", date(2027, 3, 1)),
        ):
            policy = bs.SchedulingPolicy(scheduled_grace="1 month", short_month=short_month)
            dates = self.dates(
                given=record("2026-09-07", holds=[hold]), as_of="2026-11-01", policy=policy
            )
            assert dates.overdue_from == expected

    def test_days_on_hold_do_not_make_a_patient_lapse(self) -> None:
        hold = {"first": "2026-05-01", "last": "2026-05-10", "reason": "x"}
        assert self.dates(holds=[hold]).lapsed_from == date(2026, 7, 2)

    def test_nobody_lapses_before_being_overdue(self) -> None:
        policy = bs.SchedulingPolicy(lapsed_after="0 days")
        dates = self.dates(holds=[self.FIVE], policy=policy)
        assert (dates.overdue_from, dates.lapsed_from) == (date(2026, 4, 18),) * 2

    def test_after_a_discharge_or_in_an_open_hold_nobody_lapses(self) -> None:
        end = {"on": "2026-06-01", "kind": "discontinued"}
        hold = {"first": "2026-06-01", "reason": "x"}
        both: tuple[dict[str, Any], ...] = ({"care_ends": [end]}, {"holds": [hold]})
        for rows in both:
            dates = self.dates(**rows)
            assert (dates.overdue_from, dates.lapsed_from) == (date(2026, 4, 7), None)

    def test_twice_the_usual_range_is_counted_once_from_the_session(self) -> None:
        own = protocol(retreatment=rule(usual="3 months"))
        assert bs.due_dates("2026-11-30", own).lapsed_from == date(2027, 5, 30)
        august = bs.due_dates("2026-08-31", own, FIRST_OF_NEXT)
        assert august.lapsed_from == date(2027, 3, 1)
        policy = bs.SchedulingPolicy(lapsed_after="6 months", short_month="first_of_next")
        assert bs.due_dates("2026-08-31", own, policy).lapsed_from == date(2027, 3, 1)

    def test_a_touch_up_moves_the_day_of_lapsing_once(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-01-19", "kind": "touch_up"}
        given = bs.PatientRecord(sessions=[GIVEN, touch_up])
        policy = bs.SchedulingPolicy(lapsed_after="20 weeks")
        assert self.dates(given=given, policy=policy).lapsed_from == date(2026, 6, 8)

    def test_the_usual_range_is_that_of_the_version_on_the_earliest_day(self) -> None:
        old = protocol(in_force={"last": "2026-02-28"})
        new = protocol(
            version="2", retreatment=rule(usual="14 weeks"), in_force={"first": "2026-03-01"}
        )
        found = bs.forecast(record("2026-01-05"), old, as_of="2026-02-01", other_protocols=[new])
        assert found.dates.due == date(2026, 4, 13)

    def test_due_may_lie_in_a_later_stretch_than_the_earliest_day(self) -> None:
        dates = self.dates(overrides=[override(last="2026-03-10")])
        assert (dates.earliest, dates.due) == (date(2026, 3, 2), date(2026, 3, 30))


class TestTypicalDays:
    """A typical day is counted from the session, and never a day that is not allowed."""

    def typical(self, text: str, minimum: str | None = None, **rows: Any) -> date | None:
        as_of, policy = rows.pop("as_of", "2026-02-01"), rows.pop("policy", None)
        stated = {
            "kind": "as_needed",
            "minimum": minimum,
            "typical": text,
            "typical_statistic": "median",
        }
        given = rows.pop("given", None) or record("2026-01-05", **rows)
        own = protocol(retreatment=stated)
        return bs.forecast(given, own, as_of=as_of, policy=policy).dates.typical_on

    def test_in_the_policys_months(self) -> None:
        given = record("2025-11-30")
        found = [self.typical("3 months", given=given, policy=p) for p in (None, FIRST_OF_NEXT)]
        assert found == [date(2026, 2, 28), date(2026, 3, 1)]

    def test_not_from_a_touch_up(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}
        given = bs.PatientRecord(sessions=[GIVEN, touch_up])
        assert self.typical("20 weeks", "12 weeks", given=given) == date(2026, 5, 25)

    def test_after_a_hold(self) -> None:
        hold = {"first": "2026-05-20", "last": "2026-06-10", "reason": "x"}
        for minimum in (None, "12 weeks"):
            assert self.typical("20 weeks", minimum, holds=[hold]) == date(2026, 6, 11)

    def test_not_from_a_discharge_on(self) -> None:
        for day, expected in (("2026-05-25", None), ("2026-05-26", date(2026, 5, 25))):
            end = {"on": day, "kind": "discontinued"}
            assert self.typical("20 weeks", care_ends=[end]) == expected

    def test_not_before_the_earliest_day(self) -> None:
        ended = override(last="2026-03-10")
        found = self.typical("9 weeks", "12 weeks", overrides=[ended], as_of="2026-03-20")
        assert found == date(2026, 3, 30)

    def test_in_the_version_in_force_where_nothing_is_allowed(self) -> None:
        def version(number: str, text: str, **period: str) -> bs.TreatmentProtocol:
            stated = {"kind": "as_needed", "typical": text, "typical_statistic": "median"}
            return protocol(version=number, retreatment=stated, in_force=period)

        old, new = (
            version("1", "20 weeks", last="2026-01-31"),
            version("2", "30 weeks", first="2026-02-01"),
        )
        found = bs.forecast(record("2026-01-05"), old, as_of="2026-02-01", other_protocols=[new])
        assert found.dates.typical_on == date(2026, 8, 3)


class TestUnverifiedFigures:
    SOURCE: ClassVar[Any] = {"key": "k", "place": "p", "checked_on": "2026-01-05"}

    def unverified(
        self, policy: bs.SchedulingPolicy | None = None, **stated: Any
    ) -> tuple[str, ...]:
        own = protocol(retreatment={"kind": "as_needed", **stated})
        found = bs.forecast(record("2026-01-05"), own, as_of="2026-02-01", policy=policy)
        return found.dates.unverified

    def test_an_advised_minimum_that_decides_is_one(self) -> None:
        stated = {**self.SOURCE, "value": "12 weeks", "strength": "may"}
        assert self.unverified(minimum={**stated, "verification": "unverified"}) == ("minimum",)
        assert self.unverified(minimum={**stated, "verification": "clinic"}) == ()

    def test_the_clinics_own_range_is_none(self) -> None:
        policy = bs.SchedulingPolicy(usual={"chronic-migraine": "13 weeks"})
        assert self.unverified(minimum="12 weeks", usual="12 weeks") == ("minimum", "usual")
        assert self.unverified(policy, minimum="12 weeks", usual="12 weeks") == ("minimum",)

    def test_a_typical_day_is_one_even_alone(self) -> None:
        assert self.unverified(typical="20 weeks", typical_statistic="median") == ("typical",)


class TestCoursesElsewhere:
    """Accounts of one course count once, the larger; other courses are added."""

    @pytest.mark.parametrize(
        ("one", "other", "cycles"),
        [
            pytest.param({"cycles": 3}, {"cycles": 5}, 5, id="nothing is dated"),
            pytest.param(
                {"cycles": 3, "last_on": "2021-05-01"},
                {"cycles": 5, "started_on": "2021-05-01", "last_on": "2022-05-01"},
                5,
                id="they share a day",
            ),
            pytest.param(
                {"cycles": 3, "last_on": "2021-04-30"},
                {"cycles": 5, "started_on": "2021-05-01", "last_on": "2022-05-01"},
                8,
                id="one ends on the eve of the other",
            ),
            pytest.param(
                {"cycles": 3, "last_on": "2021-04-30"},
                {"cycles": 5, "last_on": "2022-05-01"},
                5,
                id="the start of the later one is unknown",
            ),
        ],
    )
    def test_only_courses_that_surely_differ_are_added(
        self, one: dict[str, Any], other: dict[str, Any], cycles: int
    ) -> None:
        for rows in ((one, other), (other, one)):
            priors = [{"indication": "chronic-migraine", **row} for row in rows]
            given = record("2026-01-05", prior_treatments=priors)
            found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
            assert found.cycle_number == cycles + 1
            assert ("prior_treatments_counted_once" in codes(found)) is (cycles == 5)


class TestDoubt:
    """What stands under an unknown indication leaves days open, as long as it may and no longer."""

    def test_an_override_counts_on_its_days(self) -> None:
        doubtful = override(
            indication="migrane", minimum="20 weeks", first="2026-04-10", last="2026-04-20"
        )
        given = record("2026-01-05", overrides=[doubtful])
        days = ("2026-04-09", "2026-04-10", "2026-04-20", "2026-04-21")
        assert allowed(given, *days) == [True, None, None, True]

    def test_a_session_that_may_be_part_of_the_last_one_counts_from_its_end(self) -> None:
        # The longest known minimum is 16 weeks; from 4 days on it is surely another session.
        own = protocol(retreatment=rule(minimum="16 weeks", usual=None))
        policy = bs.SchedulingPolicy(touch_up_moves_earliest=False)
        touch_up = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}
        for day, expected in (("2026-01-02", [None, None, True]), ("2026-01-01", [True] * 3)):
            unknown = {**GIVEN, "administered_on": day, "indication": "migrane"}
            given = bs.PatientRecord(sessions=[GIVEN, touch_up, unknown])
            days = ("2026-04-27", "2026-05-11", "2026-05-12")
            assert allowed(given, *days, protocol=own, policy=policy) == expected


class TestLastSession:
    """The session that dates count from: here or elsewhere, with its touch-ups."""

    PRIOR: ClassVar[Any] = {"indication": "chronic-migraine", "cycles": 2, "product": "Botox"}
    STRICT = protocol(id="d", product="Dysport", retreatment=rule(minimum="20 weeks", usual=None))
    TOUCH_UP: ClassVar[Any] = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}

    def found(self, as_of: str = "2026-02-01", **rows: Any) -> bs.Forecast:
        given = bs.PatientRecord.model_validate(rows)
        return bs.forecast(given, MIGRAINE, as_of=as_of, other_protocols=[self.STRICT])

    def test_the_latest_of_several_courses_counts(self) -> None:
        priors = [{**self.PRIOR, "last_on": day} for day in ("2026-01-05", "2025-06-02")]
        assert self.found(prior_treatments=priors).last_session_on == date(2026, 1, 5)

    @pytest.mark.parametrize(
        ("last_on", "status"), [("2026-02-01", "too_early"), ("2026-02-02", "no_history")]
    )
    def test_a_last_day_elsewhere_counts_once_it_has_come(self, last_on: str, status: str) -> None:
        assert self.found(prior_treatments=[{**self.PRIOR, "last_on": last_on}]).status == status

    def test_of_several_courses_without_a_last_day_the_latest_start_counts(self) -> None:
        starts = ("2020-01-06", "2026-01-20")
        priors = [{**self.PRIOR, "started_on": day} for day in starts]
        for rows in (priors, priors[::-1]):
            assert self.found(sessions=[GIVEN], prior_treatments=rows).status == "no_history"
        for start, status in (("2026-01-05", "too_early"), ("2026-01-06", "no_history")):
            row = {**self.PRIOR, "started_on": start}
            assert self.found(sessions=[GIVEN], prior_treatments=[row]).status == status

    def test_the_course_starts_with_the_first_of_several(self) -> None:
        spans = (("2020-01-06", "2020-06-01"), ("2022-01-06", "2022-06-01"))
        priors = [{**self.PRIOR, "started_on": first, "last_on": last} for first, last in spans]
        timeline = self.found(sessions=[GIVEN], prior_treatments=priors).timeline
        assert timeline is not None
        assert timeline.full_benefit_by == date(2020, 7, 6)

    def test_a_session_here_comes_after_one_elsewhere_of_its_day(self) -> None:
        prior = {**self.PRIOR, "product": "Dysport", "last_on": "2026-01-05"}
        assert self.found(sessions=[GIVEN], prior_treatments=[prior]).dates.earliest == date(
            2026, 3, 30
        )

    def test_nothing_joins_a_session_elsewhere(self) -> None:
        given = bs.PatientRecord(prior_treatments=[{**self.PRIOR, "last_on": "2026-01-05"}])
        assert allowed(given, "2026-01-07", as_of="2026-01-07") == [False]

    def test_touch_ups_here_belong_to_a_later_session_elsewhere(self) -> None:
        prior = {**self.PRIOR, "last_on": "2026-01-05"}
        old = {**GIVEN, "administered_on": "2025-06-02"}
        found = self.found(sessions=[old, self.TOUCH_UP], prior_treatments=[prior])
        assert found.dates.earliest == date(2026, 4, 14)
        same_day = {**GIVEN, "kind": "touch_up", "product": "Dysport"}
        found = self.found(sessions=[old, same_day], prior_treatments=[prior])
        assert found.dates.earliest == date(2026, 5, 25)

    def test_the_product_of_a_touch_up_counts(self) -> None:
        touch_up = {**self.TOUCH_UP, "administered_on": "2026-01-06", "product": "Dysport"}
        found = self.found(sessions=[GIVEN, touch_up])
        assert found.dates.earliest == date(2026, 5, 26)
        assert "product_switch" in codes(found)
        later = {**GIVEN, "administered_on": "2026-05-01"}
        _, cycle = bs.treatment_cycles(
            bs.PatientRecord(sessions=[GIVEN, touch_up, later]),
            MIGRAINE,
            as_of="2026-06-01",
            other_protocols=[self.STRICT],
        )
        assert cycle.short_by_days == 25

    def test_nothing_given_elsewhere_is_no_course(self) -> None:
        found = self.found(prior_treatments=[{**self.PRIOR, "cycles": 0}])
        assert (found.status, codes(found)) == ("no_history", set())

    def test_the_response_is_that_of_its_indication_and_of_its_day(self) -> None:
        def version(number: str, name: str, onset: str, **period: str) -> bs.TreatmentProtocol:
            other = LEG if name == ARM else ARM
            return protocol(
                id=name,
                version=number,
                indication=name,
                shares_clock_with=[other],
                response={"onset": onset},
                in_force=period,
            )

        arm = version("1", ARM, "1 to 2 weeks")
        old, new = (
            version("1", LEG, "3 to 4 weeks", last="2026-01-31"),
            version("2", LEG, "5 to 6 weeks", first="2026-02-01"),
        )
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": LEG}])
        found = bs.forecast(given, arm, as_of="2026-02-01", other_protocols=[old, new])
        assert found.timeline is not None
        assert str(found.timeline.onset) == "2026-01-26 to 2026-02-02"


class TestEndOfCare:
    END: ClassVar[Any] = {"on": "2026-04-10", "kind": "discontinued"}

    def test_its_day_is_forbidden_and_the_eve_is_not(self) -> None:
        given = record("2026-01-05", care_ends=[self.END])
        assert allowed(given, "2026-04-09", "2026-04-10") == [True, False]
        statuses = [
            bs.forecast(given, MIGRAINE, as_of=d).status for d in ("2026-04-09", "2026-04-10")
        ]
        assert statuses == ["overdue", "discontinued"]

    def test_of_several_ahead_the_first_counts(self) -> None:
        later = {**self.END, "on": "2026-05-10"}
        for ends in ([self.END, later], [later, self.END]):
            assert allowed(record("2026-01-05", care_ends=ends), "2026-04-10") == [False]

    def test_a_touch_up_after_it_reopens_care(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-04-11", "kind": "touch_up"}
        given = bs.PatientRecord(sessions=[GIVEN, touch_up], care_ends=[self.END])
        assert bs.forecast(given, MIGRAINE, as_of="2026-05-01").status == "too_early"

    def test_it_comes_before_a_hold(self) -> None:
        hold = {"first": "2026-03-01", "reason": "x"}
        given = record("2026-01-05", care_ends=[self.END], holds=[hold])
        assert bs.forecast(given, MIGRAINE, as_of="2026-05-01").status == "discontinued"

    def test_without_a_protocol_a_session_after_it_reopens_care_too(self) -> None:
        for name in ("hemifacial-spasm", "unheard-of"):
            sessions = [
                {**GIVEN, "indication": name, "administered_on": day}
                for day in ("2026-01-05", "2026-04-20")
            ]
            for rows, status in ((sessions, "no_interval"), (sessions[:1], "discontinued")):
                given = bs.PatientRecord(sessions=rows, care_ends=[self.END])
                (found,) = bs.forecast_all(given, as_of="2026-05-01")
                assert found.status == status
                assert found.last_session_on == date.fromisoformat(rows[-1]["administered_on"])

    def test_a_hold_ahead_leaves_the_status(self) -> None:
        hold = {"first": "2026-02-02", "reason": "x"}
        found = bs.forecast(record("2026-01-05", holds=[hold]), MIGRAINE, as_of="2026-02-01")
        assert (found.status, found.resumes_on) == ("too_early", None)
        assert bs.forecast(record("2026-01-05"), MIGRAINE, as_of="2026-02-01").resumes_on is None


class TestOtherNames:
    """Decisions about another clock, under a declared or an unknown name."""

    VALID: ClassVar[Any] = {"first": "2026-04-10", "last": "2026-04-20"}
    DAYS = ("2026-04-09", "2026-04-10", "2026-04-20", "2026-04-21")

    def test_an_authorization_of_another_clock_binds_nothing(self) -> None:
        approved = {"product": "Botox", "valid": self.VALID, "minimum_interval": "20 weeks"}
        for name, expected in (
            ("spasticity", True),
            ("migrane", None),
            ("chronic-migraine", False),
        ):
            given = record("2026-01-05", authorizations=[{**approved, "indication": name}])
            assert allowed(given, *self.DAYS) == [True, expected, expected, True]

    def test_a_payers_rule_under_an_unknown_name_advises_on_its_days(self) -> None:
        payer = {"minimum": "20 weeks", "indication": "migrane", **self.VALID}
        policy = bs.SchedulingPolicy.model_validate({"payer": [payer]})
        assert allowed(record("2026-01-05"), *self.DAYS, policy=policy) == [True, None, None, True]

    @pytest.mark.parametrize(
        ("stated", "opens"),
        [
            ({"minimum": None, "usual": "20 to 21 weeks"}, "2026-05-25"),
            ({"minimum": "4 weeks", "usual": "20 to 21 weeks"}, "2026-05-25"),
            ({"minimum": "20 weeks", "usual": "20 to 21 weeks"}, "2026-05-25"),
        ],
    )
    def test_an_override_under_an_unknown_name_advises_its_longest(
        self, stated: dict[str, Any], opens: str
    ) -> None:
        given = record("2026-01-05", overrides=[override(indication="migrane", **stated)])
        assert allowed(given, "2026-05-24", opens) == [None, True]

    def test_what_the_clinic_declares_is_no_doubt(self) -> None:
        policy = bs.SchedulingPolicy(other_indications=("bruxism",))
        given = record(
            "2026-01-05",
            overrides=[override(indication="bruxism", minimum="20 weeks")],
            holds=[{"first": "2026-03-01", "reason": "x", "indication": "bruxism"}],
        )
        assert allowed(given, "2026-03-30") == [False]
        assert allowed(given, "2026-03-30", policy=policy) == [True]

    def test_nothing_given_under_an_unknown_name_is_no_doubt(self) -> None:
        for cycles, expected in ((0, True), (1, None)):
            prior = {"indication": "migrane", "cycles": cycles}
            given = record("2026-01-05", prior_treatments=[prior])
            assert allowed(given, "2026-12-01") == [expected]


class TestUnknownSessions:
    """A session under an unknown name may have been one of the track."""

    UNKNOWN: ClassVar[Any] = {**GIVEN, "administered_on": "2026-01-20", "indication": "migrane"}

    def days(self, *days: str, sessions: Any = (GIVEN, UNKNOWN), **asked: Any) -> list[bool | None]:
        return allowed(bs.PatientRecord(sessions=sessions, **asked.pop("rows", {})), *days, **asked)

    def test_the_longest_known_minimum_counts_from_it(self) -> None:
        assert self.days("2026-05-11", "2026-05-12") == [None, True]
        silent = protocol(retreatment=rule(minimum=None))
        assert self.days("2026-05-11", "2026-05-12", protocol=silent) == [None, True]
        given = bs.PatientRecord(sessions=[GIVEN, self.UNKNOWN])
        earliest = bs.forecast(given, silent, as_of="2026-02-01").dates.earliest
        assert earliest == date(2026, 5, 12)

    def test_a_longer_one_in_force_does_too(self) -> None:
        payer = bs.SchedulingPolicy(payer_minimum="20 weeks")
        assert self.days("2026-06-08", "2026-06-09", policy=payer) == [None, True]
        misspelled = {"overrides": [override(indication="migrane", minimum="20 weeks")]}
        assert self.days("2026-06-08", "2026-06-09", rows=misspelled) == [None, True]

    def test_its_months_end_as_the_policy_says(self) -> None:
        own = protocol(retreatment=rule(minimum="3 months", usual=None))
        sessions = [
            {**GIVEN, "administered_on": "2025-11-01"},
            {**self.UNKNOWN, "administered_on": "2025-11-30"},
        ]
        asked: dict[str, Any] = {"protocol": own, "other_protocols": (), "sessions": sessions}
        assert self.days("2026-02-28", **asked) == [True]
        assert self.days("2026-02-28", "2026-03-01", policy=FIRST_OF_NEXT, **asked) == [None, True]

    def test_the_longest_differs_by_the_day_it_counts_from(self) -> None:
        known = ProtocolSet(
            protocol(id=name, product=name, retreatment=rule(minimum=text, usual=None))
            for name, text in (
                ("Botox", "90 days"),
                ("Dysport", "3 months"),
                ("Xeomin", "10 weeks"),
            )
        )
        assert set(map(str, longest_minimums(known))) == {"90 days", "3 months"}

    def test_a_touch_up_alone_says_nothing_about_what_came_before(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-01-20", "kind": "touch_up"}
        sessions = [touch_up, {**self.UNKNOWN, "administered_on": "2026-01-01"}]
        assert self.days("2026-05-11", "2026-05-12", sessions=sessions) == [None, True]

    @pytest.mark.parametrize(
        ("asked", "ends"),
        [
            ({}, "2026-05-12"),
            ({"policy": {"payer_minimum": "20 weeks"}}, "2026-06-09"),
            ({"policy": {"payer": [{"minimum": "20 weeks"}]}}, "2026-06-09"),
            (
                {"policy": {"payer_minimum": "4 months", "short_month": "first_of_next"}},
                "2026-05-20",
            ),
            ({"overrides": [override(minimum="20 weeks")]}, "2026-06-09"),
            ({"overrides": [override(minimum="20 weeks", last="2026-03-01")]}, "2026-05-12"),
            ({"overrides": [override(minimum="20 weeks", indication="spasticity")]}, "2026-05-12"),
            ({"authorizations": [("chronic-migraine", "2026-12-31")]}, "2026-06-09"),
            ({"authorizations": [("chronic-migraine", "2026-03-01")]}, "2026-05-12"),
            ({"authorizations": [("spasticity", "2026-12-31")]}, "2026-05-12"),
        ],
        ids=str,
    )
    def test_without_history_the_reason_ends_with_the_longest_in_force(
        self, asked: dict[str, Any], ends: str
    ) -> None:
        rows = dict(asked)
        policy = bs.SchedulingPolicy.model_validate(rows.pop("policy", {}))
        rows["authorizations"] = [
            {
                "indication": name,
                "product": "Botox",
                "valid": {"first": "2026-01-01", "last": last},
                "minimum_interval": "20 weeks",
            }
            for name, last in rows.get("authorizations", ())
        ]
        given = bs.PatientRecord(sessions=[self.UNKNOWN], **rows)
        last = date.fromisoformat(ends)
        reasons = [
            {
                r.code
                for r in bs.check_date(
                    given, MIGRAINE, on=on, as_of="2026-02-01", policy=policy
                ).reasons
            }
            for on in (last - DAY, last)
        ]
        assert reasons == [{"no_history", "unrecognized_session"}, {"no_history"}]

    def test_without_history_its_months_end_as_the_policy_says(self) -> None:
        given = bs.PatientRecord(sessions=[{**self.UNKNOWN, "administered_on": "2025-10-31"}])
        for short_month, last in (("last_day", "2026-02-27"), ("first_of_next", "2026-02-28")):
            policy = bs.SchedulingPolicy(payer_minimum="4 months", short_month=short_month)
            for on, count in ((date.fromisoformat(last), 2), (date.fromisoformat(last) + DAY, 1)):
                check = bs.check_date(given, MIGRAINE, on=on, as_of="2026-02-01", policy=policy)
                assert len(check.reasons) == count

    def test_a_course_without_a_last_day_never_ends_it(self) -> None:
        given = bs.PatientRecord(prior_treatments=[{"indication": "migrane", "cycles": 2}])
        check = bs.check_date(given, MIGRAINE, on="2036-01-01", as_of="2026-02-01")
        assert {reason.code for reason in check.reasons} == {"no_history", "unrecognized_session"}


class TestChecks:
    def test_an_advised_day_has_that_reason_alone(self) -> None:
        source = {"key": "k", "place": "p", "verification": "clinic", "checked_on": "2026-01-05"}
        stated = {"value": "12 weeks", "strength": "may", **source}
        own = protocol(retreatment={"kind": "as_needed", "minimum": stated})
        policy = bs.SchedulingPolicy(payer_minimum="10 weeks")
        for on, code, is_cited in (
            ("2026-03-15", "too_early", False),
            ("2026-03-16", "advisory", True),
        ):
            check = bs.check_date(
                record("2026-01-05"), own, on=on, as_of="2026-02-01", policy=policy
            )
            assert [(r.code, r.source is not None) for r in check.reasons] == [(code, is_cited)]

    def test_the_dead_are_not_called_discharged(self) -> None:
        given = record("2026-01-05", care_ends=[{"on": "2026-01-20", "kind": "deceased"}])
        check = bs.check_date(given, MIGRAINE, on="2026-04-01", as_of="2026-02-01")
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
        assert check.reasons[0].rule == found.reasons["earliest"].rule

    def test_how_the_protocol_was_chosen_is_told(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}])
        check = bs.check_date(given, ARM, on="2026-04-01", as_of="2026-02-01")
        (listed,) = bs.forecast_all(given, as_of="2026-02-01")
        assert "age_unknown" in codes(check) & codes(listed)


class TestTracksOfARecord:
    def test_region_and_population_are_those_asked_for(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": ARM}])
        for region, people, expected in (
            ("uk", None, ("uk", "adult")),
            ("us", "child", ("us", "pediatric")),
        ):
            (found,) = bs.forecast_all(given, as_of="2026-02-01", region=region, population=people)
            assert found.protocol is not None
            assert (found.protocol.region, found.protocol.population) == expected

    def test_a_name_takes_the_product_given_last_anywhere_in_the_clock(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": LEG, "product": "Dysport"}])
        found = bs.forecast(given, ARM, as_of="2026-02-01")
        assert found.protocol is not None
        assert found.protocol.product == "abobotulinumtoxinA"

    def test_of_two_products_given_last_the_stricter_is_followed(self) -> None:
        known = [
            protocol(id=product, product=product, retreatment=rule(minimum=minimum))
            for product, minimum in (("Botox", "10 weeks"), ("Dysport", "20 weeks"))
        ]
        for products in (("Botox", "Dysport"), ("Dysport", "Botox")):
            sessions = [
                {**GIVEN, "product": product, "administered_on": day}
                for product, day in zip(products, ("2026-01-05", "2026-01-06"), strict=True)
            ]
            (found,) = bs.forecast_all(
                bs.PatientRecord(sessions=sessions), as_of="2026-02-01", protocols=known
            )
            assert found.protocol is not None
            assert found.protocol.id == "Dysport"

    def test_a_track_is_named_for_what_was_given_last(self) -> None:
        old = {**GIVEN, "indication": ARM}
        new = {**GIVEN, "indication": LEG, "administered_on": "2026-01-20"}
        ahead = {"indication": ARM, "cycles": 1, "last_on": "2026-06-01"}
        given = bs.PatientRecord(sessions=[old, new], prior_treatments=[ahead])
        assert [f.indication for f in bs.forecast_all(given, as_of="2026-02-01")] == [LEG]

    @pytest.mark.parametrize(
        "status", ["draft", "booked", "cancelled", "no_show", "entered_in_error", "completed"]
    )
    def test_a_patient_with_one_row_of_any_kind_is_listed(self, status: str) -> None:
        row = {**GIVEN, "administered_on": "2026-03-02", "status": status}
        (found,) = bs.forecast_all(bs.PatientRecord(sessions=[row]), as_of="2026-02-01")
        assert (found.indication, found.status) == ("chronic-migraine", "no_history")

    def test_a_course_of_nothing_is_no_track_of_its_own(self) -> None:
        nothing = {"indication": "spasticity", "cycles": 0}
        given = record("2026-01-05", prior_treatments=[nothing])
        assert [f.indication for f in bs.forecast_all(given, as_of="2026-02-01")] == [
            "chronic-migraine"
        ]

    def test_clocks_are_those_of_the_patients_age(self) -> None:
        known = [
            protocol(id=f"{name}-{people}", indication=name, population=people, **changed)
            for name, other in ((ARM, LEG), (LEG, ARM))
            for people, changed in (
                ("adult", {"ages": {"first": 18}}),
                ("pediatric", {"ages": {"last": 17}, "shares_clock_with": [other]}),
            )
        ]
        sessions = [{**GIVEN, "indication": name} for name in (ARM, LEG)]
        for born_on, tracks in (("2018-01-01", 1), ("1980-01-01", 2)):
            given = bs.PatientRecord(sessions=sessions, born_on=born_on)
            assert len(bs.forecast_all(given, as_of="2026-02-01", protocols=known)) == tracks


class TestFindings:
    def test_a_booking_under_an_unknown_name_that_moved_is_another_fact(self) -> None:
        keys = set()
        for day in ("2026-04-06", "2026-04-07"):
            booked = {**GIVEN, "administered_on": day, "indication": "migrane", "status": "booked"}
            found = bs.forecast(
                bs.PatientRecord(sessions=[GIVEN, booked]), MIGRAINE, as_of="2026-02-01"
            )
            keys |= {f.key for f in found.findings if f.code == "unrecognized_indication"}
        assert len(keys) == 2

    @pytest.mark.parametrize(
        "rows",
        [
            {"holds": [{"first": "2026-09-01", "reason": "x"}]},
            {"overrides": [override(first="2026-09-01")]},
            {"care_ends": [{"on": "2026-09-01", "kind": "discontinued"}]},
            {
                "authorizations": [
                    {"product": "Botox", "valid": {"first": "2026-09-01", "last": "2026-09-30"}}
                ]
            },
        ],
        ids=lambda rows: next(iter(rows)),
    )
    def test_each_decision_under_an_unknown_name_is_named(self, rows: dict[str, Any]) -> None:
        named = {
            part: [{**row, "indication": "migrane", "id": "d-1"} for row in some]
            for part, some in rows.items()
        }
        found = bs.forecast(record("2026-01-05", **named), MIGRAINE, as_of="2026-02-01")
        ids = [f.record_ids for f in found.findings if f.code == "unrecognized_indication"]
        assert ids == [("d-1",)]

    def test_a_session_ahead_is_told_whatever_its_name(self) -> None:
        for name in ("chronic-migraine", "migrane"):
            ahead = {**GIVEN, "administered_on": "2026-03-02", "indication": name}
            found = bs.forecast(
                bs.PatientRecord(sessions=[GIVEN, ahead]), MIGRAINE, as_of="2026-02-01"
            )
            assert "future_completed_session" in codes(found)
        keys = set()
        for day in ("2026-03-02", "2026-03-03"):
            prior = {"indication": "chronic-migraine", "cycles": 1, "last_on": day}
            given = record("2026-01-05", prior_treatments=[prior])
            found = bs.forecast(given, MIGRAINE, as_of="2026-02-01")
            keys |= {f.key for f in found.findings if f.code == "future_completed_session"}
        assert len(keys) == 2

    def test_on_a_hold_with_a_known_end_rules_are_still_told(self) -> None:
        hold = {"first": "2026-01-20", "last": "2026-02-20", "reason": "x"}
        given = record("2026-01-05", holds=[hold])
        assert "unverified_content" in codes(bs.forecast(given, protocol(), as_of="2026-02-01"))

    def test_while_another_hold_runs_none_has_ended(self) -> None:
        ended = {"first": "2026-01-20", "last": "2026-02-20", "reason": "x"}
        running = {"first": "2026-03-01", "reason": "y", "review_on": "2026-12-01"}
        for holds, expected in (([ended], True), ([ended, running], False)):
            found = bs.forecast(record("2026-01-05", holds=holds), MIGRAINE, as_of="2026-03-10")
            assert ("hold_ended" in codes(found)) is expected

    def test_a_hold_is_looked_at_after_its_end_and_the_first_of_several_first(self) -> None:
        short = {"first": "2026-01-20", "last": "2026-02-20", "reason": "x"}
        long = {**short, "last": "2026-03-20"}
        for holds in ([short, long], [long, short]):
            found = bs.forecast(record("2026-01-05", holds=holds), MIGRAINE, as_of="2026-02-01")
            assert found.review_on == date(2026, 2, 21)

    def test_what_is_odd_about_a_touch_up_is_told(self) -> None:
        given: dict[str, Any] = {**GIVEN, "units": 155}
        touch_up = {**given, "administered_on": "2026-01-20", "kind": "touch_up"}
        hold = {"first": "2026-01-20", "last": "2026-01-20", "reason": "x"}
        for changed, holds, code in (
            ({"units": None}, [], "unknown_units"),
            ({"product": None}, [], "unknown_product"),
            ({"product": "Dysport"}, [], "mixed_products"),
            ({}, [hold], "session_during_hold"),
        ):
            rows = [given, {**touch_up, **changed}]
            found = bs.forecast(
                bs.PatientRecord(sessions=rows, holds=holds), MIGRAINE, as_of="2026-02-01"
            )
            assert code in codes(found)

    def test_the_latest_of_two_overrides_is_compared_with_the_label(self) -> None:
        overrides = [override(minimum="10 weeks"), override(minimum="14 weeks", authority="payer")]
        found = bs.forecast(record("2026-01-05", overrides=overrides), MIGRAINE, as_of="2026-02-01")
        assert "override_below_label" not in codes(found)

    def test_each_pair_of_rows_that_may_be_one_is_told(self) -> None:
        rows = [
            {**GIVEN, "id": f"{day}-{units}", "administered_on": day, "units": units}
            for day in ("2026-01-05", "2026-01-06")
            for units in (100, 55)
        ]
        found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of="2026-02-01")
        alike = [f for f in found.findings if f.code == "probable_duplicate_across_days"]
        assert len(alike) == 2


class TestBookings:
    BOOKED: ClassVar[Any] = {**GIVEN, "status": "booked"}

    def found(self, *days: str, as_of: str = "2026-02-01", **rows: Any) -> bs.Forecast:
        booked = [{**self.BOOKED, "administered_on": day, "id": day} for day in days]
        given = bs.PatientRecord(sessions=[GIVEN, *booked, *rows.pop("sessions", ())], **rows)
        return bs.forecast(given, MIGRAINE, as_of=as_of)

    def test_one_of_today_is_the_next(self) -> None:
        booking = self.found("2026-04-01", as_of="2026-04-01").booking
        assert booking is not None
        assert booking.on == date(2026, 4, 1)

    def test_one_of_the_sessions_day_is_settled(self) -> None:
        assert "booking_unresolved" not in codes(self.found("2026-01-05"))

    def test_all_that_lie_ahead_are_judged(self) -> None:
        hold = {"first": "2026-07-01", "last": "2026-07-10", "reason": "x"}
        found = self.found("2026-03-30", "2026-07-01", holds=[hold])
        assert [f.record_ids for f in found.findings if f.code == "booking_in_hold"] == [
            ("2026-07-01",)
        ]

    def test_the_rules_of_its_own_day_judge_it(self) -> None:
        early = override(first="2026-03-01", last="2026-03-10")
        for day, expected in (("2026-03-10", False), ("2026-03-11", True)):
            assert ("booking_too_early" in codes(self.found(day, overrides=[early]))) is expected

    def test_in_a_hold_after_a_discharge_both_are_told(self) -> None:
        end = {"on": "2026-01-20", "kind": "discontinued"}
        hold = {"first": "2026-03-25", "reason": "x"}
        found = codes(self.found("2026-03-30", care_ends=[end], holds=[hold]))
        assert {"booking_after_care_end", "booking_in_hold"} <= found

    @pytest.mark.parametrize(
        ("missed", "booked", "rebook"),
        [
            pytest.param(
                ["2026-03-02", "2026-04-01"], "2026-03-16", "2026-04-01", id="the last one"
            ),
            pytest.param(
                ["2026-03-02"], "2026-03-16", None, id="booked since, on a day that passed"
            ),
            pytest.param(
                ["2026-04-20"], "2026-04-15", None, id="cancelled ahead, booked before it"
            ),
            pytest.param(["2026-04-20"], "2026-04-09", "2026-04-20", id="cancelled ahead"),
        ],
    )
    def test_a_missed_visit_without_a_later_booking(
        self, missed: list[str], booked: str, rebook: str | None
    ) -> None:
        rows = [
            {**GIVEN, "administered_on": d, "status": "cancelled", "id": f"m{d}"} for d in missed
        ]
        found = self.found(booked, as_of="2026-04-10", sessions=rows)
        ids = [f.record_ids for f in found.findings if f.code == "not_rebooked"]
        assert ids == ([] if rebook is None else [(f"m{rebook}",)])


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
        source = {"key": "k", "place": "p", "verification": "clinic", "checked_on": "2026-01-05"}
        stated = {"value": "12 weeks", "strength": "may", **source}
        own = protocol(retreatment={"kind": "as_needed", "minimum": stated})
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
        judgment = standing_of(reading, track, Phases()).judgment
        assert judgment is not None
        assert judgment.timing == "early"


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
        source = {"key": "k", "place": "p", "verification": "clinic", "checked_on": "2026-01-05"}
        stated = {"value": "12 weeks", "strength": "may", **source}
        own = protocol(
            retreatment={"kind": "as_needed", "minimum": stated, "usual": "12 to 14 weeks"}
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


class TestOneSession:
    """The dates after one session are those of a record with that session alone."""

    @pytest.mark.parametrize(
        ("stated", "policy"),
        [
            ({"typical": "3 months", "typical_statistic": "median"}, {}),
            ({"usual": "12 weeks to 4 months"}, {}),
            ({}, {"lapsed_after": "6 months"}),
            ({}, {"scheduled_grace": "1 month"}),
            ({}, {"payer_minimum": "4 months"}),
            ({}, {"payer": [{"minimum": "20 weeks", "first": "2026-02-01"}]}),
            ({}, {"payer": [{"minimum": "20 weeks", "indication": "spasticity"}]}),
            ({}, {"usual": {"chronic-migraine": "13 weeks"}}),
            ({}, {"usual": {"chronic-migraine": "4 to 5 months"}}),
        ],
        ids=str,
    )
    def test_on_any_day(self, stated: dict[str, Any], policy: dict[str, Any]) -> None:
        own = protocol(retreatment=rule(**stated), shares_clock_with=["spasticity"])
        chosen = bs.SchedulingPolicy.model_validate(policy)
        for day in ("2025-06-02", "2025-11-30"):
            found = bs.forecast(record(day), own, as_of=day, policy=chosen, other_protocols=())
            assert bs.due_dates(day, own, chosen) == found.dates

    def test_each_projected_one_keeps_the_longest_minimum(self) -> None:
        policy = bs.SchedulingPolicy(payer_minimum="14 weeks")
        found = bs.project_dates("2026-01-05", MIGRAINE, count=2, policy=policy)
        assert [session.target for session in found] == [date(2026, 4, 13), date(2026, 7, 20)]

    def test_its_months_end_as_the_policy_says(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="1 month"))
        _, second = bs.project_dates("2025-12-31", own, count=2, policy=FIRST_OF_NEXT)
        assert second.target == date(2026, 3, 1)

    def test_the_version_on_the_earliest_day_is_named(self) -> None:
        old = protocol(in_force={"last": "2026-02-28"})
        new = protocol(version="2", in_force={"first": "2026-03-01"})
        found = bs.forecast(record("2026-01-05"), old, as_of="2026-02-01", other_protocols=[new])
        assert found.dates.protocol == new.ref


class TestUnits:
    """Units against limits: what counts on the day, who weighs what, what is surely met."""

    WINDOW: ClassVar[Any] = {
        "scope": "product",
        "per": "window",
        "windows": [{"window": "12 weeks"}],
        "units": 400,
    }
    PER_SESSION: ClassVar[Any] = {"scope": "indication", "per": "session", "units": 100}
    BY_WEIGHT: ClassVar[Any] = {**WINDOW, "units_per_kilogram": 10}

    def checks(self, *limits: Any, given: Any = (), **asked: Any) -> tuple[Any, ...]:
        rows = {name: asked.pop(name, ()) for name in ("weights", "holds")}
        treated = bs.PatientRecord(sessions=given, born_on=asked.pop("born_on", None), **rows)
        own = protocol(limits=limits)
        return bs.check_dose_limits(treated, own, other_protocols=(), **asked)

    def test_the_most_that_a_session_can_have(self) -> None:
        (check,) = self.checks(self.WINDOW, on="2026-02-01", units=1_000_000)
        assert check.planned == 1_000_000

    def test_the_age_on_the_day_of_the_visit_chooses(self) -> None:
        limits = [
            {**self.WINDOW, "ages": {"first": 18}},
            {**self.WINDOW, "ages": {"last": 17}, "units": 340},
        ]
        for on, units in (("2026-08-31", 340), ("2026-09-01", 400)):
            (check,) = self.checks(*limits, on=on, as_of="2026-02-01", born_on="2008-09-01")
            assert check.limit.units == units

    def test_units_under_an_unknown_name_may_count_so_they_do(self) -> None:
        unknown = {**GIVEN, "indication": "migrane", "units": 60}
        known = {**GIVEN, "indication": "spasticity", "units": 60}
        (check,) = self.checks(self.PER_SESSION, given=[unknown, known], on="2026-01-05")
        assert check.total == 60

    def test_doses_after_the_day_do_not_count(self) -> None:
        later = {**GIVEN, "administered_on": "2026-03-02", "units": 60}
        (check,) = self.checks(self.WINDOW, given=[later], on="2026-02-01", as_of="2026-06-01")
        assert check.total == 0

    def test_a_weight_counts_from_its_day_once_it_is_known(self) -> None:
        weights = [{"measured_on": "2026-03-02", "kilograms": 20}]
        for on, as_of, maximum in (
            ("2026-03-02", "2026-03-02", 200),
            ("2026-03-10", "2026-03-01", 400),
            ("2026-03-01", "2026-06-01", 400),
        ):
            (check,) = self.checks(self.BY_WEIGHT, weights=weights, on=on, as_of=as_of)
            assert check.maximum == maximum

    def test_its_age_counts_to_the_day_of_the_visit(self) -> None:
        weights = [{"measured_on": "2026-01-01", "kilograms": 20}]
        for on, maximum in (("2026-06-30", 200), ("2026-07-01", 400)):
            (check,) = self.checks(self.BY_WEIGHT, weights=weights, on=on, as_of="2026-02-01")
            assert check.maximum == maximum

    def test_a_window_in_months_ends_as_the_policy_says(self) -> None:
        limit = {**self.WINDOW, "windows": [{"window": "3 months"}]}
        given = [{**GIVEN, "administered_on": "2025-11-30", "units": 60}]
        for policy, total in ((None, 0), (FIRST_OF_NEXT, 60)):
            (check,) = self.checks(limit, given=given, on="2026-02-28", policy=policy)
            assert check.total == total
        over = [{**given[0], "units": 400}]
        (check,) = self.checks(limit, given=over, on="2026-02-01", units=1, policy=FIRST_OF_NEXT)
        assert check.clears_on == date(2026, 3, 1)

    def test_what_is_available_is_never_below_zero_and_leaves_the_plan_out(self) -> None:
        for given, available in ((300, 100), (500, 0)):
            rows = [{**GIVEN, "units": given}]
            (check,) = self.checks(self.WINDOW, given=rows, on="2026-02-01", units=50)
            assert check.available == available

    def test_it_clears_when_what_is_unknown_has_left_the_window(self) -> None:
        given = [GIVEN, {**GIVEN, "administered_on": "2025-12-01", "units": 380}]
        (check,) = self.checks(self.WINDOW, given=given, on="2026-02-01", units=50)
        assert (check.exceeded, check.clears_on) == (True, date(2026, 3, 30))

    def test_what_nobody_weighed_never_surely_clears(self) -> None:
        limit = {**self.PER_SESSION, "units_per_kilogram": 1}
        (check,) = self.checks(limit, on="2026-02-01", units=50)
        assert (check.indeterminate, check.clears_on) == (True, None)

    def test_a_session_counts_from_its_first_part(self) -> None:
        parts = [{**GIVEN, "administered_on": d, "units": 30} for d in ("2026-01-05", "2026-01-07")]
        totals = [
            self.checks(self.PER_SESSION, given=parts, on=on)[0].total
            for on in ("2026-01-08", "2026-01-09")
        ]
        assert totals == [60, 0]

    def test_equal_units_of_one_day_may_be_one(self) -> None:
        def duplicates(*days: str, units: int) -> bool:
            given = [{**GIVEN, "administered_on": day, "units": 200} for day in days]
            own = protocol(limits=[self.WINDOW])
            check = bs.check_date(
                bs.PatientRecord(sessions=given),
                own,
                on="2026-02-01",
                as_of="2026-02-01",
                planned_units=units,
                other_protocols=(),
            )
            return "probable_duplicate" in codes(check)

        assert duplicates("2026-01-05", "2026-01-05", units=200)
        assert not duplicates("2026-01-05", "2026-01-05", units=201)
        assert not duplicates("2026-01-05", "2026-01-06", units=200)

    def test_a_finding_names_the_sessions_that_count(self) -> None:
        given = [
            {**GIVEN, "id": day, "administered_on": day, "units": 300}
            for day in ("2025-06-02", "2026-01-05")
        ]
        found = bs.check_date(
            bs.PatientRecord(sessions=given),
            protocol(limits=[self.WINDOW]),
            on="2026-03-30",
            as_of="2026-02-01",
            planned_units=200,
            other_protocols=(),
        )
        assert "limit_exceeded" not in codes(found)
        found = bs.check_date(
            bs.PatientRecord(sessions=given),
            protocol(limits=[self.WINDOW]),
            on="2026-03-29",
            as_of="2026-02-01",
            planned_units=200,
            other_protocols=(),
        )
        (finding,) = [f for f in found.findings if f.code == "limit_exceeded"]
        assert finding.record_ids == ("2026-01-05",)

    @pytest.mark.parametrize(
        ("on", "limited", "units", "clear"),
        [
            ("2026-03-30", True, 155, True),
            ("2026-03-30", True, 401, False),
            ("2026-03-30", True, None, None),
            ("2026-03-30", False, 155, None),
            ("2026-03-29", True, 155, False),
        ],
    )
    def test_clear_means_allowed_and_every_limit_met(
        self, on: str, units: int | None, *, limited: bool, clear: bool | None
    ) -> None:
        own = protocol(limits=[self.WINDOW] if limited else [])
        given = bs.PatientRecord(sessions=[{**GIVEN, "units": 155}])
        asked: dict[str, Any] = {"planned_units": units, "other_protocols": ()}
        check = bs.check_date(given, own, on=on, as_of="2026-02-01", **asked)
        assert check.clear is clear
        assert ("does not say the dose is safe" in check.explain()) is bool(
            limited and units == 155
        )
        if on == "2026-03-30":
            assert bs.forecast(given, own, as_of="2026-02-01", **asked).clear is clear

    def test_what_is_only_partly_checked_is_not_called_within(self) -> None:
        site = {"scope": "indication", "per": "site", "units": 50}
        own = protocol(limits=[self.WINDOW, {**self.BY_WEIGHT, "units": None}, site])
        check = bs.check_date(
            record("2026-01-05"),
            own,
            on="2026-03-30",
            as_of="2026-02-01",
            planned_units=155,
            other_protocols=(),
        )
        assert check.clear is None
        assert "does not say the dose is safe" not in check.explain()


class TestForecasts:
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
        given = record("2026-01-05", "2026-04-06", prior_treatments=priors)
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


class TestStandings:
    def standing(
        self, given: bs.PatientRecord, as_of: date, *, seen: frozenset[str] = frozenset()
    ) -> Any:
        reading = reading_of(given, as_of)
        (track,) = tracks_of(reading, "us", None)
        return standing_of(reading, track, Phases(), seen, with_limits=True)

    def test_how_the_protocol_was_chosen_and_what_limits_say_is_among_the_codes(self) -> None:
        booked = {**GIVEN, "administered_on": "2026-06-01", "status": "booked", "units": 900}
        rows = [{**row, "indication": ARM} for row in (GIVEN, booked)]
        found = self.standing(bs.PatientRecord(sessions=rows), date(2026, 2, 1))
        assert {"age_unknown", "limit_exceeded"} <= found.codes
        found = self.standing(bs.PatientRecord(sessions=rows[:1]), date(2026, 2, 1))
        assert "limit_exceeded" not in found.codes

    def test_a_code_is_acknowledged_when_all_its_findings_are(self) -> None:
        rows = [{**GIVEN, "administered_on": day, "indication": name, "id": name}
                for name, day in (("migrane", "2026-01-06"), ("chronic-migrane", "2026-01-07"))]  # fmt: skip
        reading = reading_of(bs.PatientRecord(sessions=[GIVEN, *rows]), date(2026, 2, 1))
        track = next(t for t in tracks_of(reading, "us", None) if t.track is not None)
        code = bs.FindingCode.UNRECOGNIZED_INDICATION
        none = standing_of(reading, track, Phases())
        keys = sorted(key for key in none.today_keys if key.startswith(code))
        assert len(keys) == 2
        one = standing_of(reading, track, Phases(), frozenset(keys[:1]))
        assert (code in one.acknowledged, keys[1] in one.today_keys) == (False, True)
        both = standing_of(reading, track, Phases(), frozenset(keys))
        assert (code in both.acknowledged, both.today_keys) == (True, ())

    def test_the_booked_day_is_the_one_that_is_clear(self) -> None:
        booked = {**GIVEN, "status": "booked", "units": 155}
        for day, clear in (("2026-03-29", False), ("2026-03-30", True)):
            rows = [{**GIVEN, "units": 155}, {**booked, "administered_on": day}]
            track = ask(bs.PatientRecord(sessions=rows), MIGRAINE, date(2026, 2, 1)).track
            assert clear_of(track) is clear
            # Without limits nothing was checked.
            assert clear_of(track, with_limits=False) is (False if clear is False else None)

    VALID: ClassVar[Any] = {"indication": "chronic-migraine", "product": "Botox"}

    @pytest.mark.parametrize(
        ("rows", "as_of", "last"),
        [
            pytest.param({}, "2026-02-01", None, id="nothing ends"),
            pytest.param(
                {"holds": [{"first": "2026-05-01", "reason": "x"}]},
                "2026-02-01",
                date(2026, 4, 30),
                id="the eve of a hold",
            ),
            pytest.param(
                {"holds": [{"first": "2026-04-05", "last": "2026-04-10", "reason": "x"}]},
                "2026-04-20",
                None,
                id="a hold that is over",
            ),
            pytest.param(
                {"overrides": [override(last="2026-03-10")]},
                "2026-02-01",
                date(2026, 3, 10),
                id="the end of an override",
            ),
            pytest.param(
                {"overrides": [override(last="2026-03-10")],
                 "care_ends": [{"on": "2026-05-01", "kind": "discontinued"}]},
                "2026-03-11",
                date(2026, 4, 30),
                id="a discharge after an override",
            ),
            pytest.param(
                {"authorizations": [
                    {**VALID, "valid": {"first": "2026-01-01", "last": "2026-03-01"}},
                    {**VALID, "valid": {"first": "2026-01-01", "last": "2026-04-10"}},
                    {**VALID, "valid": {"first": "2026-01-01", "last": "2026-04-20"}},
                    {**VALID, "valid": {"first": "2026-04-21", "last": "2026-12-31"}},
                ]},
                "2026-02-01",
                date(2026, 4, 20),
                id="the last authorization that covers the first day",
            ),
            pytest.param(
                {"authorizations": [{**VALID, "valid": {"first": "2026-01-01", "last": "2026-06-20"}}],
                 "holds": [{"first": "2026-05-01", "reason": "x"}]},
                "2026-02-01",
                date(2026, 4, 30),
                id="whatever ends first",
            ),
        ],
    )  # fmt: skip
    def test_the_last_chance(self, rows: dict[str, Any], as_of: str, last: date | None) -> None:
        track = ask(record("2026-01-05", **rows), MIGRAINE, date.fromisoformat(as_of)).track
        assert last_chance_on(track) == last


class TestCourses:
    def course(
        self, *cycles: CourseCycle, days: int, gap: int | None = None, carries: bool = True
    ) -> Any:
        until = FollowUp(date(2026, 1, 5) + days * DAY)
        return course_of(cycles, NO_HOLDS, until, permissible_gap_days=gap, carries_over=carries)

    @staticmethod
    def at(day: int, effect: int = 84, *, later: int = 0, held: bool = False) -> CourseCycle:
        first = date(2026, 1, 5) + day * DAY
        return CourseCycle(first, first + later * DAY, effect, held)

    def test_a_discharge_is_an_event_and_a_death_is_none(self) -> None:
        assert [end.value for end in EpisodeEnd if end.is_event] == ["gap", "discontinued"]

    def test_what_is_left_is_carried_unless_the_cycle_was_held(self) -> None:
        for held, covered in ((False, 102), (True, 84)):
            found = self.course(self.at(0), self.at(50), self.at(150, held=held), days=300)
            assert found.intervals[-1].covered_days == covered

    def test_nothing_is_left_after_a_gap_and_nothing_is_owed(self) -> None:
        assert self.course(self.at(0), self.at(200), days=300).intervals[-1].covered_days == 84

    def test_a_gap_ends_with_the_first_part_of_the_next_cycle(self) -> None:
        for permitted, count in ((31, 1), (30, 2)):
            found = self.course(self.at(0), self.at(115, later=3), days=130, gap=permitted)
            assert len(found.episodes) == count

    def test_an_episode_without_any_effect_ends_with_its_session(self) -> None:
        (episode,) = self.course(self.at(0, 0), days=60, gap=30).episodes
        assert episode.last == date(2026, 1, 5)


class TestWorklist:
    """Every track is in one section, for one reason."""

    @pytest.mark.parametrize(
        ("status", "more", "place"),
        [
            ("overdue", {"left_out": True}, ("check_the_record_first", "rows_left_out")),
            ("on_hold", {"pressing": {"hold_needs_review"}}, ("on_hold", "hold_needs_review")),
            ("due", {"pressing": {"hold_needs_review"}}, ("check_the_record_first", "findings")),
            ("discontinued", {}, ("ended", "discontinued")),
            ("deceased", {}, ("ended", "deceased")),
            ("overdue", {}, ("to_call", "overdue")),
            ("overdue", {"is_booked": True}, ("booked", "booked")),
            (
                "due",
                {"is_booked": True, "pressing": {"booking_after_overdue"}},
                ("to_call", "booked_after_overdue"),
            ),
            ("due", {"pressing": {"hold_ended"}}, ("to_call", "hold_ended")),
            ("due", {"is_booked": True, "pressing": {"hold_ended"}}, ("booked", "booked")),
            ("due", {}, ("to_call", "due")),
            ("due", {"is_booked": True}, ("booked", "booked")),
            ("too_early", {"is_soon": True}, ("to_call", "due_soon")),
            ("too_early", {"is_soon": True, "is_booked": True}, ("booked", "booked")),
            ("allowed", {}, ("too_early", "allowed_before_due")),
            ("allowed", {"has_due": False}, ("may_be_treated_without_a_due_day", "no_due_day")),
            (
                "allowed",
                {"has_due": False, "typical_passed": True},
                ("may_be_treated_without_a_due_day", "typical_day_passed"),
            ),
            ("lapsed", {}, ("lapsed", "lapsed")),
            ("lapsed", {"is_long": True}, ("lapsed_over_12_months", "lapsed")),
        ],
        ids=str,
    )
    def test_its_place(self, status: str, more: dict[str, Any], place: tuple[str, str]) -> None:
        pressing = frozenset(bs.FindingCode(code) for code in more.get("pressing", ()))
        fields: dict[str, Any] = {
            **dict.fromkeys(("is_booked", "is_soon", "typical_passed", "is_long"), False),
            "has_due": True,
            **more,
            "pressing": pressing,
        }
        assert place_of(Waiting(bs.DueStatus(status), **fields)) == place

    def test_what_was_acknowledged_presses_no_more(self) -> None:
        booked = {**GIVEN, "id": "b", "administered_on": "2026-01-20", "status": "booked"}
        reading = reading_of(bs.PatientRecord(sessions=[GIVEN, booked]), date(2026, 2, 1))
        (track,) = tracks_of(reading, "us", None)
        open_ = standing_of(reading, track, Phases())
        seen = standing_of(reading, track, Phases(), frozenset(open_.today_keys))
        found = [waiting_of(each, date(2026, 2, 1), None).pressing for each in (open_, seen)]
        assert found == [{"booking_unresolved"}, frozenset()]

    def test_a_typical_day_has_passed_the_day_after(self) -> None:
        stated = {"kind": "as_needed", "typical": "20 weeks", "typical_statistic": "median"}
        track = ask(record("2026-01-05"), protocol(retreatment=stated), date(2026, 2, 1)).track
        standing = standing_of(track.reading, RecordTrack("chronic-migraine", track), Phases())
        days = (date(2026, 5, 25), date(2026, 5, 26))
        assert [waiting_of(standing, day, None).typical_passed for day in days] == [False, True]

    def test_long_ago_is_more_than_twelve_months(self) -> None:
        days = (date(2027, 1, 5), date(2027, 1, 6))
        assert [is_long_ago(date(2026, 1, 5), day) for day in days] == [False, True]

    def test_the_day_to_call_by_is_the_last_open_one(self) -> None:
        due = date(2026, 3, 30)
        for closed, expected in (((), date(2026, 3, 23)), ((23, 22), date(2026, 3, 21))):
            open_days = [date(2026, 3, day) for day in range(1, 32) if day not in closed]
            assert call_by(due, 7, open_days.__contains__) == expected


class TestFollowUp:
    DAY_OF_BOTH = date(2026, 2, 2)

    def test_a_discharge_on_the_day_of_the_last_session_ends_it(self) -> None:
        found = follow_up_until(date(2026, 6, 1), self.DAY_OF_BOTH, [self.DAY_OF_BOTH], None)
        assert found == FollowUp(self.DAY_OF_BOTH, bs.CareEndKind.DISCONTINUED)

    def test_on_one_day_the_discharge_precedes_the_death(self) -> None:
        found = follow_up_until(
            date(2026, 6, 1), date(2026, 1, 5), [self.DAY_OF_BOTH], self.DAY_OF_BOTH
        )
        assert found.ended_by == "discontinued"

    def test_a_touch_up_after_a_discharge_reopens_it(self) -> None:
        touch_up = {**GIVEN, "administered_on": "2026-03-02", "kind": "touch_up"}
        end = {"on": "2026-02-02", "kind": "discontinued"}
        given = bs.PatientRecord(sessions=[GIVEN, touch_up], care_ends=[end])
        track = ask(given, MIGRAINE, date(2026, 6, 1)).track
        assert follow_up_of(track) == FollowUp(date(2026, 6, 1))

    def test_an_effect_is_longer_than_nothing_after_every_session(self) -> None:
        with pytest.raises(bs.errors.IntervalError):
            given_effect("1 month - 30 days")
        assert (
            effect_days(date(2025, 11, 30), given_effect("3 months"), bs.ShortMonth.LAST_DAY) == 90
        )
        assert (
            effect_days(date(2025, 11, 30), given_effect("3 months"), bs.ShortMonth.FIRST_OF_NEXT)
            == 91
        )


class TestPhases:
    def phases(self, **response: Any) -> list[tuple[str, str]]:
        timeline = bs.response_timeline("2026-01-05", protocol(response=response))
        return [(phase.value, str(first)) for phase, first, _ in phases_until(timeline)]

    def test_a_peak_of_some_patients_changes_the_words_alone(self) -> None:
        some = {"peak_for_whom": "some", "peak_share": "90 of 143"}
        assert self.phases(peak="4 to 6 weeks", **some) == self.phases(peak="4 to 6 weeks")

    def test_after_an_onset_alone_nothing_is_stated(self) -> None:
        assert self.phases(onset="1 to 2 weeks") == [
            ("latent", "2026-01-05"),
            ("onset", "2026-01-12"),
            ("not_stated", "2026-01-20"),
        ]

    def test_a_phase_that_another_overtakes_has_no_days(self) -> None:
        assert self.phases(onset="1 to 2 weeks", peak="1 to 3 weeks") == [
            ("latent", "2026-01-05"),
            ("peak", "2026-01-12"),
            ("not_stated", "2026-01-27"),
        ]


class TestReasonsForDates:
    def earliest(self, own: Any, as_of: str = "2026-02-01", **rows: Any) -> Any:
        policy = rows.pop("policy", None)
        given = record("2026-01-05", **rows)
        return bs.forecast(given, own, as_of=as_of, policy=policy).reasons["earliest"]

    @pytest.mark.parametrize(
        ("payer", "outcomes"),
        [
            ("10 weeks", {"label": "decides", "payer": "gives way"}),
            ("20 weeks", {"label": "advises", "payer": "decides"}),
        ],
    )
    def test_the_latest_decides_even_where_it_only_advises(
        self, payer: str, outcomes: dict[str, str]
    ) -> None:
        source = {"key": "k", "place": "p", "verification": "clinic", "checked_on": "2026-01-05"}
        stated = {"value": "12 weeks", "strength": "may", **source}
        own = protocol(retreatment={"kind": "as_needed", "minimum": stated})
        found = self.earliest(own, policy=bs.SchedulingPolicy(payer_minimum=payer))
        assert {c.rule: c.outcome for c in found.candidates} == outcomes

    def test_what_ended_is_weighed_even_where_no_minimum_decides(self) -> None:
        own = protocol(retreatment=rule(minimum=None))
        ended = override(minimum="4 weeks", last="2026-02-10")
        found = self.earliest(own, as_of="2026-02-11", overrides=[ended])
        assert [c.outcome for c in found.candidates] == ["expired"]
        assert "also weighed" in str(found)

    def test_nothing_is_said_to_be_open_for_the_dead_or_for_who_was_treated_elsewhere(self) -> None:
        ahead = {"indication": "chronic-migraine", "cycles": 0, "last_on": "2026-06-01"}
        texts = {
            bs.forecast(given, MIGRAINE, as_of="2026-02-01").reasons["due"].rule
            for given in (
                bs.PatientRecord(),
                bs.PatientRecord(prior_treatments=[ahead]),
                bs.PatientRecord(care_ends=[{"on": "2026-01-20", "kind": "deceased"}]),
            )
        }
        assert len(texts) == 3

    def test_a_comparison_names_new_inputs_alone(self) -> None:
        before = bs.forecast(record("2026-01-05"), MIGRAINE, as_of="2026-02-01")
        policy = bs.SchedulingPolicy(payer_minimum="13 weeks")
        after = bs.forecast(record("2026-01-05"), MIGRAINE, as_of="2026-02-01", policy=policy)
        changes = bs.compare_forecasts(before, after).changes
        assert changes
        assert not [line for change in changes for line in change.why if line.startswith("new")]


class TestRowsOfARecord:
    def test_touch_ups_count_from_the_last_of_them_and_never_before_the_last_part(self) -> None:
        def counted_from(*rows: tuple[str, str]) -> date:
            sessions = [{**GIVEN, "administered_on": day, "kind": kind} for day, kind in rows]
            track = ask(bs.PatientRecord(sessions=sessions), MIGRAINE, date(2026, 2, 1)).track
            assert track.rules is not None
            return track.rules.facts.counted_from

        full, touch_up = "full", "touch_up"
        found = counted_from(
            ("2026-01-05", full), ("2026-01-12", touch_up), ("2026-01-20", touch_up)
        )
        assert found == date(2026, 1, 20)
        found = counted_from(("2026-01-05", full), ("2026-01-06", touch_up), ("2026-01-07", full))
        assert found == date(2026, 1, 7)

    def test_on_one_day_a_full_session_comes_before_a_touch_up_whatever_their_ids(self) -> None:
        rows = [{**GIVEN, "id": "a", "kind": "touch_up"}, {**GIVEN, "id": "b"}]
        found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of="2026-02-01")
        assert "touch_up_without_session" not in codes(found)

    def test_a_copy_that_was_recorded_again_counts_from_its_last_day(self) -> None:
        booked = {**GIVEN, "id": "a", "administered_on": "2026-04-06", "status": "booked"}
        rows = [
            booked | {"recorded_on": "2026-03-02"},
            booked | {"recorded_on": "2026-03-03", "status": "cancelled"},
            booked | {"recorded_on": "2026-03-04"},
        ]
        for order in (rows, rows[::-1]):
            given = bs.PatientRecord(sessions=[GIVEN, *order])
            assert bs.forecast(given, MIGRAINE, as_of="2026-03-03").booking is None
            assert bs.forecast(given, MIGRAINE, as_of="2026-03-04").booking is not None

    def test_a_visit_that_was_booked_and_then_given_is_no_conflict(self) -> None:
        rows = [{**GIVEN, "id": "a"}, {**GIVEN, "id": "a", "status": "booked"}]
        found = bs.forecast(bs.PatientRecord(sessions=rows), MIGRAINE, as_of="2026-02-01")
        assert "conflicting_records" not in codes(found)

    def test_sessions_after_the_first_of_two_deaths_are_not_used(self) -> None:
        ends = [{"on": day, "kind": "deceased"} for day in ("2026-03-01", "2026-02-01")]
        found = bs.forecast(
            record("2026-01-05", "2026-02-15", care_ends=ends), MIGRAINE, as_of="2026-04-01"
        )
        assert "session_after_death" in codes(found)
        assert found.last_session_on == date(2026, 1, 5)

    def test_a_withdrawn_override_or_authorization_ends_and_is_never_prolonged(self) -> None:
        given = record("2026-01-05", overrides=[override(withdrawn_on="2026-02-01")])
        days = [
            bs.forecast(given, MIGRAINE, as_of=d).dates.earliest
            for d in ("2026-01-31", "2026-02-01")
        ]
        assert days == [date(2026, 3, 2), date(2026, 3, 30)]
        approved = {
            "indication": "chronic-migraine",
            "product": "Botox",
            "valid": {"first": "2026-01-01", "last": "2026-03-31"},
            "minimum_interval": "20 weeks",
            "withdrawn_on": "2026-05-01",
        }
        given = record("2026-01-05", "2026-04-06", authorizations=[approved])
        _, cycle = bs.treatment_cycles(given, MIGRAINE, as_of="2026-06-01")
        assert cycle.timing == "on_time"

    def test_a_line_number_is_no_part_of_a_key(self) -> None:
        keys = set()
        for line in ("line 3", "line 4"):
            booked = {**GIVEN, "id": line, "administered_on": "2026-01-20", "status": "booked"}
            found = bs.forecast(
                bs.PatientRecord(sessions=[GIVEN, booked]), MIGRAINE, as_of="2026-02-01"
            )
            keys |= {f.key for f in found.findings if f.code == "booking_unresolved"}
        assert len(keys) == 1

    def test_strictly_only_what_needs_a_person_today_is_raised(self) -> None:
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": "Dysport", "units": 1}])
        found = bs.forecast(given, MIGRAINE, as_of="2026-02-01", strict=True)
        assert "product_switch" in codes(found)


class TestPayers:
    def test_the_short_form_and_a_rule_count_together(self) -> None:
        for short, long in (("13 weeks", "20 weeks"), ("20 weeks", "13 weeks")):
            policy = bs.SchedulingPolicy.model_validate(
                {"payer_minimum": short, "payer": [{"minimum": long}]}
            )
            days = ("2026-05-24", "2026-05-25")
            assert allowed(record("2026-01-05"), *days, policy=policy) == [False, True]

    def test_a_rule_may_be_in_force_on_one_day(self) -> None:
        payer = bs.PayerRule(minimum="20 weeks", first="2026-04-01", last="2026-04-01")
        policy = bs.SchedulingPolicy(payer=[payer])
        days = ("2026-03-31", "2026-04-01", "2026-04-02")
        assert allowed(record("2026-01-05"), *days, policy=policy) == [True, False, True]

    def test_what_can_be_negative_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            bs.SchedulingPolicy(scheduled_grace="1 month - 30 days")


class TestSetsOfProtocols:
    def test_a_given_protocol_hides_others_for_its_treatment(self) -> None:
        own = protocol(retreatment=rule(minimum="8 weeks"))
        other = protocol(id="other", retreatment=rule(minimum="20 weeks"))
        given = bs.PatientRecord(sessions=[{**GIVEN, "product": None}])
        for others in ([other], [own, other]):
            found = bs.forecast(given, own, as_of="2026-02-01", other_protocols=others)
            assert found.dates.earliest == date(2026, 3, 2)

    def test_clocks_differ_by_region(self) -> None:
        known = ProtocolSet(
            [
                protocol(id="us", indication=ARM),
                protocol(id="uk", indication=ARM, region="uk", shares_clock_with=[LEG]),
            ]
        )
        adult = bs.Population.ADULT
        assert known.clock(ARM, adult, "us") == {ARM}
        assert known.clock(ARM, adult, "uk") == {ARM, LEG}

    def test_a_limit_over_several_indications_reaches_each_of_them(self) -> None:
        both = {"scope": "indications", "indications": [ARM, LEG], "per": "session", "units": 300}
        arm, leg, other = (
            protocol(id=name, indication=name, limits=limits)
            for name, limits in ((ARM, [both]), (LEG, []), ("spasticity", []))
        )
        known = ProtocolSet([arm, leg, other])
        found = [len(known.limits(each, date(2026, 2, 1))) for each in (arm, leg, other)]
        assert found == [1, 1, 0]

    def test_limits_are_those_of_the_version_of_the_day(self) -> None:
        limits = {"scope": "product", "per": "session"}
        old = protocol(limits=[{**limits, "units": 300}], in_force={"last": "2026-02-28"})
        new = protocol(
            version="2", limits=[{**limits, "units": 400}], in_force={"first": "2026-03-01"}
        )
        other = protocol(id="other", indication="spasticity", limits=())
        for asked in (old, other):
            known = ProtocolSet([old, new, other])
            found = [
                {limit.units for limit in known.limits(asked, day)}
                for day in (date(2026, 2, 28), date(2026, 3, 1))
            ]
            assert found == [{300}, {400}]


def test_an_advised_minimum_is_called_advice() -> None:
    source = {"key": "k", "place": "p", "verification": "clinic", "checked_on": "2026-01-05"}
    rules = []
    for strength in ("should", "may"):
        stated = {"value": "12 weeks", **source, "strength": strength}
        own = protocol(retreatment={"kind": "as_needed", "minimum": stated})
        found = bs.forecast(record("2026-01-05"), own, as_of="2026-02-01")
        rules.append(found.reasons["earliest"].rule)
    assert ["advises" in text for text in rules] == [False, True]


def reading_of(given: bs.PatientRecord, as_of: date) -> Reading:
    return read_record(given, as_of, policy_or_default(None), known_protocols(None))


def test_a_patient_is_to_be_called_from_the_day_to_call_on() -> None:
    reading = reading_of(record("2026-01-05"), date(2026, 2, 1))
    (track,) = tracks_of(reading, "us", None)
    standing = standing_of(reading, track, Phases())
    call_by = date(2026, 3, 23)
    reasons = [
        place_of(waiting_of(standing, call_by + n * DAY, call_by)).reason for n in (-1, 0, 1)
    ]
    assert reasons == ["too_early", "due_soon", "due_soon"]


def test_a_list_of_tracks_checks_planned_units() -> None:
    reading = reading_of(record("2026-01-05"), date(2026, 2, 1))
    (track,) = tracks_of(reading, "us", None)
    checks = forecast_in(reading, track, Decimal(155)).limit_checks
    assert {check.planned for check in checks} == {155}


def test_rows_of_one_day_with_and_without_units_have_one_order() -> None:
    rows = [{**GIVEN, "units": units} for units in (None, 100, None)]
    answers = {
        str(bs.treatment_cycles(bs.PatientRecord(sessions=order), MIGRAINE, as_of="2026-02-01"))
        for order in (rows, rows[::-1])
    }
    assert len(answers) == 1
