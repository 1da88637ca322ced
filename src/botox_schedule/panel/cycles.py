"""Every cycle of a population, each compared with the one before."""

from collections.abc import Iterable
from typing import Any, Unpack

import polars as pl

from botox_schedule.dates.days import DayInput
from botox_schedule.engine.track import Track
from botox_schedule.panel.asking import Asking
from botox_schedule.panel.frames import Frames
from botox_schedule.panel.given import Frame, RulesAndCare, ask
from botox_schedule.panel.happened import cycles_of, with_previous
from botox_schedule.panel.situations import JUDGED
from botox_schedule.panel.standings import (
    Population,
    asked_tracks,
    compared,
    population_of,
    with_judgments,
)
from botox_schedule.protocols.model import TreatmentProtocol
from botox_schedule.records.history import CycleSessions

TRACK = ("indication", "product", "protocol_id", "protocol_version")
"""What tells apart the tracks of a patient, and the protocol of each."""
_COLUMNS: dict[str, Any] = {
    **dict.fromkeys(TRACK, pl.String),
    "cycle_number": pl.Int64,
    "first_on": pl.Date,
    "anchored_on": pl.Date,
    "sessions": pl.Int64,
    "units": pl.Float64,
    "interval_days": pl.Int64,
    **JUDGED,
    "is_open": pl.Boolean,
}


def cycles(
    sessions: Frame,
    protocols: Iterable[TreatmentProtocol] | None = None,
    *,
    as_of: DayInput,
    **rules: Unpack[RulesAndCare],
) -> Frame:
    """Return every cycle of a population up to a day, each judged.

    The rows are those of ``botox_schedule.treatment_cycles`` for each track.

    Args:
        sessions: A frame as for ``forecast``.
        protocols: The known protocols; None means the bundled ones.
        as_of: The day for which the question is asked; later sessions are left out.
        rules: What clinic or payer chose, and the tables next to the sessions, as for
            ``forecast``.

    Returns:
        A frame of the same kind, in no order. ``units`` is null where a session's units or
        product are unknown, or where a cycle has several products. ``session_left_out`` says
        whether rows of the patient could not be read: then an interval may be too long.

    Raises:
        PanelError: When a frame or a column is not what is expected.
        DayError: When *as_of* is not a calendar day.

    >>> import polars as pl
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1"] * 3, "administered_on": ["2026-01-05", "2026-03-29", "2026-07-06"],
    ...     "indication": ["chronic-migraine"] * 3, "product": ["Botox"] * 3,
    ... })
    >>> answer = cycles(sessions, as_of="2026-07-06")
    >>> answer.sort("cycle_number").select("timing", "short_by_days", "late_by_days").rows()
    [('first', 0, 0), ('early', 1, 0), ('late', 0, 15)]
    """
    return ask(sessions, protocols, as_of, judged_cycles, **rules)


def judged_cycles(frames: Frames, asking: Asking) -> pl.DataFrame:
    """Return one row per cycle."""
    population = population_of(frames, asking)
    plain, apart = plain_cycles(population), _apart(population)
    found = pl.concat([plain.select(apart.columns), apart])
    return found.with_columns(session_left_out=population.is_left_out())


def plain_cycles(population: Population) -> pl.DataFrame:
    """Return the cycles of plain tracks, with ``track`` and ``alike``."""
    done = population.happened.done
    engine, tracks = asked_tracks(population, done)
    tracks = tracks.select("track", "alike", *TRACK)
    every = with_previous(cycles_of(done, population.happened)).join(tracks, on="track")
    judged = with_judgments(every, engine).join(_units(done), on="cycle")
    return judged.with_columns(
        cycle_number=pl.col("number").cast(pl.Int64), is_open=pl.col("number") == pl.col("count")
    )


def _units(done: pl.DataFrame) -> pl.DataFrame:
    """How many sessions each cycle has, and their units where they can be added."""
    product = pl.col("product")
    known = (product.min() == product.max()) & (product.min() > 0)
    known &= pl.col("units").null_count() == 0
    return done.group_by("cycle").agg(
        sessions=pl.len().cast(pl.Int64), units=pl.when(known).then(pl.col("units").sum())
    )


def _apart(population: Population) -> pl.DataFrame:
    """The cycles of the patients that the record engine answers for."""
    asking, rows = population.asking, []
    for patient, found in population.records.tracks(asking):
        if isinstance(track := found.track, Track):
            rows += [(patient, *_row(track, place)) for place in range(len(track.cycles))]
    kind = population.happened.done.schema["patient"]
    return pl.DataFrame(rows, schema={"patient": kind, **_COLUMNS}, orient="row")


def _row(track: Track, place: int) -> tuple[Any, ...]:
    protocol, cycle = track.protocol, track.cycles[place]
    return (
        protocol.indication,
        protocol.product,
        protocol.id,
        protocol.version,
        track.prior.cycles + place + 1,
        cycle.first_on,
        cycle.anchored_on,
        len(cycle.sessions),
        _units_of(cycle),
        *compared(track, place),
        place + 1 == len(track.cycles),
    )


def _units_of(cycle: CycleSessions) -> float | None:
    products = {session.product for session in cycle.sessions}
    units = [session.units for session in cycle.sessions if session.units is not None]
    if len(products) > 1 or None in products or len(units) < len(cycle.sessions):
        return None
    return float(sum(units))
