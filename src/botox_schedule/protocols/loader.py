"""Reads a protocol file into protocols, or raises one error that lists its faults."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from itertools import chain, combinations
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from botox_schedule.errors import ProtocolFileError
from botox_schedule.files import MEBIBYTE, read_within
from botox_schedule.protocols.bundled import bundled_tables, read_toml
from botox_schedule.protocols.indications import slug_of
from botox_schedule.protocols.model import Code, TreatmentProtocol, treatment_of
from botox_schedule.values import STEERING

_TABLES = {"sources": dict, "limits": list, "protocols": list}
_SHOWN = 60
_TOO_LARGE = "not a TOML file: a number is too large"
_MOST_BYTES = MEBIBYTE
_DEEP_KEY = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){32}""")
_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\ud800-\udfff]|{STEERING.pattern}")
_VERSION = re.compile(r"[0-9]+(\.[0-9]+)*")


CodeRow = tuple[Mapping[str, Any], Code]


class _Placed(NamedTuple):
    """A protocol, and its table in the file."""

    where: str
    protocol: TreatmentProtocol


def tables_in(text: str, name: str) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Raises:
        ProtocolFileError: When the text is not TOML; the message gives the place.
    """
    if _DEEP_KEY.search(text):  # each part of a key costs as much as all parts before it
        raise ProtocolFileError(f"{name}: not a TOML file: a key has more than 32 parts")
    try:
        tables = read_toml(text)
    except (ValueError, RecursionError) as error:  # also a number with too many digits
        raise ProtocolFileError(f"{name}: not a TOML file: {error}") from None
    except ArithmeticError:
        raise ProtocolFileError(f"{name}: {_TOO_LARGE}") from None
    # TOML has 64 bits; in base 16 more are read, but may have too many digits to be shown.
    if any(isinstance(value, int) and value.bit_length() > 63 for _, value in _places(tables)):
        raise ProtocolFileError(f"{name}: {_TOO_LARGE}")
    return tables


def tables_of(path: str | PathLike[str]) -> tuple[str, dict[str, Any]]:
    """Return a TOML file's name and its tables.

    Raises:
        ProtocolFileError: When the file is not TOML in UTF-8.
        FileLimitError: When it is larger than 1 MiB.
        OSError: When it cannot be opened.
        TypeError: When *path* is no name of a file.
    """
    if not isinstance(path, str | PathLike):
        raise TypeError("path: give the name of a file, such as 'clinic.toml'")
    file = Path(path)
    try:
        text = read_within(file, _MOST_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ProtocolFileError(f"{file.name}: not a TOML file: expected UTF-8 text") from None
    return file.name, tables_in(text, file.name)


def protocols_in(
    tables: Mapping[str, Any], name: str, codes: Iterable[CodeRow] = ()
) -> tuple[TreatmentProtocol, ...]:
    """Return the protocols of a file.

    Args:
        tables: The file's tables.
        name: The file's name, for errors.
        codes: Codes that belong to products or indications rather than to one protocol, each
            after its row of the bundled data.

    Raises:
        ProtocolFileError: One line for each fault: file, table, key and what was expected.
    """
    _refuse(f"{name}: {fault}" for fault in _unprintable(tables))
    _check_shape(tables, name)
    known = {**bundled_tables("sources.toml"), **tables.get("sources", {})}
    limits = tables.get("limits", ())
    read = [
        _read(f"{name}: [[protocols]] {number}{_called(row)}", _complete(row, limits, codes), known)
        for number, row in enumerate(tables["protocols"], start=1)
    ]
    _refuse(fault for found in read if isinstance(found, list) for fault in found)
    placed = [found for found in read if isinstance(found, _Placed)]
    _refuse(_conflicts(placed))
    return tuple(protocol for _, protocol in placed)


def _read(where: str, row: dict[str, Any], known: Mapping[str, Any]) -> _Placed | list[str]:
    """Return the protocol of a table, or its faults."""
    found = [f"{where}: {fault}" for fault in _unknown_sources(row, known)]
    if found:
        return found
    try:
        return _Placed(where, TreatmentProtocol.model_validate(_with_titles(row, known)))
    except ValidationError as error:
        return [f"{where}: {fault}" for fault in faults(error)]


def _refuse(problems: Iterable[str]) -> None:
    lines = "\n".join(problems)
    if lines:
        raise ProtocolFileError(lines)


def _fault(where: str, wrong: str, expected: str) -> str:
    return f"{where}: {wrong}; expected {expected}"


def _places(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Each value within *value*, itself included, with its place."""
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, f"{path}.{_plain(key)}" if path else _plain(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value, start=1):
            yield from _places(inner, f"{path}[{index}]")


