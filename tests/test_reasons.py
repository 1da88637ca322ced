"""Why a date is what it is: sentences, candidates, comparisons."""

from datetime import date
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.testing import record_from_gaps
from samples import (
    ADVISED,
    GIVEN,
    MIGRAINE,
    codes,
    messages,
    overridden,
    override,
    protocol,
    record,
    rule,
)

JAN = date(2026, 1, 5)
one = record_from_gaps([84, 84, 84], starts_on=date(2025, 7, 7), units=155)


class TestAUsualRangeThatBeginsLater:
    """The first allowed day decides which range dates a cycle; another one is named."""

    LATER = "the override's usual range of 16 weeks (scheduled), in force later, counts after the next session"

    def why(self, indication: str, first: str, as_of: str, **more: Any) -> str:
        given = {"administered_on": "2026-01-05", "indication": indication, "product": "Botox"}
        chosen = {
            "indication": indication, "first": first, "usual": "16 weeks",
            "reason": "r", "authority": "clinician", **more,
        }  # fmt: skip
        held = bs.PatientRecord(sessions=[given], overrides=[chosen])
        return bs.forecast(held, indication, as_of=as_of).reasons["due"].rule

    def test_where_another_dates_the_cycle(self) -> None:
        stated = "the usual range of 12 weeks (scheduled) begins on 2026-03-30"
        assert self.why("chronic-migraine", "2026-04-01", "2026-03-31") == stated
        assert self.why("chronic-migraine", "2026-04-01", "2026-04-01") == f"{stated}; {self.LATER}"
        assert self.LATER not in self.why("chronic-migraine", "2026-03-30", "2026-04-01")
        same = self.why("chronic-migraine", "2026-04-01", "2026-04-01", usual="12 weeks")
        assert same == stated

    def test_where_none_does(self) -> None:
        words = self.LATER.replace("scheduled", "as needed")
        expected = f"no usual range is in force on the first allowed day; {words}"
        assert self.why("overactive-bladder", "2026-05-01", "2026-04-01") == expected
        ended = self.why("overactive-bladder", "2026-01-05", "2026-04-01", last="2026-03-01")
        assert ended == "no usual range is recorded here"


class TestSentences:
    def test_a_date_beyond_the_calendar(self) -> None:
        slow = protocol(retreatment={"kind": "scheduled", "minimum": "1 day", "usual": "1 day"})
        policy = bs.SchedulingPolicy(payer_minimum="2 days", lapsed_after="0 days")
        with pytest.raises(bs.errors.CalendarRangeError) as caught:
            bs.due_dates("9999-12-29", slow, policy)
        expected = "the date would leave the calendar; it must lie in the years 1 to 9999"
        assert str(caught.value) == expected

    def test_ranges(self) -> None:
        for text in ("4 to 3x", "x" * 201, "3 to 4 months + 1 day"):
            with pytest.raises(bs.errors.IntervalError):
                bs.IntervalRange.parse(text)
        with pytest.raises(bs.errors.IntervalError) as caught:
            bs.IntervalRange.parse("x" * 201)
        assert str(caught.value) == "not a range of intervals; give text such as '3 to 4 months'"
        with pytest.raises(bs.errors.IntervalError) as caught:
            bs.IntervalRange.parse("3 to 4 months + 1 day")
        assert str(caught.value) == (
            "not a range of intervals; a first bound without a unit takes that of a last bound "
            "such as '4 months'"
        )
        assert str(bs.IntervalRange.parse("1 to 2 weeks")) == "1 to 2 weeks"
        assert str(bs.IntervalRange.parse("1 week to 2 months")) == "1 week to 2 months"
        sums = "3 months + 1 day to 4 months + 1 day"
        assert str(bs.IntervalRange.parse(sums)) == sums

    def test_an_age_that_matters_and_is_not_known(self) -> None:
        found = bs.forecast(
            record("2026-01-05"), protocol(ages={"first": 2, "last": 17}), as_of="2026-02-01"
        )
        assert messages(found, "age_unknown") == [
            "the protocol is for certain ages, and the patient's age is unknown"
        ]

    def test_a_version_that_is_not_in_force(self) -> None:
        found = bs.forecast(
            record("2026-01-05"), protocol(in_force={"last": "2026-01-31"}), as_of="2026-02-01"
        )
        assert (
            "no known version of the protocol is in force on that day; the last one judges"
            in messages(found, "judged_by_another_protocol")
        )

    def test_figures_that_were_not_read(self) -> None:
        found = bs.forecast(record("2026-01-05"), protocol(), as_of="2026-02-01")
        assert messages(found, "unverified_content") == [
            "figures of the protocol were not read in any source: minimum, usual range"
        ]

    def test_a_reason_without_a_date(self) -> None:
        found = bs.forecast(
            record("2026-01-05"),
            bs.find_protocol("axillary-hyperhidrosis").model_copy(
                update={"indication": "chronic-migraine"}
            ),
            as_of="2026-02-01",
        )
        assert str(found.reasons["earliest"]).startswith("earliest not dated: ")

    def test_an_unverified_figure(self) -> None:
        found = bs.forecast(record("2026-01-05"), protocol(), as_of="2026-02-01")
        lines = str(found.reasons["earliest"]).splitlines()
        assert "  this figure is unverified: check it against the current label" in lines


