"""Finds the resources of a bundle, of lines of JSON or of a single resource, with their places."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from fhir.resources import fhirtypes as r5
from fhir.resources.R4B import fhirtypes as r4
from fhir.resources.STU3 import fhirtypes as stu3
from pydantic import BaseModel

from botox_schedule.errors import ExchangeError, FileLimitError
from botox_schedule.fhir.elements import listed, text_of, within, without_scheme
from botox_schedule.fhir.problems import (
    UNKNOWN_RULE,
    BundleProblem,
    BundleProblemCode,
    Remark,
    inside,
)
from botox_schedule.files import MEBIBYTE, expand, object_of

BundleContent = bytes | str | Mapping[str, Any] | BaseModel
"""Accepted input: JSON or lines of JSON, also in gzip; a mapping; or a model."""

_INVALID, _PARTIAL = BundleProblemCode.INVALID_RESOURCE, BundleProblemCode.INCOMPLETE
_MOST = 512 * MEBIBYTE
_FEWEST_LINES = 2
_RESOURCE = re.compile(r"\s*\{.*\"resourceType\"")
_JOINED = re.compile(r"(?<=\})[\s\ufeff]*(?=\{)")
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)
# A type that is not one of these could be a patient's name; it is never repeated.
_KNOWN_TYPES = {name.removesuffix("Type") for name in (*dir(r4), *dir(r5), *dir(stu3))} - {"Bundle"}
_ERRORS = frozenset({"error", "fatal"})
_PARTIAL_ANSWERS = frozenset({"incomplete", "suppressed", "throttled", "timeout", "too-costly"})
_Page = tuple[str, frozenset[tuple[str, str]]]
_NO_PAGE: frozenset[_Page] = frozenset({("", frozenset())})


class Entry(NamedTuple):
    """One resource, or the deletion of one.

    Attributes:
        where: Its place, such as ``entry[2]``.
        kind: Its resource type; empty where there is none, as in a deletion without a resource.
        resource: Its content; empty for a deletion without a resource.
        envelope: The bundle entry that holds it; empty outside a bundle.
        history: The place of the bundle that holds it, if that is a history, which lists the
            newest versions first; None otherwise.
        container: For a contained resource, the entry that contains it; None otherwise.
    """

    where: str
    kind: str
    resource: Mapping[str, Any]
    envelope: Mapping[str, Any]
    history: str | None
    container: "Entry | None" = None

    @property
    def is_deletion(self) -> bool:
        """Whether the entry deletes the resource."""
        return method_of(self) == "DELETE"

    @property
    def name(self) -> str | None:
        """The relative reference to it, such as ``Patient/1``; None without an id."""
        key = text_of(self.resource, "id")
        return f"{self.kind}/{key}" if key else None

    def problem(
        self, remark: Remark, patient: str | None, *, left_out: bool = False
    ) -> BundleProblem:
        """Return a problem of the resource, for a patient; with it a session may be left out."""
        code, element, message = remark
        return BundleProblem(
            code=code,
            where=inside(self.where, element),
            message=message,
            session_left_out=left_out,
            patient=patient,
            reference=self.name,
        )


class Contents(NamedTuple):
    """The entries that can be read, and the problems found."""

    entries: tuple[Entry, ...]
    problems: tuple[BundleProblem, ...]


def contents_of(bundle: BundleContent) -> Contents:
    """Return the resources, including those of nested bundles, and the problems found.

    Raises:
        ExchangeError: When it is not a resource or bundle in JSON; the message says why.
        FileLimitError: When bytes are larger than 512 MiB once unpacked, or are damaged gzip.
    """
    content = dict(bundle) if isinstance(bundle, Mapping) else _text(bundle)
    roots = [_root("", content)] if isinstance(content, dict) else _roots(content)
    bundles, leaves = _unfolded(root for root in roots if isinstance(root, Entry))
    # Half of a surrogate pair is rare, and checking each resource for one is slow.
    is_odd = isinstance(content, dict) or "\\ud" in content.lower() or not _is_text(content)
    read = [one for leaf in leaves for one in _read(leaf, is_odd=is_odd)]
    found = (*(root for root in roots if isinstance(root, BundleProblem)), *read)
    problems = (one for one in found if isinstance(one, BundleProblem))
    entries = tuple(one for one in found if isinstance(one, Entry))
    return Contents(entries, (*problems, *_incomplete(bundles)))


def _roots(text: str) -> Sequence[Entry | BundleProblem]:
    try:
        whole = _parsed(text)
    except ExchangeError:
        # A byte order mark begins each of the files that were joined.
        lines = [(f"line {n}", t.strip("\ufeff")) for n, t in enumerate(text.split("\n"), 1)]
        # A large bundle over many lines that was cut short is refused at once.
        if not any(map(_RESOURCE.match, (line for _, line in lines))):
            raise
        found = [one for where, line in lines if line.strip() for one in _line(where, line)]
        if len(found) < _FEWEST_LINES or not any(isinstance(one, Entry) for one in found):
            raise
        return found
    return [_root("", whole)]


def _root(where: str, value: Any) -> Entry:
    kind = within(value, "resourceType")
    if not isinstance(kind, str):
        message = "expected an object with resourceType 'Bundle'; give several one a line"
        raise ExchangeError(f"not a FHIR bundle: {message}")
    if kind == "Bundle" and not isinstance(_listing(value), list | tuple):
        raise ExchangeError("not a FHIR bundle: expected a list as 'entry'")
    where = where or ("" if kind == "Bundle" else "resource")
    return Entry(where, kind, value, {}, history=None)


def _listing(bundle: Mapping[str, Any]) -> Any:
    """The entries of a bundle, as they stand there; a search that found nothing has none."""
    return [] if bundle.get("entry") is None else bundle["entry"]


def _line(where: str, text: str) -> list[Entry | BundleProblem]:
    """The resource of a line, or several: a file that was joined may not have ended its last."""
    try:
        return [_root(where, _parsed(text))]
    except ExchangeError:
        parts = [(f"{where}, part {n}", t) for n, t in enumerate(_JOINED.split(text), 1)]
    try:
        return [_root(part, _parsed(t)) for part, t in parts]
    except ExchangeError:
        return [_lost(_INVALID, where, "expected one resource in JSON")]


def _lost(code: BundleProblemCode, where: str, message: str) -> BundleProblem:
    return BundleProblem(code=code, where=where, message=message, session_left_out=True)


def _text(content: bytes | str | BaseModel) -> str:
    if isinstance(content, BaseModel):
        return content.model_dump_json()
    text = _decoded(content) if isinstance(content, bytes) else content
    if not isinstance(text, str):
        raise ExchangeError("not a FHIR bundle: give JSON, or one mapping or model")
    return text.removeprefix("\ufeff")


def _decoded(content: bytes) -> str:
    expanded = expand(content, "the bundle", _MOST)
    if len(expanded) > _MOST:
        raise FileLimitError(f"the bundle: larger than {_MOST // MEBIBYTE} MiB")
    try:
        return expanded.decode(json.detect_encoding(expanded))
    except UnicodeDecodeError:
        raise ExchangeError("the bundle is not JSON: expected text in UTF-8") from None


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse, object_pairs_hook=object_of)
    except ExchangeError:
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ExchangeError(f"the bundle is not JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise ExchangeError("the bundle is nested too deeply") from None
    except ValueError:
        raise ExchangeError("the bundle is not JSON: a number is not one of JSON") from None


def _refuse(_: str) -> None:
    raise ValueError


def _unfolded(roots: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """The bundles and the resources in them, in order; on a stack, as nesting has no limit."""
    bundles, leaves = [], []
    waiting = [*roots][::-1]
    while waiting:
        node = waiting.pop()
        if _is_bundle(node):
            bundles.append(node)
            waiting += [*_entries_in(node)][::-1]
        else:
            leaves.append(node)
    return bundles, leaves


def _is_bundle(node: Entry) -> bool:
    """Whether it is a bundle that can be opened; one that contains itself cannot."""
    if node.kind != "Bundle" or not isinstance(_listing(node.resource), list | tuple):
        return False
    return node.where.count("entry[") != 1 or _is_text(node.resource, errors="surrogatepass")


def _entries_in(bundle: Entry) -> Iterator[Entry]:
    """The entries of the bundle, not yet checked."""
    history = bundle.where if bundle.resource.get("type") == "history" else None
    for number, entry in enumerate(_listing(bundle.resource)):
        resource = within(entry, "resource")
        where, kind = inside(bundle.where, f"entry[{number}]"), text_of(resource, "resourceType")
        yield Entry(where, kind or "", resource, entry, history)


def _read(node: Entry, *, is_odd: bool) -> Iterator[Entry | BundleProblem]:
    """The resource of an entry, and its problems."""
    method = method_of(node)
    if _is_change(node, method) or _has_failed(node):
        message = "the entry says that a request failed, or changes what it does not name"
        yield _lost(_PARTIAL, node.where, message)
    if _is_subset(node.resource):
        yield _lost(_PARTIAL, node.where, "the resource holds only some of its elements")
    if method == "DELETE" and not isinstance(node.resource, dict):
        yield node._replace(kind="", resource={})
    elif node.resource is None and (method in {"GET", "HEAD"} or within(node.envelope, "response")):
        return
    elif node.kind not in _KNOWN_TYPES or (is_odd and not _is_text(node.envelope or node.resource)):
        message = "expected a resource with a resourceType of FHIR, in Unicode"
        yield _lost(_INVALID, node.where, message)
    else:
        yield node


def method_of(entry: Entry) -> str | None:
    """Return the method of an entry's request in upper case, or None."""
    return (text_of(within(entry.envelope, "request"), "method") or "").upper() or None


