"""Plots of a population's answers, on the caller's axes.

Every function takes an answer of ``botox_schedule.panel`` as any frame that narwhals reads
(DuckDB and Spark answers are collected), and ``ax=``; an answer to another question raises
``PanelError``. The colors suit people with color blindness (Okabe and Ito); shapes, dashes and
labels carry the same meaning in gray.
"""

from collections.abc import Iterable
from math import isnan
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from botox_schedule.dates.intervals import Interval, positive_interval
from botox_schedule.errors import PanelError
from botox_schedule.outcomes.figures import whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _ORANGE, _GREEN, _GRAY = "#0072B2", "#E69F00", "#009E73", "#555555"
_TOP = 1.05
_MOST_NAMES = 30
"""The most weeks whose names fit below a plot."""


def _axes(ax: "Axes | None") -> "Axes":
    if ax is not None:
        return ax
    import matplotlib.pyplot as plt  # noqa: PLC0415 - only where no axes were given

    return plt.subplots(figsize=(7, 4), layout="constrained")[1]


def _columns(answer: Any, *names: str) -> list[list[Any]]:
    frame = nw.from_native(answer)
    whole = frame.collect(backend="polars") if isinstance(frame, nw.LazyFrame) else frame
    if missing := [str(name) for name in names if name not in whole.columns]:
        told = "give the panel's answer to this question, grouped by what is drawn"
        raise PanelError(f"missing: {', '.join(missing)}; {told}")
    columns = [whole[name] for name in names]
    # pandas has NaN where nothing is known.
    return [
        [None if isinstance(each, float) and isnan(each) else each for each in column.to_list()]
        for column in columns
    ]


def interval_histogram(
    cycles: Any,
    *,
    minimum: Interval | str | None = None,
    overdue_after_days: int | None = None,
    ax: "Axes | None" = None,
) -> "Axes":
    """Draw a histogram of the days between sessions in weekly bars, without held cycles.

    Args:
        cycles: The answer of ``panel.cycles``.
        minimum: Draw a line at its smallest number of days: an interval or ``"12 weeks"``.
        overdue_after_days: Draw a line at the last day that is not overdue.
        ax: Where to draw; None makes a figure.

    Raises:
        CountError: When *overdue_after_days* is not a whole number of at least 0.
        IntervalError: When *minimum* is no interval, or not longer than 0 days.

    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import polars as pl
    >>> cycles = pl.DataFrame({"interval_days": [None, 84, 91], "held": [False, False, False]})
    >>> interval_histogram(cycles, minimum=Interval(weeks=12)).get_xlabel()
    'days from one session to the next'
    """
    least = None if minimum is None else positive_interval(minimum, "a minimum")
    if overdue_after_days is not None:
        whole(overdue_after_days, "overdue_after_days")
    axes = _axes(ax)
    days, held = _columns(cycles, "interval_days", "held")
    given = [day for day, waits in zip(days, held, strict=True) if day is not None and not waits]
    most = max(given, default=7)
    bins = range(0, int(most) + 15, 7)
    axes.hist(given, bins=bins, color=_BLUE, edgecolor="white", linewidth=0.5)
    lines = (
        (None if least is None else least.day_bounds[0], "minimum", "-"),
        (overdue_after_days, "last day in time", "--"),
    )
    for at, name, style in lines:
        if at is not None:
            axes.axvline(at, color=_ORANGE, ls=style, lw=2, label=f"{name}: {at} days")
    title, days_between = f"Intervals of {len(given)} cycles", "days from one session to the next"
    return _finished(axes, xlabel=days_between, ylabel="cycles", title=title)


