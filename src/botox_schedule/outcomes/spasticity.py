"""Spasticity scores: the Modified Ashworth Scale and goal attainment."""

from collections.abc import Iterable, Sequence
from enum import Enum
from fractions import Fraction
from functools import total_ordering
from itertools import groupby
from math import sqrt
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field, model_validator

from botox_schedule.dates.days import Day, DayInput
from botox_schedule.engine import ResponseTimeline
from botox_schedule.engine.response import a_timeline
from botox_schedule.outcomes.figures import ExactWeight, Number, outcome_tables
from botox_schedule.protocols import SourceRef
from botox_schedule.protocols.catalog import cited
from botox_schedule.values import PatientValue, Rows, Several, Value, all_of_kind, of_kind

_Level = Annotated[int, Field(ge=-2, le=2, strict=True)]


@total_ordering
class ModifiedAshworth(Enum):
    """The six steps of the Modified Ashworth Scale, in order; they are not numbers."""

    ZERO = "0"
    ONE = "1"
    ONE_PLUS = "1+"
    TWO = "2"
    THREE = "3"
    FOUR = "4"

    def __str__(self) -> str:
        return str(self.value)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, ModifiedAshworth):
            return NotImplemented
        return self._step < other._step

    @property
    def _step(self) -> int:
        return list(ModifiedAshworth).index(self)

    def steps_from(self, before: Self) -> int:
        """Return how many steps this is above *before*; negative where it is better.

        Raises:
            TypeError: When *before* is not a step of the scale.

        >>> ModifiedAshworth("1") < ModifiedAshworth("1+") < ModifiedAshworth("2")
        True
        >>> ModifiedAshworth("1+").steps_from(ModifiedAshworth("3"))
        -2
        """
        of_kind(before, ModifiedAshworth, "before: give a step, such as ModifiedAshworth('1+')")
        return self._step - before._step


class AshworthAssessment(PatientValue, frozen=True):
    """The tone of one joint or muscle group on a day.

    Attributes:
        on: The day.
        joint: The joint or muscle group.
        score: The step on the scale.
    """

    on: Day
    joint: str
    score: ModifiedAshworth

    if TYPE_CHECKING:

        def __init__(self, *, on: DayInput, joint: str, score: ModifiedAshworth | str) -> None: ...


class AshworthChange(Value, frozen=True):
    """How a joint's tone changed from before the session to its peak window.

    Attributes:
        joint: The joint or muscle group.
        before: The last score on or before the session's day; None where there is none. Of
            several scores on one day the highest counts.
        at_peak: The first score in the peak window, both ends included; None where there is none.
            Of several scores on one day the highest counts.
        at_peak_day: The days from the session to that score; None without one.
        steps: Steps from *before* to *at_peak*, negative where the tone fell; None without both.
    """

    joint: str = Field(repr=False)
    before: ModifiedAshworth | None
    at_peak: ModifiedAshworth | None
    at_peak_day: int | None
    steps: int | None


def ashworth_change(
    assessments: Iterable[AshworthAssessment], timeline: ResponseTimeline
) -> tuple[AshworthChange, ...]:
    """Return each joint's change at the peak of one session, in order of the joints' names.

    >>> from botox_schedule import find_protocol, response_timeline
    >>> timeline = response_timeline("2026-01-05", find_protocol("spasticity"))
    >>> from datetime import date
    >>> scores = [AshworthAssessment(on=date(2026, 1, 5), joint="elbow", score=ModifiedAshworth("3")),
    ...           AshworthAssessment(on=date(2026, 2, 9), joint="elbow", score=ModifiedAshworth("1+"))]
    >>> ashworth_change(scores, timeline)[0].steps
    -2
    """
    a_timeline(timeline)
    advice = "assessments: give each as an AshworthAssessment"
    given = all_of_kind(assessments, AshworthAssessment, advice)
    by_joint = groupby(sorted(given, key=lambda a: (a.joint, a.score)), key=lambda a: a.joint)
    return tuple(_joint_change(joint, own, timeline) for joint, own in by_joint)


