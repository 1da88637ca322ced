"""How long treatment went on, as rows for survival analysis."""

from collections.abc import Iterable
from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import Interval, SchedulingPolicy, TreatmentProtocol
from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.panel.amounts import Amount, amount_of
from botox_schedule.panel.answers import judged_cycles
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.dispatch import answered
from botox_schedule.panel.frames import Frame, Source
from botox_schedule.panel.ordered import TRACK
from botox_schedule.panel.tables import Tables, ended


def persistence(
    sessions: Any,
    protocols: Iterable[TreatmentProtocol],
    *,
    as_of: DayInput,
    permissible_gap_days: int,
    effect: Interval | None = None,
    policy: SchedulingPolicy | None = None,
    holds: Any = None,
    care_ends: Any = None,
) -> Any:
    """Return one row a track: how long its first episode of treatment went on.

    An episode ends when the next session comes, or has not come by *as_of*, more than
    *permissible_gap_days* after the expected effect has ended; a held interval ends none. Its
    last day is then the last day of effect. Care that was discontinued before ends it on that
    day; a death censors.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The protocols of one population in one region.
        as_of: The day up to which it is looked at.
        permissible_gap_days: Every study chooses its own.
        effect: How long one session's effect lasts; None means until the end of the planned
            protocol's wear-off, else its minimum. Tracks without either have no row.
        policy: What the clinic or payer chose.
        holds: A frame as for ``forecast``.
        care_ends: A frame as for ``forecast``.

    Returns:
        A frame of the same kind with ``patient``, ``indication``, ``product``, ``time`` (days,
        first and last included), ``event`` (whether treatment ended) and ``reason`` (``gap``,
        ``discontinued``, ``deceased``, ``ongoing``): what lifelines takes as durations and
        observed events.

    Raises:
        ValueError: When the gap is negative.
        PanelError: When a column is missing or of another type.

    >>> import polars as pl
    >>> from botox_schedule import find_protocol
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1", "p-1"], "administered_on": ["2026-01-05", "2026-03-30"],
    ...     "indication": ["chronic-migraine"] * 2, "product": ["Botox"] * 2,
    ... })
    >>> found = persistence(sessions, [find_protocol("chronic-migraine")], as_of="2026-12-31",
    ...                     permissible_gap_days=30)
    >>> found.select("time", "event", "reason").rows()
    [(168, True, 'gap')]
    """
    if permissible_gap_days < 0:
        raise ValueError("permissible_gap_days cannot be negative")
    known, day = tuple(protocols), as_day(as_of, "as_of")
    tables = Tables(holds, care_ends)

    def compute(native: Any, tables: Tables) -> Source:
        population = Population(native, known, day, policy, None, tables)
        cycles = judged_cycles(population)
        _put_effect(population, cycles, effect)
        following = cycles.frame.select(
            nw.col("cycle") - 1,
            next_on=nw.col("anchored_on"),
            next_held=nw.col("held"),
        )
        cycles.meet(following)
        return Source(_episodes(population, cycles, permissible_gap_days), population.engine)

    return answered(sessions, tables, compute)


def _put_effect(population: Population, cycles: Sheet, effect: Interval | None) -> None:
    """Put ``ends_after``: the day after the last day of a cycle's expected effect."""
    if effect is not None:
        population.rules.after(cycles, "ends_after", "anchored_on", amount_of(effect))
        return
    amount, nothing = population.book.amount(cycles, "_lasts", "family", "anchored_on", _lasting)
    if nothing and amount == (0, 0):
        cycles.put(_lasts_k=nw.lit(None, nw.Int64))
        amount = Amount(0, "_lasts_k")
    population.rules.after(cycles, "ends_after", "anchored_on", amount)


def _lasting(protocol: TreatmentProtocol) -> Interval | None:
    wear_off = protocol.response.wear_off
    return protocol.retreatment.minimum if wear_off is None else wear_off.last


def _episodes(population: Population, cycles: Sheet, gap: int) -> Frame:
    day = population.as_of
    frame = cycles.frame.filter(~nw.col("ends_after").is_null())
    closed = ~nw.col("next_on").is_null()
    late = (nw.col("next_on") - nw.col("ends_after") > gap) & ~nw.col("next_held")
    over = nw.col("ends_after") + gap < day
    breaks = nw.when(closed).then(late).otherwise(over)
    last_day = nw.max_horizontal("anchored_on", nw.col("ends_after") - 1)
    frame = frame.with_columns(_breaks=nw.when(breaks).then(last_day))
    tracks = frame.group_by(*TRACK, "patient", "clock", "family").agg(
        nw.col("anchored_on").min().alias("_start"), nw.col("_breaks").min().alias("_end")
    )
    sheet = Sheet(population.engine, tracks, TRACK)
    end: Any = nw.col("_end")
    gone: Any = nw.lit(None, nw.Int64)
    died: Any = nw.lit(None, nw.Int64)
    ends = population.table("care_ends")
    if ends is not None and population.died is not None:
        sheet.meet(ended(ends, population.tracks, population.book, day))
        sheet.meet(population.died, on=("patient",))
        gone, died = nw.col("ended_on"), nw.col("died_on")
    sheet.put(_gone=gone, _died=died, _limit=end.fill_null(day))
    discontinued = (nw.col("_gone") >= nw.col("_start")) & (nw.col("_gone") <= nw.col("_limit"))
    dead = (nw.col("_died") >= nw.col("_start")) & (nw.col("_died") <= nw.col("_limit"))
    reason = nw.when(~end.is_null()).then(nw.lit("gap")).otherwise(nw.lit("ongoing"))
    reason = nw.when(dead.fill_null(value=False)).then(nw.lit("deceased")).otherwise(reason)
    ended_by = discontinued.fill_null(value=False) & ~(nw.col("_died") < nw.col("_gone")).fill_null(
        value=False
    )
    sheet.put(reason=nw.when(ended_by).then(nw.lit("discontinued")).otherwise(reason))
    until = (
        nw.when(nw.col("reason") == "deceased").then(nw.col("_died")).otherwise(nw.col("_limit"))
    )
    until = nw.when(nw.col("reason") == "discontinued").then(nw.col("_gone")).otherwise(until)
    book = population.book
    return sheet.frame.with_columns(_until=until).select(
        "patient",
        indication=book.word("family", lambda protocol: protocol.indication),
        product=book.word("family", lambda protocol: protocol.product.value),
        time=nw.col("_until") - nw.col("_start") + 1,
        event=nw.col("reason").is_in(["gap", "discontinued"]),
        reason=nw.col("reason"),
    )
