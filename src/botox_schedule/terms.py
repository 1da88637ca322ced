"""The closed vocabularies: each value is the word that code, data and documentation use."""

from enum import StrEnum
from typing import Self, TypeVar

from botox_schedule.errors import UnknownWordError

_Word = TypeVar("_Word", bound=StrEnum)


class ShortMonth(StrEnum):
    """What becomes of a day that the target month does not have."""

    LAST_DAY = "last_day"
    """31 January and one month is the last day of February."""
    FIRST_OF_NEXT = "first_of_next"
    """31 January and one month is 1 March."""


class DueStatus(StrEnum):
    """Where a day falls among the four dates, or what precedes them; each day has one status."""

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

    @property
    def ends_care(self) -> bool:
        """Whether care has ended: nothing is dated, and every day is forbidden."""
        return self in {DueStatus.DECEASED, DueStatus.DISCONTINUED}


class ResponsePhase(StrEnum):
    """What is expected of the response on a day after a session."""

    LATENT = "latent"
    ONSET = "onset"
    BUILDING = "building"
    EFFECT = "effect"
    """After onset, where no source states a peak."""
    PEAK = "peak"
    SUSTAINED = "sustained"
    MAY_BE_WEARING_OFF = "may_be_wearing_off"
    """Some patients notice that the effect declines; most do not."""
    WEARING_OFF = "wearing_off"
    WORN_OFF = "worn_off"
    NOT_STATED = "not_stated"


class ForWhom(StrEnum):
    """Which patients a window of the expected response is about."""

    TYPICAL = "typical"
    SOME = "some"
    """Some patients only; the share says how many."""


class CycleTiming(StrEnum):
    """How a cycle's first session compares with the cycle before."""

    FIRST = "first"
    EARLY = "early"
    EARLY_WITHIN_TOLERANCE = "early_within_tolerance"
    ON_TIME = "on_time"
    LATE = "late"


class RetreatmentKind(StrEnum):
    """Whether sessions follow a schedule or the return of symptoms."""

    SCHEDULED = "scheduled"
    AS_NEEDED = "as_needed"


class SessionStatus(StrEnum):
    """What became of a session; only a completed one counts."""

    COMPLETED = "completed"
    BOOKED = "booked"
    DRAFT = "draft"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    ENTERED_IN_ERROR = "entered_in_error"


class SessionKind(StrEnum):
    """Whether a session opens a cycle (full) or completes one (touch_up)."""

    FULL = "full"
    TOUCH_UP = "touch_up"


class Authority(StrEnum):
    """Who decided an override: it says which minimums the override replaces."""

    CLINICIAN = "clinician"
    PAYER = "payer"


class CareEndKind(StrEnum):
    """Why care ended."""

    DISCONTINUED = "discontinued"
    DECEASED = "deceased"


class Population(StrEnum):
    """Which patients a protocol is for."""

    ADULT = "adult"
    PEDIATRIC = "pediatric"


class Verification(StrEnum):
    """Where the text of a figure was read."""

    MANUFACTURER = "manufacturer"
    PRIMARY = "primary"
    SECONDARY = "secondary"
    CLINIC = "clinic"
    """The clinic that wrote the file answers for the figure."""
    UNVERIFIED = "unverified"


class LimitScope(StrEnum):
    """Whose units a limit adds up."""

    PRODUCT = "product"
    """All sessions with the product, whatever the indication."""
    INDICATION = "indication"
    """Sessions with the product for the protocol's own indication."""
    INDICATIONS = "indications"
    """Sessions with the product for any of the limit's indications, such as arm and leg."""


class LimitPer(StrEnum):
    """What a limit adds up over; sessions record only the first two."""

    WINDOW = "window"
    SESSION = "session"
    LIMB = "limb"
    MUSCLE = "muscle"
    SIDE = "side"
    SITE = "site"


class LimitReading(StrEnum):
    """The readings of a label's "3-month interval"."""

    TWELVE_WEEKS = "twelve_weeks"
    THREE_MONTHS = "three_months"


class DayReasonCode(StrEnum):
    """Why a day is allowed or not."""

    ALLOWED = "allowed"
    TOO_EARLY = "too_early"
    IN_HOLD = "in_hold"
    CARE_ENDED = "care_ended"
    ADVISORY = "advisory"
    """Before a minimum that its source words as advice: a clinician decides."""
    SAME_SESSION = "same_session"
    """The day would be part of the session that was given last."""
    UNRECOGNIZED_SESSION = "unrecognized_session"
    """A session under an unknown indication may have been one of this track."""
    NO_HISTORY = "no_history"
    NO_INTERVAL = "no_interval"


class MinimumKind(StrEnum):
    """Who states a minimum."""

    LABEL = "label"
    PREVIOUS_PRODUCT = "previous product"
    """The protocol of a product that the last cycle used and that is not planned."""
    OTHER_INDICATION = "other indication"
    """The planned product's protocol for what was treated last in the same clock."""
    IN_GENERAL = "in general"
    """The planned product's protocol for the clock in general, such as spasticity."""
    PAYER = "payer"
    AUTHORIZATION = "authorization"
    OVERRIDE = "override"
    EXPIRED_OVERRIDE = "expired override"
    UNRECOGNIZED = "unrecognized decision"
    """An override, authorization or payer's rule under an unknown indication."""


class CandidateOutcome(StrEnum):
    """What became of a minimum that was weighed."""

    DECIDES = "decides"
    GIVES_WAY = "gives way"
    """Another minimum gives a later day."""
    ADVISES = "advises"
    """Its source advises it: days before it are for a clinician to decide."""
    REPLACED = "replaced"
    EXPIRED = "expired"


