"""The cycles of a patient as one dated picture, in SVG without any dependency."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from botox_schedule.dates import Window
from botox_schedule.dates.days import DayInput, as_day, shifted
from botox_schedule.engine.cycles import TreatmentCycle, judged_cycles
from botox_schedule.engine.dates import DueDates
from botox_schedule.engine.forecast import Forecast, forecast_of
from botox_schedule.engine.response import (
    STAGES,
    ObservedDays,
    ObservedResponse,
    ResponseTimeline,
    timeline_of,
)
from botox_schedule.engine.track import Track, protocol_of_session
from botox_schedule.errors import CountError
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import TreatmentProtocol
from botox_schedule.questions import ask
from botox_schedule.records import Hold, PatientRecord
from botox_schedule.terms import CycleTiming, DueStatus, ForWhom
from botox_schedule.values import a_list
from botox_schedule.views.chart import DRAWN, Band, Chart, Lane, Line, Mark, draw
from botox_schedule.views.messages import Messages, messages_in

_NARROWEST, _WIDEST = 240, 10_000
_TIMINGS = {
    CycleTiming.EARLY: "early",
    CycleTiming.EARLY_WITHIN_TOLERANCE: "early",
    CycleTiming.LATE: "late",
}


def timeline_svg(
    record: PatientRecord,
    protocols: TreatmentProtocol | str | Sequence[TreatmentProtocol | str],
    *,
    as_of: DayInput,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    observed: ObservedResponse | Mapping[str, ObservedResponse] | None = None,
    title: str | None = None,
    width: int = 860,
    language: str | Messages = "en",
) -> str:
    """Return the cycles of a record as an SVG picture, one lane for each treatment.

    It shows sessions and whether they were on time, bookings and holds, those ahead included,
    the expected response to each session, the due window, the first overdue day, a typical day
    and the day of the question. Neither ids nor free text of the record are in it. It follows
    the light or dark scheme of the page or, as a file, of the reader.

    Args:
        record: What happened.
        protocols: The treatments, from top to bottom: protocols or names of indications, each with its
            own clock.
        as_of: The day up to which records are known.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need;
            None means the bundled ones.
        observed: The patient's own response; for several treatments by indication.
        title: The accessible name of the picture.
        width: In pixels, from 240 to 10,000; 360 gives the layout for a phone. It shrinks where there is less room.
        language: ``en``, ``es``, or a catalog.

    Raises:
        DayError: When *as_of* is not a calendar day.
        UnknownProtocolError: When no known protocol has a name.
        CountError: When the width is no such number.

    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> svg = timeline_svg(record, "chronic-migraine", as_of="2026-02-20")
    >>> svg.startswith("<svg "), "due: 2026-03-30 to 2026-04-06" in svg
    (True, True)
    """
    if type(width) is not int or not _NARROWEST <= width <= _WIDEST:
        raise CountError(f"width: give a number of pixels from {_NARROWEST} to {_WIDEST}")
    day = as_day(as_of, "as_of")
    words = ChartWords(messages_in(language))
    wanted = [protocols] if isinstance(protocols, TreatmentProtocol | str) else protocols
    a_list(wanted, "protocols: give a treatment, or several in a list")
    stories = []
    for protocol in wanted:
        asked = ask(record, protocol, day, policy=policy, other_protocols=other_protocols)
        name = asked.track.protocol.indication
        own = observed.get(name) if isinstance(observed, Mapping) else observed
        found = forecast_of(asked.track, None, asked.findings, own)
        stories.append(_Story(asked.track, found, judged_cycles(asked.track)))
    lanes = [_lane(story, words) for story in stories]
    told = [_sentence(*each, words) for each in zip(lanes, stories, strict=True)]
    return words.draw(title or words.say("chart_title"), " ".join(told), lanes, day, width)


class ChartWords(NamedTuple):
    """The words of a chart.

    Attributes:
        messages: The catalog.
        day: How days are written.
        for_patient: Whether a patient reads them; then nothing is called overdue.
    """

    messages: Messages
    day: Callable[[date], str] = str
    for_patient: bool = False

    def key(self, kind: str) -> str:
        """Return the key of a kind's name: the patient's word, else that of staff."""
        own = f"patient_{kind}"
        return own if self.for_patient and own in self.messages.words else f"chart_{kind}"

    def called(self, kind: str) -> str:
        """Return the name of a kind."""
        return self.messages.words[self.key(kind)]

    def say(self, key: str, **values: object) -> str:
        """Return a text of the catalog."""
        return self.messages.say(key, **values)

    def on(self, kind: str, day: date) -> str:
        """Return the words for one day."""
        return f"{self.called(kind)}: {self.day(day)}"

    def since(self, kind: str, day: date) -> str:
        """Return the words for a day and all after it."""
        return f"{self.called(kind)}: {self.say('chart_from', first=self.day(day))}"

    def span(self, kind: str, first: date, last: date | None, some: str = "") -> str:
        """Return the words for days; without a last day they have no end."""
        if last is None:
            return self.since(kind, first)
        return f"{self.called(kind)}{some}: {self.messages.days(self.day(first), self.day(last))}"

    def draw(
        self, title: str, described: str, lanes: Sequence[Lane], as_of: date | None, width: int
    ) -> str:
        """Return the picture of lanes with these words."""
        line = None
        if as_of is not None:
            line = Line("as_of", as_of, self.say("chart_as_of", day=self.day(as_of)))
        legend = {kind: self.called(kind) for kind in DRAWN}
        legend["some"] = self.say("some")
        months = self.say("months_short").split()
        return draw(Chart(title, described, lanes, line, legend, width, months))


class _Story(NamedTuple):
    """The content of a lane: a track, its forecast and its cycles."""

    track: Track
    found: Forecast
    cycles: Sequence[TreatmentCycle]


def _lane(story: _Story, words: ChartWords) -> Lane:
    track, found, _ = story
    bands, lines = due_parts(found.dates, words, found.due_window)
    bands += hold_bands(track.holds.known, words, since=found.as_of)
    bands += _response(story, words)
    bands += observed_bands(found, words)
    end = track.care.ended_on or track.care.ends_on
    if end is not None:
        lines.append(Line("end", end, words.since("end", end)))
    return Lane(words.messages.headline(found), bands, list(_marks(story, words)), lines)


def last_cycle_lane(found: Forecast, title: str, words: ChartWords) -> Lane:
    """Return a forecast's lane: the last session, what to expect, what is next."""
    bands, lines = due_parts(found.dates, words, found.due_window)
    if found.timeline is not None:
        bands += response_bands(found.timeline, words)
    bands += observed_bands(found, words)
    booked_on = None if found.booking is None else found.booking.on
    days = (("full", found.last_session_on), ("booked", booked_on))
    known = ((kind, day) for kind, day in days if day is not None)
    marks = [Mark(kind, day, words.on(kind, day), written=True) for kind, day in known]
    return Lane(title, bands, marks, lines)


