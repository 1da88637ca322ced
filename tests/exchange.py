"""Starts the readers, validators and the browser of other authors, which run under Node."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent / "node"


def browse(page: Path, **asked: Any) -> Any:
    """Return what a browser sees of a page; skip where there is none."""
    browser = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    )
    if browser is None:
        pytest.skip("no Chromium is installed")
    return node("browse.mjs", json.dumps({"page": str(page), "browser": browser, **asked}))


def node(script: str, text: str, **environment: str) -> Any:
    """Return what a script of ``tests/node`` says of a text; skip where it cannot run."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("Node.js is not installed")
    if not (HERE / "node_modules").is_dir():
        pytest.skip("the validators are not installed: npm install --prefix tests/node")
    done = subprocess.run(
        [program, str(HERE / script)],
        input=text,
        capture_output=True,
        text=True,
        check=True,
        env=environment or None,
    )
    return json.loads(done.stdout)
