"""Whether one day can be booked."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from botox_schedule import PatientRecord, SchedulingPolicy, TreatmentProtocol
from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.engine import DateCheck
from botox_schedule.engine.check import check_in, judge_day
from botox_schedule.engine.track import Situation
from botox_schedule.errors import OrderError
from botox_schedule.planning.authorizations import (
    AuthorizationCheck,
    Authorizations,
    PlannedDose,
    planned_dose,
)
from botox_schedule.planning.clinic_calendar import OpenDay, as_windows
from botox_schedule.planning.terms import BookingConstraint
from botox_schedule.policy import policy_or_default
from botox_schedule.terms import DayReasonCode
from botox_schedule.values import Value

_CONSTRAINTS = {
    DayReasonCode.CARE_ENDED: BookingConstraint.CARE_ENDED,
    DayReasonCode.IN_HOLD: BookingConstraint.IN_HOLD,
    DayReasonCode.TOO_EARLY: BookingConstraint.TOO_EARLY,
}
_SENTENCES = {
    BookingConstraint.OTHER_TRACK: "another track of the visit does not fit on the day",
    BookingConstraint.NOT_AUTHORIZED: "no authorization covers the day",
    BookingConstraint.CLOSED: "the clinic is closed",
    BookingConstraint.AWAY: "the patient is away",
}


class BookingCheck(Value, frozen=True):
    """Whether a day can be booked, and everything that speaks against it.

    Attributes:
        on: The day.
        bookable: Whether nothing speaks against it.
        constraints: What does, in the order in which it is asked.
        days_from_due: Days from the due day: negative before it; None where nothing is due.
        check: What the rules say of the day, with the reasons and the dose limits.
        authorization: The authorization that serves the day best; None where there is none.
            One that leaves the day open does not keep it from being booked.
    """

    on: Day
    bookable: bool
    constraints: tuple[BookingConstraint, ...]
    days_from_due: int | None
    check: DateCheck
    authorization: AuthorizationCheck | None

    def explain(self) -> str:
        """Return what speaks for and against the day, as text that can be quoted."""
        verdict = "can be booked" if self.bookable else "cannot be booked"
        lines = [f"{self.on}: {verdict}", *self.check.explain().splitlines()]
        if self.authorization is not None:
            lines.append(str(self.authorization))
        lines += [
            _SENTENCES[constraint] for constraint in self.constraints if constraint in _SENTENCES
        ]
        return "\n".join(lines)


class Desk:
    """Everything that decides whether a day can be booked, read once for many days."""

    __slots__ = ("authorizations", "away", "dose", "is_open", "situation")

    def __init__(
        self,
        situation: Situation,
        is_open: OpenDay | None,
        away: Iterable[Any],
        dose: PlannedDose,
    ) -> None:
        self.situation = situation
        self.is_open = is_open
        self.away = as_windows(away)
        self.dose = dose
        self.authorizations = Authorizations(situation)

    def constraints(self, day: date) -> list[BookingConstraint]:
        """Return what keeps *day* from being booked, in the order in which it is asked."""
        verdict = judge_day(self.situation, day)
        if verdict.allowed is None:
            found = [BookingConstraint.NO_INTERVAL]
        else:
            found = [_CONSTRAINTS[code] for code in verdict.codes if code in _CONSTRAINTS]
        if self.authorizations.covers(day, self.dose) is False:
            found.append(BookingConstraint.NOT_AUTHORIZED)
        if self.is_open is not None and not self.is_open(day):
            found.append(BookingConstraint.CLOSED)
        if any(day in window for window in self.away):
            found.append(BookingConstraint.AWAY)
        return found


def open_desk(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    as_of: date,
    *,
    calendar: OpenDay | None,
    away: Iterable[Any],
    policy: SchedulingPolicy | None,
    other_protocols: Iterable[TreatmentProtocol],
    dose: PlannedDose,
) -> Desk:
    """Return the desk of one track."""
    situation = Situation(record, protocol, as_of, policy_or_default(policy), other_protocols)
    return Desk(situation, calendar, away, dose)


def booking_check(desk: Desk, day: date) -> BookingCheck:
    """Return the whole answer for one day."""
    constraints = tuple(desk.constraints(day))
    due = desk.situation.due_dates().due
    return BookingCheck(
        on=day,
        bookable=not constraints,
        constraints=constraints,
        days_from_due=None if due is None else (day - due).days,
        check=check_in(desk.situation, day, desk.dose.units),
        authorization=desk.authorizations.check(day, desk.dose),
    )


def check_booking(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    on: DayInput,
    as_of: DayInput,
    calendar: OpenDay | None = None,
    away: Iterable[Any] = (),
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
    planned_units: Decimal | int | None = None,
    planned_discarded: Decimal | int | None = None,
) -> BookingCheck:
    """Return whether a day can be booked, by the rules, the authorizations and the calendar.

    Args:
        record: What happened, and what was approved.
        protocol: The planned treatment.
        on: The day in question.
        as_of: The day up to which records are known; not after *on*.
        calendar: Answers whether the clinic is open on a day; None means on every day.
        away: Days and windows, both ends included, on which the patient cannot come.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need.
        planned_units: Units to be given.
        planned_discarded: Units of opened vials that will be left.

    Raises:
        OrderError: When *on* lies before *as_of*.

    >>> from botox_schedule import find_protocol
    >>> from botox_schedule.planning import ClinicCalendar
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-03-02", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> offer = check_booking(
    ...     record, find_protocol("chronic-migraine"), on="2026-05-24", as_of="2026-05-01",
    ...     calendar=ClinicCalendar(),
    ... )
    >>> offer.bookable, [str(constraint) for constraint in offer.constraints]
    (False, ['too_early', 'closed'])
    """
    day, known_until = as_day(on, "on"), as_day(as_of, "as_of")
    if day < known_until:
        raise OrderError("on lies before as_of; give a day from as_of on")
    desk = open_desk(
        record,
        protocol,
        known_until,
        calendar=calendar,
        away=away,
        policy=policy,
        other_protocols=other_protocols,
        dose=planned_dose(planned_units, planned_discarded),
    )
    return booking_check(desk, day)
