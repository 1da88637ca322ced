"""Files: read within limits, written whole or not at all."""

import ast
import gzip
import io
import os
import re
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

import botox_schedule
import botox_schedule.tables.parquet as parquet_files
from botox_schedule import files
from botox_schedule.errors import ExchangeError, FileLimitError, OutputError, TableError
from botox_schedule.files import (
    MEBIBYTE,
    check_lines,
    check_outputs,
    expand,
    read_within,
    together,
    with_own_names,
    write_whole,
    zip_entries,
)
from botox_schedule.outcomes import read_diary
from botox_schedule.tables import excel, read_sessions
from botox_schedule.tables.parquet import _check_size

# Reads each file in a process of its own: the memory it took is its own, too.
_READER = """
import os, signal, sys, time
from botox_schedule.errors import FileLimitError
from botox_schedule.tables import read_sessions
def refused(path):
    begun = time.process_time()
    try:
        read_sessions(path)
    except FileLimitError as error:
        print(error)
        print(time.process_time() - begun)
        peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
        print(int(peak.split()[1]) // 1024)
for line in sys.stdin:
    if not os.fork():
        signal.alarm(60)
        refused(line.strip())
        sys.exit()
    os.wait()
    print(flush=True)
"""

# Ends the process before the n-th call that touches the disk.
_KILLED = """
import os, sys, pathlib
from botox_schedule.files import write_whole
left = int(sys.argv[2])
def dying(function):
    def call(*args, **kwargs):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return function(*args, **kwargs)
    return call
for name in ("open", "write", "fsync", "close"):
    setattr(os, name, dying(getattr(os, name)))
for name in ("replace", "chmod", "unlink"):
    setattr(pathlib.Path, name, dying(getattr(pathlib.Path, name)))
write_whole(sys.argv[1], b"new" * 700_000)
os._exit(0)
"""


