"""From the text of a protocol file to protocols, or to one error that names every fault."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from os import PathLike
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from botox_schedule.errors import ProtocolFileError
from botox_schedule.files import MEBIBYTE, read_within
from botox_schedule.protocols.model import TreatmentProtocol

_TABLES = {"sources": dict, "limits": list, "protocols": list}
_SHOWN = 60
_MOST_BYTES = MEBIBYTE


def tables_in(text: str, name: str) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Raises:
        ProtocolFileError: When the text is not TOML; the message says where.
    """
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ProtocolFileError(f"{name}: not a TOML file: {error}") from None


def tables_of(path: str | PathLike[str]) -> tuple[str, dict[str, Any]]:
    """Return a TOML file's name and its tables.

    Raises:
        ProtocolFileError: When the file is not TOML in UTF-8.
        FileLimitError: When it is larger than 1 MiB.
        OSError: When it cannot be opened.
    """
    file = Path(path)
    try:
        text = read_within(file, _MOST_BYTES).decode()
    except UnicodeDecodeError:
        raise ProtocolFileError(f"{file.name}: not a TOML file: expected UTF-8 text") from None
    return file.name, tables_in(text, file.name)


def protocols_in(
    tables: Mapping[str, Any],
    name: str,
    sources: Mapping[str, Any],
    codes: Iterable[Mapping[str, Any]] = (),
) -> tuple[TreatmentProtocol, ...]:
    """Return the protocols of a file.

    Args:
        tables: The file's tables.
        name: The file's name, for errors.
        sources: Documents that may be cited beside the file's own.
        codes: Codes that belong to products or indications rather than to one protocol.

    Raises:
        ProtocolFileError: With one line for each fault: file, table, key and what is expected.
    """
    _check_shape(tables, name)
    known = {**sources, **tables.get("sources", {})}
    problems: list[str] = []
    protocols = []
    for number, row in enumerate(tables["protocols"], start=1):
        where = f"{name}: [[protocols]] {number}{_called(row)}"
        whole = _complete(row, tables.get("limits", ()), codes)
        found = [f"{where}: {fault}" for fault in _unknown_sources(whole, known)]
        if not found:
            try:
                protocols.append(TreatmentProtocol.model_validate(_with_titles(whole, known)))
            except ValidationError as error:
                found = [f"{where}: {fault}" for fault in faults(error)]
        problems += found
    if not problems:
        problems = [f"{name}: {fault}" for fault in _conflicts(protocols)]
    if problems:
        raise ProtocolFileError("\n".join(problems))
    return tuple(protocols)


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
    if "protocols" not in tables:
        raise ProtocolFileError(f"{name}: no [[protocols]] table; expected at least one")


def _called(row: Mapping[str, Any]) -> str:
    return f" ({str(row['id'])[:_SHOWN]})" if "id" in row else ""


