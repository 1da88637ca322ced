"""How regularly groups of patients were treated."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import SchedulingPolicy, TreatmentProtocol
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.panel.amounts import put_year
from botox_schedule.panel.answers import judged_cycles
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.dispatch import answered
from botox_schedule.panel.errors import PanelError
from botox_schedule.panel.frames import Frame, Source, opened
from botox_schedule.panel.tables import Tables

_COUNTS = ("cycles", "held_cycles", "judged", "early", "late", "_days")
_CYCLE_COLUMNS = ("patient", "indication", "product", "protocol_id", "protocol_version")


def adherence(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    *,
    as_of: DayInput,
    by: Sequence[str] = ("indication",),
    groups: Any = None,
    policy: SchedulingPolicy | None = None,
    policies: Mapping[str, SchedulingPolicy] | None = None,
    holds: Any = None,
    care_ends: Any = None,
    overrides: Any = None,
) -> Any:
    """Return how many cycles were on time, by any grouping; held cycles are left out.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The protocols of one population in one region.
        as_of: The day up to which it is looked at.
        by: Columns to group by: ``patient``, ``indication``, ``product``, ``protocol_id``,
            ``protocol_version``, ``year`` (of the cycle's first session), or those of *groups*.
        groups: A frame with ``patient`` and what patients are grouped by, such as their clinic.
        policy: What the clinic or payer chose.
        policies: The same by ``policy_key``.
        holds: As for ``forecast``.
        care_ends: As for ``forecast``.
        overrides: As for ``forecast``.

    Returns:
        A frame of the same kind: the grouping, ``cycles``, ``held_cycles``, ``judged``,
        ``on_time`` (within the tolerance too), ``early``, ``late``, ``on_time_share`` (null
        without a judged cycle) and ``mean_interval_days``.

    Raises:
        PanelError: When a column is missing or of another type.

    >>> import polars as pl
    >>> from botox_schedule import find_protocol
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1"] * 3, "administered_on": ["2026-01-05", "2026-03-30", "2026-07-13"],
    ...     "indication": ["chronic-migraine"] * 3, "product": ["Botox"] * 3,
    ... })
    >>> found = adherence(sessions, [find_protocol("chronic-migraine")], as_of="2026-08-01")
    >>> found.select("judged", "on_time", "late", "on_time_share").rows()
    [(2, 1, 1, 0.5)]
    """
    known, day = tuple(protocols), as_day(as_of, "as_of")
    tables = Tables(holds, care_ends, overrides, groups=groups)

    def compute(native: Any, tables: Tables) -> Source:
        population = Population(native, known, day, policy, policies, tables)
        sheet = judged_cycles(population)
        put_year(sheet, "year", "first_on")
        frame = sheet.frame
        names = [*_CYCLE_COLUMNS, "year"]
        if tables.groups is not None:
            more = opened(tables.groups, "groups").frame
            own = [name for name in more.collect_schema().names() if name != "patient"]
            frame = frame.join(more, on=["patient"], how="left")
            names += own
        unknown = [name for name in by if name not in names]
        if unknown:
            raise PanelError(f"by: expected some of {', '.join(names)}; not {', '.join(unknown)}")
        return Source(_counted(frame, by), population.engine)

    def whole(frame: Frame) -> Frame:
        return _shares(_sums(frame, by), by)

    return answered(sessions, tables, compute, whole)


def _counted(frame: Frame, by: Sequence[str]) -> Frame:
    judged = ~nw.col("held") & ~nw.col("timing").is_null() & (nw.col("timing") != "first")
    counted = {
        "cycles": nw.lit(1, nw.Int64),
        "held_cycles": nw.col("held").cast(nw.Int64),
        "judged": judged.cast(nw.Int64),
        "early": (judged & (nw.col("timing") == "early")).cast(nw.Int64),
        "late": (judged & (nw.col("timing") == "late")).cast(nw.Int64),
        "_days": nw.when(judged).then(nw.col("interval_days")).otherwise(0),
    }
    return _sums(frame.with_columns(**counted), by)


def _sums(frame: Frame, by: Sequence[str]) -> Frame:
    return frame.group_by(*by).agg(*(nw.col(name).sum().cast(nw.Int64) for name in _COUNTS))


def _shares(whole: Frame, by: Sequence[str]) -> Frame:
    whole = whole.with_columns(on_time=nw.col("judged") - nw.col("early") - nw.col("late"))
    any_judged = nw.when(nw.col("judged") > 0)
    return whole.select(
        *by,
        "cycles",
        "held_cycles",
        "judged",
        "on_time",
        "early",
        "late",
        on_time_share=any_judged.then(nw.col("on_time") / nw.col("judged")),
        mean_interval_days=any_judged.then(nw.col("_days") / nw.col("judged")),
    )
