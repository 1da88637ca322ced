"""Units against what a source calls a maximum; a limit never moves a date."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from pydantic import BaseModel, Field

from botox_schedule.dates.ages import age_on
from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.dates.intervals import Interval
from botox_schedule.engine.exposure import Total, add_up, inside
from botox_schedule.policy import SchedulingPolicy, policy_or_default
from botox_schedule.protocols.model import DoseLimit, LimitWindow, TreatmentProtocol
from botox_schedule.records.findings import Finding, about
from botox_schedule.records.history import Group, History, Track, read_history, read_track
from botox_schedule.records.model import PatientRecord, TreatmentSession
from botox_schedule.terms import FindingCode, LimitPer, LimitReading, LimitScope, Population

__all__ = ["KnownTrack", "LimitCheck", "check_dose_limits", "checks_on", "limit_findings"]

_ZERO = Decimal(0)


class LimitCheck(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """Units against one reading of one limit, on a day.

    Attributes:
        limit: What the source states.
        reading: Which reading of its window this is, where it has several.
        window: The window of this reading; None where the limit has none.
        chosen: Whether this reading makes a finding.
        on: The day of the planned session.
        total: Units inside the window and the planned ones: a lower bound where *indeterminate*.
        maximum: The maximum as far as it is known, in units.
        exceeded: Whether *total* is more than *maximum*.
        indeterminate: Whether unknown units, products or weight leave the answer open.
        not_checked: Whether the limit counts what sessions do not record (side, muscle, site).
        clears_on: The first day on which the planned units surely fit; None when they exceed
            the limit by themselves, or it is not known.
        session_ids: The sessions inside the window, as far as they have an id.
    """

    limit: DoseLimit
    reading: LimitReading | None = None
    window: Interval | None = None
    chosen: bool = True
    on: Day
    total: Decimal = _ZERO
    maximum: Decimal | None = None
    exceeded: bool = False
    indeterminate: bool = False
    not_checked: bool = False
    clears_on: Day | None = None
    session_ids: tuple[str, ...] = Field(default=(), repr=False)


class KnownTrack(NamedTuple):
    """What is known of a patient and one track on a day."""

    record: PatientRecord
    history: History
    track: Track
    policy: SchedulingPolicy
    as_of: date


class _Weight(NamedTuple):
    kilograms: Decimal | None
    stale: bool


class _Maximum(NamedTuple):
    """A maximum as far as it is known, and whether an unknown weight could lower it."""

    units: Decimal | None
    unweighed: bool


class _Question(NamedTuple):
    """What is asked of each limit."""

    known: KnownTrack
    protocol: TreatmentProtocol
    session_group: Sequence[TreatmentSession]
    group_ends_on: date
    on: date
    planned: Decimal
    weight: _Weight


def check_dose_limits(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    on: DayInput,
    units: Decimal | int | None = None,
    as_of: DayInput | None = None,
    policy: SchedulingPolicy | None = None,
) -> tuple[LimitCheck, ...]:
    """Return each reading of each limit of the protocol, answered for a day.

    Args:
        record: What happened.
        protocol: The product, the indication and the limits.
        on: The day of the planned session.
        units: Units planned in addition to what was given.
        as_of: The day up to which records are known; None means *on*.
        policy: Its ``limit_reading`` chooses, its ``weight_max_age_days`` dates a weight.

    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "spasticity",
    ...     "product": "Botox", "units": 400,
    ... }])
    >>> protocol = find_protocol("chronic-migraine")
    >>> for check in check_dose_limits(record, protocol, on="2026-03-30", units=155):
    ...     print(check.reading, check.total, check.exceeded, check.clears_on)
    twelve_weeks 155 False 2026-03-30
    three_months 555 True 2026-04-05
    """
    day = as_day(on, "on")
    known_until = day if as_of is None else as_day(as_of, "as_of")
    planned = _ZERO if units is None else Decimal(units)
    policy = policy_or_default(policy)
    history = read_history(record, known_until)
    track = read_track(history, protocol.clock, policy.group_within_days)
    known = KnownTrack(record, history, track, policy, known_until)
    return checks_on(known, protocol, day, planned)


def checks_on(
    known: KnownTrack, protocol: TreatmentProtocol, day: date, planned: Decimal
) -> tuple[LimitCheck, ...]:
    """Return the checks of a history that was read already."""
    limits = [limit for limit in protocol.limits if _concerns(limit, known.record, protocol, day)]
    if not limits:
        return ()
    group, ends_on = _group_at(known.track.groups, day, known.policy.group_within_days)
    question = _Question(known, protocol, group, ends_on, day, planned, _weight_on(known, day))
    return tuple(check for limit in limits for check in _answers(limit, question))


def _concerns(
    limit: DoseLimit, record: PatientRecord, protocol: TreatmentProtocol, day: date
) -> bool:
    """Whether the limit holds for this person; without a birth date the population decides."""
    if limit.ages is None:
        return True
    if record.born_on is not None:
        return age_on(record.born_on, day) in limit.ages
    adult = protocol.population is Population.ADULT
    return limit.ages.last is None if adult else limit.ages.last is not None


def _group_at(
    groups: list[Group], day: date, within_days: int
) -> tuple[list[TreatmentSession], date]:
    """The sessions that are one with a session on *day*, and the day after the last such day."""
    following = timedelta(days=within_days + 1)
    if groups and groups[-1].first_on <= day < groups[-1].first_on + following:
        ends_on = groups[-1].first_on + following
        return [s for s in groups[-1].sessions if s.administered_on < ends_on], ends_on
    return [], day


def _weight_on(known: KnownTrack, day: date) -> _Weight:
    """The latest weight not older than allowed; the lower of two of one day."""
    until = min(day, known.as_of)
    measured = [w for w in known.record.weights if w.measured_on <= until]
    latest = max(measured, key=lambda w: (w.measured_on, -w.kilograms), default=None)
    if latest is None:
        return _Weight(None, stale=False)
    if (day - latest.measured_on).days > known.policy.weight_max_age_days:
        return _Weight(None, stale=True)
    return _Weight(latest.kilograms, stale=False)


def _answers(limit: DoseLimit, question: _Question) -> Iterable[LimitCheck]:
    if limit.per is LimitPer.WINDOW:
        readings = [window.reading for window in limit.windows]
        wanted = question.known.policy.limit_reading
        chosen = wanted if wanted in readings else readings[0]
        for window in limit.windows:
            check = _window_check(limit, window, question)
            yield check if window.reading == chosen else check.model_copy(update={"chosen": False})
    elif limit.per is LimitPer.SESSION:
        yield _session_check(limit, question)
    else:
        yield LimitCheck(limit=limit, on=question.on, not_checked=True)


def _in_scope(limit: DoseLimit, question: _Question) -> Sequence[TreatmentSession]:
    completed = question.known.history.completed
    if limit.scope is LimitScope.PRODUCT:
        return completed
    return [s for s in completed if s.indication == question.protocol.indication]


def _maximum(limit: DoseLimit, weight: _Weight) -> _Maximum:
    if limit.units_per_kilogram is None:
        return _Maximum(limit.units, unweighed=False)
    if weight.kilograms is None:
        return _Maximum(limit.units, unweighed=True)
    by_weight = limit.units_per_kilogram * weight.kilograms
    units = by_weight if limit.units is None else min(by_weight, limit.units)
    return _Maximum(units, unweighed=False)


def _window_check(limit: DoseLimit, window: LimitWindow, question: _Question) -> LimitCheck:
    short_month = question.known.policy.short_month
    sessions = inside(_in_scope(limit, question), window.window, question.on, short_month)
    total = add_up(sessions, question.protocol.product)
    maximum = _maximum(limit, question.weight)
    clears_on = None
    if not maximum.unweighed and maximum.units is not None:
        clears_on = _clears_on(total, window.window, maximum.units, question)
    return _check(limit, window, total, maximum, clears_on, question)


def _check(  # noqa: PLR0917 - the parts of one answer
    limit: DoseLimit,
    window: LimitWindow | None,
    total: Total,
    maximum: _Maximum,
    clears_on: date | None,
    question: _Question,
) -> LimitCheck:
    units = total.units + question.planned
    exceeded = maximum.units is not None and units > maximum.units
    return LimitCheck(
        limit=limit,
        reading=None if window is None else window.reading,
        window=None if window is None else window.window,
        on=question.on,
        total=units,
        maximum=maximum.units,
        exceeded=exceeded,
        indeterminate=not exceeded and (maximum.unweighed or total.indeterminate),
        clears_on=clears_on,
        session_ids=tuple(s.id for s in total.sessions if s.id is not None),
    )


def _clears_on(
    total: Total, window: Interval, maximum: Decimal, question: _Question
) -> date | None:
    """The first day on which what still counts and the planned units surely fit."""
    if question.planned > maximum:
        return None
    if not total.indeterminate and total.units + question.planned <= maximum:
        return question.on
    short_month = question.known.policy.short_month
    product = question.protocol.product
    ends = [
        (session, window.after(session.administered_on, short_month=short_month))
        for session in total.sessions
    ]

    def fits(day: date) -> bool:
        left = add_up([session for session, end in ends if end > day], product)
        return not left.indeterminate and left.units + question.planned <= maximum

    return next(day for day in sorted({question.on, *(end for _, end in ends)}) if fits(day))


def _session_check(limit: DoseLimit, question: _Question) -> LimitCheck:
    indication = question.protocol.indication
    own = limit.scope is LimitScope.INDICATION
    sessions = [s for s in question.session_group if not own or s.indication == indication]
    total = add_up(sessions, question.protocol.product)
    maximum = _maximum(limit, question.weight)
    clears_on = None
    units = total.units + question.planned
    if not maximum.unweighed and maximum.units is not None and question.planned <= maximum.units:
        fits = not total.indeterminate and units <= maximum.units
        clears_on = question.on if fits else question.group_ends_on
    return _check(limit, None, total, maximum, clears_on, question)


def limit_findings(checks: Iterable[LimitCheck], known: KnownTrack) -> Iterable[Finding]:
    """Yield what the chosen readings ask a person to look at."""
    chosen = [check for check in checks if check.chosen and not check.not_checked]
    for check in chosen:
        ids = check.session_ids
        if check.exceeded:
            message = f"the units exceed the limit of {check.limit}"
            yield Finding(code=FindingCode.LIMIT_EXCEEDED, message=message, record_ids=ids)
        elif check.indeterminate:
            message = f"unknown units, product or weight leave the limit of {check.limit} open"
            yield Finding(code=FindingCode.LIMIT_INDETERMINATE, message=message, record_ids=ids)
    weighed = [check for check in chosen if check.limit.units_per_kilogram is not None]
    if weighed:
        weight = _weight_on(known, weighed[0].on)
        if weight.stale:
            most = known.policy.weight_max_age_days
            message = f"the last body weight is more than {most} days old"
            yield about(FindingCode.STALE_WEIGHT, message)
        elif weight.kilograms is None:
            message = "a limit per kilogram needs a body weight, and none is known"
            yield about(FindingCode.MISSING_WEIGHT, message)
