"""What labels and guidelines say, with their sources."""

from botox_schedule.protocols.bundled import DataFileFault, verify_bundled
from botox_schedule.protocols.catalog import (
    bundled_edition,
    bundled_protocols,
    find_protocol,
    load_protocols,
)
from botox_schedule.protocols.collection import ProtocolSet
from botox_schedule.protocols.indications import (
    find_indication,
    find_product,
    find_product_by_code,
    names_toxin,
    suggested_indications,
)
from botox_schedule.protocols.model import (
    AgeRange,
    Code,
    DoseLimit,
    ExpectedResponse,
    InForce,
    LimitWindow,
    ProtocolRef,
    RetreatmentRule,
    SourceRef,
    TreatmentProtocol,
)

__all__ = [
    "AgeRange",
    "Code",
    "DataFileFault",
    "DoseLimit",
    "ExpectedResponse",
    "InForce",
    "LimitWindow",
    "ProtocolRef",
    "ProtocolSet",
    "RetreatmentRule",
    "SourceRef",
    "TreatmentProtocol",
    "bundled_edition",
    "bundled_protocols",
    "find_indication",
    "find_product",
    "find_product_by_code",
    "find_protocol",
    "load_protocols",
    "names_toxin",
    "suggested_indications",
    "verify_bundled",
]
