"""Compares authorizations and payers' rules with the sessions given and planned."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique
from functools import cache
from typing import NamedTuple, TypeVar

from pydantic import Field

from botox_schedule.dates.days import Day, near
from botox_schedule.engine.dates import first_allowed
from botox_schedule.engine.limits import in_window, last_elsewhere, undated_doses
from botox_schedule.engine.project import rules_after
from botox_schedule.engine.reading import concerns
from botox_schedule.engine.rules import IntervalRules
from botox_schedule.engine.track import (
    Track,
    booking_verdict,
    is_second_part,
    opens_cycle,
    opens_next,
    visits_ahead,
)
from botox_schedule.planning.vials import MOST_UNITS, PlannedDose, fewest_vials, vial_sizes
from botox_schedule.policy import CALENDAR_YEAR, PayerRule
from botox_schedule.protocols import TreatmentProtocol
from botox_schedule.records import PriorAuthorization, TreatmentSession
from botox_schedule.records.model import MOST_UNITS as MOST_GIVEN
from botox_schedule.terms import MinimumKind, Product
from botox_schedule.values import Value, in_order

_Limits = PriorAuthorization | PayerRule
_Row = TypeVar("_Row", PriorAuthorization, PayerRule, TreatmentSession)
_Sessions = Sequence[TreatmentSession]
_ZERO = Decimal(0)
_NO_DOSE = PlannedDose()


@unique
class AuthorizationProblem(StrEnum):
    """Why an authorization or a payer's rule does not cover a day, or may not."""

    NOT_STARTED = "not_started"
    ENDED = "ended"
    OTHER_PRODUCT = "other_product"
    NO_SESSIONS_LEFT = "no_sessions_left"
    NO_UNITS_LEFT = "no_units_left"
    PAYER_MINIMUM = "payer_minimum"
    UNRECOGNIZED_INDICATION = "unrecognized_indication"
    """Its indication is unknown; it may be for this track or not."""
    SESSIONS_UNKNOWN = "sessions_unknown"
    """Sessions elsewhere, or of an unknown product or indication, may have used the last visit."""
    UNITS_UNKNOWN = "units_unknown"
    """Units given, discarded or planned are unknown; the units left may not suffice."""
    FEWEST_VIALS_EXCEED_UNITS = "fewest_vials_exceed_units"
    """Discarded units are unknown, and even the fewest vials of all visits hold too much."""


_OPEN = frozenset(
    {
        AuthorizationProblem.UNRECOGNIZED_INDICATION,
        AuthorizationProblem.SESSIONS_UNKNOWN,
        AuthorizationProblem.UNITS_UNKNOWN,
        AuthorizationProblem.FEWEST_VIALS_EXCEED_UNITS,
    }
)
_DOUBT = {True: 0, None: 1, False: 2}


class AuthorizationUse(Value, frozen=True):
    """The use of one authorization, or of what a payer's rule allows in one period.

    Attributes:
        authorization: What the payer approved; None for a rule.
        rule: The payer's rule; None for an authorization.
        sessions_used: Days with a completed session that counts against it, and in the check of a
            day those booked or planned before it. Touch-ups count; several sessions on one day
            are one visit.
        sessions_left: The most visits that can be left; None where visits are not limited.
        units_used: Known units of the product, given plus discarded; a lower bound where
            *units_unknown* is true.
        units_left: The most units that can be left; None where units are not limited.
        sessions_unknown: Whether sessions elsewhere, or of an unknown product or indication, may
            have used a visit.
        units_unknown: Whether some units given or discarded are unknown.
        session_ids: The ids of the sessions that used it; sessions without an id are omitted.
    """

    authorization: PriorAuthorization | None
    rule: PayerRule | None = None
    sessions_used: int
    sessions_left: int | None
    units_used: Decimal
    units_left: Decimal | None
    sessions_unknown: bool
    units_unknown: bool
    session_ids: tuple[str, ...] = Field(default=(), repr=False)


