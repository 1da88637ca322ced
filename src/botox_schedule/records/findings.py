"""What a person should look at, as values."""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, Field

from botox_schedule.errors import FindingError, FindingsError
from botox_schedule.records.model import TreatmentSession
from botox_schedule.terms import FindingCode

__all__ = ["Finding", "about", "raise_findings"]


class Finding(BaseModel, frozen=True, extra="forbid", defer_build=True):
    """Something a person should look at.

    Attributes:
        code: What it is.
        message: A plain sentence without ids, days or free text.
        record_ids: The ids of the sessions it concerns, as far as they have one.
    """

    code: FindingCode
    message: str
    record_ids: tuple[str, ...] = Field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def about(code: FindingCode, message: str, sessions: Iterable[TreatmentSession] = ()) -> Finding:
    """Return a finding about *sessions*."""
    ids = {session.id for session in sessions if session.id is not None}
    return Finding(code=code, message=message, record_ids=tuple(sorted(ids)))


def raise_findings(findings: Sequence[Finding]) -> None:
    """Raise all findings together, without the ids of records.

    Raises:
        FindingsError: When there is a finding.
    """
    if findings:
        errors = [FindingError(finding.code.value, finding.message) for finding in findings]
        raise FindingsError("the record needs a person's look", errors)
