"""``botox-schedule protocols``: all figures, their sources, and how each was verified.

Examples:
    botox-schedule protocols
    botox-schedule protocols chronic-migraine
    botox-schedule protocols onabotulinumtoxinA-chronic-migraine-adult-us --json
    botox-schedule protocols --protocols our-protocols.toml
    botox-schedule protocols --verify
"""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from itertools import groupby, starmap

from botox_schedule import TreatmentProtocol, UnknownProtocolError, load_protocols
from botox_schedule.cli.arguments import known_of
from botox_schedule.cli.output import NOT_ADVICE, Answer, Row, Table, flat, in_force
from botox_schedule.protocols import SourceRef, verify_bundled
from botox_schedule.protocols.collection import ProtocolSet
from botox_schedule.views.notebook import figures

OPTIONS = {
    "name NAME?": "a protocol's id, or an indication: every figure with its source",
    "--protocols FILE": "the clinic's own protocols, in TOML, too",
    "--verify": "compare the bundled data files with the digests that came with them",
}
"""What the command takes."""
_LIST = ("indication", "for", "minimum", "usual", "typical", "verification")
_NAMES = ("id", "version", "indication", "product", "population", "region")
_INTERVALS = ("minimum", "usual", "typical")
_COLUMNS = (*_NAMES, *_INTERVALS, "in_force", "verification")
_SPARE = ("verification", "typical")
_FIGURES = ("figure", "value", "verification", "checked_on", "source")


def answer(given: Namespace) -> Answer:
    """Return all protocols, those of one name, or whether the data files are as they came."""
    if given.verify:
        return _verified()
    known = known_of(given)
    if given.name is None:
        own = load_protocols(given.protocols) if given.protocols else ()
        return _listed([*own, *(protocol for protocol in known if protocol not in own)])
    return _shown(_named(known, given.name))


def _named(known: ProtocolSet, name: str) -> list[TreatmentProtocol]:
    if found := [protocol for protocol in known if protocol.id == name]:
        return found
    try:
        slug = known.indication_named(name)
    except UnknownProtocolError as error:
        raise UnknownProtocolError(f"no protocol has that id, and {error}") from None
    return [protocol for protocol in known if protocol.indication == slug]


def _listed(protocols: Sequence[TreatmentProtocol]) -> Answer:
    ordered = sorted(protocols, key=lambda p: (p.product, p.indication, p.population, p.region))
    sections = [
        (product.value, [*map(_row, group)])
        for product, group in groupby(ordered, key=lambda p: p.product)
    ]
    hint = "'botox-schedule protocols NAME' shows every figure of an indication with its source."
    text: list[str | Table] = [Table(_LIST, sections, _SPARE, ("in_force",)), "", hint, NOT_ADVICE]
    return Answer([*map(_row, ordered)], text, ordered, _COLUMNS)


def _row(protocol: TreatmentProtocol) -> Row:
    rule = protocol.retreatment
    source = rule.minimum_source or rule.usual_source or rule.wording_source
    return {
        **flat(protocol, *_NAMES),
        **flat(rule, *_INTERVALS),
        "for": f"{protocol.population} {protocol.region}",
        "in_force": " ".join(in_force(protocol.in_force)),
        "verification": "unverified" if source is None else source.verification,
    }


def _shown(protocols: Sequence[TreatmentProtocol]) -> Answer:
    text: list[str | Table] = []
    rows: list[Row] = []
    for protocol in protocols:
        found = [*figure_rows(protocol)]
        rows += [{"id": protocol.id, "version": protocol.version, **row} for row in found]
        shared = ", ".join(protocol.shares_clock_with) or "no other indication"
        named = " ".join([str(protocol.ref), *in_force(protocol.in_force)])
        text += [named, f"{protocol.retreatment.kind}, shares its clock with {shared}"]
        text += ["", *_figure_lines(found)]
        text += [*(f"note: {note}" for note in protocol.notes), ""]
    data = protocols[0] if len(protocols) == 1 else protocols
    return Answer(rows=rows, text=[*text, NOT_ADVICE], data=data)


def _figure_lines(rows: Sequence[Row]) -> Iterator[str]:
    """A figure in one line and its source below it: both are sentences, no table holds them."""
    for row in rows:
        yield f"{row['figure']}: {row['value']}"
        said = row["source"] or "no source is given"
        yield f"  {row['verification']}, {row['checked_on'] or 'never checked'}: {said}"


def figure_rows(protocol: TreatmentProtocol) -> Iterator[Row]:
    """Yield every figure of a protocol with its source."""
    found = [figure for figure in figures(protocol) if figure[1] is not None]
    found += [("limit", limit, limit.source) for limit in protocol.limits]
    found += [("code", f"{c.system} {c.code}: {c.meaning}", c.source) for c in protocol.codes]
    if (ages := protocol.ages) is not None:
        until = "and older" if ages.last is None else f"to {ages.last}"
        found.append(("ages", f"{ages.first or 0} {until}", ages.source))
    yield from starmap(_figure, found)


def _figure(name: str, value: object, source: SourceRef | None) -> Row:
    told: tuple[object, ...] = ("unverified", None, None)
    if source is not None:
        told = (source.verification, source.checked_on, f"{source.title}, {source.place}")
    return dict(zip(_FIGURES, (name, str(value), *told), strict=True))


def sources(protocol: TreatmentProtocol, *names: str) -> list[str]:
    """Return the lines that say where the named figures of an answer come from."""
    lines = [
        f"  {name.replace('_', ' ')} {value}: {source or 'no source is given: unverified'}"
        for name, value, source in figures(protocol)
        if name in names and value is not None
    ]
    return ["sources:", *lines, f"protocol: {protocol.ref}"]


def _verified() -> Answer:
    faults = verify_bundled()
    rows = [{"file": name, "fault": fault} for name, fault in faults.items()]
    return Answer(
        rows=rows,
        text=[] if rows else ["every bundled data file is the one released with this version"],
        columns=("file", "fault"),
        problems=[f"{name}: {fault}" for name, fault in faults.items()],
    )
