"""How regularly groups of patients were treated, and how long treatment went on."""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple, Unpack

import polars as pl

from botox_schedule.dates.days import DayInput
from botox_schedule.dates.intervals import Interval, positive_interval
from botox_schedule.engine.adherence import (
    CourseCycle,
    Episode,
    FollowUp,
    course_of,
    effect_days,
    expected_effect,
    follow_up_of,
)
from botox_schedule.engine.holds import NO_HOLDS, HoldCalendar
from botox_schedule.engine.track import Track
from botox_schedule.errors import PanelError
from botox_schedule.panel.asking import EPOCH, Asking, whole
from botox_schedule.panel.columns import check_columns
from botox_schedule.panel.cycles import TRACK, judged_cycles
from botox_schedule.panel.frames import Frames
from botox_schedule.panel.given import Frame, RulesAndCare, ask
from botox_schedule.panel.happened import cycles_of
from botox_schedule.panel.situations import answered
from botox_schedule.panel.standings import Population, asked_tracks, compared, population_of
from botox_schedule.panel.tables import keys_like
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.terms import CycleTiming
from botox_schedule.values import a_list

_GROUPS = ("patient", *TRACK, "year", "session_left_out")
_COUNTS = ("cycles", "held_cycles", "judged", "early", "late", "days")
_EPISODE: dict[str, Any] = {"time": pl.Int64, "event": pl.Boolean, "reason": pl.String}


def adherence(
    sessions: Frame,
    protocols: Iterable[TreatmentProtocol] | None = None,
    *,
    as_of: DayInput,
    by: str | Sequence[str] = ("indication",),
    groups: Any = None,
    **rules: Unpack[RulesAndCare],
) -> Frame:
    """Return how many cycles were on time, by any grouping; held cycles are left out.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The known protocols; None means the bundled ones.
        as_of: The day up to which records are known.
        by: A column to group by, or several: ``patient``, ``indication``, ``product``,
            ``protocol_id``, ``protocol_version``, ``year`` (of the cycle's first session),
            ``session_left_out`` (rows of the patient could not be read, so an interval may be
            too long), or those of *groups*.
        groups: A frame with ``patient`` and what patients are grouped by, such as their clinic.
        rules: What clinic or payer chose, and the tables next to the sessions, as for
            ``forecast``.

    Returns:
        A frame of the same kind, sorted by the grouping: its columns, ``cycles``,
        ``held_cycles``, ``judged``, ``on_time`` (within the tolerance too), ``early``, ``late``,
        ``on_time_share`` (null without a judged cycle) and ``mean_interval_days``.

    Raises:
        PanelError: When a column is missing or of another type, or *by* has an unknown name.
        DayError: When *as_of* is not a calendar day.

    >>> import polars as pl
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1"] * 3, "administered_on": ["2026-01-05", "2026-03-30", "2026-07-13"],
    ...     "indication": ["chronic-migraine"] * 3, "product": ["Botox"] * 3,
    ... })
    >>> found = adherence(sessions, as_of="2026-08-01")
    >>> found.select("judged", "on_time", "late", "on_time_share").rows()
    [(2, 1, 1, 0.5)]
    """
    names = [by] if isinstance(by, str) else a_list(by, "by: give a column, or a list of columns")
    by = [*dict.fromkeys(names)]

    def answer(frames: Frames, asking: Asking) -> pl.DataFrame:
        judged = judged_cycles(frames, asking).with_columns(year=pl.col("first_on").dt.year())
        names = [*_GROUPS]
        if "groups" in frames:
            more = _of_patients(frames["groups"], judged, by)
            judged = judged.join(more, on="patient", how="left")
            names += more.drop("patient").columns
        if unknown := [name for name in by if name not in names]:
            given, known = ", ".join(map(str, unknown)), ", ".join(names)
            raise PanelError(f"by: give some of {known}; not {given}")
        return _counted(judged, by)

    own = {"groups": groups}
    return ask(sessions, protocols, as_of, answer, lambda all_: _shares(all_, by), own=own, **rules)