class UsualOwner(StrEnum):
    """Who states a usual range."""

    LABEL = "label"
    CLINIC = "clinic"
    OVERRIDE = "override"


class DateName(StrEnum):
    """The dates of a track, in their order."""

    EARLIEST = "earliest"
    DUE = "due"
    OVERDUE_FROM = "overdue_from"
    LAPSED_FROM = "lapsed_from"


class FindingNeeds(StrEnum):
    """When a finding needs a person."""

    TODAY = "today"
    NEXT_VISIT = "next_visit"
    INFORMATION = "information"


class FindingCode(StrEnum):
    """What a person should look at."""

    _value_: str
    needs: FindingNeeds
    """When the finding needs a person; an alarm at every visit would be ignored."""

    def __new__(cls, word: str, needs: FindingNeeds = FindingNeeds.TODAY) -> Self:
        """Make a code; a person is needed today unless it says otherwise."""
        code = str.__new__(cls, word)
        code._value_ = word
        code.needs = needs
        return code

    AGE_OUTSIDE_PROTOCOL = "age_outside_protocol", FindingNeeds.NEXT_VISIT
    AGE_UNKNOWN = "age_unknown", FindingNeeds.NEXT_VISIT
    BOOKING_AFTER_CARE_END = "booking_after_care_end"
    BOOKING_AFTER_OVERDUE = "booking_after_overdue"
    BOOKING_IN_HOLD = "booking_in_hold"
    BOOKING_OF_SECOND_PART = "booking_of_second_part", FindingNeeds.INFORMATION
    BOOKING_TOO_EARLY = "booking_too_early"
    BOOKING_UNRESOLVED = "booking_unresolved"
    CARE_RESUMED = "care_resumed"
    CONFLICTING_DECISIONS = "conflicting_decisions"
    CONFLICTING_RECORDS = "conflicting_records"
    DEATH_IN_THE_FUTURE = "death_in_the_future"
    DIARY_NOT_CURRENT = "diary_not_current", FindingNeeds.NEXT_VISIT
    EARLY_SESSION = "early_session", FindingNeeds.INFORMATION
    EFFECT_ENDS_EARLY = "effect_ends_early", FindingNeeds.NEXT_VISIT
    EXPIRED_OVERRIDE = "expired_override", FindingNeeds.NEXT_VISIT
    FUTURE_COMPLETED_SESSION = "future_completed_session"
    HOLD_ENDED = "hold_ended"
    HOLD_NEEDS_REVIEW = "hold_needs_review"
    JUDGED_BY_ANOTHER_PROTOCOL = "judged_by_another_protocol", FindingNeeds.NEXT_VISIT
    LAST_SESSION_ELSEWHERE_UNKNOWN = "last_session_elsewhere_unknown"
    LIMIT_EXCEEDED = "limit_exceeded"
    LIMIT_INDETERMINATE = "limit_indeterminate", FindingNeeds.NEXT_VISIT
    MISSING_WEIGHT = "missing_weight", FindingNeeds.NEXT_VISIT
    MIXED_PRODUCTS = "mixed_products", FindingNeeds.INFORMATION
    NOT_REBOOKED = "not_rebooked"
    OVERRIDE_BELOW_LABEL = "override_below_label", FindingNeeds.NEXT_VISIT
    OVERRIDE_BELOW_PAYER = "override_below_payer", FindingNeeds.NEXT_VISIT
    PRIOR_TREATMENTS_COUNTED_ONCE = "prior_treatments_counted_once", FindingNeeds.NEXT_VISIT
    PROBABLE_DUPLICATE = "probable_duplicate"
    PROBABLE_DUPLICATE_ACROSS_DAYS = "probable_duplicate_across_days", FindingNeeds.INFORMATION
    PRODUCT_SWITCH = "product_switch", FindingNeeds.NEXT_VISIT
    SESSION_AFTER_DEATH = "session_after_death"
    SESSION_BEFORE_BIRTH = "session_before_birth"
    SESSION_DAY_UNKNOWN = "session_day_unknown"
    SESSION_DURING_HOLD = "session_during_hold", FindingNeeds.INFORMATION
    STALE_WEIGHT = "stale_weight", FindingNeeds.NEXT_VISIT
    TOUCH_UP_WITHOUT_SESSION = "touch_up_without_session", FindingNeeds.INFORMATION
    UNKNOWN_PRODUCT = "unknown_product", FindingNeeds.NEXT_VISIT
    UNKNOWN_UNITS = "unknown_units", FindingNeeds.INFORMATION
    UNRECOGNIZED_INDICATION = "unrecognized_indication"
    UNVERIFIED_CONTENT = "unverified_content", FindingNeeds.INFORMATION


class Product(StrEnum):
    """One botulinum toxin preparation; units of different products are not interchangeable."""

    ONABOTULINUMTOXIN_A = "onabotulinumtoxinA"
    ABOBOTULINUMTOXIN_A = "abobotulinumtoxinA"
    INCOBOTULINUMTOXIN_A = "incobotulinumtoxinA"
    DAXIBOTULINUMTOXIN_A = "daxibotulinumtoxinA"
    RIMABOTULINUMTOXIN_B = "rimabotulinumtoxinB"
    PRABOTULINUMTOXIN_A = "prabotulinumtoxinA"
    LETIBOTULINUMTOXIN_A = "letibotulinumtoxinA"


def word_of(kind: type[_Word], word: str, name: str) -> _Word:
    """Return the member of a vocabulary that a word names.

    Raises:
        UnknownWordError: When the word is unknown; the message names the known ones.
    """
    try:
        return kind(word)
    except ValueError:
        raise UnknownWordError(f"{name}: give one of {', '.join(kind)}") from None
