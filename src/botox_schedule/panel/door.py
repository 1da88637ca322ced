"""The door: every frame becomes Polars, and the answer goes back as the caller's kind."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from botox_schedule.panel.frames import Compute, Frames, Given, Summary, read, write


def answered(given: Sequence[Given], compute: Compute, summary: Summary | None = None) -> Any:
    """Return an answer as a frame of the kind of the first one, the sessions.

    Args:
        given: The sessions, and the tables next to them.
        compute: Answers from frames, which may hold a part of the patients.
        summary: Sums up the answers of all parts.
    """
    sessions = given[0]
    if sessions.kind == "pyspark":
        from botox_schedule.panel import spark  # noqa: PLC0415 - an extra

        return spark.answered(given, compute, summary)
    whole = _Whole(given, compute, summary)
    if isinstance(sessions.native, pl.LazyFrame):
        # Nothing is read before the answer is collected; only the columns are checked at once.
        return pl.defer(whole.answer, schema=whole.schema())
    return write(whole.answer(), sessions)


class _Whole(NamedTuple):
    """A question to all patients at once."""

    given: Sequence[Given]
    compute: Compute
    summary: Summary | None

    def answer(self) -> pl.DataFrame:
        return self._of({each.name: read(each) for each in self.given})

    def schema(self) -> pl.Schema:
        return self._of({each.name: _emptied(each) for each in self.given}).schema

    def _of(self, frames: Frames) -> pl.DataFrame:
        answer = self.compute(frames)
        return answer if self.summary is None else self.summary(answer)


def _emptied(given: Given) -> pl.DataFrame:
    if isinstance(given.native, pl.LazyFrame):
        return given.schema().to_frame().select(given.needed())
    return read(given).clear()
