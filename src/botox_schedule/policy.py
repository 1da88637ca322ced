"""What a clinic or payer chose, as opposed to what a source says."""

from functools import cache
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, model_validator

from botox_schedule.dates.intervals import Interval
from botox_schedule.terms import LimitReading, ShortMonth

__all__ = ["SchedulingPolicy", "policy_or_default"]

_Days = Annotated[int, Field(ge=0, le=3660, strict=True)]


def _interval(text: str) -> Any:
    return Field(default_factory=lambda: Interval.parse(text))


class SchedulingPolicy(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """What a clinic or payer chose.

    Attributes:
        payer_minimum: The shortest interval the payer accepts; the stricter of it and the
            protocol's minimum counts.
        validity_tolerance: How much earlier than the minimum a past session may have been and
            still be called ``early_within_tolerance``. It never moves a planned date.
        scheduled_grace: How long after the usual range a scheduled treatment is not yet overdue.
            COMPEL allowed 12 weeks and 7 days.
        as_needed_grace: The same for treatments given when the effect has diminished.
        lapsed_after: When a patient counts as lapsed, from the anchor; None means twice the end
            of the usual range.
        group_within_days: Sessions of one track at most this many days after the first part are
            one cycle; 0 joins only sessions of one day.
        touch_up_moves_earliest: Whether the minimum counts from a touch-up too.
        limit_reading: Which reading of a label's "3-month interval" makes a finding.
        short_month: What becomes of a day that the target month does not have.
        weight_max_age_days: How old a body weight may be to count.

    >>> SchedulingPolicy(payer_minimum="12 weeks + 1 day").payer_minimum
    Interval(weeks=12, days=1)
    """

    payer_minimum: Interval | None = None
    validity_tolerance: Interval = _interval("0 days")
    scheduled_grace: Interval = _interval("7 days")
    as_needed_grace: Interval = _interval("4 weeks")
    lapsed_after: Interval | None = None
    group_within_days: _Days = 3
    touch_up_moves_earliest: bool = True
    limit_reading: LimitReading = LimitReading.TWELVE_WEEKS
    short_month: ShortMonth = ShortMonth.LAST_DAY
    weight_max_age_days: _Days = 180

    @model_validator(mode="after")
    def _is_not_negative(self) -> Self:
        for name in (
            "payer_minimum",
            "validity_tolerance",
            "scheduled_grace",
            "as_needed_grace",
            "lapsed_after",
        ):
            interval = getattr(self, name)
            if interval is not None and interval.day_bounds[0] < 0:
                raise ValueError(f"{name} cannot be negative")
        return self


@cache
def _default() -> SchedulingPolicy:
    return SchedulingPolicy()


def policy_or_default(policy: SchedulingPolicy | None) -> SchedulingPolicy:
    """Return *policy*, or the default one."""
    return _default() if policy is None else policy
