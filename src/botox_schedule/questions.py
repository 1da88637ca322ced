"""The questions people ask: names are resolved and defaults filled in, then the engine answers."""

from collections.abc import Iterable
from datetime import date

from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.dates.intervals import Interval, positive_interval
from botox_schedule.engine.check import DateCheck, check_of
from botox_schedule.engine.cycles import TreatmentCycle, judged_cycles
from botox_schedule.engine.dates import (
    DueDates,
    ProjectedSession,
    dates_of_session,
    projected_from,
    status_on,
)
from botox_schedule.engine.forecast import Forecast, forecast_of
from botox_schedule.engine.limits import (
    Exposure,
    LimitCheck,
    checks_on,
    doses_in,
    sum_units,
)
from botox_schedule.engine.limits import planned_units as checked_units
from botox_schedule.engine.project import projected_sessions
from botox_schedule.engine.reading import read_record
from botox_schedule.engine.response import ObservedResponse, ResponseTimeline, timeline_of
from botox_schedule.engine.track import Asked, Track, track_in, track_named, tracks_of
from botox_schedule.errors import CountError, OrderError, UnknownProtocolError
from botox_schedule.policy import SchedulingPolicy, policy_or_default
from botox_schedule.protocols.catalog import (
    find_protocol,
    known_protocols,
    population_named,
    region_named,
)
from botox_schedule.protocols.indications import nearest_indications, product_named
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.records.findings import raise_findings
from botox_schedule.records.model import PatientRecord
from botox_schedule.terms import DueStatus, Population, Product
from botox_schedule.values import NumberInput, is_whole, of_kind

MOST_PROJECTED = 1000
_URGENCY = (
    DueStatus.LAPSED,
    DueStatus.OVERDUE,
    DueStatus.DUE,
    DueStatus.ALLOWED,
    DueStatus.NO_INTERVAL,
    DueStatus.NO_HISTORY,
    DueStatus.TOO_EARLY,
    DueStatus.ON_HOLD,
    DueStatus.DISCONTINUED,
    DueStatus.DECEASED,
)
"""The order of tracks in a list, most urgent first."""


def due_dates(
    administered_on: DayInput,
    protocol: TreatmentProtocol | str,
    policy: SchedulingPolicy | None = None,
) -> DueDates:
    """Return the four dates after a session.

    Args:
        administered_on: The day on which the session was given.
        protocol: What label and literature say, or the name of an indication.
        policy: What the clinic or payer chose; None means the default policy.

    Raises:
        DayError: When *administered_on* is not a calendar day.
        UnknownProtocolError: When no bundled protocol has that name, or the policy names an
            indication that neither the protocol nor the bundled ones have.
        CalendarRangeError: When a date would leave the years 1 to 9999.

    >>> print(due_dates("2026-01-05", "chronic-migraine"))
    earliest 2026-03-30, due 2026-03-30, overdue from 2026-04-07, lapsed from 2026-06-22
    """
    day = as_day(administered_on, "administered_on")
    return dates_of_session(day, *_for_dates(protocol, policy))


def due_status(dates: DueDates, *, as_of: DayInput) -> DueStatus:
    """Return where *as_of* falls among *dates*; each day has exactly one status.

    Without any date the status is ``no_interval``.

    Raises:
        DayError: When *as_of* is not a calendar day.

    >>> dates = due_dates("2026-01-05", "chronic-migraine")
    >>> due_status(dates, as_of="2026-03-29"), due_status(dates, as_of="2026-04-06")
    (<DueStatus.TOO_EARLY: 'too_early'>, <DueStatus.DUE: 'due'>)
    >>> due_status(dates, as_of="2026-04-07")
    <DueStatus.OVERDUE: 'overdue'>
    """
    of_kind(dates, DueDates, "dates: give DueDates, as due_dates returns them")
    return status_on(dates.boundaries, as_day(as_of, "as_of"))


def response_timeline(
    administered_on: DayInput,
    protocol: TreatmentProtocol | str,
    course_started_on: DayInput | None = None,
    policy: SchedulingPolicy | None = None,
) -> ResponseTimeline:
    """Return the expected response to a session.

    Args:
        administered_on: The day of the session.
        protocol: What label and literature say, or the name of an indication.
        course_started_on: The day of the course's first session; without it
            ``full_benefit_by`` is None.
        policy: Only its ``short_month`` matters here.

    Raises:
        DayError: When a day is not a calendar day.
        OrderError: When the course starts after the session.
        UnknownProtocolError: When no bundled protocol has that name.
        CalendarRangeError: When a date would leave the years 1 to 9999.

    >>> timeline = response_timeline("2026-01-05", "spasticity")
    >>> str(timeline.onset), str(timeline.peak)
    ('2026-01-12 to 2026-01-19', '2026-02-02 to 2026-02-16')
    """
    day = as_day(administered_on, "administered_on")
    start = None if course_started_on is None else as_day(course_started_on, "course_started_on")
    return timeline_of(day, _for_one_session(protocol), start, policy_or_default(policy))


