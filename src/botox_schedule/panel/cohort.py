"""The sessions of a population as tracks and cycles, read once for all questions."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import SchedulingPolicy, SessionStatus, TreatmentProtocol
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.frames import Engine, Frame
from botox_schedule.panel.groups import grouped
from botox_schedule.panel.keys import dose_on, key_of, milli_of, place_of, product_of
from botox_schedule.panel.ordered import CYCLE, Ordered
from botox_schedule.panel.protocols import Book, by_number, chosen
from botox_schedule.panel.reading import (
    BOOKED,
    COMPLETED,
    PRODUCTS,
    Policies,
    Reading,
    product_order,
    read_sessions,
)
from botox_schedule.panel.rules import Rules
from botox_schedule.panel.tables import (
    Tables,
    deaths,
    held_spans,
    known_overrides,
    lived,
    read_table,
)
from botox_schedule.terms import PRECEDENCE

_TRACK = ("patient", "clock")
"""What a track is; ``track`` is its number."""
_MOST_CYCLES = 1 << 22
"""More than there are days."""
_BASE = 1024
_MOST_DAYS = 4_000_000


class Population:
    """The sessions of a population on a day.

    Without *planned* a track's protocol is that of its last session with a known one.

    Attributes:
        as_of: The day as a number.
        book: The protocols.
        tracks: One row a track, which is a patient and a clock: its number, ``family`` of the
            planned protocol, bookings, policy.
        left_out: The patients of whom a row could not be used.
        bookings: The booked sessions of each track.
        reading: All rows, as they were read.
        spans: Days on hold, or None without a table of holds.
        died: Days of death, or None without a table of care ends.
    """

    def __init__(  # noqa: PLR0917 - what every question is about
        self,
        sessions: Any,
        protocols: Iterable[TreatmentProtocol],
        as_of: date,
        policy: SchedulingPolicy | None,
        policies: Mapping[str, SchedulingPolicy] | None,
        tables: Tables,
        planned: Any = None,
    ) -> None:
        self.as_of = as_of.toordinal()
        self.book = Book(protocols)
        self.policies = Policies.given(policy, policies)
        reading = read_sessions(sessions, self.book.indications, self.policies)
        self.reading = reading
        self.engine: Engine = reading.engine
        self._tables = {
            name: self.engine.settled(read_table(table, name, reading))
            for name, table in tables.stated.items()
        }
        ends = self.table("care_ends")
        self.died = None if ends is None else deaths(ends, self.as_of)
        left_out = reading.frame.filter(~nw.col("problem").is_null()).select("patient").unique()
        self.left_out = self.engine.settled(left_out)
        rows = self.engine.settled(self._rows(usable(reading)))
        tracks = self.engine.settled(self._on_own_clock(self._tracks(rows, planned)))
        self.tracks = self.engine.settled(self.engine.counted(tracks, "track"))
        self.bookings = self.engine.settled(self._bookings(rows))
        # A list of one, so that the rows are let go when they have been used.
        self._done = [Ordered.sorted(self.engine, self._completed(rows))]
        self.spans = self._on_their_tracks("holds", partial(held_spans, as_of=self.as_of))
        overrides = self._on_their_tracks("overrides", known_overrides)
        self.rules = Rules(self.book, self.policies, overrides)

    def table(self, name: str) -> Frame | None:
        """Return a table that the caller gave, or None."""
        return self._tables.get(name)

    def _on_their_tracks(self, name: str, read: Callable[..., Frame]) -> Frame | None:
        table = self.table(name)
        return None if table is None else self.engine.settled(read(table, self.tracks, self.book))

    def _rows(self, rows: Frame) -> Frame:
        if self.died is not None:
            rows = rows.join(self.died, on=["patient"], how="left")
        prod = self.book.product("product_number", PRODUCTS)
        rows = rows.with_columns(prod=prod.cast(nw.Int16))
        rows = rows.with_columns(family=self.book.family("ind", "prod").cast(nw.Int16))
        rows = self._with_clocks(rows)
        alive = nw.lit(value=True)
        if self.died is not None:
            alive = lived()
        completed = nw.col("status") == COMPLETED
        known = nw.col("day") <= self.as_of
        return rows.with_columns(done=completed & known & alive, later=completed & ~known & alive)

    def _with_clocks(self, rows: Frame) -> Frame:
        """Repeat a session for each clock that its indication belongs to."""
        layers = []
        for layer in self.book.layers():
            clock = nw.lit(None, nw.Int64)
            for number in layer:
                names = [self.book.indications.index(n) for n in self.book.clocks[number]]
                clock = nw.when(nw.col("ind").is_in(names)).then(number).otherwise(clock)
            placed = rows.with_columns(clock=clock.cast(nw.Int16))
            layers.append(placed.filter(~nw.col("clock").is_null()))
        return layers[0] if len(layers) == 1 else nw.concat(layers, how="vertical")

    def _tracks(self, rows: Frame, planned: Any) -> Frame:
        """One row a track: the clock of the protocol of its last session with a known one."""
        latest = nw.col("day") * _BASE + nw.col("family")
        booked = (nw.col("status") == BOOKED) & (nw.col("day") >= self.as_of)
        columns = {
            "_done": nw.when(nw.col("done")).then(latest),
            "_any": latest,
            "_booked": nw.when(booked).then(nw.col("day")),
            "_later": nw.col("later").cast(nw.Int64),
        }
        if self.policies.keys:
            columns["_policy"] = nw.col("day") * _BASE + nw.col("policy")
        rows = rows.with_columns(**columns)
        tracks = rows.group_by(*_TRACK).agg(
            *(
                nw.col(column).max() if column != "_booked" else nw.col(column).min()
                for column in columns
            )
        )
        family = nw.when(nw.col("_done").is_null()).then(nw.col("_any")).otherwise(nw.col("_done"))
        tracks = tracks.with_columns(family=family % _BASE)
        if self.policies.keys:
            tracks = tracks.with_columns(policy=nw.col("_policy") % _BASE)
        return tracks if planned is None else self._as_planned(tracks, planned)

    def _as_planned(self, tracks: Frame, given: Any) -> Frame:
        """Let the caller say which protocol each track has."""
        cases = [
            ((nw.col("indication") == p.indication) & (nw.col("product") == p.product.value), at)
            for at, p in enumerate(family.newest for family in self.book.families)
        ]
        planned = nw.from_native(given).lazy().with_columns(family=chosen(cases))
        planned = planned.with_columns(clock=self.book.own_clock("family").cast(nw.Int16))
        return tracks.drop("family").join(
            planned.select(*_TRACK, "family"), on=list(_TRACK), how="inner"
        )

    def _on_own_clock(self, tracks: Frame) -> Frame:
        tracks = tracks.with_columns(_own=self.book.own_clock("family"))
        tracks = tracks.filter(nw.col("_own") == nw.col("clock"))
        return tracks.select(
            *_TRACK,
            "family",
            *self.policies.columns,
            booked_on=nw.col("_booked"),
            later=nw.col("_later") > 0,
        )

    def _on_tracks(self, rows: Frame) -> Frame:
        """Put the number and the policy of each row's track."""
        of_track = ("track", *self.policies.columns)
        return rows.join(self.tracks.select(*_TRACK, *of_track), on=list(_TRACK), how="inner")

    def _bookings(self, rows: Frame) -> Frame:
        doses = ("milli", "touch", "ind", "product_number") if "weights" in self._tables else ()
        booked = rows.filter(nw.col("status") == BOOKED)
        booked = self._on_tracks(booked.select(*_TRACK, "day", *doses))
        return booked.select("track", "day", *doses)

    def _completed(self, rows: Frame) -> Frame:
        """Return the completed sessions: their tracks, and what orders and names them."""
        rows = rows.filter(nw.col("done")).select(*_TRACK, key=self.key())
        return self._on_tracks(rows).select("track", "key", *self.policies.columns)

    def key(self) -> nw.Expr:
        """Return what orders the sessions of a track: as the record functions order them."""
        return key_of(self.book.place("ind", "clock"))

    def sessions_done(self) -> Frame:
        """Return the completed sessions of each track with the number of their cycle, once."""
        within = self.policies.number(lambda policy: policy.group_within_days)
        within = within if isinstance(within, nw.Expr) else nw.lit(within, nw.Int64)
        return grouped(self._done.pop().put(within=within))

    def cycles(self, done: Frame, *, units: bool = False) -> Sheet:
        """Return one row a cycle.

        Args:
            done: The completed sessions with the number of their cycle.
            units: Whether units, products and sessions are added up.
        """
        cells = list(self.book.cells)
        parts = nw.when(nw.col("part"))
        rows = done.with_columns(
            cycle=nw.col("track") * _MOST_CYCLES + nw.col("number"),
            _key=parts.then(nw.col("key")),
            _first=parts.then(nw.col("day")),
            _touch=nw.when(~nw.col("part")).then(nw.col("day")),
        )
        rows = self._with_cell(rows, "_cell", "key")
        rows = rows.with_columns(
            **{f"c_{at}": (nw.col("part") & (nw.col("_cell") == at)).cast(nw.Int8) for at in cells}
        )
        asked = [
            *(nw.col(name).max() for name in ("track", "number", "count")),
            nw.col("_first").min().alias("first_on"),
            nw.col("_first").max().alias("anchored_on"),
            nw.col("_touch").max().alias("touch_on"),
            nw.col("_key").max().alias("last_key"),
            *(nw.col(f"c_{at}").max() for at in cells),
        ]
        if self.table("weights") is not None:
            asked.append(nw.col("_key").min().alias("first_key"))
        if units:
            rows = _with_units(rows)
            asked += _UNITS_OF_A_CYCLE
        cycles = self._with_cell(rows.group_by(*CYCLE).agg(*asked), "last_cell", "last_key")
        return Sheet(self.engine, self.engine.settled(cycles.drop("_product", "last_key")), CYCLE)

    def _with_cell(self, frame: Frame, out: str, key: str) -> Frame:
        """Put the cell of a session by its key."""
        frame = frame.with_columns(_product=product_of(key))
        product = self.book.product("_product", PRODUCTS)
        return frame.with_columns(**{out: place_of(key) * self.book.kinds + product})


