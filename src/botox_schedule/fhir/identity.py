"""Finds the resource that a reference points to, and the version that counts."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import cache, cached_property
from itertools import chain
from typing import Any, NamedTuple, TypeVar
from urllib.parse import unquote
from uuid import UUID

from botox_schedule.fhir.bundle import Entry, as_json, method_of
from botox_schedule.fhir.elements import listed, text_of, within, without_scheme

_LONGEST_ADDRESS = 2000
_ADDRESS = re.compile(
    r"(?:(?P<scheme>(?i:https?:)?)(?P<host>//[^/?#\s]+)(?P<path>/[^?#\s]*?)?/|\.?/)?"
    r"(?P<name>[A-Z][A-Za-z]*/[^/?#\s]+)(?:/_history(?:/(?P<version>[^/?#\s]+))?)?/?"
    r"(?:[?#].*)?"
)
_PORT = re.compile(r":(80|443)\Z")
_SEARCH = re.compile(r"(?:.*/)?(\w+)\?(?:.*&)?identifier=([^|&]+)\|([^&]+)(?:&.*)?")
_VERSION = re.compile(r'(?:W/)?"?(\d{1,18})"?', re.ASCII)
_READ = frozenset({"MedicationAdministration", "Patient", "Procedure"})
_SUBJECTS = ("subject", "patient", "for", "beneficiary", "individual", "candidate", "actor")

_T = TypeVar("_T")


class Address(NamedTuple):
    """The parts of a reference: the server, empty if relative; the name; the version; the scheme.

    The scheme is kept apart from the server: http and https reach the same one. A query or a
    fragment is dropped: it leads to the same resource.
    """

    base: str
    name: str
    version: str | None
    scheme: str

    @property
    def kind(self) -> str:
        """The resource type that the address names."""
        return self.name.partition("/")[0]


def address_of(text: str | None) -> Address | None:
    """Return the parts of a RESTful address; None for any other address.

    >>> address_of("https://Clinic.example:443/fhir/Patient/1/_history/3")
    Address(base='//clinic.example/fhir', name='Patient/1', version='3', scheme='https:')
    >>> address_of("urn:uuid:7") is None
    True
    """
    if text is None or len(text) > _LONGEST_ADDRESS:
        return None
    found = _ADDRESS.fullmatch(text.strip())
    if found is None:
        return None
    base = _PORT.sub("", (found["host"] or "").lower()) + (found["path"] or "")
    scheme = (found["scheme"] or "").lower()
    return Address(base.rstrip("/"), found["name"], found["version"], scheme)


class Directory:
    """The resources by every name that a reference may use for them.

    Attributes:
        whole: The entries that count: the newest versions, without deleted resources.
        every: The same, plus the resources that they contain.
        kinds: The resource types of all versions, deleted ones included.
        uncertain: For each resource whose newest version is uncertain, its possible versions.
        contradicted: For each resource whose newest version is not the one changed last, that
            version and then all.
    """

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._address = cache(address_of)
        self._identities: dict[int, str] = {}
        self._only_base = self._the_only_base(entries)
        self.kinds: set[str] = {entry.kind for entry in entries}
        versions = grouped((self.identity(entry), entry) for entry in entries)
        newest = {i: es if len(es) == 1 else _newest(es) for i, es in versions.items()}
        self.uncertain: list[list[Entry]] = [es for es in newest.values() if len(es) > 1]
        told = ((es[0], versions[i]) for i, es in newest.items() if len(es) == 1 < len(versions[i]))
        self.contradicted: list[list[Entry]] = [[e, *es] for e, es in told if _is_old(e, es)]
        self._entries = {i: es for i, es in newest.items() if not any(e.is_deletion for e in es)}
        self.whole: list[Entry] = [e for known in self._entries.values() for e in known]
        inner = [c for entry in self.whole for c in _contained(entry)]
        self._entries |= grouped((self.identity(entry), entry) for entry in inner)
        self.every: list[Entry] = [*self.whole, *inner]
        self._named = grouped((n, self.identity(e)) for e in self.every for n in self._names(e))
        self._by_name = grouped((entry.name, self.identity(entry)) for entry in self.whole)

    def identity(self, entry: Entry) -> str:
        """Return what identifies the resource: its address, else its id, else its place."""
        if id(entry) not in self._identities:
            self._identities[id(entry)] = self._identity(entry)
        return self._identities[id(entry)]

    def _identity(self, entry: Entry) -> str:
        if entry.container is not None:
            key = text_of(entry.resource, "id") or entry.where
            return f"{self.identity(entry.container)}#{key}"
        url, name = _url(entry), entry.name
        if url is None:
            return self._joined("", name) if name else entry.where
        # An address that does not name this resource may be used for others too, by mistake.
        at = self._address(url)
        is_own = name is None or (at is not None and at.name == name)
        return self._canonical(url) if is_own else f"{self._canonical(url)} {name}"

    def entries(self, identity: str) -> list[Entry]:
        """Return the entries of a resource; several where its newest version is uncertain."""
        return self._entries.get(identity, [])

    def key_of(self, identity: str) -> str:
        """Return the id for records: ``Patient/1``, or the address where two share that."""
        name = next((e.name for e in self.entries(identity) if e.container is None), None)
        name = name or (identity.removeprefix(f"{self._only_base}/") if self._only_base else None)
        if name is not None and self._by_name.get(name, [identity]) == [identity]:
            return name
        at = self._address(identity)
        # With the scheme that the bundle uses for the server.
        return identity if at is None else min(self._schemes.get(at.base, [""])) + identity

    def find(self, source: Entry, reference: Any, kind: str) -> list[str]:
        """Return the identities that a Reference of *source* can mean: none, one or several.

        Args:
            source: The entry that holds the reference.
            reference: The Reference.
            kind: The resource type of a logical identifier.
        """
        target = _address_in(reference, "reference")
        found = self._pointed_at(source, target) if target is not None else []
        named = self._named.get(_identifier(within(reference, "identifier"), kind), [])
        # Where the address and the identifier name different resources, either may be meant.
        return found if not set(found).isdisjoint(named) else [*found, *named]

    def found(self, source: Entry, references: Iterable[Any], kind: str) -> list[Entry]:
        """Return the entries that References of *source* can mean; see :meth:`find`."""
        found = (one for reference in references for one in self.find(source, reference, kind))
        return [entry for identity in found for entry in self.entries(identity)]

    def absent(self, source: Entry, reference: Any, kind: str) -> str | None:
        """Return the identity of a resource outside the bundle, as a Reference states it."""
        target = _address_in(reference, "reference")
        if target is None:
            return _identifier(within(reference, "identifier"), kind)
        at = self._address(target)
        if at is None:
            return self._canonical(target)
        return self._joined(at.base or self._base(source), at.name)

    def _pointed_at(self, source: Entry, target: str) -> list[str]:
        if target.startswith("#"):
            return self._named.get(f"{self.identity(source.container or source)}{target}", [])
        at = self._address(target)
        if at is None:
            search = _SEARCH.fullmatch(unquote(target, errors="surrogateescape"))
            name = self._canonical(target) if search is None else _searched(*search.groups())
            return self._named.get(name, [])
        base = at.base or self._base(source)
        found = self._named.get(self._joined(base, at.name), [])
        # A reference without a server can mean the only resource of that name on any server.
        return found if found or base else self._by_name.get(at.name, [])

    def _names(self, entry: Entry) -> set[str]:
        names = {self.identity(entry)}
        names |= {_searched(entry.kind, *identifier) for identifier in identifiers_of(entry)}
        if entry.container is not None:
            return names
        url, name = _url(entry), entry.name
        if name is not None:
            names.add(self._joined(self._base(entry), name))
        if url is not None:
            names.add(self._canonical(url))
        elif (uuid := _uuid(entry)) is not None:
            names.add(uuid)
        return names

    def _canonical(self, text: str) -> str:
        at = self._address(text)
        if at is not None:
            return self._joined(at.base, at.name)
        plain = without_scheme(text)
        return plain.lower() if plain.lower().startswith("urn:") else plain

    def _joined(self, base: str, name: str) -> str:
        """Join server and name; the default is the only server that the bundle names, if any."""
        base = base or self._only_base
        return f"{base}/{name}" if base else name

    def _base(self, entry: Entry) -> str:
        at = self._address(text_of(entry.envelope, "fullUrl"))
        return "" if at is None else at.base

    def _the_only_base(self, entries: Iterable[Entry]) -> str:
        """The server of all that is read here where exactly one is named, else empty."""
        read = [entry for entry in entries if entry.kind in _READ or entry.is_deletion]
        pointed = (self._address(text_of(subject_of(entry), "reference")) for entry in read)
        named = {at.base for at in pointed if at is not None} | set(map(self._base, read))
        return max(named) if len(named - {""}) == 1 else ""

    @cached_property
    def _schemes(self) -> dict[str, list[str]]:
        """The schemes that the bundle uses for each server."""
        texts = ((_url(e), text_of(subject_of(e), "reference")) for e in self.whole)
        found = map(self._address, chain.from_iterable(texts))
        return grouped((at.base, at.scheme) for at in found if at is not None)


def grouped(pairs: Iterable[tuple[Any, _T]]) -> dict[Any, list[_T]]:
    """Return the values of each key in their order, each once."""
    found: defaultdict[Any, list[_T]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return {k: v if len(v) == 1 else _each_once(v) for k, v in found.items()}


def _each_once(values: list[_T]) -> list[_T]:
    return [*{v if isinstance(v, str) else id(v): v for v in values}.values()]


def subject_of(entry: Entry) -> Any:
    """Return the Reference to the subject of a resource, under the name that its type has for it."""
    given = (entry.resource.get(name) for name in _SUBJECTS)
    return next((subject for subject in given if subject is not None), None)


def identifiers_of(entry: Entry) -> list[tuple[str, str]]:
    """Return system and value of each identifier that has both."""
    given = listed(entry.resource, "identifier")
    found = ((text_of(one, "system"), text_of(one, "value")) for one in given)
    return [(system, value) for system, value in found if system and value]


def _url(entry: Entry) -> str | None:
    """The fullUrl, else the address of the PUT or DELETE request."""
    url = _address_in(entry.envelope, "fullUrl")
    if url is None and method_of(entry) in {"DELETE", "PUT"}:
        return _address_in(within(entry.envelope, "request"), "url")
    return url


def _address_in(element: Any, name: str) -> str | None:
    """The address in an element; ``http://`` and ``/`` are none, or all such would be one."""
    text = text_of(element, name)
    return text if text and without_scheme(text) else None


