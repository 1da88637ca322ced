"""The resources of a bundle, a file of lines or a single resource, each with its place."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from fhir.resources import fhirtypes as r5
from fhir.resources.R4B import fhirtypes as r4
from fhir.resources.R4B.medicationadministration import MedicationAdministration
from fhir.resources.R4B.patient import Patient
from fhir.resources.R4B.procedure import Procedure
from fhir.resources.STU3 import fhirtypes as stu3
from pydantic import BaseModel, ValidationError

from botox_schedule.errors import ExchangeError, FileLimitError
from botox_schedule.fhir.elements import listed, text_of, within, without_scheme
from botox_schedule.fhir.problems import BundleProblem, BundleProblemCode, inside
from botox_schedule.files import MEBIBYTE, expand

BundleContent = bytes | str | Mapping[str, Any] | BaseModel
"""What is read: JSON, lines of JSON, either of them in gzip, their content, or a model."""

_MOST = 512 * MEBIBYTE
_MODELS: Mapping[str, type[BaseModel]] = {
    "MedicationAdministration": MedicationAdministration,
    "Patient": Patient,
    "Procedure": Procedure,
}
_MOST_FAULTS = 5
_CHANGES = frozenset({"Binary", "Parameters"})
_QUESTIONS = frozenset({"GET", "HEAD"})
_OTHER_PAGES = frozenset({"next", "prev", "previous"})
_ERRORS = frozenset({"error", "fatal"})
_BESIDE_MATCHES = frozenset({"include", "outcome"})


class Entry(NamedTuple):
    """One resource, or the note that one was deleted.

    Attributes:
        where: Its place, such as ``entry[2]``.
        kind: Its resource type; empty where only a deletion is noted.
        resource: Its JSON; empty where only a deletion is noted.
        envelope: The bundle's entry that holds it.
        in_history: Whether that bundle is a history, whose newest versions come first.
        container: The entry that contains it; None for an entry of its own.
    """

    where: str
    kind: str
    resource: Mapping[str, Any]
    envelope: Mapping[str, Any]
    in_history: bool
    container: "Entry | None" = None

    @property
    def is_deletion(self) -> bool:
        """Whether it says that the resource was deleted."""
        return _method(self.envelope) == "DELETE"

    @property
    def name(self) -> str | None:
        """The relative reference to it, such as ``Patient/1``; None without an id."""
        key = text_of(self.resource, "id")
        return f"{self.kind}/{key}" if key else None


def problem_about(
    entry: Entry,
    code: BundleProblemCode,
    element: str,
    message: str,
    *,
    patient: str | None,
    left_out: bool = False,
) -> BundleProblem:
    """Return a problem of one resource."""
    return BundleProblem(
        code=code,
        where=inside(entry.where, element),
        message=message,
        session_left_out=left_out,
        patient=patient,
        reference=entry.name,
    )


class Contents(NamedTuple):
    """What was found: the entries that can be read, and the problems of the others."""

    entries: tuple[Entry, ...]
    unread: tuple[BundleProblem, ...]
    notes: tuple[BundleProblem, ...]


class _Node(NamedTuple):
    """Something that should be a resource, where it is, and the bundle's entry around it."""

    where: str
    value: Any
    envelope: Any
    in_history: bool


def contents_of(bundle: BundleContent) -> Contents:
    """Return the resources, those of bundles within bundles too, and what is no resource.

    Raises:
        ExchangeError: When it is no resource and no bundle in JSON; the message says where.
        FileLimitError: When it is larger than 512 MiB, unpacked where it is gzip, or damaged.
    """
    roots, broken_lines = _roots(bundle)
    bundles, leaves = _unfolded(roots)
    found = [leaf for node in leaves for leaf in _read(node)]
    unread = [p for p in found if isinstance(p, BundleProblem) and _is_lost(p)]
    notes = [p for p in found if isinstance(p, BundleProblem) and not _is_lost(p)]
    return Contents(
        entries=tuple(entry for entry in found if isinstance(entry, Entry)),
        unread=(*broken_lines, *unread),
        notes=(*notes, *_incomplete(bundles)),
    )


def _is_lost(problem: BundleProblem) -> bool:
    return problem.code is BundleProblemCode.INVALID_RESOURCE


