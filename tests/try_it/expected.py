"""Writes what CPython answers to the questions of the page "Try it": each protocol, some days."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ANSWER = HERE.parents[1] / "docs" / "try-it" / "answer.py"
RECORDS: tuple[list[dict[str, str]], ...] = (
    [
        {"day": "2026-01-05", "units": "100", "kind": "given"},
        {"day": "2026-01-19", "units": "20", "kind": "touch-up"},
        {"day": "2026-04-06", "units": "", "kind": "given"},
        {"day": "2026-08-31", "units": "1e2", "kind": "booked"},
    ],
    [{"day": "2024-02-29", "units": "", "kind": "given"}],
)
DAYS = ("2026-03-29", "2026-07-06")
UNANSWERED: tuple[dict[str, Any], ...] = (
    {"sessions": [{"day": "", "units": "", "kind": "given"}]},
    {"sessions": [{"day": "2026-01-05", "units": "-1", "kind": "given"}]},
    {"sessions": [{"day": "9999-12-31", "units": "", "kind": "given"}], "as_of": "9999-12-31"},
    {"as_of": ""},
)


def load_answer() -> Any:
    """Return the module that answers the page."""
    sys.path.insert(0, str(ANSWER.parent))
    return __import__("answer")


def questions(answer: Any) -> Iterator[dict[str, Any]]:
    """Yield each protocol with two records on two days, then what has no answer or no session."""
    for protocol in answer.protocols():
        for sessions in RECORDS:
            for day in DAYS:
                yield {"protocol": protocol, "sessions": sessions, "as_of": day}
    for change in UNANSWERED:
        yield answer.FIRST_QUESTION | change
    yield answer.FIRST_QUESTION | {"sessions": []}
    slid = {"protocol": protocol, "sessions": RECORDS[0], "first": "2026-01-05", "offset": "90"}
    yield slid


def main(target: str) -> None:
    """Write the questions with their answers as JSON."""
    answer = load_answer()
    texts = [json.dumps(question) for question in questions(answer)]
    pairs = [[text, answer.answer(text)] for text in texts]
    Path(target).write_text(json.dumps(pairs), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
