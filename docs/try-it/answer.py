"""Answers the page "Try it": the builder of the page runs it, and so does the reader's browser."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from html import escape
from typing import Any

from pydantic import ValidationError

import botox_schedule as bs
from botox_schedule.engine import DateReason
from botox_schedule.views import bundled_messages, timeline_svg

KINDS = {
    "given": {},
    "touch-up": {"kind": bs.SessionKind.TOUCH_UP},
    "booked": {"status": bs.SessionStatus.BOOKED},
}
"""What a session can be called on the page, and its fields."""
FIRST_QUESTION = {
    "protocol": "onabotulinumtoxinA-chronic-migraine-adult-us",
    "sessions": [
        {"day": "2026-01-05", "units": "155", "kind": "given"},
        {"day": "2026-03-30", "units": "155", "kind": "given"},
    ],
    "as_of": "2026-05-18",
}
"""The question that the page answers before Python is loaded."""
_WIDTHS = {"narrow": 360, "wide": 736}
_SLIDER_DAYS = 364  # how far behind the last session the slider goes
_WORDS = bundled_messages("en")


def answer(text: str) -> str:
    """Return the answer to a question, both as JSON, or why there is none."""
    try:
        return json.dumps(answered(json.loads(text)))
    except (bs.BotoxScheduleError, OverflowError, ValueError) as error:
        return json.dumps({"problem": _said(error)})


def _said(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{first['loc'][0]}: {first['msg']}"


def answered(question: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page shows: its parts as HTML by their names, and the slider's range."""
    protocol = protocols()[question["protocol"]]
    record = bs.PatientRecord(sessions=tuple(_sessions(question["sessions"], protocol)))
    as_of = _as_of(question)
    found = bs.forecast(record, protocol, as_of=as_of)
    parts = {
        "headline": escape(_WORDS.headline(found)),
        "picture": _pictures(record, protocol, as_of),
        "dates": _table(("date", "day"), _dates(found)),
        "response": _response(found),
        "findings": _findings(found),
        "reasons": "".join(map(_reason, found.reasons.values())),
        "python": escape(_python(record, protocol, as_of)),
    }
    return {"parts": parts, "as_of": str(as_of), **_slider(record, as_of)}


@cache
def protocols() -> dict[str, bs.TreatmentProtocol]:
    """Return the bundled protocols by their ids."""
    return {protocol.id: protocol for protocol in bs.bundled_protocols()}


def treatment(indication: str) -> str:
    """Return what an indication is called, with a capital letter."""
    words = _WORDS.treatment(indication)
    return words[0].upper() + words[1:]


def _sessions(
    rows: Iterable[Mapping[str, str]], protocol: bs.TreatmentProtocol
) -> Iterator[bs.TreatmentSession]:
    for number, row in enumerate(rows, 1):
        try:
            session = _session(row, protocol)
        except ValueError as error:
            raise ValueError(f"session {number}: {_said(error)}") from None
        yield session


