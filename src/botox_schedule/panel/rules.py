"""Which minimum and which usual range are in force on a day, for every row at once."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import narwhals.stable.v2 as nw

from botox_schedule import Interval, ShortMonth, TreatmentProtocol
from botox_schedule.panel.amounts import Amount, add_amount, amount_of
from botox_schedule.panel.builder import Sheet
from botox_schedule.panel.frames import Frame
from botox_schedule.panel.ordered import TRACK
from botox_schedule.panel.protocols import Book, any_of, chosen, put_chosen
from botox_schedule.panel.reading import Policies
from botox_schedule.terms import RetreatmentKind

_OVERRIDE = ("o_n", "o_k", "o_authority")
_USUAL = ("uf_n", "uf_k", "ul_n", "ul_k", "ut_n", "ut_k")


class Rules(NamedTuple):
    """The rules of a population.

    Attributes:
        book: The protocols.
        policies: What clinic or payers chose.
        overrides: The overrides of each track, or None.
    """

    book: Book
    policies: Policies
    overrides: Frame | None

    def first_of_next(self) -> bool | str:
        """What becomes of days that a month does not have: one answer, or a column of answers."""
        answers = {policy.short_month for policy in self.policies.each}
        if len(answers) == 1:
            return answers == {ShortMonth.FIRST_OF_NEXT}
        return "_short"

    def _with_short_month(self, sheet: Sheet) -> None:
        if self.first_of_next() == "_short" and not sheet.has("_short"):
            read = self.policies.number(lambda p: int(p.short_month is ShortMonth.FIRST_OF_NEXT))
            sheet.put(_short=read)

    def after(self, sheet: Sheet, out: str, base: str, amount: Amount) -> None:
        """Put the day that lies *amount* after *base*."""
        self._with_short_month(sheet)
        add_amount(sheet, out, base, amount, first_of_next=self.first_of_next())

    def policy_amount(
        self, sheet: Sheet, out: str, name: str, times: int = 1
    ) -> tuple[Amount, bool] | None:
        """Return an interval of the policy, and whether a row can be without; None without any."""
        intervals: list[Interval | None] = [getattr(p, name) for p in self.policies.each]
        amounts = [None if one is None else amount_of(one, times) for one in intervals]
        if not any(amount is not None for amount in amounts):
            return None
        return put_chosen(sheet, out, [(nw.col("policy") == i, a) for i, a in enumerate(amounts)])

    def put_on(self, sheet: Sheet, day: str, counted_from: str) -> None:
        """Put what binds on a day.

        Adds ``gives`` (the day that the deciding minimum gives, null without one), ``label``
        (the day that the label's minimums give), ``overridden`` (whether an override decides),
        ``cell`` (of the protocol that judges), ``unread_minimum``, and the override's usual range.
        """
        self._put_override(sheet, day, counted_from)
        self._put_labels(sheet, day, counted_from)
        label: Any = nw.max_horizontal("_label", "_previous")
        sheet.put(label=label)
        payer = self.policy_amount(sheet, "_payer", "payer_minimum")
        if payer is None:
            sheet.put(_payer_gives=nw.lit(None, nw.Int64))
        else:
            self.after(sheet, "_payer_gives", counted_from, payer[0])
        both = nw.max_horizontal("label", "_payer_gives")
        if self.overrides is None:
            sheet.put(gives=both, overridden=nw.lit(value=False)).tidy()
            return
        self.after(sheet, "_own_gives", counted_from, Amount("o_n", "o_k"))
        clinician = nw.col("o_authority") == "clinician"
        own = nw.when(clinician).then(nw.max_horizontal("_own_gives", "_payer_gives"))
        sheet.put(overridden=~nw.col("o_authority").is_null())
        sheet.put(
            gives=nw.when(nw.col("overridden"))
            .then(own.otherwise(nw.col("_own_gives")))
            .otherwise(both),
            unread_minimum=nw.col("unread_minimum") & ~nw.col("overridden"),
        ).tidy()

    def _put_labels(self, sheet: Sheet, day: str, counted_from: str) -> None:
        """Put the day of the strictest label, of equal ones that of the first cell."""
        nothing = nw.lit(None, nw.Int64)
        sheet.put(
            _label=nothing,
            _previous=nothing,
            cell=chosen([(nw.col(f"own_{at}"), at) for at in self.book.found_cells]),
            unread_minimum=nw.lit(value=False),
        )
        for number, (amount, judges) in enumerate(self._minimums(day).items()):
            out = f"_gives_{number}"
            self.after(sheet, out, counted_from, amount)
            sheet.put(
                _by=chosen([(nw.col(f"own_{at}") & holds, at) for at, holds, _ in judges]),
                _switched=any_of([nw.col(f"previous_{at}") & holds for at, holds, _ in judges]),
                _unread=any_of(
                    [
                        (nw.col(f"own_{at}") | nw.col(f"previous_{at}")) & holds
                        for at, holds, unread in judges
                        if unread
                    ]
                ),
            )
            self._put_stricter(sheet, out)

    @staticmethod
    def _put_stricter(sheet: Sheet, out: str) -> None:
        """Let a day decide where it is the later one."""
        gives, label = nw.col(out), nw.col("_label")
        first = (gives == label) & (nw.col("_by") < nw.col("cell"))
        stricter = label.is_null() | (gives > label) | first
        stricter &= ~nw.col("_by").is_null() & ~gives.is_null()
        sheet.put(
            cell=nw.when(stricter).then(nw.col("_by")).otherwise(nw.col("cell")),
            unread_minimum=nw.col("unread_minimum") | (nw.col("_unread") & ~gives.is_null()),
            _previous=nw.when(nw.col("_switched"))
            .then(nw.max_horizontal("_previous", out))
            .otherwise(nw.col("_previous")),
            _label=nw.when(stricter).then(gives).otherwise(label),
        )

    def _minimums(self, day: str) -> dict[Amount, list[tuple[int, nw.Expr, bool]]]:
        """Return each minimum: in which cells it binds, when, and whether it was not read."""
        found: dict[Amount, list[tuple[int, nw.Expr, bool]]] = {}
        for at in self.book.found_cells:
            for condition, number in self._families(at):
                for holds, version in self.book.apart(number, day):
                    minimum = version.retreatment.minimum
                    if minimum is not None:
                        unread = "minimum" in version.unverified_retreatment
                        judge = (at, condition & holds, unread)
                        found.setdefault(amount_of(minimum), []).append(judge)
        return found

    def _families(self, cell: int) -> list[tuple[nw.Expr, int]]:
        cases = []
        for clock in range(len(self.book.clocks)):
            family = self.book.family_at(clock, cell)
            if family is not None:
                cases.append((nw.col("clock") == clock, family))
        return cases

    def _put_override(self, sheet: Sheet, day: str, counted_from: str) -> None:
        if self.overrides is None:
            return
        for name, columns in (("minimum", _OVERRIDE), ("usual", _USUAL)):
            self._put_valid(sheet, day, counted_from, name, columns)

    def _put_valid(
        self, sheet: Sheet, day: str, counted_from: str, name: str, columns: Sequence[str]
    ) -> None:
        """Of several valid overrides the one that starts last, then the longer."""
        assert self.overrides is not None  # noqa: S101 - asked before
        table = self.overrides.with_columns(o_authority=nw.col("authority"))
        asked = sheet.frame.select(
            *dict.fromkeys((*sheet.keys, *TRACK)), _day=nw.col(day), _from=nw.col(counted_from)
        )
        met = asked.join(table, on=list(TRACK), how="inner")
        met = met.filter(
            ~nw.col(name).is_null()
            & (nw.col("first") <= nw.col("_day"))
            & (nw.col("_day") <= nw.col("until"))
        )
        found = Sheet(sheet.engine, met, sheet.keys)
        first = Amount("o_n", "o_k") if name == "minimum" else Amount("uf_n", "uf_k")
        add_amount(found, "_longer", "_from", first)
        order = ("first", "_longer", "until", "authority", "u_text", "o_text", "reason")
        found.put(_after=nw.col("first").shift(-1).over(*sheet.keys, order_by=order))
        best = found.frame.filter(nw.col("_after").is_null())
        sheet.meet(best.select(*sheet.keys, *columns)).tidy()

    def put_usual(self, sheet: Sheet, day: str, anchor: str, allowed_from: str) -> None:
        """Put the usual window: ``due``, ``last``, ``overdue_from``, ``lapsed_from``.

        Null where no usual range is stated. It needs what :meth:`put_on` has put.
        """
        book = self.book
        families = [
            (condition & (nw.col("cell") == at), number)
            for at in book.found_cells
            for condition, number in self._families(at)
        ]
        sheet.put(_judge=chosen(families))
        first, no_usual = book.amount(sheet, "_uf", "_judge", day, lambda p: _usual(p, "first"))
        last, _ = book.amount(sheet, "_ul", "_judge", day, lambda p: _usual(p, "last"))
        twice, _ = book.amount(sheet, "_ut", "_judge", day, lambda p: _usual(p, "last"), times=2)
        unread = book.whether("_judge", day, lambda p: "usual" in p.unverified_retreatment)
        sheet.put(unread_usual=unread)
        if no_usual and first == (0, 0):
            first = last = twice = self._nothing(sheet)
        if self.overrides is not None:
            first = self._or_override(sheet, "uf", first)
            last = self._or_override(sheet, "ul", last)
            twice = self._or_override(sheet, "ut", twice)
            sheet.put(unread_usual=nw.col("unread_usual") & nw.col("uf_k").is_null())
        self.after(sheet, "_first", anchor, first)
        self.after(sheet, "_last", anchor, last)
        slide = nw.col(allowed_from) - nw.col("_first")
        sheet.put(_slide=nw.when(slide > 0).then(slide).otherwise(0))
        self._put_grace(sheet, day)
        lapsed = self.policy_amount(sheet, "_lapse", "lapsed_after")
        self.after(sheet, "_lapsed", anchor, twice)
        if lapsed is not None:
            amount, may_lack = lapsed
            self.after(sheet, "_stated", anchor, amount)
            stated: Any = nw.col("_stated")
            if may_lack:
                stated = nw.when(stated.is_null()).then(nw.col("_lapsed")).otherwise(stated)
            sheet.put(_lapsed=nw.when(~nw.col("_first").is_null()).then(stated))
        sheet.put(
            due=nw.col("_first") + nw.col("_slide"),
            last=nw.col("_last") + nw.col("_slide"),
            overdue_from=nw.col("_overdue") + 1 + nw.col("_slide"),
            lapsed_from=nw.col("_lapsed") + nw.col("_slide"),
        )
        later = nw.max_horizontal("lapsed_from", "overdue_from")
        sheet.put(lapsed_from=nw.when(~nw.col("due").is_null()).then(later)).tidy()

    def _put_grace(self, sheet: Sheet, day: str) -> None:
        """Put ``_overdue``: the end of the usual range with its grace, not slid."""
        sheet.put(
            _scheduled=self.book.whether(
                "_judge", day, lambda p: p.retreatment.kind is RetreatmentKind.SCHEDULED
            )
        )
        for name in ("scheduled_grace", "as_needed_grace"):
            found = self.policy_amount(sheet, f"_{name}", name)
            assert found is not None  # noqa: S101 - a policy states both
            self.after(sheet, f"_after_{name}", "_last", found[0])
        sheet.put(
            _overdue=nw.when(nw.col("_scheduled"))
            .then(nw.col("_after_scheduled_grace"))
            .otherwise(nw.col("_after_as_needed_grace"))
        )

    @staticmethod
    def _nothing(sheet: Sheet) -> Amount:
        sheet.put(_no_n=nw.lit(None, nw.Int64))
        return Amount(0, "_no_n")

    @staticmethod
    def _or_override(sheet: Sheet, name: str, amount: Amount) -> Amount:
        """Take the override's usual range where one is valid."""
        months, days = f"_{name}_months", f"_{name}_days"
        none = nw.col(f"{name}_k").is_null()
        columns = {}
        for out, own, given in (
            (months, amount.months, f"{name}_n"),
            (days, amount.days, f"{name}_k"),
        ):
            usual = nw.col(own) if isinstance(own, str) else nw.lit(own)
            columns[out] = nw.when(none).then(usual).otherwise(nw.col(given))
        sheet.put(**columns)
        return Amount(months, days)


def _usual(protocol: TreatmentProtocol, end: str) -> Interval | None:
    usual = protocol.retreatment.usual
    return None if usual is None else getattr(usual, end)
