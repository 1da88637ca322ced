"""Which of the next sessions the authorizations of a record cover."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from botox_schedule import PatientRecord, SchedulingPolicy, TreatmentProtocol, project
from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.engine.track import Situation
from botox_schedule.planning.authorizations import (
    AuthorizationCheck,
    Authorizations,
    AuthorizationUse,
    planned_dose,
)
from botox_schedule.planning.terms import AuthorizationWarning
from botox_schedule.policy import policy_or_default
from botox_schedule.values import Value


class AuthorizedSession(Value, frozen=True):
    """One planned session, and the authorization that serves it best.

    Attributes:
        number: 1 is the next session.
        on: The day to aim for.
        check: Whether it is covered; None where the record has no authorization.
    """

    number: int
    on: Day
    check: AuthorizationCheck | None


class AuthorizationPlan(Value, frozen=True):
    """Which of the next sessions the authorizations of a record cover.

    Attributes:
        as_of: The day up to which records are known.
        uses: What was used of each authorization of the clock.
        sessions: The next sessions, each on its target.
        first_uncovered_on: The day of the first that is surely not covered; None where every
            session asked for may be.
        warning: What should be done now, not on the day of that session.
    """

    as_of: Day
    uses: tuple[AuthorizationUse, ...]
    sessions: tuple[AuthorizedSession, ...]
    first_uncovered_on: Day | None
    warning: AuthorizationWarning | None


def plan_authorizations(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    as_of: DayInput,
    count: int = 5,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
    planned_units: Decimal | int | None = None,
    planned_discarded: Decimal | int | None = None,
) -> AuthorizationPlan:
    """Return which of the next sessions are covered, and which is the first that is not.

    Each session is judged on its target. It uses a visit of every authorization whose days
    contain it, and the planned units, given plus discarded.

    Args:
        record: What happened, and what was approved.
        protocol: The planned treatment; the authorizations of its clock count.
        as_of: The day up to which records are known.
        count: How many sessions to look ahead.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need.
        planned_units: Units to be given at each session.
        planned_discarded: Units of opened vials that will be left; without it, an authorization
            that limits units stays open.

    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(
    ...     sessions=[{"administered_on": "2026-09-14", "indication": "chronic-migraine",
    ...                "product": "Botox"}],
    ...     authorizations=[{"indication": "chronic-migraine", "product": "Botox", "sessions": 2,
    ...                      "valid": {"first": "2026-09-01", "last": "2027-08-31"}}],
    ... )
    >>> plan = plan_authorizations(record, find_protocol("chronic-migraine"), as_of="2026-10-01")
    >>> [(str(session.on), session.check.covers) for session in plan.sessions[:2]]
    [('2026-12-07', True), ('2027-03-01', False)]
    >>> str(plan.warning)
    'last_covered_session_ahead'
    """
    day, policy = as_day(as_of, "as_of"), policy_or_default(policy)
    others = tuple(other_protocols)
    situation = Situation(record, protocol, day, policy, others)
    authorizations = Authorizations(situation)
    dose = planned_dose(planned_units, planned_discarded)
    targets = [
        session.target
        for session in project(
            record, protocol, as_of=day, count=count, policy=policy, other_protocols=others
        )
    ]
    if not targets and (earliest := situation.due_dates().earliest) is not None and count:
        targets = [earliest]
    sessions = tuple(
        AuthorizedSession(
            number=index + 1,
            on=target,
            check=authorizations.check(target, dose, targets[:index]),
        )
        for index, target in enumerate(targets)
    )
    uncovered = [s for s in sessions if s.check is not None and s.check.covers is False]
    return AuthorizationPlan(
        as_of=day,
        uses=authorizations.uses,
        sessions=sessions,
        first_uncovered_on=uncovered[0].on if uncovered else None,
        warning=_warning(uncovered),
    )


def _warning(uncovered: Sequence[AuthorizedSession]) -> AuthorizationWarning | None:
    if not uncovered or uncovered[0].number > 2:
        return None
    if uncovered[0].number == 1:
        return AuthorizationWarning.NEXT_SESSION_NOT_COVERED
    return AuthorizationWarning.LAST_COVERED_SESSION_AHEAD
