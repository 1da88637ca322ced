"""A clinic's worklist as one page that works without a network; extra ``handout``."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple, Self

from markupsafe import Markup

from botox_schedule.dates.days import Day, DayInput, as_day, counted, near
from botox_schedule.dates.intervals import Window
from botox_schedule.engine import DueDates, Forecast
from botox_schedule.engine.forecast import broken_days
from botox_schedule.files import together
from botox_schedule.records.findings import Finding
from botox_schedule.terms import DueStatus, FindingNeeds, ResponsePhase
from botox_schedule.values import PatientValue, a_list, all_of_kind
from botox_schedule.views.messages import Messages, messages_in
from botox_schedule.views.pages import render

_REACH = 200
"""How many days before and after the day of the list a picture shows."""
_WIDTH, _HEIGHT = 240, 22
_MOST_PICTURES = 2000
_ICONS = {
    DueStatus.LAPSED: "■",
    DueStatus.OVERDUE: "▲",
    DueStatus.DUE: "●",
    DueStatus.ALLOWED: "○",
    DueStatus.TOO_EARLY: "◌",
    DueStatus.ON_HOLD: "‖",
    DueStatus.DISCONTINUED: "–",  # noqa: RUF001 - a dash
    DueStatus.DECEASED: "†",
}
"""What is drawn before the words of a status; the others have a question mark."""
COLUMNS = (
    *("status", "patient", "treatment", "days to go", "due", "overdue from", "booked"),
    *("last session", "to review"),
)


class ReportRow(PatientValue, frozen=True):
    """One track of one patient on a worklist.

    Attributes:
        patient: The caller's key of the patient.
        indication: What is treated.
        product: The planned product; empty where unknown.
        section: The section of the list that the track belongs to; may be empty.
        status: Where the day falls among the dates; None without a protocol or a readable row.
        resumes_on: The first day after a hold.
        dates: The four dates, and a typical day.
        due_window: The due days that nothing breaks.
        phase: What is expected of the response.
        last_session_on: The day that the dates count from.
        booked_on: The next booked day.
        findings: What a person should look at.
        notes: What else a reader should know.
    """

    patient: str
    indication: str
    product: str = ""
    section: str = ""
    status: DueStatus | None = None
    resumes_on: Day | None = None
    dates: DueDates = DueDates()
    due_window: Window | None = None
    phase: ResponsePhase | None = None
    last_session_on: Day | None = None
    booked_on: Day | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, patient: str, found: Forecast, section: str = "", notes: Iterable[str] = ()
    ) -> Self:
        """Return the row of a forecast."""
        protocol, booking = found.protocol, found.booking
        # Without a protocol somebody can still be on hold or dead.
        is_unknown = protocol is None and found.status is DueStatus.NO_INTERVAL
        return cls(
            patient=patient,
            indication=found.indication,
            product="" if protocol is None else protocol.product,
            section=section,
            status=None if is_unknown else found.status,
            resumes_on=found.resumes_on,
            dates=found.dates,
            due_window=found.due_window,
            phase=found.phase,
            last_session_on=found.last_session_on,
            booked_on=None if booking is None else booking.on,
            findings=found.findings,
            notes=tuple(notes),
        )


class _Shown(NamedTuple):
    """A row with what the page adds; each review says whether it is for today."""

    row: ReportRow
    to_go: int | None
    due_days: Window | None
    reviews: Sequence[tuple[bool, str]]
    picture: Markup | None


def report_html(
    rows: Iterable[ReportRow],
    *,
    as_of: DayInput,
    summary: str = "",
    problems: Iterable[str] = (),
    language: str | Messages = "en",
) -> str:
    """Return the worklist page: counts that filter by status, a sortable table, small pictures.

    The rows stay in their order; nothing is loaded from elsewhere. Each status has a color, an
    icon and words.

    Args:
        rows: The tracks, most urgent first.
        as_of: The day of the list.
        summary: A sentence about how many rows were read and counted.
        problems: One line for each problem of the input; the page says once what many say alike.
        language: The language of statuses and treatments: ``en``, ``es``, or a catalog; the rest of
            the page is English.

    Raises:
        DayError: When *as_of* is not a calendar day.

    >>> row = ReportRow(patient="P1", indication="chronic-migraine", status=DueStatus.DUE)
    >>> "P1" in report_html([row], as_of="2026-03-30")
    True
    """
    day = as_day(as_of, "as_of")
    tracks = all_of_kind(rows, ReportRow, "rows: give a list of ReportRow(...), one for each track")
    messages = messages_in(language)
    told = [*map(str, a_list(problems, "problems: give a list of lines"))]
    has_pictures = len(tracks) <= _MOST_PICTURES
    return render(
        "report.html",
        messages=messages,
        as_of=day,
        reach=(near(day, -_REACH), near(day, _REACH)),
        summary=summary or f"{counted(len(tracks), 'track')}.",
        counts=Counter(row.status for row in tracks),
        icons=_ICONS,
        columns=COLUMNS,
        rows=[_shown(row, day, _picture(row, day) if has_pictures else None) for row in tracks],
        pictures=has_pictures,
        problem_count=len(told),
        problems=[*together(told)],
    )


def _shown(row: ReportRow, as_of: date, picture: Markup | None) -> _Shown:
    reviews = [(f.needs is FindingNeeds.TODAY, f.message) for f in row.findings]
    reviews += [(False, note) for note in row.notes]
    reviews.sort(key=lambda review: not review[0])
    next_on = row.dates.due or row.dates.earliest
    to_go = None if next_on is None else (next_on - as_of).days
    return _Shown(row, to_go, broken_days(row.due_window, row.dates), reviews, picture)


def _picture(row: ReportRow, as_of: date) -> Markup:
    """A small picture of the days around the list's day; it repeats the row."""
    start, dates, parts = as_of.toordinal() - _REACH, row.dates, []
    if dates.due is not None:
        first, after = dates.due, dates.overdue_from or near(as_of, _REACH)
        if row.due_window is not None:
            first, after = row.due_window.first, near(row.due_window.last, 1)
        x, end = _at(first, start), _at(after, start)
        wide = max(end - x, 1)
        parts.append(f'<rect x="{x}" y="4" width="{wide:.1f}" height="14" fill="url(#due)"/>')
    shapes = (
        ("allowed", "M{} 0v22", dates.earliest if dates.due is None else None),
        ("overdue", "M{} 0v22", dates.overdue_from),
        ("typical", "M{} 0v22", dates.typical_on),
        ("given", "M{} 7a4 4 0 0 1 0 8a4 4 0 0 1 0 -8", row.last_session_on),
        ("now", "M{} 0v22", as_of),
        ("booked", "M{} 6l5 5l-5 5l-5 -5z", row.booked_on),
    )
    drawn = ((kind, shape.format(_at(day, start))) for kind, shape, day in shapes if day)
    parts += [f'<path class="{kind}" d="{path}"/>' for kind, path in drawn]
    return Markup(  # noqa: S704 - days and numbers only
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'aria-hidden="true"><path class="axis" d="M0 11H{_WIDTH}"/>{"".join(parts)}</svg>'
    )


def _at(day: date, start: int) -> float:
    share = (day.toordinal() - start) / (2 * _REACH)
    return round(min(max(share, -0.1), 1.1) * _WIDTH, 1)
