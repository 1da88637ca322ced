"""Which minimums and usual ranges are in force: overrides, versions, products, payers."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.engine.rules import IntervalRules, LabelRule, LabelRules, Period, RuleFacts
from botox_schedule.protocols.collection import version_on
from botox_schedule.terms import MinimumKind
from botox_schedule.testing import record_from_gaps
from samples import MIGRAINE, codes, overridden, override, protocol, record

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


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
        assert rules.allowed_periods() == [Period(date(2026, 3, 30), None)]

    def test_allowed_days_that_touch_are_one_run_until_the_rules_change(self) -> None:
        rules = self.rules(
            self.version("1", None, "2026-02-28", "1 week"),
            self.version("2", "2026-03-01", "2026-03-31", "2 weeks"),
            self.version("3", "2026-04-01", None, "20 weeks"),
        )
        assert rules.allowed_periods() == [
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
