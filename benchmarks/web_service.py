"""Asks the web service of the documentation from 4 threads and watches the memory.

``python benchmarks/web_service.py`` asks for 100,000 forecasts, which takes some minutes; another
number can be given. It ends with 1 where the memory grows by more than a tenth after the first
fifth of the way.
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "examples"))
from web_service import app

THREADS = 4
ROUNDS = 10
MOST_GROWTH = 1.1
MEBIBYTE = 1 << 20


def questions(count: int) -> list[bytes]:
    """Records of 1 to *count* sessions, twelve weeks apart by months."""
    days = [f"{2010 + number // 4}-{1 + 3 * (number % 4):02}-05" for number in range(count)]
    sessions = [
        {
            "id": f"s-{number}",
            "administered_on": day,
            "indication": "chronic-migraine",
            "product": "Botox",
            "units": 155,
        }
        for number, day in enumerate(days)
    ]
    shared = {"as_of": "2026-02-20", "protocol": "chronic-migraine"}
    return [
        json.dumps(shared | {"record": {"id": f"p-{n}", "sessions": sessions[:n]}}).encode()
        for n in range(1, count + 1)
    ]


def ask(count: int, bodies: list[bytes]) -> None:
    """Ask so often, as one client."""
    kind = {"Content-Type": "application/json"}
    with TestClient(app) as client:
        for number in range(count):
            body = bodies[number % len(bodies)]
            answer = client.post("/forecast", content=body, headers=kind)
            answer.raise_for_status()


def main(total: int = 100_000) -> int:
    process, bodies = psutil.Process(), questions(20)
    each = total // ROUNDS // THREADS
    begin, resident = time.perf_counter(), []
    with ThreadPoolExecutor(THREADS) as pool:
        for number in range(1, ROUNDS + 1):
            list(pool.map(lambda _: ask(each, bodies), range(THREADS)))
            resident.append(process.memory_info().rss / MEBIBYTE)
            print(f"{number * each * THREADS:>9,} forecasts  {resident[-1]:7.1f} MiB", flush=True)
    seconds = time.perf_counter() - begin
    growth = resident[-1] / resident[ROUNDS // 5 - 1]
    print(
        f"{seconds:.0f} s, {ROUNDS * each * THREADS / seconds:.0f} a second, memory x {growth:.3f}"
    )
    return int(growth > MOST_GROWTH)


if __name__ == "__main__":
    raise SystemExit(main(*map(int, sys.argv[1:])))
