"""Each cycle compared with the one before, for every row at once."""

import narwhals.stable.v2 as nw

from botox_schedule import CycleTiming
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.frames import Frame
from botox_schedule.panel.holds import put_free_days, put_touched, put_without_holds
from botox_schedule.panel.ordered import TRACK
from botox_schedule.panel.protocols import any_of
from botox_schedule.panel.tables import OPEN

_LATER_THAN_ANY_DAY = OPEN // 2


def with_previous(population: Population, cycles: Sheet, *, only_last: bool = False) -> Sheet:
    """Put what is known of the cycle before: its anchor, what counts from it, its cells.

    Args:
        population: Whose cycles.
        cycles: One row a cycle.
        only_last: Whether only the last cycle of each track is kept.
    """
    book, moves = population.book, population.policies
    tracks = population.tracks
    if moves.columns:
        cycles.meet(tracks.select(*TRACK, *moves.columns), on=TRACK)
        tracks = tracks.drop(*moves.columns)
    counts = moves.number(lambda policy: int(policy.touch_up_moves_earliest))
    counts = counts if isinstance(counts, nw.Expr) else nw.lit(counts)
    touched = (counts == 1) & ~nw.col("touch_on").is_null()
    later = nw.max_horizontal("anchored_on", "touch_on")
    cycles.put(counted_from=nw.when(touched).then(later).otherwise(nw.col("anchored_on")))
    before = {"before_anchor": "anchored_on", "before_counted": "counted_from"}
    before |= {f"before_{at}": f"c_{at}" for at in book.found_cells}
    following = cycles.frame.select(
        nw.col("cycle") + 1,
        **{out: nw.col(column) for out, column in before.items()},
    )
    if only_last:
        cycles.frame = cycles.frame.filter(nw.col("number") == nw.col("count"))
    return cycles.meet(following).meet(tracks, on=TRACK)


def _has(name: str, at: int) -> nw.Expr:
    return nw.col(f"{name}_{at}").fill_null(0) > 0


def _found(population: Population, cell: int) -> nw.Expr:
    """Whether the row's clock has a protocol for a cell."""
    book = population.book
    clocks = [k for k in range(len(book.clocks)) if book.family_at(k, cell) is not None]
    if len(clocks) == len(book.clocks):
        return nw.lit(value=True)
    return nw.col("clock").is_in(clocks)


def _put_planned(population: Population, sheet: Sheet) -> None:
    """Put the cell and the product of the planned protocol."""
    book = population.book
    product = book.product_of("family")
    sheet.put(planned_product=product, planned_cell=book.places("family") * book.kinds + product)


def put_planned_cells(population: Population, sheet: Sheet) -> None:
    """Put who judges the next session: the planned protocol, and the products before a switch."""
    book = population.book
    _put_planned(population, sheet)
    columns = {}
    for at in book.found_cells:
        product = at % book.kinds
        columns[f"own_{at}"] = nw.col("planned_cell") == at
        columns[f"previous_{at}"] = (
            _has("c", at) & _found(population, at) & (nw.col("planned_product") != product)
        )
    sheet.put(**columns)


def _put_own_cells(population: Population, sheet: Sheet) -> None:
    """Put who judges a cycle: its own protocols, and the products before a switch."""
    book = population.book
    _put_planned(population, sheet)
    places = range(len(book.cells) // book.kinds)
    any_unknown = nw.lit(value=False)
    missing = nw.lit(value=False)
    for place in places:
        unknown = _has("c", place * book.kinds + book.unknown_product)
        any_unknown |= unknown
        missing |= _has("c", place * book.kinds + book.other_product)
        for product in range(book.other_product):
            at = place * book.kinds + product
            found = _found(population, at)
            missing |= ~found & (_has("c", at) | (unknown & (nw.col("planned_product") == product)))
    sheet.put(_any_unknown=any_unknown, _missing=missing)
    given = {
        f"_given_{product}": any_of([_has("c", place * book.kinds + product) for place in places])
        for product in range(book.other_product)
    }
    sheet.put(**given)
    columns = {}
    for at in book.found_cells:
        place, product = divmod(at, book.kinds)
        found = _found(population, at)
        unknown = _has("c", place * book.kinds + book.unknown_product)
        planned = unknown & (nw.col("planned_product") == product)
        instead = nw.col("_missing") & (nw.col("planned_cell") == at)
        columns[f"own_{at}"] = ((_has("c", at) | planned) & found) | instead
        switched = ~nw.col("_any_unknown") & ~nw.col(f"_given_{product}")
        columns[f"previous_{at}"] = _has("before", at) & found & switched
    sheet.put(**columns)
    sheet.frame = sheet.frame.drop(*(f"before_{at}" for at in book.found_cells))


def judged(population: Population, cycles: Sheet) -> Sheet:
    """Put ``interval_days``, ``timing``, ``short_by_days``, ``late_by_days`` and ``held``."""
    rules, spans = population.rules, population.spans
    _put_own_cells(population, cycles)
    rules.put_on(cycles, "first_on", "before_counted")
    rules.put_usual(cycles, "first_on", "before_anchor", "gives")
    has_usual = ~nw.col("due").is_null()
    cycles.put(_from=nw.when(has_usual).then(nw.col("due")).otherwise(nw.col("gives")))
    short = nw.col("gives") - nw.col("first_on")
    cycles.put(short_by_days=nw.when(short > 0).then(short).otherwise(0))
    if spans is not None:
        put_touched(cycles, spans, "held", "_from", "first_on")
        put_without_holds(cycles, spans, "due", ("last", "overdue_from"))
    late = nw.col("first_on") >= nw.col("overdue_from")
    late &= nw.col("overdue_from") < _LATER_THAN_ANY_DAY
    cycles.put(_late=late.fill_null(value=False))
    if spans is None:
        cycles.put(held=nw.lit(value=False), _by=nw.col("first_on") - nw.col("last"))
    else:
        put_free_days(cycles, spans, "_by", "last", "first_on")
    cycles.put(late_by_days=nw.when(nw.col("_late")).then(nw.col("_by")).otherwise(0))
    _put_timing(population, cycles)
    return cycles.put(interval_days=nw.col("first_on") - nw.col("before_anchor"))


def _put_timing(population: Population, cycles: Sheet) -> None:
    rules = population.rules
    tolerance = rules.policy_amount(cycles, "_tolerance", "validity_tolerance", -1)
    assert tolerance is not None  # noqa: S101 - a policy states one
    rules.after(cycles, "_tolerated", "gives", tolerance[0])
    tolerated = nw.col("first_on") >= nw.col("_tolerated")
    words = {timing: nw.lit(timing.value) for timing in CycleTiming}
    early = nw.when(tolerated).then(words[CycleTiming.EARLY_WITHIN_TOLERANCE])
    on_time = nw.when(nw.col("late_by_days") > 0).then(words[CycleTiming.LATE])
    timed = (
        nw.when(nw.col("short_by_days") > 0)
        .then(early.otherwise(words[CycleTiming.EARLY]))
        .otherwise(on_time.otherwise(words[CycleTiming.ON_TIME]))
    )
    first = nw.col("before_anchor").is_null()
    judged_by_rule = nw.when(~nw.col("gives").is_null()).then(timed)
    cycles.put(
        timing=nw.when(first).then(words[CycleTiming.FIRST]).otherwise(judged_by_rule),
        late_by_days=nw.when(nw.col("short_by_days") > 0).then(0).otherwise(nw.col("late_by_days")),
    )


def cycle_frame(population: Population, done: Frame) -> Sheet:
    """Return every cycle, judged."""
    return judged(population, with_previous(population, population.cycles(done, units=True)))
