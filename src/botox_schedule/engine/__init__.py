"""Answers about one session or one record, and the values they are made of."""

from botox_schedule.engine.check import DateCheck, DayReason
from botox_schedule.engine.compare import ForecastChange, ForecastComparison
from botox_schedule.engine.cycles import TreatmentCycle
from botox_schedule.engine.dates import DueDates, ProjectedSession
from botox_schedule.engine.forecast import Booking, Forecast, ForecastSummary, OtherSession
from botox_schedule.engine.limits import Exposure, LimitCheck
from botox_schedule.engine.reasons import DateReason, RuleCandidate
from botox_schedule.engine.response import ObservedDays, ObservedResponse, ResponseTimeline
from botox_schedule.engine.track import AnyTrack, Track

__all__ = [
    "AnyTrack",
    "Booking",
    "DateCheck",
    "DateReason",
    "DayReason",
    "DueDates",
    "Exposure",
    "Forecast",
    "ForecastChange",
    "ForecastComparison",
    "ForecastSummary",
    "LimitCheck",
    "ObservedDays",
    "ObservedResponse",
    "OtherSession",
    "ProjectedSession",
    "ResponseTimeline",
    "RuleCandidate",
    "Track",
    "TreatmentCycle",
]
