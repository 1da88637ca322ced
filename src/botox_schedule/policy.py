"""What a clinic or payer chose, as opposed to what a source says."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from botox_schedule.dates.days import Day, DayInput, LastDay, check_order, is_within
from botox_schedule.dates.intervals import (
    Interval,
    IntervalInput,
    IntervalRange,
    NotNegative,
    RangeInput,
)
from botox_schedule.errors import IntervalError
from botox_schedule.protocols.indications import IndicationName, ProductInput, ProductName
from botox_schedule.records.model import Units
from botox_schedule.terms import LimitReading, Product, RetreatmentKind, ShortMonth
from botox_schedule.values import Fact, NumberInput, Rows, Several, of_kind

_Days = Annotated[int, Field(ge=0, le=3660, strict=True)]
_Visits = Annotated[int, Field(ge=0, le=10_000, strict=True)]
CALENDAR_YEAR: Literal["calendar_year"] = "calendar_year"


def _interval(text: str) -> Any:
    return Field(default_factory=lambda: Interval.parse(text))


def _as_period(value: Any) -> Any:
    if isinstance(value, Interval | Mapping):
        return value
    if isinstance(value, str) and re.sub(r"[\s-]+", "_", value.strip().lower()) == CALENDAR_YEAR:
        return CALENDAR_YEAR
    try:
        return Interval.parse(value)
    except IntervalError:
        raise ValueError("give 'calendar_year', or an interval such as '1 year'") from None


_Period = Annotated[
    Literal["calendar_year"] | Interval,
    BeforeValidator(_as_period, json_schema_input_type=Literal["calendar_year"] | Interval),
]


class PayerRule(Fact, frozen=True):
    """What a payer accepts, on the days on which the rule is in force.

    Attributes:
        minimum: The shortest interval between sessions.
        sessions: How many visits fit into one period.
        units: How many units fit into one period, given and discarded.
        per: The period: ``calendar_year``, or an interval for rolling periods.
        first: The first day on which the rule is in force; None leaves it open.
        last: The last day, included; None leaves it open.
        indication: The indication that the rule is about, by any name; None means each track
            alone.
        product: The product that the rule is about; None means each track alone.

    >>> str(PayerRule(sessions=4, per="1 year").per)
    '12 months'
    """

    minimum: NotNegative | None = None
    sessions: _Visits | None = None
    units: Units | None = None
    per: _Period = CALENDAR_YEAR
    first: Day | None = None
    last: LastDay = None
    indication: IndicationName | None = None
    product: ProductName | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            minimum: IntervalInput | None = None,
            sessions: int | None = None,
            units: NumberInput | None = None,
            per: IntervalInput = CALENDAR_YEAR,
            first: DayInput | None = None,
            last: DayInput | None = None,
            indication: str | None = None,
            product: ProductInput | None = None,
        ) -> None: ...

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.minimum is None and self.sessions is None and self.units is None:
            raise ValueError("a payer's rule needs minimum, sessions, units or several of them")
        if isinstance(self.per, Interval) and self.per.day_bounds[0] <= 0:
            raise ValueError("per must be longer than nothing; give for example '1 year'")
        check_order(self.first, self.last, "the rule")
        return self

    def concerns(self, clock: frozenset[str], product: Product) -> bool:
        """Whether the rule is about a track of *clock* that is treated with *product*."""
        return self.indication in {None, *clock} and self.product in {None, product}

    def is_in_force(self, day: date) -> bool:
        """Whether the rule concerns what happens on *day*."""
        return is_within(self.first, day, self.last)


def _items(value: Any) -> Any:
    if isinstance(value, str):
        advice = "give ranges by indication, such as {'spasticity': '12 to 16 weeks'}"
        raise ValueError(advice)  # noqa: TRY004 - pydantic turns only this into its error
    return tuple(value.items()) if isinstance(value, Mapping) else value


def _by_name(pairs: tuple[tuple[str, IntervalRange], ...]) -> tuple[tuple[str, IntervalRange], ...]:
    """Return one range for each indication, sorted, so that equal choices are equal values."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("usual names an indication twice; give one range for each")
    return tuple(sorted(pairs))


_UsualRanges = Annotated[
    tuple[tuple[IndicationName, IntervalRange], ...],
    BeforeValidator(_items, json_schema_input_type=dict[str, IntervalRange] | list[list[str]]),
    AfterValidator(_by_name),
]


