"""Units against what a source calls a maximum, for every track; a limit never moves a date."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw

from botox_schedule import Interval
from botox_schedule import Population as People
from botox_schedule.panel.amounts import Amount, add_amount, amount_of
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.cohort import Population, usable
from botox_schedule.panel.forecast import SILENT
from botox_schedule.panel.frames import Frame
from botox_schedule.panel.ordered import TRACK
from botox_schedule.panel.protocols import by_number
from botox_schedule.panel.reading import COMPLETED, PRODUCTS, dose_order, product_order
from botox_schedule.panel.tables import before_death, births_of, weights_on
from botox_schedule.protocols.model import AgeRange, DoseLimit
from botox_schedule.terms import LimitPer, LimitScope

LIMIT_FLAGS = ("limit_exceeded", "limit_indeterminate", "stale_weight", "missing_weight")
_ASKED = ("family", "as_of", "due", "earliest", "booked_on", "first_on", "first_key")
_MILLI = 1000


class _Check(NamedTuple):
    """One reading of one limit, and for which families it is asked.

    Attributes:
        limit: What the source states.
        window: The window of this reading; None for a limit per session.
        families: The numbers of the families that state it.
        policies: The numbers of the policies that choose this reading.
    """

    limit: DoseLimit
    window: Interval | None
    families: list[int]
    policies: list[int]

    @property
    def counts(self) -> tuple[LimitScope, Interval | None]:
        """What is added up: checks that count the same need it once."""
        return (self.limit.scope, self.window)


def put_limits(population: Population, sheet: Sheet) -> None:
    """Put the flags about limits, judged on the booking's day, else on the due day."""
    checks = list(_checks(population))
    asked = _asked(population, sheet)
    counted = list(dict.fromkeys(check.counts for check in checks))
    if counted:
        asked.meet(_totals(population, asked, counted)).tidy()
    flags = {name: nw.lit(value=False) for name in LIMIT_FLAGS}
    for at, check in enumerate(checks):
        _put_answer(population, asked, check, at, counted.index(check.counts))
        flags["limit_exceeded"] |= nw.col(f"exceeded_{at}")
        flags["limit_indeterminate"] |= nw.col(f"unsure_{at}")
        if check.limit.units_per_kilogram is not None:
            flags["stale_weight"] |= nw.col(f"concerns_{at}") & nw.col("stale")
            flags["missing_weight"] |= nw.col(f"concerns_{at}") & nw.col("measured_on").is_null()
    asked.put(**flags)
    sheet.meet(asked.frame.select(*TRACK, *LIMIT_FLAGS))
    sheet.put(**{name: nw.col(name).fill_null(value=False) for name in LIMIT_FLAGS})


def _checks(population: Population) -> Iterable[_Check]:
    """Yield what can be counted; sides, muscles and sites are not recorded."""
    families: dict[DoseLimit, list[int]] = {}
    for number, family in enumerate(population.book.families):
        for limit in family.newest.limits:
            plain = limit.model_copy(update={"source": None})
            families.setdefault(plain, []).append(number)
    policies = population.policies.each
    for limit, numbers in families.items():
        if limit.per is LimitPer.SESSION:
            yield _Check(limit, None, numbers, list(range(len(policies))))
        elif limit.per is LimitPer.WINDOW:
            readings = [window.reading for window in limit.windows]
            places = [
                readings.index(policy.limit_reading) if policy.limit_reading in readings else 0
                for policy in policies
            ]
            for place, window in enumerate(limit.windows):
                choose = [number for number, chosen in enumerate(places) if chosen == place]
                if choose:
                    yield _Check(limit, window.window, numbers, choose)


