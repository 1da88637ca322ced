"""Whether a day can be booked, which days can, and the best one."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import date
from enum import StrEnum, unique
from typing import Any, NamedTuple

from botox_schedule.dates import Window
from botox_schedule.dates.days import (
    Day,
    DayInput,
    OpenDay,
    as_day,
    days_text,
    near,
    opening_days,
    shifted,
)
from botox_schedule.engine import DateCheck, DueDates, Track
from botox_schedule.engine.check import check_of
from botox_schedule.engine.forecast import dates_of
from botox_schedule.engine.limits import LimitCheck
from botox_schedule.engine.track import Asked, judge_day
from botox_schedule.errors import CountError, OrderError
from botox_schedule.planning.authorizations import AuthorizationCheck, Authorizations
from botox_schedule.planning.clinic_calendar import as_windows
from botox_schedule.planning.vials import PlannedDose, planned_dose
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import TreatmentProtocol
from botox_schedule.questions import ask, ordered_days
from botox_schedule.records import PatientRecord
from botox_schedule.terms import DayReasonCode
from botox_schedule.values import NumberInput, Value

_HORIZON_DAYS = 366
"""How many days ahead the search goes where nothing else ends it."""
_MOST_DAYS = 3660
"""The most days searched before ``overdue_from``, which a long hold can move far away."""


@unique
class BookingConstraint(StrEnum):
    """Why a day cannot be booked, in the order of checking."""

    CARE_ENDED = "care_ended"
    IN_HOLD = "in_hold"
    NO_INTERVAL = "no_interval"
    """No minimum is stated, or the day of the last session elsewhere is unknown."""
    TOO_EARLY = "too_early"
    SAME_SESSION = "same_session"
    """The day would be part of the last session; only a person books a second part."""
    UNRECOGNIZED_SESSION = "unrecognized_session"
    """A session for an unknown indication may have been one of this track."""
    ADVISORY = "advisory"
    """Before a minimum that its source only advises: a clinician decides."""
    OTHER_TRACK = "other_track"
    """The tracks of a shared visit have no day in common."""
    NOT_AUTHORIZED = "not_authorized"
    """No authorization covers the day, or a payer's rule allows no more."""
    CLOSED = "closed"
    AWAY = "away"


_ORDER = tuple(BookingConstraint)
_OPEN_CODES = frozenset({DayReasonCode.ALLOWED, DayReasonCode.NO_HISTORY})
"""Reasons that do not prevent booking; every other one has a constraint of the same name."""
_SENTENCES = {
    BookingConstraint.OTHER_TRACK: "another track of the visit does not fit on the day",
    BookingConstraint.NOT_AUTHORIZED: "the payer does not cover the day",
    BookingConstraint.CLOSED: "the clinic is closed",
    BookingConstraint.AWAY: "the patient is away",
}


def exceeding(checks: Iterable[LimitCheck]) -> str:
    """Return what to add to a day that can be booked where its units exceed a limit."""
    exceeded = any(check.chosen and check.exceeded for check in checks)
    return ", but the units exceed a limit" if exceeded else ""


class BookingCheck(Value, frozen=True):
    """Whether a day can be booked, and everything that prevents it.

    Attributes:
        on: The day.
        bookable: Whether nothing prevents it.
        constraints: What prevents it, in the order of checking.
        days_from_due: Days from the due day, negative before it; None without a due day.
        check: What the rules say about the day, with reasons and dose limits.
        authorization: The answer of the best authorization, or of a stricter payer's rule; None
            without either. One that may cover the day does not prevent booking.
    """

    on: Day
    bookable: bool
    constraints: tuple[BookingConstraint, ...]
    days_from_due: int | None
    check: DateCheck
    authorization: AuthorizationCheck | None

    def explain(self) -> str:
        """Return the reasons for and against the day, as text that can be quoted."""
        verdict = "can be booked" if self.bookable else "cannot be booked"
        if self.bookable:
            verdict += exceeding(self.check.limit_checks)
        lines = [f"{self.on}: {verdict}", *self.check.explain().splitlines()]
        if self.authorization is not None:
            lines.append(str(self.authorization))
        lines += filter(None, map(_SENTENCES.get, self.constraints))
        return "\n".join(lines)

    __str__ = explain


