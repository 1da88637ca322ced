"""The status of every track on each of several days."""

from collections.abc import Iterable, Mapping
from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import SchedulingPolicy, TreatmentProtocol
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.panel.answers import forecasts
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.dispatch import answered
from botox_schedule.panel.errors import PanelError
from botox_schedule.panel.frames import Source, dated
from botox_schedule.panel.tables import Tables


def status_on(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    days: Iterable[DayInput],
    *,
    policy: SchedulingPolicy | None = None,
    policies: Mapping[str, SchedulingPolicy] | None = None,
    holds: Any = None,
    care_ends: Any = None,
    overrides: Any = None,
) -> Any:
    """Return the status of every track on each day, as it was known on that day.

    Each day is asked by itself: what lies after it is not known yet. The arguments are those of
    ``forecast``.

    Returns:
        A frame of the same kind with ``as_of``, ``patient``, ``indication``, ``product``,
        ``status``, ``due`` and ``cycle_number``.

    Raises:
        PanelError: When there is no day, or a column is not what is expected.

    >>> import polars as pl
    >>> from botox_schedule import find_protocol
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1"], "administered_on": ["2026-01-05"],
    ...     "indication": ["chronic-migraine"], "product": ["Botox"],
    ... })
    >>> days = ["2026-03-29", "2026-03-30", "2026-04-07"]
    >>> found = status_on(sessions, [find_protocol("chronic-migraine")], days)
    >>> found.sort("as_of")["status"].to_list()
    ['too_early', 'due', 'overdue']
    """
    known = tuple(protocols)
    asked = sorted({as_day(day, "days") for day in days})
    tables = Tables(holds, care_ends, overrides)
    if not asked:
        raise PanelError("days: expected at least one")

    def compute(native: Any, tables: Tables) -> Source:
        answers = []
        for day in asked:
            population = Population(native, known, day, policy, policies, tables)
            frame = forecasts(population)[0].frame
            answers.append(
                population.engine.settled(
                    frame.select(
                        "as_of", "patient", "indication", "product", "status", "due", "cycle_number"
                    )
                )
            )
        whole = nw.concat(answers, how="vertical")
        return dated(Source(whole, population.engine), ("as_of", "due"))

    return answered(sessions, tables, compute)
