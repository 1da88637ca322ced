"""The bundled protocols, read once, and a clinic's own protocol files."""

from collections.abc import Iterable, Mapping
from functools import cache
from os import PathLike
from typing import Any

from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.errors import UnknownProtocolError
from botox_schedule.protocols.bundled import bundled_tables, data_folder
from botox_schedule.protocols.collection import ProtocolSet, newness
from botox_schedule.protocols.indications import close_names, code_rows, product_named
from botox_schedule.protocols.loader import protocols_in, tables_of, with_title
from botox_schedule.protocols.model import Code, SourceRef, TreatmentProtocol
from botox_schedule.terms import Population, Product

_CODES = "codes.toml"
"""The codes of an earlier edition; the current codes are in ``indications.toml``."""

_POPULATION_NAMES = {
    **dict.fromkeys(("adult", "adults"), Population.ADULT),
    **dict.fromkeys(("pediatric", "paediatric", "child", "children"), Population.PEDIATRIC),
}


def cited(source: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> SourceRef:
    """Return *source* with the title and address of the document it cites.

    Raises:
        KeyError: When no document has the cited key.
    """
    known = {**bundled_tables("sources.toml"), **(own or {})}
    return SourceRef.model_validate(with_title(source, known))


@cache
def bundled_protocols() -> tuple[TreatmentProtocol, ...]:
    """Return all bundled protocols of the current edition.

    >>> sorted({str(protocol.region) for protocol in bundled_protocols()})
    ['eu', 'uk', 'us']
    """
    return _protocols_of("protocols", code_rows())


@cache
def bundled_edition(edition: str) -> tuple[TreatmentProtocol, ...]:
    """Return the protocols of an earlier edition, to reproduce its answers.

    Pass them as ``other_protocols``; :func:`bundled_protocols` does not include them.

    Args:
        edition: The version of its protocols, such as ``1.0``.

    Raises:
        UnknownProtocolError: When the package does not contain that edition.

    >>> {protocol.version for protocol in bundled_edition("1.0")}
    {'1.0'}
    """
    kept = sorted(entry.name for entry in (data_folder() / "editions").iterdir())
    if edition not in kept:
        raise UnknownProtocolError(f"no such edition is kept; give one of {', '.join(kept)}")
    folder = f"editions/{edition}"
    return _protocols_of(folder, bundled_tables(f"{folder}/{_CODES}")["codes"])


def _protocols_of(folder: str, codes: Iterable[Mapping[str, Any]]) -> tuple[TreatmentProtocol, ...]:
    names = sorted(entry.name for entry in (data_folder() / folder).iterdir())
    read = [(row, _code_of(row)) for row in codes]
    files = [name for name in names if name.endswith(".toml") and name != _CODES]
    found = (protocols_in(bundled_tables(f"{folder}/{name}"), name, read) for name in files)
    return tuple(protocol for protocols in found for protocol in protocols)


def _code_of(row: Mapping[str, Any]) -> Code:
    named = {field: row[field] for field in ("system", "code", "meaning")}
    return Code(**named, source=cited(row["source"]))


@cache
def bundled_set() -> ProtocolSet:
    """Return the bundled protocols as one collection."""
    return ProtocolSet(bundled_protocols())


def known_protocols(others: Iterable[TreatmentProtocol] | None) -> ProtocolSet:
    """Return *others* as one collection; None means the bundled protocols."""
    if others is None or others is bundled_protocols():
        return bundled_set()
    # A model iterates over its fields, but the caller means the protocol itself.
    if isinstance(others, TreatmentProtocol):
        return ProtocolSet((others,))
    return others if isinstance(others, ProtocolSet) else ProtocolSet(others)


def find_protocol(
    indication: str,
    product: str | Product = Product.ONABOTULINUMTOXIN_A,
    population: str | Population = Population.ADULT,
    region: str = "us",
    on: DayInput | None = None,
) -> TreatmentProtocol:
    """Return the bundled protocol for an indication.

    Args:
        indication: A slug, title or alias in any case, such as ``chronic-migraine``.
        product: A nonproprietary name or a brand name.
        population: ``adult`` or ``pediatric``; ``child`` means ``pediatric``.
        region: ``us``, ``uk`` or ``eu``, in any case.
        on: A day on which the version must be in force; None means the newest version.

    Raises:
        DayError: When *on* is not a calendar day.
        UnknownProtocolError: When no bundled protocol matches; the message names the closest
            ones.

    >>> str(find_protocol("chronic-migraine").retreatment.minimum)
    '12 weeks'
    >>> find_protocol("Migraine", "BOTOX®", region="US").id
    'onabotulinumtoxinA-chronic-migraine-adult-us'
    >>> find_protocol("chronic-migrane")
    Traceback (most recent call last):
        ...
    botox_schedule.errors.UnknownProtocolError: no indication has that name; did you mean chronic-migraine?
    """
    wanted = product_named(product)
    people, where = population_named(population), region_named(region)
    slug = bundled_set().indication_named(indication)
    day = None if on is None else as_day(on, "on")
    families = bundled_set().find(slug, wanted, people, where)
    versions = (version for family in families for version in family)
    found = [version for version in versions if day is None or day in version.in_force]
    if not found:
        raise UnknownProtocolError(bundled_set().why_none(slug, people, where, wanted))
    return max(found, key=newness)


def population_named(text: str) -> Population:
    """Return the population that *text* names, in any case.

    Raises:
        UnknownProtocolError: When *text* does not name a population.

    >>> population_named("child")
    <Population.PEDIATRIC: 'pediatric'>
    """
    found = _POPULATION_NAMES.get(str(text).strip().lower())
    if found is None:
        raise UnknownProtocolError("population: give adult or pediatric")
    return found


def region_named(text: str, known: ProtocolSet | None = None) -> str:
    """Return the region that *text* names, in any case.

    Args:
        text: A region of the bundled protocols or of *known*.
        known: Protocols that may be for other regions, such as a clinic's own.

    Raises:
        UnknownProtocolError: When no protocol is for that region.

    >>> region_named("US")
    'us'
    """
    regions = bundled_set().regions if known is None else bundled_set().regions | known.regions
    region = str(text).strip().lower()
    if region not in regions:
        near = close_names(region, sorted(regions), n=1)
        hint = f"did you mean {near[0]}?" if near else f"give one of {', '.join(sorted(regions))}"
        raise UnknownProtocolError(f"region: no protocol is known for it; {hint}")
    return region


def load_protocols(path: str | PathLike[str]) -> tuple[TreatmentProtocol, ...]:
    """Return the protocols of a clinic's own TOML file, in the format of the bundled files.

    Args:
        path: The file. It may cite its own ``[sources]`` and the bundled ones.

    Raises:
        ProtocolFileError: When the file is malformed; one line for each fault names the file,
            the table, the key and what was expected.
        FileLimitError: When the file is larger than 1 MiB.
        OSError: When the file cannot be opened.

    >>> load_protocols("no-such-file.toml")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no-such-file.toml'
    """
    name, tables = tables_of(path)
    return protocols_in(tables, name)
