"""Treatment cycles as an iCalendar file (RFC 5545 and 7986), with the extra ``ical``.

Everything is an all-day event, one for each cycle and one for each window of the response. No
summary says who is treated, with what, or for what.
"""

from botox_schedule.ical.events import CalendarEvent, EventKind, EventStatus, events_from_record
from botox_schedule.ical.file import ical_from_events

__all__ = ["CalendarEvent", "EventKind", "EventStatus", "events_from_record", "ical_from_events"]
