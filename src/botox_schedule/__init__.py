# ruff: noqa: F405 - the names are those of the module that has them
"""Treatment cycles of botulinum toxin: next-due dates, expected response, units, reasons.

The library computes and explains. It never chooses a dose, a muscle or a product, and it is not
medical advice: check every clinical figure against the current label before you rely on it.
"""

from importlib import import_module

TYPE_CHECKING = False  # typing itself takes longer to import than the command's help to print
if TYPE_CHECKING:
    from botox_schedule.public import *  # noqa: F403

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


def __getattr__(name: str) -> object:
    """Import the public names when the first one is used: help and version need none."""
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    public = import_module("botox_schedule.public")
    globals().update({each: getattr(public, each) for each in __all__})
    if name not in globals():
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__} - {"TYPE_CHECKING", "import_module"})
