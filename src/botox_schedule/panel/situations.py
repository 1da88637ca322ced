"""The engine's rules, applied once to each distinct situation that tracks are in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple

import polars as pl

from botox_schedule.engine.cycles import (
    FIRST_CYCLE,
    Comparison,
    CycleJudgment,
    comparison_of,
    judge_cycle,
)
from botox_schedule.engine.findings import (
    booking_codes,
    codes_in_series,
    codes_of_touch_up,
    past_bookings,
)
from botox_schedule.engine.standing import Standing, clear_of, standing_of
from botox_schedule.engine.track import Track, tracks_of
from botox_schedule.panel.asking import KINDS, PRODUCTS, TOUCH_UP, TREATMENTS, Asking, session_of
from botox_schedule.records.history import CycleSessions, Decisions
from botox_schedule.records.model import TreatmentSession
from botox_schedule.terms import FindingCode, SessionKind, SessionStatus

CODES = tuple(FindingCode)
_BITS = {code: 1 << place for place, code in enumerate(CODES)}
_DAYS = {name for name, kind in Standing.__annotations__.items() if kind == date | None}
_PLAIN = Standing._fields.index("codes")
STANDING: dict[str, Any] = {
    name: pl.Date if name in _DAYS else pl.String for name in Standing._fields[:_PLAIN]
} | {
    "cycle_number": pl.Int64,
    "codes": pl.UInt64,
    "acknowledged": pl.UInt64,
    "clear": pl.Boolean,
}
"""The columns of standings; ``codes`` has a bit for each code of a finding."""
JUDGED: dict[str, Any] = {
    "timing": pl.String,
    "short_by_days": pl.Int64,
    "late_by_days": pl.Int64,
    "held": pl.Boolean,
}
"""How a cycle compares with the one before."""


def bits_of(codes: Iterable[FindingCode]) -> int:
    """Return the bits of some codes."""
    return sum(map(_BITS.__getitem__, codes))


def codes_of(bits: int) -> list[FindingCode]:
    """Return the codes that bits stand for."""
    return [code for code, bit in _BITS.items() if bits & bit]


def standing_row(standing: Standing, clear: bool | None) -> tuple[Any, ...]:  # noqa: FBT001 - an answer
    """Return a standing as a row of :data:`STANDING`."""
    return (*standing[:_PLAIN], bits_of(standing.codes), bits_of(standing.acknowledged), clear)


def judged_row(judgment: CycleJudgment) -> tuple[Any, ...]:
    """Return a judgment as a row of :data:`JUDGED`."""
    return judgment[: len(JUDGED)]


def answered(
    frame: pl.DataFrame,
    keys: Sequence[str],
    schema: dict[str, Any],
    answer: Callable[..., Sequence[Any]],
) -> pl.DataFrame:
    """Return *frame* with the columns of an answer, asked once for each distinct row of *keys*.

    This is the one place from which the panel calls the engine's rules.
    """
    distinct = frame.select(keys).unique()
    rows = [answer(*row) for row in distinct.iter_rows()]
    found = distinct.hstack(pl.DataFrame(rows, schema=schema, orient="row"))
    return frame.join(found, on=keys, nulls_equal=True)


class Meanings(NamedTuple):
    """What the numbers in situations stand for.

    Attributes:
        names: The indications.
        born: A birth day for each age group.
        decided: What was decided.
        mixtures: The treatments of mixed cycles.
    """

    names: tuple[str, ...]
    born: tuple[date | None, ...]
    decided: tuple[Decisions, ...]
    mixtures: Mapping[int, tuple[int, ...]]


class Engine:
    """Answers for situations.

    Attributes:
        tracks: The tracks judged so far, by number; without earlier cycles or bookings.
    """

    def __init__(self, asking: Asking, meanings: Meanings) -> None:
        self._asking = asking
        _, self._born, self._decided, _ = meanings
        self._comparisons: dict[tuple[int, ...], Comparison] = {}
        self._judged: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self.tracks: list[Track] = []
        self._alike: dict[tuple[Any, ...], int] = {}
        # Not methods: an engine that its own cache holds would wait for the garbage collector.
        self._session = lru_cache(maxsize=100_000)(partial(_session, meanings.names))
        self._visit = lru_cache(maxsize=100_000)(session_of)
        self._cycle = lru_cache(maxsize=100_000)(partial(_cycle, meanings, self._visit))
        self._codes = lru_cache(maxsize=100_000)(partial(_codes, self.tracks))

    def standing(self, sessions: str, policy: int, age: int, decided: int) -> tuple[Any, ...]:
        """Where a track whose last cycle has these sessions stands, with the track's number."""
        asking = self._asking
        reading = asking.reading(
            [self._session(piece) for piece in sessions.split(" ")],
            self._born[age],
            asking.policies.each[policy],
            self._decided[decided],
        )
        (found,) = tracks_of(reading, asking.region, asking.population)
        track = found.track
        if not isinstance(track, Track):
            raise AssertionError("only tracks with a protocol are asked about here")  # noqa: TRY004 - no input
        number, key = len(self.tracks), (id(track.protocol), policy, decided, track.care.status)
        alike = self._alike.setdefault(key, number)
        self.tracks.append(track)
        standing = standing_of(found)
        return (*standing_row(standing, clear_of(track, with_limits=False)), number, alike)

    def judged(self, alike: int, given: int | None, treated: int, *days: date) -> tuple[Any, ...]:
        """How a cycle compares with the one before, for a track of that protocol.

        Args:
            alike: The number of a track with that protocol and those decisions.
            given: The treatments of the cycle before, or None.
            treated: The treatments of the cycle.
            days: The anchor of the cycle before and its last day, and the first of the cycle.
        """
        if given is None:
            return (*judged_row(FIRST_CYCLE), 0)
        key = alike, given, treated
        if key not in self._comparisons:
            self._comparisons[key] = comparison_of(*self._pair(*key, *days))
        place = (*key, *self._comparisons[key].distances(*days))
        if place not in self._judged:
            found = judge_cycle(*self._pair(*key, *days))
            self._judged[place] = (*judged_row(found), bits_of(f.code for f in found.findings))
        return self._judged[place]

    def _pair(self, alike: int, given: int, treated: int, *days: date) -> tuple[Any, ...]:
        """A track, and two cycles."""
        on, last_on, first_on = days
        before, cycle = self._cycle(given, on, last_on), self._cycle(treated, first_on, first_on)
        return self.tracks[alike], before, cycle

    def booked(self, asked_of: int, touch_up: bool, days: str) -> tuple[int]:  # noqa: FBT001 - a key
        """Why visits, or touch-ups, should not be booked for some days ahead."""
        each = [self._codes(asked_of, day) for day in days.split(",")]
        codes = map(codes_of_touch_up, each) if touch_up else codes_in_series(each)
        return (bits_of(set().union(*codes)),)

    def clear(self, asked_of: int, on: date) -> tuple[bool | None]:
        """Whether the day of the next booking is clear; its units are not checked here."""
        track = self.tracks[asked_of]
        (visit,) = self._visits(track, {on: SessionKind.FULL}, SessionStatus.BOOKED)
        return (clear_of(track, visit, with_limits=False),)

    def bookings(self, alike: int, *days: date | None) -> tuple[int]:
        """The findings about past bookings after the last session, whichever day that was.

        Args:
            alike: The number of a track with that protocol and those decisions.
            days: The first and the last booked day, the last one of a full session, and the last
                missed one of a full session and of a touch-up.
        """
        track, (first, last, full, missed, missed_touch_up) = self.tracks[alike], days
        touch_up, session = SessionKind.TOUCH_UP, SessionKind.FULL
        visits = {first: touch_up, last: touch_up, full: session}
        booked = self._visits(track, visits, SessionStatus.BOOKED)
        visits = {missed_touch_up: touch_up, missed: session}
        gone = self._visits(track, visits, SessionStatus.CANCELLED)
        reading = track.reading._replace(history=track.history._replace(booked=booked, missed=gone))
        waiting = replace(track, reading=reading, cycles=[], last=None)
        return (bits_of(code for code, _ in past_bookings(waiting)),)

    def _visits(
        self, track: Track, kinds: Mapping[date | None, SessionKind], status: SessionStatus
    ) -> list[TreatmentSession]:
        """The planned treatment on some days, in their order."""
        days = sorted([(day, kind) for day, kind in kinds.items() if day])
        planned, product = track.protocol.indication, PRODUCTS.index(track.protocol.product)
        return [self._visit(on, planned, product, status=status, kind=kind) for on, kind in days]


def _codes(tracks: Sequence[Track], asked_of: int, day: str) -> frozenset[FindingCode]:
    """Why a visit should not be booked for a day ahead; many patients share it."""
    return frozenset(booking_codes(tracks[asked_of], date.fromordinal(int(day))))


def _cycle(
    meanings: Meanings,
    visit: Callable[..., TreatmentSession],
    treated: int,
    on: date,
    last_on: date,
) -> CycleSessions:
    """A cycle with these treatments; which of them came last does not matter here."""
    treatments = meanings.mixtures.get(treated, (treated,))
    given = [(meanings.names[each // TREATMENTS], each % TREATMENTS) for each in treatments]
    parts = [visit(on, *treatment) for treatment in given]
    later = [visit(last_on, *given[-1], kind=KINDS[TOUCH_UP])] if last_on > on else []
    return CycleSessions(parts, later)


def _session(names: Sequence[str], piece: str) -> TreatmentSession:
    day, indication, product, kind, units = map(int, piece.split(","))
    return session_of(
        date.fromordinal(day), names[indication], product, kind=KINDS[kind], units=units or None
    )
