"""How many sessions to expect each week."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Unpack

import polars as pl

from botox_schedule.dates.days import DayInput, as_day, shifted
from botox_schedule.errors import PanelError
from botox_schedule.panel.asking import Asking, whole
from botox_schedule.panel.frames import Frames
from botox_schedule.panel.given import Frame, Rules, ask
from botox_schedule.panel.standings import population_of, standings
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.terms import DueStatus


def workload(
    sessions: Frame,
    protocols: Iterable[TreatmentProtocol] | None = None,
    *,
    as_of: DayInput,
    holds: Any,
    care_ends: Any,
    weeks: int = 12,
    capacity: int | Mapping[str, int] | None = None,
    **rules: Unpack[Rules],
) -> Frame:
    """Return the sessions to expect in each ISO week: booked, and due without a booking.

    A track counts once: in the week of its next booking, else in that of its due day (of the
    first allowed day where no usual range is stated), or in the first week if that day has passed.
    A hold with a known end is over by then. Lapsed tracks without a booking, tracks on an open
    hold and ended care count nowhere.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The known protocols; None means the bundled ones.
        as_of: The first week is that of this day.
        holds: A frame as for ``forecast``, or None to say that there are none.
        care_ends: A frame as for ``forecast``, or None to say that there are none.
        weeks: How many weeks.
        capacity: Visits a week, or by ISO week such as ``2026-W15`` (0 for the others).
        rules: What clinic or payer chose, and further tables, as for ``forecast``.

    Returns:
        A frame of the same kind, one row per week: ``week``, ``monday``, ``booked`` and
        ``expected`` (tracks), ``tracks`` (their sum), ``visits`` (a patient with two tracks in
        a week comes once), ``capacity`` and ``backlog`` (visits that do not fit by the week's
        end); the last two are null without a capacity.

    Raises:
        CalendarRangeError: When the weeks go past the calendar's last.
        CountError: When *weeks* is not positive, or a capacity not a whole number from 0 on.
        PanelError: When a column is missing or of another type, or a capacity's week is none.
        DayError: When *as_of* is not a calendar day.

    >>> import polars as pl
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1", "p-2"], "administered_on": ["2026-01-05", "2026-01-06"],
    ...     "indication": ["chronic-migraine"] * 2, "product": ["Botox"] * 2,
    ... })
    >>> found = workload(sessions, as_of="2026-03-25", weeks=2, capacity=1,
    ...                  holds=None, care_ends=None)
    >>> found.select("week", "expected", "visits", "backlog").rows()
    [('2026-W13', 0, 0, 0), ('2026-W14', 2, 2, 1)]
    """
    whole(weeks, "weeks", 1)
    if capacity is not None:
        for room in capacity.values() if isinstance(capacity, Mapping) else (capacity,):
            whole(room, "capacity")
    if isinstance(capacity, Mapping) and not all(map(_is_week, capacity)):
        raise PanelError("capacity: name each week as ISO 8601 does, such as 2026-W05")
    day = as_day(as_of, "as_of")
    monday = shifted(day, -day.weekday())

    def answer(frames: Frames, asking: Asking) -> pl.DataFrame:
        return visits_by_week(standings(population_of(frames, asking)), asking.as_of)

    def summary(counts: pl.DataFrame) -> pl.DataFrame:
        return _as_weeks(counts, monday, weeks, capacity)

    given: dict[str, Any] = {"holds": holds, "care_ends": care_ends, **rules}
    return ask(sessions, protocols, as_of, answer, summary, **given)


def _is_week(name: str) -> bool:
    try:
        return _week(date.fromisoformat(name)) == name
    except (TypeError, ValueError):
        return False


def _week(monday: date) -> str:
    return f"{monday.isocalendar().year:04}-W{monday.isocalendar().week:02}"


def is_expected() -> pl.Expr:
    """Whether a track is expected to come even without a booking, on hold once the hold is over.

    Without an earliest day nobody knows when; a lapsed patient comes only where booked.
    """
    return (pl.col("status") != DueStatus.LAPSED.value) & pl.col("earliest").is_not_null()


def next_target() -> pl.Expr:
    """The day on which a track is expected: nobody comes before a hold is over."""
    return pl.max_horizontal(pl.coalesce("due", "earliest"), "resumes_on")


def visits_by_week(found: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Return how many tracks and patients each week has, by its Monday."""
    is_booked = pl.col("booked_on").is_not_null()
    ended = pl.col("status").is_in([status.value for status in DueStatus if status.ends_care])
    on_hold = pl.col("status") == DueStatus.ON_HOLD.value
    target = pl.max_horizontal(next_target(), pl.lit(as_of))
    coming = found.filter(is_expected() | (is_booked & ~ended & ~on_hold)).with_columns(
        monday=pl.when(is_booked).then("booked_on").otherwise(target).dt.truncate("1w"),
        _booked=is_booked,
    )
    return coming.group_by("monday").agg(
        booked=pl.col("_booked").sum().cast(pl.Int64),
        expected=(~pl.col("_booked")).sum().cast(pl.Int64),
        visits=pl.col("patient").n_unique().cast(pl.Int64),
    )


def _as_weeks(
    counts: pl.DataFrame, first: date, weeks: int, capacity: int | Mapping[str, int] | None
) -> pl.DataFrame:
    by_monday = {row["monday"]: row for row in counts.group_by("monday").sum().to_dicts()}
    rows, backlog = [], 0
    for place in range(weeks):
        monday = shifted(first, 7 * place)
        week = _week(monday)
        count = by_monday.get(monday, {"booked": 0, "expected": 0, "visits": 0})
        room = capacity.get(week, 0) if isinstance(capacity, Mapping) else capacity
        backlog = max(0, backlog + count["visits"] - (room or 0))
        left = None if room is None else backlog
        both = count["booked"], count["expected"]
        rows.append((week, monday, *both, sum(both), count["visits"], room, left))
    numbers = ("booked", "expected", "tracks", "visits", "capacity", "backlog")
    schema = {"week": pl.String, "monday": pl.Date, **dict.fromkeys(numbers, pl.Int64)}
    return pl.DataFrame(rows, schema=schema, orient="row")
