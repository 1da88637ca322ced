"""What happened to a patient, and what was decided and approved."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic.dataclasses import dataclass

from botox_schedule.dates.days import Day, DayInput, LastDay, stated_day
from botox_schedule.dates.intervals import (
    IntervalInput,
    IntervalRange,
    NotNegative,
    RangeInput,
    Window,
)
from botox_schedule.protocols.indications import Indication, ProductInput, ProductName
from botox_schedule.terms import Authority, CareEndKind, SessionKind, SessionStatus
from botox_schedule.values import (
    Documented,
    NumberInput,
    PatientValue,
    Rows,
    Several,
    notebook_html,
)

MOST_UNITS = 1_000_000
"""The most units that one session may have: a larger number is a mistake in the file."""

_Id = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Text = Annotated[str, StringConstraints(max_length=2000)]
Units = Annotated[Decimal, Field(gt=0, le=MOST_UNITS, allow_inf_nan=False)]
"""Units of a product: finite, above 0, and at most :data:`MOST_UNITS`."""
_Discarded = Annotated[Decimal, Field(ge=0, le=MOST_UNITS, allow_inf_nan=False)]
_Kilograms = Annotated[Decimal, Field(gt=0, le=1000, allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0, le=10_000, strict=True)]


@dataclass(
    frozen=True,
    slots=True,
    kw_only=True,
    repr=False,
    # Built at once: pydantic 2.10 cannot build a value that holds a dataclass not built yet.
    config=ConfigDict(extra="forbid", hide_input_in_errors=True),
)
class TreatmentSession(Documented):
    """Injections given, or planned, on one day for one indication.

    Attributes:
        administered_on: The clinic's local day.
        indication: What was treated.
        product: What was given. None means unknown; there is no default.
        id: The caller's key; rows with the same id are the same session.
        units: Units of the product given, or None where unknown.
        units_discarded: Units of opened vials that were not given, or None where unknown.
        status: Whether it was completed, booked, cancelled and so on; only a completed session
            counts as given.
        kind: ``full`` opens a cycle; ``touch_up`` adds to the cycle before it.
        recorded_on: The day this row was recorded. Where rows with the same id rank alike and
            none is completed, the last recorded counts.

    >>> TreatmentSession(
    ...     administered_on="2026-01-05", indication="chronic-migraine", product="Botox", units=155
    ... )
    TreatmentSession(...)
    """

    administered_on: Day
    indication: Indication
    product: ProductName | None
    id: _Id | None = None
    units: Units | None = None
    units_discarded: _Discarded | None = None
    status: SessionStatus = SessionStatus.COMPLETED
    kind: SessionKind = SessionKind.FULL
    recorded_on: Day | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            administered_on: DayInput,
            indication: str,
            product: ProductInput | None,
            id: str | None = None,  # noqa: A002 - the field has that name
            units: NumberInput | None = None,
            units_discarded: NumberInput | None = None,
            status: SessionStatus | str = SessionStatus.COMPLETED,
            kind: SessionKind | str = SessionKind.FULL,
            recorded_on: DayInput | None = None,
        ) -> None: ...

    def __repr__(self) -> str:
        return "TreatmentSession(...)"


class Decision(PatientValue, frozen=True):
    """A decision about a patient; it applies once it is recorded.

    Attributes:
        id: The caller's key. Of several rows with the same id, the last recorded counts.
        recorded_on: The first day on which it is known; None means always.
        withdrawn_on: The day it was withdrawn; it counts as ended the day before.
    """

    id: _Id | None = None
    recorded_on: Day | None = None
    withdrawn_on: Day | None = None

    @model_validator(mode="after")
    def _is_recorded_before_it_is_withdrawn(self) -> Self:
        told = "the decision is withdrawn before it is recorded"
        _check_order(self.recorded_on, self.withdrawn_on, told)
        return self


class Hold(Decision, frozen=True):
    """Days on which treatment is paused, for example during a pregnancy or an infection.

    Attributes:
        first: First day on hold.
        last: Last day on hold, included; None for an open hold.
        reason: The reason for the hold.
        indication: The track on hold, or None for all tracks.
        review_on: The day to review the hold. For an open hold the default is *first* plus the
            policy's ``hold_review_after``.
        id: The caller's key. Of several rows with the same id, the last recorded counts.
        recorded_on: The first day on which it is known; None means always.
        withdrawn_on: The day it was withdrawn; it counts as ended the day before.
    """

    first: Day
    last: LastDay = None
    reason: _Text
    indication: Indication | None = None
    review_on: Day | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            id: str | None = None,  # noqa: A002 - the field has that name
            recorded_on: DayInput | None = None,
            withdrawn_on: DayInput | None = None,
            first: DayInput,
            last: DayInput | None = None,
            reason: str,
            indication: str | None = None,
            review_on: DayInput | None = None,
        ) -> None: ...

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        _check_order(self.first, self.last, "the hold ends before it starts")
        return self


class IntervalOverride(Decision, frozen=True):
    """An interval chosen for this patient, valid on certain days.

    Attributes:
        indication: The indication; the override applies to its whole clock.
        first: First day of validity, included.
        last: Last day of validity, included; None for no end.
        minimum: Replaces the label's minimum, and the payer's too where the payer decided.
        usual: Replaces the usual range.
        reason: The reason for the override.
        authority: Who decided.
        id: The caller's key. Of several rows with the same id, the last recorded counts.
        recorded_on: The first day on which it is known; None means always.
        withdrawn_on: The day it was withdrawn; it counts as ended the day before.
    """

    indication: Indication
    first: Day
    last: LastDay = None
    minimum: NotNegative | None = None
    usual: IntervalRange | None = None
    reason: _Text
    authority: Authority

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            id: str | None = None,  # noqa: A002 - the field has that name
            recorded_on: DayInput | None = None,
            withdrawn_on: DayInput | None = None,
            indication: str,
            first: DayInput,
            last: DayInput | None = None,
            minimum: IntervalInput | None = None,
            usual: RangeInput | None = None,
            reason: str,
            authority: Authority | str,
        ) -> None: ...

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        _check_order(self.first, self.last, "the override ends before it starts")
        if self.minimum is None and self.usual is None:
            raise ValueError("an override needs minimum, usual or both")
        return self


class BodyWeight(PatientValue, frozen=True):
    """A body weight.

    Attributes:
        measured_on: The day it was measured.
        kilograms: The weight in kilograms.
    """

    measured_on: Day
    kilograms: _Kilograms

    if TYPE_CHECKING:

        def __init__(self, *, measured_on: DayInput, kilograms: NumberInput) -> None: ...


class CareEnd(Decision, frozen=True):
    """The end of care; no next session is dated from its day on.

    Attributes:
        on: The day care ended; None where the day of a death is unknown.
        kind: ``discontinued`` or ``deceased``.
        indication: The track that was discontinued, or None for all tracks; a death ends all.
        reason: The reason, or None where not stated.
        id: The caller's key. Of several rows with the same id, the last recorded counts.
        recorded_on: The first day on which it is known; None means always.
        withdrawn_on: The day it was withdrawn. From then on care goes on, and the days from *on*
            to the day before count as a hold.
    """

    on: Day | None
    kind: CareEndKind
    indication: Indication | None = None
    reason: _Text | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            id: str | None = None,  # noqa: A002 - the field has that name
            recorded_on: DayInput | None = None,
            withdrawn_on: DayInput | None = None,
            on: DayInput | None,
            kind: CareEndKind | str,
            indication: str | None = None,
            reason: str | None = None,
        ) -> None: ...

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        deceased = self.kind is CareEndKind.DECEASED
        if deceased and self.indication is not None:
            raise ValueError("a death ends all care; give no indication")
        if self.on is None and not deceased:
            raise ValueError("a discharge needs its day; only the day of a death may be unknown")
        return self


class PriorTreatment(PatientValue, frozen=True):
    """Treatment cycles given elsewhere, before the sessions of this record.

    Attributes:
        indication: What was treated.
        cycles: The number of cycles, including the one of *last_on*.
        started_on: The day of the first session of the course, or None where unknown.
        last_on: The latest possible day of the last session elsewhere, or None where unknown.
        product: The product given last, or None where unknown.
    """

    indication: Indication
    cycles: _Count
    started_on: Day | None = None
    last_on: Day | None = None
    product: ProductName | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            indication: str,
            cycles: int,
            started_on: DayInput | None = None,
            last_on: DayInput | None = None,
            product: ProductInput | None = None,
        ) -> None: ...

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        _check_order(self.started_on, self.last_on, "the course ends before it starts")
        return self

    @property
    def was_given(self) -> bool:
        """Whether anything was given: a stated last day means yes, even with 0 cycles."""
        return self.cycles > 0 or self.last_on is not None


class PriorAuthorization(Decision, frozen=True):
    """What a payer approved.

    Attributes:
        indication: The approved indication.
        product: The approved product.
        valid: The covered days, first and last included.
        sessions: The number of approved sessions, or None for no limit.
        units: The number of approved units of the product, or None for no limit.
        minimum_interval: The payer's own minimum interval, or None.
        id: The caller's key. Of several rows with the same id, the last recorded counts.
        recorded_on: The first day on which it is known; None means always.
        withdrawn_on: The day it was withdrawn; it counts as ended the day before.
    """

    indication: Indication
    product: ProductName
    valid: Window
    sessions: _Count | None = None
    units: Units | None = None
    minimum_interval: NotNegative | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            id: str | None = None,  # noqa: A002 - the field has that name
            recorded_on: DayInput | None = None,
            withdrawn_on: DayInput | None = None,
            indication: str,
            product: ProductInput,
            valid: Window | Mapping[str, DayInput],
            sessions: int | None = None,
            units: NumberInput | None = None,
            minimum_interval: IntervalInput | None = None,
        ) -> None: ...


class PatientRecord(PatientValue, frozen=True):
    """Everything known about one patient; the order within a tuple does not matter.

    Attributes:
        id: The caller's key for the patient.
        sessions: Sessions given, planned or cancelled.
        holds: Days on which treatment is paused.
        overrides: Intervals chosen for this patient.
        weights: Body weights.
        authorizations: What payers approved.
        prior_treatments: Cycles given elsewhere.
        care_ends: Discharges and death.
        born_on: The day of birth.

    >>> PatientRecord(id="p-1", sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": None,
    ... }])
    PatientRecord(...)
    """

    id: _Id | None = None
    sessions: Several[TreatmentSession] = ()
    holds: Several[Hold] = ()
    overrides: Several[IntervalOverride] = ()
    weights: Several[BodyWeight] = ()
    authorizations: Several[PriorAuthorization] = ()
    prior_treatments: Several[PriorTreatment] = ()
    care_ends: Several[CareEnd] = ()
    born_on: Day | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            id: str | None = None,  # noqa: A002 - the field has that name
            sessions: Rows[TreatmentSession] = (),
            holds: Rows[Hold] = (),
            overrides: Rows[IntervalOverride] = (),
            weights: Rows[BodyWeight] = (),
            authorizations: Rows[PriorAuthorization] = (),
            prior_treatments: Rows[PriorTreatment] = (),
            care_ends: Rows[CareEnd] = (),
            born_on: DayInput | None = None,
        ) -> None: ...

    def _repr_html_(self) -> str:
        """Return a picture and a table for a notebook: days and counts, no ids or free text."""
        return notebook_html("record_html", self)


def is_known(row: TreatmentSession | Decision, as_of: date) -> bool:
    """Return whether a decision, or a session that was not completed, is known on a day."""
    return known_from(row) <= as_of


def known_from(row: TreatmentSession | Decision) -> date:
    """Return the day a row was recorded; without one, or with a placeholder, it was always known."""
    return stated_day(row.recorded_on) or date.min


def _check_order(first: date | None, last: date | None, what: str) -> None:
    if first is not None and last is not None and first > last:
        raise ValueError(f"{what}; give the earlier day first")
