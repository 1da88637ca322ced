"""A patient's own response: how many days after sessions the effect began and ended."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique
from fractions import Fraction
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from botox_schedule.dates.days import Day, DayInput, as_day, shifted
from botox_schedule.engine import Track
from botox_schedule.engine.adherence import follow_up_of
from botox_schedule.engine.cycles import TreatmentCycle, judged_cycles
from botox_schedule.engine.response import FEWEST_CYCLES, ObservedDays, ObservedResponse
from botox_schedule.errors import CountError
from botox_schedule.outcomes.assessment import due_after
from botox_schedule.outcomes.diary import HeadacheDiary, a_diary, month_until
from botox_schedule.outcomes.figures import WEEK, before_unknown, outcome_tables, whole
from botox_schedule.outcomes.wear_off import WearOffDefinition, first_run, wear_off, weekly_days
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import TreatmentProtocol
from botox_schedule.questions import ask
from botox_schedule.records import PatientRecord
from botox_schedule.terms import word_of
from botox_schedule.values import PatientValue, a_list

_NOTED = "noted by the clinic"
_ONSET = "fewer days a week than before the session"


@unique
class ObservedChange(StrEnum):
    """A change in the effect."""

    ONSET = "onset"
    WEAR_OFF = "wear_off"


class ResponseNote(PatientValue, frozen=True):
    """A clinic's note about the effect, such as "the effect ended on 12 March".

    Attributes:
        on: The day on which the effect began or ended.
        what: Whether it began or ended.
        session_on: The day of a full session of the cycle. None means the last cycle that began
            on or before *on*; an effect that ended on the day of a session is that of the one
            before.
    """

    on: Day
    what: ObservedChange = ObservedChange.WEAR_OFF
    session_on: Day | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            on: DayInput,
            what: ObservedChange | str = ObservedChange.WEAR_OFF,
            session_on: DayInput | None = None,
        ) -> None: ...


NoteInput = ResponseNote | tuple[DayInput | int, int]
"""A note, or a pair: a session's day or a cycle's number, and the days until the effect ended."""


class _Cycle(NamedTuple):
    """A cycle and its last day that is looked at, included.

    *needed_on* is the last day without which the end of the effect stays unknown: the day before
    the next session, or before it was due. None until then.
    """

    cycle: TreatmentCycle
    last_on: date
    needed_on: date | None


class _Noted(NamedTuple):
    cycle: TreatmentCycle
    what: ObservedChange
    days: int


def observed_response(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    as_of: DayInput,
    diary: HeadacheDiary | None = None,
    notes: Iterable[NoteInput] = (),
    definition: WearOffDefinition | str = WearOffDefinition.NADIR_RISE,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
) -> ObservedResponse:
    """Return the patient's own days to onset and to wear-off, each from at least three cycles.

    Pass the result to a forecast as ``observed``. It is a signal and moves no date. For a cycle
    with a note, the note replaces the diary; of several notes the earliest day counts. The end of
    the effect is read from the diary once it reaches the day before the next session is due or
    given. A cycle without a known day is excluded and counted as left out. A part with fewer than
    three known days is None.

    Args:
        record: The patient's record.
        protocol: The track: a protocol, or the name of an indication.
        as_of: The day of the question, included; later sessions, entries and notes are ignored.
        diary: Days with headache, for cycles without a note.
        notes: The clinic's notes, each a :class:`ResponseNote` or a pair: a session's day or the
            cycle's number in the course, and the days from the session to the end of the effect.
        definition: How to find wear-off in the diary; ``half_of_benefit_lost`` needs the diary's
            given baseline.
        policy: The policy of the clinic or payer; None means the default.
        other_protocols: Other protocols that the history may need, as for a forecast.

    Raises:
        CountError: When a note does not match a cycle of the record, or its days are not a whole
            number of at least 0.
        DayError: When a day is not a calendar day.
        UnknownWordError: When *definition* is not one of the known words.
        UnknownProtocolError: When no known protocol has that name.

    >>> from botox_schedule.testing import record_from_gaps
    >>> record = record_from_gaps([84, 84, 84], starts_on=date(2026, 1, 5))
    >>> observed = observed_response(record, "chronic-migraine", as_of="2026-12-01",
    ...                              notes=[(1, 70), (2, 68), (3, 75), (4, 70)])
    >>> ends = observed.wear_off
    >>> print(ends, "median", ends and ends.median)
    this patient: 68 to 75 days in 4 cycles median 70
    """
    day = as_day(as_of, "as_of")
    track = ask(record, protocol, day, policy=policy, other_protocols=other_protocols).track
    cycles = _cycles(track)
    last = track.prior.cycles + len(cycles)
    later = range(last + 1, last + len(track.history.later) + 1)
    a_list(notes, "notes: give a list of notes, such as [(1, 70), (2, 68)]")
    told = [_noted(note, cycles, day, later) for note in notes]
    noted = [n for n in told if n is not None and n.days <= (day - n.cycle.anchored_on).days]
    known = HeadacheDiary() if diary is None else a_diary(diary).until(day)
    wanted = word_of(WearOffDefinition, definition, "definition")
    onsets, ends = ([n for n in noted if n.what is what] for what in ObservedChange)
    return ObservedResponse(
        onset=_observed(cycles, onsets, _ONSET, partial(_onset_week, known)),
        wear_off=_observed(cycles, ends, wanted.value, partial(_wear_off_week, known, wanted)),
    )


def _cycles(track: Track) -> list[_Cycle]:
    cycles, until = judged_cycles(track), follow_up_of(track).until
    if not cycles:
        return []
    due = [day and shifted(day, -1) for day in (due_after(track, c) for c in track.cycles)]
    ends = [shifted(cycle.first_on, -1) for cycle in cycles[1:]]
    over = [min(end, day or end) for end, day in zip(ends, due, strict=False)]
    last = due[-1] if due[-1] is not None and due[-1] <= until else None
    return list(map(_Cycle, cycles, [*ends, until], [*over, last]))


def _noted(note: NoteInput, cycles: Sequence[_Cycle], as_of: date, later: range) -> _Noted | None:
    """What a note says; None after *as_of*, also of a cycle that may begin *later*."""
    if isinstance(note, ResponseNote):
        if note.on > as_of:
            return None
        cycle = _cycle_before(note, cycles)
        days = (note.on - cycle.anchored_on).days
        return _Noted(cycle, note.what, whole(days, "notes: days since the session"))
    try:
        session, days = note
    except (TypeError, ValueError):
        raise CountError("notes: give each as a ResponseNote, or as a session and days") from None
    if session in later if isinstance(session, int) else as_day(session, "notes") > as_of:
        return None
    return _Noted(_cycle_named(session, cycles), ObservedChange.WEAR_OFF, whole(days, "notes"))


def _cycle_before(note: ResponseNote, cycles: Sequence[_Cycle]) -> TreatmentCycle:
    if note.session_on is not None:
        return _cycle_named(note.session_on, cycles)
    last = note.on if note.what is ObservedChange.ONSET else shifted(note.on, -1)
    begun = [place.cycle for place in cycles if place.cycle.anchored_on <= last]
    if not begun:
        raise CountError("notes: no session lies before one of them; give the day the effect ended")
    return begun[-1]


def _cycle_named(session: DayInput | int, cycles: Sequence[_Cycle]) -> TreatmentCycle:
    if isinstance(session, int):
        named = [place.cycle for place in cycles if place.cycle.number == whole(session, "notes")]
    else:
        day = as_day(session)
        named = [p.cycle for p in cycles if p.cycle.first_on <= day <= p.cycle.anchored_on]
    if not named:
        raise CountError("notes: one is about no cycle of the record; give a session's day")
    return named[0]


def _observed(
    cycles: Sequence[_Cycle],
    noted: Sequence[_Noted],
    definition: str,
    week_of: Callable[[_Cycle], int | None],
) -> ObservedDays | None:
    """The days to one change; where it is not noted, *week_of* finds its week in the diary."""
    found: list[tuple[int, str]] = []
    for place in cycles:
        own = [note.days for note in noted if note.cycle is place.cycle]
        if own:
            found.append((min(own), _NOTED))
        elif (week := week_of(place)) is not None:
            found.append((WEEK * (week - 1), definition))
    if len(found) < FEWEST_CYCLES:
        return None
    days = tuple(number for number, _ in found)
    middle = median(map(Fraction, days))
    return ObservedDays(
        days=days,
        median=Decimal(middle.numerator) / middle.denominator,
        smallest=min(days),
        largest=max(days),
        definition=", ".join(dict.fromkeys(words for _, words in found)),
        left_out=len(cycles) - len(found),
    )


def _weeks(
    diary: HeadacheDiary, place: _Cycle, least: date = date.min
) -> tuple[Fraction | None, ...]:
    """The weeks of a cycle that are recorded, and those until *least*."""
    last = min(place.last_on, diary.last_recorded_on or place.last_on)
    return weekly_days(diary, place.cycle.anchored_on, max(last, least))


def _wear_off_week(
    diary: HeadacheDiary, definition: WearOffDefinition, place: _Cycle
) -> int | None:
    given = diary.baseline
    # Until the next session is due, a better week may come: the lowest one is not known yet.
    if place.needed_on is None:
        return None
    return wear_off(
        _weeks(diary, place, place.needed_on),
        definition=definition,
        administered_on=place.cycle.anchored_on,
        baseline=None if given is None else given.headache_days * WEEK / given.per_days,
    ).week


def _onset_week(diary: HeadacheDiary, place: _Cycle) -> int | None:
    """The first of several weeks in a row with fewer days a week than before the session."""
    figures = outcome_tables()["onset"]
    last = shifted(place.cycle.first_on, -1)
    before = diary.count(month_until(last))
    rate = before.rate(per_days=WEEK) if before.is_sufficient else None
    if rate is None:
        return None
    # An unknown week ends the search: the effect may have begun in it.
    falls = [rate - week for week in before_unknown(_weeks(diary, place))]
    return first_run(falls, figures["fall"], int(figures["weeks"]))
