"""One session and a protocol: the expected response, as dates."""

from bisect import bisect_right
from datetime import date, timedelta

from pydantic import BaseModel

from botox_schedule.dates.days import Day, DayInput, as_day
from botox_schedule.dates.intervals import Window
from botox_schedule.errors import OrderError
from botox_schedule.policy import SchedulingPolicy, policy_or_default
from botox_schedule.protocols.model import ProtocolRef, TreatmentProtocol
from botox_schedule.terms import ResponsePhase

__all__ = ["ResponseTimeline", "response_phase", "response_timeline"]

_ONE_DAY = timedelta(days=1)


class ResponseTimeline(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """When the response to one session is expected to begin, peak and wear off.

    Attributes:
        administered_on: The session.
        onset: Days in which the first effect is expected, or None where no source says.
        peak: Days of the full effect of this session.
        wear_off: Days in which the effect declines.
        full_benefit_by: When the course should have reached its full benefit; None where no
            source says, or the course's first session is not known.
        protocol: The protocol that the windows rest on.
        unverified: The figures of the protocol that were not read in a source.
    """

    administered_on: Day
    onset: Window | None = None
    peak: Window | None = None
    wear_off: Window | None = None
    full_benefit_by: Day | None = None
    protocol: ProtocolRef | None = None
    unverified: tuple[str, ...] = ()


def response_timeline(
    administered_on: DayInput,
    protocol: TreatmentProtocol,
    course_started_on: DayInput | None = None,
    policy: SchedulingPolicy | None = None,
) -> ResponseTimeline:
    """Return the expected response to a session.

    Args:
        administered_on: The day of the session.
        protocol: What label and literature say.
        course_started_on: The day of the course's first session; without it
            ``full_benefit_by`` is None.
        policy: Only its ``short_month`` matters here.

    Raises:
        DayError: When a day is not a calendar day.
        OrderError: When the course starts after the session.

    >>> from botox_schedule import find_protocol
    >>> timeline = response_timeline("2026-01-05", find_protocol("spasticity"))
    >>> str(timeline.onset), str(timeline.peak)
    ('2026-01-12 to 2026-01-19', '2026-02-02 to 2026-02-16')
    """
    day = as_day(administered_on, "administered_on")
    short_month = policy_or_default(policy).short_month
    response = protocol.response
    onset, peak, wear_off = (
        stated.after(day, short_month=short_month) if stated is not None else None
        for stated in (response.onset, response.peak, response.wear_off)
    )
    full_benefit_by = None
    if course_started_on is not None:
        start = as_day(course_started_on, "course_started_on")
        if start > day:
            raise OrderError("course_started_on lies after administered_on; give an earlier day")
        if response.full_benefit is not None:
            full_benefit_by = response.full_benefit.after(start, short_month=short_month)
    return ResponseTimeline(
        administered_on=day,
        onset=onset,
        peak=peak,
        wear_off=wear_off,
        full_benefit_by=full_benefit_by,
        protocol=protocol.ref,
        unverified=protocol.unverified_response,
    )


def response_phase(timeline: ResponseTimeline, *, as_of: DayInput) -> ResponsePhase:
    """Return what is expected of the response on *as_of*; each day has exactly one phase.

    The later phase wins from its first day. After the last boundary that has a source the
    phase is ``not_stated``.

    Raises:
        OrderError: When *as_of* lies before the session.

    >>> from botox_schedule import find_protocol
    >>> timeline = response_timeline("2026-01-05", find_protocol("chronic-migraine"))
    >>> response_phase(timeline, as_of="2026-03-01"), response_phase(timeline, as_of="2026-03-02")
    (<ResponsePhase.BUILDING: 'building'>, <ResponsePhase.WEARING_OFF: 'wearing_off'>)
    """
    day = as_day(as_of, "as_of")
    if day < timeline.administered_on:
        raise OrderError("as_of lies before the session; give the session's day or a later one")
    boundaries = _boundaries(timeline)
    return boundaries[bisect_right([first for first, _ in boundaries], day) - 1][1]


def _boundaries(timeline: ResponseTimeline) -> list[tuple[date, ResponsePhase]]:
    """The first day of each phase; a phase that a later one overtakes has none."""
    windows = (
        (timeline.onset, ResponsePhase.ONSET, ResponsePhase.BUILDING),
        (timeline.peak, ResponsePhase.PEAK, ResponsePhase.SUSTAINED),
        (timeline.wear_off, ResponsePhase.WEARING_OFF, ResponsePhase.WORN_OFF),
    )
    stated = [(window, during, after) for window, during, after in windows if window is not None]
    start = ResponsePhase.LATENT if timeline.onset is not None else ResponsePhase.NOT_STATED
    boundaries = [(timeline.administered_on, start)]
    for index, (window, during, after) in enumerate(stated):
        boundaries.append((window.first, during))
        following = stated[index + 1][0].first if index + 1 < len(stated) else None
        worn_off = after is ResponsePhase.WORN_OFF
        then = after if following or worn_off else ResponsePhase.NOT_STATED
        if following is None or window.last < following:
            boundaries.append((window.last + _ONE_DAY, then))
    return boundaries