def _complete(
    row: Mapping[str, Any], limits: Iterable[Mapping[str, Any]], codes: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """Add the limits of the row's region and the codes of its product and indication."""
    whole = dict(row)
    shared = [limit for limit in limits if limit.get("region") in (None, row.get("region"))]
    own = [{k: v for k, v in limit.items() if k != "region"} for limit in shared]
    if own:
        whole["limits"] = [*own, *row.get("limits", ())]
    fitting = [code for code in codes if _fits(code, row)]
    if fitting:
        fields = ("system", "code", "meaning", "source")
        shared_codes = [{field: code[field] for field in fields} for code in fitting]
        whole["codes"] = [*shared_codes, *row.get("codes", ())]
    return whole


def _fits(code: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    return (
        code.get("region") in (None, row.get("region"))
        and code.get("product") in (None, row.get("product"))
        and ("indications" not in code or row.get("indication") in code["indications"])
    )


def _citations(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        if "key" in value and "place" in value:
            yield path, value
        for key, inner in value.items():
            yield from _citations(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, inner in enumerate(value, start=1):
            yield from _citations(inner, f"{path}[{index}]")


def _unknown_sources(row: dict[str, Any], known: Mapping[str, Any]) -> Iterator[str]:
    for path, citation in _citations(row):
        also = citation.get("also", ())
        cited = [citation["key"], *(also if isinstance(also, list) else ())]
        for key in cited:
            if not isinstance(key, str) or key not in known:
                yield (
                    f"{path}.key: no source is called {str(key)[:_SHOWN]!r}; "
                    "expected a key of [sources] or of the bundled sources"
                )


def _with_titles(value: Any, known: Mapping[str, Any]) -> Any:
    """Copy *value*, adding each citation's title and address, so that answers can be quoted."""
    if isinstance(value, list):
        return [_with_titles(inner, known) for inner in value]
    if not isinstance(value, dict):
        return value
    copy = {key: _with_titles(inner, known) for key, inner in value.items()}
    if "key" in copy and "place" in copy:
        source = known[copy["key"]]
        return {name: source[name] for name in ("title", "address") if name in source} | copy
    return copy


def faults(error: ValidationError) -> Iterator[str]:
    """Yield each fault of a file's table: the key, what was expected and what was found."""
    for fault in error.errors():
        path = ".".join(str(part) for part in fault["loc"])
        message = fault["msg"].removeprefix("Value error, ")
        given = fault["input"]
        shown = "" if isinstance(given, dict | list) else f"; found {str(given)[:_SHOWN]!r}"
        yield f"{path or 'the table'}: {message}{shown}"


def _conflicts(protocols: list[TreatmentProtocol]) -> Iterator[str]:
    """Yield what two protocols of one file say against each other."""
    seen: dict[str, list[TreatmentProtocol]] = {}
    for protocol in protocols:
        for other in seen.setdefault(protocol.id, []):
            if (other.indication, other.product) != (protocol.indication, protocol.product):
                yield f"{protocol.id}: versions share indication and product; expected the same"
            elif _overlap(protocol, other):
                yield (
                    f"{protocol.id}: in_force of versions {other.version} and {protocol.version} "
                    "overlaps; expected periods without a common day"
                )
        seen[protocol.id].append(protocol)
    yield from _one_sided_clocks(protocols)
    yield from _two_ids(protocols)
    yield from _early_ranges(protocols)


def _two_ids(protocols: list[TreatmentProtocol]) -> Iterator[str]:
    ids: dict[tuple[str, ...], str] = {}
    for protocol in protocols:
        treatment = (
            protocol.indication,
            protocol.product.value,
            protocol.population.value,
            protocol.region,
        )
        first = ids.setdefault(treatment, protocol.id)
        if first != protocol.id:
            yield f"{protocol.id}: {first} is for the same treatment; expected one id for both"


def _early_ranges(protocols: list[TreatmentProtocol]) -> Iterator[str]:
    for protocol in protocols:
        minimum, usual = protocol.retreatment.minimum, protocol.retreatment.usual
        if minimum is None or usual is None or usual.first == minimum:
            continue
        if usual.first.day_bounds[0] < minimum.day_bounds[1]:
            yield (
                f"{protocol.id}: retreatment.usual begins before the minimum; "
                "expected the part from the minimum on"
            )


def _overlap(one: TreatmentProtocol, other: TreatmentProtocol) -> bool:
    a, b = one.in_force, other.in_force
    return (a.last is None or b.first is None or b.first <= a.last) and (
        b.last is None or a.first is None or a.first <= b.last
    )


def _one_sided_clocks(protocols: list[TreatmentProtocol]) -> Iterator[str]:
    for one in protocols:
        for other in protocols:
            names = other.indication in one.shares_clock_with
            if names and _alike(one, other) and one.indication not in other.shares_clock_with:
                yield (
                    f"{one.id}: shares_clock_with names {other.indication}, but {other.id} "
                    f"does not name {one.indication}; expected both or none"
                )


def _alike(one: TreatmentProtocol, other: TreatmentProtocol) -> bool:
    return (one.product, one.population, one.region) == (
        other.product,
        other.population,
        other.region,
    )
