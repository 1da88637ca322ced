"""The source distribution holds what the repository tracks; hatchling asks this file."""

import os
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TrackedFiles(BuildHookInterface[Any]):
    """Leaves out what lies beside the project: notes, exports of patients, passwords."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Exclude every file that git does not track; an unpacked distribution has no git."""
        if (Path(self.root) / ".git").exists():
            target = self.build_config.target_config
            target["exclude"] = [*target.get("exclude", ()), *self._untracked()]

    def _untracked(self) -> list[str]:
        listing = ["git", "ls-files", "-z", "--others", "--directory"]
        done = subprocess.run(listing, cwd=self.root, capture_output=True, check=True)  # noqa: S603
        return [_pattern(name) for name in os.fsdecode(done.stdout).split("\0") if name]


def _pattern(name: str) -> str:
    """The pattern of one path, in which no character means another."""
    return "/" + "".join(f"\\{letter}" if letter in "\\*?[]! #" else letter for letter in name)
