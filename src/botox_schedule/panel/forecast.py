"""Where every track of a population stands on a day."""

from typing import Any

import narwhals.stable.v2 as nw

from botox_schedule import DueStatus, Interval, ResponsePhase
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.cohort import Population
from botox_schedule.panel.frames import Frame
from botox_schedule.panel.holds import put_covered, put_next_free, put_without_holds
from botox_schedule.panel.judged import judged, put_planned_cells, with_previous
from botox_schedule.panel.ordered import TRACK
from botox_schedule.panel.passed import last_start
from botox_schedule.panel.protocols import chosen
from botox_schedule.panel.tables import OPEN, ended
from botox_schedule.protocols import ExpectedResponse

SILENT = ("deceased", "discontinued", "on_hold")
"""The statuses of tracks that nobody is to be called about."""
FORECAST_DAYS = ("last_session_on", "earliest", "due", "overdue_from", "lapsed_from", "booked_on")
_DATES = ("earliest", "due", "overdue_from", "lapsed_from")
_LAST = (
    "number",
    "anchored_on",
    "counted_from",
    "last_cell",
    "interval_days",
    "timing",
    "short_by_days",
    "late_by_days",
    "held",
)


def forecast_sheet(population: Population) -> Sheet:
    """Return one row a track, days as numbers."""
    sheet = Sheet(population.engine, population.tracks, TRACK)
    sheet.put(as_of=nw.lit(population.as_of, nw.Int64))
    _put_last_cycle(population, sheet)
    _put_silence(population, sheet)
    _put_dates(population, sheet)
    _put_status(sheet)
    _put_bookings(population, sheet)
    _put_phase(population, sheet)
    return sheet


def _put_last_cycle(population: Population, sheet: Sheet) -> None:
    """Put the last cycle of each track: only it and the one before are looked at."""
    cycles = _last_cycles(population)
    last = judged(population, cycles).frame
    begins = ("first_on", "first_key") if population.table("weights") is not None else ()
    cells = [f"c_{at}" for at in population.book.cells]
    touched = nw.max_horizontal("anchored_on", "touch_on").alias("last_day")
    sheet.meet(population.engine.settled(last.select(*TRACK, *_LAST, *begins, *cells, touched)))


def _last_cycles(population: Population) -> Sheet:
    """Return the last cycle of each track, with what is known of the one before."""
    cycles = population.cycles(_recent(population))
    return with_previous(population, cycles, only_last=True).tidy()


def _recent(population: Population) -> Frame:
    """Return the sessions of the last two cycles of each track."""
    done = population.sessions_done()
    return population.engine.settled(done.filter(nw.col("number") >= nw.col("count") - 1))


def _put_silence(population: Population, sheet: Sheet) -> None:
    """Put ``silence``: the status that leaves every date away, or null."""
    ends, as_of = population.table("care_ends"), population.as_of
    silence: Any = nw.lit(None, nw.String)
    silence = nw.when(nw.col("number").is_null()).then(nw.lit("no_history")).otherwise(silence)
    if population.spans is not None:
        put_covered(sheet, population.spans, "on_hold", "as_of")
        silence = nw.when(nw.col("on_hold")).then(nw.lit("on_hold")).otherwise(silence)
    if ends is not None and population.died is not None:
        sheet.meet(ended(ends, population.tracks, population.book, as_of))
        sheet.meet(population.died, on=("patient",))
        over = ~nw.col("ended_on").is_null()
        goes_on = nw.col("last_day") > nw.col("ended_on")
        over &= ~goes_on.fill_null(value=False)
        silence = nw.when(over).then(nw.lit("discontinued")).otherwise(silence)
        dead = ~nw.col("died_on").is_null()
        silence = nw.when(dead).then(nw.lit("deceased")).otherwise(silence)
    sheet.put(silence=silence)


def _put_dates(population: Population, sheet: Sheet) -> None:
    """Put the four dates and what they rest on."""
    rules, spans = population.rules, population.spans
    put_planned_cells(population, sheet)
    if rules.overrides is None and not population.book.has_versions():
        rules.put_on(sheet, "anchored_on", "counted_from")
        sheet.put(allowed_from=nw.col("gives"))
        _put_earliest(population, sheet)
    else:
        allowed = _allowed_from(population, sheet)
        sheet.meet(allowed)
        _put_earliest(population, sheet)
        rules.put_on(sheet, "earliest", "counted_from")
    rules.put_usual(sheet, "earliest", "anchored_on", "allowed_from")
    if spans is not None:
        put_without_holds(sheet, spans, "due", ("last", "overdue_from", "lapsed_from"))
    speaks = nw.col("silence").is_null() & ~nw.col("earliest").is_null()
    sheet.put(**{name: nw.when(speaks).then(nw.col(name)) for name in _DATES})
    minimum = nw.when(nw.col("unread_minimum")).then(nw.lit("minimum"))
    usual = nw.col("unread_usual") & ~nw.col("due").is_null()
    both = nw.when(nw.col("unread_minimum") & usual).then(nw.lit("minimum, usual"))
    unverified = both.otherwise(
        nw.when(usual).then(nw.lit("usual")).otherwise(minimum.otherwise(nw.lit("")))
    )
    sheet.put(unverified=nw.when(speaks).then(unverified).otherwise(nw.lit("")))


