"""Units over a rolling window, and checks against maximums of a source; they move no date."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from numbers import Number
from typing import NamedTuple

from pydantic import Field

from botox_schedule.dates.days import Day, age_on, is_placeholder_day, near, shifted
from botox_schedule.dates.intervals import Interval
from botox_schedule.engine.reading import Reading, session_on
from botox_schedule.engine.track import (
    UNRESOLVED_AFTER_DAYS,
    AnyTrack,
    Track,
    booking_verdict,
    fulfilled_by,
    opens_cycle,
    planned_otherwise,
    visit_of,
    visits_ahead,
)
from botox_schedule.errors import UnitsError
from botox_schedule.protocols.indications import ProductName
from botox_schedule.protocols.model import DoseLimit, LimitWindow, TreatmentProtocol, is_unread
from botox_schedule.records.findings import Finding, make_finding
from botox_schedule.records.model import MOST_UNITS, BodyWeight, TreatmentSession
from botox_schedule.terms import (
    FindingCode,
    LimitPer,
    LimitReading,
    LimitScope,
    Population,
    Product,
    ShortMonth,
)
from botox_schedule.values import NumberInput, Value, made

_ZERO = Decimal(0)


class Exposure(Value, frozen=True):
    """What a patient got of one product in a window that ends on a day.

    Attributes:
        product: The product; products are never added or converted.
        on: The last day of the window, included.
        window: A dose counts until, and not on, the day this long after it.
        units: The known units: a lower bound where *indeterminate*.
        units_if_one: The same, if sessions on one day with equal units count as one.
        indeterminate: Whether units or products in the window are unknown, or a session's day.
        session_ids: The sessions inside the window, as far as they have an id.
    """

    product: ProductName
    on: Day
    window: Interval
    units: Decimal
    units_if_one: Decimal
    indeterminate: bool
    session_ids: tuple[str, ...] = Field(repr=False)


class LimitCheck(Value, frozen=True):
    """Units against one reading of one limit, on a day.

    Attributes:
        limit: What the source states.
        reading: Which reading of its window this is, where it has several.
        window: The window of this reading; None where the limit has none.
        chosen: Whether this reading makes a finding.
        on: The day of the planned session.
        planned: The planned units; None where none were given.
        total: Units given inside the window, what else is booked in it, and the planned ones: a
            lower bound where *indeterminate*.
        total_if_one: The same, if sessions on one day with equal units count as one.
        maximum: The maximum as far as it is known, in units.
        available: What the units given and otherwise booked leave of the maximum; None where it
            is unknown.
        exceeded: Whether *total* is more than *maximum*.
        indeterminate: Whether unknown units, products or weight leave the answer open, or a
            session under a general indication, such as ``spasticity``, that may count.
        not_checked: Whether the limit counts what sessions do not record (side, muscle, site).
        clears_on: The first day on which the planned units surely fit; None when they exceed
            the limit alone, or the day is unknown.
        session_ids: The sessions inside the window, as far as they have an id.
    """

    limit: DoseLimit
    reading: LimitReading | None = None
    window: Interval | None = None
    chosen: bool = True
    on: Day
    planned: Decimal | None = None
    total: Decimal = _ZERO
    total_if_one: Decimal = _ZERO
    maximum: Decimal | None = None
    available: Decimal | None = None
    exceeded: bool = False
    indeterminate: bool = False
    not_checked: bool = False
    clears_on: Day | None = None
    session_ids: tuple[str, ...] = Field(default=(), repr=False)

    @property
    def limit_in_words(self) -> str:
        """The limit, in this reading, as a part of a sentence."""
        return self.limit.in_words(self.window)

    @property
    def is_met(self) -> bool | None:
        """Whether the planned units are within the limit; None where that was not checked."""
        if self.exceeded:
            return False
        open_ = self.planned is None or self.indeterminate or self.not_checked
        return None if open_ else True


class Total(NamedTuple):
    """The units of one product in a group of sessions."""

    units: Decimal
    units_if_one: Decimal
    indeterminate: bool
    sessions: list[TreatmentSession]


class _Maximum(NamedTuple):
    """A maximum as far as it is known, and whether an unknown weight could lower it."""

    units: Decimal | None
    unweighed: bool


class LimitQuestion(NamedTuple):
    """Inputs shared by all limit checks of one answer.

    Attributes:
        reading: What is known of the patient.
        protocol: The planned treatment.
        first_on: The first part of the session that *on* belongs to; None where it opens one.
        on: The day in question.
        planned: The planned units.
        booked: What else is booked; it counts as if it was given.
    """

    reading: Reading
    protocol: TreatmentProtocol
    first_on: date | None
    on: date
    planned: Decimal | None
    booked: tuple[TreatmentSession, ...]


def limit_question(track: Track, day: date, planned: Decimal | None) -> LimitQuestion:
    """Return the inputs of the limit checks of a day.

    Planned units default to those of the day's booking, if it is for the track's product. One that
    names no product may be, so that it leaves the answer open.
    """
    booked = _booked_for(track, day)
    first_on = _first_part(track, day, () if booked is None else track.bookings)
    besides = _booked_besides(track, day, booked, first_on)
    if planned is None and booked is not None and booked.product in {None, track.protocol.product}:
        planned = booked.units
        besides += (booked,) if booked.product is None else ()
    return LimitQuestion(track.reading, track.protocol, first_on, day, planned, besides)


def _first_part(track: Track, day: date, booked: Iterable[TreatmentSession] = ()) -> date | None:
    """The first day, given or booked, of the session that *day* would belong to."""
    within = track.policy.group_within_days
    parts = [*(cycle.first_on for cycle in track.cycles), *(s.administered_on for s in booked)]
    return min((part for part in parts if 0 <= (day - part).days <= within), default=None)


def _booked_for(track: Track, day: date) -> TreatmentSession | None:
    """The booking of a day: of several in the clock, one for the track's own treatment."""
    booked = [s for s in track.booked_visits if s.administered_on == day]
    own, product = track.protocol.indication, track.protocol.product
    return min(booked, key=lambda s: (s.product is not product, s.indication != own), default=None)


