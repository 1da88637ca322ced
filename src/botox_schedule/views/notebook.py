"""Values in a notebook: a table, with a picture where there are days."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from botox_schedule.engine import DueDates, Forecast, ProjectedSession, TreatmentCycle
from botox_schedule.engine.check import DateCheck, product_of_limits
from botox_schedule.engine.forecast import broken_days
from botox_schedule.engine.response import ResponseTimeline, phases_until
from botox_schedule.protocols import SourceRef, TreatmentProtocol
from botox_schedule.records import Finding, PatientRecord, TreatmentSession
from botox_schedule.terms import DateName, SessionStatus
from botox_schedule.views.chart import Lane, Mark
from botox_schedule.views.markup import escaped
from botox_schedule.views.messages import bundled_messages
from botox_schedule.views.timeline import (
    ChartWords,
    due_parts,
    hold_bands,
    last_cycle_lane,
    own_days,
    response_bands,
)

_WIDTH = 860
_FIGURES = {
    "retreatment": ("minimum", "usual", "typical", "wording"),
    "response": ("onset", "peak", "wear_off", "full_benefit"),
}
_OTHERS = frozenset(PatientRecord.model_fields) - {"id", "sessions", "born_on"}
"""The lists of a record that its table has no column for."""

_Row = tuple[str, object]


def forecast_html(found: Forecast) -> str:
    """Return a forecast as a picture and a table; without ids."""
    words = _english()
    title, rows = words.messages.headline(found), list(_forecast_rows(found))
    described = "; ".join(f"{name} {value}" for name, value in rows if value is not None)
    lane = last_cycle_lane(found, title, words)
    picture = words.draw(title, described, [lane], found.as_of, _WIDTH)
    return _page(picture, (), rows)


def _forecast_rows(found: Forecast) -> Iterable[_Row]:
    messages = _english().messages
    yield "status", messages.status(found.status, found.resumes_on)
    yield from _date_rows(found.dates)
    if (due_days := broken_days(found.due_window, found.dates)) is not None:
        yield "due days that nothing breaks", due_days
    why = dict.fromkeys(reason.rule for reason in found.reasons.values() if reason.on is None)
    if why:
        yield "why there is no date", "; ".join(why)
    if found.review_on is not None:
        yield "look at the hold on", found.review_on
    yield "cycle", found.cycle_number
    yield "last session", found.last_session_on
    yield "booked", None if found.booking is None else found.booking.on
    if found.timeline is not None and found.phase is not None:
        is_first = found.cycle_number == 1
        yield "response", messages.phase(found.phase, found.timeline, is_first=is_first)
    for name, days in own_days(found.observed):
        yield f"observed {messages.words[f'chart_{name}']}", messages.observed(days)
    if found.protocol is not None and not found.status.ends_care:
        yield "limits", messages.limits(found.limit_checks, found.protocol.product)
    yield from _finding_rows(found.findings)


def _finding_rows(findings: Iterable[Finding]) -> Iterable[_Row]:
    for finding in findings:
        yield f"finding ({finding.needs.replace('_', ' ')})", finding


def check_html(check: DateCheck) -> str:
    """Return what is said about a day as a table; without ids."""
    day, _, verdict = check.explain().partition("\n")[0].partition(": ")
    rows: list[_Row] = [(day, verdict)]
    rows += [(reason.code.replace("_", " "), reason.rule) for reason in check.reasons]
    if check.allowed is not True:
        rows.append(("next allowed day", check.next_allowed_on))
    product = product_of_limits(check)
    if product is not None:
        rows.append(("limits", _english().messages.limits(check.limit_checks, product)))
    return _page("", (), [*rows, *_finding_rows(check.findings)])


def _date_rows(dates: DueDates) -> Iterable[_Row]:
    for name, day in zip(DateName, dates.boundaries, strict=True):
        yield name.replace("_", " "), day
    if dates.typical_on is not None:
        told = {"day": dates.typical_on, "statistic": dates.typical_words}
        yield "typical day", _english().say("typical_day", **told)


def record_html(record: PatientRecord) -> str:
    """Return a record as a picture and a table; without ids and free text."""
    words = _english()
    ordered = sorted(record.sessions, key=lambda s: (s.indication, s.administered_on))
    groups = [(name, list(own)) for name, own in groupby(ordered, key=lambda s: s.indication)]
    lanes = []
    for name, sessions in groups:
        holds = [hold for hold in record.holds if hold.indication in {None, name}]
        bands, marks = list(hold_bands(holds, words)), list(_session_marks(sessions, words))
        lanes.append(Lane(words.messages.treatment(name), bands, marks))
    described = f"sessions: {len(record.sessions)}; indications: {len(lanes)}"
    has_days = any(lane.bands or lane.marks for lane in lanes)
    picture = words.draw("A patient's sessions", described, lanes, None, _WIDTH) if has_days else ""
    header = ("indication", "completed", "first", "last", "booked", "not given")
    page = _page(picture, header, [(name, *_counts(sessions)) for name, sessions in groups])
    others = ((name, rows) for name, rows in record if name in _OTHERS and rows)
    told = [f"{name.replace('_', ' ')}: {len(rows)}" for name, rows in others]
    return f"{page}<p>{'; '.join(told)}</p>" if told else page


def _session_marks(sessions: Iterable[TreatmentSession], words: ChartWords) -> Iterable[Mark]:
    for session in sessions:
        is_booked, day = session.status is SessionStatus.BOOKED, session.administered_on
        if is_booked or session.status is SessionStatus.COMPLETED:
            kind = "booked" if is_booked else session.kind.value
            yield Mark(kind, day, words.on(kind, day))


def _counts(sessions: Sequence[TreatmentSession]) -> tuple[object, ...]:
    given = [s.administered_on for s in sessions if s.status is SessionStatus.COMPLETED]
    booked = sum(s.status is SessionStatus.BOOKED for s in sessions)
    first, last = (given[0], given[-1]) if given else (None, None)
    return len(given), first, last, booked, len(sessions) - len(given) - booked


def dates_html(dates: DueDates) -> str:
    """Return the four dates, and a typical day, as a picture and a table.

    >>> from botox_schedule import due_dates
    >>> "2026-03-30" in dates_html(due_dates("2026-01-05", "chronic-migraine"))
    True
    """
    words = _english()
    bands, lines = due_parts(dates, words)
    title = "Due dates" if dates.protocol is None else str(dates.protocol)
    rows = list(_date_rows(dates))
    if dates.due is None:
        rows.append(("usual range", words.say("no_usual")))
    if dates.unverified:
        rows.append(("unverified", ", ".join(dates.unverified)))
    described = str(dates)
    picture = words.draw("Due dates", described, [Lane(title, bands, (), lines)], None, _WIDTH)
    return _page(picture if bands or lines else "", (), rows)


def timeline_html(timeline: ResponseTimeline) -> str:
    """Return the expected response as a picture and a table of its phases."""
    words, day = _english(), timeline.administered_on
    rows: list[Sequence[object]] = [
        (first, last, words.messages.phase(phase, timeline, is_first=True))
        for phase, first, last in phases_until(timeline)
    ]
    bands = list(response_bands(timeline, words))
    if timeline.full_benefit_by is not None:
        rows.append((None, timeline.full_benefit_by, "full benefit of the course, about"))
    if timeline.unverified:
        rows.append((None, None, f"unverified: {', '.join(timeline.unverified)}"))
    title = f"Expected response to the session on {day}"
    lane = Lane(title, bands, [Mark("full", day, words.on("full", day))])
    described = "; ".join(band.label for band in bands) or words.say("expect_nothing")
    picture = words.draw(title, described, [lane], None, _WIDTH)
    return _page(picture, ("from", "to", "what to expect"), rows)


def cycle_html(cycle: TreatmentCycle) -> str:
    """Return a cycle as a table; without ids."""
    header = ("cycle", "first part", "last part", "days since the one before", "timing", "by days")
    timing = None if cycle.timing is None else _english().say(f"timing_{cycle.timing.value}")
    by = cycle.short_by_days or cycle.late_by_days or None
    days = (cycle.first_on, cycle.anchored_on, cycle.interval_days)
    return _page("", header, [(cycle.number, *days, timing, by)])


def projected_html(session: ProjectedSession) -> str:
    """Return a session ahead as a table."""
    header, window = ("session", "target", "fits from", "fits to"), session.window
    return _page("", header, [(session.number, session.target, window.first, window.last)])


def protocol_html(protocol: TreatmentProtocol) -> str:
    """Return a protocol's figures with their sources."""
    rows: list[Sequence[object]] = []
    for name, value, source in figures(protocol):
        told = ("not recorded here", None, None) if value is None else (value, *_cited(source))
        rows.append((name.replace("_", " "), *told))
    rows += [("limit", limit.in_words(), *_cited(limit.source)) for limit in protocol.limits]
    rows += [("note", note, None, None) for note in protocol.notes]
    table = _page("", ("figure", "value", "verification", "source"), rows)
    return f"<p><strong>{escaped(protocol.ref)}</strong></p>{table}"