class TestReasons:
    def test_a_check_names_source_and_protocol(self) -> None:
        for on, code in (("2026-04-01", "too_early"), ("2026-07-01", "allowed")):
            (reason,) = bs.check_date(one, MIGRAINE, on=on, as_of="2026-04-01").reasons
            assert reason.code == code
            assert reason.source == MIGRAINE.retreatment.minimum_source
            assert reason.protocol == MIGRAINE.ref
        policy = bs.SchedulingPolicy(payer_minimum="20 weeks")
        (reason,) = bs.check_date(
            one, MIGRAINE, on="2026-07-01", as_of="2026-04-01", policy=policy
        ).reasons
        assert (reason.source, reason.protocol) == (None, None)

    def test_a_hold_over_an_early_day_gives_both_reasons(self) -> None:
        hold = {"first": "2026-03-31", "last": "2026-04-02", "reason": "x"}
        record = bs.PatientRecord.model_validate({"sessions": one.sessions, "holds": [hold]})
        found = bs.check_date(record, MIGRAINE, on="2026-04-01", as_of="2026-04-01")
        assert [str(reason.rule) for reason in found.reasons] == [
            "the day is on hold",
            "the 12-week scheduled interval gives 2026-06-08; the day is 68 days early",
        ]

    def test_the_candidates_name_theirs(self) -> None:
        policy = bs.SchedulingPolicy(payer_minimum="20 weeks")
        reason = bs.forecast(one, MIGRAINE, as_of="2026-04-01", policy=policy).reasons["earliest"]
        payer = next(c for c in reason.candidates if c.outcome == "decides")
        assert (payer.source, payer.protocol) == (None, None)
        label = next(c for c in reason.candidates if c.protocol is not None)
        assert label.source == MIGRAINE.retreatment.minimum_source

    def test_the_end_of_a_stretch_is_allowed_and_the_day_after_is_not(self) -> None:
        record = overridden({"minimum": "10 weeks", "last": "2026-03-20"})
        asked: dict[str, Any] = {"as_of": "2026-03-01"}
        last = bs.check_date(record, MIGRAINE, on="2026-03-20", **asked)
        assert (last.allowed, last.next_allowed_on) == (True, date(2026, 3, 20))
        after = bs.check_date(record, MIGRAINE, on="2026-03-21", **asked)
        assert (after.allowed, after.next_allowed_on) == (False, date(2026, 3, 30))
        held = record.model_copy(
            update={"holds": (bs.Hold(first=date(2026, 2, 1), last=date(2026, 3, 19), reason="x"),)}
        )
        found = bs.check_date(held, MIGRAINE, on="2026-03-16", **asked)
        assert found.next_allowed_on == date(2026, 3, 20)

    def test_one_prior_cycle_leaves_nothing_to_judge_by(self) -> None:
        prior = [{"indication": "chronic-migraine", "cycles": 1}]
        record = bs.PatientRecord.model_validate({"prior_treatments": prior})
        assert bs.check_date(record, MIGRAINE, on="2026-04-01", as_of="2026-04-01").allowed is None

    def test_a_check_plans_nothing_unless_told(self) -> None:
        found = bs.check_date(one, MIGRAINE, on="2026-04-01", as_of="2026-04-01")
        assert [c.total for c in found.limit_checks if c.reading == "twelve_weeks"] == [155]

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("12 weeks", "12-week"),
            ("1 day", "1-day"),
            ("12 weeks + 1 day", "12 weeks + 1 day"),
            ("3 months", "3-month"),
        ],
    )
    def test_intervals_in_sentences(self, text: str, words: str) -> None:
        policy = bs.SchedulingPolicy(payer_minimum="200 days")
        protocol = MIGRAINE.model_copy(
            update={"retreatment": bs.protocols.RetreatmentRule(kind="scheduled", minimum=text)}
        )
        reason = bs.forecast(one, protocol, as_of="2026-04-01").reasons["earliest"]
        assert reason.rule.startswith(f"the {words} minimum gives")
        assert bs.forecast(one, protocol, as_of="2026-04-01", policy=policy).reasons


