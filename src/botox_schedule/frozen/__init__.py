"""Where PyInstaller finds what a frozen program needs of this library."""

from pathlib import Path

__all__ = ["hook_dirs"]


def hook_dirs() -> list[str]:
    """Return the folder of the hooks; PyInstaller asks by the entry point ``hook-dirs``."""
    return [str(Path(__file__).parent)]
