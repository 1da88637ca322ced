"""``botox-schedule check``: whether a patient may be treated on a day.

Examples:
    botox-schedule check record.json --on 2026-06-15
    botox-schedule check record.json --on 2026-06-15 --planned-units 155 --json
"""

from argparse import Namespace

from botox_schedule import TreatmentProtocol, check_date
from botox_schedule.cli.output import NOT_ADVICE, Answer, flat
from botox_schedule.cli.record_files import RECORD, with_protocol
from botox_schedule.engine import DateCheck

OPTIONS = RECORD | {"--on DAY!": "the day to judge; a past one is judged by what was known then"}
"""What the command takes."""
_SHOWN = ("on", "allowed", "clear", "days_from_earliest", "next_allowed_on", "findings")


def answer(given: Namespace) -> Answer:
    """Return whether each track allows the day, with every reason."""
    if given.as_of_is_today:
        given.as_of = min(given.as_of, given.on)
    question = with_protocol(given)
    checks = [
        (
            protocol,
            check_date(
                question.record,
                protocol,
                on=given.on,
                planned_units=question.planned_units,
                **question.rules,
            ),
        )
        for protocol in question.protocols
    ]
    return Answer(
        rows=[_row(*pair) for pair in checks],
        text=[*(line for pair in checks for line in _lines(*pair)), NOT_ADVICE],
        data=[{"protocol": protocol.ref, "check": check} for protocol, check in checks],
        problems=question.problems,
    )


def _row(protocol: TreatmentProtocol, check: DateCheck) -> dict[str, object]:
    reasons = tuple(reason.code for reason in check.reasons)
    return {"protocol": protocol.id, **flat(check, *_SHOWN), "reasons": reasons}


def _lines(protocol: TreatmentProtocol, check: DateCheck) -> list[str]:
    return [str(protocol.ref), *check.explain().splitlines(), ""]