def _booked_besides(
    track: Track, day: date, booked: TreatmentSession | None, first_on: date | None
) -> tuple[TreatmentSession, ...]:
    """What else is booked, except what is recorded as given; a later visit counts on later days.

    Of the track's own sessions only those up to the day and its parts count. Without a booking for
    the day, one of them may be the one that is to be moved to it; a touch-up is not.
    """
    within = track.policy.group_within_days

    def counts(session: TreatmentSession) -> bool:
        on = session.administered_on
        if (track.as_of - on).days > UNRESOLVED_AFTER_DAYS:
            return False
        if session.indication not in track.clock or not opens_cycle(session):
            return True
        is_part = first_on is not None and (on - first_on).days <= within
        return booked is not None and (on <= day or is_part)

    others = [session for session in track.history.booked if counts(session)]
    # Of equal bookings, which may be one object, one is the visit itself.
    if booked is not None and booked in others:
        others.remove(booked)
    if not others:
        return ()
    given = {visit for session in track.history.completed for visit in fulfilled_by(session)}
    return tuple(session for session in others if visit_of(session) not in given)


def exact_number(number: NumberInput) -> Decimal:
    """Return a number as it is written, so that 155.1 is 155.1; NaN for anything else."""
    if not isinstance(number, str | Number):  # a nested list has no end
        return Decimal("NaN")
    try:
        return Decimal(str(number))
    except (InvalidOperation, ValueError):
        return Decimal("NaN")