class AuthorizationCheck(Value, frozen=True):
    """Whether one authorization, or one rule of the payer, covers a day.

    Attributes:
        on: The day.
        covers: Whether it covers the day; None where unknown units, products or indications
            leave that open.
        problems: Why it does not cover the day, or may not.
        payable_from: The first day that the authorization's own dates and minimum interval
            allow. None for a rule: the due dates already include its minimum.
        use: Its use so far, including booked and planned visits before the day.
    """

    on: Day
    covers: bool | None
    problems: tuple[AuthorizationProblem, ...]
    payable_from: Day | None
    use: AuthorizationUse

    def __str__(self) -> str:
        verdict = {True: "covers the day", False: "does not cover the day", None: "leaves it open"}
        what = "the payer's rule" if self.use.authorization is None else "the authorization"
        why = f": {', '.join(self.problems)}" if self.problems else ""
        return f"{what} {verdict[self.covers]}{why}{self._own_days()}"

    def _own_days(self) -> str:
        """The days that the authorization's own dates and interval allow; it promises no payment."""
        approved, first = self.use.authorization, self.payable_from
        if approved is None or first is None or first > approved.valid.last:
            return ""
        return f"; its dates and interval allow {first} to {approved.valid.last}"


class _Tally(NamedTuple):
    """What sessions used: for certain, and at most.

    Attributes:
        visits: Days that certainly count as visits.
        unsure: Further days that may count.
        units: Units that were certainly used.
        most_units: The most units that may have been used; None for no upper bound.
        used: The sessions at which they were.
        ids: The ids of the sessions that certainly count.
    """

    visits: int
    unsure: int
    units: Decimal
    most_units: Decimal | None
    used: _Sessions
    ids: tuple[str, ...]


