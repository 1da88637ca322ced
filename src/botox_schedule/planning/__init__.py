"""From a computed date to a booked visit: clinic days, authorizations, vials."""

from botox_schedule.planning._authorization_plan import (
    AuthorizationPlan,
    AuthorizedSession,
    plan_authorizations,
)
from botox_schedule.planning._authorizations import AuthorizationCheck, AuthorizationUse
from botox_schedule.planning._bookable import (
    BookableDay,
    FirstBookableDay,
    bookable_days,
    first_bookable_day,
)
from botox_schedule.planning._calendar import ClinicCalendar
from botox_schedule.planning._countdown import CountdownStep, countdown
from botox_schedule.planning._desk import BookingCheck, check_booking
from botox_schedule.planning._shared import SharedTrack, SharedVisit, find_shared_visit
from botox_schedule.planning._terms import (
    AuthorizationProblem,
    AuthorizationWarning,
    BookingConstraint,
    Weekday,
)
from botox_schedule.planning._vials import (
    BillingLine,
    BillingRule,
    VialCount,
    VialPlan,
    VialSize,
    billing_rule,
    fewest_vials,
    vial_sizes,
)
from botox_schedule.planning.errors import PlanningError, UnknownCountryError

__all__ = [
    "AuthorizationCheck",
    "AuthorizationPlan",
    "AuthorizationProblem",
    "AuthorizationUse",
    "AuthorizationWarning",
    "AuthorizedSession",
    "BillingLine",
    "BillingRule",
    "BookableDay",
    "BookingCheck",
    "BookingConstraint",
    "ClinicCalendar",
    "CountdownStep",
    "FirstBookableDay",
    "PlanningError",
    "SharedTrack",
    "SharedVisit",
    "UnknownCountryError",
    "VialCount",
    "VialPlan",
    "VialSize",
    "Weekday",
    "billing_rule",
    "bookable_days",
    "check_booking",
    "countdown",
    "fewest_vials",
    "find_shared_visit",
    "first_bookable_day",
    "plan_authorizations",
    "vial_sizes",
]