def _asked(population: Population, sheet: Sheet) -> Sheet:
    """Return the tracks that are judged: on which day, with which planned units and weight."""
    book, engine = population.book, sheet.engine
    # A copy of its own: what is judged here is met by the tracks at the end.
    frame = engine.settled(
        sheet.frame.filter(~nw.col("status").is_in(SILENT)).select(
            *TRACK, "patient", "clock", *_ASKED, *population.policies.columns
        )
    )
    asked = Sheet(engine, frame, TRACK).meet(_planned(population, frame))
    target = nw.when(nw.col("due").is_null()).then(nw.col("earliest")).otherwise(nw.col("due"))
    unbooked = nw.max_horizontal(target, "as_of")
    booked = nw.col("booked_on")
    numbers = [PRODUCTS.index(family.newest.product.value) for family in book.families]
    own = [book.indications.index(family.newest.indication) for family in book.families]
    asked.put(
        on=nw.when(booked.is_null()).then(unbooked).otherwise(booked),
        own_product=by_number("family", numbers),
        own_ind=by_number("family", own),
    )
    same = (nw.col("booked_product") == nw.col("own_product")).fill_null(value=False)
    known = same & (nw.col("booked_milli") > 0)
    asked.put(planned=nw.when(known).then(nw.col("booked_milli")).otherwise(0))
    within = population.policies.number(lambda policy: policy.group_within_days)
    asked.put(joins_until=nw.col("first_on") + within)
    _put_weight(population, asked)
    births = population.table("births")
    if births is not None:
        asked.meet(births_of(births), on=("patient",))
    return asked.tidy()


def _planned(population: Population, tracks: Frame) -> Frame:
    """Return units and product of each track's next booking; of several of a day the first."""
    met = population.bookings.join(tracks.select(*TRACK, "booked_on"), on=list(TRACK), how="inner")
    met = met.filter(nw.col("day") == nw.col("booked_on"))
    met = met.with_columns(_dose=dose_order(), _product=product_order())
    before = nw.col("day").shift(1).over(*TRACK, order_by=("_dose", "ind", "_product"))
    met = met.with_columns(_before=before).filter(nw.col("_before").is_null())
    return met.select(
        *TRACK,
        booked_milli=nw.col("milli"),
        booked_product=nw.col("product_number").cast(nw.Int64),
    )


def _put_weight(population: Population, asked: Sheet) -> None:
    """Put ``measured_on``, ``stale``, and ``grams`` of a weight that is not too old."""
    weights = population.table("weights")
    assert weights is not None  # noqa: S101 - without them nothing is asked
    asked.meet(weights_on(weights, population.as_of), on=("patient",))
    most = population.policies.number(lambda policy: policy.weight_max_age_days)
    stale = (nw.col("on") - nw.col("measured_on")) > most
    asked.put(stale=stale.fill_null(value=False))
    asked.put(grams=nw.when(~nw.col("stale")).then(nw.col("grams")))


def _totals(
    population: Population, asked: Sheet, counted: list[tuple[LimitScope, Interval | None]]
) -> Frame:
    """Return for each way of counting what was given: the known units, and whether more may be."""
    tracks = asked.frame.select(
        *TRACK,
        "patient",
        "clock",
        "on",
        "own_product",
        "own_ind",
        "first_key",
        "joins_until",
        *population.policies.columns,
    )
    given = _given(population, [window for _, window in counted])
    pairs = Sheet(asked.engine, tracks.join(given, on=["patient"], how="inner"), TRACK)
    same = nw.col("product_number") == nw.col("own_product")
    pairs.put(
        key=population.key(),
        same=same & (nw.col("milli") > 0),
        unknown=(nw.col("product_number") == len(PRODUCTS)) | (same & (nw.col("milli") < 0)),
        own=(nw.col("ind") == nw.col("own_ind")).fill_null(value=False),
    ).tidy()
    for at, (scope, window) in enumerate(counted):
        if window is None:
            inside = _in_session(population)
        else:
            population.rules.after(pairs, f"_ends_{at}", "day", amount_of(window))
            inside = nw.col(f"_ends_{at}") > nw.col("on")
        if scope is LimitScope.INDICATION:
            inside &= nw.col("own")
        pairs.put(_inside=inside)
        pairs.put(
            **{
                f"units_{at}": nw.when(nw.col("_inside") & nw.col("same"))
                .then(nw.col("milli"))
                .otherwise(0),
                f"open_{at}": (nw.col("_inside") & nw.col("unknown")).cast(nw.Int64),
            }
        ).tidy()
    ways = range(len(counted))
    return pairs.frame.group_by(*TRACK).agg(
        *(nw.col(f"units_{at}").sum() for at in ways),
        *(nw.col(f"open_{at}").max() for at in ways),
    )


