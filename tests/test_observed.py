"""A patient's own response: a signal that is shown and moves no date."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import botox_schedule as bs
from botox_schedule import outcomes as out
from botox_schedule.engine import ObservedResponse
from botox_schedule.engine.response import ObservedDays
from botox_schedule.errors import CountError
from botox_schedule.outcomes import HeadacheDiary, ResponseNote, observed_response
from botox_schedule.testing import record_from_gaps

MIGRAINE = bs.find_protocol("chronic-migraine")
START = date(2026, 1, 5)
FOUR = record_from_gaps([84, 84, 84], starts_on=START)
LAST = START + timedelta(days=252)
END = LAST + timedelta(days=83)


def look(notes: Any = (), **more: Any) -> ObservedResponse:
    more = {"record": FOUR, "as_of": END, **more}
    return observed_response(more.pop("record"), MIGRAINE, notes=notes, **more)


def weeks(*counts: int, first: date = START) -> list[dict[str, Any]]:
    """Entries of whole weeks with so many headache days each."""
    return [
        {
            "on": first + timedelta(days=7 * week + day),
            "kind": "headache" if day < count else "none",
        }
        for week, count in enumerate(counts)
        for day in range(7)
    ]


CYCLE = (5, 5, 3, 2, 2, 2, 2, 2, 2, 4, 5, 5)
DIARY = HeadacheDiary.model_validate({
    "days": weeks(5, 5, 5, 5, first=START - timedelta(days=28))
    + [entry for n in range(4) for entry in weeks(*CYCLE, first=START + timedelta(days=84 * n))]
})  # fmt: skip


CHRONIC_MIGRAINE = "chronic-migraine"


def observed(record: bs.PatientRecord = FOUR, **asked: Any) -> ObservedResponse:
    return out.observed_response(record, CHRONIC_MIGRAINE, **{"as_of": "2026-12-01", **asked})


EMPTY = out.HeadacheDiary()


class TestNotes:
    def test_at_least_three_cycles_are_needed(self) -> None:
        assert look([(1, 70), (2, 68)]).wear_off is None
        found = look([(1, 70), (2, 68), (3, 75)]).wear_off
        assert found is not None
        assert (found.days, found.median, found.left_out) == ((70, 68, 75), Decimal(70), 1)
        assert (found.smallest, found.largest, found.definition) == (68, 75, "noted by the clinic")
        assert str(found) == "this patient: 68 to 75 days in 3 cycles"

    def test_a_median_of_an_even_number_may_be_a_half(self) -> None:
        found = look([(1, 70), (2, 68), (3, 75), (4, 71)]).wear_off
        assert found is not None
        assert found.median == Decimal("70.5")

    def test_a_cycle_is_named_by_a_day_or_by_its_number(self) -> None:
        days = [START, "2026-03-30", LAST]
        by_day = look([(day, 70) for day in days])
        assert by_day == look([(1, 70), (2, 70), (4, 70)])

    def test_a_clinics_note_names_the_day(self) -> None:
        ends = [START + timedelta(days=84 * n + 70) for n in range(3)]
        found = look([ResponseNote(on=end) for end in ends])
        assert found == look([(1, 70), (2, 70), (3, 70)])
        begins = [
            ResponseNote(on=START + timedelta(days=84 * n + 9), what="onset") for n in range(3)
        ]
        onset = look(begins).onset
        assert onset is not None
        assert onset.days == (9, 9, 9)

    def test_a_note_may_name_its_session(self) -> None:
        # The effect of the first session lasted until after the second.
        late = ResponseNote(on=START + timedelta(days=90), session_on=START)
        found = look([late, (2, 70), (3, 70)]).wear_off
        assert found is not None
        assert found.days == (90, 70, 70)

    def test_of_several_notes_of_a_cycle_the_earliest_counts(self) -> None:
        found = look([(1, 70), (1, 60), (1, 80), (2, 70), (3, 70)]).wear_off
        assert found is not None
        assert found.days[0] == 60

    def test_cycles_given_elsewhere_are_numbered_too(self) -> None:
        prior = bs.PriorTreatment(indication="chronic-migraine", cycles=2)
        record = FOUR.model_copy(update={"prior_treatments": (prior,)})
        assert look([(3, 70), (4, 70), (5, 70)], record=record).wear_off is not None
        with pytest.raises(CountError, match="about no cycle"):
            look([(1, 70)], record=record)

    @pytest.mark.parametrize(
        "note",
        [(0, 70), (5, 70), (True, 70), ("2026-01-06", 70), (1, -1), (1, 70.5), (1, True)],
    )
    def test_what_is_about_no_cycle_is_refused(self, note: Any) -> None:
        with pytest.raises(CountError, match="notes: "):
            look([note])

    def test_a_note_before_its_session_is_refused(self) -> None:
        with pytest.raises(CountError, match="no session lies before"):
            look([ResponseNote(on=START - timedelta(days=1))])
        with pytest.raises(CountError, match="notes: "):
            look([ResponseNote(on=START, session_on=LAST)])

    def test_a_note_hides_what_it_holds(self) -> None:
        assert "2026" not in repr(ResponseNote(on=START))

    @pytest.mark.parametrize(("as_of", "known"), [(LAST - timedelta(days=15), False), (LAST - timedelta(days=14), True)])  # fmt: skip
    def test_what_came_later_was_not_known(self, as_of: date, *, known: bool) -> None:
        third = START + timedelta(days=84 * 2 + 70)
        for note in ((3, 70), ResponseNote(on=third)):
            found = look([(1, 70), (2, 70), note, (LAST, 1)], as_of=as_of)
            assert (found.wear_off is not None) is known


class TestDiaries:
    def test_days_of_onset_and_of_wear_off_are_found(self) -> None:
        found = look(diary=DIARY)
        assert found.wear_off is not None
        assert found.wear_off.days == (63, 63, 63, 63)
        assert found.wear_off.definition == "nadir_rise"
        assert found.wear_off.left_out == 0

    def test_onset_is_a_fall_from_the_weeks_before(self) -> None:
        before = [5, 5, 5, 5]
        entries = [*weeks(*before, first=START - timedelta(days=28))]
        for n in range(4):
            entries += weeks(*([5, 5, 4, 4, 4] + [5] * 7), first=START + timedelta(days=84 * n))
        found = look(diary=HeadacheDiary.model_validate({"days": entries}))
        assert found.onset is not None
        assert found.onset.days == (14, 14, 14, 14)
        assert found.onset.definition == "fewer days a week than before the session"

    def test_an_unknown_week_may_have_been_the_onset(self) -> None:
        entries = weeks(5, 5, 5, 5, first=START - timedelta(days=28))
        for n in range(4):
            start = START + timedelta(days=84 * n)
            entries += weeks(5, first=start) + weeks(*[3] * 10, first=start + timedelta(days=14))
        assert look(diary=HeadacheDiary.model_validate({"days": entries})).onset is None

    @pytest.mark.parametrize(
        ("day", "ends"),
        [(21, 3), (63, 3), (82, 3), (83, 4), (100, 4)],
    )
    def test_a_cycle_whose_next_session_is_not_due_has_not_worn_off(
        self, day: int, ends: int
    ) -> None:
        # After three weeks the first one is the lowest so far: the effect has not begun.
        slow = (4, 5, 5, 3, 2, 2, 2, 2, 2, 4, 5, 5)
        entries = [e for n in range(4) for e in weeks(*slow, first=START + timedelta(days=84 * n))]
        known = HeadacheDiary.model_validate({"days": entries})
        found = look(diary=known, as_of=LAST + timedelta(days=day)).wear_off
        assert found is not None
        assert found.days == (63,) * ends
        assert found.left_out == 4 - ends

    def test_a_note_precedes_the_diary(self) -> None:
        found = look([(1, 70)], diary=DIARY).wear_off
        assert found is not None
        assert found.days == (70, 63, 63, 63)
        assert found.definition == "noted by the clinic, nadir_rise"

    def test_the_definition_can_be_chosen(self) -> None:
        given_one = DIARY.model_copy(update={"baseline": {"headache_days": 20}})
        for known, is_found in ((given_one, True), (DIARY, False)):
            found = look(diary=known, definition="half_of_benefit_lost").wear_off
            assert (found is not None) is is_found

    def test_a_cycle_that_did_not_wear_off_is_left_out(self) -> None:
        steady = [5, 4, *[2] * 10]
        entries = [e for n in range(3) for e in weeks(*CYCLE, first=START + timedelta(days=84 * n))]
        entries += weeks(*steady, first=LAST)
        found = look(diary=HeadacheDiary.model_validate({"days": entries})).wear_off
        assert found is not None
        assert (len(found.days), found.left_out) == (3, 1)

    @pytest.mark.parametrize("after", [(), (3,)])
    def test_a_diary_that_stops_early_leaves_the_end_unknown(self, after: tuple[int, ...]) -> None:
        """Better weeks may follow its end, whether or not it goes on in the next cycle."""
        first, second, third, fourth = (START + timedelta(days=84 * n) for n in range(4))
        entries = [*weeks(*CYCLE, first=first), *weeks(*CYCLE, first=second)]
        entries += [*weeks(2, 3, 3, first=third), *weeks(*after, first=fourth)]
        assert look(diary=HeadacheDiary(days=entries)).wear_off is None

    def test_an_empty_diary_says_nothing(self) -> None:
        assert look(diary=HeadacheDiary()) == ObservedResponse()


class TestForecast:
    def forecast(self, observed: ObservedResponse | None) -> bs.Forecast:
        return bs.forecast(FOUR, MIGRAINE, as_of=LAST + timedelta(days=30), observed=observed)

    def test_an_effect_that_ends_early_is_found(self) -> None:
        answer = self.forecast(look([(1, 70), (2, 68), (3, 75)]))
        (finding,) = [f for f in answer.findings if f.code is bs.FindingCode.EFFECT_ENDS_EARLY]
        assert finding.message == "the effect ended 9 to 16 days before the interval in 3 cycles"
        assert answer.observed == look([(1, 70), (2, 68), (3, 75)])
        shown = (
            "wear-off: the protocol states 2026-11-09 to 2026-11-23; "
            "this patient: 68 to 75 days in 3 cycles"
        )
        assert shown in answer.explain()
        assert "this patient" not in self.forecast(None).explain()

    @pytest.mark.parametrize(("days", "finds"), [(83, True), (84, False)])
    def test_only_before_the_interval(self, days: int, *, finds: bool) -> None:
        notes = [(1, 70), (2, 70), (3, days)]
        codes = [f.code for f in self.forecast(look(notes)).findings]
        assert (bs.FindingCode.EFFECT_ENDS_EARLY in codes) is finds

    @settings(max_examples=50, deadline=None)
    @given(st.lists(st.integers(0, 90), min_size=3, max_size=3))
    def test_it_moves_no_date(self, days: list[int]) -> None:
        observed = look(list(enumerate(days, start=1)))
        with_it, without = self.forecast(observed), self.forecast(None)
        assert (with_it.dates, with_it.status) == (without.dates, without.status)


class TestNotesAboutLaterCycles:
    NOTES: Any = ((1, 70), (2, 68), (3, 75), (4, 70))

    def test_a_cycle_that_begins_after_the_day_is_ignored_by_its_number_too(self) -> None:
        found = look(self.NOTES, as_of=LAST - timedelta(days=1))
        assert found.wear_off is not None
        assert found.wear_off.days == (70, 68, 75)

    def test_a_cycle_that_the_record_never_has_is_refused(self) -> None:
        for as_of in (END, LAST - timedelta(days=1)):
            with pytest.raises(CountError, match="no cycle of the record"):
                look([*self.NOTES, (5, 70)], as_of=as_of)


def test_one_day_is_a_day() -> None:
    observed = look([(1, 84), (2, 83), (3, 83), (4, 83)])
    found = bs.forecast(FOUR, MIGRAINE, as_of=END, observed=observed)
    (message,) = (f.message for f in found.findings if f.code == "effect_ends_early")
    assert message == "the effect ended 1 day before the interval in 3 cycles"


class TestObserved:
    def late(self, gap: int) -> ObservedDays | None:
        record = record_from_gaps([gap] * 3, starts_on=START)
        sessions = [START + timedelta(days=gap * n) for n in range(4)]
        headaches = [day + timedelta(days=78) for day in sessions]
        first_to_last = (START + timedelta(days=n) for n in range(4 * gap))
        diary = out.HeadacheDiary(
            days=[
                {"on": d, "kind": "headache" if d in headaches else "none"} for d in first_to_last
            ]
        )
        as_of = sessions[-1] + timedelta(days=gap - 1)
        return out.observed_response(
            record, CHRONIC_MIGRAINE, as_of=as_of, diary=diary, definition="any_late_rise"
        ).wear_off

    def test_the_last_week_before_the_next_session_counts(self) -> None:
        found = self.late(84)
        assert found is not None
        assert found.days == (77, 77, 77, 77)

    def test_a_week_that_the_next_session_cuts_short_does_not(self) -> None:
        assert self.late(83) is None

    def test_a_record_without_sessions_has_shown_nothing(self) -> None:
        found = observed(record=bs.PatientRecord())
        assert (found.onset, found.wear_off) == (None, None)

    def test_an_effect_that_ended_on_the_day_of_a_session_is_that_of_the_one_before(self) -> None:
        """A nurse asks at the visit; the effect seemed to have ended after 0 days."""
        days = [START + timedelta(days=84 * n) for n in range(4)]
        found = observed(notes=[out.ResponseNote(on=day) for day in days[1:]])
        assert found.wear_off is not None
        assert (found.wear_off.days, found.wear_off.left_out) == ((84, 84, 84), 1)
        later = observed(notes=[out.ResponseNote(on=day + timedelta(days=1)) for day in days])
        assert later.wear_off is not None
        assert later.wear_off.days == (1, 1, 1, 1)
        with pytest.raises(bs.errors.CountError, match="no session lies before"):
            observed(notes=[out.ResponseNote(on=START)])

    def test_an_effect_that_began_on_the_day_of_a_session_is_its_own(self) -> None:
        days = [START + timedelta(days=84 * n) for n in range(4)]
        found = observed(notes=[out.ResponseNote(on=day, what="onset") for day in days])
        assert found.onset is not None
        assert found.onset.days == (0, 0, 0, 0)

    def test_a_note_about_no_session_is_refused_on_its_day(self) -> None:
        with pytest.raises(bs.errors.CountError, match="about no cycle"):
            observed(notes=[("2026-01-06", 0)], as_of="2026-01-06")

    def onset(self, *before: str) -> tuple[int, ...]:
        """Days to onset, by 28 days before each session and four days a week after it."""
        kinds = {"h": "headache", "-": "none", "?": "unknown"}
        month = "".join(before)
        entries = [
            {"on": START + timedelta(days=n - 28), "kind": kinds[letter]}
            for n, letter in enumerate(month + ("---hhhh" * 8 + month) * 4)
        ]
        diary = out.HeadacheDiary(days=entries)
        found = observed(diary=diary, as_of=START + timedelta(days=335)).onset
        return () if found is None else found.days

    def test_onset_is_a_fall_from_the_28_days_before_the_session(self) -> None:
        assert self.onset("hhhhh--", "hhhhh--", "hhhhh--", "--hhhhh") == (0, 0, 0, 0)
        assert self.onset("hhhhh--", "hhhhh--", "hhhh---", "--hhhhh") == ()

    def test_too_few_days_before_the_session_show_no_onset(self) -> None:
        assert self.onset("hhhhh--", "hhhhh--", "hhhhh--", "???????") == (0, 0, 0, 0)
        assert self.onset("hhhhh--", "hhhhh--", "hhhhh-?", "???????") == ()

    def test_the_policy_says_what_is_one_session(self) -> None:
        record = record_from_gaps([5, 84], starts_on=START)
        notes = [(3, 60)]
        apart = bs.SchedulingPolicy(group_within_days=0)
        together = bs.SchedulingPolicy(group_within_days=7)
        observed(record=record, notes=notes, policy=apart)
        with pytest.raises(bs.errors.CountError, match="about no cycle"):
            observed(record=record, notes=notes, policy=together)

    def test_an_unknown_week_ends_the_search_for_the_onset(self) -> None:
        sessions = [START + timedelta(days=84 * n) for n in range(4)]
        before = {START - timedelta(days=n): "headache" for n in range(1, 29)}
        entries = dict(before)
        for on in sessions:
            for n in range(84):
                day = on + timedelta(days=n)
                kind = "headache" if n < 7 or n >= 56 else "none"
                entries[day] = "unknown" if 7 <= n < 14 else kind
        diary = out.HeadacheDiary(days=[{"on": d, "kind": kind} for d, kind in entries.items()])
        found = observed(diary=diary, as_of=sessions[-1] + timedelta(days=83))
        assert found.onset is None
        known = out.HeadacheDiary(
            days=[
                {"on": d, "kind": "none" if kind == "unknown" else kind}
                for d, kind in entries.items()
            ]
        )
        onset = observed(diary=known, as_of=sessions[-1] + timedelta(days=83)).onset
        assert onset is not None
        assert onset.days == (7, 7, 7, 7)


class TestOtherProtocols:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda **how: out.observed_response(FOUR, CHRONIC_MIGRAINE, as_of="2026-12-01", **how),
            lambda **how: out.assess_response(
                EMPTY, FOUR, CHRONIC_MIGRAINE, rule="nice-ta260", as_of="2026-12-01", **how
            ),
            lambda **how: out.response_review_dates(
                FOUR, CHRONIC_MIGRAINE, rule="nice-ta260", as_of="2026-12-01", **how
            ),
        ],
        ids=["observed", "assessed", "review dates"],
    )
    def test_a_name_is_looked_for_among_those_that_are_given(self, ask: Callable[..., Any]) -> None:
        assert ask()
        with pytest.raises(bs.errors.UnknownProtocolError):
            ask(other_protocols=())