def planned_units(units: NumberInput | None) -> Decimal | None:
    """Return planned units as an exact number.

    Raises:
        UnitsError: When they are not finite, not above 0, or more than a session can have.
    """
    if units is None:
        return None
    exact = exact_number(units)
    if not exact.is_finite() or not 0 < exact <= MOST_UNITS:
        raise UnitsError(f"planned units must be a number above 0 and at most {MOST_UNITS}")
    return exact


def checks_on(track: Track, day: date, planned: Decimal | None) -> tuple[LimitCheck, ...]:
    """Return each reading of each limit of a track's protocol, with what was given until a day."""
    first_on = _first_part(track, day)
    return limit_checks(LimitQuestion(track.reading, track.protocol, first_on, day, planned, ()))


def limit_checks(question: LimitQuestion) -> tuple[LimitCheck, ...]:
    """Return each reading of each limit that holds for the patient."""
    limits = question.reading.known.limits(question.protocol, question.on)
    holding = [limit for limit in limits if _holds_for(limit, question)]
    return tuple(check for limit in holding for check in _answers(limit, question))


_Answers = tuple[tuple[LimitCheck, ...], tuple[Finding, ...]]


def limit_answers(track: AnyTrack, day: date, planned: Decimal | None) -> _Answers:
    """Return the checks of a day and their findings; after the end of care nothing is checked.

    A booking has the limits of its own product and indication too, unless *planned* replaces it.
    """
    if track.care.status is not None or not isinstance(track, Track):
        return (), ()
    checks: list[LimitCheck] = []
    findings: list[Finding] = []
    seen: list[tuple[Product, DoseLimit]] = []
    is_booked = planned is None and track.history.booked
    for each in [track, *(_booked_otherwise(track, day) if is_booked else ())]:
        question, product = limit_question(each, day, planned), each.protocol.product
        further = [c for c in limit_checks(question) if (product, c.limit) not in seen]
        seen += [(product, check.limit) for check in further]
        checks += further
        findings += limit_findings(further, question)
    return tuple(checks), tuple(findings)


def touch_up_findings(track: AnyTrack) -> tuple[Finding, ...]:
    """Return the findings about limits of a touch-up that is booked before the next session."""
    ahead = visits_ahead(track)
    if not ahead or opens_cycle(ahead[0]):
        return ()
    return limit_answers(track, ahead[0].administered_on, None)[1]


def _booked_otherwise(track: Track, day: date) -> list[Track]:
    """The track as planned for each other treatment that is booked for a day."""
    booked = {visit_of(s): s for s in track.booked_visits if s.administered_on == day}
    others = (other for session in booked.values() for other in planned_otherwise(track, session))
    products = {session.product or track.protocol.product for session in booked.values()}
    return [other for other in others if other.protocol.product in products]


def _holds_for(limit: DoseLimit, question: LimitQuestion) -> bool:
    """Whether the limit holds for this person; without a birth date the population decides."""
    if limit.ages is None:
        return True
    born_on = question.reading.record.born_on
    if born_on is not None:
        return age_on(born_on, question.on) in limit.ages
    adult = question.protocol.population is Population.ADULT
    return limit.ages.last is None if adult else limit.ages.last is not None


def _answers(limit: DoseLimit, question: LimitQuestion) -> Iterable[LimitCheck]:
    if limit.per is LimitPer.WINDOW:
        wanted = question.reading.policy.limit_reading
        readings = [window.reading for window in limit.windows]
        chosen = wanted if wanted in readings else readings[0]
        for each in limit.windows:
            yield _check(limit, question, each, chosen=each.reading == chosen)
    elif limit.per is LimitPer.SESSION:
        yield _check(limit, question)
    else:
        yield made(
            LimitCheck, limit=limit, on=question.on, planned=question.planned, not_checked=True
        )


def _inside(window: Interval | None, question: LimitQuestion) -> list[TreatmentSession]:
    """The doses in a window, or without one those of the same session."""
    if window is not None:
        return doses_in(window, question.reading, question.on, question.booked)
    first, last = question.first_on or question.on, _joins_until(question)
    return [s for s in _given(question) if first <= s.administered_on <= last]