def _with_units(rows: Frame) -> Frame:
    """Put units that are known, and whether any are not."""
    rows = rows.with_columns(_milli=milli_of("key"))
    known = nw.when(nw.col("_milli") > 0).then(nw.col("_milli")).otherwise(0)
    return rows.with_columns(_known=known, _open=(nw.col("_milli") < 0).cast(nw.Int64))


_UNITS_OF_A_CYCLE = (
    nw.col("_known").sum().alias("milli"),
    nw.col("_open").max().alias("open_units"),
    nw.col("_product").min().alias("product_min"),
    nw.col("_product").max().alias("product_max"),
    nw.len().cast(nw.Int64).alias("sessions"),
)


def usable(reading: Reading, *, of_any_track: bool = False) -> Frame:
    """Return the sessions that can be used, each once.

    Args:
        reading: All rows.
        of_any_track: Whether sessions stay of which no track is known: their units were given.
    """
    fits, dropped = nw.col("problem").is_null(), ["problem", "doubt"]
    trackless = nw.col("problem").is_in(["unknown_indication", "unknown_policy_key"])
    rows = reading.frame
    if "session_id" in reading.columns:
        # A session of no known track can be what stands under an id.
        rows = _merged(rows.filter(fits | trackless))
        dropped += [] if "indication" in reading.kept else ["indication"]
    return rows.filter(fits | trackless if of_any_track else fits).drop(*dropped)


def _merged(frame: Frame) -> Frame:
    """Let one of several rows of a patient under one id win; rows without an id stay.

    The status decides as in a record; then the later day, the larger units, and what only decides
    between rows that say the same.
    """
    ranks = [PRECEDENCE[status] for status in SessionStatus]
    frame = frame.with_columns(_rank=by_number("status", ranks))
    weight = nw.col("_rank") * _MOST_DAYS + nw.col("day")
    frame = frame.with_columns(
        _one=dose_on(weight),
        _product=product_order(),
    )
    order = ("_one", "status", "indication", "_product")
    after = nw.col("day").shift(-1).over("patient", "session_id", order_by=order)
    frame = frame.with_columns(_after=after)
    wins = nw.col("session_id").is_null() | nw.col("_after").is_null()
    return frame.filter(wins).drop("_rank", "_one", "_product", "_after")