def load_against_capacity(load: Any, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the sessions of each week, booked and expected, against capacity and backlog.

    Args:
        load: The answer of ``panel.workload``.
        ax: Where to draw; None makes a figure.

    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import polars as pl
    >>> load = pl.DataFrame({"week": ["2026-W14"], "booked": [3], "expected": [2],
    ...                      "capacity": [4], "backlog": [1]})
    >>> load_against_capacity(load).get_ylabel()
    'sessions'
    """
    axes = _axes(ax)
    names = ("week", "booked", "expected", "capacity", "backlog")
    weeks, booked, expected, capacity, backlog = _columns(load, *names)
    places = range(len(weeks))
    axes.bar(places, booked, color=_BLUE, label="booked")
    above: dict[str, Any] = {"color": _ORANGE, "hatch": "//", "edgecolor": "white"}
    axes.bar(places, expected, bottom=booked, label="expected", **above)
    if any(room is not None for room in capacity):
        axes.step(places, capacity, where="mid", color="black", linewidth=2, label="capacity")
        axes.plot(places, backlog, color=_GREEN, marker="o", linestyle="--", label="backlog")
    every = len(weeks) // _MOST_NAMES + 1
    axes.set_xticks(places[::every], weeks[::every], rotation=60, ha="right", fontsize=8)
    axes.set_ylim(0, max(axes.dataLim.y1, 1) * 1.3)  # room for the legend above the bars
    return _finished(axes, ylabel="sessions", title="Load by week", columns=2)


def adherence_over_time(
    adherence: Any, *, time: str = "year", by: str | None = None, ax: "Axes | None" = None
) -> "Axes":
    """Draw the share of cycles on time, with a line for each group.

    Args:
        adherence: The answer of ``panel.adherence``, grouped by *time* and, if given, *by*.
        time: The column along the axis.
        by: The column that names the lines.
        ax: Where to draw; None makes a figure.

    Raises:
        PanelError: When the answer is not grouped by *time*, or several rows of a line have one.

    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import polars as pl
    >>> found = pl.DataFrame({"year": [2025, 2026], "on_time_share": [0.7, 0.8]})
    >>> adherence_over_time(found).get_ylabel()
    'share of cycles on time'
    """
    times, shares = _columns(adherence, time, "on_time_share")
    names = _columns(adherence, by)[0] if by is not None else [""] * len(times)
    share_of = dict(zip(zip(names, times, strict=True), shares, strict=True))
    if len(share_of) < len(times):
        raise PanelError(f"by: several rows have one {time}; name the column that divides them")
    axes = _axes(ax)
    order = sorted(set(times), key=lambda when: (when is None, when))
    places = {when: place for place, when in enumerate(order)}
    colors = [_BLUE, _ORANGE, _GREEN, _GRAY]
    shapes = [("o", "-"), ("s", "--"), ("^", ":"), ("D", "-.")]
    for at, name in enumerate(sorted(set(names), key=str)):
        line = {places[w]: s for w in places if (s := share_of.get((name, w))) is not None}
        # The fifth line has the first color again, with another shape.
        marker, dashes = shapes[(at + at // len(colors)) % len(shapes)]
        style: dict[str, Any] = {"color": colors[at % len(colors)], "marker": marker, "ls": dashes}
        axes.plot([*line], [*line.values()], label=None if by is None else str(name), **style)
    axes.set_xticks(list(places.values()), [str(when) for when in places])
    share = "share of cycles on time"
    return _finished(axes, by, ylim=(0, _TOP), xlabel=time, ylabel=share, title="Adherence")


def persistence_curve(persistence: Any, *, ax: "Axes | None" = None) -> "Axes":
    """Draw the Kaplan-Meier share of tracks still treated; marks are censored tracks.

    Args:
        persistence: The answer of ``panel.persistence``.
        ax: Where to draw; None makes a figure.

    >>> import matplotlib
    >>> matplotlib.use("agg")
    >>> import polars as pl
    >>> found = pl.DataFrame({"time": [100, 200, 300], "event": [True, True, False]})
    >>> persistence_curve(found).get_xlabel()
    'days of treatment'
    """
    axes = _axes(ax)
    times, events = _columns(persistence, "time", "event")
    steps = list(_kaplan_meier(zip(times, events, strict=True)))
    reached, shares = [0, *(step[0] for step in steps)], [1, *(step[1] for step in steps)]
    axes.step(reached, shares, where="post", color=_BLUE, linewidth=2)
    censored = [(time, share) for time, share, some in steps if some]
    marks: dict[str, Any] = {"linestyle": "none", "marker": "|", "markersize": 9, "color": _GRAY}
    axes.plot(
        [at for at, _ in censored], [share for _, share in censored], label="censored", **marks
    )
    title, share = f"Persistence of {len(times)} tracks", "share still treated"
    return _finished(axes, ylim=(0, _TOP), xlabel="days of treatment", ylabel=share, title=title)


def _kaplan_meier(rows: Iterable[tuple[int, bool]]) -> Iterable[tuple[int, float, bool]]:
    """Yield each time, the share still treated after it, and whether any were censored then."""
    left: dict[int, list[bool]] = {}
    for time, event in rows:
        left.setdefault(time, []).append(event)
    at_risk, share = sum(map(len, left.values())), 1.0
    for time in sorted(left):
        ended = sum(left[time])
        share *= 1 - ended / at_risk
        at_risk -= len(left[time])
        yield time, share, ended < len(left[time])


def _finished(
    axes: "Axes", legend: str | None = None, *, columns: int = 1, **labels: Any
) -> "Axes":
    """Label the axes, with a legend only where something has a name."""
    axes.set(**labels)
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, title=legend, ncols=columns)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    return axes
