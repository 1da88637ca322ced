"""Recognizes botulinum toxins and indications by codes, a clinic's own codes, and words."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Any, TypeVar

from botox_schedule.errors import ExchangeError, UnknownCodeSystemError
from botox_schedule.fhir.bundle import as_json
from botox_schedule.fhir.elements import codings, text_of, texts_in
from botox_schedule.protocols.bundled import bundled_tables
from botox_schedule.protocols.indications import (
    code_rows,
    find_indication,
    find_indication_name,
    find_product,
    find_product_by_code,
    general_indication,
    injection_codes,
    is_other_diagnosis,
    is_toxin_text,
    names_toxin,
    suggested_indications,
)
from botox_schedule.terms import Product

Codes = Mapping[tuple[str, str], str]
"""A clinic's own codes: a name for each pair of system and code."""

_CODE = re.compile(r'"(?:code": "|text": "(?=[^"]{1,40}"))([^"]*)"')
"""What may be a code, also where it is the text of a concept; what is remembered stays short."""
_MODIFIERS = re.compile(r"(?<=^[0-9A-Za-z]{5})([\s,-]+[0-9A-Za-z]{2})+$")
"""What may follow a code of claims, as in ``64615-50``."""
_FILE = re.compile(r'"data": "[^"]*"')
_SERVICES = frozenset({"CPT", "HCPCS"})
_CLAIMS = _SERVICES | {"NDC"}

_T = TypeVar("_T")


class Dictionary:
    """The products and indications that codes and words name; a clinic's own codes come first."""

    def __init__(self, indications: Codes, products: Codes) -> None:
        self._indications = _by_pairs(indications, "indications", "migraine")
        self._products = _by_pairs(products, "products", "Botox")
        self._own_codes = frozenset(code.lower() for _, code in products)
        self._product_named = cache(find_product)
        self._indication_named = cache(find_indication_name)
        self._is_other_diagnosis = cache(is_other_diagnosis)
        self._indication_coded = cache(partial(_answer, find_indication))
        self._may_be_toxin = cache(self._is_code_of_toxin)

    def products_in(self, concepts: Iterable[Any]) -> set[Product]:
        """Return the products that CodeableConcepts name, by code or in words."""
        known = list(concepts)
        coded = (self._product_of(coding) for concept in known for coding in codings(concept))
        named = (self._product_named(text) for concept in known for text in texts_in(concept))
        return {product for product in (*coded, *named) if product is not None}

    def indications_in(self, concepts: Iterable[Any]) -> set[str]:
        """Return the indications that CodeableConcepts name, by code or in words.

        A specific indication replaces its general one. Several specific ones are replaced by
        their general ones.
        """
        known = list(concepts)
        coded = (self._indication_of(coding) for concept in known for coding in codings(concept))
        # Next to another diagnosis a word is too little: G43.909 is migraine, and not chronic.
        other = self._is_other_diagnosis
        plain = (concept for concept in known if not any(other(*c) for c in codings(concept)))
        told = (self._indication_named(text) for concept in plain for text in texts_in(concept))
        named = {name for name in (*coded, *told) if name}
        precise = named - {general_indication(name) for name in named}
        general = {general_indication(name) or name for name in precise}
        return precise if len(precise) == 1 else general

    def is_session(self, concept: Any) -> bool:
        """Return whether a procedure's code means the treatment of a known indication."""
        own, suggested = self._indications, partial(_answer, suggested_indications)
        return any(coding in own or suggested(*coding) for coding in codings(concept))

    def names_toxin(self, value: Any) -> bool:
        """Return whether anything within an element names a botulinum toxin."""
        # Searching the whole as text is fast, and nearly always enough.
        text = _FILE.sub("", as_json(value)).lower()
        if not is_toxin_text(text) and not any(map(self._may_be_toxin, _CODE.findall(text))):
            return False
        return any(map(self._is_toxin, _parts_of(value)))

    def is_other_drug(self, concepts: Iterable[Any]) -> bool:
        """Return whether a code of a system for drugs, with its name, says that it is no toxin.

        A clinic's own code, or words alone, may stand for anything; those of services are also
        for what has none yet.
        """
        named = [concept for concept in concepts if any(texts_in(concept))]
        systems = {system for concept in named for system, _ in codings(concept)}
        is_vague = partial(_may_hold, _SERVICES)
        return not all(map(is_vague, systems)) and not self.names_toxin(named)

    def _product_of(self, coding: tuple[str, str]) -> Product | None:
        own = self._products.get(coding)
        return find_product_by_code(*coding) if own is None else self._product_named(own)

    def _indication_of(self, coding: tuple[str, str]) -> str | None:
        own = self._indications.get(coding)
        return (self._indication_named(own) or own) if own else self._indication_coded(*coding)

    def _is_toxin(self, coding: Mapping[str, Any] | str) -> bool:
        if isinstance(coding, str):
            return is_toxin_text(coding)
        system = text_of(coding, "system") or ""
        code = text_of(coding, "code") or text_of(coding, "text")
        if code is None:
            return False
        if (system, code) in self._products or names_toxin(system, code):
            return True
        return _is_code_of(_CLAIMS, code) and _may_hold(_CLAIMS, system)

    def _is_code_of_toxin(self, code: str) -> bool:
        """Whether the code could stand for a toxin in some system."""
        return code.strip() in self._own_codes or _is_code_of(_systems(), code)


def _by_pairs(codes: Codes, name: str, meaning: str) -> Codes:
    """Refuse codes without their system: they would be looked for in vain."""
    is_given = isinstance(codes, Mapping)
    if not is_given or not all(isinstance(key, tuple) and len(key) == 2 for key in codes):
        example = f"{{('http://clinic.example', 'X1'): {meaning!r}}}"
        raise ExchangeError(f"{name}: give names by system and code, such as {example}")
    return codes


def _is_code_of(systems: Iterable[str], code: str) -> bool:
    """Whether a code means a toxin in one of the systems, or its injection."""
    bare = _MODIFIERS.sub("", code.strip())
    return bare in injection_codes() or any(names_toxin(system, bare) for system in systems)


@cache
def _may_hold(names: frozenset[str], system: str) -> bool:
    """Whether a system can hold codes of some systems: one of them, an unknown one, or none."""
    codes = [row["code"] for row in code_rows() if row["system"] in names]
    try:
        return any(suggested_indications(system, c) or names_toxin(system, c) for c in codes)
    except UnknownCodeSystemError:
        return True


def _answer(find: Callable[[str, str], _T], system: str, code: str) -> _T | None:
    try:
        return find(system, code)
    except UnknownCodeSystemError:
        return None


@cache
def _systems() -> frozenset[str]:
    rows = (*code_rows(), *bundled_tables("indications.toml")["classes"])
    return frozenset(row["system"] for row in rows)


def _parts_of(value: Any) -> Iterator[dict[str, Any] | str]:
    """Every object and text within an element, except encoded files."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += [part for name, part in one.items() if name != "data"]
        elif isinstance(one, list | tuple):
            waiting += one
        elif isinstance(one, str):
            yield one
