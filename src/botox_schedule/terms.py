"""The closed vocabularies: each value is the word that code, data and documentation use."""

import re
from enum import StrEnum, unique

__all__ = [
    "PRECEDENCE",
    "Authority",
    "CareEndKind",
    "CycleTiming",
    "DayReasonCode",
    "DueStatus",
    "FindingCode",
    "LimitPer",
    "LimitReading",
    "LimitScope",
    "Population",
    "Product",
    "ResponsePhase",
    "RetreatmentKind",
    "SessionKind",
    "SessionStatus",
    "ShortMonth",
    "Verification",
    "find_product",
    "names_of",
]


@unique
class ShortMonth(StrEnum):
    """What becomes of a day that the target month does not have."""

    LAST_DAY = "last_day"
    """31 January and one month is the last day of February."""
    FIRST_OF_NEXT = "first_of_next"
    """31 January and one month is 1 March."""


@unique
class DueStatus(StrEnum):
    """Where a day falls among the four dates; each day has exactly one status."""

    DECEASED = "deceased"
    DISCONTINUED = "discontinued"
    ON_HOLD = "on_hold"
    NO_HISTORY = "no_history"
    NO_INTERVAL = "no_interval"
    TOO_EARLY = "too_early"
    ALLOWED = "allowed"
    DUE = "due"
    OVERDUE = "overdue"
    LAPSED = "lapsed"


@unique
class ResponsePhase(StrEnum):
    """What is expected of the response on a day after a session."""

    LATENT = "latent"
    ONSET = "onset"
    BUILDING = "building"
    PEAK = "peak"
    SUSTAINED = "sustained"
    WEARING_OFF = "wearing_off"
    WORN_OFF = "worn_off"
    NOT_STATED = "not_stated"


@unique
class CycleTiming(StrEnum):
    """How a cycle's first session compares with the cycle before."""

    FIRST = "first"
    EARLY = "early"
    EARLY_WITHIN_TOLERANCE = "early_within_tolerance"
    ON_TIME = "on_time"
    LATE = "late"


@unique
class RetreatmentKind(StrEnum):
    """Whether sessions follow a schedule or the return of symptoms."""

    SCHEDULED = "scheduled"
    AS_NEEDED = "as_needed"


@unique
class SessionStatus(StrEnum):
    """What became of a session; only a completed one counts."""

    COMPLETED = "completed"
    BOOKED = "booked"
    DRAFT = "draft"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    ENTERED_IN_ERROR = "entered_in_error"


PRECEDENCE = {
    SessionStatus.ENTERED_IN_ERROR: 3,
    SessionStatus.COMPLETED: 2,
    SessionStatus.CANCELLED: 1,
    SessionStatus.NO_SHOW: 1,
    SessionStatus.BOOKED: 0,
    SessionStatus.DRAFT: 0,
}
"""Which of several contents under one id wins, before anything else is compared."""


@unique
class SessionKind(StrEnum):
    """Whether a session opens a cycle (full) or completes one (touch_up)."""

    FULL = "full"
    TOUCH_UP = "touch_up"


@unique
class Authority(StrEnum):
    """Who decided an override: it says which minimums the override replaces."""

    CLINICIAN = "clinician"
    PAYER = "payer"


@unique
class CareEndKind(StrEnum):
    """Why care ended."""

    DISCONTINUED = "discontinued"
    DECEASED = "deceased"


@unique
class Population(StrEnum):
    """Whom a protocol is for."""

    ADULT = "adult"
    PEDIATRIC = "pediatric"


@unique
class Verification(StrEnum):
    """Where the text of a figure was read."""

    MANUFACTURER = "manufacturer"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    CLINIC = "clinic"
    """The clinic that wrote the file stands for the figure."""
    UNVERIFIED = "unverified"


@unique
class LimitScope(StrEnum):
    """Whose units a limit adds up."""

    PRODUCT = "product"
    """All sessions with the product, whatever the indication."""
    INDICATION = "indication"
    """Sessions with the product for the protocol's own indication."""


@unique
class LimitPer(StrEnum):
    """Over what a limit adds up; sessions record only the first two."""

    WINDOW = "window"
    SESSION = "session"
    LIMB = "limb"
    MUSCLE = "muscle"
    SIDE = "side"
    SITE = "site"


@unique
class LimitReading(StrEnum):
    """The readings of a label's "3-month interval"."""

    TWELVE_WEEKS = "twelve_weeks"
    THREE_MONTHS = "three_months"


