"""The command line, and the only reader of the clock."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date

from pydantic import ValidationError

from botox_schedule import BotoxScheduleError, __version__
from botox_schedule.cli.clinic_commands import add_adherence, add_demo, add_report, add_schedule
from botox_schedule.cli.exchange_commands import add_fhir, add_ics
from botox_schedule.cli.handouts import add_handout
from botox_schedule.cli.output import Answer, written
from botox_schedule.cli.panel_commands import add_load, add_simulate, add_worklist
from botox_schedule.cli.planning_commands import add_book, add_countdown
from botox_schedule.cli.record_commands import add_check, add_forecast, add_response, add_schema
from botox_schedule.cli.sessions import add_due, add_protocols, add_timeline

_COMMANDS = (
    add_demo,
    add_due,
    add_timeline,
    add_protocols,
    add_schedule,
    add_report,
    add_worklist,
    add_load,
    add_simulate,
    add_forecast,
    add_check,
    add_book,
    add_countdown,
    add_ics,
    add_fhir,
    add_handout,
    add_response,
    add_adherence,
    add_schema,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit status is 0, 1 for bad rows, 2 when nothing could be read."""
    given = parser().parse_args(arguments)
    given.as_of_is_today = getattr(given, "as_of", "") is None
    if given.as_of_is_today:
        given.as_of = date.today()  # noqa: DTZ011 - the one place that reads the clock
    try:
        answer = given.run(given)
        _print(answer, given.form)
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


def _print(answer: Answer, form: str) -> None:
    """Print the answer; a terminal gets drawn tables where the extra is installed."""
    if form == "text" and sys.stdout.isatty():
        try:
            from botox_schedule.cli.rich_tables import show  # noqa: PLC0415 - an extra
        except ImportError:
            pass
        else:
            show(answer.text())
            return
    print(written(answer, form))


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
    for add in _COMMANDS:
        add(commands)
    return top
