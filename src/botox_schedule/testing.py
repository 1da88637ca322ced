"""Records, protocols and policies for the tests of software that uses this library.

``pytest_plugins = ["botox_schedule.testing"]`` in a ``conftest.py`` shows records in failing
tests, so that a falsifying example can be run again; elsewhere use :func:`reveal_records`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum, unique
from functools import cache
from itertools import accumulate
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st
from pydantic import TypeAdapter

from botox_schedule.dates import Interval, IntervalRange
from botox_schedule.dates.days import DayInput, as_day, near, shifted
from botox_schedule.errors import CountError
from botox_schedule.policy import PayerRule, SchedulingPolicy
from botox_schedule.protocols import ExpectedResponse, RetreatmentRule, TreatmentProtocol
from botox_schedule.records import PatientRecord, TreatmentSession
from botox_schedule.terms import (
    Authority,
    CareEndKind,
    Product,
    RetreatmentKind,
    SessionKind,
    SessionStatus,
    ShortMonth,
    word_of,
)
from botox_schedule.values import Described, NumberInput, a_list

_INDICATIONS = ("chronic-migraine",)
_UNKNOWN_WORDS = ("chronic-migrane", "botox")
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)
_BEGIN, _END = date(2024, 1, 1), date(2026, 12, 31)
_CHANGES = ("recorded_on", "withdrawn_on")
_GAPS = "gaps: give a list of whole days, such as [84, 85]"
_NAMES = "indications: give a list of names, such as ['spasticity']"
_SOON = 28
"""A drawn history begins at most this many days after the first day."""

_Rows = st.SearchStrategy[dict[str, Any]]
_Spans = st.SearchStrategy[list[date]]


@unique
class RecordPart(StrEnum):
    """What a drawn record may have in addition to a history."""

    HOLDS = "holds"
    OVERRIDES = "overrides"
    CARE_ENDS = "care_ends"
    AUTHORIZATIONS = "authorizations"
    PRIOR_TREATMENTS = "prior_treatments"
    UNKNOWN_WORDS = "unknown_words"
    """Unknown indications."""
    CHANGED_DECISIONS = "changed_decisions"
    """Decisions with an id, the day they were recorded, the day they were withdrawn."""


def record_from_gaps(
    gaps: Iterable[int],
    *,
    starts_on: DayInput,
    indication: str = "chronic-migraine",
    product: Product | str | None = Product.ONABOTULINUMTOXIN_A,
    units: NumberInput | None = None,
) -> PatientRecord:
    """Return a record whose sessions lie the given numbers of days apart.

    Args:
        gaps: Days between one session and the next.
        starts_on: The day of the first session.
        indication: What was treated.
        product: What was given.
        units: Units of each session.

    Raises:
        DayError: When *starts_on* is not a calendar day.
        CalendarRangeError: When a session would leave the years 1 to 9999.
        CountError: When a gap is not a whole number.
        ValidationError: When the indication, the product or the units are none.

    >>> record = record_from_gaps([84, 85], starts_on="2026-01-05")
    >>> [str(session.administered_on) for session in record.sessions]
    ['2026-01-05', '2026-03-30', '2026-06-23']
    """
    start, between = as_day(starts_on, "starts_on"), [*a_list(gaps, _GAPS)]
    if not all(type(gap) is int for gap in between):
        raise CountError(_GAPS)
    return PatientRecord(
        sessions=[
            {
                "id": f"session-{number}",
                "administered_on": shifted(start, offset),
                "indication": indication,
                "product": product,
                "units": units,
            }
            for number, offset in enumerate(accumulate(between, initial=0), start=1)
        ]
    )


def days(first: DayInput = _FIRST, last: DayInput = _LAST) -> st.SearchStrategy[date]:
    """Return a strategy for days; month ends and leap days come up often.

    Args:
        first: The first day, included.
        last: The last day, included.

    Raises:
        DayError: When one of them is not a calendar day.

    >>> from hypothesis import find
    >>> find(days(), lambda day: day.day == 29 and day.month == 2).year % 4
    0
    """
    return _days(as_day(first, "first"), as_day(last, "last"))


@cache
def _days(first: date, last: date) -> st.SearchStrategy[date]:
    every = (day for year in range(first.year, last.year + 1) for day in _awkward_days(year))
    awkward = [day for day in every if first <= day <= last]
    plain = st.dates(first, last)
    return st.one_of(plain, st.sampled_from(awkward)) if awkward else plain


def _awkward_days(year: int) -> list[date]:
    ends = [date(year, month % 12 + 1, 1) - timedelta(days=1) for month in range(1, 12)]
    return [date(year, 1, 1), *ends, date(year, 12, 31)]


@st.composite
def intervals(draw: st.DrawFn, *, most_days: int = 400) -> Interval:
    """Draw an interval that is not negative and of at most *most_days*, of one unit or of several.

    >>> from hypothesis import find
    >>> str(find(intervals(), lambda interval: interval.months > 0))
    '1 month'
    """
    months = draw(st.integers(0, most_days // 31))
    weeks = draw(st.integers(0, (most_days - 31 * months) // 7))
    extra = draw(st.integers(0, min(6, most_days - 31 * months - 7 * weeks)))
    return Interval(months=months, weeks=weeks, days=extra)


@st.composite
def interval_ranges(draw: st.DrawFn, *, first: Interval | None = None) -> IntervalRange:
    """Draw a range; its first bound is never longer than its last, from any start.

    >>> from hypothesis import find
    >>> str(find(interval_ranges(first=Interval(weeks=12)), lambda _: True))
    '12 weeks'
    """
    start = draw(intervals()) if first is None else first
    if draw(st.booleans()):
        slack = draw(st.integers(0, 30))
        end = start.model_copy(update={"days": start.days + slack})
        loose = end.day_bounds[0] - start.day_bounds[1]
        return IntervalRange(first=start, last=end if loose >= 0 else start)
    return IntervalRange(first=start, last=start)


@st.composite
def protocols(
    draw: st.DrawFn, *, indication: str = "chronic-migraine", with_usual: bool | None = None
) -> TreatmentProtocol:
    """Draw a protocol with a minimum; *with_usual* None leaves the usual range to chance.

    >>> from hypothesis import find
    >>> find(protocols(with_usual=False), lambda _: True).retreatment.usual is None
    True
    """
    minimum = draw(intervals(most_days=150))
    has_usual = draw(st.booleans()) if with_usual is None else with_usual
    later = minimum.model_copy(update={"days": minimum.days + draw(st.integers(0, 30))})
    rule = RetreatmentRule(
        kind=draw(st.sampled_from(RetreatmentKind)),
        minimum=minimum,
        usual=draw(interval_ranges(first=later)) if has_usual else None,
    )
    return TreatmentProtocol(
        id=f"drawn-{indication}",
        version="1",
        region="us",
        indication=indication,
        product=Product.ONABOTULINUMTOXIN_A,
        population="adult",
        retreatment=rule,
        response=ExpectedResponse(onset=IntervalRange.parse("2 to 3 weeks")),
    )


def policies(*, payer_rules: bool = False) -> st.SearchStrategy[SchedulingPolicy]:
    """Return a strategy for policies.

    Args:
        payer_rules: Whether a policy may have rules with a period of their own.

    >>> from hypothesis import find
    >>> find(policies(), lambda policy: policy.payer_minimum is None).group_within_days
    0
    """
    short = intervals(most_days=60)
    return st.builds(
        SchedulingPolicy,
        payer=st.lists(_payer_rules(), max_size=2) if payer_rules else st.just(()),
        payer_minimum=st.none() | intervals(most_days=150),
        validity_tolerance=short,
        scheduled_grace=short,
        as_needed_grace=short,
        lapsed_after=st.none() | intervals(),
        group_within_days=st.integers(0, 7),
        touch_up_moves_earliest=st.booleans(),
        short_month=st.sampled_from(ShortMonth),
    )


def _payer_rules() -> st.SearchStrategy[PayerRule]:
    when = days(_BEGIN, _END)
    bounded = _spans(when).map(lambda span: {"first": span[0], "last": span[1]})
    half_open = st.builds(lambda end, day: {end: day}, st.sampled_from(["first", "last"]), when)
    return st.builds(
        lambda minimum, bounds: PayerRule(minimum=minimum, **bounds),
        intervals(most_days=150),
        st.just({}) | half_open | bounded,
    )


def _spans(when: st.SearchStrategy[date]) -> _Spans:
    return st.lists(when, min_size=2, max_size=2).map(sorted)


@st.composite
def sessions(
    draw: st.DrawFn,
    *,
    indications: Sequence[str] = _INDICATIONS,
    first: DayInput = _BEGIN,
    last: DayInput = _END,
    only_completed: bool = False,
    only_full: bool = False,
    only_product: Product | None = None,
) -> TreatmentSession:
    """Draw a session; its id may come up again with other contents.

    >>> from hypothesis import find
    >>> find(sessions(only_completed=True), lambda _: True).status
    <SessionStatus.COMPLETED: 'completed'>
    """
    statuses = [SessionStatus.COMPLETED] if only_completed else list(SessionStatus)
    kinds = [SessionKind.FULL] if only_full else list(SessionKind)
    products = [*Product, None] if only_product is None else [only_product]
    return TreatmentSession(
        id=draw(st.none() | st.integers(0, 30).map(str)),
        administered_on=draw(days(first, last)),
        indication=draw(st.sampled_from([*a_list(indications, _NAMES)])),
        product=draw(st.sampled_from(products)),
        units=draw(st.none() | st.integers(1, 500).map(Decimal)),
        status=draw(st.sampled_from(statuses)),
        kind=draw(st.sampled_from(kinds)),
    )


@st.composite
def records(
    draw: st.DrawFn,
    *,
    indications: Sequence[str] = _INDICATIONS,
    first: DayInput = _BEGIN,
    last: DayInput = _END,
    most_sessions: int = 8,
    also: Collection[RecordPart | str] = (),
    only_history: bool = False,
    only_full: bool = False,
    only_product: Product | None = None,
) -> PatientRecord:
    """Draw a record with a history that begins soon after *first*.

    The patient is alive unless *also* has ``care_ends``.

    Args:
        draw: Given by Hypothesis.
        indications: What the sessions treat.
        first: The first day on which something happens.
        last: The last such day.
        most_sessions: How many sessions there are at most, at least one.
        also: What else the record may have; ``list(RecordPart)`` is all of these parts.
        only_history: Whether there are completed sessions only, and nothing else.
        only_full: Whether touch-ups are left out.
        only_product: The product of all sessions; None draws one for each, or an unknown one.

    >>> from hypothesis import find
    >>> len(find(records(), lambda record: len(record.sessions) == 2).holds)
    0
    """
    given = a_list(also, f"also: give a list of {', '.join(RecordPart)}")
    parts = frozenset(() if only_history else (word_of(RecordPart, p, "also") for p in given))
    words = (
        *a_list(indications, _NAMES),
        *(_UNKNOWN_WORDS if RecordPart.UNKNOWN_WORDS in parts else ()),
    )
    first, last = as_day(first, "first"), as_day(last, "last")
    soon = min(last, near(first, _SOON))
    fixed: dict[str, Any] = {"first": first, "only_full": only_full, "only_product": only_product}
    opening = draw(sessions(indications=indications[:1], last=soon, only_completed=True, **fixed))
    further = sessions(indications=words, last=last, only_completed=only_history, **fixed)
    later = draw(st.lists(further, max_size=most_sessions - 1))
    # No other session takes the id of the first, which could void it.
    history = (opening, *(s for s in later if s.id is None or s.id != opening.id))
    drawn = _drawn(parts, words, first, last).items()
    rows: dict[str, Any] = {part: draw(part_rows) for part, part_rows in drawn}
    born_on = None if only_history else draw(st.none() | days(date(1940, 1, 1), date(2000, 1, 1)))
    return PatientRecord(sessions=history, born_on=born_on, **rows)


@cache
def _drawn(
    parts: frozenset[RecordPart], words: tuple[str, ...], first: date, last: date
) -> Mapping[str, st.SearchStrategy[list[dict[str, Any]]]]:
    when, named = days(first, last), st.sampled_from(words)
    spans = _spans(when)
    rows = {
        RecordPart.HOLDS: _holds(spans, st.none() | named),
        RecordPart.OVERRIDES: _overrides(spans, named),
        RecordPart.CARE_ENDS: _care_ends(when),
        RecordPart.AUTHORIZATIONS: _authorizations(spans, named),
    }
    if RecordPart.CHANGED_DECISIONS in parts:
        rows = {part: _changed(row, spans) for part, row in rows.items()}
    rows[RecordPart.PRIOR_TREATMENTS] = _prior_treatments(when, named)
    return {part.value: st.lists(row, max_size=2) for part, row in rows.items() if part in parts}


def _row(**fields: st.SearchStrategy[Any]) -> _Rows:
    return st.fixed_dictionaries(fields)


def _spanned(spans: _Spans, rows: _Rows) -> _Rows:
    return st.builds(
        lambda span, row, is_open: row | {"first": span[0], "last": None if is_open else span[1]},
        spans,
        rows,
        st.booleans(),
    )


def _holds(spans: _Spans, named: st.SearchStrategy[str | None]) -> _Rows:
    return _spanned(spans, _row(reason=st.just("drawn"), indication=named))


def _overrides(spans: _Spans, named: st.SearchStrategy[str]) -> _Rows:
    minimum = _row(minimum=intervals(most_days=150), usual=st.none() | interval_ranges())
    usual = _row(usual=interval_ranges())
    who = _row(
        indication=named, reason=st.just("drawn"), authority=st.sampled_from(list(Authority))
    )
    return _spanned(spans, st.builds(lambda row, what: row | what, who, minimum | usual))


def _care_ends(when: st.SearchStrategy[date]) -> _Rows:
    return _row(on=when, kind=st.sampled_from(list(CareEndKind)))


def _authorizations(spans: _Spans, named: st.SearchStrategy[str]) -> _Rows:
    return _row(
        indication=named,
        product=st.sampled_from(list(Product)),
        valid=spans.map(lambda span: {"first": span[0], "last": span[1]}),
        minimum_interval=st.none() | intervals(most_days=150),
    )


def _prior_treatments(when: st.SearchStrategy[date], named: st.SearchStrategy[str]) -> _Rows:
    return _row(
        indication=named,
        cycles=st.integers(1, 12),
        last_on=st.none() | when,
        product=st.none() | st.sampled_from(list(Product)),
    )


def _changed(rows: _Rows, spans: _Spans) -> _Rows:
    names = st.none() | st.sampled_from(["1", "2"])
    known = st.builds(lambda span: {"recorded_on": span[0]}, spans)
    withdrawn = st.builds(lambda span: dict(zip(_CHANGES, span, strict=True)), spans)
    return st.builds(
        lambda row, name, change: row | {"id": name} | change, rows, names, known | withdrawn
    )


@contextmanager
def reveal_records() -> Iterator[None]:
    """Show what values hold while the block runs, as calls that make them again.

    Records hide ids, days and text everywhere else: use it in tests with invented patients only.

    >>> record = record_from_gaps([], starts_on=date(2026, 1, 5))
    >>> with reveal_records():
    ...     shown = repr(record.sessions[0])
    >>> shown.partition(", ")[0], repr(record.sessions[0])
    ("TreatmentSession(administered_on='2026-01-05'", 'TreatmentSession(...)')
    """
    with (
        patch.object(Described, "__repr__", _call),
        patch.object(TreatmentSession, "__repr__", _call),
    ):
        yield


def _call(value: Described | TreatmentSession) -> str:
    fields = getattr(type(value), "model_fields", {})
    functions = {name for name in fields if callable(getattr(value, name))}
    held: TypeAdapter[Any] = TypeAdapter(type(value))
    dumped = held.dump_python(value, mode="json", exclude=functions, exclude_defaults=True)
    if not isinstance(dumped, dict):
        return f"{type(value).__name__}.parse({dumped!r})"
    shown = ", ".join(f"{name}={dumped[name]!r}" for name in dumped if name in (fields or dumped))
    return f"{type(value).__name__}({shown})"


_revealed = ExitStack()


def pytest_runtest_setup() -> None:
    """Show records while a test runs; pytest calls it where this module is a plugin."""
    _revealed.enter_context(reveal_records())


def pytest_runtest_teardown() -> None:
    """Hide them again."""
    _revealed.close()
