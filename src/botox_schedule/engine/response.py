"""One session and a protocol: the expected response, as dates."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise, zip_longest
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from botox_schedule.dates.days import Day, DayInput, as_day, days_text, shifted
from botox_schedule.dates.intervals import Window
from botox_schedule.errors import OrderError
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.model import ProtocolRef, TreatmentProtocol
from botox_schedule.terms import ForWhom, ResponsePhase
from botox_schedule.values import PatientValue, Value, made, notebook_html, of_kind


class Stage(NamedTuple):
    """A window of the response: its phase, and the phase from its end to the next window."""

    name: str
    during: ResponsePhase
    after: ResponsePhase


STAGES = (
    Stage("onset", ResponsePhase.ONSET, ResponsePhase.BUILDING),
    Stage("peak", ResponsePhase.PEAK, ResponsePhase.SUSTAINED),
    Stage("wear_off", ResponsePhase.WEARING_OFF, ResponsePhase.WORN_OFF),
)
"""The windows of the response in their order; engine, views and calendars read this table."""

_ONSET, _PEAK, _WEAR_OFF = STAGES
_FIELDS = {stage: (stage.name, f"{stage.name}_for_whom", f"{stage.name}_share") for stage in STAGES}
_FIGURES = {stage: attrgetter(*names) for stage, names in _FIELDS.items()}
"""What a protocol and a timeline state of each window: days, which patients, and their share."""

FEWEST_CYCLES = 3
"""The fewest cycles from which one patient's own response is reported."""


class StagedWindow(NamedTuple):
    """A stated window with its stage and the patients it is about."""

    stage: Stage
    window: Window
    for_whom: ForWhom
    share: str | None


class ResponseTimeline(Value, frozen=True):
    """When the response to one session is expected to begin, peak and wear off.

    Attributes:
        administered_on: The session.
        onset: Days in which the first effect is expected, or None where no source says.
        onset_for_whom: Whether that is a typical patient's onset or that of some.
        onset_share: The share of patients it is about.
        peak: Days of the full effect of this session.
        peak_for_whom: Whether that is a typical patient's peak or that of some.
        peak_share: The share of patients it is about.
        wear_off: Days in which the effect declines.
        wear_off_for_whom: Whether that is a typical patient's wear-off or that of some.
        wear_off_share: The share of patients it is about.
        full_benefit_by: When the course should have reached its full benefit; None where no
            source says, or the course's first session is unknown.
        protocol: The protocol that the windows rest on.
        unverified: The figures of the protocol that were not read in a source.
    """

    administered_on: Day
    onset: Window | None = None
    onset_for_whom: ForWhom = ForWhom.TYPICAL
    onset_share: str | None = None
    peak: Window | None = None
    peak_for_whom: ForWhom = ForWhom.TYPICAL
    peak_share: str | None = None
    wear_off: Window | None = None
    wear_off_for_whom: ForWhom = ForWhom.TYPICAL
    wear_off_share: str | None = None
    full_benefit_by: Day | None = None
    protocol: ProtocolRef | None = None
    unverified: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        """Return the timeline as a picture and a table for a notebook."""
        return notebook_html("timeline_html", self)

    def windows(self) -> tuple[StagedWindow, ...]:
        """Return the stated windows in the order of their stages."""
        return tuple(
            StagedWindow(stage, *found)
            for stage, figures in _FIGURES.items()
            if (found := figures(self))[0] is not None
        )


class ObservedDays(PatientValue, frozen=True):
    """Days from a session until one patient noticed something, over several cycles.

    Attributes:
        days: The days of each cycle, in order of the cycles.
        median: Their median.
        smallest: The smallest.
        largest: The largest.
        definition: What was looked for.
        left_out: How many cycles were left out because nothing could be told from them.
    """

    days: tuple[int, ...]
    median: Decimal
    smallest: int
    largest: int
    definition: str
    left_out: int

    def __str__(self) -> str:
        span = days_text(self.smallest, self.largest)
        return f"this patient: {span} in {len(self.days)} cycles"


class ObservedResponse(PatientValue, frozen=True):
    """One patient's own response; it is a signal and moves no date.

    Attributes:
        onset: Days to the first effect; None with fewer than three cycles.
        wear_off: Days to the decline of the effect; None with fewer than three cycles.
    """

    onset: ObservedDays | None = None
    wear_off: ObservedDays | None = None


