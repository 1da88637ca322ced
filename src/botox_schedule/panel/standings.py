"""Where every track of a population stands: distinct situations are judged, then joined back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from botox_schedule.engine.cycles import interval_days, judge_cycle
from botox_schedule.engine.reading import Reading
from botox_schedule.engine.standing import clear_of, standing_of
from botox_schedule.engine.track import AnyTrack, Track, tracks_of
from botox_schedule.errors import CalendarRangeError
from botox_schedule.panel.asking import EPOCH, TOUCH_UP, Asking, ages_of
from botox_schedule.panel.decisions import SHARED, Decided, decided_of
from botox_schedule.panel.frames import Frames
from botox_schedule.panel.happened import (
    BOOKED,
    MISSED,
    Happened,
    cycles_of,
    happened,
    with_previous,
)
from botox_schedule.panel.records import Records
from botox_schedule.panel.sessions import nobody, read_sessions
from botox_schedule.panel.situations import (
    JUDGED,
    STANDING,
    Engine,
    Meanings,
    answered,
    judged_row,
    standing_row,
)
from botox_schedule.panel.tables import DECISIONS, read_table, values_by_patient

_CYCLE = ("alike", "before_given", "treated", "before_anchored_on", "before_last_on", "first_on")
DETAILS: dict[str, Any] = {"interval_days": pl.Int64, **JUDGED}
"""The columns about the last cycle."""


class Population(NamedTuple):
    """A population as far as it was read.

    Attributes:
        asking: What the answer rests on.
        happened: What happened, and the rows that the record engine answers for.
        decided: What was decided for patients whose answers are shared.
        records: The records of the patients that the record engine answers for.
    """

    asking: Asking
    happened: Happened
    decided: Decided
    records: Records

    def is_left_out(self) -> pl.Expr:
        """Whether a row of the patient could not be read: an interval may be too long."""
        return pl.col("patient").is_in(self.happened.unread.patients.implode())


def population_of(frames: Frames, asking: Asking, shared: Sequence[str] = SHARED) -> Population:
    """Return a population from its tables.

    Args:
        frames: The sessions and the tables next to them.
        asking: What the answer rests on.
        shared: The tables whose patients can share their answers.
    """
    none = nobody(frames["sessions"])
    ages = ages_of(read_table(frames, "births", none), asking)
    tables = {
        name: table
        for name in (*DECISIONS, "acknowledged", "weights")
        if (table := read_table(frames, name, none)) is not None
    }
    values = {name: values_by_patient(tables[name], name) for name in DECISIONS if name in tables}
    lone = tables.keys() - {"weights", *shared}
    touched = [tables[name].select("patient") for name in lone]
    everybody = pl.concat([none, *touched]).unique()
    # The caller's rows, once read, are freed as soon as they are prepared.
    read = [read_sessions(frames.pop("sessions"), asking.policies)]
    what = happened(read.pop(), asking, ages, everybody, tables.get("weights"))
    decided = decided_of(values, none, asking.as_of)
    return Population(asking, what, decided, _records(what, tables, values))


def _records(
    what: Happened,
    tables: Mapping[str, pl.DataFrame],
    decisions: Mapping[str, Mapping[Any, list[Any]]],
) -> Records:
    """The patients that the record engine answers for, with all that is known of them."""
    values = dict(decisions)
    if "weights" in tables:
        patients = what.apart.select("patient").unique()
        weights = tables["weights"].join(patients, on="patient", how="semi")
        values["weights"] = values_by_patient(weights, "weights")
    keys: dict[Any, list[str]] = {}
    for patient, key in tables.get("acknowledged", pl.DataFrame()).iter_rows():
        keys.setdefault(patient, []).append(key)
    named = frozenset(patient for rows in decisions.values() for patient in rows)
    plain = what.done.filter(pl.col("patient").is_in(list(named)))["patient"]
    beside = named.difference(plain)
    return Records(what.apart, what.names, values, keys, beside, what.ages.born_of(beside))


def standings(population: Population) -> pl.DataFrame:
    """Return one row per track; ``session_left_out`` says whether a patient's row was unreadable."""
    plain = _plain(population)
    apart, beyond = _apart(population)
    found = pl.concat([plain, apart.select(plain.columns)])
    return _with_unread(found, _doubtful(population, beyond))


