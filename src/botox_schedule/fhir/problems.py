"""Problems of a bundle, for a person to review."""

from collections.abc import Sequence
from enum import StrEnum, unique

from pydantic import Field

from botox_schedule.values import Value


@unique
class BundleProblemCode(StrEnum):
    """The kind of problem."""

    AMBIGUOUS_INDICATION = "ambiguous_indication"
    AMBIGUOUS_PRODUCT = "ambiguous_product"
    AMBIGUOUS_SUBJECT = "ambiguous_subject"
    CONFLICTING_PATIENTS = "conflicting_patients"
    DECEASED_WITHOUT_DAY = "deceased_without_day"
    INCOMPLETE = "incomplete"
    INVALID_RESOURCE = "invalid_resource"
    LINKED_PATIENT = "linked_patient"
    MAY_BE_DECEASED = "may_be_deceased"
    NAMES_TOXIN = "names_toxin"
    NO_DAY = "no_day"
    NO_SUBJECT = "no_subject"
    OTHER_SUBJECT = "other_subject"
    PARTIAL_DAY = "partial_day"
    PARTLY_GIVEN = "partly_given"
    SHARED_IDENTIFIER = "shared_identifier"
    UNCERTAIN_VERSION = "uncertain_version"
    UNKNOWN_INDICATION = "unknown_indication"
    UNKNOWN_MODIFIER = "unknown_modifier"
    UNKNOWN_PRODUCT = "unknown_product"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_SUBJECT = "unknown_subject"
    UNKNOWN_UNITS = "unknown_units"


class BundleProblem(Value, frozen=True):
    """A problem of a bundle that a person should review.

    Attributes:
        code: The kind of problem.
        where: The entry and the element, such as ``entry[2].effectiveDateTime``. For lines of
            JSON it begins with the line, such as ``line 3``.
        message: What is wrong or was expected, without values from the bundle.
        session_left_out: Whether a session may be missing from a record because of it. The next
            date may then be too early.
        patient: The id of the record it is about, or None where unknown.
        reference: The resource it is about, such as ``Claim/5``; None without an id.
    """

    code: BundleProblemCode
    where: str
    message: str
    session_left_out: bool = False
    patient: str | None = Field(default=None, repr=False)
    reference: str | None = Field(default=None, repr=False)

    def __str__(self) -> str:
        lost = "; a session may be missing" if self.session_left_out else ""
        return f"{self.where}: {self.code}: {self.message}{lost}"


UNKNOWN_RULE = "the rule is unknown, and may change what the resource says"
"""The message of an unknown modifier."""

Remark = tuple[BundleProblemCode, str, str]
"""A problem of one resource: code, element and message. The caller knows the resource."""


class Fault(Exception):  # noqa: N818 - it never leaves the package
    """Why a resource is left out. The caller knows the resource, and mostly its patient.

    Attributes:
        patients: The records that it may be about, where that is in doubt.
        is_session: Whether it may be a session.
        remark: What is wrong.
    """

    def __init__(
        self,
        code: BundleProblemCode,
        element: str,
        message: str,
        patients: Sequence[str] = (),
        *,
        is_session: bool = True,
    ) -> None:
        super().__init__(message)
        self.patients = patients
        self.is_session = is_session
        self.remark: Remark = (code, element, message)


def inside(where: str, element: str) -> str:
    """Return the place of an element within a resource or bundle.

    >>> inside("entry[2]", "status"), inside("", "entry[2]")
    ('entry[2].status', 'entry[2]')
    """
    return ".".join(part for part in (where, element) if part)
