"""``botox-schedule forecast``: where a record stands on a day."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence

from botox_schedule import Forecast
from botox_schedule.cli.output import NOT_ADVICE, Answer, flat, listing
from botox_schedule.cli.record_files import Question, add_record, question_of
from botox_schedule.engine.findings import record_findings
from botox_schedule.engine.forecast import forecast_of, forecast_without_protocol
from botox_schedule.engine.limits import LimitCheck
from botox_schedule.engine.tracks import RecordTrack

EXAMPLES = (
    "record.json",
    "record.json --as-of 2026-04-10 --explain",
    "- --indication chronic-migraine --planned-units 155 --json < record.json",
)
_BRIEF = (
    "status",
    "earliest",
    "due",
    "overdue_from",
    "lapsed_from",
    "typical_on",
    "resumes_on",
    "cycle_number",
    "last_session_on",
    "phase",
    "booked_on",
    "clear",
)


def add_arguments(command: ArgumentParser) -> None:
    """Add what the command takes."""
    add_record(command)
    command.add_argument(
        "--explain", action="store_true", help="with the reason and the source of every date"
    )


def answer(given: Namespace) -> Answer:
    """Return where each track stands, with the reasons if asked for."""
    question = question_of(given)
    found = [_forecast(question, track) for track in question.tracks]
    lines = [line for one in found for line in _lines(one, explain=given.explain)]
    return Answer(
        rows=[flat(one.summary()) for one in found], text=[*lines, NOT_ADVICE], data=found
    )


def _forecast(question: Question, found: RecordTrack) -> Forecast:
    if found.track is None:
        reading = question.reading
        findings = tuple(record_findings(reading))
        return forecast_without_protocol(reading, found.indication, findings)
    return forecast_of(found.track, question.planned_units, found.findings)


def _lines(found: Forecast, *, explain: bool) -> Iterator[str]:
    yield str(found.protocol or f"{found.indication}: no protocol is known")
    if explain:
        yield from found.explain().splitlines()
        yield from map(_limit, found.limit_checks)
    else:
        yield from _brief(found)
    yield ""


def _brief(found: Forecast) -> Sequence[str]:
    row = flat(found.summary(), *_BRIEF)
    said = {f"status on {found.as_of}": row.pop("status"), **row}
    codes = dict.fromkeys(f"finding {f.code} ({f.needs})" for f in found.findings)
    return [*listing(said), *codes]


def _limit(check: LimitCheck) -> str:
    reading = f" ({check.reading})" if check.reading else ""
    told = "not checked" if check.not_checked else f"{check.total:f} U on {check.on}"
    return f"limit {check.limit}{reading}: {told}"
