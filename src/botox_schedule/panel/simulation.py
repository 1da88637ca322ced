"""Simulates the days to come of a population from a seed."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import cache
from heapq import heapify, heappop, heappush
from random import Random
from typing import Any, NamedTuple, Unpack

import polars as pl

from botox_schedule.dates.days import DayInput, as_day, opening_days, shifted
from botox_schedule.errors import PanelError
from botox_schedule.panel.asking import Asking, whole
from botox_schedule.panel.frames import Frames
from botox_schedule.panel.given import Frame, Rules, ask
from botox_schedule.panel.standings import population_of, standings
from botox_schedule.panel.workload import is_expected, next_target
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.protocols.model import TreatmentProtocol, treatment_of
from botox_schedule.questions import due_dates
from botox_schedule.values import a_list

_YEAR = 365.25
_Visit = tuple[int, float, int, int]
"""The day wished for, a tie-breaker, the due day, and the protocol's number."""


class _Plan(NamedTuple):
    """What every drawing shares; days are ordinals.

    Attributes:
        open_days: The days on which the clinic works.
        days: How many days are simulated.
        until: The first day after them.
        delays: Days from the due day to the day wished for.
        capacity: Sessions on an open day.
        due_after: The due day after a session, by protocol and day; None where none is given.
    """

    open_days: Sequence[int]
    days: int
    until: int
    delays: Sequence[int]
    capacity: int | None
    due_after: Callable[[int, int], int | None]


def simulate(
    sessions: Frame,
    protocols: Iterable[TreatmentProtocol] | None = None,
    *,
    as_of: DayInput,
    holds: Any,
    care_ends: Any,
    seed: int,
    days: int = 365,
    delays: Iterable[int] = (0,),
    capacity: int | None = None,
    is_open: Callable[[date], bool] | None = None,
    instead: Iterable[TreatmentProtocol] = (),
    replicates: int = 20,
    **rules: Unpack[Rules],
) -> Frame:
    """Return what a population's days to come would look like, with ranges from replicates.

    Every track that ``workload`` expects goes on: its next session comes on its due day plus a
    drawn delay, then on the first open day with room, the longest wait first; the next due day
    counts from it. Bookings are ignored; nobody joins, leaves or is put on hold. It shows what
    rules and room do, not what will happen.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The known protocols; None means the bundled ones.
        as_of: The day before the first simulated one.
        holds: A frame as for ``forecast``, or None to say that there are none.
        care_ends: A frame as for ``forecast``, or None to say that there are none.
        seed: The seed of the random numbers: the same seed gives the same answer.
        days: How many days are simulated.
        delays: Days from the due day to the day wished for, not negative; one is drawn for each
            session, each as likely as it is listed.
        capacity: Sessions on an open day, or None without a limit.
        is_open: Whether the clinic works on a day; None means every day.
        instead: Protocols for the sessions to come, each in place of the known one of its
            indication, product, population and region.
        replicates: How many times the days are drawn.
        rules: What clinic or payer chose, and further tables, as for ``forecast``; one policy
            for all.

    Returns:
        A frame of the same kind: for each ``metric`` its ``mean``, and ``low`` and ``high``, the
        5th and 95th percentile over the replicates. ``sessions`` is their number,
        ``cycles_per_year`` sessions per track and year, ``drift_days`` the mean of days after
        the due day, ``backlog`` how many wait past the day wished for on the last day.

    Raises:
        CalendarRangeError: When the days go past the calendar's last.
        CountError: When a number is out of range.
        PanelError: When a column is missing or of another type, a protocol of *instead* takes
            no known one's place, or several policies are given.
        DayError: When *as_of* is not a calendar day.
        TypeError: When *is_open* cannot be asked for a day, or answers neither True nor False.

    >>> import polars as pl
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1"], "administered_on": ["2026-01-05"],
    ...     "indication": ["chronic-migraine"], "product": ["Botox"],
    ... })
    >>> found = simulate(sessions, as_of="2026-01-05", holds=None, care_ends=None, seed=1,
    ...                  days=336, replicates=2)
    >>> found.filter(pl.col("metric") == "sessions").rows()
    [('sessions', 4.0, 4.0, 4.0)]
    """
    whole(seed, "seed", -(2**64), 2**64)
    # As a tuple, because a column of a frame has no truth.
    delays = tuple(a_list(delays, "delays: give a list of days, such as [0, 7]"))
    _check_numbers(days, replicates, delays, capacity)
    is_open = opening_days(is_open, "is_open")
    if rules.get("policies") is not None:
        raise PanelError("policies: give one policy; the days to come are drawn by one")
    known, day = known_protocols(protocols), as_day(as_of, "as_of")
    until = shifted(day, days).toordinal() + 1
    plan = _Plan(
        [n for n in range(until - days, until) if is_open is None or is_open(date.fromordinal(n))],
        days,
        until,
        delays,
        capacity,
        _due_after(_replaced(tuple(known), instead), rules.get("policy")),
    )

    def summary(cohort: pl.DataFrame) -> pl.DataFrame:
        places = {(p.id, p.version): place for place, p in enumerate(known)}
        due = sorted((on.toordinal(), places[id_, v]) for on, id_, v in cohort.iter_rows())
        draws = (Random(f"{seed} {number}") for number in range(replicates))  # noqa: S311 - no secret
        return _summed([_drawn(plan, due, random) for random in draws])

    return ask(sessions, known, as_of, _cohort, summary, holds=holds, care_ends=care_ends, **rules)


