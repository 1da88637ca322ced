"""Applies a response rule to numbers or to a diary and a record, and dates its review."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from fractions import Fraction
from functools import partial
from typing import NamedTuple

from botox_schedule.dates import Window
from botox_schedule.dates.days import Day, DayInput, as_day, counted, shifted
from botox_schedule.engine.adherence import follow_up_of
from botox_schedule.engine.cycles import TreatmentCycle, judged_cycles
from botox_schedule.engine.dates import TrackDates, status_on, track_dates
from botox_schedule.engine.holds import NO_HOLDS, HoldCalendar
from botox_schedule.engine.project import kept_booking_on, rules_after
from botox_schedule.engine.rules import RuleFacts, interval_rules
from botox_schedule.engine.track import Track, rule_facts
from botox_schedule.errors import CountError
from botox_schedule.outcomes.diary import (
    Baseline,
    DiaryCount,
    DiaryKind,
    HeadacheDiary,
    MissingDays,
    a_diary,
    month_until,
)
from botox_schedule.outcomes.figures import (
    LONGEST_MONTH,
    Exact,
    Number,
    before_unknown,
    days_within,
    month_days,
    whole,
)
from botox_schedule.outcomes.response_rules import (
    CriterionKind,
    ResponseCriterion,
    ResponseRule,
    RuleOutcome,
    as_rule,
)
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import SourceRef, TreatmentProtocol
from botox_schedule.questions import ask
from botox_schedule.records import PatientRecord
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.records.history import CycleSessions
from botox_schedule.terms import DueStatus, FindingCode, word_of
from botox_schedule.values import Value, a_list, all_of_kind, of_kind

_ORDER = list(RuleOutcome)
_DATED = frozenset({DueStatus.TOO_EARLY, DueStatus.ALLOWED, DueStatus.DUE})
"""Statuses in which the next session can still be on its target."""
_CYCLE = "complete cycle"
_UNDATED = "; no usual range dates the next session"


class CriterionResult(Value, frozen=True):
    """The result of one criterion of a rule.

    Attributes:
        rule: The rule's id.
        criterion: The criterion's name.
        kind: How it judges.
        outcome: Its outcome.
        reduction: The exact share by which days fell, negative where they rose; None where the
            criterion did not judge one.
        numbers: The numbers it was judged by, as text.
        source: Its source, and the place in it.
    """

    rule: str
    criterion: str
    kind: CriterionKind
    outcome: RuleOutcome
    reduction: Exact | None = None
    numbers: tuple[str, ...] = ()
    source: SourceRef

    def __str__(self) -> str:
        numbers = "".join(f"\n  {number}" for number in self.numbers)
        return (
            f"rule {self.rule}, {self.criterion}, gives: {self.outcome}{numbers}"
            f"\n  source: {self.source}"
        )


_Results = Iterator[CriterionResult]


def judge_counts(
    rule: ResponseRule,
    *,
    baseline: Number | None,
    current: Number | None,
    cycles: int,
    months: Sequence[Number] = (),
) -> tuple[CriterionResult, ...]:
    """Return the result of each criterion of a rule for given numbers.

    Numbers are compared with thresholds unrounded. Criteria about failures and rechecks are
    omitted.

    Args:
        rule: The rule.
        baseline: Days a month before the course; None where unknown.
        current: Days a month now; None where unknown.
        cycles: The number of complete cycles.
        months: Days of each of the latest months in a row, the most recent one last.

    Raises:
        CountError: When a value is not a number or is negative, when days are more than a month
            has, or when *cycles* is not a whole number.

    >>> from botox_schedule.outcomes import find_response_rule
    >>> rule = find_response_rule("nice-ta260")
    >>> [str(r.outcome) for r in judge_counts(rule, baseline=20, current=14, cycles=2)]
    ['continue', 'insufficient_data']
    >>> [str(r.outcome) for r in judge_counts(rule, baseline=23, current=17, cycles=2)]
    ['stop', 'insufficient_data']
    """
    of_kind(rule, ResponseRule, "rule: give a ResponseRule, as find_response_rule returns it")
    several = a_list(months, "months: give a list of days a month, such as [12, 10]")
    days = _Days(
        baseline=_month(baseline, "baseline"),
        current=_month(current, "current"),
        cycles=whole(cycles, "cycles"),
        months=[days_within(month, "months", LONGEST_MONTH) for month in several],
    )
    return tuple(_by_days(rule, lambda _: days))


class _Days(NamedTuple):
    """The known days a month of one measure; the fields are as in :func:`judge_counts`."""

    baseline: Fraction | None
    current: Fraction | None
    cycles: int
    months: Sequence[Fraction]


def _by_days(rule: ResponseRule, days_of: Callable[[DiaryKind], _Days]) -> _Results:
    """Yield the result of each criterion that a diary can tell, by its own measure."""
    for criterion in rule.criteria:
        if criterion.kind not in {CriterionKind.FAILURES, CriterionKind.RECHECK}:
            is_monthly = criterion.kind is CriterionKind.MONTHS_BELOW
            judge = _months_verdict if is_monthly else _reduction_verdict
            yield _result(rule, criterion, judge(criterion, days_of(criterion.measure)))


def _month(days: Number | None, name: str) -> Fraction | None:
    return None if days is None else days_within(days, name, LONGEST_MONTH)


def decide(results: Iterable[CriterionResult]) -> RuleOutcome:
    """Return the outcome of a whole rule: the first of its criteria's, in ``RuleOutcome`` order.

    Missing data for another criterion never hide a stop. A criterion that still waits for months
    in a row decides only where every criterion does.

    >>> from botox_schedule.outcomes import find_response_rule
    >>> rule = find_response_rule("nice-ta260")
    >>> print(decide(judge_counts(rule, baseline=20, current=12, cycles=2)))
    continue
    >>> print(decide(judge_counts(rule, baseline=20, current=12, cycles=2, months=[14, 13, 12])))
    stop
    """
    advice = "results: give those that judge_counts returns"
    found = all_of_kind(results, CriterionResult, advice)
    judged = [result.outcome for result in found if not _is_waiting(result)]
    waiting = [result.outcome for result in found]
    return min(judged or waiting, key=_ORDER.index, default=RuleOutcome.INSUFFICIENT_DATA)


def _is_waiting(result: CriterionResult) -> bool:
    missing = result.outcome is RuleOutcome.INSUFFICIENT_DATA
    return missing and result.kind is CriterionKind.MONTHS_BELOW


class _Verdict(NamedTuple):
    outcome: RuleOutcome
    numbers: tuple[str, ...]
    reduction: Fraction | None = None


def _result(rule: ResponseRule, criterion: ResponseCriterion, verdict: _Verdict) -> CriterionResult:
    return CriterionResult(
        rule=rule.id,
        criterion=criterion.name,
        kind=criterion.kind,
        source=criterion.source,
        **verdict._asdict(),
    )


def _reduction_verdict(criterion: ResponseCriterion, days: _Days) -> _Verdict:
    given = f"{counted(days.cycles, _CYCLE)}; judged after {criterion.after_cycles}"
    measure, baseline, current = f"{criterion.measure} days", days.baseline, days.current
    if not baseline:
        missing = f"{measure} before the course: {'unknown' if baseline is None else 'none'}"
        return _Verdict(RuleOutcome.INSUFFICIENT_BASELINE, (missing, given))
    if days.cycles < criterion.after_cycles:
        return _Verdict(RuleOutcome.INSUFFICIENT_DATA, (given,))
    if current is None:
        missing = f"{measure} in the last month of the cycle: unknown"
        return _Verdict(RuleOutcome.INSUFFICIENT_DATA, (missing, given))
    reduction = (baseline - current) / baseline
    share = f"{measure} {_shown(baseline)} became {_shown(current)}: "
    share += f"{_shown(abs(reduction) * 100)} % {'more' if reduction < 0 else 'fewer'}"
    below = criterion.below
    missed = reduction <= 0 if below is None else reduction < below
    threshold = [] if below is None else [f"threshold {_shown(below * 100)} %"]
    outcome = _side(criterion, days.cycles, missed=missed)
    return _Verdict(outcome, (share, *threshold, given), reduction)


def _side(criterion: ResponseCriterion, cycles: int, *, missed: bool) -> RuleOutcome:
    if not missed:
        return criterion.otherwise
    early, final = criterion.below_early_gives, criterion.final_after_cycles
    if early is not None and final is not None and cycles < final:
        return early
    return criterion.below_gives


def _months_verdict(criterion: ResponseCriterion, days: _Days) -> _Verdict:
    wanted, limit = criterion.months or 0, criterion.below_days or 0
    latest = days.months[-wanted:]
    is_below = all(month < limit for month in latest)
    if is_below and len(latest) < wanted:
        number = f"{len(latest)} of {wanted} months in a row below {_shown(limit)}"
        return _Verdict(RuleOutcome.INSUFFICIENT_DATA, (number,))
    outcome = criterion.below_gives if is_below else criterion.otherwise
    number = f"months {', '.join(map(_shown, latest))}; threshold {_shown(limit)}"
    return _Verdict(outcome, (number,))


def _shown(number: Fraction | int) -> str:
    """A number for a reader: at most two decimals, with "about" where it was rounded."""
    value = Fraction(number)
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return text if Fraction(text) == value else f"about {text}"


class ResponseAssessment(Value, frozen=True):
    """The outcome of a rule for a patient on a day.

    Attributes:
        rule: The rule's id.
        as_of: The day of the question.
        judged_through: The last recorded day of the diary, or None where it has none.
        outcome: The outcome of the whole rule.
        results: The result of each criterion, with its numbers and its source.
        complete_cycles: The number of complete cycles, including those given elsewhere.
        missing: How unrecorded days were treated.
        baseline: The 28 days before the course; None where a baseline was given or none is known.
        current: The last 28 days of the last complete cycle, used for reductions; None without
            a complete cycle of at least 28 days.
        cycle_months: All whole 28-day months of that cycle, the most recent one last.
        months: The latest 28-day months in a row since the course began, the most recent last.
        before_session: The 28 days before the last session that is at least 28 days ago. The
            European Headache Federation compares them with *after_session*. They are shown but
            decide nothing: in a lasting response both months are alike.
        after_session: The 28 days from that session on, its day included.
        recorded_days: How many recorded days the outcome is based on.
        findings: What a person should look at, such as a diary that is not current.
    """

    rule: str
    as_of: Day
    judged_through: Day | None = None
    outcome: RuleOutcome
    results: tuple[CriterionResult, ...]
    complete_cycles: int
    missing: MissingDays = MissingDays.SCALE
    baseline: DiaryCount | None
    current: DiaryCount | None
    cycle_months: tuple[DiaryCount, ...] = ()
    months: tuple[DiaryCount, ...]
    before_session: DiaryCount | None
    after_session: DiaryCount | None
    recorded_days: int
    findings: tuple[Finding, ...] = ()

    def explain(self) -> str:
        """Return the outcome and its reasons, as text that can be quoted."""
        through = self.judged_through or "no recorded day"
        lines = [
            f"rule {self.rule} gives: {self.outcome} (as of {self.as_of})",
            f"judged by a diary through {through}",
            f"complete cycles: {self.complete_cycles}; recorded days: {self.recorded_days}",
            *map(str, self.results),
            *_months_text("months of the last complete cycle", self.cycle_months),
        ]
        if self.before_session is not None and self.after_session is not None:
            around = (self.before_session, self.after_session)
            lines += _months_text("28 days before and from the last session", around)
        return "\n".join([*lines, *map(str, self.findings)])

    __str__ = explain


def _months_text(what: str, months: Sequence[DiaryCount]) -> Iterator[str]:
    if months:
        words = [f"{month.headache_days} of {month.recorded_days}" for month in months]
        listed = " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))
        yield f"headache days in the {what}: {listed} recorded"


def assess_response(
    diary: HeadacheDiary,
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    rule: str | ResponseRule,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    failures: Sequence[bool] = (),
    missing: MissingDays | str = MissingDays.SCALE,
) -> ResponseAssessment:
    """Return the outcome of a rule for a patient; the caller names the rule, without a default.

    The baseline is the diary's given baseline, or else the 28 days before the first session. The
    current month is the last 28 days of the last complete cycle. The months in a row end on the
    last recorded day. No cycle becomes complete after a death or a discharge.

    Args:
        diary: Days with headache and migraine.
        record: The patient's record.
        protocol: The track, and when a cycle is complete: a protocol, or the name of an
            indication.
        rule: The id of a bundled rule, or a clinic's own rule.
        as_of: The day of the question, included; later days and sessions are ignored.
        policy: The policy of the clinic or payer; None means the default.
        other_protocols: Other protocols that the history may need, as for a forecast.
        failures: For rules that count failed treatments: for each treatment, in order, whether a
            person judged it to have failed at an adequate dose.
        missing: How to treat unrecorded days.

    Raises:
        CountError: When one of the failures is neither True nor False.
        DayError: When *as_of* is not a calendar day.
        UnknownWordError: When *missing* is not one of the known words.
        UnknownProtocolError: When no bundled rule has that id, or no protocol has that name.

    >>> from botox_schedule.testing import record_from_gaps
    >>> record = record_from_gaps([], starts_on=date(2025, 8, 26))
    >>> answer = assess_response(HeadacheDiary(), record, "chronic-migraine",
    ...                          rule="lcd-l34635", as_of="2025-11-20", failures=[True, True])
    >>> str(answer.outcome), answer.complete_cycles
    ('coverage_may_end', 1)
    """
    wanted, day = as_rule(rule), as_day(as_of, "as_of")
    track = ask(record, protocol, day, policy=policy, other_protocols=other_protocols).track
    known = a_diary(diary).until(day)
    cycles = judged_cycles(track)
    span = _complete(track, cycles)
    counts = _counts(known, track, cycles, span)
    treated = word_of(MissingDays, missing, "missing")
    days_of = partial(
        _days_of, given=known.baseline, counts=counts, cycles=span.number, missing=treated
    )
    results = (*_by_days(wanted, days_of), *_others(wanted, track, failures))
    judged = (counts.baseline, counts.current, *counts.months)
    return ResponseAssessment(
        rule=wanted.id,
        as_of=day,
        judged_through=known.last_recorded_on,
        outcome=decide(results),
        results=results,
        complete_cycles=span.number,
        missing=treated,
        **counts._asdict(),
        recorded_days=known.recorded_in(count.window for count in judged if count is not None),
        findings=tuple(_currency(known, day)),
    )


def _currency(diary: HeadacheDiary, day: date) -> Iterator[Finding]:
    last = diary.last_recorded_on
    if last is not None and (day - last).days > month_days():
        message = f"the diary ended more than {month_days()} days before the day of the question"
        yield make_finding(FindingCode.DIARY_NOT_CURRENT, message)


class _Span(NamedTuple):
    """The number of complete cycles, and the first and last day of the last recorded one."""

    number: int
    first_on: date | None
    last_on: date | None


class _Counts(NamedTuple):
    baseline: DiaryCount | None
    current: DiaryCount | None
    cycle_months: tuple[DiaryCount, ...]
    months: tuple[DiaryCount, ...]
    before_session: DiaryCount | None
    after_session: DiaryCount | None


def _complete(track: Track, cycles: Sequence[TreatmentCycle]) -> _Span:
    """A cycle is complete once the next one has begun, or on the day the next one is due."""
    number = track.prior.cycles + len(cycles)
    ends_on = due_after(track, track.cycles[-1]) if cycles else None
    if ends_on is not None and follow_up_of(track).until >= ends_on:
        return _Span(number, cycles[-1].anchored_on, shifted(ends_on, -1))
    if len(cycles) < 2:
        return _Span(track.prior.cycles, None, None)
    return _Span(number - 1, cycles[-2].anchored_on, shifted(cycles[-1].first_on, -1))


def due_after(track: Track, cycle: CycleSessions) -> date | None:
    """The day the session after a cycle is due; the cycle is complete then, though it comes later."""
    facts = rule_facts(track.reading, track.protocol, track.clock, cycle, track.care)
    dates = _dates_by(facts, NO_HOLDS)
    return dates.due or dates.earliest


def _dates_by(facts: RuleFacts, holds: HoldCalendar) -> TrackDates:
    """The dates after a session; a discharge does not make its cycle longer."""
    rules = interval_rules(facts._replace(ends_on=None))
    return track_dates(rules, holds, facts.anchor)


def _counts(
    diary: HeadacheDiary, track: Track, cycles: Sequence[TreatmentCycle], span: _Span
) -> _Counts:
    baseline = None
    if cycles and diary.baseline is None and not track.prior.cycles:
        baseline = diary.count(month_until(shifted(cycles[0].first_on, -1)))
    of_cycle = _months_back(diary, span.last_on, span.first_on)
    current = of_cycle[-1] if of_cycle else None
    started_on = cycles[0].first_on if cycles else None
    months = _months_back(diary, diary.last_recorded_on, started_on)
    return _Counts(baseline, current, of_cycle, months, *_around(diary, track, cycles))


def _months_back(
    diary: HeadacheDiary, last: date | None, first: date | None
) -> tuple[DiaryCount, ...]:
    """Whole months back from *last*, both ends included, none before *first*."""
    if last is None or first is None:
        return ()
    number = ((last - first).days + 1) // month_days()
    windows = [month_until(shifted(last, -month_days() * back)) for back in range(number)]
    return tuple(diary.count(window) for window in reversed(windows))


def _around(
    diary: HeadacheDiary, track: Track, cycles: Sequence[TreatmentCycle]
) -> tuple[DiaryCount | None, DiaryCount | None]:
    """The month before and the month from the last session that is at least a month ago."""
    month = month_days()
    starts = [c.anchored_on for c in cycles if shifted(c.anchored_on, month) <= track.as_of]
    if not starts:
        return None, None
    before = diary.count(month_until(shifted(starts[-1], -1)))
    return before, diary.count(month_until(shifted(starts[-1], month - 1)))


def _days_of(
    measure: DiaryKind, given: Baseline | None, counts: _Counts, cycles: int, missing: MissingDays
) -> _Days:
    """The days a month of one measure, as far as enough days are recorded."""

    def rate(count: DiaryCount | None) -> Fraction | None:
        if count is None or not count.is_sufficient:
            return None
        return count.rate(measure, missing=missing)

    baseline = rate(counts.baseline)
    if given is not None:
        days = given.migraine_days if measure is DiaryKind.MIGRAINE else given.headache_days
        baseline = None if days is None else days * month_days() / given.per_days
    latest = before_unknown(map(rate, reversed(counts.months)))
    return _Days(baseline, rate(counts.current), cycles, latest[::-1])


def _others(rule: ResponseRule, track: Track, failures: Sequence[bool]) -> _Results:
    """Judge what a diary cannot tell: failures, and the recheck after stopping."""
    for criterion in rule.criteria:
        if criterion.kind is CriterionKind.FAILURES:
            yield _result(rule, criterion, _failures_verdict(criterion, failures))
        window = _recheck_window(criterion, track)
        if window is not None and track.as_of >= window.first:
            number = f"treatment stopped; look again from {window}"
            yield _result(rule, criterion, _Verdict(RuleOutcome.RECHECK, (number,)))


def _failures_verdict(criterion: ResponseCriterion, failures: Sequence[bool]) -> _Verdict:
    wanted, advice = criterion.failures or 0, "failures: give True or False for each treatment"
    given = list(a_list(failures, f"{advice}, in a list"))
    if not all(isinstance(failed, bool) for failed in given):
        raise CountError(f"{advice}, in order")
    latest = given[-wanted:]
    number = f"{sum(latest)} of the last {wanted} treatments were judged to have failed"
    if len(latest) < wanted:
        return _Verdict(RuleOutcome.INSUFFICIENT_DATA, (number,))
    return _Verdict(criterion.otherwise if all(latest) else criterion.below_gives, (number,))


def _recheck_window(criterion: ResponseCriterion, track: Track) -> Window | None:
    """When to look again after treatment was stopped; None where it was not."""
    stopped_on = track.care.ended_on if track.care.status is DueStatus.DISCONTINUED else None
    if stopped_on is None or criterion.recheck is None:
        return None
    return criterion.recheck.after(stopped_on)


class ReviewDate(Value, frozen=True):
    """When a criterion can first be judged.

    Attributes:
        rule: The rule's id.
        criterion: The criterion's name.
        on: The first day, or None where it cannot be dated.
        why: What it waits for, and where there is no day, the reason.
    """

    rule: str
    criterion: str
    on: Day | None
    why: str


def response_review_dates(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    rule: str | ResponseRule,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
) -> tuple[ReviewDate, ...]:
    """Return when each criterion of a rule can first be judged for this patient.

    A day in the past means that it could be judged from then on. A criterion that needs further
    sessions has no day once the next session is overdue or cannot be dated, unless it is booked
    on a day that can be kept. Holds and future discharges count. No day is after the end of care.

    Args:
        record: The patient's record.
        protocol: The track: a protocol, or the name of an indication.
        rule: The id of a bundled rule, or a clinic's own rule.
        as_of: The day of the question.
        policy: The policy of the clinic or payer; None means the default.
        other_protocols: Other protocols that the history may need, as for a forecast.

    Raises:
        DayError: When *as_of* is not a calendar day.
        UnknownProtocolError: When no bundled rule has that id, or no protocol has that name.

    >>> from botox_schedule.testing import record_from_gaps
    >>> record = record_from_gaps([], starts_on=date(2025, 8, 26))
    >>> dates = response_review_dates(record, "chronic-migraine", rule="nice-ta260",
    ...                               as_of="2025-11-01")
    >>> [str(review.on) for review in dates]
    ['2026-02-10', '2025-11-18']
    """
    wanted, day = as_rule(rule), as_day(as_of, "as_of")
    track = ask(record, protocol, day, policy=policy, other_protocols=other_protocols).track
    reviews = ((each.name, *_review(each, track)) for each in wanted.criteria)
    named = partial(ReviewDate, rule=wanted.id)
    return tuple(named(criterion=name, on=on, why=why) for name, on, why in reviews)


def _review(criterion: ResponseCriterion, track: Track) -> tuple[date | None, str]:
    if criterion.kind is CriterionKind.RECHECK:
        window = _recheck_window(criterion, track)
        return (window.first if window else None), "treatment must have been stopped"
    if criterion.kind is CriterionKind.MONTHS_BELOW:
        months = criterion.months or 0
        start = track.cycles[0].first_on if track.cycles else None
        on = None if start is None else shifted(start, month_days() * months)
        missing = "" if start else "; no session is recorded here"
        waits_for = f"{months} months of {month_days()} days since the first session{missing}"
        return _within_care(track, on, waits_for)
    count = criterion.failures or criterion.after_cycles
    on, missing = _cycle_end(track, max(count - track.prior.cycles, 1))
    return _within_care(track, on, f"{counted(count, _CYCLE)}{missing}")


def _within_care(track: Track, on: date | None, why: str) -> tuple[date | None, str]:
    """Remove a day after the end of care, which may be in the future."""
    follow_up = follow_up_of(track)
    if follow_up.ended_by is not None:
        ends_on, word = follow_up.until, "ended"
    else:
        ahead = (track.care.ends_on, track.reading.decisions.died_on)
        ends_on, word = min((day for day in ahead if day is not None), default=date.max), "ends"
    if on is None or on <= ends_on:
        return on, why
    return None, f"{why}; care {word} before"


def _cycle_end(track: Track, count: int) -> tuple[date | None, str]:
    """The day on which *count* recorded cycles are complete, or None and what is missing."""
    cycles = track.cycles
    if count <= len(cycles):
        due = due_after(track, cycles[count - 1])
        days = [due, *(cycle.first_on for cycle in cycles[count : count + 1])]
        on = min((day for day in days if day is not None), default=None)
        return on, "" if on else _UNDATED
    on, number = _next_session_on(track), len(cycles) + 1
    while on is not None and number <= count:
        # A session waits for the end of a hold; the last cycle is complete all the same.
        holds = NO_HOLDS if number == count else track.holds
        dates = _dates_by(rules_after(track, on).facts, holds)
        if dates.rules.usual is None:
            return None, _UNDATED
        on, number = dates.due, number + 1
    return on, "" if on else f"; session {number} is neither given nor planned"


def _next_session_on(track: Track) -> date | None:
    """The day of a booking that can be kept, else the target while it can still be met."""
    booked_on, resumes_on = kept_booking_on(track), track.resumes_on
    if booked_on is not None or track.dates is None:
        return booked_on
    on_return = None if resumes_on is None else status_on(track.dates.boundaries, resumes_on)
    if (on_return or track.status) not in _DATED:
        return None
    # Without a usual range, the earliest day lets the next step find and report that.
    target = track.dates.due or (track.dates.earliest if track.dates.window is None else None)
    return None if target is None else max(target, resumes_on or target)
