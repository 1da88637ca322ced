"""What is built holds what belongs in it and nothing else; nothing goes over a network."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import types
from functools import partial
from importlib.metadata import entry_points
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

import botox_schedule as bs
from botox_schedule.frozen import hook_dirs

ROOT = Path(__file__).parents[1]
SECRETS = [".env", "notes.txt", "tests/patients.csv", "src/botox_schedule/odd [1] #name!.csv"]
if sys.platform == "linux":
    SECRETS.append("a name that is no text \udcff.csv")


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True)
    return done.stdout


def tracked() -> list[str]:
    return [name for name in run("git", "ls-files", "-z", cwd=ROOT).split("\0") if name]


def copied(target: Path) -> None:
    """Copy the tracked files to a repository of their own."""
    for name in tracked():
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    run("git", "init", "-q", cwd=target)
    run("git", "add", "-A", cwd=target)


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a source distribution of a copy with other files next to its own."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no checkout of the repository")
    if find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed")
    project, out = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("out")
    copied(project)
    for secret in SECRETS:
        (project / secret).write_text("TOKEN=4711\n", encoding="utf-8")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(out), cwd=project)
    (archive,) = out.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        return {name.partition("/")[2] for name in file.getnames()}


class TestSourceDistribution:
    def test_nothing_untracked_is_in_it(self, names: set[str]) -> None:
        assert names & set(SECRETS) == set()
        assert names - set(tracked()) == {"PKG-INFO"}

    def test_everything_tracked_is_in_it(self, names: set[str]) -> None:
        assert {name for name in tracked() if (ROOT / name).is_file()} - names == set()

    @pytest.mark.parametrize(
        "name",
        [
            "LICENSE",
            "src/botox_schedule/py.typed",
            "src/botox_schedule/protocols/data/sources.toml",
            "src/botox_schedule/schemas/forecast.json",
            "tests/test_packaging.py",
            "tests/cases/records.toml",
        ],
    )
    def test_what_a_packager_needs_is_in_it(self, names: set[str], name: str) -> None:
        assert name in names


def run_hook(file: Path) -> None:
    """Run a hook as PyInstaller does: by its file, whose name is none of a module."""
    spec = spec_from_file_location(f"botox_schedule.frozen.{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    spec.loader.exec_module(module_from_spec(spec))


def _collect(asked: list[tuple[str, str]], what: str, name: str) -> list[str]:
    asked.append((what, name))
    return [name]


@pytest.fixture
def collected(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the hooks ask PyInstaller to collect."""
    asked: list[tuple[str, str]] = []
    hooks: Any = types.ModuleType("PyInstaller.utils.hooks")
    hooks.collect_data_files = partial(_collect, asked, "data")
    hooks.collect_submodules = partial(_collect, asked, "modules")
    for parent in ("PyInstaller", "PyInstaller.utils"):
        monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
    monkeypatch.setitem(sys.modules, "PyInstaller.utils.hooks", hooks)
    return asked


class TestHooksOfPyInstaller:
    def test_the_data_and_the_commands_go_along(self, collected: list[tuple[str, str]]) -> None:
        (folder,) = hook_dirs()
        for file in sorted(Path(folder).glob("hook-*.py")):
            run_hook(file)
        assert collected == [("modules", "botox_schedule.cli"), ("data", "botox_schedule")]

    def test_each_hook_is_named_for_a_module(self) -> None:
        (folder,) = hook_dirs()
        modules = [file.stem.removeprefix("hook-") for file in Path(folder).glob("hook-*.py")]
        assert sorted(modules) == ["botox_schedule", "botox_schedule.cli.main"]
        assert all(find_spec(module) is not None for module in modules)

    def test_pyinstaller_is_told_where_they_are(self) -> None:
        (point,) = [p for p in entry_points(group="pyinstaller40") if "botox_schedule" in p.value]
        assert point.load()() == [str(Path(bs.__file__).parent / "frozen")]


class TestLockedVersions:
    def test_every_address_is_public(self) -> None:
        file = ROOT / "uv.lock"
        if not file.is_file():
            pytest.skip("the locked versions are not here")
        text = file.read_text(encoding="utf-8")
        hosts = set(re.findall(r"[a-z]+://([^/\"]+)", text))
        assert hosts == {"pypi.org", "files.pythonhosted.org"}
        sources = [package["source"] for package in tomllib.loads(text)["package"]]
        registry = {"registry": "https://pypi.org/simple"}
        assert [source for source in sources if source != registry] == [{"editable": "."}]
