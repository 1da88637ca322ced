"""What names a botulinum toxin or an indication: codes, a clinic's own codes, and words."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from botox_schedule import Product, find_indication, find_product
from botox_schedule.errors import UnknownCodeSystemError
from botox_schedule.fhir.elements import codings, text_of, texts_in
from botox_schedule.protocols import find_product_by_code, names_toxin
from botox_schedule.protocols.indications import (
    find_indication_name,
    general_indication,
    names_of,
)

Codes = Mapping[tuple[str, str], str]
"""Further codes: a name for each system and code."""

# The words for the toxin begin alike in many languages; botulism is the illness.
_WORDS = r"botul(?!is)|chemodenervation|\bbont\b|\bbtx"
# Claims often give these codes without their system.
_CLAIMS_SYSTEM = "HCPCS"
_NO_WORDS = frozenset({"data"})


class Dictionary(NamedTuple):
    """What codes and words name, a clinic's own codes first."""

    indications: Codes
    products: Codes

    def products_in(self, concepts: Iterable[Any]) -> set[Product]:
        """Return the products that CodeableConcepts name, by their codes or else in words."""
        known = list(concepts)
        found = {self._product_of(coding) for concept in known for coding in codings(concept)}
        if not found - {None}:
            found = {find_product(text) for concept in known for text in texts_in(concept)}
        return {product for product in found if product is not None}

    def indications_in(self, concepts: Iterable[Any]) -> set[str]:
        """Return the indications that CodeableConcepts name, by their codes or else in words.

        Of an indication and its general name the first is meant; of several limbs the general.
        """
        known = list(concepts)
        named = self.indications_coded(known) or {
            name for c in known for t in texts_in(c) if (name := find_indication_name(t))
        }
        precise = named - {general_indication(name) for name in named}
        general = {general_indication(name) or name for name in precise}
        return precise if len(precise) == 1 else general

    def indications_coded(self, concepts: Iterable[Any]) -> set[str]:
        """Return the indications that the codes of CodeableConcepts name."""
        found = {self._indication_of(coding) for concept in concepts for coding in codings(concept)}
        return {indication for indication in found if indication is not None}

    def names_toxin(self, value: Any) -> bool:
        """Return whether anything within an element names a botulinum toxin."""
        return any(
            self._is_toxin(one) if isinstance(one, dict) else is_toxin_text(one)
            for one in _parts_of(value)
        )

    def _product_of(self, coding: tuple[str, str]) -> Product | None:
        own = self.products.get(coding)
        if own is not None:
            return find_product(own)
        return find_product_by_code(*coding)

    def _indication_of(self, coding: tuple[str, str]) -> str | None:
        own = self.indications.get(coding)
        if own is not None:
            return own
        try:
            return find_indication(*coding)
        except UnknownCodeSystemError:
            return None

    def _is_toxin(self, coding: Mapping[str, Any]) -> bool:
        system, code = text_of(coding, "system") or "", text_of(coding, "code")
        if code is None:
            return False
        return (system, code) in self.products or names_toxin(system or _CLAIMS_SYSTEM, code)


def is_toxin_text(text: str) -> bool:
    """Return whether a text speaks of a botulinum toxin.

    >>> is_toxin_text("BOTOX 100 unit vial"), is_toxin_text("toxina botulínica")
    (True, True)
    >>> is_toxin_text("botulism antitoxin")
    False
    """
    return _mention().search(text.lower()) is not None


@cache
def _mention() -> re.Pattern[str]:
    names = sorted(name for product in Product for name in names_of(product))
    return re.compile(rf"{_WORDS}|\b(?:{'|'.join(map(re.escape, names))})")


def _parts_of(value: Any) -> Iterator[dict[str, Any] | str]:
    """Every object and text within an element, but for encoded files."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += [part for name, part in one.items() if name not in _NO_WORDS]
        elif isinstance(one, list | tuple):
            waiting += one
        elif isinstance(one, str):
            yield one