class TestForecasts:
    def test_limits_are_judged_on_the_due_day(self) -> None:
        given = {"administered_on": JAN, "indication": "spasticity", "product": "Botox"}
        found = bs.forecast(
            bs.PatientRecord(sessions=[given]), bs.find_protocol("spasticity"), as_of=JAN
        )
        assert found.dates.earliest != found.dates.due
        assert {check.on for check in found.limit_checks} == {found.dates.due}

    def test_without_history_the_protocol_is_named_all_the_same(self) -> None:
        found = bs.forecast(bs.PatientRecord(), MIGRAINE, as_of=JAN)
        assert found.dates.protocol == MIGRAINE.ref

    def test_a_day_before_nothing_is_dated_projects_nothing(self) -> None:
        free = protocol(retreatment={"kind": "scheduled", "wording": "when needed"})
        assert bs.project(record("2026-01-05"), free, as_of="2026-02-01") == ()

    def test_what_an_override_states_is_not_unverified(self) -> None:
        given = override(minimum=None, usual="12 to 14 weeks")
        plain = bs.forecast(record("2026-01-05"), protocol(), as_of="2026-02-01")
        assert plain.dates.unverified == ("minimum", "usual")
        found = bs.forecast(record("2026-01-05", overrides=[given]), protocol(), as_of="2026-02-01")
        assert found.dates.unverified == ("minimum",)

    def test_a_booking_on_the_day_of_the_last_session_is_settled(self) -> None:
        given = {"indication": "chronic-migraine", "product": "Botox", "administered_on": JAN}
        both = bs.PatientRecord(sessions=[given, given | {"status": "booked"}])
        assert "booking_too_early" not in codes(bs.forecast(both, MIGRAINE, as_of=JAN))

    def test_only_the_minimum_counts_from_a_touch_up(self) -> None:
        given = {"indication": "chronic-migraine", "product": "Botox"}
        sessions = [
            given | {"administered_on": "2026-01-05"},
            given | {"administered_on": "2026-01-20", "kind": "touch_up"},
        ]
        found = bs.forecast(bs.PatientRecord(sessions=sessions), MIGRAINE, as_of="2026-02-01")
        assert len(found.reasons["earliest"].inputs) == 2
        assert found.reasons["due"].inputs == ("last session on 2026-01-05",)

    def test_a_check_says_what_a_forecast_says(self) -> None:
        check = bs.check_date(record("2026-01-05"), protocol(), on="2026-04-01", as_of="2026-02-01")
        assert "unverified_content" in codes(check)

    def test_a_comparison_names_the_moved_question_first(self) -> None:
        before = bs.forecast(record("2026-01-05"), MIGRAINE, as_of="2026-01-10")
        after = bs.forecast(record("2026-01-05", "2026-04-01"), MIGRAINE, as_of="2026-06-30")
        compared = bs.compare_forecasts(before, after)
        moved = "the day of the question moved from 2026-01-10 to 2026-06-30"
        answers = [change.why for change in compared.changes if moved in change.why]
        assert answers
        for why in answers:
            assert why[0] == moved
            assert len(why) > 1


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
        own = protocol(retreatment={"kind": "as_needed", "minimum": ADVISED})
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


