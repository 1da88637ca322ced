"""Names and codes of indications and products in patient records."""

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Annotated, Any
from unicodedata import combining, normalize

from pydantic import (
    BeforeValidator,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from botox_schedule.errors import BotoxScheduleError, UnknownCodeSystemError, UnknownProtocolError
from botox_schedule.protocols.bundled import bundled_tables
from botox_schedule.terms import Product

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*|[0-9]+")
# Only a nonproprietary name has a suffix: "botox-free" is not a name of the product.
_SUFFIX = re.compile(r"(?<=toxin[ab])-[a-z]{4}\Z")
# The words for the toxin begin alike in many languages; botulism is the illness, and a neurotoxin
# derived from eosinophils is measured in blood. Claims shorten chemodenervation. A short word must
# begin after a non-letter, or after an escape such as \n in JSON. No alternative begins with a word
# boundary, and they begin with few different letters: otherwise the search is much slower.
_TOXIN = (
    r"botul(?!is)|chemo-?denerv|neurotoxin(?<!derived neurotoxin)"
    r"|bont(?<!(?<!\\)\wbont)\b|btx(?<!(?<!\\)\wbtx)"
)
_LONGEST_TEXT = 200
_GIVE_A_PRODUCT = f"give one of {', '.join(Product)}, or a brand name"
_NO_NAME = "no known product is named; "
_NDC = "NDC"
_DIAGNOSES = "ICD-10-CM"
_SNOMED = "snomed.info/sct"
_NDC_WIDTHS = (5, 4, 2)
"""Digits of labeler, product and package in the 11-digit form; the 10-digit form drops a zero."""


def _slug_schema(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Replace the pattern error, which says little to a person, by an example of a slug."""
    return core_schema.custom_error_schema(
        handler(source),
        custom_error_type="slug_pattern_mismatch",
        custom_error_message=(
            "give a slug such as 'chronic-migraine' (pattern: small letters, digits, hyphens); "
            "find_protocol(name).indication gives that of a name, find_indication that of a code"
        ),
    )


Indication = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64),
    GetPydanticSchema(_slug_schema),
]
"""An indication, as a slug such as ``chronic-migraine``."""


def slug_of(name: Any) -> Any:
    """Return the slug that a text is a name of; anything else as it is."""
    is_short = isinstance(name, str) and len(name) <= _LONGEST_TEXT
    return (find_indication_name(name) or name) if is_short else name


IndicationName = Annotated[Indication, BeforeValidator(slug_of)]
"""An indication that a clinic names in any way; it becomes the slug."""


def _product_schema(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Try the exact nonproprietary names first, which is fast, then all other names."""
    by_name = core_schema.no_info_plain_validator_function(_by_name)
    names = core_schema.union_schema([handler(source), by_name], mode="left_to_right")
    return core_schema.no_info_after_validator_function(_product_found, names)


def _by_name(value: Any) -> Product | str:
    """Return the product that a text names, else why there is none."""
    text = value if isinstance(value, str) and len(value) <= _LONGEST_TEXT else ""
    found, why = _product_in(text)
    return found or why.removeprefix(_NO_NAME)


def _product_found(found: Product | str) -> Product:
    # An error of the last name tried would be one of two; raised here it is the only one.
    if not isinstance(found, Product):
        raise PydanticCustomError("product", f"not a product; {found}")
    return found


ProductName = Annotated[
    Product,
    GetPydanticSchema(_product_schema),
    WithJsonSchema({"type": "string", "examples": [product.value for product in Product]}),
]
"""A product, given by its nonproprietary name or a brand name."""

ProductInput = Product | str


def find_product(text: str) -> Product | None:
    """Return the product that a record's text names, or None.

    Finds nonproprietary names, with or without their four-letter suffix, and brand names of all
    regions, in any case and next to a trademark sign, a strength or a form. Only the first 200
    characters are read. The result is None where the text names two products, or may say that
    the product was not given.

    >>> find_product("BOTOX® 200 UNIT SOLR")
    <Product.ONABOTULINUMTOXIN_A: 'onabotulinumtoxinA'>
    >>> find_product("daxibotulinumtoxinA-lanm")
    <Product.DAXIBOTULINUMTOXIN_A: 'daxibotulinumtoxinA'>
    >>> find_product("toxin") is None, find_product("Botox or Dysport") is None
    (True, True)
    """
    return _product_in(text)[0]


PRODUCT_NOT_GIVEN = "the text may say that the product was not given; give its name alone"


def why_no_product(text: str) -> str:
    """Return why :func:`find_product` finds no product in *text*, without repeating the text.

    >>> why_no_product("Botox or Dysport")
    'the text names two products; give one'
    >>> why_no_product("Botox not given")
    'the text may say that the product was not given; give its name alone'
    """
    return _product_in(text)[1]


def _product_in(text: str) -> tuple[Product | None, str]:
    """The product that a text names, and why a text like it names none."""
    words = _words_of(text)
    found = _named(words)
    if not found:
        return None, f"{_NO_NAME}{_GIVE_A_PRODUCT}"
    if len(found) > 1 or not set(other_brands()).isdisjoint(words):
        return None, "the text names two products; give one"
    refused = not set(bundled_tables("products.toml")["refused"]["words"]).isdisjoint(words)
    return (None if refused else found[0]), PRODUCT_NOT_GIVEN


def product_named(
    product: Product | str, error: type[BotoxScheduleError] = UnknownProtocolError
) -> Product:
    """Return the product that an argument names.

    Raises:
        BotoxScheduleError: As *error*, when no product, or more than one, is named.

    >>> product_named("Dysport")
    <Product.ABOBOTULINUMTOXIN_A: 'abobotulinumtoxinA'>
    """
    found, why = _product_in(str(product))
    if found is None:
        raise error(f"product: {why}")
    return found


def names_of(product: Product) -> list[str]:
    """Return the names of a product in lower case, without a suffix.

    >>> names_of(Product.DAXIBOTULINUMTOXIN_A)[:2]
    ['daxxify', 'daxibotulinumtoxina']
    """
    return [name for name, known in _product_names().items() if known is product]


def _words_of(text: str) -> list[str]:
    marked = str(text)[:_LONGEST_TEXT].replace("™", " ")
    plain = normalize("NFKC", marked).lower()
    return [part for word in _WORD.findall(plain) for part in _parts(_SUFFIX.sub("", word))]


def _parts(word: str) -> list[str]:
    """Split a known hyphenated name such as ``botox-cosmetic``; other words stay whole."""
    spaced = word.replace("-", " ")
    return spaced.split() if spaced in _product_names() else [word]


def other_brands() -> list[str]:
    """Return brand names of botulinum toxins whose product is not one of :class:`Product`.

    >>> "relfydess" in other_brands()
    True
    """
    names: list[str] = bundled_tables("products.toml")["others"]["brands"]
    return names


def _named(words: list[str]) -> tuple[Product, ...]:
    known = _product_names()
    longest = max(len(name.split()) for name in known)
    runs = (" ".join(words[i : i + n]) for n in range(1, longest + 1) for i in range(len(words)))
    return tuple(sorted({known[run] for run in runs if run in known}))


@cache
def _product_names() -> dict[str, Product]:
    tables = bundled_tables("products.toml")
    brands, spellings = (
        {word: Product(name) for name, words in tables[kind].items() for word in words}
        for kind in ("brands", "spellings")
    )
    return brands | {product.lower(): product for product in Product} | spellings


def is_toxin_text(text: str) -> bool:
    """Return whether a text mentions a botulinum toxin.

    >>> is_toxin_text("BOTOX 100 unit vial"), is_toxin_text("toxina botulínica")
    (True, True)
    >>> is_toxin_text("botulism antitoxin")
    False
    """
    return _mention().search(text.lower()) is not None


@cache
def _mention() -> re.Pattern[str]:
    known = [name for product in Product for name in names_of(product)]
    names = sorted(name for name in (*known, *other_brands()) if "botul" not in name)
    return re.compile("|".join((_TOXIN, *map(re.escape, names))))


def find_indication_name(text: str, known: Iterable[str] = ()) -> str | None:
    """Return the slug of an indication given by slug, title or alias in any case, or None.

    A side, as in ``left hemifacial spasm``, does not matter: no clock depends on it.

    Args:
        text: The name.
        known: Further slugs, such as a clinic's own.

    >>> find_indication_name(" Migraine "), find_indication_name("espasmo hemifacial")
    ('chronic-migraine', 'hemifacial-spasm')
    """
    names, plain = _names_with(known), _plain(text)
    return names.get(plain) or names.get(_without_sides(plain))


def nearest_indications(text: str, known: Iterable[str] = ()) -> list[str]:
    """Return at most three known slugs whose names are close to *text*, the closest first.

    >>> nearest_indications("chronic-migrane")
    ['chronic-migraine']
    """
    return [*_nearest(_plain(text), frozenset(known))]


def close_names(text: str, names: Iterable[str], n: int, cutoff: float = 0.6) -> list[str]:
    """Return at most *n* names that are close to a text, the closest first."""
    from difflib import get_close_matches  # noqa: PLC0415 - only where a name is unknown

    return get_close_matches(text, list(names), n, cutoff)


@lru_cache(maxsize=1024)
def _nearest(text: str, known: frozenset[str]) -> tuple[str, ...]:
    """Remembered, because each track of a record repeats the unknown names of the record."""
    names = _names_with(known)
    close = close_names(text, names, n=3, cutoff=0.75)
    return tuple(dict.fromkeys(names[name] for name in close))


def bundled_indications() -> frozenset[str]:
    """Return the slugs of all indications in the bundled data."""
    return frozenset(row["slug"] for row in bundled_tables("indications.toml")["indications"])


@lru_cache(maxsize=256)
def general_indication(slug: str) -> str | None:
    """Return the general indication that a specific one belongs to, or None.

    >>> general_indication("upper-limb-spasticity")
    'spasticity'
    """
    rows = bundled_tables("indications.toml")["indications"]
    return next((row.get("general") for row in rows if row["slug"] == slug), None)


def _plain(text: str) -> str:
    """Normalize a name: case, accents, spaces, hyphens, commas and apostrophes do not matter."""
    bare = "".join(c for c in normalize("NFKD", str(text).lower()) if not combining(c))
    return " ".join(re.sub(r"[-_,'\u2019]+", " ", bare).split())


def _without_sides(name: str) -> str:
    sides = bundled_tables("indications.toml")["sides"]["words"]
    return " ".join(word for word in name.split() if word not in sides)


def _names_with(known: Iterable[str]) -> dict[str, str]:
    return _indication_names() | {_plain(slug): slug for slug in known}


@cache
def _indication_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for row in bundled_tables("indications.toml")["indications"]:
        own = [row["slug"], row["title"], row["title_es"], *row.get("aliases", ())]
        names |= {_plain(name): row["slug"] for name in own}
    return names


def find_indication(system: str, code: str) -> str | None:
    """Return the indication that a code stands for, or None where the code is unknown.

    The bundled data contains only codes that were read in a source. A code for spasticity that
    does not name a limb gives ``spasticity``, the general indication. A code that may stand for
    several indications, such as hemiplegia after a stroke, gives None: see
    :func:`suggested_indications`.

    Args:
        system: The coding system: ``ICD-10-CM``, ``CPT`` or ``SNOMED CT``, or its FHIR address.
        code: The code, with or without its dot, in any case.

    Raises:
        UnknownCodeSystemError: When the coding system is unknown; the message names the
            closest known ones.

    >>> find_indication("ICD-10-CM", "G43.709"), find_indication("ICD-10-CM", "g43e09")
    ('chronic-migraine', 'chronic-migraine')
    >>> find_indication("http://hl7.org/fhir/sid/icd-10-cm", "G81.11")
    'spasticity'
    >>> find_indication("ICD-10-CM", "I69.351") is None
    True
    """
    found: list[str] = _row_of(_system_named(system), code).get("indications", [])
    return found[0] if found else None


def suggested_indications(system: str, code: str) -> tuple[str, ...]:
    """Return the indications that a code may stand for; a person must choose. Empty if unknown.

    Args:
        system: The coding system: ``ICD-10-CM``, ``CPT`` or ``SNOMED CT``, or its FHIR address.
        code: The code, with or without its dot, in any case.

    Raises:
        UnknownCodeSystemError: When the coding system is unknown.

    >>> suggested_indications("ICD-10-CM", "I69.351")
    ('spasticity', 'upper-limb-spasticity', 'lower-limb-spasticity')
    >>> suggested_indications("CPT", "64612")
    ('blepharospasm', 'hemifacial-spasm')
    """
    row = _row_of(_system_named(system), code)
    return tuple(row.get("indications", row.get("suggests", ())))


def is_other_diagnosis(system: str, code: str) -> bool:
    """Return whether a code is of ICD-10-CM and belongs to none of the indications.

    >>> is_other_diagnosis("ICD-10-CM", "G43.909"), is_other_diagnosis("ICD-10-CM", "I69.351")
    (True, False)
    """
    known = _systems().get(_plain_system(system))
    return known == _DIAGNOSES and not _row_of(known, code)


def find_product_by_code(system: str, code: str) -> Product | None:
    """Return the product that a code stands for, or None where the code or system is unknown.

    A code for a whole class of products also gives None.

    Args:
        system: The coding system: ``HCPCS``, ``RxNorm`` or ``NDC``, or its FHIR address.
        code: The code, in any case; an NDC with or without hyphens, in 10 or 11 digits.

    >>> find_product_by_code("HCPCS", "J0586")
    <Product.ABOBOTULINUMTOXIN_A: 'abobotulinumtoxinA'>
    >>> find_product_by_code("NDC", "00023114501")
    <Product.ONABOTULINUMTOXIN_A: 'onabotulinumtoxinA'>
    >>> find_product_by_code("ATC", "M03AX01") is None
    True
    """
    row = _row_of(_systems().get(_plain_system(system)), code)
    return Product(row["product"]) if "product" in row and "whole_class" not in row else None


def names_toxin(system: str, code: str) -> bool:
    """Return whether a code stands for a botulinum toxin: a product or the whole class.

    >>> names_toxin("ATC", "M03AX01"), names_toxin("ATC", "N02CC01")
    (True, False)
    """
    row = _row_of(_systems().get(_plain_system(system)), code)
    return "product" in row or "whole_class" in row


@cache
def code_rows() -> tuple[dict[str, Any], ...]:
    """Return one row for each code, including each code of a group with a shared meaning."""
    tables = bundled_tables("indications.toml")
    grouped = ({**group, "code": code} for group in tables["groups"] for code in group["codes"])
    return (*tables["codes"], *grouped)


@cache
def injection_codes() -> frozenset[str]:
    """Return the CPT codes of injections of a botulinum toxin.

    >>> "64615" in injection_codes()
    True
    """
    return frozenset(row["code"] for row in code_rows() if row["system"] == "CPT")


@cache
def _known() -> dict[tuple[str | None, str], dict[str, Any]]:
    rows = [*code_rows(), *bundled_tables("indications.toml")["classes"]]
    return {(row["system"], key): row for row in rows for key in _keys(row["system"], row["code"])}


def _row_of(system: str | None, code: str) -> dict[str, Any]:
    """The row of a code; empty where the code or the system is unknown."""
    rows = (_known().get((system, key)) for key in _keys(system, code))
    return next(filter(None, rows), {})


def _keys(system: str | None, code: str) -> tuple[str, ...]:
    """The lookup keys of a code: without dots, and for an NDC with hyphens in both lengths."""
    plain = str(code).strip().upper().replace(".", "")
    parts = plain.split("-")
    if system != _NDC or len(parts) != len(_NDC_WIDTHS):
        return (plain,)
    padded = (part.zfill(width) for part, width in zip(parts, _NDC_WIDTHS, strict=True))
    return "".join(padded), "".join(parts)


def _system_named(text: str) -> str:
    found = _systems().get(_plain_system(text))
    if found is None:
        names = list(bundled_tables("indications.toml")["systems"])
        by_name = {name.lower(): name for name in names}
        near = close_names(_plain_system(text), by_name, n=2)
        hint = " or ".join(by_name[name] for name in near) or f"one of {', '.join(names)}"
        raise UnknownCodeSystemError(f"no coding system has that name or address; give {hint}")
    return found


@cache
def _systems() -> dict[str, str]:
    """The coding systems by each of their names and addresses."""
    names = bundled_tables("indications.toml")["systems"]
    return {
        _plain_system(alias): name for name, others in names.items() for alias in (name, *others)
    }


def _plain_system(text: str) -> str:
    """Normalize an address: case, scheme, version, edition and a final slash do not matter."""
    address = str(text).strip().lower().partition("|")[0].rstrip("/")
    for scheme in ("https://", "http://", "urn:oid:"):
        address = address.removeprefix(scheme)
    # SNOMED CT puts its edition and version into the path of the address.
    return _SNOMED if address.startswith(f"{_SNOMED}/") else address
