"""A worklist on paper: a section for each kind of answer, boxes to tick, room for initials."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from io import BytesIO

from botox_schedule.cli.arguments import extra
from botox_schedule.cli.output import NOT_ADVICE, Row, word
from botox_schedule.engine.worklist import WorklistSection
from botox_schedule.files import together
from botox_schedule.views.markup import escaped

_COLUMNS = (
    *("patient", "indication", "reason", "status", "last_session_on", "earliest", "due"),
    *("typical_on", "booked_on", "last_chance_on", "next_look_on", "today", "acknowledged"),
    *("contacted_on", "outcome", "next_try_on"),
)
_BOXES = ("1st contact", "2nd contact", "initials")
_WIDTHS = {"patient": 16, "indication": 24, "reason": 20, "today": 30}
_STYLE = """
@page { size: landscape; margin: 12mm }
body { font: 10pt/1.35 system-ui, sans-serif; color: #000; background: #fff; margin: 1rem }
h2 { font-size: 12pt; break-after: avoid } thead { display: table-header-group }
table { border-collapse: collapse; width: 100% }
tr { break-inside: avoid } th, td { border: 1px solid #777; padding: 2px 5px; text-align: left }
td { max-width: 80mm; overflow-wrap: break-word }
th { background: #eee } .day { white-space: nowrap } .box { text-align: center } .initials { min-width: 5em }
@media screen and (max-width: 860px) { .wide { overflow-x: auto } }
"""

Sections = Sequence[tuple[str, Sequence[Row]]]


def list_html(sections: Sections, as_of: date, problems: Sequence[str]) -> str:
    """Return the list as one self-contained page; no row is split between printed sheets."""
    tables = "".join(f"<h2>{escaped(title)}</h2>{_table(title, rows)}" for title, rows in sections)
    told = "".join(f"<li>{escaped(problem)}</li>" for problem in together(problems))
    wrong = f"<h2>Problems ({len(problems)})</h2><ul>{told}</ul>" if problems else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Worklist of {as_of}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>Worklist of {as_of}</h1><p>{NOT_ADVICE}</p>{tables}{wrong}</main></body></html>\n"
    )


def _table(title: str, rows: Sequence[Row]) -> str:
    names = _used(rows)
    boxes, ticked = (_BOXES, _TICKED) if _is_called(rows) else ((), "")
    head = "".join(f'<th scope="col">{_title(name)}</th>' for name in (*names, *boxes))
    body = "".join(
        f"<tr>{''.join(_cell(row[name]) for name in names)}{ticked}</tr>" for row in rows
    )
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    # A wide table scrolls; tabindex lets the keyboard reach it.
    name = f'tabindex="0" role="region" aria-label="{escaped(title)}"'
    return f'<div class="wide" {name}>{table}</div>'


def _is_called(rows: Sequence[Row]) -> bool:
    """Whether a section has boxes for calls: nobody calls the dead and the discharged."""
    return bool(rows[0]["section"] != WorklistSection.ENDED)


def _used(rows: Sequence[Row]) -> list[str]:
    """The columns in which something is written: paper is narrow."""
    return [name for name in _COLUMNS if any(_words(row[name]) for row in rows)]


_TICKED = "<td class=box>☐</td><td class=box>☐</td><td class=initials></td>"


def _cell(value: object) -> str:
    kind = " class=day" if isinstance(value, date) else ""
    return f"<td{kind}>{escaped(_words(value))}</td>"


def _title(name: str) -> str:
    return {"today": "look at"}.get(name, name.removesuffix("_on").replace("_", " "))


def _words(value: object) -> str:
    """Return a value in words; what the clinic wrote, such as a patient's key, stays as it is."""
    told = "" if word(value) == "-" else word(value)
    return told if type(value) is str else told.replace("_", " ")


def list_xlsx(sections: Sections, as_of: date, problems: Sequence[str]) -> bytes:
    """Return the list as a spreadsheet that prints on one page's width.

    Raises:
        ExchangeError: When the extra ``excel`` is missing.
    """
    with extra("excel"):
        from xlsxwriter import Workbook  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
    content = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(content, options) as book:
        # The same list gives the same bytes.
        book.set_properties({"created": datetime(as_of.year, as_of.month, as_of.day)})  # noqa: DTZ001
        sheet = book.add_worksheet("worklist")
        bold = book.add_format({"bold": True})
        cell = book.add_format({"border": 1, "num_format": "yyyy-mm-dd", "align": "left"})
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_footer(f"&L{NOT_ADVICE}&RPage &P of &N")
        names = _used([row for _, rows in sections for row in rows])
        for number, name in enumerate(names):
            sheet.set_column(number, number, _WIDTHS.get(name, 11))
        lines = [(True, [f"Worklist of {as_of}"]), *_lines(sections, names, problems)]
        for number, (is_bold, values) in enumerate(lines):
            for column, value in enumerate(values):
                sheet.write(number, column, value, bold if is_bold else cell)
    return content.getvalue()


def _lines(
    sections: Sections, names: Sequence[str], problems: Sequence[str]
) -> Iterator[tuple[bool, Sequence[object]]]:
    """Yield the lines of the sheet below its title, and whether each is a heading."""
    for title, rows in sections:
        header, boxes = (_BOXES, ("☐", "☐", "")) if _is_called(rows) else ((), ())
        yield from ((True, []), (True, [title]), (True, [*map(_title, (*names, *header))]))
        yield from ((False, [*(_value(row[name]) for name in names), *boxes]) for row in rows)
    if problems:
        yield from ((True, []), (True, [f"Problems ({len(problems)})"]))
        yield from ((True, [problem]) for problem in together(problems))


def _value(value: object) -> object:
    return value if isinstance(value, date) else _words(value)
