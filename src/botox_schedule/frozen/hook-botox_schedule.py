"""The bundled protocols, schemas, templates and words go into the frozen program."""

from PyInstaller.utils.hooks import collect_data_files

datas: list[tuple[str, str]] = collect_data_files("botox_schedule")
