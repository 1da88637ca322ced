"""A plugin of pytest that tries changes: it collects once, and each change has a fork of its own.

To collect takes longer than the tests that notice most changes. ``mutants.sh`` runs it.
"""

import functools
import gc
import json
import os
import signal
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

SECONDS = float(os.environ.get("SECONDS_EACH", "4"))
"""How long the tests of a change may take, by what they took without a change."""
STATS, TRIED = Path("mutmut-stats.json"), Path("tried.txt")
UPPER = ("botox_schedule.engine", "botox_schedule.questions")
SURVIVED, NOTICED, NO_TEST, TIMED_OUT = 0, 1, 33, 36


class Change(NamedTuple):
    """A change, and the tests that reach its function, in the order in which they run."""

    name: str
    tests: Sequence[pytest.Item]
    seconds: float


class Choice:
    """The tests of each function: quick ones first, of the narrowest and the widest in turn.

    Those that noticed something before come earlier.
    """

    def __init__(self, items: Sequence[pytest.Item]) -> None:
        stats = json.loads(STATS.read_text())
        self._took: dict[str, float] = stats["duration_by_test"]
        self._by_function: dict[str, list[str]] = stats["tests_by_mangled_function_name"]
        self._reach = Counter(test for tests in self._by_function.values() for test in tests)
        self._items = {item.nodeid.removeprefix("mutants/"): item for item in items}
        self._noticed: Counter[str] = Counter()
        self._here: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def change(self, name: str) -> Change:
        """Return a change with its tests."""
        known = (
            self._items.keys() & self._took.keys() & set(self._by_function.get(_function(name), ()))
        )
        # Of a rule that most tests reach, a test of it alone knows more than all wide ones.
        near = sorted(known, key=lambda test: (self._cost(name, test) * self._reach[test], test))
        wide = sorted(known, key=lambda test: (self._cost(name, test) / self._reach[test], test))
        chosen, seconds = [], 0.0
        for test in dict.fromkeys(chain.from_iterable(zip(near, wide, strict=True))):
            if seconds < SECONDS:
                chosen.append(self._items[test])
                seconds += self._took[test]
        return Change(name, chosen, seconds)

    def _cost(self, name: str, test: str) -> float:
        noticed = 1 + 30 * self._here[_function(name)][test] + 3 * self._noticed[test]
        return (self._took[test] + 0.004) / noticed

    def learn(self, name: str, test: str) -> None:
        """Remember which test noticed a change."""
        self._noticed[test] += 1
        self._here[_function(name)][test] += 1


def _function(name: str) -> str:
    return name.rpartition("__mutmut_")[0]


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Try every change that has no verdict, after one try without a change."""
    # What a failure looks like is not asked; to draw it takes longer than the test.
    pytest.Function.repr_failure = lambda *_, **__: "failed"  # type: ignore[method-assign]
    names = [
        name
        for file in sorted(Path("src").rglob("*.meta"))
        for name, code in json.loads(file.read_text())["exit_code_by_key"].items()
        if code is None
    ]
    choice, caches = Choice(session.items), list(_caches())
    gc.collect()
    gc.freeze()
    code, test = _tried(Change("", session.items, 100), caches)
    if code != SURVIVED:
        pytest.exit(f"without a change there is no success: {test or code}", returncode=2)
    processes = int(os.environ.get("PROCESSES") or os.cpu_count() or 1)
    for part in range(processes):
        if os.fork() == 0:
            _try_each(names[part::processes], choice, caches)
            os._exit(0)
    for _ in range(processes):
        os.wait()
    os._exit(0)


def _caches() -> Iterator[Any]:
    """What the code remembers; most of it was found before there was a change."""
    for each in gc.get_objects():
        if isinstance(each, functools._lru_cache_wrapper) and each.__module__.startswith("botox_"):
            yield each


def _try_each(names: Sequence[str], choice: Choice, caches: Sequence[Any]) -> None:
    for name in names:
        change = choice.change(name)
        code, test = _tried(change, caches) if change.tests else (NO_TEST, "")
        if test:
            choice.learn(name, test)
        with TRIED.open("a") as log:
            log.write(f"{code} {name}\n")


def _tried(change: Change, caches: Sequence[Any]) -> tuple[int, str]:
    """Return the verdict on a change, and the test that noticed it."""
    read, write = os.pipe()
    if (child := os.fork()) == 0:
        try:
            test = _first_failure(change, caches)
        except BaseException:  # noqa: BLE001 - a change may do anything
            test = "an error"
        os.write(write, test.encode())
        os._exit(NOTICED if test else SURVIVED)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        test = answer.read().decode()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return (TIMED_OUT if code < 0 else code), test


def _first_failure(change: Change, caches: Sequence[Any]) -> str:
    """Run the tests of a change until one fails."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(6 * change.seconds) + 5)
    # It is not in the project's own environment.
    import_module("mutmut.mutation.trampoline").set_mutant_under_test(change.name)
    # To read all protocols again takes longer than most tests; nothing above them changes what is in them.
    above = change.name.startswith(UPPER)
    for cache in caches:
        if not above or cache.__module__.startswith(UPPER):
            cache.cache_clear()
    for test, after in zip(change.tests, [*change.tests[1:], None], strict=True):
        if any(report.failed for report in runtestprotocol(test, log=False, nextitem=after)):
            return test.nodeid.removeprefix("mutants/")
    return ""