class BookingRules(NamedTuple):
    """Everything that decides whether a day of a track can be booked.

    Attributes:
        asked: The track, and findings about the question.
        dates: The due dates of the track.
        dose: The units of the planned session, where the caller names them.
        authorizations: The authorizations and payer's rules.
        is_open: Returns whether the clinic is open on a day; None means open every day.
        away: The days on which the patient cannot come, both ends included.
    """

    asked: Asked[Track]
    dates: DueDates
    dose: PlannedDose
    authorizations: Authorizations
    is_open: OpenDay | None
    away: tuple[Window, ...]

    @property
    def track(self) -> Track:
        """The track to be booked."""
        return self.asked.track

    def days_from_due(self, day: date | None) -> int | None:
        """Return the days from the due day to *day*, negative before it; None without both."""
        due = self.dates.due
        return None if day is None or due is None else (day - due).days

    def constraints(self, day: date) -> list[BookingConstraint]:
        """Return why *day* cannot be booked, in the order of checking; empty if it can."""
        found = interval_constraints(self.track, day)
        covering = self.authorizations.check(day)
        if covering is not None and covering.covers is False:
            found.append(BookingConstraint.NOT_AUTHORIZED)
        if self.is_open is not None and not self.is_open(day):
            found.append(BookingConstraint.CLOSED)
        if any(day in window for window in self.away):
            found.append(BookingConstraint.AWAY)
        return found

    def check(self, day: date) -> BookingCheck:
        """Return the full check of one day."""
        constraints = tuple(self.constraints(day))
        return BookingCheck(
            on=day,
            bookable=not constraints,
            constraints=constraints,
            days_from_due=self.days_from_due(day),
            check=check_of(self.track, day, self.dose.units, self.asked.findings),
            authorization=self.authorizations.check(day),
        )


def booking_rules(
    asked: Asked[Track], dose: PlannedDose, calendar: OpenDay | None, away: Iterable[Any]
) -> BookingRules:
    """Return the rules of one track."""
    track = asked.track
    authorizations = Authorizations(track, dose)
    is_open = opening_days(calendar, "calendar")
    return BookingRules(asked, dates_of(track), dose, authorizations, is_open, as_windows(away))


def interval_constraints(track: Track, day: date) -> list[BookingConstraint]:
    """Return the constraints on *day* from the track itself.

    A first treatment has none. A patient treated elsewhere with an unknown last day is not a
    first treatment.
    """
    codes = judge_day(track, day).codes
    found = {BookingConstraint(code.value) for code in codes if code not in _OPEN_CODES}
    if DayReasonCode.NO_HISTORY in codes and track.prior.is_undated:
        found.add(BookingConstraint.NO_INTERVAL)
    return [constraint for constraint in BookingConstraint if constraint in found]


