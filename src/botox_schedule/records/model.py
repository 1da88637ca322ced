"""What happened to a patient, and what was decided for one; judged elsewhere."""

from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.dataclasses import dataclass

from botox_schedule.dates.days import Day
from botox_schedule.dates.intervals import Interval, IntervalRange, Window
from botox_schedule.protocols.model import Indication
from botox_schedule.protocols.products import ProductName
from botox_schedule.records.hidden import hidden
from botox_schedule.terms import Authority, CareEndKind, SessionKind, SessionStatus

__all__ = [
    "BodyWeight",
    "CareEnd",
    "Hold",
    "IntervalOverride",
    "PatientRecord",
    "PriorAuthorization",
    "PriorTreatment",
    "TreatmentSession",
]

_Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Text = Annotated[str, StringConstraints(max_length=2000)]
_Units = Annotated[Decimal, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
_Discarded = Annotated[Decimal, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
_Kilograms = Annotated[Decimal, Field(gt=0, le=1000, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0, le=10_000, strict=True)]


@dataclass(
    frozen=True,
    slots=True,
    kw_only=True,
    repr=False,
    config=ConfigDict(extra="forbid", hide_input_in_errors=True, defer_build=True),
)
class TreatmentSession:
    """Injections given, or planned, on one day for one indication.

    Attributes:
        administered_on: The clinic's local day.
        indication: What was treated.
        product: What was given; None says that it is not known, which must be said aloud.
        id: The caller's key; sessions with the same id are the same session.
        units: Units of the product given, or None where that is not known.
        units_discarded: Units of opened vials not given, or None where that is not known.
        status: What became of it; only a completed session counts.
        kind: ``full`` opens a cycle, ``touch_up`` completes one.

    >>> TreatmentSession(
    ...     administered_on="2026-01-05", indication="chronic-migraine", product="Botox", units=155
    ... )
    TreatmentSession(...)
    """

    administered_on: Day
    indication: Indication
    product: ProductName | None
    id: _Id | None = None
    units: _Units | None = None
    units_discarded: _Discarded | None = None
    status: SessionStatus = SessionStatus.COMPLETED
    kind: SessionKind = SessionKind.FULL

    def __repr__(self) -> str:
        return "TreatmentSession(...)"


class Hold(BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True):
    """Days on which treatment waits, for a pregnancy or an infection for example.

    Attributes:
        first: First day on hold.
        last: Last day on hold, included; None while it is open.
        reason: Why.
        indication: The track it concerns, or None for all.
        review_on: When an open hold should be looked at; 12 months after *first* by default.
    """

    first: Day
    last: Day | None = None
    reason: _Text
    indication: Indication | None = None
    review_on: Day | None = None

    __repr_args__ = hidden

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        _check_order(self.first, self.last, "the hold")
        return self


class IntervalOverride(
    BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
):
    """An interval decided for this patient, on the days of its validity.

    Attributes:
        indication: The track it concerns: its whole clock.
        first: First day of validity.
        last: Last day of validity, included; None leaves it open.
        minimum: Replaces the label's minimum, and the payer's where the payer decided.
        usual: Replaces the usual range.
        reason: Why.
        authority: Who decided.
    """

    indication: Indication
    first: Day
    last: Day | None = None
    minimum: Interval | None = None
    usual: IntervalRange | None = None
    reason: _Text
    authority: Authority

    __repr_args__ = hidden

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        _check_order(self.first, self.last, "the override")
        if self.minimum is None and self.usual is None:
            raise ValueError("an override needs minimum, usual or both")
        if self.minimum is not None and self.minimum.day_bounds[0] < 0:
            raise ValueError("a minimum cannot be negative")
        if self.usual is not None and self.usual.first.day_bounds[0] < 0:
            raise ValueError("a usual range cannot be negative")
        return self


class BodyWeight(
    BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
):
    """A body weight in kilograms, on the day it was measured."""

    measured_on: Day
    kilograms: _Kilograms

    __repr_args__ = hidden


class CareEnd(BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True):
    """The end of care: it silences every date.

    Attributes:
        on: The day care ended.
        kind: ``discontinued`` or ``deceased``.
        indication: The track that was discontinued, or None for all; a death ends all.
    """

    on: Day
    kind: CareEndKind
    indication: Indication | None = None

    __repr_args__ = hidden

    @model_validator(mode="after")
    def _death_ends_all(self) -> Self:
        if self.kind is CareEndKind.DECEASED and self.indication is not None:
            raise ValueError("a death ends all care; give no indication")
        return self


class PriorTreatment(
    BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
):
    """Cycles given elsewhere, before the sessions of this record.

    Attributes:
        indication: What was treated.
        cycles: How many cycles.
        started_on: The day of the course's first session, or None where that is not known.
    """

    indication: Indication
    cycles: _Count
    started_on: Day | None = None

    __repr_args__ = hidden


class PriorAuthorization(
    BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
):
    """What a payer approved.

    Attributes:
        indication: For what.
        product: Of what.
        valid: From the first to the last covered day, both included.
        sessions: How many sessions, or None where not limited.
        units: How many units, or None where not limited.
        minimum_interval: The payer's own shortest interval.
    """

    indication: Indication
    product: ProductName
    valid: Window
    sessions: _Count | None = None
    units: _Units | None = None
    minimum_interval: Interval | None = None

    __repr_args__ = hidden


class PatientRecord(
    BaseModel, frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True
):
    """All that is known of one patient; the order within a tuple means nothing.

    >>> PatientRecord(id="p-1", sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": None,
    ... }])
    PatientRecord()
    """

    id: _Id | None = None
    sessions: tuple[TreatmentSession, ...] = ()
    holds: tuple[Hold, ...] = ()
    overrides: tuple[IntervalOverride, ...] = ()
    weights: tuple[BodyWeight, ...] = ()
    authorizations: tuple[PriorAuthorization, ...] = ()
    prior_treatments: tuple[PriorTreatment, ...] = ()
    care_ends: tuple[CareEnd, ...] = ()
    born_on: Day | None = None

    __repr_args__ = hidden

    def _repr_html_(self) -> str:
        """Return a ribbon and a table for a notebook: days and counts, no id, no free text."""
        from botox_schedule.views.lanes import record_html  # noqa: PLC0415 - only notebooks draw

        return record_html(self)


def _check_order(first: Any, last: Any, what: str) -> None:
    if last is not None and first > last:
        raise ValueError(f"{what} ends before it starts; give first <= last")
