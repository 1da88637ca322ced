"""The tables next to the sessions, such as decisions and weights; used whole or not at all."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple, cast

import polars as pl
from pydantic import ValidationError

from botox_schedule.dates.intervals import Window
from botox_schedule.errors import PanelError
from botox_schedule.panel.columns import (
    check_columns,
    day_column,
    is_stated,
    key_column,
    number_column,
    text_column,
)
from botox_schedule.panel.frames import Frames
from botox_schedule.records.model import (
    BodyWeight,
    CareEnd,
    Hold,
    IntervalOverride,
    PriorAuthorization,
    PriorTreatment,
)
from botox_schedule.values import Value

_DECISION = ("id", "recorded_on", "withdrawn_on")
_NUMBERS = {"kilograms", "cycles", "sessions", "units"}
_UNSAID = "not stated"


class Beside(NamedTuple):
    """A kind of table next to the sessions.

    Attributes:
        model: What a row becomes.
        required: The columns that it must have.
        optional: The columns that it may have.
    """

    model: type[Value] | None
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read; empty where all are."""
        return ("patient", *self.required, *self.optional) if self.required else ()


TABLES: Mapping[str, Beside] = {
    "holds": Beside(Hold, ("first",), ("last", "reason", "indication", "review_on", *_DECISION)),
    "care_ends": Beside(CareEnd, ("on", "kind"), ("indication", "reason", *_DECISION)),
    "overrides": Beside(
        IntervalOverride,
        ("indication", "first", "authority"),
        ("last", "minimum", "usual", "reason", *_DECISION),
    ),
    "authorizations": Beside(
        PriorAuthorization,
        ("indication", "product", "first", "last"),
        ("sessions", "units", "minimum_interval", *_DECISION),
    ),
    "prior_treatments": Beside(
        PriorTreatment, ("indication", "cycles"), ("started_on", "last_on", "product")
    ),
    "weights": Beside(BodyWeight, ("measured_on", "kilograms")),
    "births": Beside(None, ("born_on",)),
    "acknowledged": Beside(None, ("key",)),
    "groups": Beside(None, ()),
    "contacts": Beside(None, ("day",), ("outcome", "next_try_on")),
}
DECISIONS = ("holds", "overrides", "authorizations", "care_ends", "prior_treatments")
"""The tables whose rows become a part of the record."""


def read_table(frames: Frames, name: str, like: pl.DataFrame) -> pl.DataFrame | None:
    """Return a table with its keys, days and text read as those of the sessions.

    Raises:
        PanelError: When a column is missing or of another type, a key or a day cannot be read.
    """
    if name not in frames:
        return None
    frame, beside = frames[name], TABLES[name]
    check_columns(frame, name, ("patient", *beside.required))
    given = [column for column in beside.columns[1:] if column in frame.columns]
    columns = [_column(frame, name, column) for column in given]
    read = pl.DataFrame([keys_like(frame, name, like), *columns])
    _refuse(name, "patient", read["patient"].null_count())
    for day in filter(_is_day, read.columns):
        unread = int(is_stated(frame, name, day).sum()) - read[day].count()
        _refuse(name, day, unread + (read[day].null_count() if _is_needed(beside, day) else 0))
    if name == "weights":
        # Few patients' weights become values later; every figure must be valid all the same.
        for kilograms in read["kilograms"].unique():
            _value(name, {"measured_on": date.min, "kilograms": kilograms})
    return read


def keys_like(frame: pl.DataFrame, table: str, like: pl.DataFrame) -> pl.Series:
    """Return the keys of a table as those of the sessions are.

    Raises:
        PanelError: When they are of another kind.
    """
    keys, patients = key_column(frame, table, "patient"), like["patient"].dtype
    if keys.dtype.is_integer() != patients.is_integer() and len(keys):
        raise PanelError(f"{table}: patient: give the same kind of keys as in sessions")
    found = keys.cast(patients, strict=False)
    if found.null_count() > keys.null_count():
        raise PanelError(f"{table}: patient: give keys of the type in sessions, {patients}")
    return found


def _is_day(column: str) -> bool:
    return column in {"first", "last", "on", "day"} or column.endswith("_on")


def _is_needed(beside: Beside, day: str) -> bool:
    # The day of a death may be unknown; the model says so.
    return day in beside.required and day != "on"


def _refuse(name: str, column: str, unread: int) -> None:
    if unread > 0:
        raise PanelError(f"{name}: {column} cannot be read in some rows; a table is used whole")


def _column(frame: pl.DataFrame, table: str, name: str) -> pl.Series:
    if _is_day(name):
        return day_column(frame, table, name)
    if name in _NUMBERS:
        number_column(frame, table, name)
        return frame[name]
    if name == "id":
        return key_column(frame, table, name).cast(pl.String)
    return text_column(frame, table, name)


def values_by_patient(table: pl.DataFrame, name: str) -> dict[Any, list[Any]]:
    """Return the rows of a table as the values of a record, by patient.

    Raises:
        PanelError: When a row is not what its value must be.
    """
    found: dict[Any, list[Any]] = {}
    made: dict[tuple[Any, ...], Value] = {}
    columns = table.columns[1:]
    for patient, *row in table.iter_rows():
        fields = tuple(row)
        if fields not in made:
            made[fields] = _value(name, dict(zip(columns, fields, strict=True)))
        found.setdefault(patient, []).append(made[fields])
    return found


def _value(name: str, row: dict[str, Any]) -> Value:
    model = cast("type[Value]", TABLES[name].model)
    try:
        return model(**_fields(name, row))
    except ValidationError as fault:
        # A model's message names fields, never what they hold.
        first = fault.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "a row"
        raise PanelError(f"{name}: {where}: {first['msg']}") from None


def _fields(name: str, row: dict[str, Any]) -> dict[str, Any]:
    fields = {column: value for column, value in row.items() if value is not None}
    if name in {"holds", "overrides"}:
        fields.setdefault("reason", _UNSAID)
    if name == "authorizations":
        fields["valid"] = Window(first=fields.pop("first"), last=fields.pop("last"))
    if name == "care_ends":
        fields.setdefault("on", None)
    return fields
