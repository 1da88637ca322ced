"""Planning: what every question of it has in common, and laws over drawn records."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule import planning as plan
from botox_schedule.planning import BookingConstraint as Constraint
from botox_schedule.testing import days, intervals, policies, protocols, record_from_gaps, records
from planning_samples import (
    DAY,
    MIGRAINE,
    ONA,
    SPASTICITY,
    WHEN,
    approved,
    authorizations,
    decisions,
    is_first_treatment,
    never,
    one,
    record_of,
    two_treatments,
    with_approval,
)

STRICT = bs.SchedulingPolicy(payer_minimum="13 weeks")


anybody = records(only_product=ONA)
"""Records of one product: sessions of all sorts, holds, overrides and ends of care."""


@st.composite
def nasty_records(draw: st.DrawFn) -> bs.PatientRecord:
    """Records with words that nobody knows and decisions that are taken back."""
    record = draw(anybody)
    misspelled = draw(st.sets(st.integers(0, 7), max_size=2))
    given_sessions = [
        replace(s, indication="chronic-migrane") if n in misspelled else s
        for n, s in enumerate(record.sessions)
    ]
    marks = st.none() | WHEN
    holds = []
    for hold in record.holds:
        recorded, withdrawn = draw(marks), draw(marks)
        if recorded and withdrawn and withdrawn < recorded:
            recorded, withdrawn = withdrawn, recorded
        update = {"recorded_on": recorded, "withdrawn_on": withdrawn}
        holds.append(hold.model_copy(update=update))
    return record.model_copy(update={"sessions": tuple(given_sessions), "holds": tuple(holds)})


@st.composite
def changing(draw: st.DrawFn) -> tuple[bs.TreatmentProtocol, bs.TreatmentProtocol]:
    """Two versions of one protocol, the second in force from a day on."""
    first, second, day = draw(protocols()), draw(protocols()), draw(WHEN)
    old = first.model_copy(update={"in_force": {"last": day - DAY}})
    return old, second.model_copy(update={"version": "2", "in_force": {"first": day}})


@st.composite
def payers(draw: st.DrawFn) -> bs.SchedulingPolicy:
    """A policy with a payer's minimum that is in force for a while."""
    first, last = sorted((draw(WHEN), draw(WHEN)))
    rule = bs.PayerRule(minimum=draw(intervals(most_days=150)), first=first, last=last)
    return draw(policies()).model_copy(update={"payer": (rule,)})


