"""The worked cases: data files that a clinician can read and correct."""

from typing import Any

import pytest

from casebook import answer, asks, explained, is_explained
from snapshots import EXPLANATIONS

ASKS = list(asks())
EXPLAINED = {name: ask for name, ask in ASKS if is_explained(ask)}
STORED = dict(
    section.split("\n", 1)
    for section in EXPLANATIONS.read_text(encoding="utf-8").removeprefix("## ").split("\n## ")
)


def plain(value: Any) -> Any:
    """Days, numbers and enumeration members as the case file writes them."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if value is None:
        return "none"
    return value if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("ask", [ask for _, ask in ASKS], ids=[name for name, _ in ASKS])
def test_the_library_answers_as_the_case_says(ask: dict[str, Any]) -> None:
    assert rounded(plain(answer(ask))) == plain(ask["expect"])


@pytest.mark.parametrize("name", EXPLAINED)
def test_it_is_explained_in_the_stored_words(name: str) -> None:
    """``make snapshots`` writes them; read what changed."""
    assert explained(EXPLAINED[name]) == STORED[name].removesuffix("\n")


def test_each_stored_explanation_is_that_of_a_case() -> None:
    assert STORED.keys() == EXPLAINED.keys()


def rounded(found: Any, name: str = "") -> Any:
    """Write 205.0 as 205, where it is an amount."""
    if isinstance(found, dict):
        return {key: rounded(inner, key) for key, inner in found.items()}
    is_amount = name in {"total", "maximum", "units"} and isinstance(found, str)
    return found.removesuffix(".0") if is_amount else found


def test_every_promised_case_stands() -> None:
    names = {name.rsplit("-", 1)[0] for name, _ in ASKS}
    promised = "S01 S02 S03 S04 S07 S08 S10 S11 S18 S19 S20 S21 S22 S23 S25 S26 S27 S29 S31 S32 S34 S35 S38 S39 S42 S16 S17 S05 S14 S15 S30 S40"
    promised += "".join(f" W{number}" for number in range(1, 14))
    assert set(promised.split()) <= names
