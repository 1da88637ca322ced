"""The names and codes under which records know indications and products."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache
from typing import Any
from unicodedata import normalize

from botox_schedule.protocols.bundled import bundled_tables
from botox_schedule.terms import Product

_WORD = re.compile(r"[a-z][a-z0-9-]*|[0-9]+")
_SUFFIX = re.compile(r"-[a-z]{4}\Z")
_LONGEST_TEXT = 200
_WORDS_IN_A_NAME = 2


def find_product(text: str) -> Product | None:
    """Return the product that a record's text names, or None.

    Nonproprietary names are found with and without their four-letter suffix, brand names of all
    regions too, in any case and next to a strength or a form. A text that names two products, or
    that may say that the product was not given, names none.

    >>> find_product("BOTOX® 200 UNIT SOLR")
    <Product.ONABOTULINUMTOXIN_A: 'onabotulinumtoxinA'>
    >>> find_product("daxibotulinumtoxinA-lanm")
    <Product.DAXIBOTULINUMTOXIN_A: 'daxibotulinumtoxinA'>
    >>> find_product("toxin") is None, find_product("Botox or Dysport") is None
    (True, True)
    """
    found = _products_in(text)
    return found[0] if len(found) == 1 else None


def why_no_product(text: str) -> str:
    """Return why :func:`find_product` finds none in *text*, without repeating the text.

    >>> why_no_product("Botox or Dysport")
    'the text names two products; give one'
    """
    if len(_products_in(text)) > 1:
        return "the text names two products; give one"
    known = ", ".join(product.value for product in Product)
    return f"no known product is named; give one of {known}, or a brand name"


def names_of(product: Product) -> list[str]:
    """Return the names of a product in lower case, without a suffix.

    >>> names_of(Product.DAXIBOTULINUMTOXIN_A)
    ['daxxify', 'daxibotulinumtoxina']
    """
    return [name for name, known in _product_names().items() if known is product]


def _products_in(text: str) -> tuple[Product, ...]:
    plain = normalize("NFKC", text[:_LONGEST_TEXT]).lower().replace("™", " ").replace("®", " ")
    words = [_SUFFIX.sub("", word) for word in _WORD.findall(plain)]
    if not set(bundled_tables("products.toml")["refused"]["words"]).isdisjoint(words):
        return ()
    return _named(words)


def _named(words: list[str]) -> tuple[Product, ...]:
    known = _product_names()
    pairs = (" ".join(words[i : i + _WORDS_IN_A_NAME]) for i in range(len(words)))
    found = {known[name] for name in (*words, *pairs) if name in known}
    return tuple(sorted(found))


@cache
def _product_names() -> dict[str, Product]:
    brands = bundled_tables("products.toml")["brands"]
    named = {brand: Product(name) for name, those in brands.items() for brand in those}
    return named | {product.value.lower(): product for product in Product}


def find_indication_name(text: str) -> str | None:
    """Return the slug of an indication given by slug, title or alias in any case, or None.

    >>> find_indication_name(" Migraine "), find_indication_name("Chronic migraine")
    ('chronic-migraine', 'chronic-migraine')
    """
    return _indication_names().get(_plain(text))


def nearest_indications(text: str, known: Iterable[str] = ()) -> list[str]:
    """Return the known slugs whose names come closest to *text*, the closest first.

    >>> nearest_indications("chronic-migrane")
    ['chronic-migraine']
    """
    names = _indication_names() | {_plain(slug): slug for slug in known}
    close = get_close_matches(_plain(text), list(names), n=3, cutoff=0.75)
    return list(dict.fromkeys(names[name] for name in close))


def bundled_indications() -> frozenset[str]:
    """Return the slugs of all indications that the bundled file knows."""
    return frozenset(row["slug"] for row in bundled_tables("indications.toml")["indications"])


def general_indication(slug: str) -> str | None:
    """Return the indication that names a clock in general, such as ``spasticity``, or None.

    >>> general_indication("upper-limb-spasticity")
    'spasticity'
    """
    return _generals().get(slug)


@cache
def _generals() -> dict[str, str]:
    rows = bundled_tables("indications.toml")["indications"]
    return {row["slug"]: row["general"] for row in rows if "general" in row}


def _plain(text: str) -> str:
    """Case, spaces, hyphens and underscores make no difference between names."""
    return " ".join(re.sub(r"[-_]+", " ", normalize("NFKC", text).lower()).split())


@cache
def _indication_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for row in bundled_tables("indications.toml")["indications"]:
        own = [row["slug"], row["title"], row["title_es"], *row.get("aliases", ())]
        names |= {_plain(name): row["slug"] for name in own}
    return names


def find_indication(system: str, code: str) -> str | None:
    """Return the indication that a code stands for, or None where none is known.

    Only codes that were read in a source are known. A code of spasticity that does not say
    which limb gives ``spasticity``, the indication in general.

    Args:
        system: ``ICD-10-CM``, ``CPT`` or ``SNOMED CT``, or its address in FHIR.
        code: The code, with or without its dot, in any case.

    >>> find_indication("ICD-10-CM", "G43.709"), find_indication("ICD-10-CM", "g43e09")
    ('chronic-migraine', 'chronic-migraine')
    >>> find_indication("http://hl7.org/fhir/sid/icd-10-cm", "G81.11")
    'spasticity'
    >>> find_indication("ICD-10-CM", "G35") is None
    True
    """
    row = _known().get(_key(system, code))
    return row["indications"][0] if row is not None and "indications" in row else None


def find_product_by_code(system: str, code: str) -> Product | None:
    """Return the product that a code stands for, or None where none is known.

    A code of a whole class of products stands for none of them.

    Args:
        system: ``HCPCS``, ``RxNorm`` or ``NDC``, or its address in FHIR.
        code: The code, in any case.

    >>> find_product_by_code("HCPCS", "J0586")
    <Product.ABOBOTULINUMTOXIN_A: 'abobotulinumtoxinA'>
    >>> find_product_by_code("ATC", "M03AX01") is None
    True
    """
    row = _known().get(_key(system, code))
    named = row is not None and "product" in row and "whole_class" not in row
    return Product(row["product"]) if row is not None and named else None


def names_toxin(system: str, code: str) -> bool:
    """Return whether a code stands for a botulinum toxin, one product or the whole class.

    >>> names_toxin("ATC", "M03AX01"), names_toxin("ATC", "N02CC01")
    (True, False)
    """
    row = _known().get(_key(system, code))
    return row is not None and ("product" in row or "whole_class" in row)


@cache
def _known() -> dict[tuple[str | None, str], dict[str, Any]]:
    tables = bundled_tables("indications.toml")
    return {_key(row["system"], row["code"]): row for row in [*tables["codes"], *tables["classes"]]}


@cache
def _systems() -> dict[str, str]:
    """The coding systems by every name they are known under."""
    names = bundled_tables("indications.toml")["systems"]
    return {alias.lower(): name for name, address in names.items() for alias in (name, address)}


def _key(system: str, code: str) -> tuple[str | None, str]:
    """The name of a known system, and the code as the table has it."""
    return _systems().get(system.strip().lower()), code.strip().upper().replace(".", "")