class Authorizations:
    """The authorizations and payer's rules of one track, prepared once for many days.

    One authorization is enough to cover a day; every rule of the payer must be met.

    Args:
        track: The track; the authorizations for its clock count.
        dose: The units of each planned session, where the caller names them; else those of the
            booking for the day count or, for the next session, of the one that would be moved to it.
        of_bookings: Whether the units of bookings count so; otherwise they are unknown.
    """

    def __init__(self, track: Track, dose: PlannedDose, *, of_bookings: bool = True) -> None:
        product = track.protocol.product
        self._track = track
        self._dose = dose
        self._has_booked_dose = of_bookings and dose == _NO_DOSE
        self._least_opened = cache(_least_opened)  # each day asks for the same
        self._approved = _concerning(track, track.reading.decisions.authorizations)
        rules = (r for r in _concerning(track, track.policy.payer) if r.product in {None, product})
        self._rules = in_order(r for r in rules if (r.sessions, r.units) != (None, None))
        is_limited = self._approved or self._rules
        ahead = visits_ahead(track)
        self._bookings = _by_day(s for s in ahead if is_limited and opens_next(track, s))
        self._booked = dict(_booked_series(track, self._bookings))
        self._besides = [s for s in ahead if not opens_next(track, s)]
        # Who paid for a session elsewhere is unknown, and one without a day may be in any period.
        self._elsewhere = frozenset(_concerning(track, last_elsewhere(track.reading)))
        self._undated = _concerning(track, undated_doses(track.reading))

    @property
    def uses(self) -> tuple[AuthorizationUse, ...]:
        """The use of each authorization, and of each rule in force, up to ``as_of``."""
        today = planned_session(self._track.protocol, self._track.as_of, self._dose)
        return tuple(check.use for check in self._checks(today, ()))

    def check(self, day: date, ahead: Sequence[date] | None = None) -> AuthorizationCheck | None:
        """Return the answer that decides for *day*; None without authorizations and rules.

        Of several authorizations the best one counts. A payer's rule decides where it is
        stricter.

        Args:
            day: The day in question.
            ahead: The days of planned sessions before it, in order; None means the booked visits
                that *day* would follow.
        """
        if not (self._approved or self._rules):
            return None
        planned = self._planned(day, self._visits_on(day), is_next=not ahead)
        visits = self._booked_before(day) if ahead is None else ahead
        booked = (s for on in visits for s in self._as_booked(on, is_next=on == visits[0]))
        before = [s for s in booked if s.administered_on < day]
        checks = list(self._checks(planned, before))
        best = min((c for c in checks if c.use.rule is None), key=_fitness, default=None)
        decisive = [c for c in checks if c.use.rule is not None or c is best]
        return max(decisive, key=lambda check: _DOUBT[check.covers], default=None)

    def _booked_before(self, day: date) -> list[date]:
        """The booked visits that *day* may follow or, if it is booked, be a part of.

        One that is too close is to be moved.
        """
        is_booked = day in self._bookings

        def is_followed(rules: IntervalRules) -> bool:
            is_part = is_booked and rules.is_part_of_last_session(day)
            return is_part or _is_allowed(self._track, rules, day)

        return [on for on, rules in self._booked.items() if on < day and is_followed(rules)]

    def _as_booked(self, day: date, *, is_next: bool) -> Iterator[TreatmentSession]:
        """A visit in all its parts; what the booking does not say is as the caller plans it."""
        booked = self._bookings.get(day, ())
        own = self._own(booked)
        yield from (s for s in booked if s not in own)
        dose = _dose_of(own)
        if dose not in (_NO_DOSE, PlannedDose(self._dose.units)):
            yield planned_session(self._track.protocol, day, dose)
        elif own or not booked:
            yield self._planned(day, own, is_next=is_next)
        yield from (s for on in self._parts(day)[1:] for s in self._bookings[on])

    def _parts(self, day: date) -> list[date]:
        """The booked days of the visit that begins on a day; none where nothing is booked for it."""
        last = near(day, self._track.policy.group_within_days)
        return [on for on in self._bookings if day <= on <= last] if day in self._bookings else []

    def _planned(self, day: date, booked: _Sessions, *, is_next: bool) -> TreatmentSession:
        """A session with the units that the caller names, else those of what is booked for it.

        The next session may be a visit that is moved to the day; a later one is not booked yet.
        """
        dose = self._dose
        if self._has_booked_dose:
            own = booked if booked or not is_next else self._moved_to(day)
            dose = _dose_of(own)
        return planned_session(self._track.protocol, day, dose)

    def _own(self, booked: Iterable[TreatmentSession]) -> list[TreatmentSession]:
        """The visits with the planned product, or with an unknown one."""
        return [s for s in booked if s.product in {None, self._track.protocol.product}]

    def _visits_on(self, day: date) -> list[TreatmentSession]:
        """All that is booked for a day, with the planned product or an unknown one."""
        besides = (s for s in self._besides if s.administered_on == day)
        return self._own([*self._bookings.get(day, ()), *besides])

    def _moved_to(self, day: date) -> _Sessions:
        """What is booked for the visit that would be moved to a day: it cannot stay next to it.

        Of several, one for the planned treatment, then the nearest.
        """
        if not self._bookings:
            return ()
        track, own = self._track, self._track.protocol.indication
        before = [part for on in self._booked_before(day) for part in self._parts(on)]
        rules = rules_after(track, day)  # once: it costs more than all that is asked of it

        def stays(on: date) -> bool:
            return on in before or (on > day and _is_allowed(track, rules, on))

        moved = [
            (all(s.indication != own for s in booked), abs((on - day).days), on)
            for on, visits in self._bookings.items()
            if (booked := self._own(visits)) and not stays(on)
        ]
        return self._own(self._bookings[min(moved)[-1]]) if moved else ()

    def _checks(self, planned: TreatmentSession, before: _Sessions) -> Iterator[AuthorizationCheck]:
        """The answers of all authorizations, then of the rules in force on the planned day."""
        day = planned.administered_on
        sessions = self._sessions(before, day)
        for approved in self._approved:
            inside = [s for s in sessions if s.administered_on in approved.valid]
            payable_from = self._payable_from(approved, day, before)
            problems = tuple(self._validity(approved, day, payable_from))
            yield self._check(approved, planned, inside, problems, payable_from)
        for rule in self._rules:
            if rule.is_in_force(day):
                same_period = self._same_period(rule, sessions, day)
                yield self._check(rule, planned, same_period, self._doubt(rule.indication))

    def _check(
        self,
        limits: _Limits,
        planned: TreatmentSession,
        inside: _Sessions,
        problems: tuple[AuthorizationProblem, ...] = (),
        payable_from: date | None = None,
    ) -> AuthorizationCheck:
        tally = self._tally(inside, limits.product)
        problems = (*problems, *self._amounts(tally, limits, planned))
        covers = None if problems else True
        return AuthorizationCheck(
            on=planned.administered_on,
            covers=covers if _OPEN.issuperset(problems) else False,
            problems=problems,
            payable_from=payable_from,
            use=_use(tally, limits),
        )

    def _same_period(self, rule: PayerRule, sessions: _Sessions, day: date) -> _Sessions:
        """The sessions in the same period as *day*, also those before the rule's first day.

        A payer that limits the visits of a year counts those it has already paid.
        """
        if rule.per == CALENDAR_YEAR:
            return [s for s in sessions if s.administered_on.year == day.year]
        return in_window(sessions, rule.per, day, self._track.policy.short_month)

    def _sessions(self, before: _Sessions, day: date) -> _Sessions:
        """The sessions that may count before *day*, and the planned ones as if they were given."""
        track = self._track
        given = [s for s in track.history.completed if s.indication in track.clock]
        besides = [s for s in self._besides if s.administered_on < day]
        if is_second_part(track, day):  # a later part that is booked may be moved to the day
            besides = [s for s in besides if not opens_cycle(s)]
        return [*given, *track.history.unrecognized, *self._elsewhere, *before, *besides]

    def _tally(self, sessions: _Sessions, product: Product | None) -> _Tally:
        """Count visits and units of *product*; None means any for visits, the planned for units."""
        clock, counted = self._track.clock, product or self._track.protocol.product
        sure = [s for s in sessions if s.indication in clock and s not in self._elsewhere]
        sessions = [*sessions, *self._undated]
        own = [s for s in sure if product in (None, s.product)]
        maybe = [s for s in sessions if product is None or s.product in (None, product)]
        days = {s.administered_on for s in own}
        used = [s for s in own if s.product is counted]
        return _Tally(
            visits=len(days),
            unsure=len({s if s in self._undated else s.administered_on for s in maybe} - days),
            units=sum(map(_known_units, used), _ZERO),
            most_units=_most_units([s for s in maybe if s.product in (None, counted)]),
            used=used,
            ids=tuple(s.id for s in own if s.id is not None),
        )

    def _validity(
        self, approved: PriorAuthorization, day: date, payable_from: date
    ) -> Iterator[AuthorizationProblem]:
        if approved.product is not self._track.protocol.product:
            yield AuthorizationProblem.OTHER_PRODUCT
        if day < approved.valid.first:
            yield AuthorizationProblem.NOT_STARTED
        elif day > approved.valid.last:
            yield AuthorizationProblem.ENDED
        elif day < payable_from:
            yield AuthorizationProblem.PAYER_MINIMUM
        yield from self._doubt(approved.indication)

    def _doubt(self, indication: str | None) -> tuple[AuthorizationProblem, ...]:
        if indication is None or indication in self._track.clock:
            return ()
        return (AuthorizationProblem.UNRECOGNIZED_INDICATION,)

    def _payable_from(self, approved: PriorAuthorization, day: date, before: _Sessions) -> date:
        interval = approved.minimum_interval
        last_on = before[-1].administered_on if before else None
        # Before a first treatment there are no rules yet, but a booked visit has some.
        rules = (self._booked.get(last_on) if last_on else None) or self._track.rules
        if interval is None or rules is None or not _minimum_binds(rules, day):
            return approved.valid.first
        counted_from = last_on or rules.facts.counted_from
        gives = interval.added_to(counted_from, self._track.policy.short_month)
        return max(approved.valid.first, gives)

    def _amounts(
        self, tally: _Tally, limits: _Limits, planned: TreatmentSession
    ) -> Iterator[AuthorizationProblem]:
        """Why the visits or the units that are left may not suffice for a planned session."""
        visits, units, most = limits.sessions, limits.units, tally.most_units
        if visits is not None:
            if tally.visits >= visits:
                yield AuthorizationProblem.NO_SESSIONS_LEFT
            elif tally.visits + tally.unsure >= visits:
                yield AuthorizationProblem.SESSIONS_UNKNOWN
        if units is None:
            return
        needed, unnamed = _known_units(planned), None in (planned.units, planned.units_discarded)
        if tally.units + needed > units or tally.units >= units:
            yield AuthorizationProblem.NO_UNITS_LEFT
        elif unnamed or most is None or most + needed > units:
            yield AuthorizationProblem.UNITS_UNKNOWN
            # Only where some are unknown may the vials hold more.
            earlier = map(self._opened_on, _by_day(tally.used).values())
            if sum(earlier, self._opened_on([planned])) > units:
                yield AuthorizationProblem.FEWEST_VIALS_EXCEED_UNITS

    def _opened_on(self, given: _Sessions) -> Decimal:
        """The known units of one day, in the fewest vials where its discarded ones are unknown."""
        known, units = sum(map(_known_units, given), _ZERO), total([s.units for s in given])
        if units is None or None not in [s.units_discarded for s in given]:
            return known
        return max(known, self._least_opened(units, given[0].product) or known)