def check_booking(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    on: DayInput,
    as_of: DayInput,
    calendar: OpenDay | None = None,
    away: Iterable[Any] = (),
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    planned_units: NumberInput | None = None,
    planned_discarded: NumberInput | None = None,
) -> BookingCheck:
    """Return whether a day can be booked, by the rules, the payer and the calendar.

    Args:
        record: The patient's record, with any authorizations.
        protocol: The planned treatment: a protocol, or the name of an indication.
        on: The day in question.
        as_of: The last day on which records are known; not after *on*.
        calendar: Returns whether the clinic is open on a day; None means open every day.
        away: Days and windows, both ends included, on which the patient cannot come.
        policy: The policy of the clinic or payer; None means the default.
        other_protocols: Older versions and other products' protocols that the history may need;
            None means the bundled ones, anything else exactly those.
        planned_units: Units of the product to be given; an authorization takes those of the booking
            for the day, or of the one that would be moved to it, where neither is given.
        planned_discarded: Units of opened vials that will be discarded.

    Raises:
        DayError: When a day is not a calendar day.
        OrderError: When *on* is before *as_of*.
        UnknownProtocolError: When no known protocol has that name.
        UnitsError: When *planned_units* is not a number above 0, or *planned_discarded* is not a
            number of at least 0.

    >>> from botox_schedule.planning import ClinicCalendar
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-03-02", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> offer = check_booking(
    ...     record, "chronic-migraine", on="2026-05-24", as_of="2026-05-01",
    ...     calendar=ClinicCalendar(),
    ... )
    >>> offer.bookable, [str(constraint) for constraint in offer.constraints]
    (False, ['too_early', 'closed'])
    """
    day, as_of = ordered_days(on, as_of)
    dose = planned_dose(planned_units, planned_discarded)
    asked = ask(record, protocol, as_of, on=day, policy=policy, other_protocols=other_protocols)
    return booking_rules(asked, dose, calendar, away).check(day)


class BookableDay(Value, frozen=True):
    """A day that can be booked.

    Attributes:
        on: The day.
        days_from_due: Days from the due day, negative before it; None without a due day.
        authorized: Whether it is covered; True where nothing needs to cover it, and None where
            unknown units, products or indications leave it open.
    """

    on: Day
    days_from_due: int | None
    authorized: bool | None


class FirstBookableDay(Value, frozen=True):
    """The day to book, or why there is none.

    Attributes:
        on: The day; None where no day in the window fits.
        as_of: The last day on which records are known.
        window: The days that were searched, both ends included.
        days_from_due: Days from the due day to *on*, negative before it; None without both.
        emptied_by: The constraint that removed the last day, where no day is left.
        refused: How many days of the window each constraint refuses.
        closed_days_cost: Days that the clinic's closed days move *on*, negative where *on* is
            earlier because of them; None without a day.
        first_late_on: The first day that fits once the track is overdue, where none fits before.
        check: The full check of *on*, or else of the last day of the window.
    """

    on: Day | None
    as_of: Day
    window: Window
    days_from_due: int | None
    emptied_by: BookingConstraint | None
    refused: dict[BookingConstraint, int]
    closed_days_cost: int | None
    first_late_on: Day | None
    check: BookingCheck

    def __hash__(self) -> int:
        """Equal answers have one hash; a table of counts has none."""
        return hash((self.on, self.as_of, self.window, self.check))

    def explain(self) -> str:
        """Return the day and the reasons for it, as text that can be quoted."""
        if self.on is None:
            lines = [f"no day from {self.window.first} to {self.window.last}: {self.emptied_by}"]
            if self.first_late_on is not None:
                lines.append(f"the first day that fits after: {self.first_late_on}")
        else:
            lines = [f"{self.on}, {_from_due(self.days_from_due)}"]
        lines += [f"{cause} refuses {days_text(count)}" for cause, count in self.refused.items()]
        if self.closed_days_cost:
            lines.append(f"closed days move it by {days_text(self.closed_days_cost)}")
        return "\n".join([*lines, self.check.explain()])

    __str__ = explain


def _from_due(days: int | None) -> str:
    if days is None:
        return "no due day is known"
    if days == 0:
        return "the due day"
    return f"{days_text(abs(days))} {'after' if days > 0 else 'before'} the due day"