def timeline_of(
    day: date,
    protocol: TreatmentProtocol,
    course_started_on: date | None,
    policy: SchedulingPolicy,
) -> ResponseTimeline:
    """Return the expected response to a session on *day*.

    Raises:
        OrderError: When the course starts after the session.
    """
    response, short_month = protocol.response, policy.short_month
    if course_started_on is not None and course_started_on > day:
        raise OrderError("course_started_on lies after administered_on; give an earlier day")
    windows: dict[str, Any] = {}
    for stage, figures in _FIGURES.items():
        stated, for_whom, share = figures(response)
        if stated is not None:
            name, name_of_whom, name_of_share = _FIELDS[stage]
            windows[name] = stated.added_to(day, short_month)
            windows[name_of_whom], windows[name_of_share] = for_whom, share
    full_benefit_by = None
    if course_started_on is not None and response.full_benefit is not None:
        full_benefit_by = response.full_benefit.added_to(course_started_on, short_month)
    return made(
        ResponseTimeline,
        administered_on=day,
        **windows,
        full_benefit_by=full_benefit_by,
        protocol=protocol.ref,
        unverified=protocol.unverified_response,
    )


def a_timeline(timeline: ResponseTimeline) -> ResponseTimeline:
    """Return *timeline*.

    Raises:
        TypeError: When it is anything else.
    """
    advice = "timeline: give a ResponseTimeline, as response_timeline returns it"
    return of_kind(timeline, ResponseTimeline, advice)


def response_phase(timeline: ResponseTimeline, *, as_of: DayInput) -> ResponsePhase:
    """Return what is expected of the response on *as_of*; each day has exactly one phase.

    A later phase wins from its first day. After the last stated window the phase is
    ``not_stated``, or ``worn_off`` after a typical patient's wear-off.

    Raises:
        DayError: When *as_of* is not a calendar day.
        OrderError: When *as_of* lies before the session.

    >>> from botox_schedule import find_protocol, response_timeline
    >>> timeline = response_timeline("2026-01-05", find_protocol("spasticity"))
    >>> response_phase(timeline, as_of="2026-02-01"), response_phase(timeline, as_of="2026-02-02")
    (<ResponsePhase.BUILDING: 'building'>, <ResponsePhase.PEAK: 'peak'>)
    """
    day = as_day(as_of, "as_of")
    a_timeline(timeline)
    if day < timeline.administered_on:
        raise OrderError("as_of lies before the session; give the session's day or a later one")
    return phase_on(timeline, day)


def phase_on(timeline: ResponseTimeline, day: date) -> ResponsePhase:
    """Return the same as :func:`response_phase`, for a day from the session on."""
    boundaries = phase_boundaries(timeline)
    return boundaries[bisect_right(boundaries, day, key=itemgetter(0)) - 1][1]


@lru_cache(maxsize=4096)
def phase_after(
    day: date, protocol: TreatmentProtocol, policy: SchedulingPolicy, as_of: date
) -> ResponsePhase:
    """Return what is expected on *as_of* of a session on *day*, which many tracks of a list share."""
    return phase_on(timeline_of(day, protocol, None, policy), as_of)


def phase_boundaries(timeline: ResponseTimeline) -> list[tuple[date, ResponsePhase]]:
    """Return the first day of each phase, in order; a phase that another overtakes has none."""
    stated = timeline.windows()
    start = ResponsePhase.LATENT if timeline.onset is not None else ResponsePhase.NOT_STATED
    boundaries = [(timeline.administered_on, start)]
    for staged, following in zip_longest(stated, stated[1:]):
        boundaries.append((staged.window.first, _during(staged)))
        if following is None or staged.window.last < following.window.first:
            boundaries.append((shifted(staged.window.last, 1), _after(staged, following)))
    return boundaries


def _during(staged: StagedWindow) -> ResponsePhase:
    some = staged.stage is _WEAR_OFF and staged.for_whom is ForWhom.SOME
    return ResponsePhase.MAY_BE_WEARING_OFF if some else staged.stage.during


def _after(staged: StagedWindow, following: StagedWindow | None) -> ResponsePhase:
    """The phase from the end of a window to the next; after the last nothing more is stated."""
    if staged.stage is _WEAR_OFF:
        typical = staged.for_whom is ForWhom.TYPICAL
        return ResponsePhase.WORN_OFF if typical else ResponsePhase.NOT_STATED
    if following is None:
        return ResponsePhase.NOT_STATED
    if staged.stage is _ONSET and following.stage is not _PEAK:
        return ResponsePhase.EFFECT
    return staged.stage.after


def phases_until(timeline: ResponseTimeline) -> Iterator[tuple[ResponsePhase, date, date | None]]:
    """Yield each phase with its first and last day; the last phase has no last day."""
    boundaries = phase_boundaries(timeline)
    for (first, phase), (following, _) in pairwise(boundaries):
        if following > first:
            yield phase, first, shifted(following, -1)
    first, phase = boundaries[-1]
    yield phase, first, None
