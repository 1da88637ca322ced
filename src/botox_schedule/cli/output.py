"""The three forms of an answer: text, JSON, CSV."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from botox_schedule.cli.text import Lines, laid_out

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Answer(NamedTuple):
    """One answer in all forms.

    Attributes:
        text: Makes the lines for a reader.
        data: Makes what JSON says.
        header: The columns of CSV.
        rows: Makes the rows of CSV.
        exit_status: 0, or 1 when something of the input was wrong.
        problems: What was wrong, for standard error where the form has no place for it.
    """

    text: Callable[[], Lines]
    data: Callable[[], Any]
    header: Sequence[str]
    rows: Callable[[], Sequence[Sequence[object]]]
    exit_status: int = 0
    problems: Sequence[str] = ()


def written(answer: Answer, form: str) -> str:
    """Return *answer* as text, JSON or CSV."""
    if form == "json":
        return json.dumps(answer.data(), indent=2, default=str)
    if form == "csv":
        return _as_csv(answer)
    return "\n".join(laid_out(answer.text()))


def _as_csv(answer: Answer) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(answer.header)
    writer.writerows([_cell(value) for value in row] for row in answer.rows())
    return out.getvalue().removesuffix("\n")


def _cell(value: object) -> object:
    """A spreadsheet must not take a text for a formula; a number is none."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
