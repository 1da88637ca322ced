"""Which of the next sessions a payer covers."""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum, unique
from itertools import islice

from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.engine import Track
from botox_schedule.engine.dates import first_allowed
from botox_schedule.engine.project import kept_booking_on, projected_sessions, rules_after
from botox_schedule.engine.track import next_allowed
from botox_schedule.planning.authorizations import (
    AuthorizationCheck,
    AuthorizationProblem,
    Authorizations,
    AuthorizationUse,
)
from botox_schedule.planning.booking import interval_constraints
from botox_schedule.planning.vials import planned_dose
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import TreatmentProtocol
from botox_schedule.questions import ask, checked_count
from botox_schedule.records import PatientRecord
from botox_schedule.values import NumberInput, Value


@unique
class AuthorizationWarning(StrEnum):
    """What to do before a session is refused."""

    LAST_COVERED_SESSION_AHEAD = "last_covered_session_ahead"
    """The next session is the last covered one: request the renewal now."""
    NEXT_SESSION_NOT_COVERED = "next_session_not_covered"


_WARNINGS = {
    1: AuthorizationWarning.NEXT_SESSION_NOT_COVERED,
    2: AuthorizationWarning.LAST_COVERED_SESSION_AHEAD,
}
"""The warning by the number of the first session that is not covered."""


class AuthorizedSession(Value, frozen=True):
    """One planned session, and whether it is covered.

    Attributes:
        number: 1 for the next session.
        on: The planned day.
        check: The answer of the authorization or payer's rule that decides; None where the record
            has no authorization and no rule applies.
    """

    number: int
    on: Day
    check: AuthorizationCheck | None


class AuthorizationPlan(Value, frozen=True):
    """Which of the next sessions a payer covers.

    Attributes:
        as_of: The last day on which records are known; no session is planned before it.
        uses: The use of each authorization for the clock, and of each payer's rule in force.
        sessions: The next sessions, in order.
        at_earliest: Whether the sessions are planned on the earliest allowed days because no due
            day is known. False without sessions, or where each is on its target.
        first_uncovered_on: The day of the first session that is certainly not covered; None
            where every one may be covered.
        warning: What to do now, before a session is refused; None for nothing. Without sessions,
            it says that no day from *as_of* on is covered.
    """

    as_of: Day
    uses: tuple[AuthorizationUse, ...]
    sessions: tuple[AuthorizedSession, ...]
    at_earliest: bool = False
    first_uncovered_on: Day | None
    warning: AuthorizationWarning | None


def plan_authorizations(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    as_of: DayInput,
    count: int = 5,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    planned_units: NumberInput | None = None,
    planned_discarded: NumberInput | None = None,
) -> AuthorizationPlan:
    """Return which of the next sessions are covered, and the first one that is not.

    Each session is planned on its target. Where no due day is known, it is planned on the
    earliest allowed day and ``at_earliest`` is set. Each session uses one visit of every
    authorization whose days contain it, and the planned units, given plus discarded; a booked
    one that comes before has its own. A first treatment is planned alone: there is no session yet
    to count the next ones from.

    Args:
        record: The patient's record, with any authorizations.
        protocol: The planned treatment: a protocol, or the name of an indication. The
            authorizations for its clock count.
        as_of: The last day on which records are known; no session is planned before it.
        count: How many sessions to plan, from 1 to 1,000.
        policy: The policy of the clinic or payer; the payer's limits on visits and units apply.
        other_protocols: Older versions and other products' protocols that the history may need;
            None means the bundled ones, anything else exactly those.
        planned_units: Units of the product to be given at each session.
        planned_discarded: Units of opened vials that will be discarded at each session. Without
            both, a booked session has its own, also where it would be moved, and an authorization
            that limits units covers no other session for certain.

    Raises:
        DayError: When *as_of* is not a calendar day.
        CountError: When *count* is not a whole number from 1 to 1,000.
        UnknownProtocolError: When no known protocol has that name.
        UnitsError: When *planned_units* is not a number above 0, or *planned_discarded* is not a
            number of at least 0.

    >>> record = PatientRecord(
    ...     sessions=[{"administered_on": "2026-09-14", "indication": "chronic-migraine",
    ...                "product": "Botox"}],
    ...     authorizations=[{"indication": "chronic-migraine", "product": "Botox", "sessions": 2,
    ...                      "valid": {"first": "2026-09-01", "last": "2027-08-31"}}],
    ... )
    >>> plan = plan_authorizations(record, "chronic-migraine", as_of="2026-10-01")
    >>> [(str(s.on), s.check and s.check.covers) for s in plan.sessions[:2]]
    [('2026-12-07', True), ('2027-03-01', False)]
    >>> str(plan.warning)
    'last_covered_session_ahead'
    """
    day, wanted = as_day(as_of, "as_of"), checked_count(count)
    dose = planned_dose(planned_units, planned_discarded)
    track = ask(record, protocol, day, policy=policy, other_protocols=other_protocols).track
    authorizations = Authorizations(track, dose)
    most = max(wanted, *_WARNINGS)
    projected = [s.target for s in projected_sessions(track, most)]
    targets = projected or list(islice(_earliest_days(track), most))
    checks = [authorizations.check(on, targets[:index]) for index, on in enumerate(targets)]
    judged = enumerate(zip(targets, checks, strict=True), start=1)
    sessions = [AuthorizedSession(number=n, on=on, check=check) for n, (on, check) in judged]
    uncovered = [s for s in sessions if s.check is not None and s.check.covers is False]
    first_uncovered_on = next((s.on for s in uncovered if s.number <= wanted), None)
    if targets:
        warning = _WARNINGS.get(uncovered[0].number) if uncovered else None
    else:
        warning = _undated_warning(track, authorizations)
    return AuthorizationPlan(
        as_of=day,
        uses=authorizations.uses,
        sessions=tuple(sessions[:wanted]),
        at_earliest=bool(targets) and not projected,
        first_uncovered_on=first_uncovered_on,
        warning=warning,
    )


def _earliest_days(track: Track) -> Iterator[date]:
    """The earliest allowed day of the next session, then of each further one."""
    day, rules = _first_day(track), track.rules
    while day is not None:
        yield day
        if rules is None:
            return
        rules = rules_after(track, day)
        day = first_allowed(rules, track.holds, day)


def _first_day(track: Track) -> date | None:
    """The day of the next booking if it can be kept, else the first allowed day."""
    booked_on = kept_booking_on(track)
    if booked_on is not None or track.rules is not None:
        return booked_on or next_allowed(track, track.as_of)
    free = track.holds.next_free(track.as_of)
    return None if free is None or interval_constraints(track, free) else free


def _undated_warning(track: Track, authorizations: Authorizations) -> AuthorizationWarning | None:
    """Warn where no day is known for the next session, and none that may come is covered."""
    first = track.holds.next_free(track.as_of)
    if first is None or track.care.status is not None or track.care.ends_on is not None:
        return None
    check = authorizations.check(first, ())
    if check is None or check.use.rule is not None or check.covers is not False:
        return None
    is_covered_later = not _COVERS_LATER.isdisjoint(check.problems)
    return None if is_covered_later else AuthorizationWarning.NEXT_SESSION_NOT_COVERED


_COVERS_LATER = frozenset({AuthorizationProblem.NOT_STARTED, AuthorizationProblem.PAYER_MINIMUM})
