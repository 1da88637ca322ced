"""Sessions, holds, authorizations and the rest from the tables that clinics export."""

from botox_schedule.tables.decisions import (
    Contact,
    FactReading,
    FactRow,
    Facts,
    read_acknowledged,
    read_authorizations,
    read_births,
    read_care_ends,
    read_contacts,
    read_holds,
    read_overrides,
    read_prior_treatments,
    read_weights,
)
from botox_schedule.tables.lines import Problem
from botox_schedule.tables.rows import RowCounts, TableOptions
from botox_schedule.tables.sessions import MonthOnly, SessionRow, TableReading, read_sessions

__all__ = [
    "Contact",
    "FactReading",
    "FactRow",
    "Facts",
    "MonthOnly",
    "Problem",
    "RowCounts",
    "SessionRow",
    "TableOptions",
    "TableReading",
    "read_acknowledged",
    "read_authorizations",
    "read_births",
    "read_care_ends",
    "read_contacts",
    "read_holds",
    "read_overrides",
    "read_prior_treatments",
    "read_sessions",
    "read_weights",
]
