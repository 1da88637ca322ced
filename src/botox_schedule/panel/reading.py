"""A caller's frame of sessions, read into numbers; what cannot be read is named."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw

from botox_schedule import Product, SchedulingPolicy, SessionKind, SessionStatus
from botox_schedule.panel.errors import PanelError
from botox_schedule.panel.frames import Engine, Frame, Source, is_day, numbered, opened
from botox_schedule.panel.protocols import by_number, chosen
from botox_schedule.terms import names_of

COMPLETED = list(SessionStatus).index(SessionStatus.COMPLETED)
BOOKED = list(SessionStatus).index(SessionStatus.BOOKED)
PRODUCTS = sorted(product.value for product in Product)
KINDS = len(PRODUCTS) + 1
"""The products, and one that is not known."""
_MOST_UNITS = 1_000_000
_TEXT = "text"
_DAY = "days (dates, or text YYYY-MM-DD)"
_NUMBER = "numbers"
_ANYTHING = "anything"
_REQUIRED = {
    "patient": _ANYTHING,
    "administered_on": _DAY,
    "indication": _TEXT,
    "product": _TEXT,
}
_OPTIONAL = {
    "session_id": _ANYTHING,
    "units": _NUMBER,
    "status": _TEXT,
    "kind": _TEXT,
    "policy_key": _TEXT,
}
SESSION_COLUMNS = frozenset((*_REQUIRED, *_OPTIONAL))
"""All that is looked at of a table of sessions."""


class Policies(NamedTuple):
    """The policies of a population; without keys there is one for all."""

    each: tuple[SchedulingPolicy, ...]
    keys: tuple[str, ...] = ()

    @classmethod
    def given(
        cls, policy: SchedulingPolicy | None, policies: Mapping[str, SchedulingPolicy] | None
    ) -> "Policies":
        """Return what the caller gave.

        Raises:
            PanelError: When both were given, or no policy under any key.
        """
        if policies is None:
            return cls((policy or SchedulingPolicy(),))
        if policy is not None or not policies:
            raise PanelError("give policy, or policies for the values of the column policy_key")
        return cls(tuple(policies.values()), tuple(policies))

    @property
    def columns(self) -> tuple[str, ...]:
        """The column that says which policy a row has, where there are several."""
        return ("policy",) if self.keys else ()

    def number(self, read: Any) -> nw.Expr | int:
        """Return a number of the row's policy, by its number in the column ``policy``."""
        values = [read(policy) for policy in self.each]
        return values[0] if len(set(values)) == 1 else by_number("policy", values)


class Reading(NamedTuple):
    """Sessions as numbers.

    Attributes:
        frame: Columns ``patient``, ``day``, ``ind``, ``product_number`` (its place in
            ``PRODUCTS``), ``milli`` (thousandths of a unit, -1000 where unknown), ``status``,
            ``touch``, ``problem`` (null where the row can be used), ``doubt`` (what is odd about
            it), and ``session_id`` and ``policy`` where there are such.
        engine: Where the work is done.
        columns: The names of the caller's columns.
        kept: Which of them are carried along.
    """

    frame: Frame
    engine: Engine
    columns: tuple[str, ...]
    kept: tuple[str, ...]


def checked(
    native: Any, name: str, required: Mapping[str, str], optional: Mapping[str, str]
) -> Source:
    """Return a caller's frame with the columns that are known, and no others.

    Raises:
        PanelError: When a column is missing or of another type; all are named, with what was
            found.
    """
    source = opened(native, name)
    schema = source.frame.collect_schema()
    faults = [f"{column} is missing" for column in required if column not in schema]
    kinds = {**required, **optional}
    for column, kind in kinds.items():
        if column in schema and not _fits(schema[column], kind):
            faults.append(f"{column}: expected {kind}, found {schema[column]}")
    if faults:
        found = ", ".join(schema)
        raise PanelError(f"{name}: {'; '.join(faults)}; the columns are: {found or 'none'}")
    frame = source.frame.select(
        nw.col(c).cast(nw.String) if kinds[c] == _TEXT else nw.col(c) for c in kinds if c in schema
    )
    return Source(frame, source.engine)


def _fits(dtype: Any, kind: str) -> bool:
    if kind == _ANYTHING or dtype == nw.Unknown:
        return True
    if kind == _DAY:
        return is_day(dtype)
    if kind == _NUMBER:
        return bool(dtype.is_numeric())
    return dtype in (nw.String, nw.Categorical, nw.Enum)


def dose_order() -> nw.Expr:
    """Return what orders the sessions of a day: units, not known ones first, then the kind."""
    return (nw.col("milli") + 1000) * 2 + nw.col("touch")


