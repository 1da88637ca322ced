"""The commands are imported by name: PyInstaller does not see them."""

from PyInstaller.utils.hooks import collect_submodules

hiddenimports = collect_submodules("botox_schedule.cli")
