"""One session and a protocol: the dates after it, and the plain projection."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from botox_schedule.dates.days import Day, DayInput, shifted
from botox_schedule.dates.intervals import Window
from botox_schedule.engine.dates import Boundaries, TrackDates, track_dates
from botox_schedule.engine.holds import NO_HOLDS
from botox_schedule.engine.rules import IntervalRules, LabelRules, RuleFacts
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.model import ProtocolRef, TreatmentProtocol
from botox_schedule.terms import DateName
from botox_schedule.values import Fields, Value, made, notebook_html


class DueDates(Value, frozen=True):
    """The four dates that decide when the next session should be.

    Attributes:
        earliest: First day that is allowed, or None where no rule says.
        due: First day of the usual range that is allowed, or None where no usual range is
            recorded.
        overdue_from: First day after the usual range and its grace.
        lapsed_from: First day on which the patient counts as lapsed.
        typical_on: The day of one statistic or duration; it makes nobody due or overdue.
        typical_words: What that day is, such as ``median to the next request``.
        protocol: The protocol that the dates rest on.
        unverified: The figures of the protocol that were not read in a source.
    """

    earliest: Day | None = None
    due: Day | None = None
    overdue_from: Day | None = None
    lapsed_from: Day | None = None
    typical_on: Day | None = None
    typical_words: str | None = None
    protocol: ProtocolRef | None = None
    unverified: tuple[str, ...] = ()

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            earliest: DayInput | None = None,
            due: DayInput | None = None,
            overdue_from: DayInput | None = None,
            lapsed_from: DayInput | None = None,
            typical_on: DayInput | None = None,
            typical_words: str | None = None,
            protocol: ProtocolRef | Fields | None = None,
            unverified: Iterable[str] = (),
        ) -> None: ...

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        days = [day for day in self.boundaries if day is not None]
        if days != sorted(days):
            raise ValueError("give earliest <= due <= overdue_from <= lapsed_from")
        return self

    @property
    def boundaries(self) -> Boundaries:
        """The four dates in their order."""
        return self.earliest, self.due, self.overdue_from, self.lapsed_from

    def __str__(self) -> str:
        names = [name.replace("_", " ") for name in DateName]
        dates = zip(names, self.boundaries, strict=True)
        text = ", ".join(f"{name} {day or 'not dated'}" for name, day in dates)
        return text if self.typical_on is None else f"{text}, typical day {self.typical_on}"

    def _repr_html_(self) -> str:
        """Return the dates as a table for a notebook."""
        return notebook_html("dates_html", self)


def _dates_after(day: date, protocol: TreatmentProtocol, policy: SchedulingPolicy) -> TrackDates:
    """The dates after one session, by the rules of the protocol and the policy, nothing else."""
    facts = RuleFacts(
        labels=LabelRules(((protocol,),), ()),
        policy=policy,
        anchor=day,
        counted_from=day,
        payer=policy.payer_rules(_clock(protocol), protocol.product),
        clinic_usual=policy.usual_for(protocol.indication),
        kind=protocol.retreatment.kind,
    )
    return track_dates(IntervalRules(facts), NO_HOLDS, day)


def _clock(protocol: TreatmentProtocol) -> frozenset[str]:
    """The clock as far as the protocol alone names it."""
    return frozenset((protocol.indication, *protocol.shares_clock_with))


def dates_of_session(
    administered_on: date, protocol: TreatmentProtocol, policy: SchedulingPolicy
) -> DueDates:
    """Return the four dates after one session.

    Rules in weeks and days alone give dates that lie the same number of days after any session,
    so they are computed once for each protocol and policy.
    """
    model = _model(protocol, policy)
    if model is None:
        return due_dates_of(_dates_after(administered_on, protocol, policy), protocol)
    found, later = vars(model), (administered_on - _MODEL_DAY).days
    moved = {name: shifted(day, later) for name, day in found.items() if isinstance(day, date)}
    return made(DueDates, **found | moved)


_MODEL_DAY = date(2000, 1, 1)


@lru_cache(maxsize=256)
def _model(protocol: TreatmentProtocol, policy: SchedulingPolicy) -> DueDates | None:
    """The dates after a session on the model day; None where other days give other intervals."""
    alike = _is_the_same_every_day(protocol, policy)
    return due_dates_of(_dates_after(_MODEL_DAY, protocol, policy), protocol) if alike else None


def _is_the_same_every_day(protocol: TreatmentProtocol, policy: SchedulingPolicy) -> bool:
    """Whether no rule has a first or last day, and none is stated in months."""
    rule = protocol.retreatment
    usual = policy.usual_for(protocol.indication) or rule.usual
    payer = policy.payer_rules(_clock(protocol), protocol.product)
    intervals = [rule.minimum, rule.typical, policy.grace_for(rule.kind), policy.lapsed_after]
    intervals += [] if usual is None else [usual.first, usual.last]
    intervals += [payer_rule.minimum for payer_rule in payer]
    dated = [(protocol.in_force.first, protocol.in_force.last)]
    dated += [(payer_rule.first, payer_rule.last) for payer_rule in payer]
    in_days = not any(interval is not None and interval.months for interval in intervals)
    return in_days and set(dated) == {(None, None)}


def due_dates_of(found: TrackDates, protocol: TreatmentProtocol) -> DueDates:
    """Return the dates of a track as an answer."""
    version = found.rules.protocol or protocol
    typical = version.retreatment.typical_statistic if found.typical_on is not None else None
    if typical is not None and found.typical_on != found.typical_stated:
        typical = f"{typical}, moved to the first allowed day"
    return made(
        DueDates,
        earliest=found.earliest,
        due=found.due,
        overdue_from=found.overdue_from,
        lapsed_from=found.lapsed_from,
        typical_on=found.typical_on,
        typical_words=typical,
        protocol=version.ref,
        unverified=found.unverified,
    )


class ProjectedSession(Value, frozen=True):
    """A later session, if every one before it comes on its target.

    Attributes:
        number: 1 is the next session.
        target: The day to aim for.
        window: The days that fit; both ends belong to it.
    """

    number: int = Field(ge=1)
    target: Day
    window: Window

    def _repr_html_(self) -> str:
        """Return the session as a table for a notebook."""
        return notebook_html("projected_html", self)


def projected_from(
    anchor: date, protocol: TreatmentProtocol, policy: SchedulingPolicy, count: int
) -> tuple[ProjectedSession, ...]:
    """Return the next sessions, each counted from *anchor* and never chained."""
    found = _dates_after(anchor, protocol, policy)
    rules = found.rules
    if rules.usual is None or found.earliest is None or found.due is None:
        return ()
    usual, short_month = rules.usual.interval, policy.short_month
    sessions = []
    for number in range(1, count + 1):
        begins = max(found.due, usual.first.added_to(anchor, short_month, number))
        minimums = [m.interval.added_to(anchor, short_month, number) for m in rules.minimums]
        first = max(found.earliest, max(minimums, default=begins))
        target = max(first, begins)
        last = max(target, usual.last.added_to(anchor, short_month, number))
        window = Window(first=first, last=last)
        sessions.append(ProjectedSession(number=number, target=target, window=window))
    return tuple(sessions)