def _is_subset(resource: Any) -> bool:
    tags = listed(within(resource, "meta"), "tag")
    return any(tag.get("code") == "SUBSETTED" for tag in tags)


def _is_change(node: Entry, method: str | None) -> bool:
    """Whether it changes a resource that it does not contain.

    A patch, a conditional delete, or in a history any version without its resource.
    """
    if method == "DELETE":
        return "?" in (text_of(within(node.envelope, "request"), "url") or "")
    if node.history is not None and node.resource is None:
        return within(node.envelope, "response") is not None
    return method == "PATCH" and (not node.kind or node.kind in {"Binary", "Parameters"})


def _has_failed(node: Entry) -> bool:
    response = within(node.envelope, "response")
    status = text_of(response, "status") or "2"
    return status[0] in "45" or any(map(_is_failure, (node.resource, within(response, "outcome"))))


def _is_failure(outcome: Any) -> bool:
    """Whether it reports a failure, or that a part of the answer is missing."""
    if within(outcome, "resourceType") != "OperationOutcome":
        return False
    issues = listed(outcome, "issue")
    said = {text_of(issue, name) for issue in issues for name in ("severity", "code")}
    return not said.isdisjoint(_ERRORS | _PARTIAL_ANSWERS)


def _is_text(value: Any, errors: str = "strict") -> bool:
    """Whether it can be written as JSON in UTF-8; half of a surrogate pair cannot, if strict."""
    try:
        return bool((value if isinstance(value, str) else as_json(value)).encode(errors=errors))
    except (ValueError, TypeError, RecursionError):
        return False


