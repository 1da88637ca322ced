"""Workbooks whose sheets place their cells as few programs do."""

import sys
from pathlib import Path

import pytest

from botox_schedule.errors import FileLimitError
from botox_schedule.tables import read_sessions

pytest.importorskip("python_calamine", reason="python_calamine is not installed")
sys.path.insert(0, str(Path(__file__).parent / "fuzz"))

from readers import _workbook

HEADER = "".join(
    f"<c t='str'><v>{name}</v></c>" for name in ("patient", "date", "indication", "product")
)
GIVEN = "".join(
    f"<c t='str'><v>{cell}</v></c>" for cell in ("P1", "2026-01-05", "chronic-migraine", "Botox")
)


def sheet(*rows: str) -> bytes:
    return _workbook(f"<worksheet><sheetData>{''.join(rows)}</sheetData></worksheet>".encode())


class TestPlacesInAWorkbook:
    def test_cells_need_none(self) -> None:
        content = sheet(f"<row r='1'>{HEADER}</row>", f"<row r='2'>{GIVEN}</row>")
        assert read_sessions(content).counts.used == 1

    @pytest.mark.parametrize("place", ["AAAA1", "DUUUUUUUUUUUUUUU3", "A12345678", "a" * 5000 + "1"])
    @pytest.mark.parametrize("written", ["r='{}'", 'r="{}"', "r = '{}'"])
    def test_one_that_no_sheet_has_is_refused(self, place: str, written: str) -> None:
        content = sheet(f"<row r='1'><c {written.format(place)}><v>1</v></c></row>")
        with pytest.raises(FileLimitError, match="more than 5,000,000 cells"):
            read_sessions(content)

    def test_rows_that_lie_far_apart_count_with_all_their_cells(self) -> None:
        far = f"<row r='1048576'>{'<c><v>1</v></c>' * 5}</row>"
        with pytest.raises(FileLimitError, match="more than 5,000,000 cells"):
            read_sessions(sheet(f"<row r='1'>{HEADER}</row>", far))