class TestDaysAreNamed:
    """A value that is not a day is named by its argument."""

    @pytest.mark.parametrize(
        ("call", "name"),
        [
            (lambda: plan.check_booking(one, MIGRAINE, on="x", as_of="2026-03-01"), "on"),
            (lambda: plan.check_booking(one, MIGRAINE, on="2026-03-01", as_of="x"), "as_of"),
            (lambda: plan.first_bookable_day(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: plan.bookable_days(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: plan.bookable_days(one, MIGRAINE, as_of="2026-03-01", until="x"), "until"),
            (lambda: plan.plan_authorizations(one, MIGRAINE, as_of="x"), "as_of"),
            (lambda: plan.find_shared_visit(one, [MIGRAINE, SPASTICITY], as_of="x"), "as_of"),
            (lambda: plan.countdown("x", {}), "target"),
        ],
    )
    def test_in_the_error(self, call: Callable[[], object], name: str) -> None:
        with pytest.raises(bs.errors.DayError, match=f"^{name}: give a date"):
            call()


class TestPolicyCounts:
    """What the clinic chose reaches every answer."""

    def test_in_each_function(self) -> None:
        asked: dict[str, Any] = {"as_of": "2026-03-01", "policy": STRICT}
        late = date(2026, 4, 6)
        assert plan.first_bookable_day(one, MIGRAINE, **asked).on == late
        assert plan.bookable_days(one, MIGRAINE, **asked)[0].on == late
        assert plan.check_booking(one, MIGRAINE, on="2026-04-05", **asked).bookable is False
        found = plan.plan_authorizations(
            with_approval({"administered_on": "2026-01-05"}), MIGRAINE, count=1, **asked
        )
        assert [s.on for s in found.sessions] == [late]
        xeomin = bs.find_protocol("sialorrhea", product="Xeomin")
        record = record_from_gaps(
            [], starts_on=date(2026, 1, 5), indication="sialorrhea", product="Xeomin"
        )
        longer: dict[str, Any] = {
            "as_of": "2026-03-01",
            "policy": bs.SchedulingPolicy(payer_minimum="20 weeks"),
        }
        found = plan.plan_authorizations(record, xeomin, **longer)
        assert found.sessions[0].on == date(2026, 5, 25)
        both = two_treatments()
        visit = plan.find_shared_visit(both, [MIGRAINE, SPASTICITY], **asked)
        assert visit.on == date(2026, 4, 13)
        months = bs.SchedulingPolicy(limit_reading="three_months")
        visit = plan.find_shared_visit(
            both, [MIGRAINE, SPASTICITY], as_of="2026-03-01", policy=months
        )
        chosen = {c.reading for t in visit.tracks for c in t.limit_checks if c.chosen and c.reading}
        assert chosen == {bs.terms.LimitReading.THREE_MONTHS}

    def test_other_protocols_do(self) -> None:
        """The previous product's minimum counts after a switch, where its protocol is known."""
        dysport = bs.find_protocol("cervical-dystonia", product="Dysport")
        own = dysport.model_copy(
            update={
                "id": "own",
                "product": bs.Product.LETIBOTULINUMTOXIN_A,
                "retreatment": bs.protocols.RetreatmentRule(
                    kind="scheduled", minimum="20 weeks", usual="20 weeks"
                ),
            }
        )
        planned = dysport.model_copy(
            update={
                "retreatment": bs.protocols.RetreatmentRule(
                    kind="scheduled", minimum="12 weeks", usual="12 weeks"
                )
            }
        )
        record = bs.PatientRecord.model_validate(
            {
                "sessions": [
                    {
                        "administered_on": "2026-01-05",
                        "indication": "cervical-dystonia",
                        "product": "Letybo",
                    }
                ],
                "authorizations": [
                    {
                        "indication": "cervical-dystonia",
                        "product": "Dysport",
                        "valid": {"first": "2026-01-01", "last": "2026-12-31"},
                    }
                ],
            }
        )
        asked: dict[str, Any] = {"as_of": "2026-03-01", "other_protocols": [own]}
        switched = date(2026, 5, 25)
        assert plan.first_bookable_day(record, planned, **asked).on == switched
        assert plan.bookable_days(record, planned, **asked)[0].on == switched
        assert plan.check_booking(record, planned, on="2026-05-24", **asked).bookable is False
        assert (
            plan.plan_authorizations(record, planned, count=1, **asked).sessions[0].on == switched
        )
        visit = plan.find_shared_visit(record, [planned, MIGRAINE], **asked)
        assert visit.on == switched


class TestWords:
    """The words of each answer, in full."""

    @pytest.mark.parametrize(
        ("call", "message"),
        [
            (
                lambda: plan.fewest_vials(1, "x"),
                "product: no known product is named; give one of onabotulinumtoxinA, abobotulinumtoxinA, incobotulinumtoxinA, daxibotulinumtoxinA, rimabotulinumtoxinB, prabotulinumtoxinA, letibotulinumtoxinA, or a brand name",
            ),
            (
                lambda: plan.fewest_vials(1, "Botox", sizes=[Decimal("0.5")]),
                "a vial holds at least 1 unit",
            ),
            (
                lambda: plan.billing_rule("x"),
                "no billing code is known for that product; known codes: J0585, J0586, J0587, J0588, J0589",
            ),
            (
                lambda: plan.find_shared_visit(one, [], as_of="2026-03-01"),
                "a shared visit needs two or more treatments of different indications",
            ),
            (
                lambda: plan.countdown("0001-01-05", {"order": "1 day"}, calendar=never),
                "no open day before the calendar begins",
            ),
            (
                lambda: plan.check_booking(one, MIGRAINE, on="2026-01-01", as_of="2026-03-01"),
                "on lies before as_of; give a day from as_of on",
            ),
            (
                lambda: plan.countdown("2026-06-22", {"a": "1 day"}, calendar=never),
                "the calendar is closed on the 366 days before a step; give one that opens",
            ),
        ],
    )
    def test_of_errors(self, call: Callable[[], object], message: str) -> None:
        with pytest.raises(bs.BotoxScheduleError) as caught:
            call()
        assert str(caught.value) == message


class TestNamesOfIndications:
    """A name does what the protocol does."""

    def test_in_each_function(self) -> None:
        asked: dict[str, Any] = {"as_of": "2026-03-01"}
        for name in ("chronic-migraine", "Migraine"):
            assert plan.first_bookable_day(one, name, **asked) == plan.first_bookable_day(
                one, MIGRAINE, **asked
            )
            assert plan.bookable_days(one, name, **asked) == plan.bookable_days(
                one, MIGRAINE, **asked
            )
            assert plan.plan_authorizations(one, name, **asked) == plan.plan_authorizations(
                one, MIGRAINE, **asked
            )
            assert plan.check_booking(one, name, on="2026-03-30", **asked) == plan.check_booking(
                one, MIGRAINE, on="2026-03-30", **asked
            )
        record = two_treatments()
        assert plan.find_shared_visit(
            record, ["migraine", "spasticity"], **asked
        ) == plan.find_shared_visit(record, [MIGRAINE, SPASTICITY], **asked)

    def test_an_unknown_name_is_refused(self) -> None:
        with pytest.raises(bs.UnknownProtocolError, match="did you mean chronic-migraine"):
            plan.find_shared_visit(
                one,
                [MIGRAINE, SPASTICITY],
                as_of="2026-03-01",
                planned_units={"chronic-migrane": 155},
            )
        with pytest.raises(bs.UnknownProtocolError):
            plan.first_bookable_day(one, "chronic-migrane", as_of="2026-03-01")


class TestWhatIsPlannedIsKnown:
    """Holds, discharges and authorizations bind from the day they are recorded."""

    def test_a_planned_hold_moves_the_day(self) -> None:
        hold = {"first": "2027-01-01", "last": "2027-02-28", "reason": "surgery"}
        record = record_of({"administered_on": "2026-10-22"}, holds=[hold])
        found = plan.first_bookable_day(record, MIGRAINE, as_of="2026-11-26")
        assert found.on == date(2027, 3, 1)
        for on, constraints in (("2027-02-28", (Constraint.IN_HOLD,)), ("2027-03-01", ())):
            offer = plan.check_booking(record, MIGRAINE, on=on, as_of="2026-11-26")
            assert offer.constraints == constraints

    @pytest.mark.parametrize(
        ("decision", "as_of", "on"),
        [
            pytest.param({"recorded_on": "2026-03-02"}, "2026-03-01", "2026-03-30", id="eve"),
            pytest.param({"recorded_on": "2026-03-02"}, "2026-03-02", "2026-04-21", id="recorded"),
            pytest.param({"withdrawn_on": "2026-03-02"}, "2026-03-01", "2026-04-21", id="stands"),
            pytest.param(
                {"withdrawn_on": "2026-03-02"}, "2026-03-02", "2026-03-30", id="withdrawn"
            ),
        ],
    )
    def test_a_hold_binds_while_it_is_known(
        self, decision: dict[str, str], as_of: str, on: str
    ) -> None:
        hold = {"first": "2026-03-20", "last": "2026-04-20", "reason": "surgery", **decision}
        found = plan.first_bookable_day(record_of({}, holds=[hold]), MIGRAINE, as_of=as_of)
        assert str(found.on) == on

    @pytest.mark.parametrize(("on", "on_offer"), [("2026-03-31", True), ("2026-03-30", False)])
    def test_nothing_is_offered_from_a_discharge_on(self, on: str, on_offer: bool) -> None:
        record = record_of({}, care_ends=[{"on": on, "kind": "discontinued"}])
        found = plan.first_bookable_day(record, MIGRAINE, as_of="2026-03-01")
        assert (found.on == date(2026, 3, 30)) is on_offer
        assert found.refused[Constraint.CARE_ENDED] > 0
        planned = plan.plan_authorizations(record, MIGRAINE, as_of="2026-03-01")
        assert [str(s.on) for s in planned.sessions] == ["2026-03-30"] * on_offer

    def test_an_open_hold_leaves_nothing_to_plan(self) -> None:
        record = record_of({}, holds=[{"first": "2026-03-20", "reason": "pregnancy"}])
        assert plan.plan_authorizations(record, MIGRAINE, as_of="2026-03-01").sessions == ()
        first = bs.PatientRecord.model_validate({"holds": record.holds})
        assert plan.plan_authorizations(first, MIGRAINE, as_of="2026-03-21").sessions == ()

    def test_a_hold_before_a_first_treatment_is_waited_for(self) -> None:
        hold = {"first": "2026-03-01", "last": "2026-03-20", "reason": "infection"}
        record = bs.PatientRecord.model_validate({"holds": [hold]})
        assert plan.first_bookable_day(record, MIGRAINE, as_of="2026-03-01").on == date(2026, 3, 21)
        planned = plan.plan_authorizations(record, MIGRAINE, as_of="2026-03-01")
        assert [s.on for s in planned.sessions] == [date(2026, 3, 21)]

    @pytest.mark.parametrize(
        ("decision", "as_of", "covers"),
        [
            ({"withdrawn_on": "2026-03-02"}, "2026-03-01", True),
            ({"withdrawn_on": "2026-03-02"}, "2026-03-02", False),
            ({"recorded_on": "2026-03-02"}, "2026-03-01", None),
            ({"recorded_on": "2026-03-02"}, "2026-03-02", True),
        ],
    )
    def test_an_authorization_counts_while_it_is_known(
        self, decision: dict[str, str], as_of: str, covers: bool | None
    ) -> None:
        record = record_of({}, authorizations=[approved(**decision)])
        offer = plan.check_booking(record, MIGRAINE, on="2026-03-30", as_of=as_of)
        found = None if offer.authorization is None else offer.authorization.covers
        assert found is covers

    def test_the_authorization_recorded_last_counts(self) -> None:
        old = approved(id="a", sessions=1, recorded_on="2026-01-01")
        new = approved(id="a", sessions=2, recorded_on="2026-03-02")
        record = record_of({}, authorizations=[old, new])
        for as_of, bookable in (("2026-03-01", False), ("2026-03-02", True)):
            offer = plan.check_booking(record, MIGRAINE, on="2026-03-30", as_of=as_of)
            assert offer.bookable is bookable


class TestLaws:
    @settings(max_examples=60, deadline=None)
    @given(anybody, protocols(), decisions(), WHEN)
    def test_nothing_planned_lies_inside_a_hold_or_after_a_discharge(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        decision: dict[str, Any],
        as_of: date,
    ) -> None:
        fields = {name: (*getattr(record, name), *rows) for name, rows in decision.items()}
        bound = record.model_copy(update=fields)
        asked: dict[str, Any] = {"as_of": as_of}
        offered = {day.on for day in plan.bookable_days(bound, protocol, **asked)}
        offered |= {s.on for s in plan.plan_authorizations(bound, protocol, **asked).sessions}
        visit = plan.find_shared_visit(bound, [protocol, SPASTICITY], **asked)
        offered |= {day for day in (visit.on, *(t.own_day for t in visit.tracks)) if day}
        for hold in bound.holds:
            assert not any(
                hold.first <= day and (hold.last is None or day <= hold.last) for day in offered
            )
        for end in decision.get("care_ends", ()):
            assert not any(day >= end.on > as_of for day in offered)
        assert all(day >= as_of for day in offered)

    @settings(max_examples=60, deadline=None)
    @given(anybody, protocols(), decisions(), policies(), WHEN)
    def test_a_decision_makes_no_day_bookable(
        self,
        record: bs.PatientRecord,
        protocol: bs.TreatmentProtocol,
        decision: dict[str, Any],
        policy: bs.SchedulingPolicy,
        as_of: date,
    ) -> None:
        asked: dict[str, Any] = {"as_of": as_of, "until": as_of + 200 * DAY}
        before = {day.on for day in plan.bookable_days(record, protocol, policy=policy, **asked)}
        fields = {name: (*getattr(record, name), *rows) for name, rows in decision.items()}
        bound = record.model_copy(update=fields)
        stricter = policy.model_copy(
            update={"payer": (*policy.payer, bs.PayerRule(sessions=2, per="1 year"))}
        )
        first = bs.forecast(record, protocol, as_of=as_of, policy=policy).dates.earliest
        for changed, chosen in ((bound, policy), (record, stricter)):
            after = {
                day.on for day in plan.bookable_days(changed, protocol, policy=chosen, **asked)
            }
            # Without a decision the first stretch of allowed days may be left out as too short.
            assert {day for day in after if first is None or day >= first} <= before

    @settings(max_examples=80, deadline=None)
    @given(nasty_records(), changing(), policies() | payers(), WHEN)
    def test_planning_agrees_with_the_dates(
        self,
        record: bs.PatientRecord,
        versions: tuple[bs.TreatmentProtocol, bs.TreatmentProtocol],
        policy: bs.SchedulingPolicy,
        as_of: date,
    ) -> None:
        protocol = versions[0]
        asked: dict[str, Any] = {"as_of": as_of, "policy": policy, "other_protocols": versions}
        answer = bs.forecast(record, protocol, **asked)
        check = bs.check_date(record, protocol, on=as_of, **asked)
        found = plan.first_bookable_day(record, protocol, **asked)
        listed = [day.on for day in plan.bookable_days(record, protocol, **asked)]
        assert found.on == (listed[0] if listed else None)
        if answer.last_session_on is None:
            opened = [
                day
                for count in range(367)
                if is_first_treatment(
                    bs.check_date(record, protocol, on=(day := as_of + count * DAY), **asked)
                )
            ]
            assert (listed, check.next_allowed_on) == (opened, None)
            return
        if check.next_allowed_on is None:
            assert listed == []
        elif listed:
            assert min(listed) == check.next_allowed_on
        due = answer.dates.due
        if due is not None and due >= as_of:
            assert found.on == due
        for day in listed[:5]:
            offer = bs.check_date(record, protocol, on=day, **asked)
            assert (offer.allowed, offer.next_allowed_on) == (True, day)

    @settings(max_examples=60, deadline=None)
    @given(
        anybody,
        st.lists(authorizations(), min_size=1, max_size=2),
        st.data(),
        days(date(2025, 1, 1), date(2026, 6, 30)),
    )
    def test_a_misspelled_word_makes_no_day_bookable(
        self,
        record: bs.PatientRecord,
        approvals: list[bs.PriorAuthorization],
        data: st.DataObject,
        as_of: date,
    ) -> None:
        right = record.model_copy(update={"authorizations": tuple(approvals)})
        index = data.draw(st.integers(0, len(approvals) - 1))
        misspelled = [
            a.model_copy(update={"indication": "chronic-migrane"}) if n == index else a
            for n, a in enumerate(approvals)
        ]
        wrong = right.model_copy(update={"authorizations": tuple(misspelled)})
        asked: dict[str, Any] = {"as_of": as_of, "until": as_of + 150 * DAY}
        before, after = (
            {day.on for day in plan.bookable_days(each, MIGRAINE, **asked)}
            for each in (right, wrong)
        )
        assert after <= before
