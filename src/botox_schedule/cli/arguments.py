"""The arguments that commands share, and what they mean."""

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from botox_schedule import (
    Interval,
    Population,
    Product,
    SchedulingPolicy,
    TreatmentProtocol,
    find_product,
    find_protocol,
    load_protocols,
)
from botox_schedule.dates.days import as_day
from botox_schedule.errors import BotoxScheduleError, DayError, ExchangeError, safe_errors
from botox_schedule.files import read_within
from botox_schedule.planning.clinic_calendar import ClinicCalendar, Weekday
from botox_schedule.protocols.catalog import known_protocols, population_named, region_named
from botox_schedule.protocols.collection import ProtocolSet, newness, version_on
from botox_schedule.protocols.indications import names_of, nearest_indications, why_no_product
from botox_schedule.protocols.loader import faults, tables_of

_MOST_DAYS = 3660
_MOST_FAULTS = 20
_PLAIN_NUMBER = re.compile(r"[0-9]{1,7}(\.[0-9]{1,6})?")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _day(text: str) -> date:
    """Return a day of the form YYYY-MM-DD."""
    try:
        return as_day(text)
    except DayError as error:
        said = str(error) if _ISO.fullmatch(text) else "expected YYYY-MM-DD, such as 2026-01-31"
        raise ArgumentTypeError(said) from None


def _product(text: str) -> Product:
    """Return the product of a name."""
    if (found := find_product(text)) is None:
        # Only brands: the nonproprietary names are too similar to guess which was meant.
        names = [n for product in Product for n in names_of(product) if "toxin" not in n]
        near = get_close_matches(text.lower(), names, n=1, cutoff=0.75)
        hint = f"did you mean {near[0].capitalize()}?" if near else why_no_product(text)
        raise ArgumentTypeError(hint)
    return found


def _count(text: str) -> int:
    """Return a number of days, weeks or visits that is not negative."""
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise ArgumentTypeError("expected a whole number from 0 on")
    return int(text)


def _days_ahead(text: str) -> int:
    """Return a number of days that fits a calendar."""
    number = _count(text)
    if number > _MOST_DAYS:
        raise ArgumentTypeError(f"expected at most {_MOST_DAYS} days")
    return number


def _units(text: str) -> Decimal:
    if not _PLAIN_NUMBER.fullmatch(text):
        raise ArgumentTypeError("expected a number of units such as 155")
    return Decimal(text)


def _by(read: Callable[[str], Any], text: str) -> Any:
    """Return what *read* makes of a text; of a wrong one it says what argparse shows."""
    try:
        return read(text)
    except BotoxScheduleError as error:
        raise ArgumentTypeError(str(error)) from None


def _weekdays(text: str) -> list[Weekday]:
    names = [name.strip().lower() for name in text.split(",")]
    try:
        return [next(d for d in Weekday if d == name or d[:3] == name) for name in names]
    except StopIteration:
        raise ArgumentTypeError(f"expected some of {', '.join(Weekday)}") from None


def _days(text: str) -> dict[str, date]:
    """Return a window of ``DAY`` or ``FIRST/LAST``."""
    first, slash, last = text.partition("/")
    days = {"first": _day(first), "last": _day(last if slash else first)}
    if days["last"] < days["first"]:
        raise ArgumentTypeError("the last day lies before the first")
    return days


def _text(text: str) -> str:
    """Refuse empty text, which an unset variable of a script leaves."""
    if not text.strip():
        raise ArgumentTypeError("expected some text")
    return text


def _file(text: str) -> Path:
    """Return a file's name; ``./-`` and ``./none`` are files, ``-`` and ``none`` are words."""
    path = Path(_text(text))
    has_meaning = str(path) in {"-", "none"} and str(path) != text
    return path.absolute() if has_meaning else path


def _stamp(text: str) -> datetime:
    with suppress(ValueError):
        moment = datetime.fromisoformat(text)
        if moment.utcoffset() is not None:
            return moment
    raise ArgumentTypeError("expected a moment such as 2026-02-01T09:00:00Z")


def _pair(expected: str, text: str) -> tuple[str, str]:
    name, _, meant = text.partition("=")
    if not (name and meant):
        raise ArgumentTypeError(f"expected {expected}")
    return name, meant


def _lead(text: str) -> tuple[str, Interval]:
    name, length = _pair("NAME=INTERVAL, such as 'order=28 days'", text)
    return name, _by(Interval.parse, length)


_KINDS: Mapping[str, Callable[[str], Any]] = {
    "COUNT": _count,
    "DATE": _day,
    "DAY": _day,
    "DAYS": _days_ahead,
    "DAY[/LAST]": _days,
    "FILE": _file,
    "INTERVAL": partial(_by, Interval.parse),
    "MOMENT": _stamp,
    "NAME=HEADER": partial(_pair, "NAME=HEADER, such as date='Svc Dt'"),
    "NAME=INTERVAL": _lead,
    "POPULATION": partial(_by, population_named),
    "PRODUCT": _product,
    "TABLE=SHEET": partial(_pair, "TABLE=SHEET, such as sessions='Visits 2026'"),
    "UNITS": _units,
    "WEEKDAYS": _weekdays,
}
"""What reads each kind of argument; the others are text."""


def add_options(command: ArgumentParser, options: Mapping[str, str]) -> None:
    """Add arguments as they are declared: ``--name KIND:DEFAULT`` and its help.

    A name without dashes is not an option, one without a kind is a flag; kinds with ``|`` are
    the words to choose from. After the kind, ``!`` makes it required, ``?`` optional, and ``*``
    repeatable; ``:`` comes before a default.
    """
    for declared, words in options.items():
        name, _, kind = declared.partition(" ")
        command.add_argument(name, help=words, **_settings(kind))