def project_dates(
    administered_on: DayInput,
    protocol: TreatmentProtocol | str,
    count: int = 5,
    policy: SchedulingPolicy | None = None,
) -> tuple[ProjectedSession, ...]:
    """Return the next sessions, counted from this one and never chained.

    The window of a later one has all days that it can be on: from as many minimums to as many
    usual ranges after this session. After a session on the target before, its first days can be
    too early; ``project`` leaves those out. Empty where no usual range is recorded.

    Args:
        administered_on: The anchor of all of them.
        protocol: What label and literature say, or the name of an indication.
        count: How many, from 1 to 1,000.
        policy: What the clinic or payer chose.

    Raises:
        DayError: When *administered_on* is not a calendar day.
        CountError: When *count* is not a whole number from 1 to 1,000.
        UnknownProtocolError: When no bundled protocol has that name, or the policy names an
            indication that neither the protocol nor the bundled ones have.
        CalendarRangeError: When a date would leave the years 1 to 9999.

    >>> sessions = project_dates("2026-01-05", "chronic-migraine", count=3)
    >>> [str(session.target) for session in sessions]
    ['2026-03-30', '2026-06-22', '2026-09-14']
    """
    anchor = as_day(administered_on, "administered_on")
    wanted = checked_count(count)
    return projected_from(anchor, *_for_dates(protocol, policy), wanted)


def _for_one_session(protocol: TreatmentProtocol | str) -> TreatmentProtocol:
    return protocol if isinstance(protocol, TreatmentProtocol) else find_protocol(_name(protocol))


def _for_dates(
    protocol: TreatmentProtocol | str, policy: SchedulingPolicy | None
) -> tuple[TreatmentProtocol, SchedulingPolicy]:
    """The protocol and the policy of dates that have no findings to tell of an unknown name."""
    protocol, policy = _for_one_session(protocol), policy_or_default(policy)
    if policy.usual or policy.payer:
        known = known_protocols(None).with_given(protocol).indications
        for name in policy.unknown_names(known):
            near = " or ".join(nearest_indications(name, known)) or "the name of a known one"
            told = "name an indication of the clinic's own in other_indications"
            raise UnknownProtocolError(f"policy: {name} is unknown; give {near}, or {told}")
    return protocol, policy


def _name(protocol: object) -> str:
    if not isinstance(protocol, str):
        raise UnknownProtocolError("protocol: give a protocol, or the name of an indication")
    return protocol


def checked_count(count: int) -> int:
    """Return *count*, if it is a number of sessions that can be projected.

    Raises:
        CountError: When it is not a whole number from 1 to 1,000.
    """
    if not is_whole(count, 1) or count > MOST_PROJECTED:
        raise CountError(f"count: give a whole number from 1 to {MOST_PROJECTED}")
    return count


def ask(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    as_of: DayInput,
    *,
    on: date | None = None,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    region: str = "us",
) -> Asked[Track]:
    """Return the track of a record for a protocol or for the name of an indication.

    A name takes the product of the track's last full session and the population of the
    patient's age on *on*, by default *as_of*.

    Raises:
        DayError: When *as_of* is not a calendar day.
        UnknownProtocolError: When no known protocol has that name.
    """
    day, known = as_day(as_of, "as_of"), known_protocols(other_protocols)
    policy = policy_or_default(policy)
    if isinstance(protocol, TreatmentProtocol):
        known = known.with_given(protocol)
        return Asked(track_in(read_record(record, day, policy, known), protocol))
    reading = read_record(record, day, policy, known)
    return track_named(reading, _name(protocol), on or day, region)


def forecast(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    planned_units: NumberInput | None = None,
    observed: ObservedResponse | None = None,
    strict: bool = False,
) -> Forecast:
    """Return where the protocol's track of a record stands on a day.

    Args:
        record: What happened; the order of its sessions does not matter.
        protocol: The planned treatment: a protocol, or the name of an indication, which takes
            the product given last and the patient's age.
        as_of: The day for which the question is asked.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need;
            None means the bundled ones, anything else exactly those.
        planned_units: Units planned for the next session; by default those of the booking.
        observed: The patient's own response, to be shown with the label's; it moves no date.
        strict: Whether to raise the findings that need a person today, together.

    Raises:
        DayError: When *as_of* is not a calendar day.
        UnknownProtocolError: When no known protocol has that name.
        UnitsError: When the planned units are not a number above 0, or too many.
        FindingsError: In strict mode, when a finding needs a person today.

    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine",
    ...     "product": "Botox", "units": 155,
    ... }])
    >>> answer = forecast(record, "chronic-migraine", as_of="2026-02-20")
    >>> str(answer.status), str(answer.dates.earliest), answer.days_to_due
    ('too_early', '2026-03-30', 38)
    >>> answer.reasons["earliest"].rule
    'the 12-week scheduled interval gives 2026-03-30'
    """
    asked = ask(record, protocol, as_of, policy=policy, other_protocols=other_protocols)
    units = checked_units(planned_units)
    answer = forecast_of(asked.track, units, asked.findings, observed)
    if strict:
        raise_findings(answer.findings)
    return answer


