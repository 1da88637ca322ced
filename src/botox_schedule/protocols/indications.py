"""What the codes of other systems stand for."""

from functools import cache
from typing import Any

from botox_schedule.protocols.catalog import bundled_tables
from botox_schedule.terms import Product

__all__ = ["find_indication", "find_product_by_code", "names_toxin"]


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
    tables = bundled_tables("codes.toml")
    return {_key(row["system"], row["code"]): row for row in [*tables["codes"], *tables["classes"]]}


@cache
def _systems() -> dict[str, str]:
    """The coding systems by every name they are known under."""
    names = bundled_tables("codes.toml")["systems"]
    return {alias.lower(): name for name, address in names.items() for alias in (name, address)}


def _key(system: str, code: str) -> tuple[str | None, str]:
    """The name of a known system, and the code as the table has it."""
    return _systems().get(system.strip().lower()), code.strip().upper().replace(".", "")
