"""Where every track of a population stands on a day."""

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.engine.worklist import today_of
from botox_schedule.panel.asking import Asking
from botox_schedule.panel.columns import mapped
from botox_schedule.panel.door import Frames, Given, answered
from botox_schedule.panel.sessions import COLUMNS, Policies
from botox_schedule.panel.situations import codes_of
from botox_schedule.panel.standings import Population, population_of, standings
from botox_schedule.panel.tables import given_tables
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.catalog import known_protocols, population_named
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.terms import Population as People

FORECAST = (
    "patient",
    "indication",
    "product",
    "protocol_id",
    "protocol_version",
    "cycle_number",
    "last_session_on",
    "days_since_last",
    "status",
    "earliest",
    "due",
    "overdue_from",
    "lapsed_from",
    "typical_on",
    "days_to_due",
    "days_since_due",
    "resumes_on",
    "review_on",
    "booked_on",
    "phase",
    "interval_days",
    "timing",
    "short_by_days",
    "late_by_days",
    "held",
    "findings",
    "today",
    "session_left_out",
)
"""The columns of a forecast."""


def asking_of(
    as_of: DayInput,
    protocols: Iterable[TreatmentProtocol] | None,
    policies: Policies,
    region: str = "us",
    population: People | str | None = None,
) -> Asking:
    """Return what an answer rests on."""
    people = None if population is None else population_named(str(population))
    known = known_protocols(protocols)
    return Asking(as_day(as_of, "as_of"), known, policies, region.strip().lower(), people)


def forecast(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol] | None = None,
    *,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    policies: Mapping[str, SchedulingPolicy] | None = None,
    region: str = "us",
    population: People | str | None = None,
    **beside: Any,
) -> Any:
    asking = asking_of(as_of, protocols, Policies.given(policy, policies), region, population)

    def compute(frames: Frames) -> pl.DataFrame:
        return forecasts(population_of(frames, asking))

    return answered([Given("sessions", sessions, COLUMNS), *given_tables(beside)], compute)


def forecasts(population: Population) -> pl.DataFrame:
    """Return one row a track with the words of a forecast."""
    found = standings(population)
    as_of = pl.lit(population.asking.as_of)
    wait = (pl.col("due") - as_of).dt.total_days()
    return found.with_columns(
        days_since_last=(as_of - pl.col("last_session_on")).dt.total_days(),
        days_to_due=pl.when(wait >= 0).then(wait),
        days_since_due=pl.when(wait <= 0).then(-wait),
        findings=words_of(found["codes"]),
        today=words_of(found["codes"], today=True),
    ).select(FORECAST)


def words_of(bits: pl.Series, *, today: bool = False) -> pl.Series:
    """Return the codes of findings as text, such as ``early_session, unknown_units``."""

    def words(each: int) -> str:
        codes = codes_of(each)
        return ", ".join(sorted(today_of(codes) if today else codes))

    return mapped(bits, words, pl.String)
