"""Which minimums and usual ranges are in force: overrides, versions, products, payers."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.dates.days import Period
from botox_schedule.engine.dates import track_dates
from botox_schedule.engine.holds import NO_HOLDS
from botox_schedule.engine.project import rules_after
from botox_schedule.engine.rules import IntervalRules, LabelRule, LabelRules, RuleFacts
from botox_schedule.protocols.collection import version_on
from botox_schedule.questions import ask
from botox_schedule.terms import MinimumKind
from botox_schedule.testing import record_from_gaps
from samples import (
    ADVISED,
    ALONE,
    ARM,
    DAY,
    FIRST_OF_NEXT,
    GIVEN,
    LEG,
    MIGRAINE,
    allowed,
    codes,
    ended,
    overridden,
    override,
    protocol,
    record,
    rule,
    track_on,
)

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


AS_OF = date(2026, 4, 6)


class TestOverrides:
    def test_an_ended_one_that_gave_a_later_day_is_not_weighed(self) -> None:
        late = override(minimum="30 weeks", last="2026-02-01")
        early = override(minimum="6 weeks", last="2026-02-01", reason="sooner")
        for given, expected in ((late, False), (early, True)):
            found = bs.forecast(
                record("2026-01-05", overrides=[given]), MIGRAINE, as_of="2026-03-01"
            )
            outcomes = [c.outcome for c in found.reasons["earliest"].candidates]
            assert ("expired" in outcomes) is expected
            assert outcomes[0] == "decides"

    def test_one_that_holds_on_the_earliest_day_has_not_ended(self) -> None:
        given = override(minimum="8 weeks", last="2026-03-10")
        hold = {"first": "2026-03-01", "last": "2026-03-09", "reason": "drawn"}
        found = bs.forecast(
            record("2026-01-05", overrides=[given], holds=[hold]), MIGRAINE, as_of="2026-03-10"
        )
        assert found.dates.earliest == date(2026, 3, 10)
        assert "expired_override" not in codes(found)

    def test_below_the_previous_products_label(self) -> None:
        short = protocol(retreatment={"kind": "scheduled", "minimum": "4 weeks"})
        before = protocol(id="before", product="Dysport")
        given = {"administered_on": JAN, "indication": "chronic-migraine", "product": "Dysport"}
        found = bs.forecast(
            bs.PatientRecord(sessions=[given], overrides=[override(minimum="6 weeks")]),
            short,
            as_of="2026-02-01",
            other_protocols=[before],
        )
        assert "override_below_label" in codes(found)

    def test_the_longer_usual_range_wins_among_those_of_one_day(self) -> None:
        short = override(minimum=None, usual="13 to 14 weeks", last="2026-12-31")
        long = override(minimum=None, usual="15 to 16 weeks", last="2026-06-30")
        for order in ([short, long], [long, short]):
            found = bs.forecast(record("2026-01-05", overrides=order), MIGRAINE, as_of="2026-02-01")
            assert found.dates.due == date(2026, 4, 20)

    def test_each_figure_is_weighed_by_itself(self) -> None:
        one = override(minimum="14 weeks", usual="15 to 16 weeks")
        other = override(minimum="13 weeks", usual="17 to 18 weeks")
        for order in ([one, other], [other, one]):
            found = bs.forecast(record("2026-01-05", overrides=order), MIGRAINE, as_of="2026-02-01")
            assert found.dates.earliest == date(2026, 4, 13)
            assert found.dates.due == date(2026, 5, 4)

    def test_among_equals_the_order_means_nothing(self) -> None:
        pairs = [
            (override(minimum=None, usual="14 to 15 weeks"), {"usual": "14 to 16 weeks"}),
            (override(minimum="13 weeks"), {"minimum": "91 days"}),
            (override(minimum="13 weeks"), {"authority": "payer"}),
        ]
        policy = bs.SchedulingPolicy(payer_minimum="20 weeks")
        for one, changed in pairs:
            answers = []
            for order in ([one, one | changed], [one | changed, one]):
                found = bs.forecast(
                    record("2026-01-05", overrides=order),
                    MIGRAINE,
                    as_of="2026-02-01",
                    policy=policy,
                )
                answers.append((found.dates, found.reasons))
            assert answers[0] == answers[1]

    def test_a_clinicians_and_a_payers_hold_together(self) -> None:
        opened = override(minimum="13 weeks", authority="clinician")
        ended = override(minimum="13 weeks", authority="payer", last="2027-01-01")
        policy = bs.SchedulingPolicy(payer_minimum="20 weeks")
        for order in ([opened, ended], [ended, opened]):
            found = bs.forecast(
                record("2026-01-05", overrides=order), MIGRAINE, as_of="2026-02-01", policy=policy
            )
            # The clinician's replaces the label's, the payer's replaces the payer's.
            assert found.dates.earliest == date(2026, 4, 6)

    def test_one_until_the_end_of_the_calendar(self) -> None:
        found = bs.forecast(
            record("2026-01-05", overrides=[override(last="9999-12-31")]),
            MIGRAINE,
            as_of="2026-02-01",
        )
        assert found.dates.earliest == date(2026, 3, 2)


class TestOverridesThatCompete:
    """The one that starts last, then the longer interval."""

    @pytest.mark.parametrize("order", [1, -1])
    @pytest.mark.parametrize(
        ("one_override", "other", "due"),
        [
            ({"minimum": "10 weeks"}, {"minimum": "14 weeks"}, date(2026, 4, 13)),
            (
                {"minimum": "14 weeks"},
                {"minimum": "10 weeks", "first": "2026-01-02"},
                date(2026, 3, 30),
            ),
            ({"usual": "13 weeks"}, {"usual": "15 weeks"}, date(2026, 4, 20)),
            ({"usual": "15 weeks"}, {"usual": "13 weeks", "first": "2026-01-02"}, date(2026, 4, 6)),
            (
                {"usual": "13 weeks", "minimum": "20 days"},
                {"usual": "15 weeks", "minimum": "10 days"},
                date(2026, 4, 20),
            ),
            ({"minimum": "3 months"}, {"minimum": "88 days"}, date(2026, 4, 5)),
        ],
    )
    def test_for_minimum_and_usual(
        self, one_override: dict[str, Any], other: dict[str, Any], due: date, order: int
    ) -> None:
        record = overridden(*[one_override, other][::order])
        assert bs.forecast(record, MIGRAINE, as_of="2026-02-01").dates.due == due

    @pytest.mark.parametrize(
        ("last", "expired"),
        [("2026-01-04", False), ("2026-01-05", True), ("2026-03-28", True), ("2026-03-29", False)],
    )
    def test_an_ended_one_is_named_where_it_ended_after_the_session(
        self, last: str, expired: bool
    ) -> None:
        record = overridden({"minimum": "83 days", "last": last, "first": "2025-01-01"})
        found = bs.forecast(record, MIGRAINE, as_of="2026-03-30" if not expired else "2026-02-01")
        codes = {finding.code for finding in found.findings}
        assert ("expired_override" in codes) is expired

    @pytest.mark.parametrize(("payer", "expired"), [("83 days", True), ("85 days", False)])
    def test_one_that_a_payer_overrules_is_not_named(self, payer: str, expired: bool) -> None:
        record = overridden({"minimum": "70 days", "last": "2026-03-01"})
        policy = bs.SchedulingPolicy(payer_minimum=payer)
        found = bs.forecast(record, MIGRAINE, as_of="2026-02-01", policy=policy)
        assert ("expired_override" in {finding.code for finding in found.findings}) is expired

    def test_one_that_gives_the_same_day_is_not_named(self) -> None:
        record = overridden({"minimum": "84 days", "last": "2026-03-01"})
        found = bs.forecast(record, MIGRAINE, as_of="2026-02-01")
        assert "expired_override" not in {finding.code for finding in found.findings}


class TestVersions:
    def version(self, name: str, first: str | None, last: str | None, minimum: str | None) -> Any:
        period = {"first": first, "last": last}
        rule = {"kind": "as_needed", "minimum": minimum, "wording": "as needed"}
        return protocol(version=name, in_force=period, retreatment=rule)

    def rules(self, *own: bs.TreatmentProtocol, **changes: Any) -> IntervalRules:
        labels = LabelRules((own,), changes.pop("others", ()))
        return IntervalRules(RuleFacts(labels, bs.SchedulingPolicy(), JAN, JAN, **changes))

    def test_where_none_is_in_force_the_last_one_that_was_judges(self) -> None:
        old = self.version("1", None, "2020-01-01", "8 weeks")
        older = self.version("0", None, "2010-01-01", "9 weeks")
        for order in ((old, older), (older, old)):
            assert version_on(order, JAN) is old

    @pytest.mark.parametrize(
        ("as_of", "on", "told"),
        [
            ("2026-03-31", "2026-03-31", False),
            ("2026-03-31", "2026-04-01", True),
            ("2026-04-01", "2026-04-01", True),
        ],
    )
    def test_a_day_after_the_last_one_in_force_says_that_another_judges(
        self, as_of: str, on: str, told: bool
    ) -> None:
        ended = self.version("1", None, "2026-03-31", "8 weeks")
        found = bs.check_date(
            record("2026-01-05"), ended, on=on, as_of=as_of, other_protocols=[]
        ).findings
        assert ("judged_by_another_protocol" in {finding.code for finding in found}) is told

    def test_one_that_is_not_yet_in_force_is_not_used_for_earlier_days(self) -> None:
        later = self.version("1", "2026-01-06", None, "8 weeks")
        assert version_on((later,), JAN) is None
        assert version_on((later,), date(2026, 1, 6)) is later

    def test_the_newest_is_the_one_that_began_last(self) -> None:
        later = self.version("1", "2025-01-01", None, "8 weeks")
        sooner = self.version("2", "2024-01-01", None, "9 weeks")
        for order in ((later, sooner), (sooner, later)):
            assert version_on(order, JAN) is later

    @pytest.mark.parametrize(
        ("newer", "older"), [("10", "9"), ("1.10", "1.9"), ("2.0", "1.9"), ("2026.1", "2025.12")]
    )
    def test_versions_are_compared_as_numbers(self, newer: str, older: str) -> None:
        one = self.version(newer, "2025-01-01", None, "8 weeks")
        other = self.version(older, "2025-01-01", None, "9 weeks")
        for order in ((one, other), (other, one)):
            assert version_on(order, JAN) is one

    def test_the_given_one_stands_for_its_version(self) -> None:
        given = self.version("1", None, None, "8 weeks")
        twin = self.version("1", "2024-01-01", None, "20 weeks")
        found = bs.forecast(record("2026-01-05"), given, as_of="2026-02-01", other_protocols=[twin])
        assert found.dates.earliest == date(2026, 3, 2)

    def test_a_version_without_a_minimum_is_followed_by_one_with(self) -> None:
        rules = self.rules(
            self.version("1", None, "2026-02-28", None),
            self.version("2", "2026-03-01", None, "12 weeks"),
        )
        assert rules.allowed_periods == [Period(date(2026, 3, 30), None)]

    def test_allowed_days_that_touch_are_one_run_until_the_rules_change(self) -> None:
        rules = self.rules(
            self.version("1", None, "2026-02-28", "1 week"),
            self.version("2", "2026-03-01", "2026-03-31", "2 weeks"),
            self.version("3", "2026-04-01", None, "20 weeks"),
        )
        assert rules.allowed_periods == [
            Period(date(2026, 1, 12), date(2026, 3, 31)),
            Period(date(2026, 5, 25), None),
        ]

    def test_the_previous_products_version_of_the_day_judges(self) -> None:
        versions = (
            self.version("1", None, "2026-03-31", "10 weeks"),
            self.version("2", "2026-04-01", None, "20 weeks"),
        )
        before = LabelRule(MinimumKind.PREVIOUS_PRODUCT, ((versions,),), binds=True)
        rules = self.rules(self.version("1", None, None, "4 weeks"), others=(before,))
        deciding = [rules.on(day).deciding for day in (date(2026, 3, 31), date(2026, 4, 1))]
        assert [minimum and minimum.gives for minimum in deciding] == [
            date(2026, 3, 16),
            date(2026, 5, 25),
        ]


class TestAdvice:
    """Before a minimum that its source advises days are open, and nothing is called early."""

    def advised(self, **source: Any) -> bs.TreatmentProtocol:
        given = {"key": "k", "place": "p", "verification": "clinic", "checked_on": "2026-01-05"}
        rule = {"kind": "as_needed", "minimum": {"value": "12 weeks", **given, **source}}
        return protocol(retreatment=rule)

    @pytest.mark.parametrize(
        ("source", "before"),
        [
            ({"strength": "may"}, None),
            ({"strength": "may result in some tolerance"}, None),
            ({"strength": "not evaluated"}, None),
            ({"basis": "read from a duration"}, None),
            ({"strength": "should"}, False),
            ({}, False),
        ],
    )
    def test_the_words_of_the_source_decide(
        self, source: dict[str, Any], before: bool | None
    ) -> None:
        own = self.advised(**source)
        check = bs.check_date(record("2026-01-05"), own, on="2026-03-29", as_of="2026-02-01")
        assert check.allowed is before
        assert bs.check_date(record("2026-01-05"), own, on="2026-03-30", as_of="2026-02-01").allowed
        cycles = bs.treatment_cycles(record("2026-01-05", "2026-03-29"), own, as_of="2026-04-01")
        early = cycles[1].timing is bs.CycleTiming.EARLY
        assert (early, cycles[1].advice is None) == (before is False, before is False)

    def test_a_binding_minimum_before_it_still_forbids(self) -> None:
        own = self.advised(strength="may")
        policy = bs.SchedulingPolicy(payer_minimum="10 weeks")
        answers = [
            bs.check_date(record("2026-01-05"), own, on=day, as_of="2026-02-01", policy=policy)
            for day in ("2026-03-15", "2026-03-16", "2026-03-29", "2026-03-30")
        ]
        assert [(a.allowed, a.days_from_earliest) for a in answers] == [
            (False, -1), (None, 0), (None, 13), (True, 14)
        ]  # fmt: skip
        assert answers[1].reasons[0].code == "advisory"


class TestPayerRules:
    def allowed(self, day: str, *rules: dict[str, Any], given: Any = None) -> bool | None:
        policy = bs.SchedulingPolicy.model_validate({"payer": rules})
        history = given or record("2026-01-05")
        return bs.check_date(history, MIGRAINE, on=day, as_of="2026-02-01", policy=policy).allowed

    def test_a_rule_concerns_the_visits_on_the_days_it_is_in_force(self) -> None:
        rule = {"minimum": "14 weeks", "first": "2026-04-01", "last": "2026-04-10"}
        days = ("2026-03-31", "2026-04-01", "2026-04-10", "2026-04-11")
        assert [self.allowed(day, rule) for day in days] == [True, False, False, True]

    def test_the_strictest_counts(self) -> None:
        rules = [{"minimum": "13 weeks"}, {"minimum": "14 weeks"}]
        for order in (rules, rules[::-1]):
            assert [self.allowed(d, *order) for d in ("2026-04-12", "2026-04-13")] == [False, True]

    @pytest.mark.parametrize(
        ("scope", "concerned"),
        [
            ({}, True),
            ({"indication": "chronic-migraine"}, True),
            ({"indication": "spasticity"}, False),
            ({"product": "Botox"}, True),
            ({"product": "Dysport"}, False),
        ],
    )
    def test_it_is_about_a_track_or_a_product(self, scope: dict[str, Any], concerned: bool) -> None:
        rule = {"minimum": "14 weeks", **scope}
        assert self.allowed("2026-04-01", rule) is not concerned

    def test_a_new_rule_makes_no_old_visit_early(self) -> None:
        policy = bs.SchedulingPolicy.model_validate(
            {"payer": [{"minimum": "20 weeks", "first": "2026-04-01"}]}
        )
        cycles = bs.treatment_cycles(
            record("2026-01-05", "2026-03-30"), MIGRAINE, as_of="2026-05-01", policy=policy
        )
        assert cycles[1].timing is bs.CycleTiming.ON_TIME

    def test_an_authorization_binds_on_its_valid_days(self) -> None:
        approved = {"indication": "chronic-migraine", "product": "Botox", "minimum_interval": "14 weeks",
                    "valid": {"first": "2026-01-01", "last": "2026-04-05"}}  # fmt: skip
        given = record("2026-01-05", authorizations=[approved])
        assert [self.allowed(d, given=given) for d in ("2026-04-05", "2026-04-06")] == [False, True]
        other = record("2026-01-05", authorizations=[{**approved, "product": "Dysport"}])
        assert self.allowed("2026-04-05", given=other)


class TestUsualRangesOfAPolicy:
    @pytest.mark.parametrize(
        "given",
        [
            [None],
            [[]],
            [["chronic-migraine"]],
            ["chronic-migraine"],
            "chronic-migraine",
            12,
            {1: "12 weeks"},
        ],
        ids=repr,
    )
    def test_what_is_no_pair_is_refused(self, given: object) -> None:
        with pytest.raises(ValidationError):
            bs.SchedulingPolicy.model_validate({"usual": given})

    def test_their_order_means_nothing(self) -> None:
        pairs = [("spasticity", "12 weeks"), ("chronic-migraine", "13 weeks")]
        by_name = bs.SchedulingPolicy.model_validate({"usual": dict(pairs)})
        assert bs.SchedulingPolicy.model_validate({"usual": pairs}) == by_name
        assert bs.SchedulingPolicy.model_validate({"usual": pairs[::-1]}) == by_name


class TestJudgedBy:
    """What judges a cycle whose protocol was not in force, or where several were."""

    def timing(self, own: bs.TreatmentProtocol, *besides: bs.TreatmentProtocol) -> Any:
        usual = override(first="2026-01-01", minimum=None, usual="12 weeks")
        given = record("2026-01-05", "2026-04-10", overrides=[usual])
        cycles = bs.treatment_cycles(given, own, as_of="2026-04-10", other_protocols=besides)
        return cycles[1].timing

    def test_the_grace_is_that_of_the_version_in_force(self) -> None:
        # Eleven days after the usual range: late when scheduled, on time as needed.
        for kind, other, expected in (
            ("scheduled", "as_needed", "late"),
            ("as_needed", "scheduled", "on_time"),
        ):
            old = protocol(version="1", in_force={"last": "2026-12-31"}, retreatment={"kind": kind})
            new = protocol(
                version="2", in_force={"first": "2027-01-01"}, retreatment={"kind": other}
            )
            assert self.timing(new, old) == expected

    def test_without_a_version_in_force_that_of_the_protocol(self) -> None:
        for kind, expected in (("scheduled", "late"), ("as_needed", "on_time")):
            ahead = protocol(in_force={"first": "2027-01-01"}, retreatment={"kind": kind})
            assert self.timing(ahead) == expected

    def test_a_childs_bladder_has_two_clocks_and_an_adults_one(self) -> None:
        names = ("overactive-bladder", "neurogenic-detrusor-overactivity")
        given = bs.PatientRecord(sessions=[{**GIVEN, "indication": name} for name in names])
        tracks = {
            people: len(bs.forecast_all(given, as_of="2026-02-01", population=people))
            for people in bs.Population
        }
        assert tracks == {"adult": 1, "pediatric": 2}

    def test_of_several_the_one_with_the_latest_minimum(self) -> None:
        # The leg states no usual range, so a late session is on time; the arm's would be late.
        arm = protocol(
            id="arm",
            indication=ARM,
            shares_clock_with=[LEG],
            retreatment=rule(minimum="8 weeks", usual="12 weeks"),
        )
        leg = protocol(
            id="leg",
            indication=LEG,
            shares_clock_with=[ARM],
            retreatment={"kind": "scheduled", "minimum": "14 weeks"},
        )
        given = bs.PatientRecord(
            sessions=[
                {**GIVEN, "indication": name, "administered_on": day}
                for day in ("2026-01-05", "2026-04-27")
                for name in (ARM, LEG)
            ]
        )
        for own, other in ((arm, leg), (leg, arm)):
            cycles = bs.treatment_cycles(given, own, as_of="2026-05-01", other_protocols=[other])
            assert cycles[1].timing == "on_time"

    def test_a_product_without_protocol_takes_the_strictest_of_the_clock(self) -> None:
        def shared(name: str, **more: Any) -> bs.TreatmentProtocol:
            others = sorted({ARM, LEG, "spasticity"} - {name})
            return protocol(id=name, indication=name, shares_clock_with=others, **more)

        arm, leg = (
            shared(ARM),
            shared(LEG, product="Xeomin", retreatment=rule(minimum="20 weeks", usual="20 weeks")),
        )
        given = bs.PatientRecord(
            sessions=[{**GIVEN, "indication": "spasticity", "product": "Dysport"}]
        )
        found = bs.forecast(given, arm, as_of="2026-02-01", other_protocols=[leg])
        assert found.dates.earliest == date(2026, 5, 25)

    def test_an_unknown_session_where_nothing_states_a_minimum(self) -> None:
        own = protocol(retreatment={"kind": "scheduled", "usual": "12 weeks"})
        unheard = {**GIVEN, "indication": "chronic-migrane", "administered_on": "2026-01-20"}
        given = bs.PatientRecord(sessions=[GIVEN, unheard])
        assert allowed(given, "2026-03-29", protocol=own, other_protocols=()) == [None]

    def test_the_grace_of_a_clinics_range_is_that_of_the_protocol_ahead(self) -> None:
        policy = bs.SchedulingPolicy(usual={"chronic-migraine": "12 weeks"})
        overdue = []
        for kind in ("scheduled", "as_needed"):
            ahead = protocol(in_force={"first": "2027-01-01"}, retreatment={"kind": kind})
            found = bs.forecast(
                record("2026-01-05"), ahead, as_of="2026-02-01", policy=policy, other_protocols=()
            )
            overdue.append(str(found.dates.overdue_from))
        assert overdue == ["2026-04-07", "2026-04-28"]


class TestPayersByDay:
    def test_a_rule_is_in_force_from_its_first_day_to_its_last(self) -> None:
        stated = bs.PayerRule(minimum="14 weeks", first="2026-02-01", last="2026-02-28")
        days = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1))
        assert [stated.is_in_force(day) for day in days] == [False, True, True, False]

    def test_a_rule_about_the_product_holds_after_one_session_too(self) -> None:
        policy = bs.SchedulingPolicy(payer=[{"product": "Botox", "minimum": "3 months"}])
        other = bs.SchedulingPolicy(payer=[{"product": "Xeomin", "minimum": "3 months"}])
        # From December on three months are 90 days, from June on 92.
        for day, expected in (("2025-12-05", "2026-03-05"), ("2026-06-05", "2026-09-05")):
            found = bs.due_dates(day, protocol(), policy)
            assert str(found.earliest) == expected
            assert bs.due_dates(day, protocol(), other) == bs.due_dates(day, protocol())


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


class TestVersionsInForce:
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


class TestPayersOfAPolicy:
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


class TestRulesOfADay:
    def test_a_payers_override_opens_its_own_day_where_no_label_states_a_minimum(self) -> None:
        own = protocol(retreatment=rule(minimum=None))
        for authority in ("payer", "clinician"):
            row = override(minimum="4 weeks", authority=authority)
            given = record("2026-01-05", overrides=[row])
            asked: dict[str, Any] = {"as_of": "2026-01-20", "protocol": own, **ALONE}
            assert allowed(given, "2026-02-01", "2026-02-02", **asked) == [False, True]
            assert bs.forecast(given, own, as_of="2026-01-20", **ALONE).dates.earliest == date(
                2026, 2, 2
            )

    def test_days_that_two_rules_allow_in_a_row_end_with_the_discharge(self) -> None:
        rows = {
            "overrides": [override(last="2026-04-30")],
            "care_ends": [ended("2026-06-01")],
        }
        track = track_on("2026-02-01", record("2026-01-05", **rows), protocol(), **ALONE)
        assert track.rules.allowed_periods == [(date(2026, 3, 2), date(2026, 5, 31))]

    def test_rules_from_the_last_day_of_the_calendar_on_do_not_end_the_days_before(self) -> None:
        rows = {"overrides": [override(first="9999-12-31")]}
        track = track_on("2026-02-01", record("2026-01-05", **rows), protocol(), **ALONE)
        assert track.rules.allowed_periods == [(date(2026, 3, 30), None)]

    @pytest.mark.parametrize(
        ("rows", "gave"),
        [
            pytest.param([("2026-01-01", "2026-01-04", "4 weeks")], [], id="before the session"),
            pytest.param(
                [("2026-01-01", "2026-01-05", "4 weeks")], ["4 weeks"], id="on its day"
            ),
            pytest.param(
                [("2026-01-01", "2026-02-20", "12 weeks"), ("2026-01-02", "2026-02-20", "4 weeks")],
                ["4 weeks"],
                id="one that gave no earlier day",
            ),
        ],
    )  # fmt: skip
    def test_an_ended_override_is_told_if_it_gave_an_earlier_day(
        self, rows: list[tuple[str, str, str]], gave: list[str]
    ) -> None:
        names = ("first", "last", "minimum")
        overrides = [override(**dict(zip(names, row, strict=True))) for row in rows]
        track = track_on("2026-02-25", record("2026-01-05", overrides=overrides))
        expired = track.rules.expired(track.dates.earliest)
        assert [str(minimum.interval) for minimum in expired] == gave

    @pytest.mark.parametrize("reasons", [("a", "b"), ("b", "a")])
    @pytest.mark.parametrize("what", ["minimum", "usual"])
    def test_of_equal_overrides_the_text_of_the_interval_decides_and_no_other(
        self, what: str, reasons: tuple[str, str]
    ) -> None:
        texts = ("56 days", "8 weeks")
        overrides = [
            override(**{"minimum": None, what: text}, reason=reason, id=reason)
            for text, reason in zip(texts, reasons, strict=True)
        ]
        track = track_on("2026-02-01", record("2026-01-05", overrides=overrides))
        in_force = track.rules.on(date(2026, 2, 1))
        found = in_force.deciding if what == "minimum" else in_force.usual
        assert str(found.interval) == "8 weeks"

    @pytest.mark.parametrize("order", list(permutations(["56 days", "8 weeks", "20 weeks"])))
    def test_of_rules_under_an_unknown_name_the_longest_comes_first(
        self, order: tuple[str, ...]
    ) -> None:
        payer = [{"minimum": text, "indication": "migrane"} for text in order]
        policy = bs.SchedulingPolicy(payer=payer)
        track = track_on("2026-02-01", record("2026-01-05"), protocol(), policy=policy, **ALONE)
        found = [str(m.interval) for m in track.rules.on(date(2026, 2, 1)).minimums]
        assert found == ["12 weeks", "20 weeks", "8 weeks", "56 days"]

    @pytest.mark.parametrize("strict", ["Botox", "Dysport"])
    def test_of_an_unknown_product_the_strictest_version_says_what_is_late(
        self, strict: str
    ) -> None:
        lax = rule(minimum="8 weeks", usual="8 weeks")
        known = [
            protocol(
                id=name,
                product=name,
                retreatment=rule(minimum="20 weeks", usual="20 to 24 weeks")
                if name == strict
                else lax,
            )
            for name in ("Botox", "Dysport")
        ]
        sessions = [
            {**GIVEN, "administered_on": day, "product": None}
            for day in ("2026-01-05", "2026-06-29", "2026-12-22")
        ]
        found = bs.treatment_cycles(
            bs.PatientRecord(sessions=sessions), known[0], as_of="2026-12-31", other_protocols=known
        )
        assert [cycle.timing for cycle in found] == ["first", "on_time", "late"]

    @pytest.mark.parametrize("stating", ["Botox", "Dysport"])
    @pytest.mark.parametrize("other", [{"kind": "as_needed"}, rule(minimum="8 weeks", usual=None)])
    def test_a_version_without_a_minimum_or_a_usual_range_does_not_say_what_is_late(
        self, stating: str, other: dict[str, Any]
    ) -> None:
        own = rule(minimum="8 weeks", usual="8 weeks")
        known = [
            protocol(id=name, product=name, retreatment=own if name == stating else other)
            for name in ("Botox", "Dysport")
        ]
        days = ("2026-01-05", "2026-03-10")
        rows = [{**GIVEN, "administered_on": day, "product": None} for day in days]
        found = bs.treatment_cycles(
            bs.PatientRecord(sessions=rows), known[0], as_of="2026-11-01", other_protocols=known
        )
        assert [cycle.timing for cycle in found] == ["first", "late"]

    @pytest.mark.parametrize(
        ("clinician", "payer", "won"),
        [
            ("10 to 12 weeks", "8 to 16 weeks", "10 to 12 weeks"),
            ("8 to 16 weeks", "10 to 12 weeks", "10 to 12 weeks"),
            ("8 to 10 weeks", "8 to 12 weeks", "8 to 12 weeks"),
            ("56 days", "8 weeks", "56 days"),
            ("8 weeks", "56 days", "8 weeks"),
        ],
    )
    def test_of_usual_ranges_the_longer_counts_and_of_equal_ones_the_clinicians(
        self, clinician: str, payer: str, won: str
    ) -> None:
        rows = [
            override(minimum=None, usual=text, authority=who)
            for who, text in (("clinician", clinician), ("payer", payer))
        ]
        track = track_on("2026-02-01", record("2026-01-05", overrides=rows))
        assert str(track.rules.on(date(2026, 2, 1)).usual.interval) == won

    @pytest.mark.parametrize("product", ["Dysport", None])
    def test_an_indication_without_a_protocol_is_judged_by_another(
        self, product: str | None
    ) -> None:
        own = protocol(indication=ARM, shares_clock_with=[LEG])
        for name, told in ((LEG, True), (ARM, product == "Dysport")):
            rows = [{**GIVEN, "indication": name, "product": product}]
            found = bs.forecast(bs.PatientRecord(sessions=rows), own, as_of="2026-02-01", **ALONE)
            assert ("judged_by_another_protocol" in codes(found)) is told


class TestFirstSessions:
    def test_after_the_first_session_the_rules_count_from_it(self) -> None:
        """Nothing was given yet: what the first visit would be decides."""
        own = protocol(retreatment=rule(minimum="11 weeks", usual="12 weeks"))
        end = {"kind": "discontinued", "on": "2027-01-04"}
        given = bs.PatientRecord(care_ends=[end])
        track = ask(given, own, AS_OF, other_protocols=()).track
        rules = rules_after(track, date(2026, 5, 4))
        assert rules.facts.anchor == date(2026, 5, 4)
        assert rules.facts.ends_on == date(2027, 1, 4)
        dates = track_dates(rules, NO_HOLDS, AS_OF)
        assert dates.earliest == date(2026, 5, 4) + 77 * DAY
        assert dates.due == date(2026, 5, 4) + 84 * DAY
