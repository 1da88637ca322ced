"""From a due date to a booked visit: clinic days, authorizations and vials."""

from botox_schedule.errors import PlanningError, UnknownCountryError
from botox_schedule.planning.authorization_plan import (
    AuthorizationPlan,
    AuthorizationWarning,
    AuthorizedSession,
    plan_authorizations,
)
from botox_schedule.planning.authorizations import (
    AuthorizationCheck,
    AuthorizationProblem,
    AuthorizationUse,
)
from botox_schedule.planning.booking import (
    BookableDay,
    BookingCheck,
    BookingConstraint,
    FirstBookableDay,
    bookable_days,
    check_booking,
    first_bookable_day,
)
from botox_schedule.planning.clinic_calendar import (
    ClinicCalendar,
    CountdownStep,
    Weekday,
    countdown,
)
from botox_schedule.planning.shared_visits import SharedTrack, SharedVisit, find_shared_visit
from botox_schedule.planning.vials import (
    BillingLine,
    BillingRule,
    VialCount,
    VialPlan,
    VialSize,
    billing_rule,
    fewest_vials,
    vial_sizes,
)

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
