"""The clinic's local day of a date, an instant or a period of FHIR."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from botox_schedule.dates.days import day_in_zone, is_placeholder_day
from botox_schedule.fhir.problems import BundleProblemCode, Fault

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_PARTIAL = re.compile(r"\d{4}(-\d{2})?", re.ASCII)


def check_zone(zone: str | tzinfo) -> None:
    """Raise a DayError for an unknown zone now, rather than at the first instant."""
    day_in_zone(datetime(2000, 1, 1, tzinfo=UTC), zone)


def day_of(text: Any, element: str, zone: str | tzinfo) -> date:
    """Return the clinic's local day of a date or dateTime.

    Raises:
        Fault: When it is not a whole day: a year, a month, an instant without an offset, or not
            a date at all.
    """
    if isinstance(text, str):
        if _PARTIAL.fullmatch(text):
            message = "expected a whole day, found a year or a month"
            raise Fault(BundleProblemCode.PARTIAL_DAY, element, message)
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
            return day_in_zone(datetime.fromisoformat(text), zone)
        except (ValueError, OverflowError):
            pass
    raise Fault(BundleProblemCode.NO_DAY, element, "expected a day or an instant with its offset")


def is_placeholder(text: Any) -> bool:
    """Return whether a dateTime, whole or not, is a day that systems write where they have none."""
    day = _first_day_of(text)
    return day is not None and is_placeholder_day(day)


def _first_day_of(text: Any) -> date | None:
    """The first day of a dateTime, whole or not; None where it is none."""
    try:
        return date.fromisoformat(f"{text}-01-01"[:10])
    except ValueError:
        return None


def days_of(resource: Mapping[str, Any], name: str, zone: str | tzinfo) -> tuple[date, date]:
    """Return the day of ``<name>DateTime``, twice, or the first and the last of ``<name>Period``.

    Raises:
        Fault: When there is no such day, it is a placeholder, or the period ends before it starts.
    """
    first, last = _days_of(resource, name, zone)
    if is_placeholder_day(first):
        message = "a day up to 1900-01-01, or of the year 9999, is a placeholder for a missing one"
        raise Fault(BundleProblemCode.NO_DAY, name, message)
    return first, last


def _days_of(resource: Mapping[str, Any], name: str, zone: str | tzinfo) -> tuple[date, date]:
    if (stated := resource.get(f"{name}DateTime")) is not None:
        day = day_of(stated, f"{name}DateTime", zone)
        return day, day
    element = f"{name}Period"
    period = resource.get(element)
    if not isinstance(period, dict) or period.get("start") is None:
        message = f"expected {name}DateTime or a start in {element}"
        raise Fault(BundleProblemCode.NO_DAY, element, message)
    first = day_of(period["start"], f"{element}.start", zone)
    try:
        last = day_of(period.get("end"), "", zone)
    except Fault:
        last = max(first, _first_day_of(period.get("end")) or first)
    if last < first:
        message = "expected an end that is not before the start"
        raise Fault(BundleProblemCode.NO_DAY, element, message)
    return first, last
