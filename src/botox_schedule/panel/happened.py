"""What happened: which rows count, the tracks they make, and the cycles of each."""

from typing import NamedTuple

import polars as pl

from botox_schedule.dates.days import LAST_PLACEHOLDER, OPEN_FROM
from botox_schedule.panel.asking import TOUCH_UP, TREATMENTS, Ages, Asking
from botox_schedule.panel.doses import near_a_limit
from botox_schedule.panel.sessions import STATUSES, Sessions, Unread
from botox_schedule.terms import SessionStatus

COMPLETED = STATUSES.index(SessionStatus.COMPLETED)
BOOKED = STATUSES.index(SessionStatus.BOOKED)
MISSED = (STATUSES.index(SessionStatus.CANCELLED), STATUSES.index(SessionStatus.NO_SHOW))
_CONTENTS = ("day", "status", "indication", "product", "kind", "units", "units_discarded")
_ORDER = ("day", "kind", "indication", "product", "units", "units_discarded", "id")
_MOST_AGES = 256


class Happened(NamedTuple):
    """The rows of a population, sorted by what answers for them.

    Attributes:
        done: The completed sessions of plain tracks in order, each with ``track``, ``cycle``,
            ``number`` (of its cycle), ``count`` (of all cycles) and ``part`` (whether it is a
            full session).
        waiting: The rows of plain tracks that were not completed.
        apart: The rows of patients that the record engine answers for, one by one.
        unread: What could not be read.
        names: The indications by number.
        ages: The age groups.
        mixtures: The treatments of mixed cycles by number.
    """

    done: pl.DataFrame
    waiting: pl.DataFrame
    apart: pl.DataFrame
    unread: Unread
    names: tuple[str, ...]
    ages: Ages
    mixtures: dict[int, tuple[int, ...]]


def happened(
    sessions: Sessions,
    asking: Asking,
    ages: Ages,
    touched: pl.DataFrame,
    weights: pl.DataFrame | None,
) -> Happened:
    """Return what happened to a population.

    There are many rows, so what is no longer needed is freed before they are sorted.

    Args:
        sessions: All rows.
        asking: What the answer rests on.
        ages: The age groups of the patients.
        touched: The patients whose decisions need the record engine.
        weights: The body weights, where limits are checked.
    """
    unread, names = sessions.unread, sessions.names
    rows = _prepared(sessions, asking, ages)
    del sessions
    rows, torn = _one_of_each(rows)
    odd = [touched, torn, rows.filter(_is_special(rows, asking)).select("patient")]
    if weights is not None:
        odd.append(near_a_limit(rows.filter(_is_done(asking)), names, asking, weights))
    special = pl.concat(odd).unique()
    apart = _only(rows, special)
    rows = _in_order(_without(rows, special))
    rows = rows.with_columns(track=_numbered(_changes("patient", "clock")))
    done = _in_cycles(rows.filter(_is_done(asking)), asking)
    switching, untreated = _booked_otherwise(rows, done, asking), _never_treated(rows, done)
    rare = pl.concat([_chained(done, asking), untreated, switching, _fulfilled(rows)])
    more = rows.join(rare, on="track", how="semi").select("patient").unique()
    return Happened(
        done=_without(done, more),
        waiting=_without(rows.filter(pl.col("status") != COMPLETED), more),
        apart=pl.concat([apart, _only(rows, more).drop("track")]),
        unread=unread,
        names=names,
        ages=ages,
        mixtures={},
    )