def _unprintable(tables: Mapping[str, Any]) -> Iterator[str]:
    """Yield where a text has control characters: they could change what a terminal shows."""
    for path, value in _places(tables):
        if isinstance(value, str) and _CONTROL.search(value):
            yield _fault(path, "has a control character", "plain text")
        if isinstance(value, dict) and _CONTROL.search("".join(value)):
            yield _fault(path or "the file", "a key has a control character", "plain text")


def _plain(key: str) -> str:
    return _CONTROL.sub("?", key)[:_SHOWN]


def _check_shape(tables: Mapping[str, Any], name: str) -> None:
    for key, value in tables.items():
        if key not in _TABLES:
            raise ProtocolFileError(
                f"{name}: [{key}]: unknown table; expected [[protocols]], [[limits]] or [sources]"
            )
        rows = value.values() if isinstance(value, dict) else value
        if not isinstance(value, _TABLES[key]) or not all(isinstance(row, dict) for row in rows):
            form = "[sources.KEY] tables" if key == "sources" else f"[[{key}]] tables"
            raise ProtocolFileError(f"{name}: {key}: expected {form}")
    if not tables.get("protocols"):
        raise ProtocolFileError(f"{name}: no [[protocols]] table; expected at least one")


def _called(row: Mapping[str, Any]) -> str:
    return f" ({str(row['id'])[:_SHOWN]})" if "id" in row else ""


def _complete(
    row: Mapping[str, Any], limits: Iterable[Mapping[str, Any]], codes: Iterable[CodeRow]
) -> dict[str, Any]:
    """Add the limits of the row's region and the codes of its product and indication."""
    shared = [limit for limit in limits if limit.get("region") in (None, row.get("region"))]
    added: dict[str, list[Any]] = {
        "limits": [{k: v for k, v in limit.items() if k != "region"} for limit in shared],
        "codes": [code for about, code in codes if _fits(about, row)],
    }
    # What is no list stays as it is, so that it is refused with its protocol.
    given = {key: row.get(key, []) for key in added}
    lists = {key: added[key] + rows for key, rows in given.items() if isinstance(rows, list)}
    return {**row, **lists}


