"""A response rule applied to a diary and a record."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from botox_schedule import (
    PatientRecord,
    SchedulingPolicy,
    TreatmentProtocol,
    Window,
    due_dates,
    treatment_cycles,
)
from botox_schedule.dates import Day
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.engine import TreatmentCycle
from botox_schedule.engine.cycles import prior_cycles
from botox_schedule.outcomes.counts import CriterionResult, decide, judge_counts, result_of
from botox_schedule.outcomes.data import month_days
from botox_schedule.outcomes.diary import DiaryCount, DiaryKind, HeadacheDiary
from botox_schedule.outcomes.response_rules import (
    CriterionKind,
    ResponseCriterion,
    ResponseRule,
    RuleOutcome,
    as_rule,
)
from botox_schedule.outcomes.reviews import recheck_window
from botox_schedule.values import Value

_ONE_DAY = timedelta(days=1)


class ResponseAssessment(Value, frozen=True):
    """What a rule gives for a patient on a day.

    Attributes:
        rule: The rule's id.
        as_of: The day of the question.
        outcome: What the rule gives as a whole.
        results: What each criterion gives, with its numbers and its source.
        complete_cycles: Complete cycles, those given elsewhere included.
        baseline: The days before the course, or None where a baseline was given or none is known.
        current: The last month of the last complete cycle.
        months: The latest months in a row since the course began, the last one last.
        before_session: The 28 days before the last session that lies 28 days back; the European
            Headache Federation sets them against *after_session*. They are shown and decide
            nothing: in a lasting response both months are alike.
        after_session: The 28 days from that session on.
        recorded_days: How many recorded days the answer rests on.
    """

    rule: str
    as_of: Day
    outcome: RuleOutcome
    results: tuple[CriterionResult, ...]
    complete_cycles: int
    baseline: DiaryCount | None
    current: DiaryCount | None
    months: tuple[DiaryCount, ...]
    before_session: DiaryCount | None
    after_session: DiaryCount | None
    recorded_days: int

    def explain(self) -> str:
        """Return what the rule gives, as text that can be quoted."""
        lines = [f"rule {self.rule} gives: {self.outcome} (as of {self.as_of})"]
        lines += [f"complete cycles: {self.complete_cycles}; recorded days: {self.recorded_days}"]
        lines += [str(result) for result in self.results]
        before, after = self.before_session, self.after_session
        if before is not None and after is not None:
            lines.append(
                f"headache days in the 28 days before and from the last session: "
                f"{before.headache_days} of {before.recorded_days} and "
                f"{after.headache_days} of {after.recorded_days} recorded"
            )
        return "\n".join(lines)


def assess_response(
    diary: HeadacheDiary,
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    rule: str | ResponseRule,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
    failures: Sequence[bool] = (),
) -> ResponseAssessment:
    """Return what a rule gives for a patient; the caller names the rule, none is a default.

    The baseline is the 28 days before the first session (or the diary's given baseline); the
    current month is the last 28 days of the last complete cycle; the months in a row end on the
    last recorded day.

    Args:
        diary: Days with headache and migraine.
        record: The sessions.
        protocol: The track, and when a cycle is complete.
        rule: A bundled rule's id, or a rule of the clinic's own.
        as_of: The day of the question; later days and sessions are left out.
        policy: What the clinic or payer chose.
        other_protocols: As for a forecast.
        failures: For rules that count failed treatments: whether a person judged each treatment,
            in order, to have failed at an adequate dose.

    Raises:
        UnknownProtocolError: When no bundled rule has that id.

    >>> from botox_schedule import find_protocol
    >>> from botox_schedule.testing import record_from_gaps
    >>> record = record_from_gaps([], starts_on=date(2025, 8, 26))
    >>> answer = assess_response(HeadacheDiary(), record, find_protocol("chronic-migraine"),
    ...                          rule="lcd-l34635", as_of="2025-11-20", failures=[True, True])
    >>> str(answer.outcome), answer.complete_cycles
    ('coverage_may_end', 1)
    """
    wanted = as_rule(rule)
    day = as_day(as_of, "as_of")
    known = diary.until(day)
    cycles = treatment_cycles(
        record, protocol, as_of=day, policy=policy, other_protocols=other_protocols
    )
    prior = prior_cycles(record, protocol.clock)
    span = _complete(cycles, prior, protocol, day, policy)
    counts = _counts(known, cycles, span, prior, day)
    results = [
        *_judged(wanted, known, counts, span.number),
        *_others(wanted, record, protocol, day, failures),
    ]
    return ResponseAssessment(
        rule=wanted.id,
        as_of=day,
        outcome=decide(results),
        results=tuple(results),
        complete_cycles=span.number,
        baseline=counts.baseline,
        current=counts.current,
        months=counts.months,
        before_session=counts.before_session,
        after_session=counts.after_session,
        recorded_days=known.recorded_in(counts.windows),
    )


class _Span(NamedTuple):
    """The complete cycles: how many, and the last one's first and last day."""

    number: int
    first_on: date | None
    last_on: date | None


class _Counts(NamedTuple):
    baseline: DiaryCount | None
    current: DiaryCount | None
    months: tuple[DiaryCount, ...]
    before_session: DiaryCount | None
    after_session: DiaryCount | None

    @property
    def windows(self) -> list[Window]:
        """All days that the answer rests on."""
        counts = (self.baseline, self.current, *self.months)
        return [count.window for count in counts if count is not None]


def _complete(
    cycles: Sequence[TreatmentCycle],
    prior: int,
    protocol: TreatmentProtocol,
    day: date,
    policy: SchedulingPolicy | None,
) -> _Span:
    """A cycle is complete when the next one began, or on the day the next one was due."""
    if not cycles:
        return _Span(prior, None, None)
    dates = due_dates(cycles[-1].anchored_on, protocol, policy)
    ends_on = dates.due or dates.earliest
    if ends_on is not None and day >= ends_on:
        return _Span(prior + len(cycles), cycles[-1].anchored_on, min(day, ends_on) - _ONE_DAY)
    if len(cycles) == 1:
        return _Span(prior, None, None)
    return _Span(prior + len(cycles) - 1, cycles[-2].anchored_on, cycles[-1].first_on - _ONE_DAY)


def _month_until(last: date) -> Window:
    return Window(first=last - timedelta(days=month_days() - 1), last=last)


def _counts(
    diary: HeadacheDiary,
    cycles: Sequence[TreatmentCycle],
    span: _Span,
    prior: int,
    day: date,
) -> _Counts:
    baseline = None
    if cycles and diary.baseline is None and not prior:
        baseline = diary.count(_month_until(cycles[0].first_on - _ONE_DAY))
    current = None
    if span.first_on is not None and span.last_on is not None:
        month = _month_until(span.last_on)
        current = diary.count(month) if month.first >= span.first_on else None
    around = _around_session(diary, cycles, day)
    return _Counts(baseline, current, tuple(_months(diary, cycles)), *around)


def _around_session(
    diary: HeadacheDiary, cycles: Sequence[TreatmentCycle], day: date
) -> tuple[DiaryCount | None, DiaryCount | None]:
    """The months before and from the last session whose following month is over on *day*."""
    month = timedelta(days=month_days())
    starts = [cycle.anchored_on for cycle in cycles if cycle.anchored_on + month <= day]
    if not starts:
        return None, None
    last = starts[-1]
    before = diary.count(_month_until(last - _ONE_DAY))
    return before, diary.count(_month_until(last + month - _ONE_DAY))


def _months(diary: HeadacheDiary, cycles: Sequence[TreatmentCycle]) -> list[DiaryCount]:
    """Whole months back from the last recorded day, as far as the course goes."""
    months: list[DiaryCount] = []
    last = diary.last_recorded_on
    while cycles and last is not None:
        month = _month_until(last)
        if month.first < cycles[0].first_on:
            break
        months.insert(0, diary.count(month))
        last = month.first - _ONE_DAY
    return months


def _judged(
    rule: ResponseRule, diary: HeadacheDiary, counts: _Counts, cycles: int
) -> Iterable[CriterionResult]:
    """Judge each criterion by its own measure."""
    for criterion in rule.criteria:
        measure = criterion.measure
        months = [_rate(count, measure) for count in counts.months]
        known = _latest_known(months)
        yield from judge_counts(
            rule.model_copy(update={"criteria": (criterion,)}),
            baseline=_baseline(diary, counts.baseline, measure),
            current=_rate(counts.current, measure),
            cycles=cycles,
            months=known,
        )


def _latest_known(months: Sequence[Fraction | None]) -> list[Fraction]:
    """The latest months in a row that have enough recorded days."""
    latest: list[Fraction] = []
    for month in reversed(months):
        if month is None:
            break
        latest.insert(0, month)
    return latest


def _rate(count: DiaryCount | None, measure: DiaryKind) -> Fraction | None:
    if count is None or not count.is_sufficient:
        return None
    return count.rate(measure)


def _baseline(
    diary: HeadacheDiary, count: DiaryCount | None, measure: DiaryKind
) -> Fraction | None:
    given = diary.baseline
    if given is None:
        return _rate(count, measure)
    days = given.migraine_days if measure is DiaryKind.MIGRAINE else given.headache_days
    return None if days is None else days * month_days() / given.per_days


def _others(
    rule: ResponseRule,
    record: PatientRecord,
    protocol: TreatmentProtocol,
    day: date,
    failures: Sequence[bool],
) -> Iterable[CriterionResult]:
    """Judge what no diary says: failures, and the recheck after stopping."""
    for criterion in rule.criteria:
        if criterion.kind is CriterionKind.FAILURES:
            yield _failures(rule, criterion, failures)
        elif criterion.kind is CriterionKind.RECHECK:
            window = recheck_window(criterion, record, protocol, day)
            if window is not None and day >= window.first:
                numbers = [f"treatment stopped; look again from {window}"]
                yield result_of(rule, criterion, RuleOutcome.RECHECK, numbers)


def _failures(
    rule: ResponseRule, criterion: ResponseCriterion, failures: Sequence[bool]
) -> CriterionResult:
    wanted = criterion.failures or 0
    latest = failures[-wanted:]
    numbers = [f"{sum(latest)} of the last {wanted} treatments were judged to have failed"]
    if len(latest) < wanted:
        return result_of(rule, criterion, RuleOutcome.INSUFFICIENT_DATA, numbers)
    outcome = criterion.otherwise if all(latest) else criterion.below_gives
    return result_of(rule, criterion, outcome, numbers)
