"""What each command answers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from pydantic import BaseModel

from botox_schedule import (
    Forecast,
    TreatmentProtocol,
    Window,
    due_dates,
    due_status,
    project_dates,
    response_phase,
    response_timeline,
)
from botox_schedule.cli.output import Answer
from botox_schedule.cli.text import Lines, TextTable, listing, table, word
from botox_schedule.engine import DateCheck, ProjectedSession, ResponseTimeline
from botox_schedule.engine.explanations import DATE_NAMES
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.model import SourceRef

NOT_ADVICE = "Not medical advice: check each figure against the current label."
_WINDOWS = ("onset", "peak", "wear_off")
_FIGURES = (
    ("retreatment", ("minimum", "usual", "wording")),
    ("response", ("onset", "peak", "wear_off", "full_benefit")),
)


def _json(model: BaseModel) -> Any:
    return model.model_dump(mode="json")


def _figures(protocol: TreatmentProtocol) -> Iterable[tuple[str, object, SourceRef | None]]:
    for part, names in _FIGURES:
        for name in names:
            value = getattr(getattr(protocol, part), name)
            if value is not None:
                yield name, value, getattr(getattr(protocol, part), f"{name}_source")


def _sources(protocol: TreatmentProtocol, names: Sequence[str]) -> list[str]:
    lines = [
        f"  {name} {value}: {source or 'no source is given: unverified'}"
        for name, value, source in _figures(protocol)
        if name in names
    ]
    return ["sources:", *lines, f"protocol: {protocol.ref}", NOT_ADVICE]


def due_answer(
    protocol: TreatmentProtocol, day: date, as_of: date, policy: SchedulingPolicy
) -> Answer:
    """The four dates after a session, the status of a day, the sessions that follow."""
    dates = due_dates(day, protocol, policy)
    status = due_status(dates, as_of=as_of)
    ahead = project_dates(day, protocol, policy=policy)
    figures = [(name.replace("_", " "), getattr(dates, name)) for name in DATE_NAMES]

    def text() -> Lines:
        lines = [f"{protocol.indication} with {protocol.product}, session on {day}", ""]
        lines += listing([*figures, (f"status on {as_of}", status.value)])
        lines += _later(ahead)
        if dates.unverified:
            lines += ["", f"unverified: {', '.join(dates.unverified)}"]
        return [*lines, "", *_sources(protocol, ("minimum", "usual", "wording"))]

    def data() -> Any:
        return {
            "administered_on": str(day),
            "as_of": str(as_of),
            "status": status.value,
            "dates": _json(dates),
            "projected": [_json(session) for session in ahead],
        }

    header = ("administered_on", *DATE_NAMES, "as_of", "status", "unverified")
    row = (day, *dates.boundaries, as_of, status.value, " ".join(dates.unverified))
    return Answer(text, data, header, lambda: [row])


def _later(ahead: Sequence[ProjectedSession]) -> list[str]:
    if not ahead:
        return ["", "no later sessions: the source states no usual range"]
    return ["", "if every session comes on its day:", *(f"  {s.number}. {s.target}" for s in ahead)]


def timeline_answer(
    protocol: TreatmentProtocol,
    day: date,
    course_started_on: date | None,
    as_of: date,
    policy: SchedulingPolicy,
) -> Answer:
    """The expected response to a session, and the phase of a day."""
    timeline = response_timeline(day, protocol, course_started_on, policy)
    phase = response_phase(timeline, as_of=as_of) if as_of >= day else None
    title = f"{protocol.indication} with {protocol.product}, session on {day}"

    def text() -> Lines:
        lines = [title, "", *_windows(timeline, protocol), f"phase on {as_of}: {word(phase)}"]
        if timeline.unverified:
            lines += ["", f"unverified: {', '.join(timeline.unverified)}"]
        return [*lines, "", *_sources(protocol, (*_WINDOWS, "full_benefit"))]

    def data() -> Any:
        return {"as_of": str(as_of), "phase": phase, "timeline": _json(timeline)}

    edges = [getattr(timeline, name) for name in _WINDOWS]
    header = ("administered_on", *_edges(_WINDOWS), "full_benefit_by", "as_of", "phase")
    row = (day, *_days(edges), timeline.full_benefit_by, as_of, phase)
    return Answer(text, data, header, lambda: [row])


def _windows(timeline: ResponseTimeline, protocol: TreatmentProtocol) -> list[str]:
    """The response as dated lines, with what the source says beside them."""
    stated = [
        (name.replace("_", " "), window, getattr(protocol.response, name))
        for name in _WINDOWS
        if (window := getattr(timeline, name)) is not None
    ]
    lines = listing(
        (name, f"{window.first} to {window.last}  ({interval})")
        for name, window, interval in stated
    )
    if timeline.full_benefit_by is not None:
        lines.append(f"full benefit of the course by {timeline.full_benefit_by}")
    return lines or ["the sources state no expected response"]


def _edges(names: Iterable[str]) -> list[str]:
    return [f"{name}_{edge}" for name in names for edge in ("first", "last")]


def _days(windows: Iterable[Window | None]) -> list[date | None]:
    return [
        None if window is None else getattr(window, edge)
        for window in windows
        for edge in ("first", "last")
    ]


def protocols_answer(protocols: Sequence[TreatmentProtocol]) -> Answer:
    """All protocols, a line each."""
    header = ("id", "version", "minimum", "usual", "verification")

    def rows() -> list[Sequence[object]]:
        return [
            (
                protocol.id,
                protocol.version,
                protocol.retreatment.minimum,
                protocol.retreatment.usual,
                _verification(protocol),
            )
            for protocol in protocols
        ]

    def text() -> Lines:
        return [*table(header, rows()), "", NOT_ADVICE]

    return Answer(text, lambda: [_json(protocol) for protocol in protocols], header, rows)


def _verification(protocol: TreatmentProtocol) -> str:
    rule = protocol.retreatment
    source = rule.minimum_source or rule.wording_source
    return "unverified" if source is None else source.verification.value


def protocol_answer(protocol: TreatmentProtocol) -> Answer:
    """One protocol with every figure, its source and how well it was read."""
    header = ("figure", "value", "verification", "checked_on", "source")

    def rows() -> list[Sequence[object]]:
        figures = [*_figures(protocol)]
        figures += [("limit", str(limit), limit.source) for limit in protocol.limits]
        figures += [("code", f"{c.system} {c.code}: {c.meaning}", c.source) for c in protocol.codes]
        if protocol.ages is not None:
            figures.append(("ages", _ages(protocol), protocol.ages.source))
        return [
            (
                name,
                value,
                s and s.verification.value,
                s and s.checked_on,
                s and f"{s.title}, {s.place}",
            )
            for name, value, s in figures
        ]

    def text() -> Lines:
        shared = ", ".join(protocol.shares_clock_with) or "no other indication"
        lines: list[str | TextTable] = [
            str(protocol.ref),
            f"{protocol.retreatment.kind}, shares its clock with {shared}",
            "",
        ]
        lines += table(header, rows())
        lines += ["", *(f"note: {note}" for note in protocol.notes)] if protocol.notes else []
        return [*lines, "", NOT_ADVICE]

    return Answer(text, lambda: _json(protocol), header, rows)


def _ages(protocol: TreatmentProtocol) -> str:
    ages = protocol.ages
    first, last = (ages.first, ages.last) if ages else (None, None)
    return f"{word(first)} to {word(last)} years"


def forecasts_answer(forecasts: Sequence[Forecast], *, explain: bool) -> Answer:
    """Where each track of a record stands, with the reasons if asked for."""
    header = ("protocol", "status", *DATE_NAMES, "cycle", "last_session", "days_to_due", "findings")

    def rows() -> list[Sequence[object]]:
        return [
            (
                f.protocol.id,
                f.status.value,
                *f.dates.boundaries,
                f.cycle_number,
                f.last_session_on,
                f.days_to_due,
                " ".join(finding.code.value for finding in f.findings),
            )
            for f in forecasts
        ]

    def text() -> Lines:
        lines: list[str | TextTable] = []
        for found in forecasts:
            lines += [str(found.protocol), *(_explained(found) if explain else _brief(found)), ""]
        return [*lines, NOT_ADVICE]

    return Answer(text, lambda: [_json(f) for f in forecasts], header, rows)


def _explained(found: Forecast) -> list[str]:
    checks = [
        f"limit {check.limit}{f' ({check.reading})' if check.reading else ''}: "
        + ("not checked" if check.not_checked else f"{check.total:f} U on {check.on}")
        for check in found.limit_checks
    ]
    return [*found.explain().splitlines(), *checks]


def _brief(found: Forecast) -> list[str]:
    pairs: list[tuple[str, object]] = [(f"status on {found.as_of}", found.status.value)]
    pairs += [(name.replace("_", " "), getattr(found.dates, name)) for name in DATE_NAMES]
    pairs += [("cycle", found.cycle_number), ("last session", found.last_session_on)]
    pairs += [("phase", found.phase), ("booked", found.booking and found.booking.on)]
    counts = Counter(finding.code.value for finding in found.findings)
    return [*listing(pairs), *(f"finding {code}" for code in counts)]


def checks_answer(checks: Sequence[tuple[TreatmentProtocol, DateCheck]]) -> Answer:
    """Whether each track allows a day."""
    header = ("protocol", "on", "allowed", "days_from_earliest", "next_allowed_on", "reasons")

    def rows() -> list[Sequence[object]]:
        return [
            (
                protocol.id,
                check.on,
                check.allowed,
                check.days_from_earliest,
                check.next_allowed_on,
                " ".join(reason.code.value for reason in check.reasons),
            )
            for protocol, check in checks
        ]

    def text() -> Lines:
        lines: list[str | TextTable] = []
        for protocol, check in checks:
            lines += [str(protocol.ref), *check.explain().splitlines(), ""]
        return [*lines, NOT_ADVICE]

    def data() -> Any:
        return [{"protocol": _json(p.ref), "check": _json(check)} for p, check in checks]

    return Answer(text, data, header, rows)
