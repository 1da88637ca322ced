"""The next sessions of a record's track, if every one comes on its target."""

from collections.abc import Iterable
from datetime import timedelta

from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.dates.intervals import Window
from botox_schedule.engine.session import ProjectedSession, projected
from botox_schedule.engine.track import Situation
from botox_schedule.policy import SchedulingPolicy, policy_or_default
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.records.model import PatientRecord

__all__ = ["project"]


def project(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    as_of: DayInput,
    count: int = 5,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
) -> tuple[ProjectedSession, ...]:
    """Return the next sessions, from the forecast's due day on.

    Each is counted from the last session and never chained; later ones move with the first.
    Empty while nothing is dated, and where no usual range is stated.

    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> sessions = project(record, find_protocol("chronic-migraine"), as_of="2026-02-20", count=2)
    >>> [(session.number, str(session.target)) for session in sessions]
    [(1, '2026-03-30'), (2, '2026-06-22')]
    """
    policy = policy_or_default(policy)
    situation = Situation(record, protocol, as_day(as_of, "as_of"), policy, other_protocols)
    found, anchor = situation.found, situation.anchor
    if found is None or anchor is None or found.held.due is None or found.rules.usual is None:
        return ()
    minimums = [minimum.interval for minimum in found.rules.minimums]
    usual = found.rules.usual
    slide = timedelta(days=(found.held.due - projected(anchor, 1, minimums, usual, policy)[1]).days)
    sessions = []
    for number in range(1, count + 1):
        first, target, last = projected(anchor, number, minimums, usual, policy)
        begin = found.earliest if number == 1 and found.earliest else first + slide
        window = Window(first=begin, last=last + slide)
        sessions.append(ProjectedSession(number=number, target=target + slide, window=window))
    return tuple(sessions)
