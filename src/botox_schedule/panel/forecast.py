"""Where every track of a population stands on a day."""

from collections.abc import Iterable
from typing import Unpack

import polars as pl

from botox_schedule.dates.days import DayInput
from botox_schedule.engine.standing import today_of
from botox_schedule.panel.asking import Asking
from botox_schedule.panel.columns import mapped
from botox_schedule.panel.frames import Frames
from botox_schedule.panel.given import Frame, RulesAndCare, ask
from botox_schedule.panel.situations import codes_of
from botox_schedule.panel.standings import DETAILS, population_of, standings
from botox_schedule.protocols.model import TreatmentProtocol

FORECAST = (
    "patient", "indication", "product", "protocol_id", "protocol_version", "cycle_number",
    "last_session_on", "days_since_last", "status", "earliest", "due", "overdue_from", "lapsed_from",
    "typical_on", "days_to_due", "days_since_due", "resumes_on", "review_on", "booked_on", "clear",
    "phase", *DETAILS, "findings", "today", "session_left_out",
)  # fmt: skip
"""The columns of a forecast."""


def forecast(
    sessions: Frame,
    protocols: Iterable[TreatmentProtocol] | None = None,
    *,
    as_of: DayInput,
    **rules: Unpack[RulesAndCare],
) -> Frame:
    """Return where every track of a population stands on a day.

    The rows are those of ``botox_schedule.forecast_all`` for each patient. Limits are
    checked only where ``weights`` are given. A patient none of whose rows could be read
    has one row, without a track.

    Args:
        sessions: A frame with the columns ``patient``, ``administered_on``, ``indication``,
            ``product``, and if available ``session_id``, ``units``,
            ``units_discarded``, ``status`` (``completed`` without the column), ``kind``
            (``full`` without it), ``recorded_on``, ``policy_key``. Rows that cannot be read are
            left out; ``row_problems`` names them.
        protocols: The known protocols; None means the bundled ones.
        as_of: The day for which the question is asked.
        rules: What clinic or payer chose, and the tables next to the sessions.

    Returns:
        A frame of the same kind as *sessions*, one row per track, in no order; a lazy Polars
        frame gives a lazy one. The dates mean what they do in a forecast. ``clear`` is False where
        the booked day, else the due or earliest day (never before *as_of*), is not allowed or a
        limit is not met, and True only where ``weights`` are given, every limit was checked and
        every row of the patient could be read.
        ``findings`` has the codes of all findings, ``today`` of those that need a person today,
        ``session_left_out`` says whether rows of the patient could not be read, none of them says
        which of the ``policies`` holds, or a day such as 9999-12-31 leaves no date.

    Raises:
        PanelError: When a frame or a column is not what is expected.
        DayError: When *as_of* is not a calendar day.

    >>> import polars as pl
    >>> sessions = pl.DataFrame({
    ...     "patient": ["p-1", "p-1"], "administered_on": ["2026-01-05", "2026-03-30"],
    ...     "indication": ["chronic-migraine"] * 2, "product": ["Botox"] * 2,
    ... })
    >>> answer = forecast(sessions, as_of="2026-07-01")
    >>> answer.select("cycle_number", "due", "status").rows()
    [(2, datetime.date(2026, 6, 22), 'overdue')]
    """
    return ask(sessions, protocols, as_of, forecasts, **rules)


def forecasts(frames: Frames, asking: Asking) -> pl.DataFrame:
    """Return one row per track with the fields of a forecast."""
    found = standings(population_of(frames, asking))
    as_of = pl.lit(asking.as_of)
    wait = (pl.col("due") - as_of).dt.total_days()
    return found.with_columns(
        days_since_last=(as_of - pl.col("last_session_on")).dt.total_days(),
        days_to_due=pl.when(wait >= 0).then(wait),
        days_since_due=pl.when(wait <= 0).then(-wait),
        findings=words_of(found["codes"]),
        today=words_of(found["codes"], today=True),
    ).select(FORECAST)


def words_of(bits: pl.Series, *, today: bool = False) -> pl.Series:
    """Return the codes of findings as text, such as ``early_session, unknown_units``."""

    def words(each: int) -> str:
        codes = codes_of(each)
        return ", ".join(sorted(today_of(codes) if today else codes))

    return mapped(bits, words, pl.String)
