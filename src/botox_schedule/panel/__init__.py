"""Populations: the same rules over millions of rows, on the engine the user already has.

Every function takes a Polars, pandas, PyArrow, DuckDB or PySpark frame of sessions and returns a
frame of the same kind. A lazy Polars frame and one of Spark stay lazy; Spark's workers ask Polars,
each about the patients of its part. DuckDB computes the steps of an answer when it is asked for.
The rules are those of the functions for one record, which a test compares row by row.
"""

from botox_schedule.panel.adherence import adherence
from botox_schedule.panel.answers import cycles, forecast
from botox_schedule.panel.errors import PanelError
from botox_schedule.panel.exposure import exposure
from botox_schedule.panel.persistence import persistence
from botox_schedule.panel.row_problems import findings, tally
from botox_schedule.panel.simulation import simulate
from botox_schedule.panel.status import status_on
from botox_schedule.panel.worklist import REASONS, worklist
from botox_schedule.panel.workload import load

__all__ = [
    "REASONS",
    "PanelError",
    "adherence",
    "cycles",
    "exposure",
    "findings",
    "forecast",
    "load",
    "persistence",
    "simulate",
    "status_on",
    "tally",
    "worklist",
]
