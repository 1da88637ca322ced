"""The day that a date or a moment of FHIR falls on."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from botox_schedule import day_in_zone
from botox_schedule.fhir.problems import BundleProblemCode

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PARTIAL = re.compile(r"\d{4}(-\d{2})?")


class NotADay(Exception):  # noqa: N818 - it never leaves the package
    """What is wrong with a date, as a problem's code and message."""

    def __init__(self, code: BundleProblemCode, element: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.element = element
        self.message = message


def check_zone(zone: str | tzinfo) -> None:
    """Raise a DayError now rather than at the first moment."""
    day_in_zone(datetime(2000, 1, 1, tzinfo=UTC), zone)


def day_of(text: Any, element: str, zone: str | tzinfo) -> date:
    """Return the clinic's local day of a date or dateTime.

    Raises:
        NotADay: When it names no day: a year, a month, or no date at all.
    """
    if isinstance(text, str):
        if _PARTIAL.fullmatch(text):
            message = "expected a whole day, found a year or a month"
            raise NotADay(BundleProblemCode.PARTIAL_DAY, element, message)
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
            return day_in_zone(datetime.fromisoformat(text), zone)
        except (ValueError, OverflowError):
            pass
    raise NotADay(BundleProblemCode.NO_DAY, element, "expected a day or an instant with its offset")


def first_day(resource: Mapping[str, Any], name: str, zone: str | tzinfo) -> date:
    """Return the day of ``<name>DateTime``, or the first of ``<name>Period``.

    Raises:
        NotADay: When there is none.
    """
    if f"{name}DateTime" in resource:
        return day_of(resource[f"{name}DateTime"], f"{name}DateTime", zone)
    element = f"{name}Period"
    period = resource.get(element)
    if isinstance(period, Mapping) and "start" in period:
        first = day_of(period["start"], f"{element}.start", zone)
        if "end" in period and _is_before(period["end"], first, zone):
            message = "expected an end that is not before the start"
            raise NotADay(BundleProblemCode.NO_DAY, element, message)
        return first
    message = f"expected {name}DateTime or a start in {element}"
    raise NotADay(BundleProblemCode.NO_DAY, element, message)


def _is_before(end: Any, first: date, zone: str | tzinfo) -> bool:
    try:
        return day_of(end, "", zone) < first
    except NotADay:
        return False