def figures(
    protocol: TreatmentProtocol, *parts: str
) -> Iterator[tuple[str, object, SourceRef | None]]:
    """Yield the figures of a protocol or of its *parts*, stated or not: name, value, source."""
    for part in parts or _FIGURES:
        holder = getattr(protocol, part)
        for name in _FIGURES[part]:
            yield name, getattr(holder, name), getattr(holder, f"{name}_source")


def _cited(source: SourceRef | None) -> Sequence[object]:
    if source is None:
        return "unverified", "no source is given"
    return source.verification, f"{source.title or source.key}, {source.place}"


def _english() -> ChartWords:
    return ChartWords(bundled_messages("en"))


def _page(picture: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A picture above a table; without a header, the first cell of each row is its header."""
    head = "".join(f'<th scope="col">{escaped(name)}</th>' for name in header)
    top = f"<thead><tr>{head}</tr></thead>" if head else ""
    body = "".join(f"<tr>{_cells(row, is_named=not header)}</tr>" for row in rows)
    return f'<div>{picture}<table style="text-align:left">{top}<tbody>{body}</tbody></table></div>'


def _cells(row: Sequence[object], *, is_named: bool) -> str:
    words = ["–" if value is None else escaped(value) for value in row]  # noqa: RUF001 - a dash
    named = f'<th scope="row">{words.pop(0)}</th>' if is_named else ""
    return named + "".join(f'<td style="text-align:left">{cell}</td>' for cell in words)
