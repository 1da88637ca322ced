"""What a label or guideline says about one product for one indication."""

import itertools
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, StringConstraints, model_validator

from botox_schedule.dates.days import Day, DayInput, LastDay, check_order, is_within
from botox_schedule.dates.intervals import (
    Interval,
    IntervalInput,
    IntervalRange,
    NotNegative,
    RangeInput,
)
from botox_schedule.protocols.indications import (
    Indication,
    ProductInput,
    ProductName,
    general_indication,
)
from botox_schedule.terms import (
    ForWhom,
    LimitPer,
    LimitReading,
    LimitScope,
    Population,
    Product,
    RetreatmentKind,
    Verification,
)
from botox_schedule.values import Fact, Fields, NumberInput, Rows, notebook_html

_Text = Annotated[str, StringConstraints(min_length=1)]
_PositiveUnits = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
_Years = Annotated[int, Field(ge=0, le=150, strict=True)]


class SourceRef(Fact, frozen=True):
    """The cited document, the place in it, and how well it was read.

    Attributes:
        key: The document's key in the list of sources.
        title: The document's title.
        address: Where the document is found.
        place: The place in the document, such as a section.
        quote: The words of the document.
        verification: Where the text was read; ``unverified`` when it was not read.
        checked_on: The day the figure was checked against its source.
        strength: How strongly the source words the figure, such as ``generally`` or ``should``.
        basis: How the figure was derived, such as ``read from a schedule`` or ``payer``.
        also: Keys of other documents that agree.
        note: Further information for the reader.
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

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            key: str,
            title: str | None = None,
            address: str | None = None,
            place: str,
            quote: str | None = None,
            verification: Verification | str,
            checked_on: DayInput,
            strength: str | None = None,
            basis: str | None = None,
            also: Iterable[str] = (),
            note: str | None = None,
        ) -> None: ...

    def __str__(self) -> str:
        words = f', "{self.quote}"' if self.quote else ""
        basis = f", {self.basis}" if self.basis else ""
        read = f"{self.verification}{basis}; checked {self.checked_on}"
        return f"{self.title or self.key}, {self.place}{words} ({read})"

    @property
    def is_advice(self) -> bool:
        """Whether the source only advises: "may", "not evaluated", or read from a duration."""
        strength = self.strength or ""
        return strength.startswith(_ADVISORY_WORDS) or self.basis == READ_FROM_A_DURATION


READ_FROM_A_DURATION = "read from a duration"
READ_FROM_A_SCHEDULE = "read from a schedule"
FROM_A_PAYER = "payer"
_ADVISORY_WORDS = ("may", "not evaluated")
_WITH_A_FIGURE = ("statistic", "for_whom", "share")


class Figures(Fact, frozen=True):
    """Figures, each with its source: ``figure = {value = …, key = …}`` gives both."""

    @model_validator(mode="before")
    @classmethod
    def _from_figures(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        split = dict(data)
        for name, figure in data.items():
            if isinstance(figure, dict) and "value" in figure:
                source = dict(figure)
                split[name] = source.pop("value")
                split |= {f"{name}_{k}": source.pop(k) for k in _WITH_A_FIGURE if k in source}
                split[f"{name}_source"] = source
        return split


class RetreatmentRule(Figures, frozen=True):
    """How long to wait until the next session.

    Attributes:
        kind: ``scheduled``, or ``as_needed``: once the effect has diminished.
        minimum: The shortest interval the source allows, or None where none is recorded.
        minimum_source: Source of the minimum; without one the minimum is unverified.
        usual: The usual interval to the next session, as a range or schedule of the source.
        usual_source: Source of the usual range.
        typical: A statistic or a duration from the source; it never makes a patient due.
        typical_statistic: What the typical interval is, such as ``median to the next request``.
        typical_source: Source of the typical interval.
        wording: The words of the source where it states no interval.
        wording_source: Source of that wording.
    """

    kind: RetreatmentKind
    minimum: NotNegative | None = None
    minimum_source: SourceRef | None = None
    usual: IntervalRange | None = None
    usual_source: SourceRef | None = None
    typical: NotNegative | None = None
    typical_statistic: _Text | None = None
    typical_source: SourceRef | None = None
    wording: str | None = None
    wording_source: SourceRef | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            kind: RetreatmentKind | str,
            minimum: IntervalInput | None = None,
            minimum_source: SourceRef | Fields | None = None,
            usual: RangeInput | None = None,
            usual_source: SourceRef | Fields | None = None,
            typical: IntervalInput | None = None,
            typical_statistic: str | None = None,
            typical_source: SourceRef | Fields | None = None,
            wording: str | None = None,
            wording_source: SourceRef | Fields | None = None,
        ) -> None: ...

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.typical is None) != (self.typical_statistic is None):
            raise ValueError("a typical interval needs the name of its statistic, and both or none")
        return self

    @cached_property
    def minimum_is_advisory(self) -> bool:
        """Whether the source only advises the minimum and does not require it."""
        return self.minimum_source is not None and self.minimum_source.is_advice


class ExpectedResponse(Figures, frozen=True):
    """When the response is expected to begin, peak and wear off, counted from the session.

    Attributes:
        onset: When the first effect is expected.
        onset_source: Source of the onset.
        onset_for_whom: Whether the onset holds for a typical patient or for some patients.
        onset_share: The share of those patients, such as ``90 of 143``.
        peak: When the full effect of the session is expected.
        peak_source: Source of the peak.
        peak_for_whom: Whether the peak holds for a typical patient or for some patients.
        peak_share: The share of those patients.
        wear_off: When the effect declines; after the last day it has worn off in a typical
            patient.
        wear_off_source: Source of the wear-off.
        wear_off_for_whom: Whether the wear-off holds for a typical patient or for some patients.
        wear_off_share: The share of those patients.
        full_benefit: When the course reaches its full benefit, counted from its first session.
        full_benefit_source: Source of the full benefit.
        notes: Named statistics and trial visits that do not define a window.
    """

    onset: IntervalRange | None = None
    onset_source: SourceRef | None = None
    onset_for_whom: ForWhom = ForWhom.TYPICAL
    onset_share: _Text | None = None
    peak: IntervalRange | None = None
    peak_source: SourceRef | None = None
    peak_for_whom: ForWhom = ForWhom.TYPICAL
    peak_share: _Text | None = None
    wear_off: IntervalRange | None = None
    wear_off_source: SourceRef | None = None
    wear_off_for_whom: ForWhom = ForWhom.TYPICAL
    wear_off_share: _Text | None = None
    full_benefit: Interval | None = None
    full_benefit_source: SourceRef | None = None
    notes: tuple[_Text, ...] = ()

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            onset: RangeInput | None = None,
            onset_source: SourceRef | Fields | None = None,
            onset_for_whom: ForWhom | str = ForWhom.TYPICAL,
            onset_share: str | None = None,
            peak: RangeInput | None = None,
            peak_source: SourceRef | Fields | None = None,
            peak_for_whom: ForWhom | str = ForWhom.TYPICAL,
            peak_share: str | None = None,
            wear_off: RangeInput | None = None,
            wear_off_source: SourceRef | Fields | None = None,
            wear_off_for_whom: ForWhom | str = ForWhom.TYPICAL,
            wear_off_share: str | None = None,
            full_benefit: IntervalInput | None = None,
            full_benefit_source: SourceRef | Fields | None = None,
            notes: Iterable[str] = (),
        ) -> None: ...

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        stated = [w for w in (self.onset, self.peak, self.wear_off) if w is not None]
        for earlier, later in itertools.pairwise(stated):
            if earlier.first.day_bounds[1] > later.first.day_bounds[0]:
                raise ValueError("onset, peak and wear_off must begin in that order")
        for name in ("onset", "peak", "wear_off"):
            some = getattr(self, f"{name}_for_whom") is ForWhom.SOME
            if some != (getattr(self, f"{name}_share") is not None):
                raise ValueError(
                    f"{name}: a window about some patients has their share, and no other"
                )
        return self


class AgeRange(Fact, frozen=True):
    """Ages in completed years, both ends included; None means no bound.

    Attributes:
        first: The youngest age, included.
        last: The oldest age, included.
        source: Source of the ages.
    """

    first: _Years | None = None
    last: _Years | None = None
    source: SourceRef | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            first: int | None = None,
            last: int | None = None,
            source: SourceRef | Fields | None = None,
        ) -> None: ...

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        check_order(self.first, self.last, "the age range")
        return self

    def __contains__(self, years: int) -> bool:
        return is_within(self.first, years, self.last)


class InForce(Fact, frozen=True):
    """The days on which a version is in force, both ends included; None means no bound.

    Attributes:
        first: The first day, included.
        last: The last day, included.
    """

    first: Day | None = None
    last: LastDay = None

    if TYPE_CHECKING:

        def __init__(
            self, *, first: DayInput | None = None, last: DayInput | None = None
        ) -> None: ...

    @model_validator(mode="after")
    def _is_ordered(self) -> Self:
        check_order(self.first, self.last, "in_force")
        return self

    def __contains__(self, day: date) -> bool:
        return is_within(self.first, day, self.last)


class LimitWindow(Fact, frozen=True):
    """One reading of the window over which a limit adds up.

    Attributes:
        window: How long a dose counts; it no longer counts on the day this long after it.
        reading: The name of the reading, where the source's words have several.
    """

    window: Interval
    reading: LimitReading | None = None

    if TYPE_CHECKING:

        def __init__(
            self, *, window: IntervalInput, reading: LimitReading | str | None = None
        ) -> None: ...

    @model_validator(mode="after")
    def _is_positive(self) -> Self:
        if self.window.day_bounds[0] <= 0:
            raise ValueError("a limit's window must be longer than nothing")
        return self


class DoseLimit(Fact, frozen=True):
    """What a source calls a maximum; a recommended dose is not one.

    Attributes:
        scope: Which sessions add up.
        indications: The indications whose sessions add up; empty unless ``scope`` is
            ``indications``.
        per: The time over which they add up.
        windows: The readings of the window; empty unless ``per`` is ``window``.
        units: The maximum in units of the product.
        units_per_kilogram: The maximum in units of the product per kilogram of body weight. Where
            both are given, the lower counts.
        ages: The ages for which the limit holds, or None for all ages.
        source: Source of the limit.
    """

    scope: LimitScope
    indications: tuple[Indication, ...] = ()
    per: LimitPer
    windows: tuple[LimitWindow, ...] = ()
    units: _PositiveUnits | None = None
    units_per_kilogram: _PositiveUnits | None = None
    ages: AgeRange | None = None
    source: SourceRef | None = None

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            scope: LimitScope | str,
            indications: Iterable[str] = (),
            per: LimitPer | str,
            windows: Rows[LimitWindow] = (),
            units: NumberInput | None = None,
            units_per_kilogram: NumberInput | None = None,
            ages: AgeRange | Fields | None = None,
            source: SourceRef | Fields | None = None,
        ) -> None: ...

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.units is None and self.units_per_kilogram is None:
            raise ValueError("a limit needs units, units_per_kilogram or both")
        if (self.per is LimitPer.WINDOW) != bool(self.windows):
            raise ValueError("a limit per window needs windows, and no other limit has them")
        if (self.scope is LimitScope.INDICATIONS) != bool(self.indications):
            raise ValueError("a limit over indications names them, and no other limit does")
        readings = [w.reading for w in self.windows]
        if len(readings) > 1 and (None in readings or len(set(readings)) < len(readings)):
            raise ValueError("a limit with several windows names each one's reading once")
        return self

    def counts(self, indication: str, *, asked: str) -> bool:
        """Whether sessions for *indication* count when a session for *asked* is checked."""
        if self.scope is LimitScope.PRODUCT:
            return True
        if self.scope is LimitScope.INDICATION:
            return indication == asked
        return indication in self.indications

    def may_count(self, indication: str, *, asked: str) -> bool:
        """Whether sessions for *indication* count, or nobody recorded whether they do.

        A session for a general indication, such as ``spasticity``, may have been for any of its
        parts, and each part is one of it.
        """
        meant = self.indications or (asked,)
        is_general = indication in {general_indication(name) for name in meant}
        may = is_general or general_indication(indication) in meant
        return may or self.counts(indication, asked=asked)

    def in_words(self, window: Interval | None = None) -> str:
        """Return the limit as a part of a sentence; *window* is the reading that is meant.

        >>> str(DoseLimit(scope="product", per="session", units=400))
        '400 U per session, product'
        >>> DoseLimit(scope="product", per="session", units=400).in_words()
        '400 U per session over all indications'
        """
        windows = [str(each.window) for each in self.windows if window in {None, each.window}]
        per = f"within {' or '.join(windows)}" if windows else f"per {self.per}"
        return f"{self._figures} {per} {_OVER[self.scope]}{' and '.join(self.indications)}"

    def __str__(self) -> str:
        return f"{self._figures} per {self.per}, {', '.join(self.indications) or self.scope.value}"

    @property
    def _figures(self) -> str:
        figures = [f"{self.units:f} U"] if self.units else []
        if self.units_per_kilogram:
            figures.append(f"{self.units_per_kilogram:f} U/kg")
        return " or ".join(figures)


_OVER = {
    LimitScope.PRODUCT: "over all indications",
    LimitScope.INDICATION: "for the indication",
    LimitScope.INDICATIONS: "for ",
}


class Code(Fact, frozen=True):
    """A code of a coding system, with its meaning in our own words.

    Attributes:
        system: The coding system.
        code: The code.
        meaning: What the code stands for, in our own words.
        source: Where the code was read.
    """

    system: _Text
    code: _Text
    meaning: _Text
    source: SourceRef | None = None

    if TYPE_CHECKING:

        def __init__(
            self, *, system: str, code: str, meaning: str, source: SourceRef | Fields | None = None
        ) -> None: ...


class ProtocolRef(Fact, frozen=True):
    """The protocol that an answer is based on.

    Attributes:
        id: The protocol's id, shared by all its versions.
        version: The version of the content.
        region: The region in which it holds.
        product: The product.
        indication: What is treated.
        population: ``adult`` or ``pediatric``.
    """

    id: str
    version: str
    region: str
    product: str
    indication: str
    population: str

    def __str__(self) -> str:
        return f"{self.id} version {self.version}, region {self.region}"


_LAST_ZEROS = re.compile(r"(?:\.0+)+(?=\.?(?:[^0-9.]|\Z))")
_END = (1, 0, "")
VersionKey = tuple[tuple[int, int, str], ...]
TreatmentKey = tuple[str, Product, Population, str]
"""Indication, product, population and region."""


class TreatmentProtocol(Fact, frozen=True):
    """What a label or guideline says about one product for one indication.

    Attributes:
        id: The protocol's id, shared by all its versions.
        version: The version of the content; versions are compared as numbers.
        region: The region in which it holds.
        indication: What is treated.
        product: The product.
        population: ``adult`` or ``pediatric``.
        shares_clock_with: Other indications that share a clock with this one.
        in_force: The days on which this version is in force.
        ages: The patients' ages, in completed years.
        retreatment: How long to wait until the next session.
        response: The response to expect, and when.
        limits: The maximum doses that the source states.
        codes: Codes of the indication, the procedure and the product.
        notes: Further information about the figures.

    >>> protocol = TreatmentProtocol.model_validate({
    ...     "id": "own-migraine", "version": "1", "region": "us", "indication": "chronic-migraine",
    ...     "product": "Botox", "population": "adult",
    ...     "retreatment": {"kind": "scheduled", "minimum": "12 weeks", "usual": "12 weeks"},
    ... })
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

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            id: str,  # noqa: A002 - the field has that name
            version: str,
            region: str,
            indication: str,
            product: ProductInput,
            population: Population | str,
            shares_clock_with: Iterable[str] = (),
            in_force: InForce | Fields = ...,
            ages: AgeRange | Fields | None = None,
            retreatment: RetreatmentRule | Fields,
            response: ExpectedResponse | Fields = ...,
            limits: Rows[DoseLimit] = (),
            codes: Rows[Code] = (),
            notes: Iterable[str] = (),
        ) -> None: ...

    def __hash__(self) -> int:
        # The other fields add time and tell no two protocols apart that one set holds.
        return hash((self.id, self.version))

    def _repr_html_(self) -> str:
        """Return the protocol as a table for a notebook."""
        return notebook_html("protocol_html", self)

    @cached_property
    def ref(self) -> ProtocolRef:
        """The short form that answers carry."""
        return ProtocolRef(**{name: str(getattr(self, name)) for name in ProtocolRef.model_fields})

    @cached_property
    def version_key(self) -> VersionKey:
        """The version as a sort key, so that 10 is newer than 9, and 2.0 is 2.

        Digits are compared as text, length first: without leading zeros that is numeric order,
        and there is no limit to the length. A word comes before the end, the end before a number.
        """
        written = _LAST_ZEROS.sub("", self.version)
        parts = re.findall(r"0*(?=[0-9])([0-9]+)|([^0-9.]+)", written)
        key = [(1, len(digits), digits) if digits else (0, 0, word) for digits, word in parts]
        return (*key, _END)

    @cached_property
    def unverified_retreatment(self) -> tuple[str, ...]:
        """The retreatment figures that were not read in a source."""
        return _unverified(self.retreatment, ("minimum", "usual", "typical"))

    @cached_property
    def unverified_response(self) -> tuple[str, ...]:
        """The response figures that were not read in a source."""
        return _unverified(self.response, ("onset", "peak", "wear_off", "full_benefit"))


def _unverified(figures: Figures, names: Iterable[str]) -> tuple[str, ...]:
    stated = [name for name in names if getattr(figures, name) is not None]
    return tuple(name for name in stated if is_unread(getattr(figures, f"{name}_source")))


def is_unread(source: SourceRef | None) -> bool:
    """Whether nobody read a stated figure: it has no source, or an unverified one."""
    return source is None or source.verification is Verification.UNVERIFIED


def treatment_of(protocol: TreatmentProtocol) -> TreatmentKey:
    """Return what a protocol is for; protocols for the same treatment hide each other."""
    return protocol.indication, protocol.product, protocol.population, protocol.region
