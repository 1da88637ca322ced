"""The words of planning."""

from enum import StrEnum, unique


@unique
class Weekday(StrEnum):
    """A day of the week, by its name: numbers start on different days in different systems."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


@unique
class BookingConstraint(StrEnum):
    """What keeps a day from being booked, in the order in which they are asked."""

    CARE_ENDED = "care_ended"
    IN_HOLD = "in_hold"
    NO_INTERVAL = "no_interval"
    """No label, payer or override states a minimum: there is nothing to judge by."""
    TOO_EARLY = "too_early"
    OTHER_TRACK = "other_track"
    """Outside the window of another track of a shared visit."""
    NOT_AUTHORIZED = "not_authorized"
    CLOSED = "closed"
    AWAY = "away"


@unique
class AuthorizationProblem(StrEnum):
    """Why an authorization does not cover a day, or leaves it open."""

    NOT_STARTED = "not_started"
    ENDED = "ended"
    OTHER_PRODUCT = "other_product"
    NO_SESSIONS_LEFT = "no_sessions_left"
    NO_UNITS_LEFT = "no_units_left"
    PAYER_MINIMUM = "payer_minimum"
    SESSIONS_UNKNOWN = "sessions_unknown"
    """A session of an unknown product may have used the last one."""
    UNITS_UNKNOWN = "units_unknown"
    """Unknown units, given or discarded, may have used the rest."""


@unique
class AuthorizationWarning(StrEnum):
    """What to act on before a session is refused."""

    LAST_COVERED_SESSION_AHEAD = "last_covered_session_ahead"
    """The next session is the last that is covered: ask for the renewal now."""
    NEXT_SESSION_NOT_COVERED = "next_session_not_covered"