def _contained(entry: Entry) -> Iterator[Entry]:
    for number, inner in enumerate(listed(entry.resource, "contained")):
        where = f"{entry.where}.contained[{number}]"
        kind = text_of(inner, "resourceType") or ""
        yield entry._replace(where=where, kind=kind, resource=inner, container=entry)


def _identifier(identifier: Any, kind: str) -> str | None:
    system, value = text_of(identifier, "system"), text_of(identifier, "value")
    return _searched(kind, system, value) if system and value else None


def _searched(kind: str, system: str, value: str) -> str:
    return f"{kind}?identifier={without_scheme(system)}|{value}"


def _uuid(entry: Entry) -> str | None:
    """The URN by which others may refer to a resource whose id is a UUID."""
    try:
        return UUID(text_of(entry.resource, "id") or "").urn
    except ValueError:
        return None


def _newest(entries: list[Entry]) -> list[Entry]:
    """The newest version by number, then by time, then by place; all that remain equal.

    A history lists its newest versions first; elsewhere, and between two histories, the place does
    not matter.
    """
    ranks: Sequence[Callable[[Entry], Any]] = (_version, _moment)
    # Versions from different servers, or from one server and none, cannot be compared.
    urls = (text_of(e.envelope, "fullUrl") for e in entries if not e.is_deletion)
    servers = {at.base if at is not None else "" for at in map(address_of, urls)}
    left = entries if len(servers) <= 1 else []
    for rank in ranks:
        ranked = [(rank(one), one) for one in left]
        if all(value is not None for value, _ in ranked):
            best = max((value for value, _ in ranked), default=None)
            left = [one for value, one in ranked if value == best]
    lists = {entry.history for entry in entries}
    is_ordered = len(lists) == 1 and None not in lists
    return _distinct((left[:1] if is_ordered else left) or entries)


