"""``botox-schedule forecast``: the status and the dates of a record on a day.

Examples:
    botox-schedule forecast record.json
    botox-schedule forecast record.json --as-of 2026-04-10 --explain
    botox-schedule forecast - --planned-units 155 --json < record.json
"""

from argparse import Namespace
from collections.abc import Iterator, Sequence

from botox_schedule.cli.output import NOT_ADVICE, Answer, flat, listing
from botox_schedule.cli.record_files import PLANNED, question_of
from botox_schedule.engine.forecast import Forecast, forecast_of
from botox_schedule.engine.limits import LimitCheck

OPTIONS = PLANNED | {"--explain": "with the reason and the source of every date"}
"""What the command takes."""
_BRIEF = (
    *("status", "earliest", "due", "last_due_on", "overdue_from", "lapsed_from", "typical_on"),
    *("resumes_on", "cycle_number", "last_session_on", "phase", "booked_on", "clear"),
)


def answer(given: Namespace) -> Answer:
    """Return the status and the dates of each track, with the reasons on request."""
    question = question_of(given)
    found = [forecast_of(track, question.planned_units, told) for track, told in question.tracks]
    lines = [line for one in found for line in _lines(one, explain=given.explain)]
    rows = [flat(one.summary()) for one in found]
    return Answer(rows, [*lines, NOT_ADVICE], found)


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
    told = "not checked" if check.not_checked else f"{check.total:f} U on {check.on}"
    return f"limit {check.limit_in_words}: {told}"
