"""Treatment cycles of botulinum toxin: next-due dates, expected response, units, reasons.

The library computes and explains. It never chooses a dose, a muscle or a product, and it is not
medical advice: check every clinical figure against the current label before you rely on it.
"""

from botox_schedule.dates.days import Day, day_in_zone
from botox_schedule.dates.intervals import Interval, IntervalRange, Window
from botox_schedule.engine.check import DateCheck, DayReason, check_date
from botox_schedule.engine.compare import ForecastChange, ForecastComparison, compare_forecasts
from botox_schedule.engine.cycles import TreatmentCycle, treatment_cycles
from botox_schedule.engine.exposure import Exposure, exposure
from botox_schedule.engine.forecast import Booking, Forecast, forecast
from botox_schedule.engine.limits import LimitCheck, check_dose_limits
from botox_schedule.engine.project import project
from botox_schedule.engine.reasons import DateReason, RuleCandidate
from botox_schedule.engine.response import ResponseTimeline, response_phase, response_timeline
from botox_schedule.engine.session import (
    DueDates,
    ProjectedSession,
    due_dates,
    due_status,
    project_dates,
)
from botox_schedule.errors import (
    BotoxScheduleError,
    CalendarRangeError,
    DayError,
    ExchangeError,
    FileLimitError,
    FindingError,
    FindingsError,
    HandoutError,
    IntervalError,
    OrderError,
    ProtocolFileError,
    UnknownProtocolError,
)
from botox_schedule.policy import SchedulingPolicy
from botox_schedule.protocols.catalog import bundled_protocols, find_protocol, load_protocols
from botox_schedule.protocols.indications import find_indication, find_product_by_code, names_toxin
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
from botox_schedule.records.findings import Finding
from botox_schedule.records.model import (
    BodyWeight,
    CareEnd,
    Hold,
    IntervalOverride,
    PatientRecord,
    PriorAuthorization,
    PriorTreatment,
    TreatmentSession,
)
from botox_schedule.terms import (
    Authority,
    CareEndKind,
    CycleTiming,
    DayReasonCode,
    DueStatus,
    FindingCode,
    LimitPer,
    LimitReading,
    LimitScope,
    Population,
    Product,
    ResponsePhase,
    RetreatmentKind,
    SessionKind,
    SessionStatus,
    ShortMonth,
    Verification,
    find_product,
)

__version__ = "0.1.0"

__all__ = [
    "AgeRange",
    "Authority",
    "BodyWeight",
    "Booking",
    "BotoxScheduleError",
    "CalendarRangeError",
    "CareEnd",
    "CareEndKind",
    "Code",
    "CycleTiming",
    "DateCheck",
    "DateReason",
    "Day",
    "DayError",
    "DayReason",
    "DayReasonCode",
    "DoseLimit",
    "DueDates",
    "DueStatus",
    "ExchangeError",
    "ExpectedResponse",
    "Exposure",
    "FileLimitError",
    "Finding",
    "FindingCode",
    "FindingError",
    "FindingsError",
    "Forecast",
    "ForecastChange",
    "ForecastComparison",
    "HandoutError",
    "Hold",
    "InForce",
    "Interval",
    "IntervalError",
    "IntervalOverride",
    "IntervalRange",
    "LimitCheck",
    "LimitPer",
    "LimitReading",
    "LimitScope",
    "LimitWindow",
    "OrderError",
    "PatientRecord",
    "Population",
    "PriorAuthorization",
    "PriorTreatment",
    "Product",
    "ProjectedSession",
    "ProtocolFileError",
    "ProtocolRef",
    "ResponsePhase",
    "ResponseTimeline",
    "RetreatmentKind",
    "RetreatmentRule",
    "RuleCandidate",
    "SchedulingPolicy",
    "SessionKind",
    "SessionStatus",
    "ShortMonth",
    "SourceRef",
    "TreatmentCycle",
    "TreatmentProtocol",
    "TreatmentSession",
    "UnknownProtocolError",
    "Verification",
    "Window",
    "__version__",
    "bundled_protocols",
    "check_date",
    "check_dose_limits",
    "compare_forecasts",
    "day_in_zone",
    "due_dates",
    "due_status",
    "exposure",
    "find_indication",
    "find_product",
    "find_product_by_code",
    "find_protocol",
    "forecast",
    "load_protocols",
    "names_toxin",
    "project",
    "project_dates",
    "response_phase",
    "response_timeline",
    "treatment_cycles",
]