def _of_patients(groups: pl.DataFrame, judged: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    check_columns(groups, "groups", ["patient"])
    taken = {*judged.columns, *_COUNTS, "on_time", "on_time_share", "mean_interval_days"}
    taken |= {name for name, kind in groups.schema.items() if kind == pl.Object}
    for name in (taken - {"patient"}).intersection(by, groups.columns):
        raise PanelError(f"groups: {name}: give text or numbers, under a name of its own")
    keyed = groups.with_columns(keys_like(groups, "groups", judged).alias("patient"))
    if keyed["patient"].is_duplicated().any():
        raise PanelError("groups: patient: give each patient once")
    return keyed.drop(taken - {"patient"}, strict=False)


def _counted(judged: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    timing = pl.col("timing")
    counts = ~pl.col("held") & timing.is_not_null() & (timing != CycleTiming.FIRST.value)
    ones = judged.select(
        *by,
        cycles=pl.lit(1),
        held_cycles=pl.col("held"),
        judged=counts,
        early=counts & (timing == CycleTiming.EARLY.value),
        late=counts & (timing == CycleTiming.LATE.value),
        days=pl.when(counts).then("interval_days"),
    )
    return _summed(ones, by)


def _summed(counts: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    return counts.group_by(by).agg(pl.col(_COUNTS).sum().cast(pl.Int64)).sort(by)


def _shares(counts: pl.DataFrame, by: Sequence[str]) -> pl.DataFrame:
    on_time = pl.col("judged") - pl.col("early") - pl.col("late")
    any_judged = pl.when(pl.col("judged") > 0)
    return _summed(counts, by).select(
        *by,
        *_COUNTS[:3],
        on_time.alias("on_time"),
        "early",
        "late",
        on_time_share=any_judged.then(on_time / pl.col("judged")),
        mean_interval_days=any_judged.then(pl.col("days") / pl.col("judged")),
    )


def persistence(
    sessions: Frame,
    protocols: Iterable[TreatmentProtocol] | None = None,
    *,
    as_of: DayInput,
    permissible_gap_days: int,
    effect: Interval | str | None = None,
    **rules: Unpack[RulesAndCare],
) -> Frame:
    """Return how long each track's first episode of treatment went on.

    The rule is that of ``outcomes.adherence``.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The known protocols; None means the bundled ones.
        as_of: The day up to which records are known.
        permissible_gap_days: Days without expected effect that do not end an episode.
        effect: How long one session's effect lasts; None means until the end of the protocol's
            wear-off, else its minimum interval. A track without either is left out.
        rules: What clinic or payer chose, and the tables next to the sessions, as for
            ``forecast``.

    Returns:
        A frame of the same kind, in no order, with ``patient``, ``indication``, ``product``,
        ``time`` (days, first and last included), ``event`` (whether treatment ended) and
        ``reason`` (``gap``, ``discontinued``, ``deceased``, ``ongoing``): what lifelines takes
        as durations and observed events. ``session_left_out`` says whether rows of the patient
        could not be read: then a gap may be none.

    Raises:
        CountError: When the gap is not a whole number, or negative.
        IntervalError: When *effect* is not an interval, or not longer than 0 days.
        PanelError: When a column is missing or of another type.
        DayError: When *as_of* is not a calendar day.

    >>> import polars as pl
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1", "p-1"], "administered_on": ["2026-01-05", "2026-03-30"],
    ...     "indication": ["chronic-migraine"] * 2, "product": ["Botox"] * 2,
    ... })
    >>> found = persistence(sessions, as_of="2026-12-31", permissible_gap_days=30)
    >>> found.select("time", "event", "reason").rows()
    [(168, True, 'gap')]
    """
    gap = whole(permissible_gap_days, "permissible_gap_days")
    lasting = None if effect is None else positive_interval(effect, "an effect")

    answer = partial(_persistence, gap=_Gap(gap, lasting))
    return ask(sessions, protocols, as_of, answer, **rules)


class _Gap(NamedTuple):
    """What ends an episode: days without effect, and how long an effect lasts."""

    days: int
    effect: Interval | None


def _persistence(frames: Frames, asking: Asking, gap: _Gap) -> pl.DataFrame:
    # A hold affects the whole course, so patients with decisions are answered one by one.
    population = population_of(frames, asking, shared=())
    plain = _plain_episodes(population, gap)
    rows = [
        (patient, track.indication, track.protocol.product, *_episode_apart(track, gap))
        for patient, (track, _) in population.records.tracks(asking)
        if isinstance(track, Track) and track.cycles
    ]
    apart = pl.DataFrame(rows, schema=plain.schema, orient="row")
    found = pl.concat([plain, apart]).filter(pl.col("time").is_not_null())
    return found.with_columns(session_left_out=population.is_left_out())


def _plain_episodes(population: Population, gap: _Gap) -> pl.DataFrame:
    what, until = population.happened, FollowUp(population.asking.as_of)
    engine, tracks = asked_tracks(population, what.done)
    ends = [pl.col(name).to_physical() + EPOCH for name in ("first_on", "anchored_on")]
    course = cycles_of(what.done, what).group_by("track", maintain_order=True)
    days = pl.concat_str(ends, separator=",").str.join(" ")
    tracks = tracks.join(course.agg(course=days), on="track")

    def first_episode(alike: int, course: str) -> tuple[Any, ...]:
        pairs = [tuple(map(_day, cycle.split(","))) for cycle in course.split(" ")]
        known = [(first, anchor, False) for first, anchor in pairs]
        return _episode(engine.tracks[alike], known, NO_HOLDS, until, gap)

    found = answered(tracks, ["alike", "course"], _EPISODE, first_episode)
    return found.select("patient", "indication", "product", *_EPISODE)


def _day(number: str) -> date:
    return date.fromordinal(int(number))


def _episode_apart(track: Track, gap: _Gap) -> tuple[Any, ...]:
    each = enumerate(track.cycles)
    known = [(c.first_on, c.anchored_on, compared(track, place)[-1]) for place, c in each]
    return _episode(track, known, track.holds, follow_up_of(track), gap)


def _episode(
    track: Track,
    cycles: Iterable[tuple[date, date, bool]],
    holds: HoldCalendar,
    follow_up: FollowUp,
    gap: _Gap,
) -> tuple[Any, ...]:
    """The first episode of a course: its days, whether it ended, and why."""
    lasting = gap.effect or expected_effect(track.protocol)
    if lasting is None:
        return (None, None, None)
    short_month = track.policy.short_month
    course = course_of(
        [
            CourseCycle(first, anchor, effect_days(anchor, lasting, short_month), held)
            for first, anchor, held in cycles
        ],
        holds,
        follow_up,
        permissible_gap_days=gap.days,
    )
    first: Episode = course.episodes[0]
    return ((first.last - first.first).days + 1, first.end.is_event, first.end.value)