def _fits(code: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether a code belongs to a row's product or indication, and to its region if it has one."""
    about, product = code.get("indications", code.get("suggests")), code.get("product")
    named = row.get("product") == product if about is None else row.get("indication") in about
    return named and code.get("region") in (None, row.get("region"))


def _is_citation(value: Any) -> bool:
    return isinstance(value, dict) and "key" in value and "place" in value


def _unknown_sources(row: dict[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    for path, citation in ((path, value) for path, value in _places(row) if _is_citation(value)):
        also = citation.get("also")
        cited = [citation["key"], *(also if isinstance(also, list) else ())]
        for key in cited:
            if not isinstance(key, str) or key not in known:
                called = f"no source is called {str(key)[:_SHOWN]!r}"
                yield _fault(f"{path}.key", called, "a key of [sources] or of the bundled sources")


def _with_titles(value: Any, known: Mapping[str, Any]) -> Any:
    """Copy *value*, adding each citation's title and address, so that answers can cite them."""
    if isinstance(value, list):
        return [_with_titles(inner, known) for inner in value]
    if not isinstance(value, dict):
        return value
    copy = {key: _with_titles(inner, known) for key, inner in value.items()}
    return with_title(copy, known) if _is_citation(copy) else copy


def with_title(citation: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return a citation with the title and address of its document, which *known* must have."""
    document = known[citation["key"]]
    named = {name: document[name] for name in ("title", "address") if name in document}
    return {**named, **citation}


def faults(error: ValidationError) -> Iterator[str]:
    """Yield each fault of a file's table: the key, what was expected and what was found."""
    for fault in error.errors():
        path = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        given = fault["input"]
        shown = "" if isinstance(given, dict | list) else f"; found {str(given)[:_SHOWN]!r}"
        yield f"{path or 'the table'}: {message}{shown}"


_Conflict = tuple[str, str]
"""What is wrong, and what is expected instead."""


def _conflicts(placed: list[_Placed]) -> Iterator[str]:
    """Yield the conflicts within one file."""
    for earlier, later in combinations(placed, 2):
        for conflict in _between(later.protocol, earlier.protocol):
            yield _fault(later.where, *conflict)
    known = [protocol for _, protocol in placed]
    for where, own in placed:
        for conflict in chain(_one_sided_clocks(own, known), _early_range(own), _aliases(own)):
            yield _fault(where, *conflict)


def _between(own: TreatmentProtocol, other: TreatmentProtocol) -> Iterator[_Conflict]:
    is_alike = treatment_of(other) == treatment_of(own)
    if other.id != own.id:
        if is_alike:
            yield f"id: {other.id} is for the same treatment", "one id for both"
        return
    if not is_alike:
        yield "id: versions share indication, product, population and region", "the same"
        return
    versions = f"{other.version} and {own.version}"
    if not _are_comparable(own, other):
        yield f"version: {versions} cannot be compared", "different numbers such as 1.2"
    if _overlap(own, other):
        yield f"in_force of versions {versions} overlaps", "periods without a common day"


def _are_comparable(one: TreatmentProtocol, other: TreatmentProtocol) -> bool:
    """Whether both versions are dotted numbers and differ, so that one of them is newer."""
    numbers = all(_VERSION.fullmatch(version.version) for version in (one, other))
    return numbers and one.version_key != other.version_key


def _overlap(one: TreatmentProtocol, other: TreatmentProtocol) -> bool:
    periods = (one.in_force, other.in_force)
    last_begin = max(period.first or date.min for period in periods)
    return last_begin <= min(period.last or date.max for period in periods)


def _one_sided_clocks(
    own: TreatmentProtocol, known: Iterable[TreatmentProtocol]
) -> Iterator[_Conflict]:
    for other in known:
        is_alike = treatment_of(own)[1:] == treatment_of(other)[1:]
        named = is_alike and other.indication in own.shares_clock_with
        if named and own.indication not in other.shares_clock_with:
            names = f"names {other.indication}, but {other.id} does not name {own.indication}"
            yield f"shares_clock_with: {names}", "both or none"


def _early_range(own: TreatmentProtocol) -> Iterator[_Conflict]:
    minimum, usual = own.retreatment.minimum, own.retreatment.usual
    if minimum is None or usual is None or usual.first == minimum:
        return
    if usual.first.day_bounds[0] < minimum.day_bounds[1]:
        yield "retreatment.usual: begins before the minimum", "the part from the minimum on"


def _aliases(own: TreatmentProtocol) -> Iterator[_Conflict]:
    """A protocol for an alias would never be found by the sessions of the indication."""
    shared = (("shares_clock_with", name) for name in own.shares_clock_with)
    for key, name in (("indication", own.indication), *shared):
        if (slug := slug_of(name)) != name:
            yield f"{key}: {name} is another name of {slug}", slug
