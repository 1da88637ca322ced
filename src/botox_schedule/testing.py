"""Records, protocols and policies for the tests of those who build on this library."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import accumulate

from hypothesis import strategies as st

from botox_schedule import (
    BodyWeight,
    CareEnd,
    CareEndKind,
    Hold,
    Interval,
    IntervalOverride,
    IntervalRange,
    PatientRecord,
    Product,
    SchedulingPolicy,
    SessionKind,
    SessionStatus,
    ShortMonth,
    TreatmentProtocol,
    TreatmentSession,
)
from botox_schedule.protocols import ExpectedResponse, RetreatmentRule
from botox_schedule.terms import RetreatmentKind

_INDICATIONS = ("chronic-migraine",)
_FIRST, _LAST = date(2000, 1, 1), date(2099, 12, 31)


def record_from_gaps(
    gaps: Iterable[int],
    *,
    starts_on: date,
    indication: str = "chronic-migraine",
    product: Product | str | None = Product.ONABOTULINUMTOXIN_A,
    units: Decimal | int | None = None,
) -> PatientRecord:
    """Return a record whose sessions lie the given numbers of days apart.

    Args:
        gaps: Days between one session and the next.
        starts_on: The day of the first session.
        indication: What was treated.
        product: What was given.
        units: Units of each session.

    >>> record = record_from_gaps([84, 85], starts_on=date(2026, 1, 5))
    >>> [str(session.administered_on) for session in record.sessions]
    ['2026-01-05', '2026-03-30', '2026-06-23']
    """
    offsets = accumulate(gaps, initial=0)
    return PatientRecord(
        sessions=[
            {
                "id": f"session-{number}",
                "administered_on": starts_on + timedelta(days=offset),
                "indication": indication,
                "product": product,
                "units": units,
            }
            for number, offset in enumerate(offsets, start=1)
        ]
    )


def days(first: date = _FIRST, last: date = _LAST) -> st.SearchStrategy[date]:
    """Return a strategy for days; month ends and leap days come up often.

    >>> from hypothesis import find
    >>> find(days(), lambda day: day.day == 29 and day.month == 2).year % 4
    0
    """
    awkward = [
        day
        for year in range(first.year, last.year + 1)
        for day in _awkward_days(year)
        if first <= day <= last
    ]
    plain = st.dates(first, last)
    return st.one_of(plain, st.sampled_from(awkward)) if awkward else plain


def _awkward_days(year: int) -> list[date]:
    ends = [date(year, month % 12 + 1, 1) - timedelta(days=1) for month in range(1, 12)]
    return [date(year, 1, 1), *ends, date(year, 12, 31)]


@st.composite
def intervals(draw: st.DrawFn, *, most_days: int = 400) -> Interval:
    """Draw an interval that is not negative, of one unit or of several.

    >>> from hypothesis import find
    >>> str(find(intervals(), lambda interval: interval.months > 0))
    '1 month'
    """
    months = draw(st.integers(0, most_days // 31))
    weeks = draw(st.integers(0, (most_days - 31 * months) // 7))
    extra = draw(st.integers(0, 6))
    return Interval(months=months, weeks=weeks, days=extra)


@st.composite
def interval_ranges(draw: st.DrawFn, *, first: Interval | None = None) -> IntervalRange:
    """Draw a range; its first bound is shorter than its last from every start.

    >>> from hypothesis import find
    >>> str(find(interval_ranges(first=Interval(weeks=12)), lambda _: True))
    '12 weeks'
    """
    start = draw(intervals()) if first is None else first
    if draw(st.booleans()):
        slack = draw(st.integers(0, 30))
        end = Interval(months=start.months, weeks=start.weeks, days=start.days + slack)
        loose = end.day_bounds[0] - start.day_bounds[1]
        return IntervalRange(first=start, last=end if loose >= 0 else start)
    return IntervalRange(first=start, last=start)


@st.composite
def protocols(
    draw: st.DrawFn, *, indication: str = "chronic-migraine", with_usual: bool | None = None
) -> TreatmentProtocol:
    """Draw a protocol with a minimum; with, without, or maybe with a usual range.

    >>> from hypothesis import find
    >>> find(protocols(with_usual=False), lambda _: True).retreatment.usual is None
    True
    """
    minimum = draw(intervals(most_days=150))
    has_usual = draw(st.booleans()) if with_usual is None else with_usual
    later = Interval(
        months=minimum.months, weeks=minimum.weeks, days=minimum.days + draw(st.integers(0, 30))
    )
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


def policies() -> st.SearchStrategy[SchedulingPolicy]:
    """Return a strategy for policies.

    >>> from hypothesis import find
    >>> find(policies(), lambda policy: policy.payer_minimum is None).group_within_days
    0
    """
    short = intervals(most_days=60)
    return st.builds(
        SchedulingPolicy,
        payer_minimum=st.none() | intervals(most_days=150),
        validity_tolerance=short,
        scheduled_grace=short,
        as_needed_grace=short,
        lapsed_after=st.none() | intervals(),
        group_within_days=st.integers(0, 7),
        touch_up_moves_earliest=st.booleans(),
        short_month=st.sampled_from(ShortMonth),
    )


@st.composite
def sessions(
    draw: st.DrawFn,
    *,
    indications: Sequence[str] = _INDICATIONS,
    first: date = date(2024, 1, 1),
    last: date = date(2026, 12, 31),
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
        indication=draw(st.sampled_from(indications)),
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
    first: date = date(2024, 1, 1),
    last: date = date(2026, 12, 31),
    most_sessions: int = 8,
    only_history: bool = False,
    only_full: bool = False,
    only_product: Product | None = None,
) -> PatientRecord:
    """Draw a record: sessions of all sorts, holds, overrides, weights and ends of care.

    Args:
        draw: Given by Hypothesis.
        indications: What the sessions treat.
        first: The first day on which something happens.
        last: The last such day.
        most_sessions: How many sessions there are at most.
        only_history: Whether there are completed sessions only, and nothing else.
        only_full: Whether touch-ups are left out.
        only_product: The product of all sessions; None draws one for each.

    >>> from hypothesis import find
    >>> len(find(records(), lambda record: len(record.sessions) == 2).holds)
    0
    """
    given = draw(
        st.lists(
            sessions(
                indications=indications,
                first=first,
                last=last,
                only_completed=only_history,
                only_full=only_full,
                only_product=only_product,
            ),
            max_size=most_sessions,
        )
    )
    if only_history:
        return PatientRecord(sessions=tuple(given))
    when = days(first, last)
    return PatientRecord(
        sessions=tuple(given),
        holds=tuple(draw(st.lists(_holds(when), max_size=2))),
        overrides=tuple(draw(st.lists(_overrides(indications, when), max_size=2))),
        weights=tuple(draw(st.lists(_weights(when), max_size=2))),
        care_ends=tuple(draw(st.lists(_care_ends(when), max_size=1))),
        born_on=draw(st.none() | days(date(1940, 1, 1), first)),
    )


@st.composite
def _holds(draw: st.DrawFn, when: st.SearchStrategy[date]) -> Hold:
    first, last = sorted((draw(when), draw(when)))
    return Hold(first=first, last=draw(st.sampled_from([None, last, last])), reason="drawn")


@st.composite
def _overrides(
    draw: st.DrawFn, indications: Sequence[str], when: st.SearchStrategy[date]
) -> IntervalOverride:
    first, last = sorted((draw(when), draw(when)))
    usual = draw(st.none() | interval_ranges())
    minimum = draw(st.none() | intervals(most_days=150)) if usual else draw(intervals())
    return IntervalOverride(
        indication=draw(st.sampled_from(indications)),
        first=first,
        last=draw(st.sampled_from([None, last])),
        minimum=minimum,
        usual=usual,
        reason="drawn",
        authority=draw(st.sampled_from(["clinician", "payer"])),
    )


@st.composite
def _weights(draw: st.DrawFn, when: st.SearchStrategy[date]) -> BodyWeight:
    return BodyWeight(measured_on=draw(when), kilograms=draw(st.integers(2, 200)))


@st.composite
def _care_ends(draw: st.DrawFn, when: st.SearchStrategy[date]) -> CareEnd:
    return CareEnd(on=draw(when), kind=draw(st.sampled_from(CareEndKind)))
