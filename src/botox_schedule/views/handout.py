"""One page for a patient: the next date, what to expect, when to call; extra ``handout``."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Annotated, NamedTuple

from markupsafe import Markup
from pydantic import StringConstraints

from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.engine import ObservedResponse, ResponseTimeline, Track
from botox_schedule.engine.forecast import Forecast, forecast_of
from botox_schedule.engine.project import kept_booking_on
from botox_schedule.engine.rules import RulesOn
from botox_schedule.engine.track import judge_day, next_allowed, protocol_of_session
from botox_schedule.errors import HandoutError
from botox_schedule.ical import EventKind, EventStatus, events_from_record, ical_from_events
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols import SourceRef, TreatmentProtocol
from botox_schedule.protocols.catalog import known_protocols
from botox_schedule.questions import ask
from botox_schedule.records import PatientRecord
from botox_schedule.terms import DueStatus, FindingCode, RetreatmentKind, UsualOwner
from botox_schedule.values import PatientValue
from botox_schedule.views.markup import clean
from botox_schedule.views.messages import Messages, messages_in
from botox_schedule.views.notebook import figures
from botox_schedule.views.pages import render
from botox_schedule.views.timeline import ChartWords, hold_bands, last_cycle_lane, own_days

_BLANK_LINES = re.compile(r"\n\s*\n")
_PHONE = 360
_AHEAD = frozenset({EventKind.BOOKING, EventKind.DUE, EventKind.EARLIEST})
_REFUSED = {
    DueStatus.DECEASED: "the patient has died",
    DueStatus.DISCONTINUED: "care has been discontinued",
    DueStatus.ON_HOLD: "the treatment is on hold",
}
_REFUSED_FINDINGS = {
    FindingCode.BOOKING_TOO_EARLY: "the booked day is not allowed",
    FindingCode.BOOKING_IN_HOLD: "the booked day is not allowed: the treatment is on hold then",
    FindingCode.BOOKING_AFTER_CARE_END: "the booked day is not allowed: care has ended by then",
    FindingCode.BOOKING_UNRESOLVED: "a booked visit that has passed may have been the last session",
    FindingCode.SESSION_DAY_UNKNOWN: "a session without its day may have been the last one",
    FindingCode.FUTURE_COMPLETED_SESSION: "a completed session is dated after the day of the page",
}
_Required = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]


class _Texts(PatientValue, frozen=True):
    when_to_call: _Required
    patient: Annotated[str, StringConstraints(max_length=200)] | None
    clinic: Annotated[str, StringConstraints(max_length=1000)] | None


def handout_html(
    record: PatientRecord,
    protocol: TreatmentProtocol | str,
    *,
    as_of: DayInput,
    when_to_call: str,
    key: str,
    stamped_at: datetime,
    language: str | Messages = "en",
    patient: str | None = None,
    clinic: str | None = None,
    policy: SchedulingPolicy | None = None,
    other_protocols: Iterable[TreatmentProtocol] | None = None,
    observed: ObservedResponse | None = None,
) -> str:
    """Return a patient's page as one HTML document that needs nothing else.

    It shows the next date in words, what to expect week by week with the sources, a picture and
    the clinic's own text, and it contains the visit as a calendar file. It is made for phones and
    prints on one sheet of A4 or Letter if the clinic's text is short. All texts are escaped.

    Args:
        record: What happened.
        protocol: The planned treatment, or the name of an indication.
        as_of: The day of the page.
        when_to_call: The clinic's own text on when to call; it has no default, because nothing
            is invented. Blank lines separate paragraphs.
        key: The caller's key of the patient, for the UID of the calendar entry.
        stamped_at: The moment of the calendar entry, an aware datetime.
        language: ``en``, ``es`` (not yet reviewed, and the page says so), or a catalog.
        patient: What the patient is called on the page, if anything.
        clinic: The clinic's name and telephone, if anything; each line is shown as one.
        policy: What the clinic or payer chose.
        other_protocols: Older versions and other products' protocols that history may need;
            None means the bundled ones.
        observed: The patient's own response, shown with the label's.

    Raises:
        HandoutError: On a hold without a known end, after the end of care or a death, without
            history, after a later session under an unknown indication, and where the booked day is not
            allowed; the message says which.
        ValidationError: When a text is empty or too long.

    >>> from datetime import UTC
    >>> record = PatientRecord(sessions=[{
    ...     "administered_on": "2026-01-05", "indication": "chronic-migraine", "product": "Botox",
    ... }])
    >>> page = handout_html(
    ...     record, "chronic-migraine", as_of="2026-01-05", key="k-1",
    ...     stamped_at=datetime(2026, 1, 5, tzinfo=UTC), when_to_call="Call 555-0100 at any time.",
    ... )
    >>> "due between Monday, March 30, 2026 and Monday, April 6, 2026" in page
    True
    """
    texts = _Texts(when_to_call=when_to_call, patient=patient, clinic=clinic)
    messages = messages_in(language)
    others = known_protocols(other_protocols)
    day = as_day(as_of, "as_of")
    asked = ask(record, protocol, day, policy=policy, other_protocols=others)
    found = forecast_of(asked.track, None, asked.findings, observed)
    planned = asked.track.protocol
    story = _Story(messages, found, _checked(found, asked.track), asked.track)
    events = events_from_record(
        record,
        planned,
        key=key,
        as_of=day,
        policy=policy,
        other_protocols=others,
        summaries={kind: clean(messages.words[f"event_{kind.value}"]) for kind in _AHEAD},
    )
    ahead = [e for e in events if e.kind in _AHEAD and e.window.last >= day]
    # A visit that a hold or a discharge removes is nothing to add to a calendar.
    visits = [e for e in ahead if e.status is not EventStatus.CANCELLED]
    return render(
        "handout.html",
        messages=messages,
        story=story,
        patient=texts.patient,
        clinic=(texts.clinic or "").splitlines(),
        call=[part for part in _BLANK_LINES.split(texts.when_to_call) if part.strip()],
        calendar=_data_link(ical_from_events(visits, stamped_at=stamped_at)) if visits else None,
    )


def _checked(found: Forecast, track: Track) -> ResponseTimeline:
    """The response to the last session; refused where no page may be made."""
    reasons = [_REFUSED_FINDINGS.get(finding.code) for finding in found.findings]
    if found.resumes_on is None:
        reasons.insert(0, _REFUSED.get(found.status))
    timeline, unrecognized = found.timeline, track.history.unrecognized
    if timeline is None:
        reasons.append("no session with a known day is recorded, so no date follows")
    elif any(s.administered_on >= timeline.administered_on for s in unrecognized):
        reasons.append("a session under an unknown indication may be the last one")
    reason = next(filter(None, reasons), None)
    if reason is not None or timeline is None:
        raise HandoutError(f"no page for the patient: {reason}")
    return timeline


def _data_link(file: bytes) -> str:
    return f"data:text/calendar;charset=utf-8;base64,{b64encode(file).decode()}"


class _Story(NamedTuple):
    """Tells a forecast in the words of a catalog; the template asks for each part."""

    messages: Messages
    found: Forecast
    timeline: ResponseTimeline
    track: Track

    def say(self, key: str, **days: date) -> str:
        """The text of a key, with the days in words."""
        return self.messages.say(key, **{k: self.messages.day(v) for k, v in days.items()})

    def next_visit(self) -> str:
        """The next visit in a sentence."""
        if self.found.booking is not None:
            return self.say("next_booked", day=self.found.booking.on)
        return self._due_words() or self._undated()

    def _due_words(self) -> str | None:
        """When the treatment is due, or None where no source states it."""
        # Nobody comes on a day on hold; the calendar entry on the page has the same days.
        due = self.found.due_window
        if due is None:
            return None
        if self._is_overdue:
            return self.say("next_overdue", last=due.last)
        key = "next_due_one" if due.last == due.first else "next_due"
        return self.say(key, first=due.first, last=due.last)

    @property
    def _is_overdue(self) -> bool:
        """Whether the due days have passed, on hold too."""
        overdue_from = self.found.dates.overdue_from
        return overdue_from is not None and self.found.as_of >= overdue_from

    def _undated(self) -> str:
        """The next visit where no day is due: a typical interval, or the first allowed day."""
        dates = self.found.dates
        if self._is_as_needed:
            if self._typical_on is None:
                return self.messages.words["next_as_needed"]
            days = (self._typical_on - self.timeline.administered_on).days
            return self.messages.say("next_typical", weeks=round(days / 7))
        if dates.earliest is None:
            return self.messages.words["next_unknown"]
        return self.say("next_earliest", first=dates.earliest)

    @property
    def _typical_on(self) -> date | None:
        """The typical day where no day is due.

        What many people do does not change with a pause or a longer minimum.
        """
        stated, dates = self.track.dates, self.found.dates
        if stated is None or dates.due is not None or dates.typical_on is None:
            return None
        return stated.typical_stated

    @property
    def _is_as_needed(self) -> bool:
        return self.track.protocol.retreatment.kind is RetreatmentKind.AS_NEEDED

    def more(self) -> Iterator[str]:
        """More about the next visit: a pause, the due days, the first allowed day."""
        found, dates = self.found, self.found.dates
        if (first := self._goes_on()) is not None:
            yield self.say("paused", first=first)
        if found.booking is not None:
            after_second_part = kept_booking_on(self.track)
            if after_second_part not in {None, found.booking.on}:
                yield f"{self.messages.words['event_booking']}: {self.messages.day(after_second_part)}"
            if not self._is_overdue and (due := self._due_words()) is not None:
                yield due
        elif dates.earliest is not None and self._is_news(dates.earliest):
            yield self.say("not_before", first=dates.earliest)

    def _goes_on(self) -> date | None:
        """When treatment can go on after a pause; None off hold, or where no day after it may come."""
        resumes_on, booking = self.found.resumes_on, self.found.booking
        if resumes_on is None:
            return None
        allowed_from = next_allowed(self.track, resumes_on)
        if allowed_from is None:
            # Where no rule names a day, the clinician decides.
            return resumes_on if judge_day(self.track, resumes_on).allowed is None else None
        return allowed_from if booking is None else min(allowed_from, booking.on)

    def _is_news(self, earliest: date) -> bool:
        """Whether the first allowed day is ahead and was not named yet."""
        found, due = self.found, self.found.dates.due
        is_unnamed = found.resumes_on is None and earliest > found.as_of and earliest != due
        return is_unnamed and (due is not None or self._is_as_needed)

    def notes(self) -> Iterator[str]:
        """The full benefit of the course while it lies ahead, and the patient's own response."""
        by = self.timeline.full_benefit_by
        if by is not None and by >= self.found.as_of:
            yield self.say("full_benefit", day=by)
        for name, days in own_days(self.found.observed):
            yield self.messages.observed(days, f"observed_{name}")

    def chart(self) -> Markup:
        """The picture of this cycle, in the layout of a phone."""
        messages, stated = self.messages, {"typical_on": self._typical_on}
        found = self.found.model_copy(update={"dates": self.found.dates.model_copy(update=stated)})
        words = ChartWords(messages, lambda day: messages.day(day, "short_date"), for_patient=True)
        title = messages.treatment(found.indication)
        lane = last_cycle_lane(found, title, words)
        holds = hold_bands(self.track.holds.known, words, since=found.as_of)
        last, following = messages.day(self.timeline.administered_on), self.next_visit()
        described = messages.say("timeline_description", last=last, next=following)
        # Who has a visit need not call for one.
        lines = [line for line in lane.lines if line.kind != "overdue" or found.booking is None]
        lane = lane._replace(bands=[*lane.bands, *holds], lines=lines)
        drawn = words.draw(messages.words["timeline"], described, [lane], found.as_of, _PHONE)
        return Markup(drawn)  # noqa: S704 - our own SVG, escaped

    def sources(self) -> Iterator[str]:
        """The source of each figure behind the page, and how well it was read."""
        words = self.messages.words
        for name, value, source in self._figures():
            if value is not None and f"figure_{name}" in words:
                told = {"figure": words[f"figure_{name}"], "value": self.messages.interval(value)}
                yield self.messages.say(**told, **source)

    def _figures(self) -> Iterator[tuple[str, object, dict[str, str]]]:
        """The intervals that decide the days, and the response to the treatment that was given."""
        track, last = self.track, self.track.last
        rules = None if track.dates is None else track.dates.rules
        planned = (rules and rules.protocol) or track.protocol
        given = planned if last is None else protocol_of_session(track, last.full_sessions[-1])
        decided = {} if rules is None else dict(self._decided(rules))
        for name, value, source in figures(planned, "retreatment"):
            yield name, *decided.get(name, (value, self.cited(source)))
        for name, value, source in figures(given, "response"):
            yield name, value, self.cited(source)

    def _decided(self, rules: RulesOn) -> Iterator[tuple[str, tuple[object, dict[str, str]]]]:
        """The intervals that others than the planned protocol decide."""
        minimum, usual, by_others = rules.latest, rules.usual, {"key": "source_decided"}
        if minimum is not None:
            stated = minimum.protocol and self.cited(minimum.protocol.retreatment.minimum_source)
            yield "minimum", (minimum.interval, stated or by_others)
        if usual is not None and usual.owner is not UsualOwner.LABEL:
            yield "usual", (usual.interval, by_others)

    def cited(self, source: SourceRef | None) -> dict[str, str]:
        """The key and the parts of the sentence that cites a source."""
        if source is None:
            return {"key": "source_none"}
        return {
            "key": "source",
            "title": source.title or source.key,
            "place": source.place,
            "verification": self.messages.words[source.verification.value],
        }
