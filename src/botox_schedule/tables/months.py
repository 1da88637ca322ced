"""Finds the days of a workbook that are months: typed as ``Jan 2026``, kept as the first of it."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from html import unescape

_MONTH_AND_YEAR = b"17"
"""The number of the format ``mmm-yy``, which no workbook writes down."""
_FORMAT = re.compile(rb"<(?:[^\s<>/]+:)?numFmt\b([^<>]*)")
_STYLES = re.compile(rb"</?(?:[^\s<>/]+:)?cellXfs\b")
_STYLE = re.compile(rb"<(?:[^\s<>/]+:)?xf\b([^<>]*)")
_LITERAL = re.compile(r'"[^"]*"|\[[^]]*\]|\\.|_.|;.*', re.DOTALL)
_DAY = re.compile(
    rb"(<((?:[^\s<>/]+:)?)c\b)(?=[^<>]*\ss\s*=\s*[\"']([0-9]+))([^<>]*)"
    rb"(>(?:\s*<\2f\b(?:[^<>]*/>|[^<>]*>[^<]*</\2f>))?)"
    rb"\s*<\2v>([0-9]{1,6})(?:\.0*)?(?=</)"
)
"""A cell with a style and a whole number."""
_KIND = re.compile(rb"""\st\s*=\s*["']n["']""")
_SINCE_1904 = re.compile(rb"""\bdate1904\s*=\s*["'](1|true)["']""")


def with_months(entries: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the parts of a workbook with ``2026-01`` for each first day that shows as a month.

    Another day was typed as one, whatever its cell shows.
    """
    styles = _styles(entries.get("xl/styles.xml", b""))
    is_later = _SINCE_1904.search(entries.get("xl/workbook.xml", b""))
    epoch = date(1904, 1, 1) if is_later else date(1899, 12, 30)

    def month(cell: re.Match[bytes]) -> bytes:
        start, prefix, style, attributes, formula, number = cell.groups()
        if style not in styles or (day := epoch + timedelta(int(number))).day != 1:
            return cell[0]
        rest = _KIND.sub(b"", attributes)
        if _attribute(b"t", rest):  # the number of a text
            return cell[0]
        told = f"{day:%Y-%m}".encode()
        return b'%b%b t="str"%b<%bv>%b' % (start, rest, formula, prefix, told)

    return {name: _DAY.sub(month, xml) if styles else xml for name, xml in entries.items()}


def _styles(xml: bytes) -> frozenset[bytes]:
    """Return the numbers of the styles that show a day as a month."""
    formats = [found[1] for found in _FORMAT.finditer(xml)]
    shown = {_attribute(b"numFmtId", f): _attribute(b"formatCode", f) for f in formats}
    months = {_MONTH_AND_YEAR, *(number for number, code in shown.items() if _is_month(code))}
    # Split, not searched up to its end: a file with many that have no end takes hours otherwise.
    _, *styles = _STYLES.split(xml, 2)
    numbers = enumerate(_attribute(b"numFmtId", s) for s in _STYLE.findall(b"".join(styles[:1])))
    return frozenset(b"%d" % place for place, number in numbers if number in months)


def _is_month(code: bytes) -> bool:
    shown = _LITERAL.sub("", unescape(code.decode("utf-8", "replace"))).lower()
    return {"y", "m"} <= {*shown} and "d" not in shown


def _attribute(name: bytes, attributes: bytes) -> bytes:
    found = re.search(rb"(?:^|\s)" + name + rb"""\s*=\s*(["'])(.*?)\1""", attributes)
    return found[2] if found else b""