def _given(question: LimitQuestion) -> list[TreatmentSession]:
    """What counts, in order of the days: what was given, and what else is booked."""
    return given_doses(question.reading, question.booked)


def given_doses(
    reading: Reading, besides: Iterable[TreatmentSession] = ()
) -> list[TreatmentSession]:
    """Return what was given, in order of the days, and *besides*.

    Sessions under an unknown indication count too, and so does the last one of a course elsewhere:
    nobody recorded its units, which is not the same as none.
    """
    completed = reading.history.completed
    more = [*reading.history.unrecognized, *last_elsewhere(reading), *besides]
    return sorted([*completed, *more], key=lambda s: s.administered_on) if more else completed


def doses_in(
    window: Interval, reading: Reading, day: date, besides: Iterable[TreatmentSession] = ()
) -> list[TreatmentSession]:
    """Return the doses that count on *day*, or may: any window may hold one without a day."""
    given = given_doses(reading, besides)
    return [*in_window(given, window, day, reading.policy.short_month), *undated_doses(reading)]


def undated_doses(reading: Reading) -> list[TreatmentSession]:
    """Return what was given on an unknown day; how many units of it count is unknown too."""
    return [replace(session, units=None) for session in reading.history.undated_sessions]


def last_elsewhere(reading: Reading) -> Iterator[TreatmentSession]:
    """Yield the dated last sessions elsewhere, except those that are recorded as sessions too."""
    priors = dict.fromkeys(reading.record.prior_treatments)
    if not priors:
        return
    given = [*reading.history.completed, *reading.history.unrecognized]
    recorded = {(s.administered_on, s.indication) for s in given}
    for prior in priors:
        day = prior.last_on
        if day is not None and day <= reading.as_of and (day, prior.indication) not in recorded:
            yield session_on(day, prior)


def _total_of(
    limit: DoseLimit,
    sessions: Iterable[TreatmentSession],
    question: LimitQuestion,
    *,
    at_most: bool = False,
) -> Total:
    """The units that count for a limit; a session under an unknown indication may, so it does.

    With *at_most* those of sessions that may count are added, such as those for spasticity to
    those for the arm.
    """
    asked, recognizes = question.protocol.indication, question.reading.recognizes
    counts = limit.may_count if at_most else limit.counts
    counting = [
        s for s in sessions if counts(s.indication, asked=asked) or not recognizes(s.indication)
    ]
    return sum_units(counting, question.protocol.product)


def _weight_on(question: LimitQuestion) -> BodyWeight | None:
    """The latest weight, however old; of two on one day the lower."""
    reading = question.reading
    until = min(question.on, reading.as_of)
    measured = [w for w in reading.record.weights if w.measured_on <= until]
    return max(measured, key=lambda w: (w.measured_on, -w.kilograms), default=None)


def _is_stale(weight: BodyWeight, question: LimitQuestion) -> bool:
    age = (question.on - weight.measured_on).days
    return age > question.reading.policy.weight_max_age_days


def _maximum(limit: DoseLimit, question: LimitQuestion) -> _Maximum:
    per_kilogram = limit.units_per_kilogram
    weight = None if per_kilogram is None else _weight_on(question)
    if per_kilogram is None or weight is None or _is_stale(weight, question):
        return _Maximum(limit.units, unweighed=per_kilogram is not None)
    stated = filter(None, (limit.units, per_kilogram * weight.kilograms))
    return _Maximum(min(stated), unweighed=False)


