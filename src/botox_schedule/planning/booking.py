"""Whether one day can be booked."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum, unique
from typing import Any, NamedTuple

from botox_schedule.dates import Window
from botox_schedule.dates.days import Day, DayInput
from botox_schedule.engine import DateCheck, Track
from botox_schedule.engine.check import check_of
from botox_schedule.engine.forecast import dates_of
from botox_schedule.engine.session import DueDates
from botox_schedule.engine.verdict import judge_day
from botox_schedule.planning.authorizations import AuthorizationCheck, Authorizations
from botox_schedule.planning.clinic_calendar import OpenDay, as_calendar, as_windows
from botox_schedule.planning.vials import PlannedDose, planned_dose
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import TreatmentProtocol
from botox_schedule.questions import Asked, ask, ordered_days
from botox_schedule.records import PatientRecord
from botox_schedule.terms import DayReasonCode
from botox_schedule.values import NumberInput, Value


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


_OPEN_CODES = frozenset({DayReasonCode.ALLOWED, DayReasonCode.NO_HISTORY})
"""Reasons that do not prevent booking; every other one has a constraint of the same name."""
_SENTENCES = {
    BookingConstraint.OTHER_TRACK: "another track of the visit does not fit on the day",
    BookingConstraint.NOT_AUTHORIZED: "the payer does not cover the day",
    BookingConstraint.CLOSED: "the clinic is closed",
    BookingConstraint.AWAY: "the patient is away",
}


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
        if self.bookable and self.check.clear is False:
            verdict += ", but the units exceed a limit"
        lines = [f"{self.on}: {verdict}", *self.check.explain().splitlines()]
        if self.authorization is not None:
            lines.append(str(self.authorization))
        lines += [
            _SENTENCES[constraint] for constraint in self.constraints if constraint in _SENTENCES
        ]
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

    asked: Asked
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
    asked: Asked, dose: PlannedDose, calendar: OpenDay | None, away: Iterable[Any]
) -> BookingRules:
    """Return the rules of one track."""
    track = asked.track
    authorizations, is_open = Authorizations(track, dose), as_calendar(calendar)
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
    day, known_until = ordered_days(on, as_of)
    dose = planned_dose(planned_units, planned_discarded)
    asked = ask(
        record, protocol, known_until, on=day, policy=policy, other_protocols=other_protocols
    )
    return booking_rules(asked, dose, calendar, away).check(day)
