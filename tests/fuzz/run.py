"""Fuzzes one reader with Atheris: ``python tests/fuzz/run.py READER SECONDS``.

It starts from the seeds and from what was found before, and writes what breaks a reader into
``tests/corpus/READER/``, where the tests read it from then on.
"""

import hashlib
import json
import sys
import tempfile
import time
import traceback
from pathlib import Path

import atheris

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

with atheris.instrument_imports(include=["botox_schedule"]):
    from readers import attempt
    from seeds import seeds


def main() -> None:
    name, seconds = sys.argv[1], float(sys.argv[2])
    corpus = HERE.parent / "corpus" / name
    begin = Path(tempfile.mkdtemp())
    for number, seed in enumerate(seeds(name)):
        (begin / f"seed-{number}").write_bytes(seed)
    state = {"runs": 0, "slowest": 0.0, "found": 0}
    end = time.monotonic() + seconds

    def one(data: bytes) -> None:
        started = time.monotonic()
        state["runs"] += 1
        try:
            attempt(name, data)
        except Exception:  # noqa: BLE001 - this is what is looked for
            place = traceback.format_exc().splitlines()
            key = hashlib.sha256("".join(place[-4:]).encode()).hexdigest()[:12]
            corpus.mkdir(parents=True, exist_ok=True)
            if not (corpus / key).exists():
                (corpus / key).write_bytes(data)
                state["found"] += 1
                print("\n".join(place), file=sys.stderr)
        now = time.monotonic()
        state["slowest"] = max(state["slowest"], now - started)
        if now > end:
            cpu = time.process_time()
            print(json.dumps({"reader": name, "seconds": seconds, "cpu": cpu, **state}), flush=True)
            sys.stdout.flush()
            import os  # noqa: PLC0415

            os._exit(0)

    atheris.Setup([sys.argv[0], str(begin), "-max_len=8192", "-rss_limit_mb=2048"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