def asked_tracks(population: Population, recent: pl.DataFrame) -> tuple[Engine, pl.DataFrame]:
    """Return an engine, and the last cycle of each plain track with its standing.

    What is booked is not looked at.

    Args:
        population: A population.
        recent: The sessions of at least the last two cycles of each track.
    """
    what, decided = population.happened, population.decided
    meanings = Meanings(what.names, what.ages.born, decided.each, what.mixtures)
    engine = Engine(population.asking, meanings)
    cycles = with_previous(cycles_of(recent, what))
    is_last = pl.col("number") == pl.col("count")
    last = cycles.filter(is_last).join(_sessions_of(recent.filter(is_last)), on="track")
    last = decided.numbered(last)
    situation = ["sessions", "policy", "age", "decided"]
    schema = STANDING | {"asked_of": pl.Int64, "alike": pl.Int64}
    return engine, answered(last, situation, schema, engine.standing)


def with_judgments(cycles: pl.DataFrame, engine: Engine) -> pl.DataFrame:
    """Add how each cycle compares with the one before, and the bits of what was found."""
    found = answered(cycles, _CYCLE, JUDGED | {"judged_bits": pl.UInt64}, engine.judged)
    days = (pl.col("first_on") - pl.col("before_anchored_on")).dt.total_days()
    return found.with_columns(interval_days=days)


def _plain(population: Population) -> pl.DataFrame:
    what = population.happened
    recent = what.done.filter(pl.col("number") >= pl.col("count") - 1)
    engine, last = asked_tracks(population, recent)
    last = with_judgments(last, engine).with_columns(
        cycle_number=pl.col("number").cast(pl.Int64), codes=pl.col("codes") | pl.col("judged_bits")
    )
    last = _with_bookings(last, what.waiting, engine, population.asking)
    return last.select("patient", *STANDING, *DETAILS)


def _sessions_of(last: pl.DataFrame) -> pl.DataFrame:
    """The sessions of each track's last cycle, as text that tells situations apart.

    Of the units it matters only which are equal.
    """
    several = (pl.col("track") == pl.col("track").shift()) | (
        pl.col("track") == pl.col("track").shift(-1)
    )
    day = pl.col("day").to_physical() + EPOCH
    fields = (day, "indication", "product", "kind")
    one = pl.concat_str(*fields, pl.col("units").is_not_null().cast(pl.Int8), separator=",")
    last = last.with_columns(_several=several.fill_null(value=False))
    alone = last.filter(~pl.col("_several")).select("track", sessions=one)
    equal = pl.col("units").rank("dense").over("track").fill_null(0)
    more = last.filter("_several").with_columns(
        sessions=pl.concat_str(*fields, equal, separator=",")
    )
    joined = more.group_by("track", maintain_order=True).agg(pl.col("sessions").str.join(" "))
    return pl.concat([alone, joined])


def _with_bookings(
    last: pl.DataFrame, waiting: pl.DataFrame, engine: Engine, asking: Asking
) -> pl.DataFrame:
    """Add the next booking, and the findings about bookings and missed visits."""
    known = last.select("track", "asked_of", "alike", "anchored_on")
    waiting = waiting.filter(pl.col("status").is_in([BOOKED, *MISSED]))
    day, touch_up = pl.col("day"), pl.col("kind") == TOUCH_UP
    met = waiting.select("track", "day", "status", touch_up=touch_up).join(known, on="track")
    # On the day of the last session its booking is fulfilled.
    met = met.filter(day > pl.col("anchored_on"))
    ahead = met.filter((pl.col("status") == BOOKED) & (day >= asking.as_of))
    days = (day.unique().sort().to_physical() + EPOCH).cast(pl.String).str.join(",")
    ahead = ahead.group_by("track", "asked_of", "touch_up").agg(days=days, next_on=day.min())
    series = ["asked_of", "touch_up", "days"]
    ahead = answered(ahead, series, {"bits": pl.UInt64}, engine.booked)
    settled = _past_bookings(met, engine, asking)
    bits = pl.concat([ahead.select("track", "bits"), settled]).group_by("track")
    ahead = ahead.filter(~pl.col("touch_up"))
    ahead = answered(ahead, ["asked_of", "next_on"], {"_clear": pl.Boolean}, engine.clear)
    last = last.join(ahead.select("track", "next_on", "_clear"), on="track", how="left")
    last = last.join(bits.agg(pl.col("bits").bitwise_or()), on="track", how="left")
    return last.with_columns(
        booked_on=pl.col("next_on"),
        clear=pl.when(pl.col("next_on").is_null()).then("clear").otherwise("_clear"),
        codes=pl.col("codes") | pl.col("bits").fill_null(0),
    )


