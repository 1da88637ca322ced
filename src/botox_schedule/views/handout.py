"""One page for a patient: the next date, what to expect, when to call; extra ``handout``."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Annotated, NamedTuple

from markupsafe import Markup
from pydantic import StringConstraints

from botox_schedule import (
    DueStatus,
    FindingCode,
    Forecast,
    PatientRecord,
    SchedulingPolicy,
    TreatmentProtocol,
    forecast,
    response_phase,
)
from botox_schedule.engine import ResponseTimeline
from botox_schedule.errors import HandoutError
from botox_schedule.ical import EventKind, events_from_record, ical_from_events
from botox_schedule.protocols import SourceRef
from botox_schedule.values import PatientValue
from botox_schedule.views.chart import Lane, Mark, Ribbon, draw
from botox_schedule.views.lanes import due_parts, legend, response_bands
from botox_schedule.views.messages import Messages, bundled_messages
from botox_schedule.views.pages import render

_ONE_DAY = timedelta(days=1)
_AHEAD = frozenset({EventKind.BOOKING, EventKind.DUE, EventKind.EARLIEST})
_REFUSED = {
    DueStatus.DECEASED: "the patient has died",
    DueStatus.DISCONTINUED: "care has been discontinued",
    DueStatus.ON_HOLD: "the treatment is on hold",
}
_Required = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class _Texts(PatientValue, frozen=True):
    when_to_call: _Required
    patient: Annotated[str, StringConstraints(max_length=200)] | None
    clinic: Annotated[str, StringConstraints(max_length=1000)] | None


class _Stretch(NamedTuple):
    weeks: str
    days: str
    effect: str


def handout_html(
    record: PatientRecord,
    protocol: TreatmentProtocol,
    *,
    as_of: date | str,
    when_to_call: str,
    key: str,
    stamped_at: datetime,
    language: str | Messages = "en",
    patient: str | None = None,
    clinic: str | None = None,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] = (),
) -> str:
    """Return a patient's page as one HTML document that needs nothing else.

    It says the next date in words, what to expect week by week with the sources, a ribbon, the
    clinic's own text, and holds the visit as a calendar file. It prints on one sheet of A4 or
    Letter as long as the clinic's text is short. Everything that is passed in is escaped.

    Args:
        record: What happened.
        protocol: The planned treatment.
        as_of: The day of the page.
        when_to_call: The clinic's own text on when to call; there is none by default, because
            nothing is invented. Blank lines part paragraphs.
        key: The caller's key of the patient, for the UID of the calendar entry.
        stamped_at: The moment of the calendar entry, an aware datetime.
        language: ``en``, ``es`` (not yet reviewed, and the page says so), or a catalog.
        patient: What the patient is called on the page, if anything.
        clinic: The clinic's name and telephone, if anything.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need.

    Raises:
        HandoutError: On hold, after the end of care or a death, without history, and where the
            booked day is not allowed; the message says which.
        ValidationError: When a text is empty or too long.

    >>> from datetime import UTC
    >>> from botox_schedule import find_protocol
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> page = handout_html(
    ...     record, find_protocol("chronic-migraine"), as_of="2026-01-05", key="k-1",
    ...     stamped_at=datetime(2026, 1, 5, tzinfo=UTC), when_to_call="Call 555-0100 at any time.",
    ... )
    >>> "due between Monday, March 30, 2026 and Monday, April 6, 2026" in page
    True
    """
    texts = _Texts(when_to_call=when_to_call, patient=patient, clinic=clinic)
    messages = bundled_messages(language) if isinstance(language, str) else language
    others = tuple(other_protocols)
    found = forecast(record, protocol, as_of=as_of, policy=policy, other_protocols=others)
    timeline = _check(found)
    events = events_from_record(
        record, protocol, key=key, as_of=as_of, policy=policy, other_protocols=others
    )
    ahead = [e for e in events if e.kind in _AHEAD and e.window.last >= found.as_of]
    speech = _Speech(messages)
    words = messages.words
    treatment = speech.treatment(protocol.indication)
    next_words = speech.next_visit(found)
    return render(
        "handout.html",
        language=messages.language,
        reviewed=messages.reviewed,
        words=words,
        title=words["title"].format(treatment=treatment),
        patient=texts.patient,
        clinic=texts.clinic,
        next=next_words,
        not_before=speech.not_before(found),
        calendar=_data_link(ical_from_events(ahead, stamped_at=stamped_at)) if ahead else None,
        expect_from=words["expect_from"].format(day=speech.day(timeline.administered_on)),
        stretches=list(speech.stretches(found, timeline)),
        full_benefit=speech.full_benefit(found, timeline),
        ribbon=Markup(speech.ribbon(found, timeline, treatment, next_words)),  # noqa: S704 - our own SVG
        call=[part for part in texts.when_to_call.split("\n\n") if part.strip()],
        sources=list(speech.sources(protocol)),
        as_of=words["as_of"].format(
            day=speech.day(found.as_of), protocol=protocol.id, version=protocol.version
        ),
    )


def _check(found: Forecast) -> ResponseTimeline:
    """The response to the last session, where a page may be made at all."""
    if found.status in _REFUSED:
        raise HandoutError(f"no page for the patient: {_REFUSED[found.status]}")
    if any(finding.code is FindingCode.BOOKING_TOO_EARLY for finding in found.findings):
        raise HandoutError("no page for the patient: the booked day is not allowed")
    if found.timeline is None:
        raise HandoutError("no page for the patient: nothing was given yet, so no date follows")
    return found.timeline


def _data_link(file: bytes) -> str:
    return f"data:text/calendar;charset=utf-8;base64,{b64encode(file).decode()}"


class _Speech:
    """Says a forecast in the words of a catalog."""

    def __init__(self, messages: Messages) -> None:
        self.messages = messages
        self.words = messages.words

    def treatment(self, indication: str) -> str:
        """What the indication is called."""
        return self.messages.treatments.get(indication, indication.replace("-", " "))

    def day(self, day: date, form: str = "date") -> str:
        """A day in words."""
        return self.words[form].format(
            weekday=self.words["weekdays"].split()[day.weekday()],
            day=day.day,
            month=self.words["months"].split()[day.month - 1],
            year=day.year,
        )

    def next_visit(self, found: Forecast) -> str:
        """The next visit in a sentence."""
        dates = found.dates
        if found.booking is not None:
            return self.words["next_booked"].format(day=self.day(found.booking.on))
        if dates.due is not None and dates.overdue_from is not None:
            last = dates.overdue_from - _ONE_DAY
            key = "next_due_one" if last == dates.due else "next_due"
            if found.as_of >= dates.overdue_from:
                key = "next_overdue"
            return self.words[key].format(first=self.day(dates.due), last=self.day(last))
        if dates.earliest is not None:
            return self.words["next_earliest"].format(first=self.day(dates.earliest))
        return self.words["next_unknown"]

    def not_before(self, found: Forecast) -> str | None:
        """The first allowed day, where it is not yet reached and no visit is booked."""
        earliest = found.dates.earliest
        known = found.booking is not None or earliest in {None, found.dates.due}
        if earliest is None or known or earliest <= found.as_of:
            return None
        return self.words["not_before"].format(first=self.day(earliest))

    def stretches(self, found: Forecast, timeline: ResponseTimeline) -> Iterable[_Stretch]:
        """The phases of the response, with their weeks and days."""
        windows = [timeline.onset, timeline.peak, timeline.wear_off]
        last = max((window.last for window in windows if window is not None), default=None)
        if last is None:
            return
        anchor = timeline.administered_on
        first, phase = anchor, response_phase(timeline, as_of=anchor)
        for number in range(1, (last - anchor).days + 2):
            day = anchor + number * _ONE_DAY
            following = None if day > last else response_phase(timeline, as_of=day)
            if following is not phase:
                yield self._stretch(found, anchor, first, day - _ONE_DAY, str(phase))
                first, phase = day, following or phase

    def _stretch(
        self, found: Forecast, anchor: date, first: date, last: date, phase: str
    ) -> _Stretch:
        if phase == "latent" and (found.cycle_number or 1) > 1:
            phase = "latent_again"
        begin, end = ((day - anchor).days // 7 + 1 for day in (first, last))
        weeks = "week" if begin == end else "week_range"
        days = self.words["day_range"].format(
            first=self.day(first, "short_date"), last=self.day(last, "short_date")
        )
        return _Stretch(self.words[weeks].format(first=begin, last=end), days, self.words[phase])

    def full_benefit(self, found: Forecast, timeline: ResponseTimeline) -> str | None:
        """Until when the course may need for its full benefit, as long as that lies ahead."""
        by = timeline.full_benefit_by
        if by is None or by < found.as_of:
            return None
        return self.words["full_benefit"].format(day=self.day(by))

    def ribbon(
        self, found: Forecast, timeline: ResponseTimeline, treatment: str, next_words: str
    ) -> str:
        """The picture of this cycle."""
        words, last_on = self._ribbon_words(), timeline.administered_on
        bands, lines = due_parts(found.dates, words)
        bands += response_bands(timeline, words=words)
        marks = [Mark("full", last_on, f"{words['full']}: {last_on}")]
        if found.booking is not None:
            label = f"{words['booked']}: {found.booking.on}"
            marks.append(Mark("booked", found.booking.on, label))
        lane = Lane(treatment, bands, marks, lines)
        description = self.words["timeline_description"].format(
            last=self.day(last_on), next=next_words
        )
        title, months = self.words["timeline"], self.words["months_short"]
        shown = legend([lane], words)
        return draw(Ribbon(title, description, [lane], None, shown, 720, months))

    def _ribbon_words(self) -> Mapping[str, str]:
        names = (
            "booked",
            "onset",
            "peak",
            "wear_off",
            "due",
            "overdue",
            "allowed",
            "window",
            "from",
        )
        words = {name: self.words[f"ribbon_{name}"] for name in names}
        return {"full": self.words["ribbon_session"], **words}

    def sources(self, protocol: TreatmentProtocol) -> Iterable[str]:
        """Where each figure stands, and how well that was read."""
        parts: Sequence[tuple[object, Sequence[str]]] = (
            (protocol.retreatment, ("minimum", "usual")),
            (protocol.response, ("onset", "peak", "wear_off", "full_benefit")),
        )
        for holder, names in parts:
            for name in names:
                value = getattr(holder, name)
                if value is not None:
                    yield self._source(name, str(value), getattr(holder, f"{name}_source"))

    def _source(self, name: str, value: str, source: SourceRef | None) -> str:
        figure = self.words[f"figure_{name}"]
        if source is None:
            return self.words["source_none"].format(figure=figure, value=value)
        return self.words["source"].format(
            figure=figure,
            value=value,
            title=source.title or source.key,
            place=source.place,
            verification=self.words[source.verification.value],
        )