def _joint_change(
    joint: str, by_score: Iterable[AshworthAssessment], timeline: ResponseTimeline
) -> AshworthChange:
    """The change of one joint, from its assessments with the highest score last."""
    start, peak = timeline.administered_on, timeline.peak
    highest_of = {a.on: a.score for a in by_score}
    last = max((day for day in highest_of if day <= start), default=None)
    first = min((day for day in highest_of if peak is not None and day in peak), default=None)
    old, new = (None if day is None else highest_of[day] for day in (last, first))
    return AshworthChange(
        joint=joint,
        before=old,
        at_peak=new,
        at_peak_day=first and (first - start).days,
        steps=old and new and new.steps_from(old),
    )


class GoalScore(Value, frozen=True):
    """One goal: its weight, and its levels from -2 to +2, both included.

    Attributes:
        weight: Its weight, such as importance times difficulty; above 0.
        baseline: The level before the session.
        achieved: The level attained, or None where not yet judged.
    """

    weight: ExactWeight = Fraction(1)
    baseline: _Level
    achieved: _Level | None = None

    if TYPE_CHECKING:

        def __init__(
            self, *, weight: Number = 1, baseline: int, achieved: int | None = None
        ) -> None: ...


class GoalSet(PatientValue, frozen=True):
    """The goals of one session.

    Attributes:
        set_on: The day they were set.
        judged_on: The day they were judged, or None where not stated.
        goals: The goals, at least one.
    """

    set_on: Day
    judged_on: Day | None = None
    goals: Annotated[Several[GoalScore], Field(min_length=1)]

    if TYPE_CHECKING:

        def __init__(
            self, *, set_on: DayInput, judged_on: DayInput | None = None, goals: Rows[GoalScore]
        ) -> None: ...

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.judged_on is not None and self.judged_on < self.set_on:
            raise ValueError("the goals are judged before they are set; give set_on <= judged_on")
        return self


class GoalT(Value, frozen=True):
    """The T-scores of a set of goals; 50 means that the goals were met on average.

    Attributes:
        baseline: The T-score before the session.
        achieved: The T-score attained; None until every goal is judged.
        change: *achieved* minus *baseline*; None until every goal is judged.
        judged_on_day: Days from the session to the day the goals were judged; None without both.
        source: Its source, and the place in it.
    """

    baseline: float
    achieved: float | None
    change: float | None
    judged_on_day: int | None
    source: SourceRef


def goal_attainment(goals: GoalSet, timeline: ResponseTimeline | None = None) -> GoalT:
    """Return the T-scores of a session's goals.

    >>> from datetime import date
    >>> goals = GoalSet(set_on=date(2026, 1, 5), goals=(GoalScore(baseline=-1, achieved=0),))
    >>> goal_attainment(goals).baseline, goal_attainment(goals).achieved
    (40.0, 50.0)
    """
    of_kind(goals, GoalSet, "goals: give a GoalSet, such as GoalSet(set_on=..., goals=[...])")
    baseline = _t_score([(g.weight, g.baseline) for g in goals.goals])
    judged = [(g.weight, g.achieved) for g in goals.goals if g.achieved is not None]
    achieved = _t_score(judged) if len(judged) == len(goals.goals) else None
    day = goals.judged_on
    return GoalT(
        baseline=baseline,
        achieved=achieved,
        change=None if achieved is None else achieved - baseline,
        judged_on_day=None
        if day is None or timeline is None
        else (day - a_timeline(timeline).administered_on).days,
        source=cited(outcome_tables()["goal_attainment"]["source"]),
    )


def _t_score(scores: Sequence[tuple[Fraction, int]]) -> float:
    figures = outcome_tables()["goal_attainment"]
    rho = Fraction(figures["correlation"])
    total = sum((weight * level for weight, level in scores), Fraction(0))
    squares = sum((weight**2 for weight, _ in scores), Fraction(0))
    square = sum((weight for weight, _ in scores), Fraction(0)) ** 2
    spread = sqrt((1 - rho) * squares + rho * square)
    return round(int(figures["mean"]) + int(figures["spread"]) * float(total) / spread, 10)
