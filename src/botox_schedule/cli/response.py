"""``botox-schedule response``: what a response rule gives for a diary and a record.

Examples:
    botox-schedule response diary.csv record.json --rule nice-ta260
    botox-schedule response diary.csv r.json --rule ehf-2018 --missing scale
"""

import sys
from argparse import Namespace
from typing import Any

from botox_schedule import outcomes
from botox_schedule.cli.output import NOT_ADVICE, Answer, Row, word
from botox_schedule.cli.record_files import RECORD, with_protocol
from botox_schedule.errors import BotoxScheduleError, ExchangeError
from botox_schedule.outcomes.response_rules import rule_named

OPTIONS = {
    "diary FILE": "a headache diary, in CSV; - for standard input",
    "--rule RULE!": "a response rule, such as nice-ta260",
    "--rules FILE": "the clinic's own rules, in TOML",
    f"--missing {'|'.join(outcomes.MissingDays)}:{outcomes.MissingDays.SCALE}": "what becomes of days without an entry (default: scale)",
    "--date-format FORMAT": "such as %%d.%%m.%%Y (default: YYYY-MM-DD)",
    "--encoding NAME": "such as latin-1 (default: UTF-8, or UTF-16 by its mark)",
    **RECORD,
    "--indication INDICATION": "the planned treatment (default: chronic-migraine)",
}
"""What the command takes."""


def answer(given: Namespace) -> Answer:
    """Return what the rule gives, and when each criterion can be judged."""
    given.indication = given.indication or "chronic-migraine"
    question, reading = with_protocol(given), _diary(given)
    asked: dict[str, Any] = {"rule": _rule(given), **question.rules}
    track = question.record, question.protocols[0]
    assessment = outcomes.assess_response(
        reading.diary, *track, missing=outcomes.MissingDays(given.missing), **asked
    )
    reviews = outcomes.response_review_dates(*track, **asked)
    lines = [*assessment.explain().splitlines(), "", "can be judged from:"]
    lines += [f"  {r.criterion}: {word(r.on)} ({r.why})" for r in reviews]
    return Answer(
        rows=[_row(review, assessment) for review in reviews],
        text=[*lines, "", NOT_ADVICE],
        data={"assessment": assessment, "reviews": reviews, "problems": reading.problems},
        problems=[*map(str, reading.problems)],
    )


def _rule(given: Namespace) -> outcomes.ResponseRule:
    own = outcomes.load_response_rules(given.rules) if given.rules else ()
    return rule_named(given.rule, [*own, *outcomes.bundled_response_rules()])


def _diary(given: Namespace) -> outcomes.DiaryReading:
    source = sys.stdin.buffer if str(given.diary) == "-" else given.diary
    options: dict[str, Any] = {n: getattr(given, n) for n in ("as_of", "date_format", "encoding")}
    try:
        return outcomes.read_diary(source, missing=outcomes.MissingDays(given.missing), **options)
    except BotoxScheduleError as error:
        said = str(error).removeprefix(f"{given.diary.name}: ")
        raise ExchangeError(f"{given.diary}: {said}") from None


def _row(review: outcomes.ReviewDate, assessment: outcomes.ResponseAssessment) -> Row:
    found = {one.criterion: one for one in assessment.results}.get(review.criterion)
    return {
        "rule": review.rule,
        "criterion": review.criterion,
        "outcome": found and found.outcome,
        "reduction": found and found.reduction,
        "first_judged_on": review.on,
        "source": found and f"{found.source.title}, {found.source.place}",
    }
