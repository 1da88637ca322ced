"""What a label or guideline says about one product for one indication."""

import itertools
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, StringConstraints, model_validator

from botox_schedule.dates.days import Day
from botox_schedule.dates.intervals import Interval, IntervalRange
from botox_schedule.protocols.products import ProductName
from botox_schedule.terms import (
    LimitPer,
    LimitReading,
    LimitScope,
    Population,
    RetreatmentKind,
    Verification,
)

__all__ = [
    "AgeRange",
    "Code",
    "DoseLimit",
    "ExpectedResponse",
    "InForce",
    "Indication",
    "LimitWindow",
    "ProtocolRef",
    "RetreatmentRule",
    "SourceRef",
    "TreatmentProtocol",
]

Indication = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
"""What is treated, as a slug such as ``chronic-migraine``."""

_Text = Annotated[str, StringConstraints(min_length=1)]
_Units = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
_Years = Annotated[int, Field(ge=0, le=150)]


class SourceRef(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """The cited document, the place in it, and how well it was read.

    Attributes:
        key: The document's key in the list of sources.
        title: The document's title.
        address: Where the document is found.
        place: The place in the document.
        quote: The words of the document.
        verification: Where the text was read; ``unverified`` when it was not read anywhere.
        checked_on: The day the figure was checked against its source.
        strength: How strongly the source words the figure, such as ``generally`` or ``should``.
        basis: How the figure was got, such as ``read from a schedule`` or ``assumed``.
        also: Keys of documents that agree.
        note: What a reader should know beside it.
    """

    key: _Text
    title: str | None = None
    address: str | None = None
    place: _Text
    quote: str | None = None
    verification: Verification
    checked_on: Day
    strength: str | None = None
    basis: str | None = None
    also: tuple[str, ...] = ()
    note: str | None = None

    def __str__(self) -> str:
        words = f', "{self.quote}"' if self.quote else ""
        basis = f", {self.basis}" if self.basis else ""
        return (
            f"{self.title or self.key}, {self.place}{words} "
            f"({self.verification}{basis}; checked {self.checked_on})"
        )


def _split_figures(data: Any) -> Any:
    """Take ``figure = {value = …, key = …}`` apart into the figure and its source."""
    if not isinstance(data, dict):
        return data
    split = dict(data)
    for name, figure in data.items():
        if isinstance(figure, dict) and "value" in figure:
            source = dict(figure)
            split[name] = source.pop("value")
            split[f"{name}_source"] = source
    return split


def _is_unverified(source: SourceRef | None) -> bool:
    return source is None or source.verification is Verification.UNVERIFIED


class RetreatmentRule(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """How long to wait until the next session.

    A rule states a minimum and a usual range, a minimum only, or neither.

    Attributes:
        kind: ``scheduled``, or ``as_needed`` when the effect has diminished.
        minimum: The shortest interval the source allows, or None where it states none.
        usual: The interval the source calls usual, or None where it states none.
        minimum_source: Where the minimum stands; without it the minimum is unverified.
        usual_source: Where the usual range stands.
        wording: What the source says instead of an interval.
    """

    kind: RetreatmentKind
    minimum: Interval | None = None
    minimum_source: SourceRef | None = None
    usual: IntervalRange | None = None
    usual_source: SourceRef | None = None
    wording: str | None = None
    wording_source: SourceRef | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_figures(cls, data: Any) -> Any:
        return _split_figures(data)

    @model_validator(mode="after")
    def _has_order(self) -> Self:
        if self.minimum is None:
            if self.usual is not None:
                raise ValueError("a usual range needs a minimum; give minimum too")
        elif self.minimum.day_bounds[0] < 0:
            raise ValueError("a minimum cannot be negative")
        if self.usual is not None and self.usual.first.day_bounds[0] < 0:
            raise ValueError("a usual range cannot be negative")
        return self


class ExpectedResponse(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """When the response is expected to begin, peak and wear off, counted from the session.

    Attributes:
        onset: First expected effect.
        peak: Full expected effect of this session.
        wear_off: The effect declines; after its last day it has worn off.
        full_benefit: Full benefit of the course, counted from the course's first session.
    """

    onset: IntervalRange | None = None
    onset_source: SourceRef | None = None
    peak: IntervalRange | None = None
    peak_source: SourceRef | None = None
    wear_off: IntervalRange | None = None
    wear_off_source: SourceRef | None = None
    full_benefit: Interval | None = None
    full_benefit_source: SourceRef | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_figures(cls, data: Any) -> Any:
        return _split_figures(data)

    @model_validator(mode="after")
    def _begins_in_order(self) -> Self:
        stated = [w for w in (self.onset, self.peak, self.wear_off) if w is not None]
        for earlier, later in itertools.pairwise(stated):
            if earlier.first.day_bounds[1] > later.first.day_bounds[0]:
                raise ValueError("onset, peak and wear_off must begin in that order")
        if stated and stated[0].first.day_bounds[0] < 0:
            raise ValueError("an expected response cannot begin before the session")
        return self


class AgeRange(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """Ages in completed years; both ends belong to it, None leaves an end open."""

    first: _Years | None = None
    last: _Years | None = None
    source: SourceRef | None = None

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError("the age range ends before it starts; give first <= last")
        return self

    def __contains__(self, years: int) -> bool:
        return (self.first is None or years >= self.first) and (
            self.last is None or years <= self.last
        )


class InForce(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """The days on which a version holds; both ends belong to it, None leaves an end open."""

    first: Day | None = None
    last: Day | None = None

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        if self.first is not None and self.last is not None and self.first > self.last:
            raise ValueError("in_force ends before it starts; give first <= last")
        return self

    def __contains__(self, day: date) -> bool:
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


class LimitWindow(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """One reading of the window over which a limit adds up.

    Attributes:
        reading: Its name where the source's words have several readings.
        window: A dose counts until, and not on, the day this long after it.
    """

    window: Interval
    reading: LimitReading | None = None

    @model_validator(mode="after")
    def _is_positive(self) -> Self:
        if self.window.day_bounds[0] <= 0:
            raise ValueError("a limit's window must be longer than a day")
        return self


class DoseLimit(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """What a source calls a maximum; a usual dose is not one.

    Attributes:
        scope: Whose units add up.
        per: Over what they add up.
        windows: The readings of the window; empty unless ``per`` is ``window``.
        units: The maximum in units of the product.
        units_per_kilogram: The maximum by body weight; the lower of both counts.
        ages: For whom the limit holds, or None for everyone.
    """

    scope: LimitScope
    per: LimitPer
    windows: tuple[LimitWindow, ...] = ()
    units: _Units | None = None
    units_per_kilogram: _Units | None = None
    ages: AgeRange | None = None
    source: SourceRef | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.units is None and self.units_per_kilogram is None:
            raise ValueError("a limit needs units, units_per_kilogram or both")
        if (self.per is LimitPer.WINDOW) != bool(self.windows):
            raise ValueError("a limit per window needs windows, and no other limit has them")
        readings = [w.reading for w in self.windows]
        if len(readings) > 1 and (None in readings or len(set(readings)) < len(readings)):
            raise ValueError("a limit with several windows names each one's reading once")
        return self

    def __str__(self) -> str:
        figures = [f"{self.units:f} U"] if self.units else []
        if self.units_per_kilogram:
            figures.append(f"{self.units_per_kilogram:f} U/kg")
        return f"{' or '.join(figures)} per {self.per}, {self.scope}"


class Code(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """A code of a coding system, with its meaning in our own words."""

    system: _Text
    code: _Text
    meaning: _Text
    source: SourceRef | None = None


class ProtocolRef(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """Which protocol an answer rests on."""

    id: str
    version: str
    region: str
    product: str
    indication: str
    population: str

    def __str__(self) -> str:
        return f"{self.id} version {self.version}, region {self.region}"


class TreatmentProtocol(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """What a label or guideline says about one product for one indication.

    Attributes:
        id: Shared by all versions of the protocol.
        version: The version of the content.
        in_force: The days on which this version holds.
        shares_clock_with: Other indications whose sessions count from the same anchor.
        ages: For whom the protocol is, in completed years.
        retreatment: How long to wait.
        response: What to expect.
        limits: What the source calls a maximum.
        codes: Codes of the indication, the procedure and the product.

    >>> protocol = TreatmentProtocol(
    ...     id="own-migraine", version="1", region="us", indication="chronic-migraine",
    ...     product="Botox", population="adult",
    ...     retreatment={"kind": "scheduled", "minimum": "12 weeks", "usual": "12 weeks"},
    ... )
    >>> str(protocol.retreatment.minimum), str(protocol.product)
    ('12 weeks', 'onabotulinumtoxinA')
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    version: _Text
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,8}$")]
    indication: Indication
    product: ProductName
    population: Population
    shares_clock_with: tuple[Indication, ...] = ()
    in_force: InForce = Field(default_factory=InForce)
    ages: AgeRange | None = None
    retreatment: RetreatmentRule
    response: ExpectedResponse = Field(default_factory=ExpectedResponse)
    limits: tuple[DoseLimit, ...] = ()
    codes: tuple[Code, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def ref(self) -> ProtocolRef:
        """The short form that answers carry."""
        return ProtocolRef(
            id=self.id,
            version=self.version,
            region=self.region,
            product=self.product.value,
            indication=self.indication,
            population=self.population.value,
        )

    @cached_property
    def clock(self) -> frozenset[str]:
        """The indications whose sessions count from the same anchor, its own included."""
        return frozenset((self.indication, *self.shares_clock_with))

    @cached_property
    def unverified_retreatment(self) -> tuple[str, ...]:
        """The retreatment figures that were not read in a source."""
        return _unverified(self.retreatment, ("minimum", "usual"))

    @cached_property
    def unverified_response(self) -> tuple[str, ...]:
        """The response figures that were not read in a source."""
        return _unverified(self.response, ("onset", "peak", "wear_off", "full_benefit"))


def _unverified(figures: BaseModel, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        name
        for name in names
        if getattr(figures, name) is not None and _is_unverified(getattr(figures, f"{name}_source"))
    )
