"""What a cell says: days, numbers, names and words. No answer repeats the cell."""

import calendar
import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple

from botox_schedule.dates.days import (
    LAST_PLACEHOLDER,
    NO_SUCH_DAY,
    day_by_pattern,
    is_day_pattern,
    other_order,
)
from botox_schedule.dates.intervals import Interval, IntervalRange
from botox_schedule.errors import BotoxScheduleError, TableError
from botox_schedule.protocols.bundled import bundled_tables
from botox_schedule.protocols.indications import (
    PRODUCT_NOT_GIVEN,
    ProductInput,
    bundled_indications,
    find_indication,
    find_indication_name,
    find_product,
    find_product_by_code,
    general_indication,
    injection_codes,
    is_toxin_text,
    nearest_indications,
    product_named,
    why_no_product,
)
from botox_schedule.records.model import MOST_UNITS
from botox_schedule.tables.lines import UNSEEN, Cell, text_of
from botox_schedule.tables.words import (
    LONGEST_NAME,
    examples,
    find_value,
    is_about,
    is_denial,
    plain,
    value_said,
)
from botox_schedule.terms import Product

LONGEST_KEY = 200
# A day, an amount or an interval is shorter. Looking for one in a long text takes too long.
_LONGEST_FIGURE = 100
_LONGEST_SLUG = 64
_MOST_KILOGRAMS = 1000
_MOST_COUNT = 10_000
# A spreadsheet keeps 15 digits of a number.
_LONGEST_NUMBER = 10**15
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_MIDNIGHT = re.compile(r"(?i)[ T]+(00?:00(:00([.,]0+)?)?|12:00(:00)? ?AM)$")
_TIME = re.compile(r"(?i)[ T]+[0-9]{1,2}:[0-9]{2}.*$|(?<=[0-9]{4})[ T]+[0-2][0-9][0-5][0-9]$")
_LONG_YEAR = re.compile("[0-9]{4}")
_SERIAL = re.compile(r"[1-9][0-9]{4}([.,][0-9]+)?")
_DIGIT = re.compile("[1-9]")
_PLACEHOLDER = re.compile(r"(?i)0([\W_]*0){2,}|9([\W_]*9){6,}|x([\W_]*x){2,}")
# An export that has no letter for an accent may write a question mark: two names become one.
_LOST = re.compile("[\ufffd\ud800-\udfff]|(?<=[^\\W\\d_])\\?|\\?(?=[^\\W\\d_])")
# Most keys: they have a digit that no placeholder has, and nothing that a program changes or loses.
_PLAIN_KEY = re.compile("(?![0-9][eE])(?=[09A-Za-z]*[1-8])[0-9A-Za-z]+")
_SCIENTIFIC = re.compile(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+")
_NUMBER = re.compile(r"[0-9]{1,12}([.,][0-9]{1,12})?|[.,][0-9]{1,12}")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}([.,' \xa0\u202f\u2019][0-9]{3})+([.,][0-9]+)?")
_UNIT = re.compile(
    r"(?i)[\s\xa0]*(units?|unit\(s\)|unt|u|\[u\]|i\.?u|u\.?i|i\.?e|e|einheiten|unit\u00e9s|unid|unidades|uds?|\u5358\u4f4d)\.?$"
)
_KILOGRAM = re.compile(r"(?i)[\s\xa0]*(kg|kilograms?)\.?$")
_CODE = re.compile(r"\b(?:[A-Z][0-9][0-9A-Z](?:\.?[0-9A-Z]{1,4})?|[0-9]{5,18})\b")
_MARKS = re.compile(r"[^\w\s'\u2019-]+")
_NAME = re.compile(r"[^\W\d_]{2,}")
_APART = re.compile(r"(?i)\s-+\s|[()\[\]/:|]|\bfor\b")
_FINDING_KEY = re.compile(r"[a-z_]+-[0-9a-f]{16}")
_INDICATION_SYSTEMS = ("ICD-10-CM", "CPT", "SNOMED CT")
_PRODUCT_SYSTEMS = ("HCPCS", "NDC", "RxNorm")
_PRODUCT_CODE = re.compile(r"\b[A-Z]?[0-9][0-9-]{3,12}\b")
_SYSTEM = re.compile(r"(?i)^(hcpcs|ndc|rxnorm|rxcui)[\s:#]*")
"""What may come before a code."""


class Parsed(NamedTuple):
    """What a cell says.

    Attributes:
        value: The value; None where unknown.
        note: What a person should know, or nothing.
        is_readable: Whether the cell could be read. If not, the value False leaves the row out: the
            cell says that nothing was given.
        is_denied: Whether the cell may say so, and the row counts.
    """

    value: Any
    note: str = ""
    is_readable: bool = True
    is_denied: bool = False


class Month(NamedTuple):
    """A month where a day is expected."""

    first: date
    last: date


class CellReader:
    """Reads cells by the choices that a caller made for a file.

    Attributes:
        date_format: ``iso``, ``mdy``, ``dmy``, or a pattern with ``%``.
        product: The product of rows that name none.
        indications: The known indications, those of the caller included.
    """

    def __init__(
        self, date_format: str | None, product: ProductInput | None, indications: Iterable[str]
    ) -> None:
        if isinstance(indications, str):
            raise TableError("indications: give a list of names, such as ['bruxism']")
        self.date_format: str = date_format or "iso"
        self.product: Product | None = (
            None if product is None else product_named(product, TableError)
        )
        self.indications: frozenset[str] = bundled_indications() | set(indications)
        if self.date_format != "iso" and not is_day_pattern(self.date_format):
            raise TableError("the date format is iso, mdy, dmy, or a pattern such as %d.%m.%Y")

    def day(self, cell: Cell) -> Parsed:
        """Return the day of a cell; nothing in an empty one."""
        text = text_of(cell)
        return self._read_day(text) if text else Parsed(None)

    def _read_day(self, text: str) -> Parsed:
        if len(text) > _LONGEST_FIGURE:
            return unreadable(self._expected())
        plain = _MIDNIGHT.sub("", text)
        if _TIME.search(plain):
            return unreadable(_TIME_OF_DAY)
        if month := _MONTH.fullmatch(plain):
            return Parsed(_month(int(month[1]), int(month[2])), _A_MONTH, is_readable=False)
        try:
            found = self._parse_day(plain)
        except ValueError as error:
            found = None
            if _ISO.fullmatch(plain) or str(error) == NO_SUCH_DAY:
                return unreadable("there is no such day in the calendar")
        if found is not None:
            return _plausible(found)
        return unreadable(_A_SERIAL if _SERIAL.fullmatch(plain) else self._expected())

    def _parse_day(self, text: str) -> date | None:
        if _ISO.fullmatch(text):
            return date.fromisoformat(text)
        return None if self.date_format == "iso" else day_by_pattern(text, self.date_format)

    def _expected(self) -> str:
        if self.date_format == "iso":
            return f"expected YYYY-MM-DD; {_OTHER_FORMAT}"
        return f"expected YYYY-MM-DD or {self.date_format}"

    def is_swapped(self, cell: Cell) -> bool:
        """Return whether a cell is a day only if day and month change places."""
        swapped = other_order(self.date_format)
        if swapped is None or self.day(cell).value:
            return False
        return isinstance(CellReader(swapped, None, ()).day(cell).value, date)

    def withdrawal(self, cell: Cell) -> Parsed:
        """Return the day of a withdrawal; a no, as under ``Returned``, says that there was none."""
        return Parsed(None) if find_value("flag", text_of(cell)) == "no" else self.day(cell)

    def birth_day(self, cell: Cell) -> Parsed:
        """Return a day of birth; a year of two digits is refused: its century is unknown."""
        parsed = self.day(cell)
        short = "%y" in self.date_format and not _ISO.match(text_of(cell))
        if parsed.value is not None and (short or not _LONG_YEAR.search(text_of(cell))):
            return unreadable("expected a year of four digits")
        return parsed

    def known_indication(self, text: str) -> str | None:
        """Return the slug of a known indication, by its name or a code."""
        slug = _slug(text)
        if slug in self.indications:
            return slug
        return find_indication_name(text) or _by_code(text) or _by_parts(text)

    def indication(self, cell: Cell) -> Parsed:
        """Return a slug; an unknown one is kept, so that the engine reports the session."""
        text = text_of(cell)
        slug = _slug(text)
        if not text:
            return Parsed(None)
        found = self.known_indication(text)
        if found is not None:
            return Parsed(found)
        if not slug:
            return unreadable("expected a name such as chronic-migraine, or a code")
        nearest = nearest_indications(text, self.indications)
        hint = f"the nearest is {nearest[0]}" if nearest else "give one such as chronic-migraine"
        note = f"not a known name or code; {hint}; the row counts as unrecognized"
        return Parsed(slug[:_LONGEST_SLUG].rstrip("-"), note)

    def product_name(self, cell: Cell) -> Parsed:
        """Return the product; a session without a known one still counts for the interval."""
        text = text_of(cell)
        # A column such as "Toxin given" may only ask whether.
        if not text or find_value("flag", text) == "yes":
            missing = "missing; product= (--product) states one for the whole file"
            return Parsed(self.product, "" if self.product else missing)
        if is_waste(text):
            return _DISCARDED
        coded = {named for code in _codes_in(text) if (named := _coded_product(code))}
        # Next to the product's own name, other words may say that it was not given.
        by_code = find_product(f"{min(coded)} {text}") if len(coded) == 1 else None
        found = find_product(text) or _coded_product(_SYSTEM.sub("", text)) or by_code
        if found is None:
            is_other = not coded and _is_other_drug(text)
            why = _ANOTHER_DRUG if is_other else why_no_product(text)
            return unreadable(why)._replace(is_denied=why in {_ANOTHER_DRUG, PRODUCT_NOT_GIVEN})
        if coded - {found}:
            return unreadable("the name and the code are of two products; give one")
        return Parsed(found, _billing_note(text))


_ANOTHER_DRUG = (
    "no botulinum toxin is named; give its name, or leave the row out if it is another drug"
)


def _is_other_drug(text: str) -> bool:
    """Whether a text names something, and neither a toxin nor a procedure with one.

    An amount, such as ``100 U vial``, names nothing.
    """
    if answer := find_value("flag", text):
        return answer == "no"
    words, codes = _NAME.findall(text[:LONGEST_NAME]), _CODE.findall(text.upper())
    is_named = codes or not all(_UNIT.fullmatch(w) or find_value("other_unit", w) for w in words)
    is_toxin = is_toxin_text(text) or any(is_about("toxin", part) for part in (text, *words))
    is_meant = is_toxin or find_value("missing", text) or not injection_codes().isdisjoint(codes)
    return bool(is_named) and not is_meant


TOO_EARLY = f"{LAST_PLACEHOLDER} or earlier; check the year, leave an unknown day empty"


@cache
def _billing_units() -> dict[str, Any]:
    rows = bundled_tables("indications.toml")["codes"]
    return {row["code"]: row["units"] for row in rows if row.get("units", 1) != 1}


def _coded_product(code: str) -> Product | None:
    found = (find_product_by_code(system, code) for system in _PRODUCT_SYSTEMS)
    return next(filter(None, found), None)


def _codes_in(text: str) -> list[str]:
    return [code.strip("-") for code in _PRODUCT_CODE.findall(text.upper())]


def _billing_note(text: str) -> str:
    known = _billing_units()
    units = next((known[code] for code in _codes_in(text) if code in known), 0)
    note = f"one billing unit of the code is {units} units; the units count as units of the product"
    return note if units else ""


_OTHER_FORMAT = (
    "name another format with date_format= (--date-format): mdy for 01/31/2026, dmy, %d.%m.%Y"
)
_TIME_OF_DAY = "a time of day was found; give the clinic's local day as YYYY-MM-DD"
_A_MONTH = "a month is not a day; give the day"
_SEPARATOR = "the separator may be for thousands or for decimals; write 1000, or 1.5"
_TAKES_BACK = "below 0; if the row takes a session back, leave both rows out"
_WASTED = "JW bills what was thrown away; write it as units discarded in the session's row"
_STOPPED = "says that the procedure was stopped; the session counts, and its units need a look"
_DISCARDED = Parsed(value=False, note=_WASTED, is_readable=False)
_A_SERIAL = "a spreadsheet's serial number is not a day; format the column as a date and export it"


def unreadable(note: str) -> Parsed:
    """Return the result for a cell that cannot be read."""
    return Parsed(None, note, is_readable=False)


def _plausible(day: date) -> Parsed:
    if day <= LAST_PLACEHOLDER:
        return unreadable(TOO_EARLY)
    return Parsed(day)


def _month(year: int, month: int) -> Month | None:
    if year <= LAST_PLACEHOLDER.year:
        return None
    return Month(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


Read = Callable[[CellReader, Cell], Parsed]
"""What reads the cells of a column, by the choices that a caller made."""


class Column(NamedTuple):
    """How a column is read.

    Attributes:
        read: What reads its cells.
        is_required: Whether the table must have it, and each row a value.
        is_number: Whether a comma in it can make a row too long.
        is_text: Whether its cells may have several lines.
        counts: How a row counts whose cell cannot be read; if empty, it is left out.
        fallback: The value of the cell in a row that counts.
        default: The value where the table has no such column.
        or_else: The columns that can replace this one, where it is required.
        words: What its words are called. Where it is missing and a column that is not read has
            such words, the default may be false.
    """

    read: Read
    is_required: bool = False
    is_number: bool = False
    is_text: bool = False
    counts: str = ""
    fallback: Any = None
    default: Any = None
    or_else: frozenset[str] = frozenset()
    words: str = ""


def _of_text(read: Callable[[str], Parsed]) -> Read:
    """Return a reader of text; an empty cell gives no value."""

    def of_cell(_: CellReader, cell: Cell) -> Parsed:
        given = text_of(cell)
        return read(given) if given else Parsed(None)

    return of_cell


def key(_: CellReader, cell: Cell) -> Parsed:
    """Return an id: leading zeros stay, and what a spreadsheet damaged is refused.

    A word such as ``N/A`` is not an id, nor are ``000000``, ``9999999`` and ``XXX``: rows of
    several patients would become one patient's.
    """
    if isinstance(cell, str) and len(cell) <= LONGEST_KEY and _PLAIN_KEY.fullmatch(cell):
        return Parsed(cell)
    text = text_of(cell)
    if not text.isalnum():
        text = " ".join(UNSEEN.sub("", text).split())
    if len(text) > LONGEST_KEY:
        return unreadable(f"expected at most {LONGEST_KEY} characters")
    if _PLACEHOLDER.fullmatch(text) or (not _DIGIT.search(text) and find_value("missing", text)):
        return Parsed(None)
    rounded = isinstance(cell, Decimal) and abs(cell) >= _LONGEST_NUMBER
    if rounded or isinstance(cell, date) or _SCIENTIFIC.fullmatch(text):
        return unreadable("a spreadsheet made a number or a date of it; export it as text")
    if _LOST.search(text):
        return unreadable("letters were lost in an earlier export; export it again as UTF-8")
    return Parsed(text or None)


def _denied(found: Parsed) -> Parsed:
    return found._replace(note=_NOT_GIVEN, is_denied=True)


_NOT_GIVEN = "may say that nothing was given; give the row a status"


def unless_denied(read: Read) -> Read:
    """Return a reader that tells where a cell says that nothing was given, as ``no show`` does."""

    def checked(reader: CellReader, cell: Cell) -> Parsed:
        found = read(reader, cell)
        return _denied(found) if is_denial(text_of(cell)) else found

    return checked


def is_waste(text: str) -> bool:
    """Return whether a code or a modifier bills what was thrown away."""
    return "JW" in re.findall("[A-Z0-9]+", text.upper())


@_of_text
def place(given: str) -> Parsed:
    """Return a muscle or a side, which only tells rows apart."""
    return Parsed(None if find_value("missing", given) else given.casefold())


@_of_text
def modifier(given: str) -> Parsed:
    """Return nothing, and False where a row bills what was thrown away."""
    if is_waste(given):
        return _DISCARDED
    is_stopped = any(find_value("modifier", part) for part in re.findall(r"\w+", given))
    return Parsed(None, _STOPPED if is_stopped else "")


def _unit(unit: re.Pattern[str], expected: str) -> Read:
    """Return a reader that refuses any other unit, such as vials or pounds."""
    return _of_text(lambda given: Parsed(None) if unit.fullmatch(given) else unreadable(expected))


dose_unit: Read = _unit(_UNIT, "expected units")
weight_unit: Read = _unit(_KILOGRAM, "expected kg")


@_of_text
def finding_key(given: str) -> Parsed:
    """Return the key of a finding as the answers write it."""
    if _FINDING_KEY.fullmatch(given):
        return Parsed(given)
    return unreadable("expected a finding's key such as hold_ended-0123456789abcdef")


@_of_text
def text(given: str) -> Parsed:
    """Return a text, its lines joined."""
    return Parsed(" ".join(given[:2000].split()))


def _slug(given: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", plain(given)).strip("-")


def _by_code(given: str) -> str | None:
    """Return the indication that all codes in a text, and the words next to them, agree on."""
    codes = [given, *_CODE.findall(given.upper())]
    known = [find_indication(system, code) for code in codes for system in _INDICATION_SYSTEMS]
    # Next to an unknown code a word is too little: G43.909 is migraine, and not chronic.
    if any(known):
        known.append(find_indication_name(_MARKS.sub(" ", _CODE.sub(" ", given.upper()))))
    named = {name for name in known if name}
    precise = named - {general_indication(name) for name in named}
    return precise.pop() if len(precise) == 1 else None


def _by_parts(text: str) -> str | None:
    """The indication of a text such as ``Botox for migraine`` or ``OAB (overactive bladder)``."""
    parts = [part for part in _APART.split(text[:LONGEST_NAME]) if part.strip()]
    named = {find_indication_name(part) for part in parts if find_product(part) is None}
    return named.pop() if len(parts) > 1 and len(named) == 1 else None


def _amount(unit: re.Pattern[str], expected: str, most: int, *, zero: bool = False) -> Read:
    """Return a reader of amounts in a unit: above 0, or 0 where *zero*, and at most *most*."""

    def read(_: CellReader, cell: Cell) -> Parsed:
        given = text_of(cell)
        if not given:
            return Parsed(None)
        bare = unit.sub("", given) if len(given) <= _LONGEST_FIGURE else ""
        number = cell if isinstance(cell, Decimal) else None
        if number is None and _THOUSANDS.fullmatch(bare):
            return unreadable(_SEPARATOR)
        if number is None and _NUMBER.fullmatch(bare):
            number = Decimal(bare.replace(",", "."))
        is_right = number is not None and (0 < number <= most or (zero and number == 0))
        return Parsed(number) if is_right else unreadable(expected)

    return read


def _reversible(read: Read) -> Read:
    """Return a reader of amounts that gives False below 0: the row may take a session back."""

    def checked(reader: CellReader, cell: Cell) -> Parsed:
        given = _UNIT.sub("", text_of(cell)[:_LONGEST_FIGURE])
        found = _REVERSED if _BELOW_ZERO.fullmatch(given) else read(reader, cell)
        is_none = not found.is_readable and _ZERO.fullmatch(given)
        return _denied(found) if is_none else found

    return checked


_BELOW_ZERO = re.compile(r"[-\u2212]\s*[0-9.,]+|\([0-9.,]+\)|[0-9.,]+-")
_ZERO = re.compile("[0.,]+")
_REVERSED = Parsed(value=False, note=_TAKES_BACK, is_readable=False)
units: Read = _amount(_UNIT, "expected a number above 0", MOST_UNITS)
units_given: Read = _reversible(units)
units_discarded: Read = _reversible(
    _amount(_UNIT, "expected 0 or a number above 0", MOST_UNITS, zero=True)
)
kilograms: Read = _amount(_KILOGRAM, "expected kilograms above 0 and at most 1000", _MOST_KILOGRAMS)


@_of_text
def count(given: str) -> Parsed:
    """Return a whole number of sessions."""
    number = given.removesuffix(".0")
    if re.fullmatch(r"[0-9]{1,5}", number) and int(number) <= _MOST_COUNT:
        return Parsed(int(number))
    return unreadable("expected a whole number")


def word(name: str, kind: type[StrEnum], blank: StrEnum | None = None) -> Read:
    """Return a reader of the words of an enumeration; an empty cell gives *blank*."""

    def read(_: CellReader, cell: Cell) -> Parsed:
        given = text_of(cell)
        if blank is not None and not given:
            return Parsed(blank)
        found = value_said(name, given)
        return Parsed(kind(found)) if found else unreadable(f"expected one of {examples(name)}")

    return read


def in_force(_: CellReader, cell: Cell) -> Parsed:
    """Refuse whatever does not say that a decision is in force; False where it says the contrary."""
    said = value_said("in_force", text_of(cell))
    if said == "no":
        return Parsed(value=False, note="not in force", is_readable=False)
    return unreadable("expected approved or active") if said is None else Parsed(said)


def _parsed(parse: Callable[[str], Any], expected: str) -> Read:
    @_of_text
    def read(given: str) -> Parsed:
        try:
            return Parsed(parse(given))
        except BotoxScheduleError:
            return unreadable(expected)

    return read


interval: Read = _parsed(Interval.parse, "expected an interval such as 12 weeks")
interval_range: Read = _parsed(IntervalRange.parse, "expected a range such as 12 to 16 weeks")