def _session(row: Mapping[str, str], protocol: bs.TreatmentProtocol) -> bs.TreatmentSession:
    if not row["day"]:
        raise ValueError("enter its day, or remove the session")
    return bs.TreatmentSession(
        administered_on=_day(row["day"]),
        indication=protocol.indication,
        product=protocol.product,
        units=row["units"] or None,
        **KINDS[row["kind"]],
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("enter a day that the calendar has") from None


def _as_of(question: Mapping[str, Any]) -> date:
    """The day of the question: as entered, or so many days from the slider's first."""
    if "offset" in question:
        return _day(question["first"]) + timedelta(days=int(question["offset"]))
    return _day(question["as_of"])


def _slider(record: bs.PatientRecord, as_of: date) -> dict[str, Any]:
    days = [session.administered_on for session in record.sessions]
    last = max(days, default=as_of)
    first = min([*days, as_of])
    end = max(as_of, last + timedelta(days=min(_SLIDER_DAYS, (date.max - last).days)))
    return {"first": str(first), "days": (end - first).days, "offset": (as_of - first).days}


def _pictures(record: bs.PatientRecord, protocol: bs.TreatmentProtocol, as_of: date) -> str:
    """One picture for a phone and one for a desk; the style sheet shows the one that fits."""
    return "".join(
        f'<div class="{name}">{timeline_svg(record, protocol, as_of=as_of, width=width)}</div>'
        for name, width in _WIDTHS.items()
    )


def _dates(found: bs.Forecast) -> Iterator[tuple[str, str]]:
    for name, reason in found.reasons.items():
        words = name.replace("_", " ").capitalize()
        yield words, "no date" if reason.on is None else _WORDS.day(reason.on)
    if found.dates.typical_on is not None:
        told = {"day": _WORDS.day(found.dates.typical_on), "statistic": found.dates.typical_words}
        yield "Typical day", _WORDS.say("typical_day", **told)


def _response(found: bs.Forecast) -> str:
    timeline = found.timeline
    if timeline is None or found.phase is None:
        return "<p>No session has been given by this day.</p>"
    is_first = found.cycle_number == 1
    today = _WORDS.phase(found.phase, timeline, is_first=is_first)
    rows = []
    for part in _WORDS.stretches(timeline, is_first=is_first):
        first, last = (_WORDS.day(day, "short_date") for day in (part.first, part.last))
        rows.append((part.weeks, part.effect, _WORDS.days(first, last)))
    table = _table(("weeks", "what to expect", "days"), rows) if rows else ""
    return f"<p>On this day: {escape(today)}</p>{table}"


def _findings(found: bs.Forecast) -> str:
    if not found.findings:
        return "<p>None.</p>"
    items = [
        f"<li><strong>{finding.needs.replace('_', ' ')}</strong>: {escape(finding.message)}</li>"
        for finding in found.findings
    ]
    return f"<ul>{''.join(items)}</ul>"


def _reason(reason: DateReason) -> str:
    """What the reason says as text, in a list."""
    name = reason.date_name.replace("_", " ").capitalize()
    lines = [reason.rule, *(line.strip() for line in str(reason).splitlines()[1:])]
    if reason.source is not None and reason.source.address:
        lines.append(reason.source.address)
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<h3>{name}: {reason.on or 'no date'}</h3><ul>{items}</ul>"


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in header)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _python(record: bs.PatientRecord, protocol: bs.TreatmentProtocol, as_of: date) -> str:
    """The same question as a program."""
    sessions = "".join(f"        {_session_call(session)},\n" for session in record.sessions)
    listed = f"(\n{sessions}    )" if sessions else "()"
    asked = f"""\
protocol = find_protocol(
    "{protocol.indication}",
    product="{protocol.product}",
    population="{protocol.population}",
    region="{protocol.region}",
)
record = PatientRecord(
    sessions={listed}
)
answer = forecast(record, protocol, as_of={_date_call(as_of)})
print(answer.explain())
"""
    return f"{''.join(_imports(asked))}\n{asked}"


def _session_call(session: bs.TreatmentSession) -> str:
    fields = {
        "administered_on": _date_call(session.administered_on),
        "indication": "protocol.indication",
        "product": "protocol.product",
        "units": None if session.units is None else f'Decimal("{session.units}")',
        "kind": None if session.kind is bs.SessionKind.FULL else "SessionKind.TOUCH_UP",
        "status": None if session.status is bs.SessionStatus.COMPLETED else "SessionStatus.BOOKED",
    }
    lines = "".join(
        f"            {name}={value},\n" for name, value in fields.items() if value is not None
    )
    return f"TreatmentSession(\n{lines}        )"


def _date_call(day: date) -> str:
    return f"date({day.year}, {day.month}, {day.day})"


def _imports(asked: str) -> Iterator[str]:
    """Yield the imports that a program needs."""
    yield "from datetime import date\n"
    if "Decimal(" in asked:
        yield "from decimal import Decimal\n"
    names = ("PatientRecord", "SessionKind", "SessionStatus", "TreatmentSession")
    used = [name for name in names if name in asked]
    lines = "".join(f"    {name},\n" for name in (*used, "find_protocol", "forecast"))
    yield f"\nfrom botox_schedule import (\n{lines})\n"
