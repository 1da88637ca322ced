"""Which sessions are one cycle, on any engine.

A session joins the cycle of the first part when it lies at most ``group_within_days`` after it,
never chained. Where no three parts follow each other closely, which the data is asked once, gaps
decide; elsewhere the cycles of a close run are found one after another.
"""

from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule.panel._engine import Engine, Frame

__all__ = ["grouped"]

_TRACK = ("patient", "clock")


def grouped(rows: Frame, engine: Engine) -> Frame:
    """Number the cycles of each track.

    Args:
        rows: Completed sessions with the columns ``patient``, ``clock``, ``day``, ``key`` (their
            order within a track), ``touch`` and ``within`` (days that still join).
        engine: Where the work is done; it is asked how closely sessions follow each other.

    Returns:
        The same rows with ``part`` (whether it is a full session of its cycle) and ``number``
        (of the cycle, from 1).
    """
    rows = engine.settled(_with_parts(rows))
    parts = engine.settled(_with_starts(rows.filter(nw.col("part"))))
    return engine.settled(_numbered(rows, parts))


def _with_parts(rows: Frame) -> Frame:
    """A touch-up that has no session before it counts as a full one."""
    rows = rows.with_columns(_first=nw.col("key").min().over(*_TRACK))
    part = (nw.col("touch") == 0) | (nw.col("key") == nw.col("_first"))
    return rows.with_columns(part=part).drop("_first")


def _numbered(rows: Frame, parts: Frame) -> Frame:
    rounds = _rounds(parts)
    if rounds:
        parts = _split_runs(parts, rounds)
    parts = parts.with_columns(_starts=nw.col("_starts").cast(nw.Int16)).drop("_before", "_gap")
    touch_ups = rows.filter(~nw.col("part")).with_columns(_starts=nw.lit(0, nw.Int16))
    whole_track = nw.concat([parts, touch_ups], how="vertical")
    # Of two equal sessions the one that starts the cycle comes first.
    whole_track = whole_track.with_columns(_order=nw.col("key") * 2 + 1 - nw.col("_starts"))
    number = (
        nw.col("_starts").cast(nw.Int64).cum_sum().over(*_TRACK, order_by="_order").cast(nw.Int64)
    )
    return whole_track.with_columns(number=number).drop("_starts", "_order")


def _with_starts(parts: Frame) -> Frame:
    """Whether each part surely starts a cycle: none lies in the days before it that join."""
    parts = parts.with_columns(_before=nw.col("day").shift(1).over(*_TRACK, order_by="key"))
    parts = parts.with_columns(_gap=nw.col("day") - nw.col("_before"))
    starts = nw.col("_before").is_null() | (nw.col("_gap") > nw.col("within"))
    return parts.with_columns(_starts=starts)


def _rounds(parts: Frame) -> int:
    """How many cycles a close run can hold beyond its first; asks the data."""
    steps = parts.filter(~nw.col("_starts") & (nw.col("_gap") > 0))
    steps = steps.with_columns(_last=nw.col("day").shift(1).over(*_TRACK, order_by="key"))
    near = nw.col("_last") == nw.col("day") - nw.col("_gap")
    asked: Any = steps.filter(near).select(n=nw.len()).collect().item(0, "n")
    if not asked:
        return 0
    runs = _with_runs(parts)
    more = whole_by(nw.col("day") - nw.col("_begin"), nw.col("within") + 1)
    return int(runs.select(n=more.max()).collect().item(0, "n"))


def whole_by(value: nw.Expr, by: nw.Expr) -> nw.Expr:
    """Return a quotient of columns, rounded down."""
    return (value / by).floor().cast(nw.Int64)


def _with_runs(parts: Frame) -> Frame:
    begins = nw.col("_starts").cast(nw.Int64).cum_sum().over(*_TRACK, order_by="key")
    parts = parts.with_columns(_run=begins.cast(nw.Int64))
    return parts.with_columns(_begin=nw.col("day").min().over(*_TRACK, "_run"))


def _split_runs(parts: Frame, rounds: int) -> Frame:
    """Find the cycles of each close run, one more in each round."""
    parts = _with_runs(parts).with_columns(_cycle=nw.col("_begin"))
    run = (*_TRACK, "_run")
    for _ in range(rounds):
        beyond = nw.when(nw.col("day") > nw.col("_begin") + nw.col("within")).then(nw.col("day"))
        parts = parts.with_columns(_beyond=beyond)
        parts = parts.with_columns(_next=nw.col("_beyond").min().over(*run))
        reached = ~nw.col("_next").is_null()
        parts = parts.with_columns(
            _cycle=nw.when(reached & (nw.col("day") >= nw.col("_next")))
            .then(nw.col("_next"))
            .otherwise(nw.col("_cycle")),
            _begin=nw.when(reached).then(nw.col("_next")).otherwise(nw.col("_begin")),
        )
    earlier = nw.col("day").shift(1).over(*run, "_cycle", order_by="key")
    parts = parts.with_columns(_starts=earlier.is_null())
    return parts.drop("_run", "_begin", "_cycle", "_beyond", "_next")