def due_parts(
    dates: DueDates, words: ChartWords, days: Window | None = None
) -> tuple[list[Band], list[Line]]:
    """Return the due window, and lines for the first allowed, overdue and typical day.

    *days* are the due days that nothing breaks; without them the window is that of the dates.
    """
    earliest = None if dates.earliest == dates.due else dates.earliest
    begins = (("allowed", earliest), ("overdue", dates.overdue_from))
    lines = [Line(kind, day, words.since(kind, day)) for kind, day in begins if day is not None]
    bands = []
    if dates.due is not None:
        first, last = dates.due, dates.overdue_from and shifted(dates.overdue_from, -1)
        first, last = (first, last) if days is None else (days.first, days.last)
        label = words.span("due", first, last)
        bands.append(Band("due", first, last, label, written=True))
    if dates.typical_on is not None:
        stated = f"{dates.typical_words}"
        known = words.messages.statistics
        statistic = "" if words.for_patient else f", {known.get(stated, stated)}"
        label = words.on("typical", dates.typical_on) + statistic
        lines.append(Line("typical", dates.typical_on, label))
    return bands, lines


def hold_bands(
    holds: Iterable[Hold], words: ChartWords, since: date | None = None
) -> Iterator[Band]:
    """Yield the days on hold; those that end on or after *since* get a caption."""
    for hold in holds:
        written = since is not None and (hold.last is None or hold.last >= since)
        label = words.span("held", hold.first, hold.last)
        yield Band("held", hold.first, hold.last, label, written=written)


