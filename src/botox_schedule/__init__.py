"""Treatment cycles of botulinum toxin: next-due dates, expected response, units, reasons.

The library computes and explains. It never chooses a dose, a muscle or a product, and it is not
medical advice: check every clinical figure against the current label before you rely on it.
"""

from botox_schedule.dates import Interval, IntervalRange, Window, day_in_zone
from botox_schedule.engine import DueDates, Forecast
from botox_schedule.engine.compare import compare_forecasts
from botox_schedule.engine.response import response_phase
from botox_schedule.errors import BotoxScheduleError, FindingsError, UnknownProtocolError
from botox_schedule.policy import PayerRule, SchedulingPolicy
from botox_schedule.protocols import (
    TreatmentProtocol,
    bundled_protocols,
    find_indication,
    find_product,
    find_protocol,
    load_protocols,
)
from botox_schedule.questions import (
    check_date,
    check_dose_limits,
    due_dates,
    due_status,
    exposure,
    forecast,
    forecast_all,
    project,
    project_dates,
    response_timeline,
    treatment_cycles,
)
from botox_schedule.records import (
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
    DueStatus,
    FindingCode,
    FindingNeeds,
    Population,
    Product,
    ResponsePhase,
    SessionKind,
    SessionStatus,
    ShortMonth,
)

__version__ = "0.2.0"

__all__ = [
    "Authority",
    "BodyWeight",
    "BotoxScheduleError",
    "CareEnd",
    "CareEndKind",
    "CycleTiming",
    "DueDates",
    "DueStatus",
    "FindingCode",
    "FindingNeeds",
    "FindingsError",
    "Forecast",
    "Hold",
    "Interval",
    "IntervalOverride",
    "IntervalRange",
    "PatientRecord",
    "PayerRule",
    "Population",
    "PriorAuthorization",
    "PriorTreatment",
    "Product",
    "ResponsePhase",
    "SchedulingPolicy",
    "SessionKind",
    "SessionStatus",
    "ShortMonth",
    "TreatmentProtocol",
    "TreatmentSession",
    "UnknownProtocolError",
    "Window",
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
    "find_protocol",
    "forecast",
    "forecast_all",
    "load_protocols",
    "project",
    "project_dates",
    "response_phase",
    "response_timeline",
    "treatment_cycles",
]
