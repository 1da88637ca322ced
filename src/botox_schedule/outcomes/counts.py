"""A response rule applied to numbers."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

from botox_schedule.outcomes.fractions import Exact
from botox_schedule.outcomes.response_rules import (
    CriterionKind,
    ResponseCriterion,
    ResponseRule,
    RuleOutcome,
)
from botox_schedule.protocols import SourceRef
from botox_schedule.values import Value

_ORDER = list(RuleOutcome)


class CriterionResult(Value, frozen=True):
    """What one criterion of a rule gives.

    Attributes:
        rule: The rule's id.
        criterion: The criterion's name.
        kind: How it judges.
        outcome: What it gives.
        reduction: The share by which days fell, exact; negative where they rose.
        numbers: What it was judged by, in words.
        source: Where the criterion stands.
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


def judge_counts(
    rule: ResponseRule,
    *,
    baseline: Fraction | int | None,
    current: Fraction | int | None,
    cycles: int,
    months: Sequence[Fraction | int] = (),
) -> tuple[CriterionResult, ...]:
    """Return what each criterion of a rule gives for numbers.

    Fractions meet thresholds unrounded.

    Args:
        rule: The rule.
        baseline: Days a month before the course; None where not known.
        current: Days a month now; None where not known.
        cycles: Complete cycles given.
        months: Days of the latest months in a row, the last one last.

    >>> from botox_schedule.outcomes import find_response_rule
    >>> rule = find_response_rule("nice-ta260")
    >>> [str(r.outcome) for r in judge_counts(rule, baseline=20, current=14, cycles=2)]
    ['continue', 'insufficient_data']
    >>> [str(r.outcome) for r in judge_counts(rule, baseline=23, current=17, cycles=2)]
    ['stop', 'insufficient_data']
    """
    return tuple(
        _month_result(rule, criterion, months)
        if criterion.kind is CriterionKind.MONTHS_BELOW
        else _reduction_result(rule, criterion, baseline, current, cycles)
        for criterion in rule.criteria
        if criterion.kind not in (CriterionKind.FAILURES, CriterionKind.RECHECK)
    )


def decide(results: Iterable[CriterionResult]) -> RuleOutcome:
    """Return what a rule gives as a whole: the first of its criteria's outcomes in their order.

    A stop is never hidden by data that are missing elsewhere. Months in a row that are not yet
    complete decide nothing beside a criterion that could be judged.
    """
    found = list(results)
    judged = [result.outcome for result in found if not _is_waiting(result)]
    waiting = [result.outcome for result in found]
    return min(judged or waiting, key=_ORDER.index, default=RuleOutcome.INSUFFICIENT_DATA)


def _is_waiting(result: CriterionResult) -> bool:
    missing = result.outcome is RuleOutcome.INSUFFICIENT_DATA
    return missing and result.kind is CriterionKind.MONTHS_BELOW


def result_of(
    rule: ResponseRule,
    criterion: ResponseCriterion,
    outcome: RuleOutcome,
    numbers: Iterable[str] = (),
    reduction: Fraction | None = None,
) -> CriterionResult:
    """Return a result of *criterion*."""
    return CriterionResult(
        rule=rule.id,
        criterion=criterion.name,
        kind=criterion.kind,
        outcome=outcome,
        reduction=reduction,
        numbers=tuple(numbers),
        source=criterion.source,
    )


def _reduction_result(
    rule: ResponseRule,
    criterion: ResponseCriterion,
    baseline: Fraction | int | None,
    current: Fraction | int | None,
    cycles: int,
) -> CriterionResult:
    counted = f"{cycles} complete cycles; judged after {criterion.after_cycles}"
    if not baseline:
        return result_of(rule, criterion, RuleOutcome.INSUFFICIENT_BASELINE, [counted])
    if current is None or cycles < criterion.after_cycles:
        return result_of(rule, criterion, RuleOutcome.INSUFFICIENT_DATA, [counted])
    reduction = Fraction(baseline - current) / Fraction(baseline)
    share = f"{criterion.measure} days {_shown(baseline)} became {_shown(current)}: "
    share += f"{_shown(reduction * 100)} % fewer"
    below = criterion.below
    missed = reduction <= 0 if below is None else reduction < below
    numbers = [
        share,
        *([f"threshold {_shown(below * 100)} %"] if below is not None else ()),
        counted,
    ]
    return result_of(rule, criterion, _side(criterion, cycles, missed=missed), numbers, reduction)


def _side(criterion: ResponseCriterion, cycles: int, *, missed: bool) -> RuleOutcome:
    if not missed:
        return criterion.otherwise
    final = criterion.final_after_cycles
    early = criterion.below_early_gives
    return (
        early
        if early is not None and final is not None and cycles < final
        else criterion.below_gives
    )


def _month_result(
    rule: ResponseRule, criterion: ResponseCriterion, months: Sequence[Fraction | int]
) -> CriterionResult:
    wanted, limit = criterion.months or 0, criterion.below_days or 0
    latest = months[-wanted:]
    if all(month < limit for month in latest):
        if len(latest) < wanted:
            numbers = [f"{len(latest)} of {wanted} months in a row below {_shown(limit)}"]
            return result_of(rule, criterion, RuleOutcome.INSUFFICIENT_DATA, numbers)
        outcome = criterion.below_gives
    else:
        outcome = criterion.otherwise
    numbers = [f"months {', '.join(map(_shown, latest))}; threshold {_shown(limit)}"]
    return result_of(rule, criterion, outcome, numbers)


def _shown(number: Fraction | int) -> str:
    """A number for a reader: at most two places, marked where more were cut."""
    value = Fraction(number)
    text = f"{float(value):.2f}".rstrip("0").rstrip(".")
    return text if Fraction(text) == value else f"about {text}"
