"""The arguments that commands share."""

import argparse
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeAlias

from botox_schedule import (
    BotoxScheduleError,
    Interval,
    Product,
    SchedulingPolicy,
    TreatmentProtocol,
    bundled_protocols,
    find_product,
    find_protocol,
    load_protocols,
)
from botox_schedule.cli.planned import Shelf
from botox_schedule.cli.readers import Export, read_export
from botox_schedule.dates.days import as_day
from botox_schedule.errors import DayError, ExchangeError, IntervalError

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001


def new_command(commands: Commands, name: str, text: str) -> argparse.ArgumentParser:
    """Add a command that prints text, JSON or CSV."""
    command = commands.add_parser(name, help=text, description=text)
    form = command.add_mutually_exclusive_group()
    form.add_argument("--json", dest="form", action="store_const", const="json", help="as JSON")
    form.add_argument("--csv", dest="form", action="store_const", const="csv", help="as CSV")
    command.set_defaults(form="text")
    return command


def day(text: str) -> date:
    """Return a day of the form YYYY-MM-DD."""
    try:
        return as_day(text)
    except DayError:
        raise argparse.ArgumentTypeError("expected YYYY-MM-DD") from None


def interval(text: str) -> Interval:
    """Return an interval such as ``12 weeks``."""
    try:
        return Interval.parse(text)
    except IntervalError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def product(text: str) -> Product:
    """Return the product of a name."""
    found = find_product(text)
    if found is None:
        names = ", ".join(product.value for product in Product)
        raise argparse.ArgumentTypeError(f"expected a brand name or one of {names}")
    return found


def add_as_of(command: argparse.ArgumentParser) -> None:
    """Add the day of the question."""
    command.add_argument(
        "--as-of", type=day, metavar="DAY", help="the day asked for (default: today)"
    )


def add_rules(command: argparse.ArgumentParser) -> None:
    """Add where the rules come from."""
    command.add_argument("--region", default="us", help="region of the protocols (default: us)")
    command.add_argument(
        "--protocols", type=Path, metavar="FILE", help="a clinic's own protocols, in TOML"
    )
    command.add_argument(
        "--payer-minimum", type=interval, metavar="INTERVAL", help="the payer's shortest interval"
    )


def add_treatment(command: argparse.ArgumentParser) -> None:
    """Add what names one session."""
    command.add_argument("indication", help="such as chronic-migraine")
    command.add_argument("administered_on", type=day, metavar="DATE", help="YYYY-MM-DD")
    command.add_argument("--product", type=product, default=Product.ONABOTULINUMTOXIN_A)
    command.add_argument("--population", choices=["adult", "pediatric"], default="adult")
    add_as_of(command)
    add_rules(command)


def policy_of(given: argparse.Namespace) -> SchedulingPolicy:
    """Return the policy of the command line."""
    return SchedulingPolicy(payer_minimum=given.payer_minimum)


def shelf_of(given: argparse.Namespace) -> Shelf:
    """Return the clinic's own protocols and the bundled ones."""
    own = load_protocols(given.protocols) if given.protocols else ()
    return Shelf([*own, *bundled_protocols()], given.region)


def protocol_of(given: argparse.Namespace) -> TreatmentProtocol:
    """The clinic's own protocol where the file has one, else the bundled one."""
    wanted = (given.indication, given.product, given.population, given.region)
    own = load_protocols(given.protocols) if given.protocols else ()
    for protocol in own:
        if wanted == (protocol.indication, protocol.product, protocol.population, protocol.region):
            return protocol
    return find_protocol(*wanted)


def add_export(command: argparse.ArgumentParser) -> None:
    """Add what reads a clinic's export."""
    command.add_argument("file", type=Path, metavar="FILE.csv")
    command.add_argument(
        "--date-format", default="iso", help="iso (default), mdy, dmy or %%d.%%m.%%Y"
    )
    command.add_argument("--product", type=product, help="the product of rows that name none")
    command.add_argument("--encoding", default="utf-8-sig", help="default: UTF-8")
    add_as_of(command)
    add_rules(command)


def export_of(given: argparse.Namespace) -> Export:
    """Return the export, or an error that names the file."""
    try:
        return read_export(
            given.file,
            date_format=given.date_format,
            product=given.product,
            encoding=given.encoding,
        )
    except BotoxScheduleError as error:
        raise BotoxScheduleError(f"{given.file}: {error}") from None


def add_record(command: argparse.ArgumentParser) -> None:
    """Add what reads a record and names the planned treatment."""
    command.add_argument("file", type=Path, metavar="RECORD.json")
    command.add_argument("--indication", help="the planned treatment (default: every track)")
    command.add_argument("--product", type=product, help="the planned product (default: the last)")
    command.add_argument("--planned-units", type=int, metavar="UNITS")
    add_as_of(command)
    add_rules(command)


def missing_extra(extra: str) -> ExchangeError:
    """Return the error that says what to install."""
    return ExchangeError(f"this command needs more packages: pip install 'botox-schedule[{extra}]'")


def midnight(day: date) -> datetime:
    """Return the beginning of *day* in UTC: the stamp of a file where the caller names none."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