def forecast_all(
    record: PatientRecord,
    *,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    region: str = "us",
    population: Population | str | None = None,
    protocols: Iterable[TreatmentProtocol] | None = None,
) -> tuple[Forecast, ...]:
    """Return one forecast for each track of a record, the most urgent first.

    Each track follows the protocol of what was given last. Sessions under an unknown
    indication get a forecast each, without a protocol and without dates. A record without
    sessions has a track for each indication that its other rows name, and none without such a row.

    Args:
        record: What happened.
        as_of: The day for which the question is asked.
        policy: What the clinic or payer chose.
        region: Where the protocols hold.
        population: ``adult`` or ``pediatric``; None decides by the patient's age.
        protocols: The known protocols; None means the bundled ones.

    Raises:
        DayError: When *as_of* is not a calendar day.
        UnknownProtocolError: When no protocol is known for the region, or the population is
            unknown.

    >>> record = PatientRecord(sessions=[
    ...     {"administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox"},
    ...     {"administered_on": "2026-02-02", "indication": "spasticity", "product": "Botox"},
    ... ])
    >>> [(f.indication, str(f.status)) for f in forecast_all(record, as_of="2026-04-01")]
    [('chronic-migraine', 'due'), ('spasticity', 'too_early')]
    """
    people = None if population is None else population_named(str(population))
    known = known_protocols(protocols)
    reading = read_record(record, as_day(as_of, "as_of"), policy_or_default(policy), known)
    where = region_named(region, known)
    tracks = tracks_of(reading, where, people)
    answers = [forecast_of(found.track, besides=found.findings) for found in tracks]
    return tuple(sorted(answers, key=_urgency))


def _urgency(answer: Forecast) -> tuple[int, date, str]:
    day = answer.dates.due or answer.dates.earliest or date.max
    return _URGENCY.index(answer.status), day, answer.indication


def check_date(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    on: DayInput,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    planned_units: NumberInput | None = None,
) -> DateCheck:
    """Return whether the patient may be treated on a day, by the rules in force on that day.

    Args:
        record: What happened.
        protocol: The planned treatment: a protocol, or the name of an indication.
        on: The day in question.
        as_of: The day up to which records are known; not after *on*.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need;
            None means the bundled ones, anything else exactly those.
        planned_units: Units planned for the day; None takes those of its booking.

    Raises:
        DayError: When a day is not a calendar day.
        OrderError: When *on* lies before *as_of*.
        UnknownProtocolError: When no known protocol has that name.
        UnitsError: When the planned units are not a number above 0, or too many.

    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-03-02", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> check = check_date(record, "chronic-migraine", on="2026-05-24", as_of="2026-05-01")
    >>> check.allowed, check.days_from_earliest, str(check.next_allowed_on)
    (False, -1, '2026-05-25')
    """
    day, known_until = ordered_days(on, as_of)
    asked = ask(
        record, protocol, known_until, on=day, policy=policy, other_protocols=other_protocols
    )
    return check_of(asked.track, day, checked_units(planned_units), asked.findings)


def ordered_days(on: DayInput, as_of: DayInput) -> tuple[date, date]:
    """Return the day asked about and the day up to which records are known.

    Raises:
        DayError: When one is not a calendar day.
        OrderError: When *on* lies before *as_of*.
    """
    day, known_until = as_day(on, "on"), as_day(as_of, "as_of")
    if day < known_until:
        raise OrderError("on lies before as_of; give a day from as_of on")
    return day, known_until


def treatment_cycles(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
) -> tuple[TreatmentCycle, ...]:
    """Return the cycles of the protocol's track up to *as_of*, each judged.

    Args:
        record: What happened.
        protocol: The track: a protocol, or the name of an indication.
        as_of: The day for which the question is asked; later sessions are left out.
        policy: What the clinic or payer chose.
        other_protocols: Older versions, other products' and other indications' protocols; None
            means the bundled ones, anything else exactly those.

    Raises:
        DayError: When *as_of* is not a calendar day.
        UnknownProtocolError: When no known protocol has that name.

    >>> record = PatientRecord(sessions=[
    ...     {"administered_on": day, "indication": "chronic-migraine", "product": "Botox"}
    ...     for day in ("2026-01-05", "2026-03-29", "2026-07-06")
    ... ])
    >>> cycles = treatment_cycles(record, "chronic-migraine", as_of="2026-07-06")
    >>> [(str(c.timing), c.interval_days, c.short_by_days, c.late_by_days) for c in cycles]
    [('first', None, 0, 0), ('early', 83, 1, 0), ('late', 99, 0, 15)]
    """
    asked = ask(record, protocol, as_of, policy=policy, other_protocols=other_protocols)
    return judged_cycles(asked.track)