def _version(entry: Entry) -> int | None:
    response, request = within(entry.envelope, "response"), within(entry.envelope, "request")
    urls = (text_of(request, "url"), text_of(entry.envelope, "fullUrl"))
    in_urls = (at.version for url in urls if (at := address_of(url)) is not None)
    number = str(within(entry.resource.get("meta"), "versionId"))
    stated = (number, text_of(response, "etag"), *in_urls)
    numbers = (_VERSION.fullmatch(text) for text in stated if text)
    return next((int(number[1]) for number in numbers if number is not None), None)


def _moment(entry: Entry) -> datetime | None:
    response = within(entry.envelope, "response")
    meta = entry.resource.get("meta")
    text = text_of(meta, "lastUpdated") or text_of(response, "lastModified")
    try:
        moment = datetime.fromisoformat(text or "")
        return moment.astimezone(UTC) if moment.utcoffset() is not None else None
    except (ValueError, OverflowError):
        return None


def _is_old(newest: Entry, versions: Iterable[Entry]) -> bool:
    """Whether another version was changed later than the newest one."""
    moments = [moment for one in versions if (moment := _moment(one)) is not None]
    changed = _moment(newest)
    return changed is not None and changed < max(moments)


def _distinct(entries: list[Entry]) -> list[Entry]:
    """The entries without identical copies; a deletion is none of what it deletes."""
    if len(entries) == 1:
        return entries
    copies = {(one.is_deletion, as_json(one.resource)): one for one in reversed(entries)}
    return list(copies.values())[::-1]