def test_an_advised_minimum_is_called_advice() -> None:
    rules = []
    for strength in ("should", "may"):
        stated = ADVISED | {"strength": strength}
        own = protocol(retreatment={"kind": "as_needed", "minimum": stated})
        found = bs.forecast(record("2026-01-05"), own, as_of="2026-02-01")
        rules.append(found.reasons["earliest"].rule)
    assert ["advises" in text for text in rules] == [False, True]


class TestReasonsOfTheUndated:
    def rules(self, given: bs.PatientRecord, own: bs.TreatmentProtocol = MIGRAINE) -> list[str]:
        found = bs.forecast(given, own, as_of="2026-02-01")
        return [found.reasons[name].rule for name in ("earliest", "due")]

    def test_without_a_protocol_each_date_has_the_same_reason(self) -> None:
        unheard = {**GIVEN, "indication": "chronic-migrane"}
        (found,) = bs.forecast_all(bs.PatientRecord(sessions=[unheard]), as_of="2026-02-01")
        assert set(found.reasons) == {"earliest", "due", "overdue_from", "lapsed_from"}
        assert len({reason.rule for reason in found.reasons.values()}) == 1

    def test_without_a_session_no_reason_says_that_nothing_forbids_a_day_on_hold(self) -> None:
        first, undated = "no earlier session is recorded", "sessions were given elsewhere"
        on_hold = "the track is on hold without a known end"
        prior = {"indication": "chronic-migraine", "cycles": 2}
        for holds, elsewhere, expected in (
            ([], [], first),
            ([], [prior], undated),
            ([{"last": None}], [], on_hold),
            ([{"last": None}], [prior], on_hold),
            # The day in question is the first one after the hold.
            ([{"last": "2026-02-20"}], [], first),
            ([{"last": "2026-02-20"}], [prior], undated),
        ):
            rows = [{"first": "2026-01-20", "reason": "x", **hold} for hold in holds]
            given = bs.PatientRecord(holds=rows, prior_treatments=elsewhere)
            assert all(rule.startswith(expected) for rule in self.rules(given))

    def test_an_open_hold_after_the_first_allowed_day_leaves_the_rest_undated(self) -> None:
        own = protocol(id="own-8", retreatment=rule(minimum="8 weeks"))
        held = record("2026-01-05", holds=[{"first": "2026-03-10", "reason": "x"}])
        earliest, due = self.rules(held, own)
        assert "gives 2026-03-02" in earliest
        assert due.endswith("; an open hold leaves it undated")

    def test_of_two_versions_without_interval_the_one_in_force_has_the_words(self) -> None:
        old, new = (
            protocol(
                version=version, in_force=days, retreatment={"kind": "as_needed", "wording": words}
            )
            for version, days, words in (
                ("1", {"last": "2026-12-31"}, "when symptoms return"),
                ("2", {"first": "2027-01-01"}, "as the clinician decides"),
            )
        )
        found = bs.forecast(record("2026-01-05"), new, as_of="2026-02-01", other_protocols=[old])
        assert found.reasons["earliest"].rule.endswith("recorded here: when symptoms return")

    def test_equal_usual_ranges_in_other_words_have_one_order(self) -> None:
        stated = [override(minimum=None, usual=usual) for usual in ("84 days", "12 weeks")]
        due = {
            self.rules(record("2026-01-05", overrides=rows))[1] for rows in (stated, stated[::-1])
        }
        assert len(due) == 1