def _put_earliest(population: Population, sheet: Sheet) -> None:
    if population.spans is None:
        sheet.put(earliest=nw.col("allowed_from"))
    else:
        put_next_free(sheet, population.spans, "earliest", "allowed_from")


def _allowed_from(population: Population, sheet: Sheet) -> Frame:
    """Return the first day of the stretch of allowed days that contains the day, or the next.

    The days on which other rules come into force cut the time after an anchor into pieces; the
    allowed part of each is known from its first day, and parts that touch are one stretch.
    """
    rules, book = population.rules, population.book
    cells = [f"{name}_{at}" for at in book.found_cells for name in ("own", "previous")]
    carried = ["patient", "clock", "anchored_on", "counted_from", "family", *cells]
    carried += population.policies.columns
    base = sheet.frame.select(*TRACK, *carried).filter(~nw.col("anchored_on").is_null())
    anchors = base.select(*TRACK, start=nw.col("anchored_on"))
    starts = [anchors]
    starts += [
        anchors.with_columns(start=nw.lit(day.toordinal(), nw.Int64)) for day in book.change_days()
    ]
    if rules.overrides is not None:
        own = rules.overrides
        starts.append(own.select(*TRACK, start=nw.col("first")))
        ends = own.filter(nw.col("until") < OPEN)
        starts.append(ends.select(*TRACK, start=nw.col("until") + 1))
    cuts = nw.concat(starts, how="vertical").unique()
    pieces = base.join(cuts, on=list(TRACK), how="inner")
    pieces = pieces.filter(nw.col("start") >= nw.col("anchored_on"))
    following = nw.col("start").shift(-1).over(*TRACK, order_by="start")
    piece = Sheet(population.engine, pieces.with_columns(following=following), (*TRACK, "start"))
    rules.put_on(piece, "start", "counted_from")
    piece.put(_until=(nw.col("following") - 1).fill_null(OPEN))
    piece.put(_from=nw.max_horizontal("start", "gives"))
    allowed = piece.frame.filter(~nw.col("gives").is_null() & (nw.col("_from") <= nw.col("_until")))
    return _stretch_of(allowed.select(*TRACK, "start", "_from", "_until"), population.as_of)


def _stretch_of(allowed: Frame, as_of: int) -> Frame:
    before = nw.col("_until").shift(1).over(*TRACK, order_by="start")
    allowed = allowed.with_columns(_before=before)
    touches = (nw.col("_from") == nw.col("start")) & (nw.col("_before") == nw.col("start") - 1)
    allowed = allowed.with_columns(_new=(~touches.fill_null(value=False)).cast(nw.Int64))
    number = nw.col("_new").cum_sum().over(*TRACK, order_by="start").cast(nw.Int64)
    allowed = allowed.with_columns(_stretch=number)
    stretches = allowed.group_by(*TRACK, "_stretch").agg(
        nw.col("_from").min(), nw.col("_until").max()
    )
    ahead = stretches.filter(nw.col("_until") >= as_of)
    return ahead.group_by(*TRACK).agg(nw.col("_from").min().alias("allowed_from"))


def _put_status(sheet: Sheet) -> None:
    """Put where the day falls among the four dates, or what silences them."""
    status: Any = nw.lit(DueStatus.TOO_EARLY.value)
    passed = (DueStatus.ALLOWED, DueStatus.DUE, DueStatus.OVERDUE, DueStatus.LAPSED)
    for name, word in zip(_DATES, passed, strict=True):
        status = nw.when(nw.col(name) <= nw.col("as_of")).then(nw.lit(word.value)).otherwise(status)
    undated = nw.col("earliest").is_null()
    status = nw.when(undated).then(nw.lit(DueStatus.NO_INTERVAL.value)).otherwise(status)
    silent = ~nw.col("silence").is_null()
    sheet.put(status=nw.when(silent).then(nw.col("silence")).otherwise(status))
    wait = nw.col("due") - nw.col("as_of")
    sheet.put(
        last_session_on=nw.col("anchored_on"),
        days_since_last=nw.col("as_of") - nw.col("anchored_on"),
        days_to_due=nw.when(wait >= 0).then(wait),
        days_since_due=nw.when(wait <= 0).then(-wait),
    )