def as_json(value: Any) -> str:
    """Return content as JSON text, the same for equal content.

    Raises:
        TypeError: When JSON cannot represent it; exact numbers and days become text.
        ValueError: When it contains itself.
    """
    return _ENCODER.encode(value)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal | date):
        return str(value)
    raise TypeError


_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=_plain)


def _incomplete(bundles: Iterable[Entry]) -> Iterator[BundleProblem]:
    """The problems of bundles: one page of several, unless the others were read, for example."""
    found = [(node.where, node.resource) for node in bundles]
    read = {page for _, bundle in found for page in _pages(bundle, "self")} - _NO_PAGE
    following = {page for _, bundle in found for page in _pages(bundle, "next")}
    for where, bundle in found:
        # The page before the one that it leads to was read, under whatever address.
        is_first = following.isdisjoint(_pages(bundle, "self"))
        others = {*_pages(bundle, "next", *(("prev", "previous") if is_first else ()))}
        if not others <= read:
            message = "the bundle is one page of several, and others are missing"
            yield _lost(_PARTIAL, inside(where, "link"), message)
        elif not others and is_first and _is_short(bundle):
            message = "the search found more than the bundle holds"
            yield _lost(_PARTIAL, inside(where, "total"), message)
        if bundle.get("implicitRules"):
            place, code = inside(where, "implicitRules"), BundleProblemCode.UNKNOWN_MODIFIER
            yield BundleProblem(code=code, where=place, message=UNKNOWN_RULE)
        if _is_subset(bundle):
            yield _lost(_PARTIAL, inside(where, "meta"), "the bundle says that parts are missing")
        if _is_failure(bundle.get("issues")):
            yield _lost(_PARTIAL, inside(where, "issues"), "the bundle says that parts are missing")


def _pages(bundle: Mapping[str, Any], *relations: str) -> Iterator[_Page]:
    """The pages that a bundle links so; the order of what an address asks for means nothing."""
    for link in listed(bundle, "link"):
        if (text_of(link, "relation") or "").lower() in relations:
            address, _, query = without_scheme(text_of(link, "url") or "").partition("?")
            yield address, frozenset(parse_qsl(query, keep_blank_values=True))


def _is_short(bundle: Mapping[str, Any]) -> bool:
    total = _WHOLE.match(str(bundle.get("total")))
    if text_of(bundle, "type") not in {"history", "searchset"} or total is None:
        return False
    modes = [text_of(e.get("search"), "mode") for e in listed(bundle, "entry")]
    return int(total[0]) > sum(mode not in {"include", "outcome"} for mode in modes)
