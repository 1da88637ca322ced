"""What of a bundle could not be read as it stands."""

from enum import StrEnum, unique

from pydantic import Field

from botox_schedule.values import Value


@unique
class BundleProblemCode(StrEnum):
    """What was wrong."""

    AMBIGUOUS_INDICATION = "ambiguous_indication"
    AMBIGUOUS_PRODUCT = "ambiguous_product"
    DECEASED_WITHOUT_DAY = "deceased_without_day"
    INVALID_RESOURCE = "invalid_resource"
    NO_DAY = "no_day"
    NO_SUBJECT = "no_subject"
    PARTIAL_DAY = "partial_day"
    PARTLY_GIVEN = "partly_given"
    UNKNOWN_INDICATION = "unknown_indication"
    UNKNOWN_PRODUCT = "unknown_product"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_UNITS = "unknown_units"


class BundleProblem(Value, frozen=True):
    """Something of a bundle that a person should look at.

    Attributes:
        code: What it is.
        where: The entry and the element, such as ``entry[2].effectiveDateTime``.
        message: What was expected, without a value of the bundle.
        session_left_out: Whether a session may be missing from the record because of it: then
            the next date may be too early.
        patient: The id of the record it concerns, where it is known.
    """

    code: BundleProblemCode
    where: str
    message: str
    session_left_out: bool = False
    patient: str | None = Field(default=None, repr=False)

    def __str__(self) -> str:
        lost = "; the session is left out" if self.session_left_out else ""
        return f"{self.where}: {self.code}: {self.message}{lost}"