def _prepared(sessions: Sessions, asking: Asking, ages: Ages) -> pl.DataFrame:
    """The rows with the policy, the age group and the clock of each."""
    rows = _with_ages(_with_policies(sessions, asking), ages)
    return rows.with_columns(clock=_clocks(rows, sessions.names, asking, ages))


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a patient and a clock together, as the engine orders them.

    Numbers sort much faster than text, so patients are sorted by theirs; should two patients
    ever have one number, by their keys too.
    """
    order = ["clock", *(name for name in _ORDER if name in rows.columns)]
    rows = rows.with_columns(_hash=pl.col("patient").hash())
    found = rows.sort("_hash", *order)
    same = pl.col("_hash") == pl.col("_hash").shift()
    if found.select((same & (pl.col("patient") != pl.col("patient").shift())).any()).item():
        found = rows.sort("_hash", "patient", *order)
    return found.drop("_hash")


def _without(rows: pl.DataFrame, patients: pl.DataFrame) -> pl.DataFrame:
    return rows.join(patients, on="patient", how="anti") if patients.height else rows


def _only(rows: pl.DataFrame, patients: pl.DataFrame) -> pl.DataFrame:
    return rows.join(patients, on="patient", how="semi") if patients.height else rows.clear()


def _with_policies(sessions: Sessions, asking: Asking) -> pl.DataFrame:
    """A patient has the policy of the last completed session, else of the last row."""
    rows = sessions.readable
    if not sessions.policies.keys:
        return rows
    policy = pl.col("policy").sort_by(_is_done(asking), "day", "policy").last()
    return rows.drop("policy").join(rows.group_by("patient").agg(policy), on="patient")


def _with_ages(rows: pl.DataFrame, ages: Ages) -> pl.DataFrame:
    if ages.groups is None:
        return rows.with_columns(age=pl.lit(0, pl.Int8))
    return rows.join(ages.groups, on="patient", how="left").with_columns(pl.col("age").fill_null(0))


def _clocks(rows: pl.DataFrame, names: tuple[str, ...], asking: Asking, ages: Ages) -> pl.Series:
    """The number of each row's clock; null where the record engine has to answer."""
    place = pl.col("indication").cast(pl.Int32) * _MOST_AGES + pl.col("age")
    places = rows.select(place=place).to_series()

    def clock_of(name: str, age: int) -> frozenset[str] | None:
        tracks = [asking.track_of(name, ages.born[age], policy) for policy in asking.policies.each]
        return None if tracks[0] is None or None in tracks else tracks[0].clock

    found: dict[int, int | None] = {}
    clocks: dict[frozenset[str], int] = {}
    for each in places.unique():
        age = each % _MOST_AGES
        clock = clock_of(names[each // _MOST_AGES], age)
        # A child's sessions can count for two clocks, such as those of the bladder.
        alone = clock and all(clock_of(name, age) == clock for name in clock.intersection(names))
        found[each] = clocks.setdefault(clock, len(clocks)) if clock and alone else None
    if not found:
        return pl.Series([], dtype=pl.Int16)
    return places.replace_strict(found, return_dtype=pl.Int16)


def _one_of_each(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Merge identical copies; also return the patients with different rows under one id."""
    if "id" not in rows.columns:
        return rows, rows.select("patient").clear()
    keyed = pl.col("id").is_not_null()
    mark = pl.concat_list(pl.col("patient").hash(), pl.col("id").hash()).hash()
    marks = rows.select(pl.when(keyed).then(mark)).to_series()
    twice = marks.is_duplicated() & marks.is_not_null()
    if not twice.any():
        return rows, rows.select("patient").clear()
    contents = [name for name in _CONTENTS if name in rows.columns]
    several = rows.filter(twice)
    distinct = several.unique(["patient", "id", *contents])
    torn = distinct.filter(pl.struct("patient", "id").is_duplicated()).select("patient").unique()
    # The record engine gets all rows of the patients it answers for.
    kept = pl.concat([_without(distinct, torn), several.join(torn, on="patient", how="semi")])
    return pl.concat([rows.filter(~twice), kept]), torn


def _is_special(rows: pl.DataFrame, asking: Asking) -> pl.Expr:
    """Whether a row needs the record engine to be read correctly."""
    day = pl.col("day")
    special = ~day.is_between(LAST_PLACEHOLDER, OPEN_FROM, closed="none")
    special |= pl.col("clock").is_null() | (pl.col("status") == COMPLETED) & (day > asking.as_of)
    if "born_on" in rows.columns:
        special |= day <= pl.col("born_on")
    if asking.with_limits:
        planned = (pl.col("status") == BOOKED) & pl.col("units").is_not_null()
        special |= planned & (day >= asking.as_of)
    if "recorded_on" in rows.columns:
        special |= pl.col("recorded_on") > asking.as_of
    return special.fill_null(value=False)


def _is_done(asking: Asking) -> pl.Expr:
    return (pl.col("status") == COMPLETED) & (pl.col("day") <= asking.as_of)


def _changes(*names: str) -> pl.Expr:
    """Whether a row is the first of those with equal values."""
    changed = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in names)
    return changed | (pl.int_range(pl.len()) == 0)


def _numbered(starts: pl.Expr) -> pl.Expr:
    """The number of the run that a row is in; grouping is faster by what is known to be in order."""
    return starts.cast(pl.UInt32).cum_sum().set_sorted()


def _last_of(name: str) -> pl.Expr:
    later = pl.col(name).ne_missing(pl.col(name).shift(-1))
    return later | (pl.int_range(pl.len()) == pl.len() - 1)


def _in_cycles(done: pl.DataFrame, asking: Asking) -> pl.DataFrame:
    """Add the cycles; sessions of one that lie too far from its first part are found later."""
    day = pl.col("day")
    done = done.drop("status").with_columns(_first=_changes("track"))
    done = done.with_columns(part=(pl.col("kind") != TOUCH_UP) | pl.col("_first"))
    before = pl.when("part").then(day).forward_fill().shift()
    gap = (day - before).dt.total_days()
    starts = pl.col("part") & (pl.col("_first") | (gap > _within(asking)))
    done = done.with_columns(cycle=_numbered(starts))
    first = pl.when("_first").then("cycle").forward_fill()
    last = pl.when(_last_of("track")).then("cycle").backward_fill()
    done = done.with_columns(number=pl.col("cycle") - first + 1, count=last - first + 1)
    return done.drop("_first")


def _within(asking: Asking) -> pl.Expr:
    days = [policy.group_within_days for policy in asking.policies.each]
    if len(set(days)) == 1:
        return pl.lit(days[0])
    return pl.col("policy").replace_strict(range(len(days)), days, return_dtype=pl.Int32)


def _chained(done: pl.DataFrame, asking: Asking) -> pl.DataFrame:
    """The tracks with sessions that follow each other closely for longer than a cycle."""
    first_on = pl.when(_changes("cycle")).then("day").forward_fill()
    apart = (pl.col("day") - first_on).dt.total_days() > _within(asking)
    return done.filter(pl.col("part") & apart).select("track")


def _never_treated(plain: pl.DataFrame, done: pl.DataFrame) -> pl.DataFrame:
    every = plain.select(pl.col("track").unique())
    return every.join(done.select(pl.col("track").unique()), on="track", how="anti")


def _booked_otherwise(plain: pl.DataFrame, done: pl.DataFrame, asking: Asking) -> pl.DataFrame:
    """The tracks with a booking ahead of another treatment than one of the last cycle's."""
    booked = plain.filter((pl.col("status") == BOOKED) & (pl.col("day") >= asking.as_of))
    last = done.filter(pl.col("number") == pl.col("count"))
    met = booked.select("track", booked=_treatment()).join(last, on="track")
    return met.filter(pl.col("booked") != _treatment()).select("track")


def _fulfilled(plain: pl.DataFrame) -> pl.DataFrame:
    """The tracks with a touch-up that was booked and given on one day, in two rows."""
    days = plain.filter(pl.col("kind") == TOUCH_UP).group_by("track", "day").agg("status")
    met = [pl.col("status").list.contains(status) for status in (BOOKED, COMPLETED)]
    return days.filter(*met).select("track")


def cycles_of(done: pl.DataFrame, what: Happened) -> pl.DataFrame:
    """Return the cycles of completed sessions, in order, each with its treatments.

    ``treated`` has the treatments of the full sessions, ``given`` those of the touch-ups too, which
    also bear on the next cycle. The number of several treatments is looked up in ``what.mixtures``.
    """
    part, given = pl.col("part"), _treatment()
    done = done.with_columns(
        _on=pl.when(part).then("day"), treated=pl.when(part).then(given), given=given
    )
    cycles = done.group_by("cycle").agg(
        pl.col("track", "patient", "policy", "age", "number", "count").first(),
        first_on=pl.col("_on").min(),
        anchored_on=pl.col("_on").max(),
        last_on=pl.col("day").max(),
        treated=pl.col("treated").min(),
        given=pl.col("given").min(),
        _most_treated=pl.col("treated").max(),
        _most_given=pl.col("given").max(),
    )
    for name in ("treated", "given"):
        several = cycles.filter(pl.col(name) != pl.col(f"_most_{name}"))
        mixed = _mixed(done.join(several, on="cycle", how="semi"), name, what.mixtures)
        cycles = cycles.join(mixed, on="cycle", how="left")
        cycles = cycles.with_columns(pl.coalesce("mixed", name).alias(name)).drop("mixed")
    return cycles.sort("cycle")


def _treatment() -> pl.Expr:
    return pl.col("indication").cast(pl.Int32) * TREATMENTS + pl.col("product")


def _mixed(rows: pl.DataFrame, name: str, mixtures: dict[int, tuple[int, ...]]) -> pl.DataFrame:
    """Number the mixtures of treatments in one cycle, below all single treatments."""
    found = rows.group_by("cycle").agg(pl.col(name).drop_nulls().unique().sort())
    numbers = {mixture: number for number, mixture in mixtures.items()}
    answers = []
    for mixture in found[name].to_list():
        number = numbers.setdefault(tuple(mixture), -1 - len(numbers))
        mixtures[number] = tuple(mixture)
        answers.append(number)
    return found.select("cycle", pl.Series("mixed", answers, dtype=pl.Int32))


def with_previous(cycles: pl.DataFrame) -> pl.DataFrame:
    """Add what is known of the cycle before of the same track."""
    same = pl.col("track") == pl.col("track").shift()
    before = ("anchored_on", "last_on", "given")
    return cycles.with_columns(
        pl.when(same).then(pl.col(name).shift()).alias(f"before_{name}") for name in before
    )
