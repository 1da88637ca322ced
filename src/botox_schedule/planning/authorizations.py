"""What a payer approved, against what was given and what is planned."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pydantic import Field

from botox_schedule import (
    PriorAuthorization,
)
from botox_schedule.dates.days import Day
from botox_schedule.engine.track import Situation
from botox_schedule.planning.errors import PlanningError
from botox_schedule.planning.terms import AuthorizationProblem
from botox_schedule.records.model import TreatmentSession
from botox_schedule.values import Value

_ZERO = Decimal(0)
_OPEN = frozenset({AuthorizationProblem.SESSIONS_UNKNOWN, AuthorizationProblem.UNITS_UNKNOWN})


class AuthorizationUse(Value, frozen=True):
    """What was used of one authorization.

    Attributes:
        authorization: What the payer approved.
        sessions_used: Days with a completed session of the clock and the product inside its
            days; touch-ups count, and several injections of one day are one visit.
        sessions_left: What is left of the visits, at most; None where they are not limited.
        units_used: Units given and discarded, as far as they are known: a lower bound where
            *units_unknown*.
        units_left: What is left of the units, at most; None where they are not limited.
        sessions_unknown: Whether a session of an unknown product may have used a visit.
        units_unknown: Whether units given or discarded are not known.
        session_ids: The sessions that used it, as far as they have an id.
    """

    authorization: PriorAuthorization
    sessions_used: int
    sessions_left: int | None
    units_used: Decimal
    units_left: Decimal | None
    sessions_unknown: bool
    units_unknown: bool
    session_ids: tuple[str, ...] = Field(default=(), repr=False)


class AuthorizationCheck(Value, frozen=True):
    """Whether one authorization covers a day.

    Attributes:
        on: The day.
        covers: Whether it does; None where unknown units or products leave it open.
        problems: Why not, or what leaves it open.
        payable_from: The first day that its own dates and its own minimum interval allow.
        use: What was used of it before.
    """

    on: Day
    covers: bool | None
    problems: tuple[AuthorizationProblem, ...]
    payable_from: Day
    use: AuthorizationUse

    def __str__(self) -> str:
        verdict = {True: "covers the day", False: "does not cover the day", None: "leaves it open"}
        why = f": {', '.join(self.problems)}" if self.problems else ""
        return f"the authorization {verdict[self.covers]}{why}; payable from {self.payable_from}"


class PlannedDose(NamedTuple):
    """Units of a planned session, as far as the caller names them."""

    units: Decimal | None = None
    discarded: Decimal | None = None


class Authorizations:
    """The authorizations of one clock, read once for many days."""

    __slots__ = ("_counted_from", "_product", "_short_month", "uses")

    def __init__(self, situation: Situation) -> None:
        clock = situation.protocol.clock
        sessions = [s for s in situation.history.completed if s.indication in clock]
        self.uses = tuple(
            _use(authorization, sessions)
            for authorization in situation.record.authorizations
            if authorization.indication in clock
        )
        self._product = situation.protocol.product
        self._short_month = situation.policy.short_month
        self._counted_from = None if situation.book is None else situation.book.counted_from

    def covers(self, day: date, dose: PlannedDose) -> bool | None:
        """Whether one of them covers *day*; True where the record has none at all."""
        answers = {self._verdict(self._problems(use, day, dose, ())) for use in self.uses}
        if not answers or True in answers:
            return True
        return None if None in answers else False

    def check(
        self, day: date, dose: PlannedDose, ahead: Sequence[date] = ()
    ) -> AuthorizationCheck | None:
        """Return the answer of the one that serves *day* best; None where there is none.

        Args:
            day: The day in question.
            dose: What is planned for it, and for each session ahead of it.
            ahead: The days of planned sessions before it, in order.
        """
        checks = [self._check(use, day, dose, ahead) for use in self.uses]
        rank = {True: 0, None: 1, False: 2}
        return min(
            checks,
            key=lambda c: (
                rank[c.covers],
                len(c.problems),
                -c.use.authorization.valid.last.toordinal(),
            ),
            default=None,
        )

    def _check(
        self, use: AuthorizationUse, day: date, dose: PlannedDose, ahead: Sequence[date]
    ) -> AuthorizationCheck:
        problems = self._problems(use, day, dose, ahead)
        return AuthorizationCheck(
            on=day,
            covers=self._verdict(problems),
            problems=problems,
            payable_from=self._payable_from(use, ahead),
            use=use,
        )

    def _verdict(self, problems: Sequence[AuthorizationProblem]) -> bool | None:
        if not problems:
            return True
        return None if _OPEN.issuperset(problems) else False

    def _payable_from(self, use: AuthorizationUse, ahead: Sequence[date]) -> date:
        first = use.authorization.valid.first
        interval = use.authorization.minimum_interval
        last_on = ahead[-1] if ahead else self._counted_from
        if interval is None or last_on is None:
            return first
        return max(first, interval.after(last_on, short_month=self._short_month))

    def _problems(
        self, use: AuthorizationUse, day: date, dose: PlannedDose, ahead: Sequence[date]
    ) -> tuple[AuthorizationProblem, ...]:
        return tuple(self._each_problem(use, day, dose, ahead))

    def _each_problem(
        self, use: AuthorizationUse, day: date, dose: PlannedDose, ahead: Sequence[date]
    ) -> Iterable[AuthorizationProblem]:
        authorization = use.authorization
        if authorization.product is not self._product:
            yield AuthorizationProblem.OTHER_PRODUCT
        if day < authorization.valid.first:
            yield AuthorizationProblem.NOT_STARTED
        elif day > authorization.valid.last:
            yield AuthorizationProblem.ENDED
        elif day < self._payable_from(use, ahead):
            yield AuthorizationProblem.PAYER_MINIMUM
        yield from _visits(use, ahead)
        yield from _units(use, dose, ahead)


def _visits(use: AuthorizationUse, ahead: Sequence[date]) -> Iterable[AuthorizationProblem]:
    if use.sessions_left is not None:
        if use.sessions_left <= _inside(use, ahead):
            yield AuthorizationProblem.NO_SESSIONS_LEFT
        elif use.sessions_unknown:
            yield AuthorizationProblem.SESSIONS_UNKNOWN


def _units(
    use: AuthorizationUse, dose: PlannedDose, ahead: Sequence[date]
) -> Iterable[AuthorizationProblem]:
    if use.units_left is None:
        return
    needed = (dose.units or _ZERO) + (dose.discarded or _ZERO)
    left = use.units_left - needed * _inside(use, ahead)
    if needed > left or left <= 0:
        yield AuthorizationProblem.NO_UNITS_LEFT
    elif use.units_unknown or dose.units is None or dose.discarded is None:
        yield AuthorizationProblem.UNITS_UNKNOWN


def _inside(use: AuthorizationUse, ahead: Sequence[date]) -> int:
    return sum(day in use.authorization.valid for day in ahead)


def _use(
    authorization: PriorAuthorization, sessions: Iterable[TreatmentSession]
) -> AuthorizationUse:
    inside = [s for s in sessions if s.administered_on in authorization.valid]
    own = [s for s in inside if s.product is authorization.product]
    unknown = [s for s in inside if s.product is None]
    visits = len({s.administered_on for s in own})
    known = [(s.units or _ZERO) + (s.units_discarded or _ZERO) for s in own]
    units = sum(known, _ZERO)
    open_units = any(s.units is None or s.units_discarded is None for s in own)
    return AuthorizationUse(
        authorization=authorization,
        sessions_used=visits,
        sessions_left=None
        if authorization.sessions is None
        else max(authorization.sessions - visits, 0),
        units_used=units,
        units_left=None if authorization.units is None else max(authorization.units - units, _ZERO),
        sessions_unknown=bool(unknown),
        units_unknown=open_units or bool(unknown),
        session_ids=tuple(s.id for s in own if s.id is not None),
    )


def planned_dose(
    units: Decimal | int | None, discarded: Decimal | int | None = None
) -> PlannedDose:
    """Return what the caller names as a dose.

    Raises:
        PlanningError: When a figure is negative.
    """
    if (units is not None and units < 0) or (discarded is not None and discarded < 0):
        raise PlanningError("planned units and planned discarded units cannot be negative")
    return PlannedDose(
        None if units is None else Decimal(units),
        None if discarded is None else Decimal(discarded),
    )