def _roots(bundle: BundleContent) -> tuple[list[_Node], list[BundleProblem]]:
    if isinstance(bundle, Mapping):
        return [_root("", dict(bundle))], []
    text = bundle.model_dump_json() if isinstance(bundle, BaseModel) else bundle
    text = _decoded(text) if isinstance(text, bytes) else text
    text = text.removeprefix("\ufeff")
    try:
        return [_root("", _parsed(text))], []
    except ExchangeError:
        lines = [(f"line {n}", t) for n, t in enumerate(text.split("\n"), 1) if t.strip()]
        if len(lines) == 1 or not lines or isinstance(_line(*lines[0]), BundleProblem):
            raise
    parsed = [_line(*line) for line in lines]
    return (
        [node for node in parsed if isinstance(node, _Node)],
        [problem for problem in parsed if isinstance(problem, BundleProblem)],
    )


def _root(where: str, value: Any) -> _Node:
    if not isinstance(within(value, "resourceType"), str):
        raise ExchangeError("not a FHIR bundle: expected an object with resourceType 'Bundle'")
    if value["resourceType"] == "Bundle" and not isinstance(value.get("entry", []), list | tuple):
        raise ExchangeError("not a FHIR bundle: expected a list as 'entry'")
    is_bundle = value["resourceType"] == "Bundle"
    return _Node(where or ("" if is_bundle else "resource"), value, {}, in_history=False)


def _line(where: str, text: str) -> _Node | BundleProblem:
    try:
        return _root(where, _parsed(text))
    except ExchangeError:
        return _unread(where, "expected one resource in JSON")


def _unread(where: str, message: str) -> BundleProblem:
    code = BundleProblemCode.INVALID_RESOURCE
    return BundleProblem(code=code, where=where, message=message, session_left_out=True)


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
        return json.loads(
            text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_object
        )
    except ExchangeError:
        raise
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ExchangeError(f"the bundle is not JSON: {error.msg} at {place}") from None
    except RecursionError:
        raise ExchangeError("the bundle is nested too deeply") from None
    except (ValueError, ArithmeticError):
        raise ExchangeError("the bundle is not JSON: a number is not one of JSON") from None


def _refuse(_: str) -> None:
    raise ValueError


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; where a name comes twice, the first of the two would be lost in silence."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ExchangeError("an object of the bundle has two elements of one name")
    return found


def _unfolded(roots: Iterable[_Node]) -> tuple[list[_Node], list[_Node]]:
    """The bundles, and in their order the resources in them; a stack, as nesting has no limit."""
    bundles, leaves = [], []
    waiting = list(roots)[::-1]
    while waiting:
        node = waiting.pop()
        if _is_bundle(node):
            bundles.append(node)
            waiting += list(_entries_in(node))[::-1]
        else:
            leaves.append(node)
    return bundles, leaves


def _is_bundle(node: _Node) -> bool:
    """Whether it is a bundle that can be opened; one that holds itself has no end."""
    if within(node.value, "resourceType") != "Bundle":
        return False
    is_outer = node.where.count("entry[") == 1
    return isinstance(node.value.get("entry", []), list | tuple) and (
        not is_outer or _is_finite(node.value)
    )


def _entries_in(bundle: _Node) -> Iterator[_Node]:
    in_history = bundle.value.get("type") == "history"
    for number, entry in enumerate(bundle.value.get("entry", ())):
        where = inside(bundle.where, f"entry[{number}]")
        yield _Node(where, within(entry, "resource"), entry, in_history)


def _read(node: _Node) -> Iterator[Entry | BundleProblem]:
    """The resource of an entry, or what is wrong with it."""
    method, kind = _method(node.envelope), within(node.value, "resourceType")
    if _is_change(node.envelope, kind) or _has_failed(node):
        message = "the entry says that a request failed, or changes what it does not name"
        yield _incomplete_at(node.where, message)
    if method == "DELETE" and not isinstance(node.value, dict):
        yield Entry(node.where, "", {}, node.envelope, node.in_history)
    elif node.value is None and (method in _QUESTIONS or within(node.envelope, "response")):
        return
    elif kind == "Bundle" or not _is_known(kind) or not _is_text(node.envelope or node.value):
        yield _unread(node.where, "expected a resource with a resourceType of FHIR, in Unicode")
    else:
        yield Entry(node.where, kind, node.value, node.envelope, node.in_history)


