"""The days on which a track can be booked, and the best one."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from botox_schedule.dates import Window
from botox_schedule.dates.days import Day, DayInput, as_day, days_text, near, shifted
from botox_schedule.errors import CountError, OrderError
from botox_schedule.planning.booking import (
    BookingCheck,
    BookingConstraint,
    BookingRules,
    booking_rules,
)
from botox_schedule.planning.clinic_calendar import OpenDay
from botox_schedule.planning.vials import planned_dose
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import TreatmentProtocol
from botox_schedule.questions import ask
from botox_schedule.records import PatientRecord
from botox_schedule.values import NumberInput, Value

HORIZON_DAYS = 366
"""How many days ahead the search goes where nothing else ends it."""
_MOST_DAYS = 3660
"""The most days searched before ``overdue_from``, which a long hold can move far away."""

Constraints = Callable[[date], Collection[BookingConstraint]]


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
        lines += [
            f"{constraint} refuses {days_text(count)}" for constraint, count in self.refused.items()
        ]
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
    days = in_order(Window(first=window.first, last=max(window.last, last or day)), rules.dates.due)
    return tuple(
        _bookable_day(rules, day)
        for day in days
        if day <= (last or window.last) and not rules.constraints(day)
    )


def _within_horizon(until: date, as_of: date) -> date:
    if until < as_of:
        raise OrderError("until lies before as_of; give a day from as_of on")
    if (until - as_of).days > HORIZON_DAYS:
        raise CountError(
            f"until lies more than {HORIZON_DAYS} days after as_of; give an earlier day"
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
    return Window(first=first, last=near(first, HORIZON_DAYS))


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


def search(window: Window, due: date | None, constraints: Constraints) -> Search:
    """Return the first day, in order, that nothing refuses, and how many days each refuses."""
    judged = [(day, constraints(day)) for day in in_order(window, due)]
    counts = Counter(constraint for _, found in judged for constraint in found)
    refused = {
        constraint: counts[constraint] for constraint in BookingConstraint if counts[constraint]
    }
    on = next((day for day, found in judged if not found), None)
    if on is None:
        return Search(None, _emptied_by([found for _, found in judged]), refused, None)
    ideal = next(day for day, found in judged if set(found) <= {BookingConstraint.CLOSED})
    return Search(on, None, refused, (on - ideal).days)


def _emptied_by(refusals: Sequence[Collection[BookingConstraint]]) -> BookingConstraint:
    """The first constraint, in the order of checking, after which no day is left."""
    return max((min(found, key=_ORDER.index) for found in refusals), key=_ORDER.index)


_ORDER = tuple(BookingConstraint)


def _first_late(rules: BookingRules, window: Window) -> date | None:
    """The first day that fits from ``overdue_from`` on, where the window ended the day before."""
    overdue_from = rules.dates.overdue_from
    if overdue_from is None or shifted(overdue_from, -1) != window.last:
        return None
    late = Window(first=overdue_from, last=near(overdue_from, HORIZON_DAYS))
    return next((day for day in in_order(late, None) if not rules.constraints(day)), None)