def _in_session(population: Population) -> nw.Expr:
    """Whether a session is one with a session of the day that is asked about."""
    joins = nw.col("on") <= nw.col("joins_until")
    joins &= nw.col("day") <= nw.col("joins_until")
    joins &= nw.col("key") >= nw.col("first_key")
    joins &= population.book.in_clock("ind", "clock")
    return joins.fill_null(value=False)


def _given(population: Population, windows: Iterable[Interval | None]) -> Frame:
    """Return the sessions that can still count; units of any indication were given."""
    rows = usable(population.reading, of_any_track=True)
    if population.died is not None:
        rows = before_death(rows, population.died)
    longest = [window.day_bounds[1] for window in windows if window is not None]
    longest += [policy.group_within_days + 1 for policy in population.policies.each]
    as_of = population.as_of
    recent = (nw.col("day") <= as_of) & (nw.col("day") > as_of - max(longest))
    rows = rows.filter((nw.col("status") == COMPLETED) & recent)
    return rows.select("patient", "day", "milli", "touch", "ind", "product_number")


def _put_answer(population: Population, asked: Sheet, check: _Check, at: int, counted: int) -> None:
    limit = check.limit
    asked.put(**{f"concerns_{at}": _concerns(population, asked, check)})
    most, unweighed = _maximum(limit)
    total = nw.col(f"units_{counted}").fill_null(0) + nw.col("planned")
    exceeded = (total * _MILLI > most).fill_null(value=False)
    unsure = unweighed | (nw.col(f"open_{counted}").fill_null(0) > 0)
    concerns = nw.col(f"concerns_{at}")
    asked.put(
        **{f"exceeded_{at}": concerns & exceeded, f"unsure_{at}": concerns & ~exceeded & unsure}
    ).tidy()


def _maximum(limit: DoseLimit) -> tuple[Any, nw.Expr]:
    """Return the maximum in millionths of a unit, null where unknown; and whether it may be lower."""
    fixed = None if limit.units is None else int(limit.units * _MILLI**2)
    if limit.units_per_kilogram is None:
        return nw.lit(fixed, nw.Int64), nw.lit(value=False)
    by_weight = nw.col("grams") * int(limit.units_per_kilogram * _MILLI)
    unweighed = nw.col("grams").is_null()
    return by_weight if fixed is None else nw.min_horizontal(by_weight, nw.lit(fixed)), unweighed


def _concerns(population: Population, asked: Sheet, check: _Check) -> nw.Expr:
    """Whether a limit is asked of a row; without a day of birth the population decides."""
    concerns = nw.col("family").is_in(check.families)
    if len(check.policies) < len(population.policies.each):
        concerns &= nw.col("policy").is_in(check.policies)
    ages = check.limit.ages
    if ages is None:
        return concerns
    adults = population.book.families[0].newest.population is People.ADULT
    usual = nw.lit(value=(ages.last is None) is adults)
    if population.table("births") is None:
        return concerns & usual
    return concerns & nw.when(nw.col("born_on").is_null()).then(usual).otherwise(
        _in_ages(asked, ages)
    )


def _in_ages(asked: Sheet, ages: AgeRange) -> nw.Expr:
    """Whether the completed years on the day are in a range; 29 February turns on 1 March."""
    inside = nw.lit(value=True)
    if ages.first is not None:
        add_amount(asked, "_from", "born_on", Amount(12 * ages.first, 0), first_of_next=True)
        inside &= nw.col("on") >= nw.col("_from")
    if ages.last is not None:
        until = Amount(12 * (ages.last + 1), 0)
        add_amount(asked, "_until", "born_on", until, first_of_next=True)
        inside &= nw.col("on") < nw.col("_until")
    return inside