def _put_bookings(population: Population, sheet: Sheet) -> None:
    """Put what is to be looked at about bookings after the last session."""
    booked = population.bookings
    known = sheet.frame.select(*TRACK, "anchored_on", "as_of", "silence")
    met = booked.join(known, on=list(TRACK), how="inner")
    after = nw.col("anchored_on").is_null() | (nw.col("day") > nw.col("anchored_on"))
    met = met.filter(after)
    ahead = met.filter(nw.col("day") >= nw.col("as_of"))
    found = {
        "booking_unresolved": met.filter(nw.col("day") < nw.col("as_of")),
        "booking_too_early": _too_early(population, sheet, ahead),
    }
    if population.spans is None:
        sheet.put(booking_in_hold=nw.lit(value=False))
    else:
        on_hold = Sheet(population.engine, ahead.select(*TRACK, "day").unique(), (*TRACK, "day"))
        put_covered(on_hold, population.spans, "_held", "day")
        found["booking_in_hold"] = on_hold.frame.filter(nw.col("_held"))
    sheet.flags(found)
    dead = nw.col("status") == DueStatus.DECEASED.value
    sheet.put(
        **{
            name: nw.col(name) & ~dead
            for name in ("booking_unresolved", "booking_in_hold", "booking_too_early")
        }
    )


def _too_early(population: Population, sheet: Sheet, ahead: Frame) -> Frame:
    rules, book = population.rules, population.book
    waits = nw.col("silence").is_null() | (nw.col("silence") == DueStatus.ON_HOLD.value)
    days = ahead.filter(waits & ~nw.col("anchored_on").is_null()).select(*TRACK, "day").unique()
    cells = [f"{name}_{at}" for at in book.found_cells for name in ("own", "previous")]
    carried = ["clock", "counted_from", *cells, *population.policies.columns]
    met = days.join(sheet.frame.select(*TRACK, *carried), on=list(TRACK), how="inner")
    booking = Sheet(population.engine, met, (*TRACK, "day"))
    rules.put_on(booking, "day", "counted_from")
    return booking.frame.filter(nw.col("day") < nw.col("gives"))


def _put_phase(population: Population, sheet: Sheet) -> None:
    """Put what is expected of the response to the last session; the dead get none."""
    book, kinds = population.book, population.book.kinds
    last = nw.col("last_cell")
    unknown = last % kinds == book.unknown_product
    # An unknown product is taken to be the planned one.
    planned = last - book.unknown_product + nw.col("planned_product")
    sheet.put(_cell=nw.when(unknown).then(planned).otherwise(last))
    cases = [
        ((nw.col("clock") == clock) & (nw.col("_cell") == at), family)
        for at in book.found_cells
        for clock in range(len(book.clocks))
        if (family := book.family_at(clock, at)) is not None
    ]
    found = chosen(cases)
    sheet.put(_response=found)
    missing = nw.col("_response").is_null()
    sheet.put(_response=nw.when(missing).then(nw.col("family")).otherwise(nw.col("_response")))
    responses = _responses(population)
    sheet.put(
        **{f"_phase_{n}": _phase_of(population, one) for n, one in enumerate(responses)},
    )
    phase: Any = nw.lit(None, nw.String)
    for number, own in enumerate(responses.values()):
        out = nw.col(f"_phase_{number}")
        phase = nw.when(nw.col("_response").is_in(own)).then(out).otherwise(phase)
    alive = nw.col("status") != DueStatus.DECEASED.value
    given = ~nw.col("anchored_on").is_null()
    sheet.put(phase=nw.when(alive & given).then(phase))


def _responses(population: Population) -> dict[ExpectedResponse, list[int]]:
    """Return the expected responses, each with the numbers of its families."""
    found: dict[ExpectedResponse, list[int]] = {}
    for number, family in enumerate(population.book.families):
        found.setdefault(family.newest.response, []).append(number)
    return found


def _phase_of(population: Population, response: ExpectedResponse) -> nw.Expr:
    """Return the phase of the day by one protocol's windows: by how long ago the anchor lies."""
    words = ResponsePhase
    stated = [
        (window, during, after)
        for window, during, after in (
            (response.onset, words.ONSET, words.BUILDING),
            (response.peak, words.PEAK, words.SUSTAINED),
            (response.wear_off, words.WEARING_OFF, words.WORN_OFF),
        )
        if window is not None
    ]
    start = words.LATENT if response.onset is not None else words.NOT_STATED
    phase: Any = nw.lit(start.value)
    for at, (window, during, after) in enumerate(stated):
        begun = _passed(population, window.first, population.as_of)
        phase = nw.when(begun).then(nw.lit(during.value)).otherwise(phase)
        followed = at + 1 < len(stated) or after is words.WORN_OFF
        then = after if followed else words.NOT_STATED
        over = _passed(population, window.last, population.as_of - 1)
        phase = nw.when(over).then(nw.lit(then.value)).otherwise(phase)
    found: nw.Expr = phase
    return found


def _passed(population: Population, interval: Interval, day: int) -> nw.Expr:
    """Whether an interval after the anchor has passed on a day."""
    latest = population.policies.number(lambda p: last_start(interval, day, p.short_month))
    return nw.col("anchored_on") <= latest
