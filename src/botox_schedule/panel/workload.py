"""How many sessions each week is to expect."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import SchedulingPolicy, TreatmentProtocol
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.panel.answers import forecasts
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.dispatch import summed_up
from botox_schedule.panel.forecast import SILENT
from botox_schedule.panel.frames import Frame, Source
from botox_schedule.panel.months import whole
from botox_schedule.panel.tables import Tables

_WEEK = 7


def load(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    *,
    as_of: DayInput,
    holds: Any,
    care_ends: Any,
    weeks: int = 12,
    capacity: int | Mapping[str, int] | None = None,
    policy: SchedulingPolicy | None = None,
    policies: Mapping[str, SchedulingPolicy] | None = None,
    overrides: Any = None,
) -> Any:
    """Return the sessions that each ISO week is to expect: booked, and due without a booking.

    A track counts once: in the week of its next booking, else in that of its due day (of the
    first allowed day where no usual range is stated), in the first week where that has passed.
    Lapsed tracks without a booking, tracks on hold and ended care count nowhere.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The protocols of one population in one region.
        as_of: The first week is that of this day.
        holds: A frame as for ``forecast``, or None to say that there are none.
        care_ends: A frame as for ``forecast``, or None to say that there are none.
        weeks: How many weeks.
        capacity: Visits a week, or by ISO week such as ``2026-W15`` (0 for the others).
        policy: What the clinic or payer chose.
        policies: The same by ``policy_key``.
        overrides: A frame as for ``forecast``.

    Returns:
        A frame of the same kind, one row a week: ``week``, ``monday``, ``booked`` and
        ``expected`` (tracks), ``tracks`` (their sum), ``visits`` (a patient with two tracks in
        a week comes once), ``capacity`` and ``backlog`` (visits that do not fit by the week's
        end); the last two are null without a capacity.

    Raises:
        ValueError: When *weeks* is not positive.
        PanelError: When a column is missing or of another type.

    >>> import polars as pl
    >>> from botox_schedule import find_protocol
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1", "p-2"], "administered_on": ["2026-01-05", "2026-01-06"],
    ...     "indication": ["chronic-migraine"] * 2, "product": ["Botox"] * 2,
    ... })
    >>> found = load(sessions, [find_protocol("chronic-migraine")], as_of="2026-03-25", weeks=2,
    ...              capacity=1, holds=None, care_ends=None)
    >>> found.select("week", "expected", "visits", "backlog").rows()
    [('2026-W13', 0, 0, 0), ('2026-W14', 2, 2, 1)]
    """
    if weeks < 1:
        raise ValueError("weeks: expected at least one")
    known, day = tuple(protocols), as_day(as_of, "as_of")
    tables = Tables(holds, care_ends, overrides)
    first = day - timedelta(days=day.weekday())

    def compute(native: Any, tables: Tables) -> Source:
        population = Population(native, known, day, policy, policies, tables)
        return Source(_counts(population, first), population.engine)

    def summary(counts: Any) -> Any:
        return _as_weeks(counts, first, weeks, capacity)

    return summed_up(sessions, tables, compute, summary)


def _counts(population: Population, first: date) -> Frame:
    """Return how many tracks and patients each week has, by its place from the first."""
    frame = forecasts(population)[0].frame
    silent = nw.col("status").is_in(SILENT)
    booked = ~nw.col("booked_on").is_null()
    target = nw.when(nw.col("due").is_null()).then(nw.col("earliest")).otherwise(nw.col("due"))
    frame = frame.filter(~silent & (booked | (nw.col("status") != "lapsed")))
    frame = frame.with_columns(_wanted=target, _is_booked=booked)
    frame = frame.with_columns(_wanted=nw.max_horizontal("_wanted", "as_of"))
    frame = frame.filter(booked | ~target.is_null())
    on = nw.when(nw.col("_is_booked")).then(nw.col("booked_on")).otherwise(nw.col("_wanted"))
    frame = frame.with_columns(_on=on)
    frame = frame.with_columns(
        at=whole(nw.col("_on") - first.toordinal(), _WEEK),
        booked=nw.col("_is_booked").cast(nw.Int64),
        expected=(~nw.col("_is_booked")).cast(nw.Int64),
    )
    frame = population.engine.settled(frame.select("patient", "at", "booked", "expected"))
    tracks = frame.group_by("at").agg(
        nw.col("booked").sum().cast(nw.Int64), nw.col("expected").sum().cast(nw.Int64)
    )
    visits = (
        frame.select("patient", "at")
        .unique()
        .group_by("at")
        .agg(nw.len().cast(nw.Int64).alias("visits"))
    )
    return tracks.join(visits, on=["at"], how="left")


def _as_weeks(
    counts: Any,
    first: date,
    weeks: int,
    capacity: int | Mapping[str, int] | None,
) -> Any:
    import polars as pl  # noqa: PLC0415 - small answers are made with it

    by_week = {row["at"]: row for row in counts.group_by("at").sum().to_dicts()}
    rows, backlog = [], 0
    for at in range(weeks):
        monday = first + timedelta(weeks=at)
        week = f"{monday.isocalendar().year}-W{monday.isocalendar().week:02}"
        count = by_week.get(at, {})
        booked, expected = count.get("booked", 0), count.get("expected", 0)
        visits = count.get("visits", 0)
        room = capacity.get(week, 0) if isinstance(capacity, Mapping) else capacity
        backlog = max(0, backlog + visits - (room or 0))
        left = None if room is None else backlog
        rows.append((week, monday, booked, expected, booked + expected, visits, room, left))
    numbers = ("booked", "expected", "tracks", "visits", "capacity", "backlog")
    schema = {"week": pl.String(), "monday": pl.Date(), **dict.fromkeys(numbers, pl.Int64())}
    return pl.DataFrame(rows, schema=schema, orient="row")
