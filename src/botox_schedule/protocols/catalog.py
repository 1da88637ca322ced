"""The bundled protocols, read once, and protocol files of a clinic's own."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import PathLike
from typing import Any

from botox_schedule.dates.days import DayInput, as_day
from botox_schedule.errors import UnknownProtocolError
from botox_schedule.protocols.loader import protocols_in, tables_in, tables_of
from botox_schedule.protocols.model import SourceRef, TreatmentProtocol
from botox_schedule.terms import Population, Product, find_product

__all__ = ["bundled_protocols", "bundled_tables", "cited", "find_protocol", "load_protocols"]


def _data() -> Traversable:
    return files("botox_schedule.protocols") / "data"


@cache
def bundled_tables(name: str) -> dict[str, Any]:
    """Return the tables of a bundled data file, read once."""
    return tables_in((_data() / name).read_text(encoding="utf-8"), name)


def cited(source: Mapping[str, Any], own: Mapping[str, Any] | None = None) -> SourceRef:
    """Return *source* with the title and address of the document that it names.

    Raises:
        KeyError: When no document has that key.
    """
    document = {**bundled_tables("sources.toml"), **(own or {})}[source["key"]]
    named = {name: document[name] for name in ("title", "address") if name in document}
    return SourceRef.model_validate({**named, **source})


@cache
def bundled_protocols() -> tuple[TreatmentProtocol, ...]:
    """Return all bundled protocols, every version of each.

    >>> sorted({str(protocol.region) for protocol in bundled_protocols()})
    ['eu', 'uk', 'us']
    """
    names = sorted(entry.name for entry in (_data() / "protocols").iterdir())
    sources, codes = bundled_tables("sources.toml"), bundled_tables("codes.toml")["codes"]
    return tuple(
        protocol
        for name in names
        if name.endswith(".toml")
        for protocol in protocols_in(bundled_tables(f"protocols/{name}"), name, sources, codes)
    )


def find_protocol(
    indication: str,
    product: str | Product = Product.ONABOTULINUMTOXIN_A,
    population: str | Population = Population.ADULT,
    region: str = "us",
    on: DayInput | None = None,
) -> TreatmentProtocol:
    """Return the bundled protocol for an indication.

    Args:
        indication: A slug such as ``chronic-migraine``.
        product: A nonproprietary name or a brand name.
        population: ``adult`` or ``pediatric``.
        region: ``us``, ``uk`` or ``eu``.
        on: The day on which the version holds; None means the newest.

    Raises:
        UnknownProtocolError: When no bundled protocol matches.

    >>> str(find_protocol("chronic-migraine").retreatment.minimum)
    '12 weeks'
    >>> find_protocol("migraine")
    Traceback (most recent call last):
        ...
    botox_schedule.errors.UnknownProtocolError: no bundled protocol for migraine with onabotulinumtoxinA, adult, us; with that product, population and region there are: axillary-hyperhidrosis, blepharospasm, cervical-dystonia, chronic-migraine, glabellar-lines, lower-limb-spasticity, neurogenic-detrusor-overactivity, overactive-bladder, platysma-bands, spasticity, strabismus, upper-facial-lines, upper-limb-spasticity
    """
    wanted = find_product(str(product))
    if wanted is None:
        known = ", ".join(member.value for member in Product)
        raise UnknownProtocolError(f"no product is called {product!s}; known: {known}, brand names")
    day = None if on is None else as_day(on, "on")
    alike = [
        protocol
        for protocol in bundled_protocols()
        if (protocol.product, protocol.population, protocol.region) == (wanted, population, region)
    ]
    found = [
        protocol
        for protocol in alike
        if protocol.indication == indication and (day is None or day in protocol.in_force)
    ]
    if not found:
        known = ", ".join(sorted({protocol.indication for protocol in alike})) or "none"
        raise UnknownProtocolError(
            f"no bundled protocol for {indication} with {wanted}, {population!s}, {region}; "
            f"with that product, population and region there are: {known}"
        )
    return max(found, key=lambda protocol: (str(protocol.in_force.first or ""), protocol.version))


def load_protocols(path: str | PathLike[str]) -> tuple[TreatmentProtocol, ...]:
    """Return the protocols of a clinic's own TOML file, which has the schema of the bundled ones.

    Args:
        path: The file. It may cite its own ``[sources]`` and the bundled ones.

    Raises:
        ProtocolFileError: When the file is malformed; one line for each fault names the file,
            the table, the key and what was expected.
        OSError: When the file cannot be opened.

    >>> load_protocols("no-such-file.toml")
    Traceback (most recent call last):
        ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no-such-file.toml'
    """
    name, tables = tables_of(path)
    return protocols_in(tables, name, bundled_tables("sources.toml"))
