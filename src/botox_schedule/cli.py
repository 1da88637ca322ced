"""The command line, and the only reader of the clock."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from importlib.resources import as_file, files
from pathlib import Path
from typing import TypeAlias

from pydantic import ValidationError

from botox_schedule import (
    Interval,
    Product,
    SchedulingPolicy,
    SessionStatus,
    TreatmentProtocol,
    __version__,
    bundled_protocols,
    check_date,
    find_product,
    find_protocol,
    forecast,
    load_protocols,
)
from botox_schedule._cli.answers import (
    checks_answer,
    due_answer,
    forecasts_answer,
    protocol_answer,
    protocols_answer,
    timeline_answer,
)
from botox_schedule._cli.diary_file import read_diary
from botox_schedule._cli.export import Export, read_export
from botox_schedule._cli.outcome_answers import (
    adherence_answer,
    export_adherence,
    response_answer,
)
from botox_schedule._cli.output import Answer, written
from botox_schedule._cli.record_file import planned_protocols, read_record
from botox_schedule._cli.schedule import Shelf, clinic_schedule
from botox_schedule._cli.schedule_answer import schedule_answer
from botox_schedule._days import as_day
from botox_schedule.errors import BotoxScheduleError, DayError, IntervalError, UnknownProtocolError
from botox_schedule.outcomes import assess_response, load_response_rules, response_review_dates

__all__ = ["main", "parser"]

_DEMO_DAY = date(2026, 3, 16)
_DEMO_PATIENT = "P1035"
_SCHEMAS = ("patient-record", "forecast", "date-check", "treatment-cycle", "treatment-protocol")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status is 0, 1 for bad rows, 2 when nothing could be read."""
    given = parser().parse_args(arguments)
    try:
        answer = given.run(given)
        print(written(answer, given.form))
        if given.form != "text":
            for problem in answer.problems:
                print(problem, file=sys.stderr)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(f"{error.filename}: {error.strerror}")
    except (BotoxScheduleError, ValidationError) as error:
        return _fail(_one_text(error))
    return int(answer.exit_status)


def _fail(message: str) -> int:
    print(f"botox-schedule: {message}", file=sys.stderr)
    return 2