def project(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    as_of: DayInput,
    count: int = 5,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
) -> tuple[ProjectedSession, ...]:
    """Return the next sessions, if every visit comes on its target.

    The first target is the next booking if it may be kept, else the first allowed day on or
    after the later of the due day and *as_of*. There are fewer if a discharge or an open hold
    comes first, and none where no usual range is recorded.

    Args:
        record: What happened.
        protocol: The planned treatment: a protocol, or the name of an indication.
        as_of: The day for which the question is asked.
        count: How many, from 1 to 1,000.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need;
            None means the bundled ones, anything else exactly those.

    Raises:
        DayError: When *as_of* is not a calendar day.
        CountError: When *count* is not a whole number from 1 to 1,000.
        UnknownProtocolError: When no known protocol has that name.

    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> sessions = project(record, "chronic-migraine", as_of="2026-02-20", count=2)
    >>> [(session.number, str(session.target)) for session in sessions]
    [(1, '2026-03-30'), (2, '2026-06-22')]
    """
    wanted = checked_count(count)
    asked = ask(record, protocol, as_of, policy=policy, other_protocols=other_protocols)
    return projected_sessions(asked.track, wanted)


def exposure(
    record: PatientRecord,
    *,
    product: str | Product,
    window: Interval | str,
    on: DayInput,
    as_of: DayInput | None = None,
    policy: SchedulingPolicy | None = None,
) -> Exposure:
    """Return the units of a product that count on a day, over all indications.

    A dose counts on its day and until, but not on, that day plus the window.

    Args:
        record: What happened.
        product: A nonproprietary name or a brand name.
        window: How long a dose counts.
        on: The day on which the doses count; a dose of that day counts.
        as_of: The day up to which records are known; None means *on*.
        policy: Only its ``short_month`` matters here.

    Raises:
        DayError: When a day is not a calendar day.
        UnknownProtocolError: When the product is unknown.
        IntervalError: When the window is not an interval, or not longer than 0 days.

    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine",
    ...     "product": "Botox", "units": 155,
    ... }])
    >>> [
    ...     exposure(record, product="Botox", window="12 weeks", on=day).units
    ...     for day in ("2026-03-29", "2026-03-30")
    ... ]
    [Decimal('155'), Decimal('0')]
    """
    day = as_day(on, "on")
    known_until = day if as_of is None else as_day(as_of, "as_of")
    wanted = product_named(product)
    length = positive_interval(window, "a window")
    policy = policy_or_default(policy)
    reading = read_record(record, known_until, policy, known_protocols(None))
    total = sum_units(doses_in(length, reading, day), wanted)
    return Exposure(
        product=wanted,
        on=day,
        window=length,
        units=total.units,
        units_if_one=total.units_if_one,
        indeterminate=total.indeterminate,
        session_ids=tuple(s.id for s in total.sessions if s.id is not None),
    )


def check_dose_limits(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    on: DayInput,
    units: NumberInput | None = None,
    as_of: DayInput | None = None,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
) -> tuple[LimitCheck, ...]:
    """Return each reading of each limit that bears on a protocol, answered for a day.

    Limits about the product as a whole are checked whichever of its protocols is given.

    Args:
        record: What happened.
        protocol: The product, the indication and the limits: a protocol, or the name of an
            indication.
        on: The day of the planned session.
        units: Units planned in addition to what was given; without them the checks only inform.
        as_of: The day up to which records are known; None means *on*.
        policy: Its ``limit_reading`` chooses the reading that makes a finding, and its
            ``weight_max_age_days`` says how old a weight may be.
        other_protocols: Where further limits are found; None means the bundled protocols.

    Raises:
        DayError: When a day is not a calendar day.
        UnitsError: When the units are not a number above 0, or too many.
        UnknownProtocolError: When no known protocol has that name.

    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "spasticity",
    ...     "product": "Botox", "units": 400,
    ... }])
    >>> checks = check_dose_limits(record, "chronic-migraine", on="2026-03-30", units=155)
    >>> for check in checks:
    ...     print(check.reading, check.total, check.exceeded, check.available)
    twelve_weeks 155 False 400
    three_months 555 True 0
    """
    day = as_day(on, "on")
    known_until = day if as_of is None else as_day(as_of, "as_of")
    asked = ask(
        record, protocol, known_until, on=day, policy=policy, other_protocols=other_protocols
    )
    return checks_on(asked.track, day, checked_units(units))
