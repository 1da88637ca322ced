"""Days on hold, for every row at once; the spans of a track neither touch nor overlap."""

import narwhals.stable.v2 as nw

from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.frames import Frame
from botox_schedule.panel.ordered import TRACK


def _met(sheet: Sheet, spans: Frame, *columns: str) -> Frame:
    asked = sheet.frame.select(*dict.fromkeys((*sheet.keys, *TRACK, *columns)))
    return asked.join(spans, on=list(TRACK), how="inner")


def put_covered(sheet: Sheet, spans: Frame, out: str, day: str) -> None:
    """Put whether a day is on hold."""
    inside = (nw.col("h_first") <= nw.col(day)) & (nw.col(day) <= nw.col("h_last"))
    sheet.flag(out, _met(sheet, spans, day).filter(inside))


def put_touched(sheet: Sheet, spans: Frame, out: str, first: str, last: str) -> None:
    """Put whether a day from *first* to *last*, both included, is on hold."""
    met = _met(sheet, spans, first, last).filter(
        (nw.col("h_first") <= nw.col(last))
        & (nw.col("h_last") >= nw.col(first))
        & (nw.col(first) <= nw.col(last))
    )
    sheet.flag(out, met)


def put_next_free(sheet: Sheet, spans: Frame, out: str, day: str) -> None:
    """Put the first day from *day* on that is not on hold."""
    inside = (nw.col("h_first") <= nw.col(day)) & (nw.col(day) <= nw.col("h_last"))
    met = _met(sheet, spans, day).filter(inside)
    sheet.meet(met.select(*sheet.keys, _until=nw.col("h_last")))
    held = ~nw.col("_until").is_null()
    sheet.put(**{out: nw.when(held).then(nw.col("_until") + 1).otherwise(nw.col(day))})
    sheet.frame = sheet.frame.drop("_until")


def put_free_days(sheet: Sheet, spans: Frame, out: str, after: str, until: str) -> None:
    """Put how many days after *after*, up to and with *until*, are not on hold."""
    met = _met(sheet, spans, after, until).filter(
        (nw.col("h_first") <= nw.col(until)) & (nw.col("h_last") > nw.col(after))
    )
    met = met.with_columns(
        _begin=nw.max_horizontal(after, nw.col("h_first") - 1),
        _end=nw.min_horizontal(until, "h_last"),
    )
    met = met.with_columns(_held=nw.col("_end") - nw.col("_begin"))
    sheet.meet(met.group_by(*sheet.keys).agg(nw.col("_held").sum()))
    held = nw.col("_held").fill_null(0)
    sheet.put(**{out: nw.col(until) - nw.col(after) - held})
    sheet.frame = sheet.frame.drop("_held")


def put_without_holds(sheet: Sheet, spans: Frame, start: str, days: tuple[str, ...]) -> None:
    """Move *days* so that days on hold from *start* on do not count, and *start* off a hold."""
    counts = {f"_{day}_count": nw.col(day) - nw.col(start) for day in days}
    sheet.put(**counts)
    put_next_free(sheet, spans, start, start)
    met = _met(sheet, spans, start, *counts).filter(nw.col("h_first") > nw.col(start))
    met = met.with_columns(_length=nw.col("h_last") - nw.col("h_first") + 1)
    until = nw.col("_length").cum_sum().over(*sheet.keys, order_by="h_first").cast(nw.Int64)
    met = met.with_columns(_until=until)
    free = nw.col("h_first") - nw.col(start) - (nw.col("_until") - nw.col("_length"))
    met = met.with_columns(_free=free)
    met = met.with_columns(
        **{
            f"_{day}_more": nw.when(nw.col(f"_{day}_count") >= nw.col("_free"))
            .then(nw.col("_length"))
            .otherwise(0)
            for day in days
        }
    )
    more = [f"_{day}_more" for day in days]
    sheet.meet(met.group_by(*sheet.keys).agg(*(nw.col(column).sum() for column in more)))
    sheet.put(
        **{
            day: nw.col(start) + nw.col(f"_{day}_count") + nw.col(f"_{day}_more").fill_null(0)
            for day in days
        }
    )
    sheet.tidy()