def product_order() -> nw.Expr:
    """Return what orders products by their names; one that is not known comes first."""
    return (nw.col("product_number").cast(nw.Int64) + 1) % KINDS


def read_sessions(
    native: Any, indications: Sequence[str], policies: Policies, keep: Sequence[str] = ()
) -> Reading:
    """Return the sessions as numbers.

    Args:
        native: The caller's frame.
        indications: Those that have numbers; without any, every indication will do.
        policies: The policies by key.
        keep: Columns to carry along.

    Raises:
        PanelError: When a column is missing or of another type.
    """
    required = dict(_REQUIRED)
    if policies.keys:
        required["policy_key"] = _TEXT
    carried = dict.fromkeys(keep, _ANYTHING)
    source = checked(native, "sessions", required, {**_OPTIONAL, **carried})
    columns = tuple(source.frame.collect_schema())
    frame, engine = numbered(
        Source(source.frame.with_columns(day=nw.col("administered_on")), source.engine), ["day"]
    )
    frame = frame.with_columns(
        ind=chosen([(nw.col("indication") == n, i) for i, n in enumerate(indications)]),
        name=nw.col("product").str.strip_chars().str.to_lowercase(),
        status=_worded(columns, "status", list(SessionStatus), "completed"),
        touch=_worded(columns, "kind", list(SessionKind), "full"),
        milli=_milli(columns),
    )
    if policies.keys:
        keys = [(nw.col("policy_key") == key, i) for i, key in enumerate(policies.keys)]
        frame = frame.with_columns(policy=chosen(keys))
    frame = frame.with_columns(
        product_number=_product(), problem=_problem(indications, policies), doubt=_doubt(columns)
    )
    # The name of an indication decides last between rows of one id.
    extra = ["session_id", "indication"] if "session_id" in columns else []
    extra += keep
    if policies.keys:
        extra.append("policy")
    # Leaving a session out for its kind or its units would date the next one too early.
    frame = frame.with_columns(touch=nw.col("touch").fill_null(0))
    small = ("ind", "product_number", "status", "touch")
    frame = frame.select(
        "patient",
        "day",
        *(nw.col(name).cast(nw.Int16) for name in small),
        "milli",
        "problem",
        "doubt",
        *dict.fromkeys(extra),
    )
    return Reading(frame, engine, columns, tuple(keep))


def _worded(columns: Sequence[str], column: str, words: Sequence[str], default: str) -> nw.Expr:
    if column not in columns:
        return nw.lit(list(words).index(default), nw.Int64)
    return chosen([(nw.col(column) == word, number) for number, word in enumerate(words)])


def _milli(columns: Sequence[str]) -> nw.Expr:
    """Units in thousandths; -1000 where they are not known, or are no units."""
    if "units" not in columns:
        return nw.lit(-1000, nw.Int64)
    known = nw.when(_are_units()).then((nw.col("units").cast(nw.Float64) * 1000).round(0))
    return known.cast(nw.Int64).fill_null(-1000)


def _are_units() -> nw.Expr:
    units = nw.col("units").cast(nw.Float64)
    return (units > 0) & (units <= _MOST_UNITS)


def _doubt(columns: Sequence[str]) -> nw.Expr:
    """What is odd about a row that counts all the same."""
    cases = [(nw.col("touch").is_null(), "unknown_kind")]
    if "units" in columns:
        cases.append((~nw.col("units").is_null() & ~_are_units(), "not_units"))
    return chosen(cases)


def _called(product: Product) -> nw.Expr:
    """Whether ``name`` stands for a product: with its four-letter suffix too."""
    generic = product.value.lower()
    name = nw.col("name")
    suffixed = name.str.starts_with(f"{generic}-") & (name.str.len_chars() == len(generic) + 5)
    return name.is_in(names_of(product)) | suffixed


def _product() -> nw.Expr:
    """Return the number of a product among all, one more where none is called so."""
    cases = [(_called(product), number) for number, product in enumerate(map(Product, PRODUCTS))]
    return chosen(cases).fill_null(len(PRODUCTS))


def _problem(indications: Sequence[str], policies: Policies) -> nw.Expr:
    cases: list[tuple[nw.Expr, str]] = [
        (nw.col("patient").is_null(), "no_patient"),
        (nw.col("day").is_null(), "not_a_day"),
        (nw.col("indication").is_null(), "no_indication"),
        (nw.col("status").is_null(), "unknown_status"),
    ]
    # What comes last is readable for the rest: such a session was given, on no known track.
    if indications:
        cases.append((nw.col("ind").is_null(), "unknown_indication"))
    if policies.keys:
        cases.append((nw.col("policy").is_null(), "unknown_policy_key"))
    return chosen(cases)
