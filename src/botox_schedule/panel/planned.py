"""Where tracks stand whose protocols the caller has chosen: for one policy, nothing beside."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from botox_schedule import SchedulingPolicy, TreatmentProtocol
from botox_schedule.panel.answers import named
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.forecast import FORECAST_DAYS, forecast_sheet
from botox_schedule.panel.frames import Source, dated
from botox_schedule.panel.tables import Tables

_COLUMNS = ("patient", "indication", "status", "unverified", *FORECAST_DAYS)


def planned_forecast(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    planned: Any,
    as_of: date,
    policy: SchedulingPolicy,
) -> Any:
    """Return status, days and booking of each planned track.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The protocols of one population in one region.
        planned: A frame with ``patient``, and ``indication`` and ``product`` of a protocol.
        as_of: The day for which the question is asked.
        policy: What the clinic chose.
    """
    population = Population(sessions, protocols, as_of, policy, None, Tables(), planned)
    sheet = forecast_sheet(population)
    source = Source(named(population, sheet.frame).select(*_COLUMNS), population.engine)
    return population.engine.back(dated(source, FORECAST_DAYS).frame)