@unique
class DayReasonCode(StrEnum):
    """Why a day is allowed or not."""

    ALLOWED = "allowed"
    TOO_EARLY = "too_early"
    IN_HOLD = "in_hold"
    CARE_ENDED = "care_ended"
    NO_HISTORY = "no_history"
    NO_INTERVAL = "no_interval"


@unique
class FindingCode(StrEnum):
    """What a person should look at."""

    AGE_OUTSIDE_PROTOCOL = "age_outside_protocol"
    AGE_UNKNOWN = "age_unknown"
    BOOKING_IN_HOLD = "booking_in_hold"
    BOOKING_TOO_EARLY = "booking_too_early"
    BOOKING_UNRESOLVED = "booking_unresolved"
    CARE_RESUMED = "care_resumed"
    CONFLICTING_RECORDS = "conflicting_records"
    EARLY_SESSION = "early_session"
    EXPIRED_OVERRIDE = "expired_override"
    FUTURE_COMPLETED_SESSION = "future_completed_session"
    HOLD_NEEDS_REVIEW = "hold_needs_review"
    JUDGED_BY_ANOTHER_PROTOCOL = "judged_by_another_protocol"
    LIMIT_EXCEEDED = "limit_exceeded"
    LIMIT_INDETERMINATE = "limit_indeterminate"
    MISSING_WEIGHT = "missing_weight"
    MIXED_PRODUCTS = "mixed_products"
    OVERLAPPING_TRACKS = "overlapping_tracks"
    OVERRIDE_BELOW_LABEL = "override_below_label"
    PROBABLE_DUPLICATE = "probable_duplicate"
    PROBABLE_DUPLICATE_ACROSS_DAYS = "probable_duplicate_across_days"
    PRODUCT_SWITCH = "product_switch"
    SESSION_AFTER_DEATH = "session_after_death"
    SESSION_BEFORE_BIRTH = "session_before_birth"
    SESSION_DURING_HOLD = "session_during_hold"
    STALE_WEIGHT = "stale_weight"
    TOUCH_UP_WITHOUT_SESSION = "touch_up_without_session"
    UNKNOWN_PRODUCT = "unknown_product"
    UNKNOWN_UNITS = "unknown_units"
    UNVERIFIED_CONTENT = "unverified_content"


@unique
class Product(StrEnum):
    """One botulinum toxin preparation; units of different products are not interchangeable."""

    ONABOTULINUMTOXIN_A = "onabotulinumtoxinA"
    ABOBOTULINUMTOXIN_A = "abobotulinumtoxinA"
    INCOBOTULINUMTOXIN_A = "incobotulinumtoxinA"
    DAXIBOTULINUMTOXIN_A = "daxibotulinumtoxinA"
    RIMABOTULINUMTOXIN_B = "rimabotulinumtoxinB"
    PRABOTULINUMTOXIN_A = "prabotulinumtoxinA"
    LETIBOTULINUMTOXIN_A = "letibotulinumtoxinA"


_BRANDS = {
    "botox": Product.ONABOTULINUMTOXIN_A,
    "botox cosmetic": Product.ONABOTULINUMTOXIN_A,
    "dysport": Product.ABOBOTULINUMTOXIN_A,
    "xeomin": Product.INCOBOTULINUMTOXIN_A,
    "daxxify": Product.DAXIBOTULINUMTOXIN_A,
    "myobloc": Product.RIMABOTULINUMTOXIN_B,
    "jeuveau": Product.PRABOTULINUMTOXIN_A,
    "letybo": Product.LETIBOTULINUMTOXIN_A,
}
_NAMES = _BRANDS | {product.value.lower(): product for product in Product}
_SUFFIX = re.compile(r"-[a-z]{4}\Z")


def names_of(product: Product) -> list[str]:
    """Return the names of a product in lower case, without a suffix.

    >>> names_of(Product.ABOBOTULINUMTOXIN_A)
    ['dysport', 'abobotulinumtoxina']
    """
    return [name for name, known in _NAMES.items() if known is product]


def find_product(name: str) -> Product | None:
    """Return the product that *name* stands for, or None if no product is called so.

    Nonproprietary names count with and without their four-letter suffix, brand names too, in
    any case.

    >>> find_product("BOTOX")
    <Product.ONABOTULINUMTOXIN_A: 'onabotulinumtoxinA'>
    >>> find_product("daxibotulinumtoxinA-lanm")
    <Product.DAXIBOTULINUMTOXIN_A: 'daxibotulinumtoxinA'>
    >>> find_product("toxin") is None
    True
    """
    text = " ".join(name.lower().split())
    return _NAMES.get(_SUFFIX.sub("", text))
