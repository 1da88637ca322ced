"""Dates: rules at their edges that a change of the code once passed unseen."""

from datetime import UTC, date, datetime
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.dates.days import as_day, days_text, near
from botox_schedule.dates.patterns import is_day_pattern
from botox_schedule.errors import CalendarRangeError, DayError
from botox_schedule.questions import checked_count
from samples import (
    ADVISED,
    ARM,
    FIRST_OF_NEXT,
    GIVEN,
    LEG,
    MIGRAINE,
    allowed,
    codes,
    override,
    protocol,
    record,
    rule,
)


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
        own = protocol(retreatment={"kind": "as_needed", "minimum": ADVISED})
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

    def test_as_many_as_a_thousand_can_be_projected(self) -> None:
        assert checked_count(1000) == 1000
        with pytest.raises(bs.errors.CountError):
            checked_count(1001)

    def test_its_months_end_as_the_policy_says(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="1 month"))
        _, second = bs.project_dates("2025-12-31", own, count=2, policy=FIRST_OF_NEXT)
        assert second.target == date(2026, 3, 1)

    def test_the_version_on_the_earliest_day_is_named(self) -> None:
        old = protocol(in_force={"last": "2026-02-28"})
        new = protocol(version="2", in_force={"first": "2026-03-01"})
        found = bs.forecast(record("2026-01-05"), old, as_of="2026-02-01", other_protocols=[new])
        assert found.dates.protocol == new.ref


class TestDaysAndIntervals:
    def test_each_part_of_a_sum_is_multiplied(self) -> None:
        own = protocol(retreatment=rule(minimum="4 weeks", usual="12 weeks + 1 day"))
        found = bs.project_dates("2026-01-05", own, count=2)
        assert [session.target for session in found] == [date(2026, 3, 31), date(2026, 6, 24)]

    def test_bounds_know_the_years_without_a_leap_day(self) -> None:
        assert [bs.Interval(months=n).day_bounds for n in (48, 96)] == [(1460, 1461), (2921, 2922)]

    def test_what_may_be_negative_or_leaves_the_calendar_is_no_interval(self) -> None:
        with pytest.raises(bs.errors.IntervalError):
            bs.IntervalRange.parse("1 month - 30 days to 3 months")
        for text in ("4000001 days", "- 4000001 days"):
            with pytest.raises(bs.errors.IntervalError):
                bs.Interval.parse(text)

    def test_windows_that_share_one_day_share_it(self) -> None:
        one, other = (
            bs.Window(first=date(2026, 1, first), last=date(2026, 1, last))
            for first, last in ((1, 5), (5, 9))
        )
        assert one.intersection(other) == bs.Window(first=date(2026, 1, 5), last=date(2026, 1, 5))

    def test_from_the_first_day_of_the_last_year_a_period_is_open(self) -> None:
        ends = [
            bs.Hold(first="2026-01-05", last=day, reason="x").last
            for day in ("9998-12-31", "9999-01-01")
        ]
        assert ends == [date(9998, 12, 31), None]

    def test_an_argument_without_a_name_is_called_day(self) -> None:
        with pytest.raises(DayError, match=r"^day: "):
            as_day("tomorrow")

    def test_a_window_that_ends_before_it_starts_is_called_that(self) -> None:
        with pytest.raises(ValidationError, match="the window ends before"):
            bs.Window(first="2026-01-02", last="2026-01-01")

    def test_a_moment_may_lie_outside_the_calendar_in_another_zone(self) -> None:
        with pytest.raises(CalendarRangeError, match="1 to 9999"):
            bs.day_in_zone(datetime(9999, 12, 31, 23, tzinfo=UTC), "Asia/Tokyo")

    @pytest.mark.parametrize(
        ("counts", "text"), [((68, 75), "68 to 75 days"), ((70, 70), "70 days"), ((1,), "1 day")]
    )
    def test_days_in_words(self, counts: tuple[int, ...], text: str) -> None:
        assert days_text(*counts) == text

    def test_near_the_ends_of_the_calendar_is_its_first_or_last_day(self) -> None:
        found = [near(date.min, -1), near(date.min, 1), near(date.max, 1)]
        assert found == [date.min, date(1, 1, 2), date.max]

    @pytest.mark.parametrize(
        "text", ["every 3 to 4 months", "3  months\tto\n4 months", "q3 months to 4 months"]
    )
    def test_a_range_of_intervals_in_other_words(self, text: str) -> None:
        assert bs.IntervalRange.parse(text) == bs.IntervalRange.parse("3 to 4 months")

    def test_both_ends_of_a_range_follow_the_rule_of_short_months(self) -> None:
        found = bs.IntervalRange.parse("1 to 4 months").after(
            "2025-10-31", short_month=bs.ShortMonth.FIRST_OF_NEXT
        )
        assert (found.first, found.last) == (date(2025, 12, 1), date(2026, 3, 1))

    @pytest.mark.parametrize(
        ("pattern", "is_one"), [("%G-W%V-%u", True), ("%d.%m.%y", True), ("%d.%m.", False)]
    )
    def test_a_pattern_of_days_has_a_year_of_any_kind(self, pattern: str, is_one: bool) -> None:
        assert is_day_pattern(pattern) is is_one


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

    def test_one_indication_has_one_usual_range(self) -> None:
        pairs = [("chronic-migraine", "12 weeks"), ("chronic-migraine", "13 weeks")]
        with pytest.raises(ValidationError):
            bs.SchedulingPolicy(usual=pairs)

    def test_what_can_be_negative_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            bs.SchedulingPolicy(scheduled_grace="1 month - 30 days")
        with pytest.raises(ValidationError):
            bs.PayerRule(minimum="1 month - 30 days")