def _check(
    limit: DoseLimit,
    question: LimitQuestion,
    reading: LimitWindow | None = None,
    *,
    chosen: bool = True,
) -> LimitCheck:
    """Return the check of a limit, of one session or in a reading of its window."""
    window = None if reading is None else reading.window
    sessions = _inside(window, question)
    given, maximum = _total_of(limit, sessions, question), _maximum(limit, question)
    of_all = limit.scope is LimitScope.PRODUCT
    at_most = given if of_all else _total_of(limit, sessions, question, at_most=True)
    planned, most = question.planned or _ZERO, maximum.units
    exceeded = most is not None and given.units + planned > most
    may_exceed = most is not None and at_most.units + planned > most
    return made(
        LimitCheck,
        limit=limit,
        reading=None if reading is None else reading.reading,
        window=window,
        chosen=chosen,
        on=question.on,
        planned=question.planned,
        total=given.units + planned,
        total_if_one=given.units_if_one + planned,
        maximum=most,
        available=None if most is None else max(most - given.units, _ZERO),
        exceeded=exceeded,
        indeterminate=not exceeded and (maximum.unweighed or at_most.indeterminate or may_exceed),
        clears_on=_clears_on(limit, at_most, maximum, window, question),
        session_ids=tuple(s.id for s in given.sessions if s.id is not None),
    )


def _clears_on(
    limit: DoseLimit,
    given: Total,
    maximum: _Maximum,
    window: Interval | None,
    question: LimitQuestion,
) -> date | None:
    """The first day on which what still counts and the planned units surely fit."""
    planned, most = question.planned or _ZERO, maximum.units
    undated = any(is_placeholder_day(s.administered_on) for s in given.sessions)
    if most is None or maximum.unweighed or planned > most or undated:
        return None
    if not given.indeterminate and given.units + planned <= most:
        return question.on
    day = _fits_from(limit, given, most - planned, window, question)
    # By then the weight that gives the maximum may be too old.
    return None if _maximum(limit, question._replace(on=day)).unweighed else day


def _fits_from(
    limit: DoseLimit, given: Total, room: Decimal, window: Interval | None, question: LimitQuestion
) -> date:
    """The first later day on which what counts, with what is booked until then, leaves *room*."""
    ahead = (s for s in _given(question) if s.administered_on > question.on)
    later = _total_of(limit, ahead, question, at_most=True)
    short_month, product = question.reading.policy.short_month, question.protocol.product
    # What limits one session counts on its day; all that joins this one counts as one.
    counts_for = window or Interval(days=1)
    begins = question.on if window else shifted(_joins_until(question), 1)
    counting = (*given.sessions, *later.sessions)
    ends = [(s, counts_for.added_to(s.administered_on, short_month)) for s in counting]

    def fits(day: date) -> bool:
        left = sum_units([s for s, end in ends if s.administered_on <= day < end], product)
        return not left.indeterminate and left.units <= room

    return next(day for day in sorted({max(end, begins) for _, end in ends}) if fits(day))


def _joins_until(question: LimitQuestion) -> date:
    """The last day whose sessions would be one with *on*."""
    within = question.reading.policy.group_within_days
    return question.on if question.first_on is None else near(question.first_on, within)


def limit_findings(checks: Iterable[LimitCheck], question: LimitQuestion) -> Iterable[Finding]:
    """Yield the findings of the chosen readings; without planned units there are none."""
    chosen = [c for c in checks if c.chosen and not c.not_checked and c.planned is not None]
    told = [check for check in chosen if check.exceeded or check.indeterminate]
    # A finding is another one when the session is planned for another day.
    visits = [session_on(question.on, question.protocol)] if told else []
    for check in told:
        # By what they are and not by id: a table numbers rows that have none.
        about = _total_of(check.limit, _inside(check.window, question), question).sessions
        # Who acknowledged one dose over one limit has not seen another, nor another total.
        figures = f"{check.limit} {(check.planned or _ZERO).normalize()} {check.total.normalize()}"
        for code, message in _told_of(check):
            yield make_finding(code, message, about, visits, figures)
    for check in {str(c.limit): c for c in chosen if is_unread(c.limit.source)}.values():
        limit = f"the limit of {check.limit_in_words}"
        message = f"a figure of the protocol was not read in any source: {limit}"
        yield make_finding(FindingCode.UNVERIFIED_CONTENT, message, figures=str(check.limit))
    if any(check.limit.units_per_kilogram is not None for check in chosen):
        yield from _weight_findings(question)


