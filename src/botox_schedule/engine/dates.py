"""The dates after a session, from its rules and the holds, and the plain projection."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Self

from pydantic import Field, model_validator

from botox_schedule.dates.days import Day, DayInput, Period, shifted
from botox_schedule.dates.intervals import Window
from botox_schedule.engine.holds import NO_HOLDS, HoldCalendar
from botox_schedule.engine.rules import IntervalRules, LabelRules, RuleFacts, RulesOn, UsualWindow
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.model import ProtocolRef, TreatmentProtocol
from botox_schedule.terms import DateName, DueStatus, ShortMonth, UsualOwner
from botox_schedule.values import Fields, Value, made, notebook_html

_STATUSES = (DueStatus.ALLOWED, DueStatus.DUE, DueStatus.OVERDUE, DueStatus.LAPSED)

Boundaries = tuple[date | None, date | None, date | None, date | None]
"""The four dates in their order."""


class TrackDates(NamedTuple):
    """The dates of a track, and what they come from.

    Attributes:
        earliest: First allowed day outside every hold, or None.
        due: First allowed day of the usual range, or None.
        overdue_from: First day after the usual range and its grace.
        lapsed_from: First day on which the patient counts as lapsed.
        typical_on: The day of one statistic or duration, or the first allowed day after it.
        typical_stated: That day before anything moves it.
        rules: What is in force on *earliest*.
        allowed_from: The first allowed day if holds are ignored.
        window: The usual window before anything moves it.
    """

    earliest: date | None
    due: date | None
    overdue_from: date | None
    lapsed_from: date | None
    typical_on: date | None
    typical_stated: date | None
    rules: RulesOn
    allowed_from: date | None
    window: UsualWindow | None

    @property
    def boundaries(self) -> Boundaries:
        """The four dates in their order."""
        return self.earliest, self.due, self.overdue_from, self.lapsed_from

    @property
    def unverified(self) -> tuple[str, ...]:
        """The unverified figures that the dates rest on, without those that others replace."""
        version, usual = self.rules.protocol, self.rules.usual
        own = () if version is None else version.unverified_retreatment
        weighed = [m for m in self.rules.minimums if m.binds or m is self.rules.advising]
        stated = (m.protocol.unverified_retreatment for m in weighed if m.protocol is not None)
        found = []
        if self.earliest is not None:
            found = [name for names in stated for name in names if name == "minimum"][:1]
            if usual is not None and usual.owner is UsualOwner.LABEL:
                found += [name for name in own if name == "usual"]
        if self.typical_on is not None:
            found += [name for name in own if name == "typical"]
        return tuple(found)


def status_on(boundaries: Boundaries, day: date) -> DueStatus:
    """Return where *day* falls among the four dates, or ``no_interval`` without any date."""
    status = DueStatus.NO_INTERVAL
    for boundary, begins in zip(boundaries, _STATUSES, strict=True):
        if boundary is not None and boundary <= day:
            status = begins
        elif boundary is not None and status is DueStatus.NO_INTERVAL:
            status = DueStatus.TOO_EARLY
    return status


def track_dates(rules: IntervalRules, holds: HoldCalendar, as_of: date) -> TrackDates:
    """Return the dates after the rules' anchor, as of a day.

    ``earliest`` is the first day outside a hold of the first run of allowed days that has a day
    on or after *as_of* outside every hold.
    """
    periods = rules.allowed_periods
    period = next((p for p in periods if _first_free(p, holds, as_of) is not None), None)
    if period is None:
        in_force = rules.on(max(rules.facts.anchor, as_of))
        typical = _typical_days(rules, in_force, None, holds)
        return TrackDates(None, None, None, None, *typical, in_force, None, None)
    # The period has a free day on or after as_of, so it has a first free day too.
    earliest = holds.next_free(period.first) or period.first
    in_force = rules.on(earliest)
    typical = _typical_days(rules, in_force, earliest, holds)
    window = usual_window(rules, in_force)
    if window is None:
        return TrackDates(earliest, None, None, None, *typical, in_force, period.first, None)
    due = first_allowed(rules, holds, max(earliest, window.first))
    overdue_from, lapsed_from = _from_due(rules, window, due, holds)
    return TrackDates(
        earliest, due, overdue_from, lapsed_from, *typical, in_force, period.first, window
    )


def first_allowed(rules: IntervalRules, holds: HoldCalendar, day: date) -> date | None:
    """Return the first day on or after *day* that is allowed and outside every hold, or None."""
    for period in rules.allowed_periods:
        free = _first_free(period, holds, day)
        if free is not None:
            return free
    return None


def _first_free(period: Period, holds: HoldCalendar, day: date) -> date | None:
    """The first day of a run of allowed days, on or after *day*, that is not on hold."""
    free = holds.next_free(max(period.first, day))
    return free if free is not None and (period.last is None or free <= period.last) else None


def unbroken(
    rules: IntervalRules | None, holds: HoldCalendar, first: date, last: date, day: date
) -> Window:
    """Return the days from *first* to *last* around *day* that nothing breaks.

    A hold does, and so does the end of the days that the rules allow: a discharge, an override
    that ends, a stricter rule.
    """
    period = None if rules is None else rules.period_of(day)
    if period is not None and period.first <= last:
        first = max(first, period.first)
        last = last if period.last is None else min(last, period.last)
    for begin, end in holds.spans:
        if day < begin <= last:
            last = shifted(begin, -1)
        elif begin <= day and end is not None and first <= end < last:
            first = shifted(end, 1)
    return made(Window, first=first, last=last)


def usual_window(rules: IntervalRules, in_force: RulesOn) -> UsualWindow | None:
    """Return the usual range in force, counted from the anchor; None where there is none."""
    place = id(in_force)  # the rules keep the object alive, so that its id is not reused
    if place not in rules.windows:
        rules.windows[place] = _usual_window(rules, in_force)
    return rules.windows[place]


def _usual_window(rules: IntervalRules, in_force: RulesOn) -> UsualWindow | None:
    if in_force.usual is None:
        return None
    facts, usual = rules.facts, in_force.usual.interval
    short_month = facts.policy.short_month
    first = usual.first.added_to(facts.anchor, short_month)
    last = usual.last.added_to(facts.anchor, short_month)
    grace = facts.policy.grace_for(in_force.usual.kind)
    overdue_from = shifted(grace.added_to(last, short_month), 1)
    lapse = facts.policy.lapsed_after
    if lapse is None:
        lapsed_from = usual.last.added_to(facts.anchor, short_month, times=2)
    else:
        lapsed_from = lapse.added_to(facts.anchor, short_month)
    lapsed_from = max(lapsed_from, overdue_from)
    return UsualWindow(in_force.usual, grace, first, last, overdue_from, lapsed_from)


def _from_due(
    rules: IntervalRules, window: UsualWindow, due: date | None, holds: HoldCalendar
) -> tuple[date | None, date | None]:
    """Return overdue_from and lapsed_from, counted from *due* without days on hold.

    The window slides with *due*: each boundary keeps its distance from the first usual day.
    """
    if due is None:
        return None, None
    facts = rules.facts
    overdue_from = overdue_after(due, window, holds, facts.policy.short_month)
    lapsed_from = holds.advance(due, (window.lapsed_from - window.first).days)
    if overdue_from is not None and lapsed_from is not None:
        lapsed_from = max(lapsed_from, overdue_from)
    else:
        lapsed_from = None
    return _before(facts.ends_on, overdue_from), _before(facts.ends_on, lapsed_from)


def overdue_after(
    due: date, window: UsualWindow, holds: HoldCalendar, short_month: ShortMonth
) -> date | None:
    """Return the first overdue day of a cycle due on *due*; None if an open hold comes first.

    Days on hold do not count, and after a hold the patient has the grace once more.
    """
    boundary = holds.advance(due, (window.overdue_from - window.first).days)
    return holds.after_return(boundary, window.grace, short_month)


def _before(ends_on: date | None, day: date | None) -> date | None:
    """*day*, unless it lies on or after a discharge."""
    return day if day is not None and (ends_on is None or day < ends_on) else None


def _typical_days(
    rules: IntervalRules, in_force: RulesOn, earliest: date | None, holds: HoldCalendar
) -> tuple[date | None, date | None]:
    """The typical day, moved to the first allowed day, and as it is stated; it makes nobody due."""
    version = in_force.protocol
    if version is None or version.retreatment.typical is None:
        return None, None
    facts = rules.facts
    day = version.retreatment.typical.added_to(facts.anchor, facts.policy.short_month)
    if earliest is not None:
        return first_allowed(rules, holds, max(day, earliest)), day
    free = holds.next_free(day)
    return _before(facts.ends_on, free), day


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
        if self.typical_on is not None:
            text += f", typical day {self.typical_on}"
        return f"{text}; unverified: {', '.join(self.unverified)}" if self.unverified else text

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
        begins, ends = (
            bound.added_to(anchor, short_month, number) for bound in (usual.first, usual.last)
        )
        minimums = [m.interval.added_to(anchor, short_month, number) for m in rules.minimums]
        first = max(found.earliest, max(minimums, default=begins))
        target = max(first, begins, found.due)
        # What moves the target moves the whole window.
        window = Window(first=first, last=shifted(ends, (target - begins).days))
        sessions.append(ProjectedSession(number=number, target=target, window=window))
    return tuple(sessions)