def _concerning(track: Track, rows: Iterable[_Row]) -> list[_Row]:
    """What is about a track; what is under an unknown indication may be, so it counts."""
    return [row for row in rows if concerns(track.reading, row.indication, track.clock)]


def planned_session(protocol: TreatmentProtocol, day: date, dose: PlannedDose) -> TreatmentSession:
    """Return a planned session as a completed one, so that its visit and units count."""
    return TreatmentSession(
        administered_on=day,
        indication=protocol.indication,
        product=protocol.product,
        units=dose.units,
        units_discarded=dose.discarded,
    )


def _by_day(sessions: Iterable[TreatmentSession]) -> dict[date, list[TreatmentSession]]:
    days: dict[date, list[TreatmentSession]] = {}
    for session in sessions:
        days.setdefault(session.administered_on, []).append(session)
    return days


def _booked_series(track: Track, days: Iterable[date]) -> Iterator[tuple[date, IntervalRules]]:
    """Yield the booked *days* that may be kept, each with the rules after it."""
    rules: IntervalRules | None = None
    for day in days:
        if rules is None:
            is_kept = booking_verdict(track, day) is not False
        else:
            is_kept = _is_allowed(track, rules, day)
        if is_kept:
            rules = rules_after(track, day)
            yield day, rules


def _is_allowed(track: Track, rules: IntervalRules, day: date) -> bool:
    return first_allowed(rules, track.holds, day) == day


