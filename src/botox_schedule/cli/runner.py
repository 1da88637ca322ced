"""Runs a command: its arguments, its answer, and errors that show nothing about a patient."""

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date
from difflib import get_close_matches
from importlib import import_module
from itertools import takewhile
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from botox_schedule.cli.arguments import add_options, faults_in
from botox_schedule.cli.commands import COMMANDS, NO_ANSWER
from botox_schedule.cli.configuration import use_configuration
from botox_schedule.cli.output import Answer, escaped, print_answer
from botox_schedule.errors import BotoxScheduleError, OutputError
from botox_schedule.files import check_outputs, together
from botox_schedule.garbage import uncollected

_OUTPUTS = ("out", "html", "xlsx")
# A shell can lead them to files; a system without these names has none to compare.
_STDIN, _STDOUT = Path("/dev/stdin"), Path("/dev/stdout")
_FORMS = {
    "json": "as JSON: everything",
    "csv": "as CSV: a line for each row",
    "jsonl": "as lines of JSON: one for each row",
}


def run(name: str, arguments: Sequence[str], today: Callable[[], date]) -> int:
    """Run a command; the exit status is 0, 1 or 2.

    Args:
        name: The command.
        arguments: What follows its name.
        today: Reads the clock.
    """
    has_output = _prepare_streams()
    parser = command_parser(name)
    parser.check_names(arguments)
    try:
        given = parser.parse_args(arguments)
        if not has_output:
            raise OutputError("standard output is closed")
        return _answered(name, given, today)
    except OSError as error:
        named = "" if error.filename is None else f"{error.filename}: "
        return _fail(f"{named}{error.strerror}")
    except BotoxScheduleError as error:
        return _fail(str(error).replace("\n", "; "))
    except ValidationError as error:
        return _fail(faults_in(error))


def _prepare_streams() -> bool:
    """Make each stream usable, and return whether standard output was open."""
    has_output = sys.stdout is not None
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Open until the end.
            setattr(sys, name, Path(os.devnull).open("r+", encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return has_output


def _answered(name: str, given: argparse.Namespace, today: Callable[[], date]) -> int:
    if used := use_configuration(given):
        _tell(used)
    _check_files(given)
    given.as_of_is_today = getattr(given, "as_of", "") is None
    if given.as_of_is_today:
        given.as_of = today()
    with uncollected():
        answer: Answer = _module(name).answer(given)
        _print(answer, given.form)
    remarks = answer.remarks if given.form in {"csv", "jsonl"} else ()
    if given.form == "csv" and not _has_letters(answer.rows):
        _tell("letters outside the output's encoding became \\u and a number; set PYTHONUTF8=1")
    problems = answer.problems if given.form != "text" else ()
    for line in (*remarks, *together(problems)):
        _tell(line)
    return answer.exit_status


def _has_letters(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the output's encoding has every letter; another one makes a different key."""
    told = "".join(value for row in rows for value in row.values() if isinstance(value, str))
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    return told == told.encode(encoding, "backslashreplace").decode(encoding)


def _print(answer: Answer, form: str) -> None:
    try:
        with suppress(BrokenPipeError):
            print_answer(answer, form)
    except OSError as error:
        raise OSError(error.errno, error.strerror, "standard output") from None


def _check_files(given: argparse.Namespace) -> None:
    paths = {name: value for name, value in vars(given).items() if isinstance(value, Path)}
    outputs = [paths.pop(name) for name in _OUTPUTS if name in paths]
    if Path("-") in outputs:
        raise OutputError("an output is a file; give its name instead of -")
    if list(paths.values()).count(Path("-")) > 1:
        raise OutputError("only one input can be standard input")
    paths.pop("previous", None)  # it may be the file to write
    inputs = [_STDIN if path == Path("-") else path for path in paths.values()]
    check_outputs([_STDOUT, *outputs], inputs)


def _fail(message: str) -> int:
    _tell(f"botox-schedule: {message}")
    return NO_ANSWER


def _tell(line: str) -> None:
    """Print to standard error; if that fails, the exit status is still right."""
    with suppress(OSError):
        print(escaped(line), file=sys.stderr)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that says what to type."""

    def check_names(self, arguments: Sequence[str]) -> None:
        """Name the nearest option where one is unknown; refuse two values where one counts."""
        names = [given.partition("=")[0] for given in takewhile("--".__ne__, arguments)]
        known = self._option_string_actions
        for name in names:
            # A longer word after one hyphen can be a part of a name.
            is_option = name.startswith("--") or (name[:1] == "-" and len(name) == 2)
            if is_option and not name[1].isdecimal() and name not in known:
                near = get_close_matches(name, known, n=1, cutoff=0.75)
                hint = f"; did you mean {near[0]}?" if near else ""
                self.error(f"there is no option {name}{hint}")
            if name in known and names.count(name) > 1 and not _is_repeatable(known[name]):
                files = ", and several tables as one file" if known[name].metavar == "FILE" else ""
                self.error(f"{name} is given twice; give it once{files}")

    def error(self, message: str) -> NoReturn:
        """Print an error; a file's name can be an argument and hold anything."""
        if message.startswith("unrecognized"):  # such as the rest of a patient's name
            message = "more arguments than it takes; put text with spaces in quotation marks"
        _, _, missing = message.partition("are required: ")
        options = {name: self._option_string_actions.get(name) for name in missing.split(", ")}
        said = [f"{name}: {option.help}" for name, option in options.items() if option]
        more = f"'{self.prog} --help' explains every option"
        self.exit(NO_ANSWER, f"{self.prog}: {escaped('; '.join([message, *said, more]))}\n")


def _is_repeatable(option: argparse.Action) -> bool:
    """Whether nothing is lost where an option comes again: it is a flag, or keeps every value."""
    return option.nargs == 0 or isinstance(option.default, list)


def command_parser(name: str) -> _Parser:
    """Return the parser of a command; the examples of its help are those of its module."""
    module = _module(name)
    _, _, examples = (module.__doc__ or "").partition("Examples:\n")
    command = _Parser(
        prog=f"botox-schedule {name}",
        description=f"{COMMANDS[name][0].upper()}{COMMANDS[name][1:]}.",
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_options(command, module.OPTIONS)
    forms = command.add_mutually_exclusive_group()
    for form, words in _FORMS.items():
        forms.add_argument(f"--{form}", dest="form", action="store_const", const=form, help=words)
    command.set_defaults(form="text")
    return command


def _module(name: str) -> Any:
    return import_module(f"botox_schedule.cli.{name}")