def _told_of(check: LimitCheck) -> Iterator[tuple[FindingCode, str]]:
    """What is found about a limit that the units exceed, or may."""
    limit = f"the limit of {check.limit_in_words}"
    if check.exceeded:
        yield FindingCode.LIMIT_EXCEEDED, f"the units exceed {limit}"
        if check.maximum is not None and check.total_if_one <= check.maximum:
            message = "a limit is met only if equal units of one day are one session"
            yield FindingCode.PROBABLE_DUPLICATE, message
    else:
        message = f"unknown units, product or weight leave {limit} open"
        yield FindingCode.LIMIT_INDETERMINATE, message


def _weight_findings(question: LimitQuestion) -> Iterable[Finding]:
    weight = _weight_on(question)
    if weight is None:
        message = "a limit per kilogram needs a body weight, and none is recorded"
        yield make_finding(FindingCode.MISSING_WEIGHT, message)
    elif _is_stale(weight, question):
        most = question.reading.policy.weight_max_age_days
        message = f"the last body weight is more than {most} days old"
        yield make_finding(FindingCode.STALE_WEIGHT, message)


def is_clear(track: AnyTrack, day: date, checks: Sequence[LimitCheck]) -> bool | None:
    """Whether a day is allowed and every recorded limit was checked with units and met."""
    # A session whose day is unknown may be the last one, and a dose that counts.
    known = None if track.history.undated_sessions else True
    answers = [
        booking_verdict(track, day),
        known,
        *(check.is_met for check in checks if check.chosen),
    ]
    if False in answers:
        return False
    # Without a recorded limit nothing was checked, which is not the same as within the limits.
    return None if None in answers or not checks else True


def limits_in_words(checks: Sequence[LimitCheck], product: str) -> str:
    """Return what the limits recorded here say, and what they do not say."""
    chosen = [check for check in checks if check.chosen]
    if not chosen:
        return f"no limit is recorded for {product}"
    if any(check.exceeded for check in chosen):
        return "the units exceed a limit recorded here"
    checked = [check for check in chosen if check.is_met]
    unseen = [check for check in chosen if check.not_checked]
    if not checked or len(checked) + len(unseen) < len(chosen):
        return f"limits recorded here: {len(chosen)}; checked with units: {len(checked)}"
    besides = f"; {len(unseen)} more cannot be checked from a record" if unseen else ""
    within = f"within the limits recorded here ({len(checked)} checked){besides}"
    return f"{within}; this does not say the dose is safe"


def in_window(
    sessions: Iterable[TreatmentSession], window: Interval, day: date, short_month: ShortMonth
) -> list[TreatmentSession]:
    """Return the sessions whose doses count on *day*.

    A dose counts until, and not on, its day plus the window. Only near the window's end is
    calendar arithmetic needed: elsewhere the number of days decides.
    """
    shortest, longest = window.day_bounds
    today = day.toordinal()
    found = []
    for session in sessions:
        age = today - session.administered_on.toordinal()
        if 0 <= age < longest and (
            age < shortest or day < window.added_to(session.administered_on, short_month)
        ):
            found.append(session)
    return found


def sum_units(sessions: Iterable[TreatmentSession], product: Product) -> Total:
    """Return the units of *product*; a session of an unknown product may hold some of it."""
    concerned = [s for s in sessions if s.product is product or s.product is None]
    named = [s for s in concerned if s.product is not None]
    known = [(s.administered_on, s.units) for s in named if s.units is not None]
    units, if_one = (sum([each for _, each in doses], _ZERO) for doses in (known, {*known}))
    return Total(units, if_one, indeterminate=len(known) < len(concerned), sessions=concerned)
