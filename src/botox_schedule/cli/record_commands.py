"""The commands about one patient"s record."""

import argparse
from importlib.resources import files
from pathlib import Path

from botox_schedule import BotoxScheduleError, check_date, forecast
from botox_schedule.cli.answers import checks_answer, forecasts_answer
from botox_schedule.cli.arguments import (
    Commands,
    add_record,
    day,
    new_command,
    policy_of,
    shelf_of,
)
from botox_schedule.cli.outcome_answers import response_answer
from botox_schedule.cli.output import Answer
from botox_schedule.cli.record_file import planned_protocols, read_record
from botox_schedule.outcomes import (
    assess_response,
    load_response_rules,
    read_diary,
    response_review_dates,
)

_SCHEMAS = ("patient-record", "forecast", "date-check", "treatment-cycle", "treatment-protocol")


def add_forecast(commands: Commands) -> None:
    """Add the command ``forecast``."""
    command = new_command(commands, "forecast", "where a record stands on a day")
    add_record(command)
    command.add_argument("--explain", action="store_true", help="with the reason for every date")
    command.set_defaults(run=_forecast)


def _forecast(given: argparse.Namespace) -> Answer:
    record, as_of, shelf = read_record(given.file), given.as_of, shelf_of(given)
    found = [
        forecast(
            record,
            protocol,
            as_of=as_of,
            policy=policy_of(given),
            other_protocols=shelf.others(protocol),
            planned_units=given.planned_units,
        )
        for protocol in planned_protocols(record, shelf, as_of, given.indication, given.product)
    ]
    return forecasts_answer(found, explain=given.explain)


def add_check(commands: Commands) -> None:
    """Add the command ``check``."""
    command = new_command(commands, "check", "whether a patient may be treated on a day")
    add_record(command)
    command.add_argument("--on", type=day, required=True, metavar="DAY")
    command.set_defaults(run=_check)


def _check(given: argparse.Namespace) -> Answer:
    record, shelf = read_record(given.file), shelf_of(given)
    as_of = min(given.as_of, given.on) if given.as_of_is_today else given.as_of
    checks = [
        (
            protocol,
            check_date(
                record,
                protocol,
                on=given.on,
                as_of=as_of,
                policy=policy_of(given),
                other_protocols=shelf.others(protocol),
                planned_units=given.planned_units,
            ),
        )
        for protocol in planned_protocols(record, shelf, as_of, given.indication, given.product)
    ]
    return checks_answer(checks)


def add_response(commands: Commands) -> None:
    """Add the command ``response``."""
    command = new_command(
        commands, "response", "what a response rule gives for a diary and a record"
    )
    command.add_argument("diary", type=Path, metavar="DIARY.csv")
    add_record(command)
    command.add_argument("--rule", required=True, help="such as nice-ta260")
    command.add_argument("--rules", type=Path, metavar="FILE", help="rules of the clinic's own")
    command.set_defaults(run=_response)


def _response(given: argparse.Namespace) -> Answer:
    record, as_of, shelf = read_record(given.file), given.as_of, shelf_of(given)
    try:
        reading = read_diary(given.diary, as_of=as_of)
    except BotoxScheduleError as error:
        raise BotoxScheduleError(f"{given.diary}: {error}") from None
    own = {rule.id: rule for rule in load_response_rules(given.rules)} if given.rules else {}
    rule = own.get(given.rule, given.rule)
    indication = given.indication or "chronic-migraine"
    (protocol,) = planned_protocols(record, shelf, as_of, indication, given.product)
    others, policy = shelf.others(protocol), policy_of(given)
    assessment = assess_response(
        reading.diary,
        record,
        protocol,
        rule=rule,
        as_of=as_of,
        policy=policy,
        other_protocols=others,
    )
    reviews = response_review_dates(
        record, protocol, rule=rule, as_of=as_of, policy=policy, other_protocols=others
    )
    return response_answer(assessment, reviews, list(map(str, reading.problems)))


def add_schema(commands: Commands) -> None:
    """Add the command ``schema``."""
    command = commands.add_parser("schema", help="the JSON Schema of records and answers")
    command.add_argument("name", nargs="?", choices=_SCHEMAS, default=_SCHEMAS[0])
    command.set_defaults(run=_schema, form="text")


def _schema(given: argparse.Namespace) -> Answer:
    resource = files("botox_schedule") / "schemas" / f"{given.name}.json"
    text = resource.read_text(encoding="utf-8").rstrip()
    return Answer(lambda: [text], lambda: None, (), list)
