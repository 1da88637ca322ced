"""Populations: the record's rules over millions of rows, as the frame that the caller has.

Every function takes a Polars, pandas, PyArrow, DuckDB or PySpark frame of sessions and returns a
frame of the same kind; a lazy Polars frame and one of Spark stay lazy. Polars finds what
happened, the record engine judges each distinct situation once, and the answers are joined
back; patients with rare rows are judged by the record engine one by one.
"""

from botox_schedule.errors import PanelError
from botox_schedule.panel.adherence import adherence, persistence
from botox_schedule.panel.cycles import cycles
from botox_schedule.panel.exposure import exposure
from botox_schedule.panel.forecast import forecast
from botox_schedule.panel.rows import row_counts, row_problems
from botox_schedule.panel.simulation import simulate
from botox_schedule.panel.worklist import worklist
from botox_schedule.panel.workload import workload

__all__ = [
    "PanelError",
    "adherence",
    "cycles",
    "exposure",
    "forecast",
    "persistence",
    "row_counts",
    "row_problems",
    "simulate",
    "worklist",
    "workload",
]