def _settings(declared: str) -> dict[str, Any]:
    kind, _, default = declared.partition(":")
    bare = kind.rstrip("!*?")
    found: dict[str, Any] = {"metavar": bare, "type": _KINDS.get(bare, _text)}
    if not kind:
        return {"action": "store_true"}
    if "|" in bare:
        found = {"choices": bare.split("|")}
    if kind.endswith("?"):
        found["nargs"] = "?"
    if "!" in kind:
        found["required"] = True
    if "*" in kind:
        found |= {"action": "append", "default": []}
    return found | ({"default": default} if default else {})


AS_OF = {"--as-of DAY": "answer for this day (default: today)"}
"""The day of the question."""
POPULATION = {"--population POPULATION": "adult or pediatric (default: the patient's age decides)"}
"""Whose protocols judge many patients."""
RULES = {
    "--region REGION": "region of the protocols: us (default), uk or eu",
    "--protocols FILE": "the clinic's own protocols, in TOML; they hide the bundled ones for the same treatment",
    "--policy FILE": "what the clinic or payer chose, in TOML: the fields of SchedulingPolicy",
    "--payer-minimum INTERVAL": "the payer's shortest interval, such as '12 weeks + 1 day'",
    "--config FILE": "defaults for region, protocols, policy and columns (default: botox-schedule.toml in this folder, where there is one)",
}
"""Where the rules come from."""
TREATMENT = {
    "indication INDICATION": "what is treated, such as chronic-migraine",
    "administered_on DATE": "the day of the session, YYYY-MM-DD",
    "--product PRODUCT": "a brand or nonproprietary name (default: onabotulinumtoxinA)",
    "--population POPULATION": "adult (default) or pediatric",
    **AS_OF,
    **RULES,
}
"""What names one session."""
CALENDAR = {
    "--open WEEKDAYS": "weekdays on which the clinic is open (default: mon,tue,wed,thu,fri)",
    "--closed DAY[/LAST]*": "a day, or days, on which the clinic is closed; may be repeated",
    "--country CODE": "closed on the public holidays of a country, such as US (extra 'holidays')",
    "--subdivision CODE": "a part of the country, such as CA",
}
"""The days on which the clinic is open."""


def policy_of(given: Namespace) -> SchedulingPolicy:
    """Return the policy of the command line.

    Raises:
        ExchangeError: When a key or an indication is unknown, or a value is invalid; it names
            file and key.
    """
    chosen = given.policy
    own = f"{given.config.name}: policy" if isinstance(chosen, dict) else "policy"
    name, fields = tables_of(chosen) if isinstance(chosen, Path) else (own, chosen or {})
    if given.payer_minimum is not None:
        fields = {**fields, "payer_minimum": given.payer_minimum}
    try:
        policy = SchedulingPolicy.model_validate(dict(fields))
    except ValidationError as error:
        raise ExchangeError(f"{name}: {'; '.join(faults(error))}") from None
    known = known_of(given).indications
    for one in policy.unknown_names(known):
        near = nearest_indications(one, known.union(policy.other_indications))
        told = near[0] if near else "one that 'botox-schedule protocols' lists"
        raise ExchangeError(f"{name}: {one}: no indication has that name; give {told}")
    return policy


def region_of(given: Namespace, known: ProtocolSet) -> str:
    """Return the region of the protocols."""
    return region_named("us" if given.region is None else given.region, known)


def known_of(given: Namespace) -> ProtocolSet:
    """Return the clinic's own protocols, and the bundled ones that they do not hide."""
    known = known_protocols(None)
    for protocol in load_protocols(given.protocols) if given.protocols else ():
        known = known.with_given(protocol)
    return known


def protocol_of(given: Namespace) -> TreatmentProtocol:
    """Return the protocol that was in force on the day of the session."""
    known = known_of(given)
    region = region_of(given, known)
    slug = known.indication_named(given.indication)
    product = given.product or Product.ONABOTULINUMTOXIN_A
    people = given.population or Population.ADULT
    if not (families := known.find(slug, product, people, region)):
        return find_protocol(slug, product, people, region)
    return max((version_on(f, given.administered_on) or f[-1] for f in families), key=newness)


def content_of(file: Path, most: int) -> bytes:
    """Return the content of a file, or of standard input for ``-``, without a UTF-8 mark."""
    source = sys.stdin.buffer if str(file) == "-" else file
    return read_within(source, most).removeprefix(BOM_UTF8)


def calendar_of(given: Namespace) -> ClinicCalendar:
    """Return the calendar of the clinic."""
    weekdays = frozenset(given.open or tuple(Weekday)[:5])
    days: dict[str, Any] = {"open_weekdays": weekdays, "closures": tuple(given.closed)}
    if given.country is None and given.subdivision is None:
        return ClinicCalendar(**days)
    if given.country is None:
        raise ExchangeError("--subdivision is a part of a country; give --country too")
    with extra("holidays"):
        return ClinicCalendar.for_country(given.country, subdivision=given.subdivision, **days)


def faults_in(error: ValidationError) -> str:
    """Return where an input is wrong and what was expected, without the input."""
    told = [
        ": ".join(filter(None, (".".join(map(str, fault["loc"])), fault["msg"])))
        for fault in safe_errors(error)
    ]
    more = [f"and {len(told) - _MOST_FAULTS} more"] if len(told) > _MOST_FAULTS else []
    return "; ".join([*told[:_MOST_FAULTS], *more])


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Say what to install where an import of an extra fails."""
    try:
        yield
    except ImportError:
        told = f"this needs more packages: pip install 'botox-schedule[{name}]'"
        raise ExchangeError(told) from None


def midnight(day: date) -> datetime:
    """Return 0:00 UTC on *day*: the stamp of a file for which the caller gives none."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