def first_bookable_day(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    as_of: DayInput,
    calendar: OpenDay | None = None,
    away: Iterable[Any] = (),
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    planned_units: NumberInput | None = None,
    planned_discarded: NumberInput | None = None,
) -> FirstBookableDay:
    """Return the day to book: open, allowed, not refused by the payer, and best placed.

    The order: the due day, then each later day up to the day before ``overdue_from``. Only if
    none of them fits: the days before due, the latest first, and never one before ``earliest``.
    For a track that is already overdue, the first day from *as_of* on that fits is taken. Without
    a due day, the first day that fits within 366 days is taken. A patient without any history may
    come on *as_of*.

    Args:
        record: The patient's record. Authorizations for the track's clock apply; if the record
            has none, none is needed.
        protocol: The planned treatment: a protocol, or the name of an indication.
        as_of: The last day on which records are known; no earlier day is offered. A name of an
            indication takes the patient's age on this day; ``check_booking`` takes it on the
            booked day.
        calendar: Returns whether the clinic is open on a day; None means open every day.
        away: Days and windows, both ends included, on which the patient cannot come.
        policy: The policy of the clinic or payer; the payer's limits on visits and units apply.
        other_protocols: Older versions and other products' protocols that the history may need;
            None means the bundled ones, anything else exactly those.
        planned_units: Units of the product to be given; an authorization takes those of the booking
            for the day, or of the one that would be moved to it, where neither is given.
        planned_discarded: Units of opened vials that will be discarded.

    Raises:
        DayError: When *as_of* is not a calendar day.
        UnknownProtocolError: When no known protocol has that name.
        UnitsError: When *planned_units* is not a number above 0, or *planned_discarded* is not a
            number of at least 0.

    >>> from botox_schedule.planning import ClinicCalendar
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-03-02", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> memorial_day = ClinicCalendar.model_validate({"closures": ["2026-05-25"]})
    >>> found = first_bookable_day(
    ...     record, "chronic-migraine", as_of="2026-05-01", calendar=memorial_day
    ... )
    >>> str(found.on), found.days_from_due, found.closed_days_cost
    ('2026-05-26', 1, 1)
    """
    day, dose = as_day(as_of, "as_of"), planned_dose(planned_units, planned_discarded)
    asked = ask(record, protocol, day, policy=policy, other_protocols=other_protocols)
    rules = booking_rules(asked, dose, calendar, away)
    window = window_of(rules)
    found = search(window, rules.dates.due, rules.constraints)
    return FirstBookableDay(
        **found._asdict(),
        as_of=day,
        window=window,
        days_from_due=rules.days_from_due(found.on),
        first_late_on=_first_late(rules, window) if found.on is None else None,
        check=rules.check(found.on or window.last),
    )


def bookable_days(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    as_of: DayInput,
    until: DayInput | None = None,
    calendar: OpenDay | None = None,
    away: Iterable[Any] = (),
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    planned_units: NumberInput | None = None,
    planned_discarded: NumberInput | None = None,
) -> tuple[BookableDay, ...]:
    """Return every day that can be booked, in the order of ``first_bookable_day``.

    *until* may be at most 366 days after *as_of*.

    Args:
        record: The patient's record, with any authorizations.
        protocol: The planned treatment: a protocol, or the name of an indication.
        as_of: The last day on which records are known; no earlier day is offered. A name of an
            indication takes the patient's age on this day; ``check_booking`` takes it on the
            booked day.
        until: The last day to search, included, overdue or not. None means the day before
            ``overdue_from``, or 366 days where the track is overdue or has no due day.
        calendar: Returns whether the clinic is open on a day; None means open every day.
        away: Days and windows, both ends included, on which the patient cannot come.
        policy: The policy of the clinic or payer; the payer's limits on visits and units apply.
        other_protocols: Older versions and other products' protocols that the history may need;
            None means the bundled ones, anything else exactly those.
        planned_units: Units of the product to be given; an authorization takes those of the booking
            for the day, or of the one that would be moved to it, where neither is given.
        planned_discarded: Units of opened vials that will be discarded.

    Raises:
        DayError: When a day is not a calendar day.
        OrderError: When *until* lies before *as_of*.
        CountError: When *until* lies more than 366 days after *as_of*.
        UnknownProtocolError: When no known protocol has that name.
        UnitsError: When *planned_units* is not a number above 0, or *planned_discarded* is not a
            number of at least 0.

    >>> from botox_schedule.planning import ClinicCalendar
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-03-02", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> days = bookable_days(
    ...     record, "chronic-migraine", as_of="2026-05-01", calendar=ClinicCalendar()
    ... )
    >>> [str(day.on) for day in days]
    ['2026-05-25', '2026-05-26', '2026-05-27', '2026-05-28', '2026-05-29', '2026-06-01']
    """
    day, dose = as_day(as_of, "as_of"), planned_dose(planned_units, planned_discarded)
    last = None if until is None else _within_horizon(as_day(until, "until"), day)
    asked = ask(record, protocol, day, policy=policy, other_protocols=other_protocols)
    rules = booking_rules(asked, dose, calendar, away)
    window = window_of(rules)
    end = last or window.last
    days = in_order(Window(first=window.first, last=max(window.last, end)), rules.dates.due)
    fits = (day for day in days if day <= end and not rules.constraints(day))
    return tuple(_bookable_day(rules, day) for day in fits)


