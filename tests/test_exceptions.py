"""Errors can be copied, sent to another process and taken apart, and stay what they are."""

import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from copy import copy, deepcopy
from inspect import isclass
from multiprocessing import get_context
from typing import Any

import pytest

from botox_schedule import FindingsError, PatientRecord, errors, forecast
from botox_schedule.errors import BotoxScheduleError, DayError, FindingError, OrderError

COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy,
    "deepcopy": deepcopy,
    "pickle": lambda error: pickle.loads(pickle.dumps(error)),
}
PLAIN = [
    kind
    for kind in vars(errors).values()
    if isclass(kind)
    and issubclass(kind, BotoxScheduleError)
    and kind not in {FindingError, FindingsError}
]


def codes(group: FindingsError) -> list[str]:
    return [error.code for error in group.exceptions if isinstance(error, FindingError)]


def group() -> FindingsError:
    return FindingsError("to review", [FindingError("a", "one"), FindingError("b", "two")])


DOUBTFUL = PatientRecord(
    sessions=[
        {"id": "s-1", "administered_on": day, "indication": "chronic-migraine", "product": "Botox"}
        for day in ("2026-01-05", "2026-01-06")
    ]
)
"""Asked strictly, it raises a finding."""


@pytest.mark.parametrize("how", sorted(COPIES))
class TestCopies:
    def test_of_a_finding_error_say_the_same(self, how: str) -> None:
        again = COPIES[how](FindingError("a", "one"))
        assert type(again) is FindingError
        assert (str(again), again.code) == ("a: one", "a")

    def test_of_the_group_hold_the_same_errors(self, how: str) -> None:
        again = COPIES[how](group())
        assert type(again) is FindingsError
        assert again.message == "to review"
        assert [(type(one), str(one)) for one in again.exceptions] == [
            (FindingError, "a: one"),
            (FindingError, "b: two"),
        ]

    @pytest.mark.parametrize("kind", PLAIN, ids=lambda kind: kind.__name__)
    def test_of_every_other_error_say_the_same(
        self, how: str, kind: type[BotoxScheduleError]
    ) -> None:
        again = COPIES[how](kind("what is wrong"))
        assert (type(again), str(again)) == (kind, "what is wrong")


class TestTheGroup:
    def test_stays_what_it_is_when_it_is_split(self) -> None:
        one, rest = group().split(
            lambda error: isinstance(error, FindingError) and error.code == "a"
        )
        assert type(one) is type(rest) is FindingsError
        assert one is not None
        assert rest is not None
        assert codes(one) == ["a"]
        assert codes(rest) == ["b"]

    def test_stays_what_it_is_when_a_part_is_taken(self) -> None:
        part = group().subgroup(FindingError)
        assert type(part) is FindingsError
        assert type(group().derive([FindingError("a", "one")])) is FindingsError

    def test_stays_what_it_is_in_except_star(self) -> None:
        kinds = []
        try:
            raise group()
        except* FindingError as found:
            kinds.append(type(found))
        assert kinds == [FindingsError]

    def test_comes_back_from_another_process(self) -> None:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            asked = pool.submit(
                forecast, DOUBTFUL, "chronic-migraine", as_of="2026-04-10", strict=True
            )
            caught = asked.exception()
        assert type(caught) is FindingsError
        assert codes(caught) == ["conflicting_records"]


class TestContext:
    def test_what_an_error_took_the_place_of_is_not_reached(self) -> None:
        with pytest.raises(DayError) as caught:
            _raise_in_place_of(ValueError("Jane Doe"), hide=True)
        assert caught.value.__context__ is None
        assert caught.value.__cause__ is None

    def test_what_was_not_hidden_is(self) -> None:
        before = ValueError("another")
        with pytest.raises(DayError) as caught:
            _raise_in_place_of(before, hide=False)
        assert caught.value.__context__ is before

    def test_it_can_be_set(self) -> None:
        error, before = OrderError("an order"), ValueError("another")
        error.__context__ = before
        assert error.__context__ is before


def _raise_in_place_of(error: ValueError, *, hide: bool) -> None:
    try:
        raise error
    except ValueError:
        if hide:
            raise DayError("no day") from None
        raise DayError("no day")  # noqa: B904 - what is tested
