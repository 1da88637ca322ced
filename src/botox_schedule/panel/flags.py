"""What a person should look at, as one column of yes and no for each code."""

from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import Interval, ShortMonth, TreatmentProtocol
from botox_schedule import Population as People
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.forecast import SILENT
from botox_schedule.panel.limits import LIMIT_FLAGS, put_limits
from botox_schedule.panel.passed import last_start
from botox_schedule.panel.protocols import by_number, chosen
from botox_schedule.panel.tables import births_of, on_tracks

_ALWAYS = (
    "booking_unresolved",
    "booking_in_hold",
    "booking_too_early",
    "early_session",
    "product_switch",
    "future_completed_session",
    "session_left_out",
)


def put_flags(population: Population, sheet: Sheet) -> tuple[str, ...]:
    """Put the flags that the given tables allow to judge, and return their names."""
    book = population.book
    switched = nw.lit(value=False)
    for at in book.cells:
        product = at % book.kinds
        if product != book.unknown_product:
            given = nw.col(f"c_{at}").fill_null(0) > 0
            switched |= given & (nw.col("planned_product") != product)
    sheet.put(
        early_session=(nw.col("timing") == "early").fill_null(value=False),
        product_switch=switched,
        future_completed_session=nw.col("later"),
    )
    sheet.flag("session_left_out", population.left_out, on=("patient",))
    names = list(_ALWAYS)
    if population.spans is not None:
        _put_review(population, sheet)
        names.append("hold_needs_review")
    if population.table("births") is not None:
        _put_ages(population, sheet)
        names += ["age_outside_protocol", "age_unknown"]
    if population.table("weights") is not None:
        put_limits(population, sheet)
        names += LIMIT_FLAGS
    return tuple(names)


def _put_review(population: Population, sheet: Sheet) -> None:
    """An open hold is to be looked at on its day, by default 12 months after it began."""
    holds = population.table("holds")
    assert holds is not None  # noqa: S101 - there are spans
    own = on_tracks(holds.filter(nw.col("last").is_null()), population.tracks, population.book)
    own = own.filter(nw.col("first") <= population.as_of)
    year_ago = last_start(Interval(months=12), population.as_of)
    due = nw.col("review_on").is_null() & (nw.col("first") <= year_ago)
    due |= (nw.col("review_on") <= population.as_of).fill_null(value=False)
    sheet.flag("hold_needs_review", own.filter(due))


def _put_ages(population: Population, sheet: Sheet) -> None:
    births = population.table("births")
    assert births is not None  # noqa: S101 - asked before
    sheet.meet(births_of(births), on=("patient",))
    day = population.as_of
    protocols = [family.newest for family in population.book.families]
    latest = [_born_by(p.ages.first if p.ages else None, day) for p in protocols]
    oldest = [
        _born_by(p.ages.last + 1 if p.ages and p.ages.last is not None else None, day)
        for p in protocols
    ]
    unknown = [_age_matters(p) for p in protocols]
    silent = nw.col("status").is_in(SILENT)
    born_on = nw.col("born_on")
    outside: Any = (born_on > _numbers(latest)) | (born_on <= _numbers(oldest))
    sheet.put(
        age_outside_protocol=outside.fill_null(value=False) & ~silent,
        age_unknown=born_on.is_null() & by_number("family", unknown) & ~silent,
    )


def _numbers(days: list[int | None]) -> nw.Expr:
    """Days by family; where no age is stated, none is outside."""
    return chosen([(nw.col("family") == at, one) for at, one in enumerate(days)])


def _born_by(years: int | None, day: int) -> int | None:
    """The last day of birth of those who have completed *years*; 29 February turns on 1 March."""
    if years is None:
        return None
    return last_start(Interval(months=12 * years), day, ShortMonth.FIRST_OF_NEXT)


def _age_matters(protocol: TreatmentProtocol) -> bool:
    ages = protocol.ages
    if ages is None:
        return False
    return protocol.population is People.PEDIATRIC or ages.last is not None
