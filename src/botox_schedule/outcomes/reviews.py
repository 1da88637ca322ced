"""When a response rule can be judged."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from botox_schedule import (
    CareEndKind,
    PatientRecord,
    SchedulingPolicy,
    TreatmentProtocol,
    Window,
    project_dates,
    treatment_cycles,
)
from botox_schedule.dates import Day
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.engine import TreatmentCycle
from botox_schedule.engine.cycles import prior_cycles
from botox_schedule.outcomes.data import month_days
from botox_schedule.outcomes.response_rules import (
    CriterionKind,
    ResponseCriterion,
    ResponseRule,
    as_rule,
)
from botox_schedule.values import Value


class ReviewDate(Value, frozen=True):
    """When a criterion can first be judged.

    Attributes:
        rule: The rule's id.
        criterion: The criterion's name.
        on: The first day, or None where it cannot be dated.
        why: What it waits for.
    """

    rule: str
    criterion: str
    on: Day | None
    why: str


def response_review_dates(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    rule: str | ResponseRule,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
) -> tuple[ReviewDate, ...]:
    """Return when each criterion of a rule can first be judged for this patient.

    A day in the past says that it could be judged since then.

    >>> from botox_schedule import find_protocol
    >>> from botox_schedule.testing import record_from_gaps
    >>> record = record_from_gaps([], starts_on=date(2025, 8, 26))
    >>> dates = response_review_dates(record, find_protocol("chronic-migraine"),
    ...                               rule="nice-ta260", as_of="2025-11-01")
    >>> [str(review.on) for review in dates]
    ['2026-02-10', '2025-11-18']
    """
    wanted = as_rule(rule)
    day = as_day(as_of, "as_of")
    cycles = treatment_cycles(
        record, protocol, as_of=day, policy=policy, other_protocols=other_protocols
    )
    prior = prior_cycles(record, protocol.clock)
    return tuple(
        _review(wanted, criterion, cycles, prior, record, protocol, day, policy)
        for criterion in wanted.criteria
    )


def _review(  # noqa: PLR0917 - the parts of one question
    rule: ResponseRule,
    criterion: ResponseCriterion,
    cycles: Sequence[TreatmentCycle],
    prior: int,
    record: PatientRecord,
    protocol: TreatmentProtocol,
    day: date,
    policy: SchedulingPolicy | None,
) -> ReviewDate:
    on: date | None
    if criterion.kind is CriterionKind.RECHECK:
        window = recheck_window(criterion, record, protocol, day)
        on, why = (window.first if window else None), "treatment must have been stopped"
    elif criterion.kind is CriterionKind.MONTHS_BELOW:
        length = timedelta(days=month_days() * (criterion.months or 0))
        on = cycles[0].first_on + length if cycles else None
        why = f"{criterion.months} months of {month_days()} days since the first session"
    else:
        count = criterion.failures or criterion.after_cycles
        on = _cycle_end(cycles, max(count - prior, 1), protocol, policy)
        why = f"{count} complete cycles"
    return ReviewDate(rule=rule.id, criterion=criterion.name, on=on, why=why)


def _cycle_end(
    cycles: Sequence[TreatmentCycle],
    count: int,
    protocol: TreatmentProtocol,
    policy: SchedulingPolicy | None,
) -> date | None:
    """The day on which *count* cycles of the record are complete, later ones on their targets."""
    if not cycles:
        return None
    if count < len(cycles):
        return cycles[count].first_on
    ahead = project_dates(
        cycles[-1].anchored_on, protocol, count=count - len(cycles) + 1, policy=policy
    )
    return ahead[-1].target if ahead else None


def recheck_window(
    criterion: ResponseCriterion, record: PatientRecord, protocol: TreatmentProtocol, day: date
) -> Window | None:
    """Return when to look again after treatment was stopped; None where it was not."""
    stopped = [
        end.on
        for end in record.care_ends
        if end.kind is CareEndKind.DISCONTINUED
        and end.on <= day
        and (end.indication is None or end.indication in protocol.clock)
    ]
    if not stopped or criterion.recheck is None:
        return None
    return criterion.recheck.after(max(stopped))