def _method(envelope: Any) -> str | None:
    return text_of(within(envelope, "request"), "method")


def _is_change(envelope: Any, kind: Any) -> bool:
    """Whether it changes a resource that it does not hold: a patch, or a delete by a search."""
    method, url = _method(envelope), text_of(within(envelope, "request"), "url") or ""
    return (method == "PATCH" and (kind is None or kind in _CHANGES)) or (
        method == "DELETE" and "?" in url
    )


def _has_failed(node: _Node) -> bool:
    status = text_of(within(node.envelope, "response"), "status") or "2"
    is_outcome = within(node.value, "resourceType") == "OperationOutcome"
    issues = listed(node.value, "issue") if is_outcome else []
    return status[0] in "45" or any(text_of(issue, "severity") in _ERRORS for issue in issues)


def _is_known(kind: Any) -> bool:
    """Whether a release of FHIR has the type; others could be a name, and are not repeated."""
    return isinstance(kind, str) and any(hasattr(r, f"{kind}Type") for r in (r4, r5, stu3))


def _is_text(value: Any) -> bool:
    """Whether it could be written as JSON in UTF-8: half of a character could not."""
    try:
        return bool(as_json(value).encode())
    except (ValueError, TypeError, RecursionError):
        return False


def _is_finite(value: Any) -> bool:
    try:
        return bool(as_json(value))
    except (ValueError, TypeError, RecursionError):
        return False


def as_json(value: Any) -> str:
    """Return a content as JSON, the same for equal contents.

    Raises:
        TypeError: When it holds what JSON cannot hold, other than numbers and days.
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal | date):
        return str(value)
    raise TypeError


def _incomplete(bundles: Iterable[_Node]) -> Iterator[BundleProblem]:
    """The bundles that are a part of an answer, unless the other pages were read too."""
    read = {address for node in bundles for address in _links(node.value, {"self"})}
    for node in bundles:
        if not set(_links(node.value, _OTHER_PAGES)) <= read:
            message = "the bundle is one page of several, and others are missing"
            yield _incomplete_at(inside(node.where, "link"), message)
        elif _is_short(node.value):
            message = "the search found more than the bundle holds"
            yield _incomplete_at(inside(node.where, "total"), message)


def _links(bundle: Mapping[str, Any], relations: Collection[str]) -> Iterator[str]:
    for link in listed(bundle, "link"):
        if (text_of(link, "relation") or "") in relations:
            yield without_scheme(text_of(link, "url") or "")


def _is_short(bundle: Mapping[str, Any]) -> bool:
    total = bundle.get("total")
    if bundle.get("type") != "searchset" or not isinstance(total, int):
        return False
    if any(_links(bundle, _OTHER_PAGES)):
        return False
    modes = [text_of(e.get("search"), "mode") for e in listed(bundle, "entry")]
    return total > sum(mode not in _BESIDE_MATCHES for mode in modes)


def _incomplete_at(where: str, message: str) -> BundleProblem:
    code = BundleProblemCode.INCOMPLETE
    return BundleProblem(code=code, where=where, message=message, session_left_out=True)


def faults_of(entry: Entry) -> Iterator[str]:
    """Yield what the model of the resource finds wrong, without its values."""
    try:
        _MODELS[entry.kind].model_validate(entry.resource)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        for fault in faults[:_MOST_FAULTS]:
            yield _said(fault["type"], fault["loc"])
    except Exception:  # noqa: BLE001 - for strange content the models raise what they please
        yield "the resource, or one contained in it, is not as FHIR R4 states it"


_SAID = {
    "missing": "is missing",
    "model_field_validation.missing": "is missing",
    "extra_forbidden": "has an element that FHIR R4 does not know",
}


def _said(kind: str, location: tuple[int | str, ...]) -> str:
    # The last part of an element that nobody knows is a word of the file, which may be a name.
    known = location[:-1] if kind == "extra_forbidden" else location
    path = ".".join(str(part) for part in known if str(part).isidentifier())
    return f"{path or 'the resource'} {_SAID.get(kind, 'is not as FHIR R4 states it')}"