def run(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture(scope="module")
def reader() -> Iterator[subprocess.Popen[str]]:
    """Reads the files that it is told, one a line, and says why each was refused.

    What it imports is imported once.
    """
    command = [sys.executable, "-c", _READER]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        yield process


def said_of(file: Path, reader: subprocess.Popen[str]) -> list[str]:
    told, said = reader.stdin, reader.stdout
    assert told is not None
    assert said is not None
    print(file, file=told, flush=True)
    return list(iter(lambda: said.readline().strip(), ""))


def zip_of(**entries: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in entries.items():
            file.writestr(name.replace("__", "/"), data)
    return content.getvalue()


def far_apart(sheets: int = 1, row: int = 1_048_575, column: int = 16_383) -> bytes:
    """An Excel file of two cells in opposite corners of each sheet."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content)
    for sheet in [book.add_worksheet() for _ in range(sheets)]:
        sheet.write(0, 0, "patient")
        sheet.write(row, column, "end")
    book.close()
    return content.getvalue()


EMPTY_ROWS = '<t:table-row t:number-rows-repeated="1048576"><t:table-cell t:number-columns-repeated="16384"/></t:table-row>'


SPACES = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text")
)


def repeated(rows: int, columns: int) -> bytes:
    """An OpenDocument sheet whose one cell is repeated."""
    row = f'<t:table-row t:number-rows-repeated="{rows}"><t:table-cell o:v="1" t:number-columns-repeated="{columns}"><p>x</p></t:table-cell></t:table-row>'
    return zip_of(**{"content.xml": f"<t>{row}{EMPTY_ROWS}</t>".encode()})


def parquet(patients: pl.Series) -> bytes:
    content = io.BytesIO()
    pl.DataFrame({"patient": patients}).write_parquet(content)
    return content.getvalue()


def categories() -> bytes:
    """A Parquet file of 250,000 rows that name one long category."""
    arrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    numbers = arrow.array([0] * 250_000, type=arrow.int32())
    texts = arrow.DictionaryArray.from_arrays(numbers, arrow.array(["x" * 400_000]))
    content = io.BytesIO()
    pytest.importorskip("pyarrow.parquet").write_table(arrow.table({"patient": texts}), content)
    return content.getvalue()


def equal(rows: int, text: str = "x") -> pl.Series:
    return pl.repeat(text, rows, eager=True)


OFFICE = "http://schemas.openxmlformats.org"
MAIN = f"{OFFICE}/spreadsheetml/2006/main"
TEXT = "x" * 700_000


def many_parts(count: int) -> bytes:
    """A zip file of empty parts, with the last records of ZIP64."""
    names = [b"%06x" % number for number in range(count)]
    parts = b"".join(b"PK\3\4" + bytes(22) + b"\6\0\0\0" + name for name in names)
    marks = b"".join(
        b"PK\1\2" + bytes(24) + b"\6\0" + bytes(12) + (36 * at).to_bytes(4, "little") + name
        for at, name in enumerate(names)
    )
    sizes = (count, count, len(marks), len(parts))
    last = struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, *sizes)
    found = struct.pack("<4sIQI", b"PK\6\7", 0, len(parts) + len(marks), 1)
    end = b"PK\5\6" + bytes(4) + b"\xff" * 12 + bytes(2)
    return parts + marks + last + found + end


def workbook(value: str = "0", sheet: str = "sheet.xml", stated: str = "") -> bytes:
    """An Excel file of 3,000 cells that name one long text."""
    links = f"{OFFICE}/officeDocument/2006/relationships"
    related = f'<Relationships xmlns="{OFFICE}/package/2006/relationships"><Relationship Id="r1" Type="{links}/'
    cells = f'<c t="s"><v>{value}</v></c>' * 10
    rows = f"<row>{cells}</row>" * 300
    return zip_of(**{
        "_rels__.rels": f'{related}officeDocument" Target="xl/workbook.xml"/></Relationships>'.encode(),
        "xl__workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{links}"><sheets><sheet name="One" sheetId="1" r:id="r1"/></sheets></workbook>'.encode(),
        "xl___rels__workbook.xml.rels": f'{related}worksheet" Target="{sheet}"/></Relationships>'.encode(),
        f"xl__{sheet}": f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode(),
        "xl__sharedStrings.xml": f'<sst xmlns="{MAIN}"{stated}><si><t>{TEXT}</t></si></sst>'.encode(),
    })  # fmt: skip


def open_document(cell: str) -> bytes:
    """An OpenDocument file whose 3,000 cells are written once."""
    row = f'<t:table-row t:number-rows-repeated="300">{cell}</t:table-row>'
    return zip_of(**{"content.xml": f'<t xmlns:t="t" xmlns:o="o">{row}</t>'.encode()})


class TestReadWithin:
    def test_a_file_may_have_exactly_the_limit(self, tmp_path: Path) -> None:
        file = tmp_path / "a"
        file.write_bytes(b"x" * 10)
        assert read_within(file, 10) == b"x" * 10
        with pytest.raises(FileLimitError, match=r"^a: larger than"):
            read_within(file, 9)

    def test_a_stream_has_the_same_limit(self) -> None:
        assert read_within(io.BytesIO(b"x" * 10), 10) == b"x" * 10
        with pytest.raises(FileLimitError, match=r"^the stream: larger than"):
            read_within(io.BytesIO(b"x" * 10), 9)

    def test_a_stream_that_is_not_buffered_gives_all_of_its_parts(self) -> None:
        """A pipe gives what is in it: the rows that come later were lost without a word."""

        class Parts(io.BytesIO):
            def read(self, size: int | None = -1, /) -> bytes:
                return super().read(min(size or 0, 7))

        header, row = b"patient,date,indication,product\n", b"1,2026-01-05,migraine,Botox\n"
        assert read_within(Parts(b"x" * 20), 20) == b"x" * 20
        with pytest.raises(FileLimitError):
            read_within(Parts(b"x" * 21), 20)
        assert read_sessions(Parts(header + row * 3)).counts.used == 3
        assert read_diary(Parts(b"date,kind\n2026-01-05,none\n2026-01-06,none\n")).taken == 2

    @pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
    def test_a_name_that_no_file_can_have_is_no_such_file(self, name: str) -> None:
        for use in (
            lambda: read_within(name, 10),
            lambda: write_whole(name, ""),
            lambda: check_outputs([name], ["a"]),
        ):
            with pytest.raises(FileNotFoundError) as caught:
                use()
            assert caught.value.filename == name

    def test_gzip_counts_by_what_it_becomes(self, tmp_path: Path) -> None:
        file = tmp_path / "a.csv"
        file.write_bytes(gzip.compress(b"x" * 1000))
        assert read_within(file, 1000) == b"x" * 1000
        with pytest.raises(FileLimitError, match="larger than"):
            read_within(file, 999)

    def test_what_grows_as_no_text_does_is_refused(self) -> None:
        assert expand(gzip.compress(bytes(MEBIBYTE)), "a", MEBIBYTE) == bytes(MEBIBYTE)
        with pytest.raises(FileLimitError, match="grows more than 200-fold"):
            expand(gzip.compress(bytes(MEBIBYTE + 1)), "a", 20 * MEBIBYTE)

    def test_several_members_are_one_file(self) -> None:
        content = gzip.compress(b"one") + gzip.compress(b"two") + b"\0\0"
        assert expand(content, "a", 100) == b"onetwo"

    @pytest.mark.parametrize(
        "content",
        [
            gzip.compress(b"x" * 100, mtime=0)[:-1],
            gzip.compress(b"x" * 100, mtime=0)[:12],
            gzip.compress(b"x", mtime=0) + b"more",
            b"\x1f\x8b not gzip",
            gzip.compress(b"x", mtime=0)[:-6] + b"\0" * 6,
        ],
    )
    def test_a_damaged_gzip_is_refused(self, content: bytes) -> None:
        with pytest.raises(FileLimitError, match="damaged or cut short"):
            expand(content, "a", 1000)


class TestBombs:
    @pytest.mark.parametrize(
        ("name", "content"),
        [
            ("gzip.csv", lambda: gzip.compress(bytes(600 * MEBIBYTE), 1)),
            ("slow.csv", lambda: gzip.compress(b"patient,date\n" * 40 * MEBIBYTE, 1)),
            ("corners.xlsx", far_apart),
            ("entries.xlsx", lambda: zip_of(**{"xl__sheet.xml": bytes(300 * MEBIBYTE)})),
            ("repeated.ods", lambda: repeated(1_000_000, 16_000)),
            ("rows.parquet", lambda: parquet(equal(20_000_000))),
            ("members.csv.gz", lambda: gzip.compress(b"") * 500_000),
            ("parts.xlsx", lambda: many_parts(500_000)),
            (
                "rows.csv.gz",
                lambda: gzip.compress(b"patient,date,indication\n" + b"1,2,\n" * 3_000_000),
            ),
            ("lines.csv", lambda: b"patient,date,indication\n" + b"\n" * 100_000_000),
            (
                "lines.csv.gz",
                lambda: gzip.compress(b"patient,date,indication" + b"\n" * 16_000_000),
            ),
            ("shared.xlsx", workbook),
            ("sheets.xlsx", lambda: far_apart(sheets=2, row=2999, column=999)),
            ("tags.xlsx", lambda: zip_of(**{"xl__sheet.xml": b"<a/>" * MEBIBYTE})),
            ("marked.xlsx", lambda: workbook("<![CDATA[0]]>")),
            ("signed.xlsx", lambda: workbook("+0")),
            ("no-number.xlsx", lambda: workbook("x")),
            (
                "shared.ods",
                lambda: open_document(
                    f'<t:table-cell t:number-columns-repeated="10">{TEXT}</t:table-cell>'
                ),
            ),
            (
                "stated.ods",
                lambda: open_document(
                    f'<t:table-cell o:string-value="{TEXT}" t:number-columns-repeated="10"/>'
                ),
            ),
            (
                "numbers.ods",
                lambda: open_document(
                    '<t:table-cell o:value="1" t:number-columns-repeated="99999"/>'
                ),
            ),
            ("shared.parquet", lambda: parquet(equal(3000, TEXT))),
            ("categories.parquet", categories),
            ("list.parquet", lambda: parquet(pl.Series([[1] * 20_000_000]))),
            ("text.parquet", lambda: parquet(pl.Series([TEXT * 100]))),
            ("nulls.parquet", lambda: parquet(pl.Series([None] * 4_900_000, dtype=pl.String))),
            ("quotes.csv", lambda: b"patient,date,indication\n" + b'a",x,"\n' * 100_000),
        ],
    )
    def test_a_bomb_is_refused_in_two_seconds_and_300_mebibytes(
        self,
        tmp_path: Path,
        reader: subprocess.Popen[str],
        name: str,
        content: Callable[[], bytes],
    ) -> None:
        file = tmp_path / name
        file.write_bytes(content())
        words, seconds, mebibytes = said_of(file, reader)
        assert words.startswith((f"{name}: ", "too many quotation marks are unclosed"))
        assert float(seconds) < 2
        assert int(mebibytes) < 300

    @pytest.mark.parametrize(
        ("module", "limit", "most", "content"),
        [
            (files, "_MOST_MEMBERS", 3, lambda: gzip.compress(b"") * 4),
            (files, "_MOST_AGAIN", 10, lambda: b"patient,date\n" + b'a",x,"\n' * 10),
            (
                parquet_files,
                "_MOST_BYTES",
                1_000_000,
                lambda: parquet(equal(5_000, "x" * 1000).cast(pl.Categorical())),
            ),
        ],
    )
    def test_each_of_these_limits_refuses(
        self,
        monkeypatch: pytest.MonkeyPatch,
        module: ModuleType,
        limit: str,
        most: int,
        content: Callable[[], bytes],
    ) -> None:
        monkeypatch.setattr(module, limit, most)
        with pytest.raises(FileLimitError):
            read_sessions(content())

    @pytest.mark.parametrize(
        "value",
        [
            *("x", "-0", "1.5", " 0", "0 ", "1x", "9" * 19, "<!---->0", "0<?x?>", "&#48;"),
            '</v></c><x-y:c t="s"><x-y:v>0</x-y:v></x-y:c><c><v>',
            '</v></c><c t="s"><v a=">">0</v></c><c><v>',
            '</v></c><c t="s"><v a="">0</v></c><c><v>',
        ],
    )
    def test_a_shared_text_counts_however_its_number_is_written(self, value: str) -> None:
        with pytest.raises((FileLimitError, TableError), match=r"128 MiB of text|damaged"):
            read_sessions(workbook(value))

    @pytest.mark.parametrize(
        "cell",
        [
            '<t:table-cell o:value="1" t:number-columns-repeated = "99999"/>',
            '<t:table-cell o:value="1" t:number-columns-repeated="+99999"/>',
            '<t:table-cell o:value="1" t:number-columns-repeated="0000099999"/>',
            '<t:table-cell o:value="1" a=">" t:number-columns-repeated="99999"/>',
            '<t:table-cell o:value="1" a-repeated="1" t:number-columns-repeated="99999"/>',
            '<x-y:table-cell o:value="1" t:number-columns-repeated="99999"/>',
            '<t:table-cell><p><t:s t:c="4000000"/></p></t:table-cell>',
            '<t:table-cell><p><t:s t:c="+4000000"/></p></t:table-cell>',
        ],
    )
    def test_a_repeated_cell_counts_however_its_number_is_written(self, cell: str) -> None:
        with pytest.raises((FileLimitError, TableError), match=r"more than|damaged"):
            read_sessions(open_document(cell))

    def test_an_entry_that_states_a_false_size_expands_to_no_more(self) -> None:
        honest = zip_of(a=b"x" * 100_000)
        false = honest.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
        assert false != honest
        with pytest.raises(FileLimitError, match="damaged or encrypted"):
            zip_entries(false, "a", 1000)

    def test_texts_that_few_cells_share_are_read(self) -> None:
        stated = workbook("7", stated=' uniqueCount = "+4000000000"')  # would take 96 GB
        for content in (workbook("7"), workbook(""), stated):
            with pytest.raises(TableError, match=r"no column|damaged"):
                read_sessions(content)

    def test_a_sheet_is_read_by_no_other_name(self) -> None:
        with pytest.raises(TableError, match="damaged"):
            read_sessions(workbook(sheet="sheet.dat"))

    def test_each_unclosed_mark_costs_its_own_line(self) -> None:
        content = b"patient,date,indication\n" + b'"a\n' * 100_000
        assert read_sessions(content).counts.left_out == 100_000

    def test_a_zip_file_has_a_most_of_entries(self) -> None:
        assert len(zip_entries(many_parts(10_000), "a", 0)) == 10_000
        with pytest.raises(FileLimitError, match="a: a zip file of more than 10,000 parts"):
            zip_entries(many_parts(10_001), "a", 0)

    def test_entries_count_together(self) -> None:
        content = zip_of(a=b"x" * 600, b=b"x" * 400)
        assert zip_entries(content, "a", 1000)["b"] == b"x" * 400
        with pytest.raises(FileLimitError, match="larger than"):
            zip_entries(content, "a", 999)

    @pytest.mark.parametrize(
        ("rows", "columns", "refused"), [(5000, 1000, False), (5001, 1000, True)]
    )
    def test_repeated_cells_count(self, rows: int, columns: int, refused: bool) -> None:
        with pytest.raises((FileLimitError, TableError)) as caught:
            read_sessions(repeated(rows, columns))
        told = "more than 5,000,000 cells" if refused else "more than 200-fold"
        assert told in str(caught.value)

    def test_formulas_without_a_value_count_too(self) -> None:
        """They become text, so a reader makes each of them."""
        cell = '<table:table-cell table:formula="x" table:number-columns-repeated="16384"/>'
        row = f'<table:table-row table:number-rows-repeated="1000000">{cell}</table:table-row>'
        xml = f"<office:spreadsheet {SPACES}>{row}</office:spreadsheet>"
        with pytest.raises(FileLimitError, match="more than 5,000,000 cells"):
            read_sessions(zip_of(**{"content.xml": xml.encode()}))

    def test_the_empty_end_of_each_row_is_no_text(self) -> None:
        """Excel writes it as wide as a sheet can be when it saves as OpenDocument."""
        row = "".join(
            f'<table:table-cell office:value-type="string"><text:p>{cell}</text:p></table:table-cell>'
            for cell in ("patient", "date", "indication", "product")
        )
        rows = f'<table:table-row>{row}<table:table-cell table:number-columns-repeated="16380"/></table:table-row>'
        sheet = f'<table:table table:name="One">{rows * 600}{EMPTY_ROWS.replace("t:", "table:")}</table:table>'
        parts = ("document-content", "body", "spreadsheet")
        opened = "".join(f"<office:{part}{SPACES if part == parts[0] else ''}>" for part in parts)
        closed = "".join(f"</office:{part}>" for part in reversed(parts))
        content = zip_of(**{
            "mimetype": b"application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"{opened}{sheet}{closed}".encode(),
            "META-INF__manifest.xml": b"<manifest/>",
        })  # fmt: skip
        assert read_sessions(content).counts.read == 599

    @pytest.mark.parametrize(
        "hidden", ["<!--<{}>-->", "<![CDATA[<{}>]]>", "<?a <{}>?>", '<u:{} xmlns:u="urn:u"/>']
    )
    @pytest.mark.parametrize(
        ("entry", "around", "name"),
        [
            ("content.xml", "<t:table-row><t:table-cell>{}</t:table-cell></t:table-row>", "table-row"),
            ("content.xml", "<t:table-row><t:table-cell>{}</t:table-cell></t:table-row>", "table-cell"),
            ("sheet.xml", "<row><c>{}</c></row>", "row"),
            ("sharedStrings.xml", "<sst><si>{}</si></sst>", "si"),
        ],
    )  # fmt: skip
    def test_a_tag_inside_makes_nothing_seem_small(
        self, entry: str, around: str, name: str, hidden: str
    ) -> None:
        with pytest.raises(TableError, match="damaged"):
            excel._check_entries({entry: around.format(hidden.format(name)).encode()}, "a")
        assert excel._check_entries({entry: around.format("x").encode()}, "a") <= 1

    @pytest.mark.parametrize(("rows", "refused"), [(5_000_000, False), (5_000_001, True)])
    def test_rows_of_parquet_count(self, rows: int, refused: bool) -> None:
        content = parquet(pl.int_range(rows, eager=True).cast(pl.Int32))
        if refused:
            with pytest.raises(FileLimitError, match="give a table of this size to"):
                _check_size(content, "a")
        else:
            _check_size(content, "a")

    def test_categories_may_be_empty(self) -> None:
        content = io.BytesIO()
        cells = [pl.Series("date", ["2026-01-05", None], dtype=pl.Categorical)]
        cells += [pl.Series(name, ["x", "y"]) for name in ("patient", "indication", "product")]
        pl.DataFrame(cells).write_parquet(content)
        assert read_sessions(content.getvalue()).counts.read == 2

    def test_metadata_of_parquet_have_a_limit(self) -> None:
        content = b"PAR1" + bytes(9 * MEBIBYTE) + (9 * MEBIBYTE).to_bytes(4, "little") + b"PAR1"
        with pytest.raises(FileLimitError, match="8 MiB of metadata"):
            read_sessions(content)

    @pytest.mark.parametrize(
        "metadata", [b"\x1c" * 40, b"\x06" + b"\xff" * 30, b"\x0d", b"\x19\xfc"]
    )
    def test_metadata_of_parquet_that_are_none_are_refused(self, metadata: bytes) -> None:
        with pytest.raises(TableError, match="damaged"):
            read_sessions(b"PAR1" + metadata + len(metadata).to_bytes(4, "little") + b"PAR1")


class TestCheckLines:
    def test_a_line_may_have_one_mebibyte(self) -> None:
        check_lines(b"x" * (MEBIBYTE - 1) + b"\n" + b"x" * MEBIBYTE, "a")
        check_lines(b"x" * (MEBIBYTE - 1) + b"\r" + b"x" * MEBIBYTE, "a")
        with pytest.raises(FileLimitError, match="a: line 2 is longer than 1 MiB"):
            check_lines(b"short\n" + b"x" * (MEBIBYTE + 1), "a")


class TestWriteWhole:
    def test_text_and_bytes_are_written_as_they_are(self, tmp_path: Path) -> None:
        file = tmp_path / "a"
        write_whole(file, "é\r\n")
        assert file.read_bytes() == "é\r\n".encode()
        write_whole(str(file), b"")
        assert file.read_bytes() == b""
        assert [one.name for one in tmp_path.iterdir()] == ["a"]

    def test_killed_at_any_write_the_old_file_or_the_new_one_is_there(self, tmp_path: Path) -> None:
        file = tmp_path / "a"
        seen = set()
        for calls in range(30):
            file.write_bytes(b"old")
            code = run(_KILLED, file, calls).returncode
            assert code in {0, 9}
            content = file.read_bytes()
            assert content in {b"old", b"new" * 700_000}
            seen.add(content)
            if code == 0:
                break
        assert calls > 8
        assert len(seen) == 2

    def test_with_a_full_disk_the_old_file_stands(self, tmp_path: Path) -> None:
        resource = pytest.importorskip("resource")
        file = tmp_path / "a"
        file.write_bytes(b"old")
        code = (
            "import resource, signal, sys\n"
            "from botox_schedule.files import write_whole\n"
            "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))\n"
            "try:\n    write_whole(sys.argv[1], b'x' * 2_000_000)\n"
            "except OSError:\n    print('refused')\n"
        )
        assert resource
        assert run(code, file).stdout == "refused\n"
        assert file.read_bytes() == b"old"
        assert [one.name for one in tmp_path.iterdir()] == ["a"]

    def test_patients_rows_are_for_their_owner_only(self, tmp_path: Path) -> None:
        file = tmp_path / "a"
        write_whole(file, "shared")
        assert file.stat().st_mode & 0o777 == 0o666 & ~_umask()
        write_whole(file, "patients", private=True)
        assert file.stat().st_mode & 0o777 == 0o600

    def test_a_file_keeps_its_mode(self, tmp_path: Path) -> None:
        file = tmp_path / "a"
        file.write_bytes(b"")
        file.chmod(0o640)
        write_whole(file, "new")
        assert file.stat().st_mode & 0o777 == 0o640

    def test_a_link_keeps_its_place(self, tmp_path: Path) -> None:
        file, link = tmp_path / "a", tmp_path / "link"
        file.write_bytes(b"old")
        link.symlink_to(file)
        write_whole(link, "new")
        assert link.is_symlink()
        assert file.read_bytes() == b"new"

    def test_a_pipe_that_a_link_leads_to_is_written_to_directly(self) -> None:
        out, into = os.pipe()
        write_whole(f"/dev/fd/{into}", "new")
        os.close(into)
        with os.fdopen(out, "rb") as pipe:
            assert pipe.read() == b"new"

    def test_a_device_is_written_to_directly(self) -> None:
        write_whole(os.devnull, "new")
        assert not Path(os.devnull).is_file()

    def test_a_folder_that_is_not_there_is_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError):
            write_whole(tmp_path / "none" / "a", "new")


class TestCheckOutputs:
    def test_an_output_that_is_an_input_is_refused_by_any_name(self, tmp_path: Path) -> None:
        file, link, hard = tmp_path / "a", tmp_path / "link", tmp_path / "hard"
        file.write_bytes(b"")
        link.symlink_to(file)
        hard.hardlink_to(file)
        for name in (file, str(file), link, hard, tmp_path / "x" / ".." / "a"):
            with pytest.raises(OutputError, match="one of the inputs"):
                check_outputs([name], [tmp_path / "b", file])

    def test_two_outputs_are_two_files(self, tmp_path: Path) -> None:
        with pytest.raises(OutputError, match="two outputs are one file"):
            check_outputs([tmp_path / "a", f"{tmp_path}/./a"], [])

    def test_others_pass(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"")
        check_outputs([tmp_path / "b", tmp_path / "c"], [tmp_path / "a"])
        check_outputs([os.devnull], [os.devnull])


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_WRITERS = {"write_text", "write_bytes", "savefig", "to_csv", "write_csv", "write_parquet", "touch"}


def _writes(tree: ast.AST) -> set[str]:
    """The calls of a module that could write a file."""
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        words = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant)]
        is_open = name == "open" and any(
            str(word) in {"w", "wb", "a", "ab", "x", "xb"} for word in words
        )
        flags = {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
        if name in _WRITERS or is_open or {"O_WRONLY", "O_CREAT"} <= flags:
            found.add(name)
    return found


@pytest.mark.parametrize(
    "module",
    sorted(Path(botox_schedule.__file__).parent.rglob("*.py")),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_one_module_writes_files(module: Path) -> None:
    is_home = module.name == "files.py" and module.parent.name == "botox_schedule"
    assert bool(_writes(ast.parse(module.read_text(encoding="utf-8")))) is is_home


def test_json_with_two_elements_of_one_name_is_refused() -> None:
    with pytest.raises(ExchangeError, match=r"^a\.json: .*two elements of one name"):
        with_own_names(b'{"sessions": [], "sessions": []}', "a.json")
    for content in (b"{}", b"[{", b"[" * 100_000):
        assert with_own_names(content, "a.json") == content


def test_json_is_text_in_unicode() -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-16-be", "utf-32"):
        assert with_own_names('{"é": 1}'.encode(encoding), "a.json") == '{"é": 1}'.encode()
    with pytest.raises(ExchangeError, match=r"^a\.json: not text in UTF-8; save it as UTF-8"):
        with_own_names(b"\xff", "a.json")


class TestProblems:
    @pytest.mark.parametrize(
        ("lines", "said"),
        [
            ((), []),
            ((2, 3, 4), ["line 2: x", "line 3: x", "line 4: x"]),
            ((2, 3, 4, 5), ["lines 2 to 5: x"]),
            ((2, 4, 6, 9), ["lines 2, 4, 6, 9: x"]),
            ((9, 2, 2, 3), ["lines 9, 2, 2 to 3: x"]),
        ],
    )
    def test_more_than_three_lines_are_told_together(
        self, lines: tuple[int, ...], said: list[str]
    ) -> None:
        assert [*together(f"line {line}: x" for line in lines)] == said

    def test_what_few_lines_say_stays_in_its_order(self) -> None:
        problems = ["line 2: x", "line 3: y", "line 4: x", "a header", f"line {'9' * 5000}: x"]
        assert [*together(problems)] == problems

    def test_tables_and_what_names_no_line_stay_apart(self) -> None:
        problems = [f"{table}: line {n}: x" for n in range(4) for table in ("births", "holds")]
        assert [*together([*problems, "x", "x", "x", "x"])] == [
            "births: lines 0 to 3: x",
            "holds: lines 0 to 3: x",
            *("x", "x", "x", "x"),
        ]

    @given(
        st.lists(
            st.tuples(st.sampled_from(["", "births: "]), st.integers(1, 30), st.sampled_from("ab"))
        )
    )
    def test_every_line_is_told(self, given: list[tuple[str, int, str]]) -> None:
        found = []
        for problem in together(f"{table}line {line}: {told}" for table, line, told in given):
            _, table, lines, told = re.split(r"^(.*?)lines? (.*): ", problem)
            for run in lines.split(", "):
                first, _, last = run.partition(" to ")
                found += [(table, n, told) for n in range(int(first), int(last or first) + 1)]
        assert sorted(found) == sorted(given)
