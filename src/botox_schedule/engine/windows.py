"""The four dates of a track after an anchor, under its rules and its holds."""

from datetime import date
from typing import NamedTuple

from botox_schedule.engine.holds import HoldCalendar
from botox_schedule.engine.rules import RuleBook, RulesInForce
from botox_schedule.engine.session import UsualWindow, usual_window

__all__ = ["TrackDates", "held_window", "track_dates"]


class HeldWindow(NamedTuple):
    """A usual window whose days on hold do not count."""

    due: date | None
    last: date | None
    overdue_from: date | None
    lapsed_from: date | None


class TrackDates(NamedTuple):
    """The dates of a track, and what they come from.

    Attributes:
        earliest: First allowed day, or None where the rules give none.
        allowed_from: The same, days on hold not looked at.
        rules: What is in force on *earliest*.
        usual: The usual window before holds.
        held: The usual window after holds.
    """

    earliest: date | None
    allowed_from: date | None
    rules: RulesInForce
    usual: UsualWindow | None
    held: HeldWindow


_NO_WINDOW = HeldWindow(None, None, None, None)


def track_dates(book: RuleBook, holds: HoldCalendar, anchor: date, as_of: date) -> TrackDates:
    """Return the dates after *anchor*: *earliest* opens the stretch that contains *as_of*."""
    ahead = (s for s in book.stretches(anchor) if s.last is None or s.last >= as_of)
    stretch = next(ahead, None)
    if stretch is None:
        return TrackDates(None, None, book.on(max(anchor, as_of)), None, _NO_WINDOW)
    # A known hold that reaches beyond as_of covers it and silences the track: a free day is left.
    earliest = holds.next_free(stretch.first) or stretch.first
    rules = book.on(earliest)
    usual = _usual(book, rules, anchor, stretch.first)
    held = _NO_WINDOW if usual is None else held_window(usual, holds)
    return TrackDates(earliest, stretch.first, rules, usual, held)


def _usual(
    book: RuleBook, rules: RulesInForce, anchor: date, allowed_from: date
) -> UsualWindow | None:
    if rules.usual is None:
        return None
    kind = rules.protocol.retreatment.kind
    return usual_window(rules.usual, kind, anchor, allowed_from, book.policy)


def held_window(usual: UsualWindow, holds: HoldCalendar) -> HeldWindow:
    """Return *usual* with the days on hold from its first day on left out."""
    if not holds.spans:
        return HeldWindow(usual.due, usual.last, usual.overdue_from, usual.lapsed_from)
    due = usual.due
    return HeldWindow(
        holds.next_free(due),
        holds.advance(due, (usual.last - due).days),
        holds.advance(due, (usual.overdue_from - due).days),
        holds.advance(due, (usual.lapsed_from - due).days),
    )