def _check_numbers(days: int, replicates: int, delays: Sequence[int], capacity: int | None) -> None:
    whole(days, "days", 1)
    whole(replicates, "replicates", 1, 100_000)
    whole(0 if capacity is None else capacity, "capacity")
    for delay in delays or (-1,):
        whole(delay, "delays")


def _replaced(
    known: Sequence[TreatmentProtocol], instead: Iterable[TreatmentProtocol]
) -> list[TreatmentProtocol]:
    """The protocols of the sessions to come, in the order of the known ones."""
    changed = {treatment_of(protocol): protocol for protocol in known_protocols(instead)}
    if not changed.keys() <= {treatment_of(protocol) for protocol in known}:
        raise PanelError("instead: a protocol takes no known one's place; give known treatments")
    return [changed.get(treatment_of(protocol), protocol) for protocol in known]


def _due_after(
    protocols: Sequence[TreatmentProtocol], policy: SchedulingPolicy | None
) -> Callable[[int, int], int | None]:
    @cache
    def due_after(protocol: int, on: int) -> int | None:
        found = due_dates(date.fromordinal(on), protocols[protocol], policy)
        target = found.due or found.earliest
        return None if target is None else max(on + 1, target.toordinal())

    return due_after


def _cohort(frames: Frames, asking: Asking) -> pl.DataFrame:
    """The due day and the protocol of every track that goes on."""
    found = standings(population_of(frames, asking)).filter(is_expected())
    return found.select(next_target(), "protocol_id", "protocol_version")


def _drawn(plan: _Plan, due: Sequence[tuple[int, int]], random: Random) -> dict[str, float]:
    """What one drawing of the days to come gives."""

    def visit(on: int, protocol: int) -> _Visit:
        return on + random.choice(plan.delays), random.random(), on, protocol

    waiting = [visit(*each) for each in due]
    heapify(waiting)
    given, late = 0, 0
    for day in plan.open_days:
        room = plan.capacity
        while waiting and waiting[0][0] <= day and room != 0:
            *_, on, protocol = heappop(waiting)
            given, late = given + 1, late + day - on
            room = None if room is None else room - 1
            following = plan.due_after(protocol, day)
            if following is not None:
                heappush(waiting, visit(following, protocol))
    return {
        "sessions": given,
        "cycles_per_year": given / max(1, len(due)) / (plan.days / _YEAR),
        "drift_days": late / max(1, given),
        "backlog": sum(wished < plan.until for wished, *_ in waiting),
    }


def _summed(draws: Sequence[dict[str, float]]) -> pl.DataFrame:
    """The mean of each metric, and where nine of ten drawings lie."""
    found = pl.DataFrame(draws).cast(pl.Float64).unpivot(variable_name="metric")
    value = pl.col("value")
    return found.group_by("metric", maintain_order=True).agg(
        mean=value.mean(),
        low=value.quantile(0.05, "linear"),
        high=value.quantile(0.95, "linear"),
    )
