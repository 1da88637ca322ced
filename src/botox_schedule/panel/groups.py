"""Which sessions are one cycle, on any engine.

A session joins the cycle of the first part when it lies at most ``group_within_days`` after it,
never chained. Where no three parts follow each other closely, which the data is asked once, gaps
decide; elsewhere the cycles of a close run are found one after another.
"""

from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule.panel.frames import Frame
from botox_schedule.panel.keys import day_of, touch_of
from botox_schedule.panel.months import whole
from botox_schedule.panel.ordered import TRACK, Ordered

_READ = ("track", "key", "day", "within", "part", "_starts", "_gap")


def grouped(rows: Ordered) -> Frame:
    """Number the cycles of each track.

    Args:
        rows: Completed sessions with the columns ``track``, ``key`` and ``within`` (days that
            still join); it is asked how closely they follow each other.

    Returns:
        The same rows with ``day``, ``part`` (whether it is a full session of its cycle),
        ``number`` (of the cycle, from 1) and ``count`` (the number of the track's last).
    """
    _put_starts(rows)
    rows.settle(*_READ)
    rounds = _rounds(rows)
    if rounds:
        _split_runs(rows, rounds)
    rows.put(_adds=nw.col("_starts").cast(nw.Int64)).put_running("number", "count", "_adds")
    return rows.settle("track", "key", "day", "part", "number", "count").frame


def _put_starts(rows: Ordered) -> None:
    """Whether each part surely starts a cycle: none lies in the days before it that join.

    A touch-up that has no session before it counts as a full one.
    """
    rows.put(day=day_of("key"), _touch=touch_of("key"))
    rows.put(_full_on=nw.when(nw.col("_touch") == 0).then(nw.col("day")))
    rows.put_before({"_one": "day", "_full": "_full_on"}, first={"_first": "day"})
    alone = nw.col("_one").is_null()
    # Where no full session stands before, the track's first counts as one.
    promoted = nw.when(~alone).then(nw.col("_first"))
    full = nw.when(nw.col("_full").is_null()).then(promoted).otherwise(nw.col("_full"))
    rows.put(part=(nw.col("_touch") == 0) | alone, _gap=nw.col("day") - full)
    starts = alone | (nw.col("_gap") > nw.col("within"))
    rows.put(_starts=nw.col("part") & starts)


def _rounds(rows: Ordered) -> int:
    """How many cycles a close run can hold beyond its first; asks the data."""
    steps = rows.only(nw.col("part") & ~nw.col("_starts") & (nw.col("_gap") > 0))
    steps.put_before({"_last": "day"})
    near = nw.col("_last") == nw.col("day") - nw.col("_gap")
    asked: Any = steps.frame.filter(near).select(n=nw.len()).collect().item(0, "n")
    if not asked:
        return 0
    _put_runs(rows)
    more = whole(nw.col("day") - nw.col("_begin"), nw.col("within") + 1)
    parts = rows.frame.filter(nw.col("part"))
    return int(parts.select(n=more.max()).collect().item(0, "n"))


def _put_runs(rows: Ordered) -> None:
    """Put ``_begin``, the first day of each close run, and ``_run``, its number."""
    rows.put(_adds=nw.col("_starts").cast(nw.Int64)).put_running("_run", "_runs", "_adds")
    rows.put(_part_on=nw.when(nw.col("part")).then(nw.col("day")))
    rows.put(_begin=nw.col("_part_on").min().over(*TRACK, "_run"))
    rows.settle(*_READ, "_run", "_begin")


def _split_runs(rows: Ordered, rounds: int) -> None:
    """Find the cycles of each close run, one more in each round."""
    rows.put(_cycle=nw.col("_begin"))
    for _ in range(rounds):
        beyond = nw.col("part") & (nw.col("day") > nw.col("_begin") + nw.col("within"))
        rows.put(_beyond=nw.when(beyond).then(nw.col("day")))
        rows.put(_next=nw.col("_beyond").min().over(*TRACK, "_run"))
        reached = ~nw.col("_next").is_null()
        rows.put(
            _cycle=nw.when(reached & (nw.col("day") >= nw.col("_next")))
            .then(nw.col("_next"))
            .otherwise(nw.col("_cycle")),
            _begin=nw.when(reached).then(nw.col("_next")).otherwise(nw.col("_begin")),
        )
    rows.put(_of_part=nw.when(nw.col("part")).then(nw.col("_cycle")))
    rows.put_before({"_before": "_of_part"})
    other = nw.col("_before").is_null() | (nw.col("_before") != nw.col("_cycle"))
    rows.put(_starts=nw.col("part") & other)