def _one_text(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(fault["msg"] for fault in error.errors(include_url=False))
    return str(error)


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(
        prog="botox-schedule",
        description="Next-due dates and the expected response of botulinum toxin treatments. "
        "Not medical advice.",
    )
    top.add_argument("--version", action="version", version=f"botox-schedule {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_due(commands)
    _add_timeline(commands)
    _add_protocols(commands)
    _add_schedule(commands)
    _add_forecast(commands)
    _add_check(commands)
    _add_response(commands)
    _add_adherence(commands)
    _add_schema(commands)
    return top


_Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001


def _command(commands: _Commands, name: str, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="as JSON")
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="as CSV")
    command.set_defaults(form="text")
    return command


def _day(text: str) -> date:
    try:
        return as_day(text)
    except DayError:
        raise argparse.ArgumentTypeError("expected YYYY-MM-DD") from None


def _interval(text: str) -> Interval:
    try:
        return Interval.parse(text)
    except IntervalError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _product(text: str) -> Product:
    found = find_product(text)
    if found is None:
        names = ", ".join(product.value for product in Product)
        raise argparse.ArgumentTypeError(f"expected a brand name or one of {names}")
    return found


def _add_as_of(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--as-of", type=_day, metavar="DAY", help="the day asked for (default: today)"
    )


def _add_rules(command: argparse.ArgumentParser) -> None:
    command.add_argument("--region", default="us", help="region of the protocols (default: us)")
    command.add_argument(
        "--protocols", type=Path, metavar="FILE", help="a clinic's own protocols, in TOML"
    )
    command.add_argument(
        "--payer-minimum", type=_interval, metavar="INTERVAL", help="the payer's shortest interval"
    )


def _add_treatment(command: argparse.ArgumentParser) -> None:
    command.add_argument("indication", help="such as chronic-migraine")
    command.add_argument("administered_on", type=_day, metavar="DATE", help="YYYY-MM-DD")
    command.add_argument("--product", type=_product, default=Product.ONABOTULINUMTOXIN_A)
    command.add_argument("--population", choices=["adult", "pediatric"], default="adult")
    _add_as_of(command)
    _add_rules(command)


def _as_of(given: argparse.Namespace) -> date:
    return given.as_of or date.today()  # noqa: DTZ011 - the one place that reads the clock


def _policy(given: argparse.Namespace) -> SchedulingPolicy:
    return SchedulingPolicy(payer_minimum=given.payer_minimum)


def _shelf(given: argparse.Namespace) -> Shelf:
    own = load_protocols(given.protocols) if given.protocols else ()
    return Shelf([*own, *bundled_protocols()], given.region)


def _protocol(given: argparse.Namespace) -> TreatmentProtocol:
    """The clinic's own protocol where the file has one, else the bundled one."""
    wanted = (given.indication, given.product, given.population, given.region)
    own = load_protocols(given.protocols) if given.protocols else ()
    for protocol in own:
        if wanted == (protocol.indication, protocol.product, protocol.population, protocol.region):
            return protocol
    return find_protocol(*wanted)


def _add_demo(commands: _Commands) -> None:
    text = "the schedule of a made-up clinic, and one patient's timeline"
    command = _command(commands, "demo", text)
    command.set_defaults(run=_demo)


def _demo(_: argparse.Namespace) -> Answer:
    resource = files("botox_schedule") / "data" / "demo" / "clinic-export.csv"
    with as_file(resource) as path:
        export = read_export(path)
    policy = SchedulingPolicy()
    found = clinic_schedule(export, Shelf(bundled_protocols(), "us"), _DEMO_DAY, policy)
    schedule = schedule_answer(found)
    days = [
        row.session.administered_on
        for row in export.rows
        if row.patient == _DEMO_PATIENT and row.session.status is SessionStatus.COMPLETED
    ]
    migraine = find_protocol("chronic-migraine")
    timeline = timeline_answer(migraine, max(days), min(days), _DEMO_DAY, policy)
    return schedule._replace(
        text=lambda: [
            "A made-up clinic: the export stands in the package as data/demo/clinic-export.csv",
            *schedule.text(),
            "",
            f"What patient {_DEMO_PATIENT} may expect",
            *timeline.text(),
        ],
        data=lambda: {"schedule": schedule.data(), "timeline": timeline.data()},
    )


def _add_due(commands: _Commands) -> None:
    command = _command(commands, "due", "the four dates after a session")
    _add_treatment(command)
    command.set_defaults(run=_due)


def _due(given: argparse.Namespace) -> Answer:
    return due_answer(_protocol(given), given.administered_on, _as_of(given), _policy(given))


def _add_timeline(commands: _Commands) -> None:
    command = _command(commands, "timeline", "the expected response to a session")
    _add_treatment(command)
    command.add_argument("--course-started-on", type=_day, metavar="DATE")
    command.set_defaults(run=_timeline)


def _timeline(given: argparse.Namespace) -> Answer:
    return timeline_answer(
        _protocol(given),
        given.administered_on,
        given.course_started_on,
        _as_of(given),
        _policy(given),
    )


def _add_protocols(commands: _Commands) -> None:
    command = _command(commands, "protocols", "the protocols with sources and verification")
    command.add_argument("id", nargs="?", help="one protocol with every figure")
    command.add_argument(
        "--protocols", type=Path, metavar="FILE", help="a file of the clinic's own"
    )
    command.set_defaults(run=_protocols)


def _protocols(given: argparse.Namespace) -> Answer:
    own = load_protocols(given.protocols) if given.protocols else ()
    known = [*own, *bundled_protocols()]
    if given.id is None:
        return protocols_answer(known)
    for protocol in known:
        if protocol.id == given.id:
            return protocol_answer(protocol)
    raise UnknownProtocolError("no protocol has that id; 'botox-schedule protocols' lists them")


def _add_schedule(commands: _Commands) -> None:
    text = "where every patient of a clinic's export stands"
    command = _command(commands, "schedule", text)
    _add_export(command)
    command.set_defaults(run=_schedule)


def _add_export(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, metavar="FILE.csv")
    command.add_argument(
        "--date-format", default="iso", help="iso (default), mdy, dmy or %%d.%%m.%%Y"
    )
    command.add_argument("--product", type=_product, help="the product of rows that name none")
    command.add_argument("--encoding", default="utf-8-sig", help="default: UTF-8")
    _add_as_of(command)
    _add_rules(command)


def _schedule(given: argparse.Namespace) -> Answer:
    shelf = _shelf(given)
    return schedule_answer(clinic_schedule(_export(given), shelf, _as_of(given), _policy(given)))


def _export(given: argparse.Namespace) -> Export:
    try:
        return read_export(
            given.file,
            date_format=given.date_format,
            product=given.product,
            encoding=given.encoding,
        )
    except BotoxScheduleError as error:
        raise BotoxScheduleError(f"{given.file}: {error}") from None


def _add_record(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, metavar="RECORD.json")
    command.add_argument("--indication", help="the planned treatment (default: every track)")
    command.add_argument("--product", type=_product, help="the planned product (default: the last)")
    command.add_argument("--planned-units", type=int, metavar="UNITS")
    _add_as_of(command)
    _add_rules(command)


def _add_forecast(commands: _Commands) -> None:
    command = _command(commands, "forecast", "where a record stands on a day")
    _add_record(command)
    command.add_argument("--explain", action="store_true", help="with the reason for every date")
    command.set_defaults(run=_forecast)


def _forecast(given: argparse.Namespace) -> Answer:
    record, as_of, shelf = read_record(given.file), _as_of(given), _shelf(given)
    found = [
        forecast(
            record,
            protocol,
            as_of=as_of,
            policy=_policy(given),
            other_protocols=shelf.others(protocol),
            planned_units=given.planned_units,
        )
        for protocol in planned_protocols(record, shelf, as_of, given.indication, given.product)
    ]
    return forecasts_answer(found, explain=given.explain)


def _add_check(commands: _Commands) -> None:
    command = _command(commands, "check", "whether a patient may be treated on a day")
    _add_record(command)
    command.add_argument("--on", type=_day, required=True, metavar="DAY")
    command.set_defaults(run=_check)


def _check(given: argparse.Namespace) -> Answer:
    record, shelf = read_record(given.file), _shelf(given)
    as_of = min(_as_of(given), given.on) if given.as_of is None else given.as_of
    checks = [
        (
            protocol,
            check_date(
                record,
                protocol,
                on=given.on,
                as_of=as_of,
                policy=_policy(given),
                other_protocols=shelf.others(protocol),
                planned_units=given.planned_units,
            ),
        )
        for protocol in planned_protocols(record, shelf, as_of, given.indication, given.product)
    ]
    return checks_answer(checks)


def _add_response(commands: _Commands) -> None:
    command = _command(commands, "response", "what a response rule gives for a diary and a record")
    command.add_argument("diary", type=Path, metavar="DIARY.csv")
    _add_record(command)
    command.add_argument("--rule", required=True, help="such as nice-ta260")
    command.add_argument("--rules", type=Path, metavar="FILE", help="rules of the clinic's own")
    command.set_defaults(run=_response)


def _response(given: argparse.Namespace) -> Answer:
    record, as_of, shelf = read_record(given.file), _as_of(given), _shelf(given)
    try:
        diary, problems = read_diary(given.diary, as_of)
    except BotoxScheduleError as error:
        raise BotoxScheduleError(f"{given.diary}: {error}") from None
    own = {rule.id: rule for rule in load_response_rules(given.rules)} if given.rules else {}
    rule = own.get(given.rule, given.rule)
    indication = given.indication or "chronic-migraine"
    (protocol,) = planned_protocols(record, shelf, as_of, indication, given.product)
    others, policy = shelf.others(protocol), _policy(given)
    assessment = assess_response(
        diary, record, protocol, rule=rule, as_of=as_of, policy=policy, other_protocols=others
    )
    reviews = response_review_dates(
        record, protocol, rule=rule, as_of=as_of, policy=policy, other_protocols=others
    )
    return response_answer(assessment, reviews, list(map(str, problems)))


def _add_adherence(commands: _Commands) -> None:
    command = _command(commands, "adherence", "how regularly each track of an export was treated")
    _add_export(command)
    command.add_argument(
        "--gap-days",
        type=int,
        metavar="DAYS",
        help="days without expected effect that do not end an episode (without it: no episodes)",
    )
    command.set_defaults(run=_adherence)


def _adherence(given: argparse.Namespace) -> Answer:
    as_of = _as_of(given)
    found, problems = export_adherence(
        _export(given), _shelf(given), as_of, _policy(given), given.gap_days
    )
    return adherence_answer(found, problems, as_of)


def _add_schema(commands: _Commands) -> None:
    command = commands.add_parser("schema", help="the JSON Schema of records and answers")
    command.add_argument("name", nargs="?", choices=_SCHEMAS, default=_SCHEMAS[0])
    command.set_defaults(run=_schema, form="text")


def _schema(given: argparse.Namespace) -> Answer:
    resource = files("botox_schedule") / "data" / "schemas" / f"{given.name}.json"
    text = resource.read_text(encoding="utf-8").rstrip()
    return Answer(lambda: [text], lambda: None, (), list)
