"""What planning raises on purpose, beside the errors of the library."""

from botox_schedule.errors import BotoxScheduleError


class PlanningError(BotoxScheduleError, ValueError):
    """What was asked cannot be planned: no open day, no second track, no vial size."""


class UnknownCountryError(BotoxScheduleError, LookupError):
    """No public holidays are known for a country or subdivision."""