def _within_horizon(until: date, as_of: date) -> date:
    if until < as_of:
        raise OrderError("until lies before as_of; give a day from as_of on")
    if (until - as_of).days > _HORIZON_DAYS:
        raise CountError(
            f"until lies more than {_HORIZON_DAYS} days after as_of; give an earlier day"
        )
    return until


def _bookable_day(rules: BookingRules, day: date) -> BookableDay:
    covering = rules.authorizations.check(day)
    return BookableDay(
        on=day,
        days_from_due=rules.days_from_due(day),
        authorized=True if covering is None else covering.covers,
    )


def window_of(rules: BookingRules) -> Window:
    """Return the days to search: from ``earliest`` to the day before ``overdue_from``.

    Where that is past or unknown, the last day is 366 days after the first.
    """
    as_of, overdue_from = rules.track.as_of, rules.dates.overdue_from
    first = max(as_of, rules.dates.earliest or as_of)
    if overdue_from is not None and first < overdue_from:
        return Window(first=first, last=min(shifted(overdue_from, -1), near(first, _MOST_DAYS)))
    return Window(first=first, last=near(first, _HORIZON_DAYS))


def in_order(window: Window, due: date | None) -> list[date]:
    """Return the days of *window*: from *due* on, then those before it, the latest first."""
    days = [shifted(window.first, count) for count in range(window.days)]
    if due is None:
        return days
    return [day for day in days if day >= due] + [day for day in reversed(days) if day < due]


class Search(NamedTuple):
    """The result of searching a window; the fields are as in ``FirstBookableDay``."""

    on: date | None
    emptied_by: BookingConstraint | None
    refused: dict[BookingConstraint, int]
    closed_days_cost: int | None


def search(
    window: Window, due: date | None, constraints: Callable[[date], Collection[BookingConstraint]]
) -> Search:
    """Return the first day, in order, that nothing refuses, and how many days each refuses."""
    judged = [(day, constraints(day)) for day in in_order(window, due)]
    counts = Counter(constraint for _, found in judged for constraint in found)
    refused = {cause: counts[cause] for cause in BookingConstraint if counts[cause]}
    on = next((day for day, found in judged if not found), None)
    if on is None:
        # The first constraint, in the order of checking, after which no day is left.
        firsts = (min(found, key=_ORDER.index) for _, found in judged)
        return Search(None, max(firsts, key=_ORDER.index), refused, None)
    ideal = next(day for day, found in judged if set(found) <= {BookingConstraint.CLOSED})
    return Search(on, None, refused, (on - ideal).days)


def _first_late(rules: BookingRules, window: Window) -> date | None:
    """The first day that fits from ``overdue_from`` on, where the window ended the day before."""
    overdue_from = rules.dates.overdue_from
    if overdue_from is None or shifted(overdue_from, -1) != window.last:
        return None
    return first_fit(overdue_from, [rules])


def first_fit(first: date, tracks: Iterable[BookingRules]) -> date | None:
    """Return the first day of the 366 days after *first*, it included, that fits all tracks."""
    days = in_order(Window(first=first, last=near(first, _HORIZON_DAYS)), None)
    fits = (day for day in days if not any(rules.constraints(day) for rules in tracks))
    return next(fits, None)