def _past_bookings(met: pl.DataFrame, engine: Engine, asking: Asking) -> pl.DataFrame:
    booked, touch_up = pl.col("status") == BOOKED, pl.col("touch_up")
    ends = met.group_by("track", "alike").agg(
        first=pl.when(booked).then("day").min(),
        last=pl.when(booked).then("day").max(),
        full=pl.when(booked & ~touch_up).then("day").max(),
        missed=pl.when(~booked & ~touch_up).then("day").max(),
        missed_touch_up=pl.when(~booked & touch_up).then("day").max(),
    )
    gone = pl.coalesce("missed", "missed_touch_up").is_not_null()
    ends = ends.filter(gone | (pl.col("first") < asking.as_of))
    keys = ["alike", "first", "last", "full", "missed", "missed_touch_up"]
    return answered(ends, keys, {"bits": pl.UInt64}, engine.bookings).select("track", "bits")


def _apart(population: Population) -> tuple[pl.DataFrame, list[Any]]:
    """The standings of the patients that the record engine answers for, and who has no answer."""
    asking, records = population.asking, population.records
    rows: list[tuple[Any, ...]] = []
    beyond: list[Any] = []
    for patient, reading in records.readings(asking):
        known = frozenset(records.keys.get(patient, ()))
        try:
            rows += [(patient, *row) for row in _rows_of(reading, asking, known)]
        except CalendarRangeError:
            # A placeholder such as 9999-12-31 must not cost everybody the list.
            beyond.append(patient)
    kind = population.happened.done.schema["patient"]
    schema = {"patient": kind, **STANDING, **DETAILS}
    return pl.DataFrame(rows, schema=schema, orient="row"), beyond


def _rows_of(reading: Reading, asking: Asking, known: frozenset[str]) -> Iterator[tuple[Any, ...]]:
    for found in tracks_of(reading, asking.region, asking.population):
        standing = standing_of(found, known, with_limits=asking.with_limits)
        clear = clear_of(found.track, with_limits=asking.with_limits)
        yield (*standing_row(standing, clear), *_details(found.track))


def _details(track: AnyTrack) -> tuple[Any, ...]:
    """How the last recorded cycle of a track compares with the one before."""
    if not isinstance(track, Track) or not track.cycles:
        return (None,) * len(DETAILS)
    return compared(track, len(track.cycles) - 1)


def compared(track: Track, place: int) -> tuple[Any, ...]:
    """How a cycle of a track compares with the one before, and the days between them."""
    previous, cycle = track.cycles[place - 1] if place else None, track.cycles[place]
    judgment = judge_cycle(track, previous, cycle)
    return (interval_days(previous, cycle), *judged_row(judgment))


def _doubtful(population: Population, beyond: list[Any]) -> pl.Series:
    """The patients with unreadable rows, without an answer, or without a row that names a policy."""
    unread, records = population.happened.unread.patients, population.records
    more = {*beyond}
    if population.asking.policies.keys:
        more |= records.beside.difference(records.rows["patient"])
    return pl.concat([unread, pl.Series(list(more), dtype=unread.dtype)]).unique()


def _with_unread(found: pl.DataFrame, patients: pl.Series) -> pl.DataFrame:
    """Say which patients a person must look at; one without any other row gets a row too."""
    left_out = pl.col("patient").is_in(patients.implode())
    # What is missing may be a dose: no limit is surely met.
    clear = pl.when(~(left_out & pl.col("clear"))).then("clear")
    found = found.with_columns(session_left_out=left_out, clear=clear)
    lost = patients.to_frame().join(found.filter("session_left_out"), on="patient", how="anti")
    lost = lost.with_columns(session_left_out=pl.lit(value=True), codes=pl.lit(0, pl.UInt64))
    return pl.concat([found, lost], how="diagonal_relaxed")
