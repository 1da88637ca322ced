"""The protocol catalog as a page: by indication, then by product, and what is unknown."""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from botox_schedule import TreatmentProtocol
from botox_schedule.protocols import DoseLimit, SourceRef
from botox_schedule.terms import ForWhom, LimitScope, Population, Verification

MARKS = {
    Verification.MANUFACTURER: "M",
    Verification.PRIMARY: "P",
    Verification.SECONDARY: "S",
    Verification.CLINIC: "C",
    Verification.UNVERIFIED: "**U**",
}
_PARTS = (
    ("retreatment", ("minimum", "usual", "typical", "wording")),
    ("response", ("onset", "peak", "wear_off", "full_benefit")),
)
_WINDOWS = ("onset", "peak", "wear_off")
_ADDRESS = re.compile(r"(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[^\s]*)?")
_HEADER = [
    "| product | for | minimum | usual or typical | response | limits |",
    "|---|---|---|---|---|---|",
]


def catalog_page(protocols: Iterable[TreatmentProtocol]) -> str:
    """Return the page in Markdown."""
    ordered = sorted(protocols, key=_order)
    lines = [
        "# Protocol catalog",
        "",
        "Generated from the data files; nothing here is typed twice.",
        "This is not medical advice: check each figure against the current label.",
        "",
        "The letter behind a figure says how it was verified, and leads to its source:",
        "M on the manufacturer's own page, P in the publication or on the issuing body's page,",
        "S in a transcription or summary, **U** unverified, which is not read anywhere.",
        "A *usual* range makes somebody due; a *typical* day is one statistic and makes nobody due.",
        "",
    ]
    for indication, each in groupby(ordered, key=lambda protocol: protocol.indication):
        lines += _indication(indication, list(each))
    return "\n".join([*lines, *_unknown(ordered)]) + "\n"


def _order(protocol: TreatmentProtocol) -> tuple[str, str, str, str]:
    # The US comes first: most of the content is its labels.
    region = "" if protocol.region == "us" else protocol.region
    return protocol.indication, protocol.product.value, region, protocol.population.value


def _indication(indication: str, protocols: list[TreatmentProtocol]) -> list[str]:
    lines = [f"## {indication.replace('-', ' ').capitalize()}", "", *_HEADER]
    lines += [_overview(protocol) for protocol in protocols]
    lines.append("")
    for protocol in protocols:
        lines += _details(protocol)
    return lines


def _overview(protocol: TreatmentProtocol) -> str:
    rule = protocol.retreatment
    cells = [
        protocol.product.value,
        f"{protocol.population}, {protocol.region.upper()}",
        _marked(protocol, rule.minimum, rule.minimum_source, _strength(protocol)),
        _marked(protocol, rule.usual, rule.usual_source) or _typical(protocol) or "unknown",
        _response(protocol) or "unknown",
        _limits(protocol) or "none recorded",
    ]
    cells[2] = cells[2] or _marked(protocol, rule.wording, rule.wording_source)
    return f"| {' | '.join(cells)} |"


def _marked(
    protocol: TreatmentProtocol, value: object, source: SourceRef | None, words: str = ""
) -> str:
    if value is None:
        return ""
    verification = Verification.UNVERIFIED if source is None else source.verification
    return f"{value}{words} [{MARKS[verification]}](#{protocol.id.lower()})"


def _strength(protocol: TreatmentProtocol) -> str:
    source = protocol.retreatment.minimum_source
    if protocol.retreatment.minimum_is_advisory:
        return " (advised)"
    return f" ({source.basis})" if source is not None and source.basis else ""


def _typical(protocol: TreatmentProtocol) -> str:
    rule = protocol.retreatment
    words = f" ({rule.typical_statistic})"
    shown = _marked(protocol, rule.typical, rule.typical_source, words)
    return shown and f"typical: {shown}"


def _response(protocol: TreatmentProtocol) -> str:
    response = protocol.response
    shown = []
    for name in _WINDOWS:
        some = getattr(response, f"{name}_for_whom") is ForWhom.SOME
        words = f" (some: {getattr(response, f'{name}_share')})" if some else ""
        source = getattr(response, f"{name}_source")
        window = _marked(protocol, getattr(response, name), source, words)
        shown += [f"{name.replace('_', '-')} {window}"] if window else []
    return "; ".join(shown)


def _limits(protocol: TreatmentProtocol) -> str:
    return "; ".join(_marked(protocol, _limit(limit), limit.source) for limit in own(protocol))


def own(protocol: TreatmentProtocol) -> list[DoseLimit]:
    """Return the limits that are for the protocol's population; a file may state them for all."""
    adult = protocol.population is Population.ADULT
    return [
        limit
        for limit in protocol.limits
        if limit.ages is None or (limit.ages.last is None) is adult
    ]


