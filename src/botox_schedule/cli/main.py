"""The command line, and the only reader of the clock.

Help and the version need nothing but this module and the table of commands; a command's own module
is imported when the command runs.

Examples:
    botox-schedule demo
    botox-schedule due chronic-migraine 2026-01-05
    botox-schedule schedule export.csv --as-of 2026-03-16
    botox-schedule worklist export.csv --holds none --care-ends ends.csv
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date
from difflib import get_close_matches
from typing import NoReturn

from botox_schedule import __version__
from botox_schedule.cli.commands import COMMANDS, NO_ANSWER

_INTERRUPTED = 130
_MORE = "'botox-schedule COMMAND --help' explains every option of a command."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns:
        0; 1 for bad rows, or if no track or day was found; 2 if nothing could be read; 130 if it
        was interrupted.
    """
    given = [*(sys.argv[1:] if arguments is None else arguments)] or ["--help"]
    try:
        if given[0] in COMMANDS:
            from botox_schedule.cli.runner import run  # noqa: PLC0415 - help needs nothing of it

            return run(given[0], given[1:], _today)
        _without_command(given[0])
    except KeyboardInterrupt:
        return _INTERRUPTED
    finally:
        # What a closed pipe or a full disk did not take would fail again at exit, with status 120.
        for stream in filter(None, (sys.stdout, sys.stderr)):
            try:
                stream.flush()
            except OSError:
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _today() -> date:
    return date.today()  # noqa: DTZ011 - the one place that reads the clock


def _without_command(name: str) -> NoReturn:
    top = parser()
    if name.startswith("-"):
        top.parse_args([name.encode("unicode_escape").decode()])
    near = get_close_matches(name, COMMANDS, n=1)
    hint = f"did you mean '{near[0]}'?" if near else "'botox-schedule --help' lists them"
    top.exit(NO_ANSWER, f"botox-schedule: there is no such command; {hint}\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser for a call without a command: help that lists them, and the version."""
    width = max(map(len, COMMANDS))
    listed = "\n".join(f"  {name:{width}}  {words}" for name, words in COMMANDS.items())
    _, _, examples = (__doc__ or "").partition("Examples:\n")
    top = argparse.ArgumentParser(
        prog="botox-schedule",
        usage="botox-schedule COMMAND ...",
        description="Next-due dates and the expected response of botulinum toxin treatments.\n"
        "Not medical advice.",
        epilog=f"commands:\n{listed}\n\nexamples:\n{examples}\n{_MORE}",
        formatter_class=_eighty_columns,
    )
    version = f"botox-schedule {__version__}"
    words = "show the version and exit"
    top.add_argument("-V", "--version", action="version", version=version, help=words)
    return top


def _eighty_columns(prog: str) -> argparse.HelpFormatter:
    """Measuring the terminal's width would take as long as the rest of the help."""
    return argparse.RawDescriptionHelpFormatter(prog, width=80)
