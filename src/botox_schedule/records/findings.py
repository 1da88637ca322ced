"""What a person should look at, as values."""

from collections.abc import Iterable, Sequence
from functools import cache
from hashlib import sha256
from inspect import signature
from typing import Any, Protocol

from pydantic import Field, model_validator

from botox_schedule.errors import FindingError, FindingsError
from botox_schedule.terms import FindingCode, FindingNeeds
from botox_schedule.values import Value, made

ROW_ID = "line "
"""Prefix of the id that a reader gives to a row without one; the line number follows."""
_KEY_LENGTH = 16
_CODES = tuple(FindingCode)
_DAYS = ("administered_on", "first", "on", "valid", "last", "review_on", "started_on", "last_on")
_KINDS = ("indication", "product", "kind")


class _Subject(Protocol):
    @property
    def id(self) -> str | None: ...


class Finding(Value, frozen=True):
    """Something a person should look at.

    Attributes:
        code: The kind of finding.
        message: A plain sentence without ids, days or free text.
        record_ids: The ids of the sessions and decisions it is about; rows without an id are
            omitted.
        needs: When a person must act: ``today``, at the ``next_visit``, or not at all
            (``information``).
        key: Stable for the same finding about the same rows, so that a clinic's software can
            remember which findings were acknowledged. It reveals nothing about the rows.
    """

    code: FindingCode
    message: str
    record_ids: tuple[str, ...] = Field(default=(), repr=False)
    needs: FindingNeeds
    key: str = ""

    @model_validator(mode="before")
    @classmethod
    def _with_needs(cls, data: Any) -> Any:
        """Fill in ``needs`` from the code: earlier versions did not store it."""
        if isinstance(data, dict) and "needs" not in data and data.get("code") in _CODES:
            return {**data, "needs": FindingCode(data["code"]).needs}
        return data

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def make_finding(
    code: FindingCode,
    message: str,
    subjects: Iterable[_Subject] = (),
    visits: Iterable[object] = (),
    figures: str = "",
) -> Finding:
    """Return a finding about *subjects*, listed by id, and *visits*, which are not listed.

    Findings about the same rows with other *figures* have other keys.
    """
    about = list(subjects)
    ids = tuple(sorted({subject.id for subject in about if subject.id is not None}))
    marks = sorted({_mark(subject) for subject in (*about, *visits)})
    facts = [code.value, *filter(None, [figures]), *marks]
    digest = sha256("\n".join(facts).encode()).hexdigest()
    key = f"{code.value}-{digest[:_KEY_LENGTH]}"
    return made(Finding, code=code, message=message, record_ids=ids, needs=code.needs, key=key)


def _mark(subject: object) -> str:
    """What identifies a row: its id, or else what it is; and its days.

    A row that moved to other days is another fact: nobody has acknowledged it yet. A line number
    is not an id: in tomorrow's export the row may be on another line.
    """
    row_id = getattr(subject, "id", None)
    named = row_id is not None and not row_id.startswith(ROW_ID)
    what = f"id {row_id}" if named else _words(subject, _KINDS)
    return f"{what} {_words(subject, _DAYS)}"


def _words(subject: object, names: tuple[str, ...]) -> str:
    kind: Any = type(subject)
    given = [(name, getattr(subject, name)) for name in _fields(kind, names)]
    return " ".join([f"{name}={value!s}" for name, value in given if value is not None])


@cache
def _fields(kind: type, names: tuple[str, ...]) -> list[str]:
    """Those of some names that rows of a kind have."""
    return [name for name in names if name in signature(kind).parameters]


def raise_findings(findings: Sequence[Finding]) -> None:
    """Raise all findings that need a person today as one error, without record ids.

    Raises:
        FindingsError: When at least one finding needs a person today.
    """
    today = [finding for finding in findings if finding.needs is FindingNeeds.TODAY]
    if today:
        errors = [FindingError(finding.code.value, finding.message) for finding in today]
        raise FindingsError("the record has findings to review today", errors)