def _limit(limit: DoseLimit) -> str:
    figures, _, _ = str(limit).partition(" per ")
    windows = " or ".join(str(window.window) for window in limit.windows)
    over = f"in {windows}" if windows else f"a {limit.per}"
    scopes = {
        LimitScope.PRODUCT: ", any indication",
        LimitScope.INDICATIONS: f", {', '.join(limit.indications)} together",
    }
    return f"{figures} {over}{scopes.get(limit.scope, '')}"


def _ages(first: int | None, last: int | None) -> str:
    return f"{first} and older" if last is None else f"{first or 0} to {last}"


def _details(protocol: TreatmentProtocol) -> list[str]:
    shared = ", ".join(protocol.shares_clock_with) or "none"
    kind = protocol.retreatment.kind.value.replace("_", " ")
    lines = [
        f"({protocol.id.lower()})=",
        f"### {protocol.id}",
        "",
        f"Version {protocol.version}, {protocol.region}, {protocol.population}; {kind}.",
        f"Shares its clock with: {shared}.",
        "",
        "| figure | value | source | verification | checked on |",
        "|---|---|---|---|---|",
        *_figures(protocol),
        "",
    ]
    lines += [f"- {note}" for note in (*protocol.notes, *protocol.response.notes)]
    return [*lines, "", *_codes(protocol)]


def _figures(protocol: TreatmentProtocol) -> Iterator[str]:
    for part, names in _PARTS:
        table = getattr(protocol, part)
        for name in names:
            value = getattr(table, name)
            if value is not None:
                words = _words(table, name)
                yield f"| {name} | {value}{words} | {_source(getattr(table, f'{name}_source'))} |"
    if protocol.ages is not None:
        ages = _ages(protocol.ages.first, protocol.ages.last)
        yield f"| ages | {ages} | {_source(protocol.ages.source)} |"
    for limit in own(protocol):
        yield f"| limit | {_limit(limit)} | {_source(limit.source)} |"


def _words(table: object, name: str) -> str:
    """What a figure is about: its statistic, or the share of patients."""
    words = getattr(table, f"{name}_statistic", None) or getattr(table, f"{name}_share", None)
    return f" ({words})" if words else ""


def _source(source: SourceRef | None) -> str:
    if source is None:
        return "no source is given | unverified | "
    words = f" “{source.quote}”" if source.quote else ""
    strength = f" ({source.strength})" if source.strength and not source.quote else ""
    basis = f", {source.basis}" if source.basis else ""
    note = f"; {source.note}" if source.note else ""
    cited = f"{_linked(source)}, {source.place}{words}{strength}{note}"
    return f"{cited} | {source.verification}{basis} | {source.checked_on}"


def _linked(source: SourceRef) -> str:
    """The title, as a link where the address is one."""
    title, address = source.title or source.key, source.address or ""
    is_address = _ADDRESS.fullmatch(address) and "..." not in address
    return f"[{title}](https://{address})" if is_address else title


def _codes(protocol: TreatmentProtocol) -> list[str]:
    grouped: dict[tuple[str, str], list[str]] = {}
    for code in protocol.codes:
        grouped.setdefault((code.system, code.meaning), []).append(code.code)
    shown = [
        f"{system} {', '.join(codes)} ({meaning})" for (system, meaning), codes in grouped.items()
    ]
    return [f"Codes: {'; '.join(shown)}.", ""] if shown else []


def _unknown(protocols: list[TreatmentProtocol]) -> list[str]:
    lines = [
        "## What is unknown",
        "",
        "What was looked for and not found in a source; an answer that misses it says so.",
        "",
        "| protocol | no figure for | unverified | a payer's figure |",
        "|---|---|---|---|",
    ]
    for protocol in protocols:
        cells = [", ".join(each) for each in (missing(protocol), _weak(protocol), _payer(protocol))]
        if any(cells):
            lines.append(f"| [{protocol.id}](#{protocol.id.lower()}) | {' | '.join(cells)} |")
    return lines


def missing(protocol: TreatmentProtocol) -> list[str]:
    """Return what no source states about a protocol, in words."""
    rule, response = protocol.retreatment, protocol.response
    known = {
        "minimum": rule.minimum,
        "usual range": rule.usual,
        "usual range or typical day": rule.usual or rule.typical,
        "onset": response.onset,
        "peak": response.peak,
        "wear-off": response.wear_off,
        "limit": own(protocol) or None,
    }
    if known["usual range or typical day"] is None:
        known.pop("usual range")
    return [name for name, value in known.items() if value is None]


def _weak(protocol: TreatmentProtocol) -> tuple[str, ...]:
    return (*protocol.unverified_retreatment, *protocol.unverified_response)


def _payer(protocol: TreatmentProtocol) -> list[str]:
    rule = protocol.retreatment
    sources = {"minimum": rule.minimum_source, "usual": rule.usual_source}
    sources |= {f"limit {number}": x.source for number, x in enumerate(own(protocol), start=1)}
    return [
        name for name, source in sources.items() if source is not None and source.basis == "payer"
    ]