def _minimum_binds(rules: IntervalRules, day: date) -> bool:
    """Whether a payer's minimum applies: no override replaces it, and the day opens a new cycle."""
    replaced = {minimum.kind for minimum in rules.on(day).replaced}
    return MinimumKind.AUTHORIZATION not in replaced and not rules.is_part_of_last_session(day)


def _dose_of(booked: _Sessions) -> PlannedDose:
    """The units of all that is booked for one visit; unknown where those of one are."""
    return PlannedDose(total([s.units for s in booked]), total([s.units_discarded for s in booked]))


def total(units: Sequence[Decimal | None]) -> Decimal | None:
    """Return the units of one visit in all; None where some are unknown, or none are given."""
    known = [each for each in units if each is not None]
    if not known or len(known) < len(units):
        return None
    return min(sum(known, _ZERO), Decimal(MOST_GIVEN))


def _least_opened(units: Decimal, product: Product | None) -> Decimal | None:
    """The units in the fewest vials for a dose; None where no vials are known."""
    if product is None or units > MOST_UNITS:
        return None
    return fewest_vials(units, product).opened if vial_sizes(product) else None


def _known_units(session: TreatmentSession) -> Decimal:
    return (session.units or _ZERO) + (session.units_discarded or _ZERO)


def _most_units(sessions: _Sessions) -> Decimal | None:
    if any(None in (s.units, s.units_discarded) for s in sessions):
        return None
    return sum(map(_known_units, sessions), _ZERO)


def _use(tally: _Tally, limits: _Limits) -> AuthorizationUse:
    sessions, units = limits.sessions, limits.units
    return AuthorizationUse(
        authorization=limits if isinstance(limits, PriorAuthorization) else None,
        rule=limits if isinstance(limits, PayerRule) else None,
        sessions_used=tally.visits,
        sessions_left=None if sessions is None else max(sessions - tally.visits, 0),
        units_used=tally.units,
        units_left=None if units is None else max(units - tally.units, _ZERO),
        sessions_unknown=tally.unsure > 0,
        units_unknown=tally.most_units != tally.units,
        session_ids=tally.ids,
    )


def _fitness(check: AuthorizationCheck) -> tuple[int, int, int]:
    """Sort key: covers the day, then may cover it; fewest problems; latest end."""
    approved = check.use.authorization
    last = date.min if approved is None else approved.valid.last
    return _DOUBT[check.covers], len(check.problems), -last.toordinal()
