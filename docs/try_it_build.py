"""Builds the folder of the page "Try it", which runs the library in the reader's browser.

It is an extension of Sphinx. As a program it builds the folder alone and says where it is. Python
for the browser and the packages are downloaded once, by name and hash, into a cache that git
ignores; the page and the tests use the same folder.
"""

import json
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path
from string import Template
from typing import Any

HERE = Path(__file__).parent
SOURCES = HERE / "try-it"
CACHE = HERE / "_build" / ".try-it"
FOLDER = CACHE / "folder"
PAGE = CACHE / "page.html"
OWN_FILES = ("answer.py", "try_it.css", "try_it.js", "worker.js")
PYODIDE_FILES = (
    *("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"),
    *("pyodide-lock.json", "python_stdlib.zip"),
)
PLATFORM = (
    *("--platform", "pyemscripten_2026_0_wasm32", "--python-version", "3.14"),
    *("--implementation", "cp", "--abi", "cp314", "--only-binary=:all:"),
)
UNAVAILABLE = (
    'Python for the page "Try it" could not be downloaded with npm and pip; '
    "the page is built without it and shows its first answer only"
)

sys.path.insert(0, str(SOURCES))
import answer  # noqa: E402 - a module of the page, which Python in the browser imports too


class UnavailableError(Exception):
    """Something that the page needs could not be downloaded."""


def build_folder() -> Path:
    """Collect all files that the page loads, and return their folder.

    Raises:
        UnavailableError: When something could not be downloaded, or has another hash.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in OWN_FILES:
        shutil.copy2(SOURCES / name, FOLDER / name)
    _pyodide()
    wheels = sorted([*_wheels(), _own_wheel()])
    names = json.dumps([f"wheels/{wheel}" for wheel in wheels])
    (FOLDER / "wheels.json").write_text(names, encoding="utf-8")
    return FOLDER


def write_page() -> None:
    """Write the page, with the answer to its first question in it."""
    first = answer.answered(answer.FIRST_QUESTION)
    fields = first["parts"] | {name: first[name] for name in ("as_of", "first", "days", "offset")}
    page = Template((SOURCES / "page.html").read_text(encoding="utf-8"))
    rows = answer.FIRST_QUESTION["sessions"]
    CACHE.mkdir(parents=True, exist_ok=True)
    text = page.substitute(
        fields,
        indications=_indications(),
        protocols=_protocols(),
        sessions="".join(_session(**row) for row in rows),
        session=_session("", "", "given"),
    )
    PAGE.write_text(text, encoding="utf-8")


def _pyodide() -> None:
    target, lock = FOLDER / "pyodide", SOURCES / "package-lock.json"
    if _is_current(target, lock):
        return
    for name in ("package.json", "package-lock.json"):
        shutil.copy2(SOURCES / name, CACHE / name)
    _run("npm", "ci", "--prefix", CACHE, "--ignore-scripts", "--no-audit", "--no-fund")
    for name in PYODIDE_FILES:
        shutil.copy2(CACHE / "node_modules" / "pyodide" / name, target / name)
    _mark(target, lock)


def _wheels() -> list[str]:
    """Download the packages that the library needs, and return the names of their wheels."""
    target, pinned = FOLDER / "wheels", SOURCES / "requirements.txt"
    if not _is_current(target, pinned):
        options = ("--require-hashes", "--no-deps", "-r", pinned, "-d", target, *PLATFORM)
        _run(sys.executable, "-m", "pip", "download", "-q", *options)
        _mark(target, pinned)
    return [path.name for path in target.glob("*.whl") if not path.name.startswith("botox_")]


def _own_wheel() -> str:
    target = FOLDER / "wheels"
    for old in target.glob("botox_schedule-*.whl"):
        old.unlink()
    _run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", target, HERE.parent)
    return next(target.glob("botox_schedule-*.whl")).name


def _is_current(target: Path, pinned: Path) -> bool:
    """Whether a folder holds what a file pins; else the folder is emptied."""
    mark = CACHE / f"{target.name}-{pinned.name}"
    if mark.is_file() and mark.read_bytes() == pinned.read_bytes():
        return True
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    return False


def _mark(target: Path, pinned: Path) -> None:
    shutil.copy2(pinned, CACHE / f"{target.name}-{pinned.name}")


def _run(program: str, *arguments: object) -> None:
    try:
        subprocess.run(  # noqa: S603 - npm and pip, with what this file says
            [shutil.which(program) or program, *map(str, arguments)],
            check=True,
            capture_output=True,
            text=True,
        )
    except FileNotFoundError as error:
        raise UnavailableError(f"{UNAVAILABLE}: {program} is not installed") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no message"])[-1]
        raise UnavailableError(f"{UNAVAILABLE}: {last}") from error


def _indications() -> str:
    names = sorted({protocol.indication for protocol in answer.protocols().values()})
    first = answer.protocols()[answer.FIRST_QUESTION["protocol"]].indication
    return "".join(_option(name, answer.treatment(name), first) for name in names)


def _protocols() -> str:
    first = answer.FIRST_QUESTION["protocol"]
    return "".join(
        _option(
            protocol.id,
            f"{protocol.product}, {protocol.population}, {protocol.region.upper()}",
            first,
            f' data-indication="{protocol.indication}"',
        )
        for protocol in answer.protocols().values()
    )


def _option(value: str, words: str, chosen: str, more: str = "") -> str:
    selected = " selected" if value == chosen else ""
    return f'<option value="{escape(value)}"{more}{selected}>{escape(words)}</option>'


def _session(day: str, units: str, kind: str) -> str:
    kinds = "".join(_option(name, name, kind) for name in answer.KINDS)
    return (
        f'<li><label>Day <input type="date" name="day" value="{day}"></label>'
        f'<label>Units <input type="number" name="units" min="0" step="any" value="{units}"></label>'
        f'<label>What <select name="kind">{kinds}</select></label>'
        '<button type="button" aria-label="Remove this session">Remove</button></li>'
    )


def _on_inited(app: Any) -> None:
    write_page()
    if app.builder.format != "html":
        return
    try:
        build_folder()
    except UnavailableError as error:
        # A warning would stop a build without a network; CI stops at the page's own test.
        print(error, file=sys.stderr)


def _on_read(app: Any, docname: str, _source: list[str]) -> None:
    if docname == "try-it/index":
        app.env.note_dependency(PAGE)


def _on_finished(app: Any, error: Exception | None) -> None:
    if error is None and app.builder.format == "html" and FOLDER.is_dir():
        shutil.copytree(FOLDER, Path(app.outdir) / "try-it", dirs_exist_ok=True)


def setup(app: Any) -> dict[str, bool]:
    """Connect the builder to Sphinx."""
    app.connect("builder-inited", _on_inited)
    app.connect("source-read", _on_read)
    app.connect("build-finished", _on_finished)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    write_page()
    print(build_folder())
