"""Did it work, when did it wear off, and was the patient treated on time."""

from botox_schedule.outcomes.adherence import Adherence, adherence
from botox_schedule.outcomes.assessment import ResponseAssessment, assess_response
from botox_schedule.outcomes.counts import CriterionResult, decide, judge_counts
from botox_schedule.outcomes.criteria import CriteriaResult, chronic_migraine_criteria
from botox_schedule.outcomes.diary import (
    Baseline,
    DiaryCount,
    DiaryDay,
    DiaryKind,
    HeadacheDiary,
    MissingDays,
)
from botox_schedule.outcomes.response_rules import (
    CriterionKind,
    ResponseCriterion,
    ResponseRule,
    RuleOutcome,
    bundled_response_rules,
    find_response_rule,
    load_response_rules,
)
from botox_schedule.outcomes.reviews import ReviewDate, response_review_dates
from botox_schedule.outcomes.side_effects import (
    PlacedSideEffect,
    SideEffect,
    place_side_effects,
    side_effect_counts,
)
from botox_schedule.outcomes.spasticity import (
    AshworthAssessment,
    AshworthChange,
    GoalScore,
    GoalSet,
    GoalT,
    ModifiedAshworth,
    ashworth_change,
    goal_attainment,
)
from botox_schedule.outcomes.wear_off import (
    WearOff,
    WearOffDefinition,
    wear_off,
    wear_off_across_cycles,
    weekly_days,
)

__all__ = [
    "Adherence",
    "AshworthAssessment",
    "AshworthChange",
    "Baseline",
    "CriteriaResult",
    "CriterionKind",
    "CriterionResult",
    "DiaryCount",
    "DiaryDay",
    "DiaryKind",
    "GoalScore",
    "GoalSet",
    "GoalT",
    "HeadacheDiary",
    "MissingDays",
    "ModifiedAshworth",
    "PlacedSideEffect",
    "ResponseAssessment",
    "ResponseCriterion",
    "ResponseRule",
    "ReviewDate",
    "RuleOutcome",
    "SideEffect",
    "WearOff",
    "WearOffDefinition",
    "adherence",
    "ashworth_change",
    "assess_response",
    "bundled_response_rules",
    "chronic_migraine_criteria",
    "decide",
    "find_response_rule",
    "goal_attainment",
    "judge_counts",
    "load_response_rules",
    "place_side_effects",
    "response_review_dates",
    "side_effect_counts",
    "wear_off",
    "wear_off_across_cycles",
    "weekly_days",
]