class SchedulingPolicy(Fact, frozen=True):
    """What a clinic or payer chose.

    Attributes:
        payer_minimum: The shortest interval the payer accepts; the short form of a rule in
            *payer* that is always in force.
        payer: The payer's rules.
        usual: The clinic's own usual range by indication, which may be given by any name; it
            makes patients due and is used for forecasts, not for past cycles.
        other_indications: Indications outside the known ones, such as bruxism: they are counted
            in units and shown, and move no date.
        validity_tolerance: How much earlier than the minimum a past session may have been and
            still be called ``early_within_tolerance``. It never moves a planned date.
        scheduled_grace: How long after the usual range a scheduled treatment is not yet overdue.
            COMPEL allowed 12 weeks and 7 days.
        as_needed_grace: The same for treatments given when the effect has diminished.
        lapsed_after: When a patient counts as lapsed, from the anchor; None means twice the end
            of the usual range.
        group_within_days: Sessions of one track at most this many days after the first part are
            one cycle; 0 joins only sessions on one day.
        touch_up_moves_earliest: Whether the minimum counts from a touch-up too.
        limit_reading: Which reading of a label's "3-month interval" makes a finding.
        short_month: What becomes of a day that the target month does not have.
        weight_max_age_days: How old a body weight may be to count.
        hold_review_after: How long after its first day an open hold is due for review.

    >>> SchedulingPolicy(payer_minimum="12 weeks + 1 day").payer_minimum
    Interval(weeks=12, days=1)
    """

    payer_minimum: NotNegative | None = None
    payer: Several[PayerRule] = ()
    usual: _UsualRanges = ()
    other_indications: Several[IndicationName] = ()
    validity_tolerance: NotNegative = _interval("0 days")
    scheduled_grace: NotNegative = _interval("7 days")
    as_needed_grace: NotNegative = _interval("4 weeks")
    lapsed_after: NotNegative | None = None
    group_within_days: _Days = 3
    touch_up_moves_earliest: bool = True
    limit_reading: LimitReading = LimitReading.TWELVE_WEEKS
    short_month: ShortMonth = ShortMonth.LAST_DAY
    weight_max_age_days: _Days = 180
    hold_review_after: NotNegative = _interval("4 weeks")

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            payer_minimum: IntervalInput | None = None,
            payer: Rows[PayerRule] = (),
            usual: Mapping[str, RangeInput] | Iterable[tuple[str, RangeInput]] = (),
            other_indications: Iterable[str] = (),
            validity_tolerance: IntervalInput = "0 days",
            scheduled_grace: IntervalInput = "7 days",
            as_needed_grace: IntervalInput = "4 weeks",
            lapsed_after: IntervalInput | None = None,
            group_within_days: int = 3,
            touch_up_moves_earliest: bool = True,
            limit_reading: LimitReading | str = LimitReading.TWELVE_WEEKS,
            short_month: ShortMonth | str = ShortMonth.LAST_DAY,
            weight_max_age_days: int = 180,
            hold_review_after: IntervalInput = "4 weeks",
        ) -> None: ...

    def __hash__(self) -> int:
        # The other fields add time and tell few policies apart.
        return hash((self.payer_minimum, self.payer, self.usual, self.group_within_days))

    def grace_for(self, kind: RetreatmentKind) -> Interval:
        """Return how long after the usual range a treatment of *kind* is not yet overdue."""
        scheduled = kind is RetreatmentKind.SCHEDULED
        return self.scheduled_grace if scheduled else self.as_needed_grace

    def usual_for(self, indication: str) -> IntervalRange | None:
        """Return the clinic's own usual range for *indication*, or None."""
        return dict(self.usual).get(indication)

    def unknown_names(self, known: Collection[str]) -> list[str]:
        """Return the indications of usual ranges and payer's rules that nothing knows, sorted."""
        named = {name for name, _ in self.usual}
        named |= {rule.indication for rule in self.payer if rule.indication is not None}
        return sorted(named.difference(known, self.other_indications))

    def payer_rules(self, clock: frozenset[str], product: Product) -> tuple[PayerRule, ...]:
        """Return the payer's rules about a track of *clock*, the short form included."""
        rules = self.payer
        if self.payer_minimum is not None:
            rules = (PayerRule(minimum=self.payer_minimum), *rules)
        return tuple(rule for rule in rules if rule.concerns(clock, product))


_default = cache(SchedulingPolicy)


def policy_or_default(policy: SchedulingPolicy | None) -> SchedulingPolicy:
    """Return *policy*, or the default one.

    Raises:
        TypeError: When it is anything else.
    """
    if policy is None:
        return _default()
    advice = "policy: give a SchedulingPolicy, such as SchedulingPolicy(...), or None"
    return of_kind(policy, SchedulingPolicy, advice)