def response_bands(
    timeline: ResponseTimeline, words: ChartWords, note: str = "", before: date | None = None
) -> Iterator[Band]:
    """Yield the windows of the response that begin before the day *before*, cut the day before it."""
    for staged in timeline.windows():
        window, name = staged.window, staged.stage.name
        if before is not None and window.first >= before:
            continue
        last = window.last if before is None else min(window.last, shifted(before, -1))
        some = staged.for_whom is ForWhom.SOME
        about = f", {words.say('some')} ({words.messages.share(staged.share)})" if some else ""
        label = words.span(name, window.first, window.last, about) + note
        yield Band(name, window.first, last, label, 1, some=some, written=before is None)


def own_days(observed: ObservedResponse | None) -> Iterator[tuple[str, ObservedDays]]:
    """Yield the known stages of the patient's own response: name and days."""
    for stage in STAGES:
        days = getattr(observed, stage.name, None)
        if days is not None:
            yield stage.name, days


def observed_bands(found: Forecast, words: ChartWords) -> Iterator[Band]:
    """Yield the patient's own days as bands below the windows of the label."""
    anchor = found.last_session_on
    if anchor is None:
        return
    for name, days in own_days(found.observed):
        own = words.messages.observed(days, who=words.key("observed"))
        first, last = shifted(anchor, days.smallest), shifted(anchor, days.largest)
        yield Band("observed", first, last, f"{words.called(name)}, {own}", 2, written=True)


def _response(story: _Story, words: ChartWords) -> Iterator[Band]:
    """The expected response to each session until the next one.

    Each follows the protocol version in force on the session's day.
    """
    track, found, judged = story
    if found.status is DueStatus.DECEASED:
        return
    for number, cycle in enumerate(track.cycles):
        following = [later.first_on for later in track.cycles[number + 1 : number + 2]]
        protocol = protocol_of_session(track, cycle.full_sessions[-1])
        timeline = timeline_of(cycle.anchored_on, protocol, None, track.policy)
        note = f", {words.say('chart_cycle', number=judged[number].number)}"
        yield from response_bands(timeline, words, note, *following)


def _marks(story: _Story, words: ChartWords) -> Iterator[Mark]:
    track = story.track
    for cycle in story.cycles:
        kind = "full" if cycle.timing is None else _TIMINGS.get(cycle.timing, "full")
        yield Mark(kind, cycle.anchored_on, words.messages.cycle(cycle))
    last = track.last
    elsewhere = [last.anchored_on] if last is not None and last.is_elsewhere else []
    for kind, days in (
        ("touch_up", [s.administered_on for cycle in track.cycles for s in cycle.touch_ups]),
        ("elsewhere", elsewhere),
        ("booked", [s.administered_on for s in track.booked_visits]),
        ("unrecognized", [s.administered_on for s in track.history.unrecognized]),
    ):
        for day in days:
            yield Mark(kind, day, words.on(kind, day), written=kind != "touch_up")


def _sentence(lane: Lane, story: _Story, words: ChartWords) -> str:
    parts = [lane.title, *map(words.messages.cycle, story.cycles[-1:])]
    parts += [band.label for band in lane.bands if band.written and band.kind in {"due", "held"}]
    parts += [line.label for line in lane.lines]
    parts += [mark.label for mark in lane.marks if mark.written]
    return "; ".join(parts) + "."
