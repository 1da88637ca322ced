"""Calls public functions with several extreme arguments at once: ``python arguments.py SECONDS SEED``.

`tests/test_extremes.py` pushes one argument at a time; here ends meet each other. An error that
no docstring promises is printed with the arguments that bring it, and so is a call that takes long.
"""

import json
import random
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from extremes import DIARY, EXPORT, FACTS, SPECIAL_ENDS, TEXTS, WITHOUT_ENDS, Call, calls, ends
from extremes import _tables as damaged
from test_extremes import undocumented

LONG = 10
"""Seconds of the processor after which a call counts as one that does not come back."""
SHARE = 0.45


class TookLongError(Exception):
    """A call took longer than it may."""


@contextmanager
def _limited() -> Iterator[None]:
    def stop(*_: object) -> None:
        raise TookLongError

    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, LONG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _ends_of(call: Call, name: str) -> tuple[Any, ...]:
    short = call.name.rpartition(".")[2]
    if name == "source" and short.startswith("read_"):
        table = FACTS.get(short, DIARY if short == "read_diary" else EXPORT)
        return (*ends()["source"], *damaged(table))
    if name in {"source", "text"}:
        return TEXTS
    return () if name in WITHOUT_ENDS else SPECIAL_ENDS.get((short, name), ends()[name])


def _choices() -> list[tuple[Call, dict[str, tuple[Any, ...]]]]:
    return [(call, {name: _ends_of(call, name) for name in call.good}) for call in calls()]


def main() -> None:
    seconds, seed = float(sys.argv[1]), sys.argv[2]
    draw = random.Random(seed)
    choices = _choices()
    stop = time.monotonic() + seconds
    state: dict[str, Any] = {"calls": 0, "slowest": 0.0, "found": 0}
    seen: set[tuple[str, str]] = set()
    while (started := time.monotonic()) < stop:
        call, ends_of = draw.choice(choices)
        changed = [name for name, values in ends_of.items() if values and draw.random() < SHARE]
        drawn = {name: draw.choice(ends_of[name]) for name in changed}
        files = {"path", "source"} & call.good.keys()
        with _limited():
            error = undocumented(call, "path" if files else "", call.good | drawn)
        state["calls"] += 1
        took = time.monotonic() - started
        if took > state["slowest"]:
            state["slowest"], state["slowest_call"] = took, call.name
        if error is not None and (call.name, error) not in seen:
            seen.add((call.name, error))
            state["found"] += 1
            shown = {name: repr(value)[:200] for name, value in drawn.items()}
            print(call.name, error, shown, file=sys.stderr, flush=True)
    print(json.dumps({"seconds": seconds, "seed": seed, "cpu": time.process_time(), **state}))


if __name__ == "__main__":
    main()
