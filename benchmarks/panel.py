"""Measures the panel against a query written by hand for the same columns.

    python benchmarks/panel.py polars|frame|duckdb|loop|memory|small|touched|linear [SESSIONS]

Each engine runs in a process of its own; ``make bench-panel`` runs them all. The query by hand
knows this data: one product, one policy, no holds, no booked touch-up, sessions of one cycle never
in a chain, and no row that cannot be read.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import botox_schedule as bs
from botox_schedule import panel

AS_OF = date(2026, 6, 1)
PROTOCOLS = [
    bs.find_protocol(name)
    for name in (
        "chronic-migraine",
        "spasticity",
        "upper-limb-spasticity",
        "lower-limb-spasticity",
    )
]
VERSIONS = {p.indication: p.version for p in PROTOCOLS}
UNVERIFIED = [p.indication for p in PROTOCOLS if p.unverified_retreatment]
TRACK = ["patient", "clock"]


def sessions(count: int) -> pl.DataFrame:
    """Sessions of a fifth as many patients, in no order: bookings, touch-ups, split sessions."""
    random = np.random.default_rng(1)
    patients = count // 5
    start = random.integers(19_300, 20_500, patients)
    steps = random.choice([80, 84, 84, 84, 84, 85, 91, 95, 100], size=(patients, 4))
    steps[::10, 3] = 2
    days = np.concatenate([start[:, None], start[:, None] + steps.cumsum(1)], axis=1).ravel()
    number = np.repeat(np.arange(patients), 5)
    order = random.permutation(days.size)
    number, days = number[order], days[order]
    today = (AS_OF - date(1970, 1, 1)).days
    treated = np.array([p.indication for p in PROTOCOLS])[random.integers(0, 4, patients)]
    return pl.DataFrame(
        {
            "patient": number,
            "administered_on": pl.Series(days.astype(np.int32)).cast(pl.Date),
            "indication": treated[number],
            "units": np.full(days.size, 155.0),
            "status": np.where(days > today, "booked", "completed"),
            "kind": np.where(
                (random.random(days.size) < 0.02) & (days <= today), "touch_up", "full"
            ),
        }
    ).with_columns(
        pl.format("P{}", "patient").alias("patient"),
        product=pl.lit("onabotulinumtoxinA"),
        status=pl.when(pl.int_range(pl.len()) % 50 == 0)
        .then(pl.lit("cancelled"))
        .otherwise("status"),
    )


def by_hand(lf: pl.LazyFrame) -> pl.LazyFrame:
    """The forecast's columns in Polars' own words."""
    day = pl.col("administered_on")
    migraine = pl.col("clock") == 0
    lf = lf.with_columns(
        clock=pl.when(pl.col("indication") == "chronic-migraine").then(0).otherwise(1)
    )
    is_booked, is_missed = pl.col("status") == "booked", pl.col("status") == "cancelled"
    completed = (pl.col("status") == "completed") & (day <= AS_OF)
    tracks = lf.group_by(TRACK).agg(
        indication=pl.col("indication").sort_by("administered_on").last(),
        product=pl.col("product").first(),
        booked=day.filter(is_booked & (day >= AS_OF)),
        missed_on=day.filter(is_missed).max(),
    )
    done = lf.filter(completed).sort(*TRACK, "administered_on", "kind")
    full = pl.col("kind") == "full"
    first = pl.int_range(pl.len()).over(TRACK) == 0
    done = done.with_columns(part=full | first)
    before = pl.when("part").then(day).forward_fill().shift(1).over(TRACK)
    starts = pl.col("part") & (before.is_null() | ((day - before).dt.total_days() > 3))
    done = done.with_columns(number=starts.cast(pl.Int64).cum_sum().over(TRACK))
    cycles = (
        done.group_by(*TRACK, "number")
        .agg(
            first_on=day.filter("part").min(),
            anchored_on=day.filter("part").max(),
            touch_on=day.filter(~pl.col("part")).max(),
            opened_by_touch_up=((pl.col("kind") == "touch_up") & pl.col("part")).any(),
        )
        .with_columns(counted_from=pl.max_horizontal("anchored_on", "touch_on"))
        .sort(*TRACK, "number")
        .with_columns(
            before_anchor=pl.col("anchored_on").shift(1).over(TRACK),
            before_counted=pl.col("counted_from").shift(1).over(TRACK),
        )
    )
    last = cycles.group_by(TRACK, maintain_order=True).last()
    last = _windows(last, migraine, "before_anchor", "before_counted", "was_")
    last = _windows(last, migraine, "anchored_on", "counted_from", "")
    found = tracks.join(last, on=TRACK, how="left")
    short = (pl.col("was_earliest") - pl.col("first_on")).dt.total_days().clip(0)
    late = (pl.col("first_on") - pl.col("was_last")).dt.total_days()
    is_late = pl.col("first_on") >= pl.col("was_overdue_from")
    since = (pl.lit(AS_OF) - pl.col("due")).dt.total_days()
    age = (pl.lit(AS_OF) - pl.col("anchored_on")).dt.total_days()
    treated = pl.col("number").is_not_null()
    today, second = _today(), _is_second_part()
    unread = pl.col("indication").is_in(UNVERIFIED) & pl.col("earliest").is_not_null()
    twice = pl.col("first_on") < pl.col("anchored_on")
    findings = {
        **today,
        "booking_of_second_part": second,
        "early_session": short > 0,
        "probable_duplicate_across_days": twice,
        "touch_up_without_session": pl.col("opened_by_touch_up"),
        "unverified_content": unread,
    }
    return found.select(
        "patient",
        "indication",
        "product",
        protocol_id=pl.format("{}-{}-adult-us", "product", "indication"),
        protocol_version=pl.col("indication").replace_strict(VERSIONS),
        cycle_number="number",
        last_session_on="anchored_on",
        days_since_last=age,
        status=pl.when(~treated)
        .then(pl.lit("no_history"))
        .when(pl.col("lapsed_from") <= AS_OF)
        .then(pl.lit("lapsed"))
        .when(pl.col("overdue_from") <= AS_OF)
        .then(pl.lit("overdue"))
        .when(pl.col("due") <= AS_OF)
        .then(pl.lit("due"))
        .when(pl.col("earliest") <= AS_OF)
        .then(pl.lit("allowed"))
        .otherwise(pl.lit("too_early")),
        earliest="earliest",
        due="due",
        overdue_from="overdue_from",
        lapsed_from="lapsed_from",
        typical_on=pl.lit(None, pl.Date),
        days_to_due=pl.when(since <= 0).then(-since),
        days_since_due=pl.when(since >= 0).then(since),
        resumes_on=pl.lit(None, pl.Date),
        review_on=pl.lit(None, pl.Date),
        booked_on=pl.col("booked").list.min(),
        clear=pl.when(today["booking_too_early"]).then(pl.lit(value=False)),
        phase=_phase(pl.col("anchored_on"), migraine),
        interval_days=(pl.col("first_on") - pl.col("before_anchor")).dt.total_days(),
        timing=pl.when(~treated)
        .then(None)
        .when(pl.col("before_anchor").is_null())
        .then(pl.lit("first"))
        .when(short > 0)
        .then(pl.lit("early"))
        .when(is_late)
        .then(pl.lit("late"))
        .otherwise(pl.lit("on_time")),
        short_by_days=pl.when(treated).then(short.fill_null(0)),
        late_by_days=pl.when(treated).then(pl.when(is_late & (short == 0)).then(late).otherwise(0)),
        held=pl.when(treated).then(pl.lit(value=False)),
        findings=_words(findings),
        today=_words(today),
        session_left_out=pl.lit(value=False),
    )


def _today() -> dict[str, pl.Expr]:
    """What a person should look at today: bookings and missed visits."""
    booked = pl.col("booked")
    first, last = booked.list.min(), booked.list.max()
    visits = [booked.list.get(place, null_on_oob=True) for place in range(5)]
    # A later visit belongs to the next cycle.
    well = [(pl.col("earliest") <= day) & (day < pl.col("overdue_from")) for day in visits]
    after = pl.col("anchored_on").is_null() | (pl.col("missed_on") > pl.col("anchored_on"))
    from_day = pl.min_horizontal("missed_on", pl.lit(AS_OF))
    return {
        "booking_after_overdue": (last >= pl.col("overdue_from"))
        & ~pl.any_horizontal(each.fill_null(value=False) for each in well),
        "booking_too_early": ~_is_second_part().fill_null(value=False)
        & (first < pl.col("earliest")),
        "not_rebooked": after
        & pl.col("missed_on").is_not_null()
        & ~(last >= from_day).fill_null(value=False),
    }


def _is_second_part() -> pl.Expr:
    return pl.col("booked").list.min() <= pl.col("first_on") + pl.duration(days=3)


def _words(findings: dict[str, pl.Expr]) -> pl.Expr:
    """The codes that hold, in their order."""
    words = [pl.when(holds).then(pl.lit(code)) for code, holds in sorted(findings.items())]
    return pl.concat_list(words).list.drop_nulls().list.join(", ")


def _windows(
    lf: pl.LazyFrame, migraine: pl.Expr, anchor: str, counted: str, name: str
) -> pl.LazyFrame:
    """The four dates: 12 weeks; 12 weeks, usually 3 to 4 months, and 4 weeks more."""
    at = pl.col(anchor)
    first = pl.when(migraine).then(at.dt.offset_by("12w")).otherwise(at.dt.offset_by("3mo"))
    last = pl.when(migraine).then(at.dt.offset_by("12w")).otherwise(at.dt.offset_by("4mo"))
    lapse = pl.when(migraine).then(at.dt.offset_by("24w")).otherwise(at.dt.offset_by("8mo"))
    grace = pl.when(migraine).then(pl.duration(days=8)).otherwise(pl.duration(days=29))
    lf = lf.with_columns(
        pl.col(counted).dt.offset_by("12w").alias(f"{name}earliest"),
        first.alias("_first"),
        last.alias("_last"),
        lapse.alias("_lapse"),
    )
    slide = pl.max_horizontal(pl.duration(days=0), pl.col(f"{name}earliest") - pl.col("_first"))
    lf = lf.with_columns(slide.alias("_slide"))
    lf = lf.with_columns(
        (pl.col("_first") + pl.col("_slide")).alias(f"{name}due"),
        (pl.col("_last") + pl.col("_slide")).alias(f"{name}last"),
        (pl.col("_last") + pl.col("_slide") + grace).alias(f"{name}overdue_from"),
    )
    lapsed = pl.max_horizontal(pl.col("_lapse") + pl.col("_slide"), f"{name}overdue_from")
    return lf.with_columns(lapsed.alias(f"{name}lapsed_from")).drop(
        "_first", "_last", "_lapse", "_slide"
    )


def stated(
    response: bs.protocols.ExpectedResponse,
) -> list[tuple[bs.IntervalRange, tuple[str, str]]]:
    """The windows that a protocol states, each with the words for during and after it."""
    some = response.wear_off_for_whom == "some"
    windows = (
        (response.onset, ("onset", "building" if response.peak else "effect")),
        (response.peak, ("peak", "sustained")),
        (
            response.wear_off,
            ("may_be_wearing_off", "not_stated") if some else ("wearing_off", "worn_off"),
        ),
    )
    return [(window, words) for window, words in windows if window is not None]


def _phase(at: pl.Expr, migraine: pl.Expr) -> pl.Expr:
    """The phases by the days on which they begin."""
    words = [_phase_of(at, protocol) for protocol in PROTOCOLS[:2]]
    return pl.when(migraine).then(words[0]).otherwise(words[1])


def _phase_of(at: pl.Expr, protocol: bs.TreatmentProtocol) -> pl.Expr:
    response, windows = protocol.response, stated(protocol.response)
    word: pl.Expr = pl.lit("latent" if response.onset else "not_stated")
    for number, (window, (during, after)) in enumerate(windows):
        last = number + 1 == len(windows) and after != "worn_off"
        first = at.dt.offset_by(_offset(window.first))
        end = at.dt.offset_by(_offset(window.last))
        word = pl.when(first <= AS_OF).then(pl.lit(during)).otherwise(word)
        then = pl.lit("not_stated" if last else after)
        word = pl.when(end < AS_OF).then(then).otherwise(word)
    return pl.when(at.is_not_null()).then(word)


def _offset(interval: bs.Interval) -> str:
    return f"{interval.months}mo{interval.weeks}w{interval.days}d"


def timed(call: Callable[[], Any], repeat: int = 2) -> tuple[float, Any]:
    """Seconds of the best of several calls, and the last answer."""
    seconds = []
    for _ in range(repeat):
        begin = time.perf_counter()
        answer = call()
        seconds.append(time.perf_counter() - begin)
    return min(seconds), answer


def in_polars(file: Path) -> None:
    _against_hand(pl.scan_parquet(file))


def in_memory(file: Path) -> None:
    """The same with all sessions in memory, where nobody reads a file."""
    _against_hand(pl.read_parquet(file).lazy())


def _against_hand(lf: pl.LazyFrame) -> None:
    ours, answer = timed(lambda: panel.forecast(lf, PROTOCOLS, as_of=AS_OF).collect())
    hand, expected = timed(lambda: by_hand(lf).collect())
    same = answer.sort(answer.columns).equals(expected.select(answer.columns).sort(answer.columns))
    print(f"forecast {ours:.2f} s, by hand {hand:.2f} s, ratio {ours / hand:.2f}, same {same}")
    if not same:
        _show_differences(answer, expected)


def _show_differences(answer: pl.DataFrame, expected: pl.DataFrame) -> None:
    keys = ["patient", "indication"]
    both = answer.join(expected, on=keys, how="full", suffix="_hand")
    for name in answer.columns:
        if name not in keys:
            differs = both.filter(pl.col(name).ne_missing(pl.col(f"{name}_hand")))
            if differs.height:
                print(name, differs.height, differs.select(*keys, name, f"{name}_hand").head(2))


def in_duckdb(file: Path) -> None:
    import duckdb  # noqa: PLC0415 - one engine a process

    def ask() -> Any:
        relation = duckdb.read_parquet(str(file))
        return panel.forecast(relation, PROTOCOLS, as_of=AS_OF)

    seconds, _ = timed(ask, 2)
    lf = pl.scan_parquet(file)
    polars, _ = timed(lambda: panel.forecast(lf, PROTOCOLS, as_of=AS_OF).collect())
    print(f"DuckDB {seconds:.2f} s, Polars {polars:.2f} s, ratio {seconds / polars:.2f}")


def in_a_loop(file: Path) -> None:
    """The record function, one patient after another, against the panel, a session each."""
    frame = pl.read_parquet(file)
    some = frame.filter(pl.col("patient").str.len_chars() <= 4)
    rows = [one.drop("patient").to_dicts() for one in some.partition_by("patient")]
    planned = {p.indication: p for p in PROTOCOLS}

    def loop() -> None:
        for sessions_of_one in rows:
            record = bs.PatientRecord(sessions=sessions_of_one)
            bs.forecast(
                record,
                planned[record.sessions[0].indication],
                as_of=AS_OF,
                other_protocols=PROTOCOLS,
            )

    seconds, _ = timed(loop, 1)
    ours, _ = timed(lambda: panel.forecast(frame, PROTOCOLS, as_of=AS_OF))
    each, own = seconds / some.height * 1e6, ours / frame.height * 1e6
    print(f"loop {each:.1f} us a session, panel {own:.2f} us, ratio {each / own:.0f}")


def memory(file: Path) -> None:
    """Peak memory beyond that of a small question, for each million sessions."""
    lf = pl.scan_parquet(file)
    panel.forecast(lf.head(1000), PROTOCOLS, as_of=AS_OF).collect()
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    panel.forecast(lf, PROTOCOLS, as_of=AS_OF).collect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = lf.select(pl.len()).collect().item() / 1e6
    print(f"{(peak - base) / 1024 / count:.0f} MiB for a million of {count:g} million sessions")


def small(_: Path) -> None:
    """Ten rows, as a web page asks."""
    frame = sessions(50).head(10)
    panel.forecast(frame, PROTOCOLS, as_of=AS_OF)
    seconds, _ = timed(lambda: panel.forecast(frame, PROTOCOLS, as_of=AS_OF), 20)
    print(f"10 rows: {seconds * 1e3:.0f} ms")


def touched(file: Path) -> None:
    """Five of a hundred patients have a hold or an override."""
    lf = pl.scan_parquet(file)
    patients = lf.select("patient").unique().sort("patient").collect()
    one = patients.gather_every(40)
    holds = one.with_columns(first=pl.lit(date(2026, 3, 1)), last=pl.lit(date(2026, 7, 1)))
    two = patients.gather_every(40, 20)
    overrides = two.with_columns(
        first=pl.lit(date(2026, 1, 1)),
        indication=pl.lit("spasticity"),
        authority=pl.lit("clinician"),
        minimum=pl.lit("10 weeks"),
    )
    beside = {"holds": holds, "overrides": overrides}
    without, _ = timed(lambda: panel.forecast(lf, PROTOCOLS, as_of=AS_OF).collect(), 1)
    seconds, _ = timed(lambda: panel.forecast(lf, PROTOCOLS, as_of=AS_OF, **beside).collect(), 1)
    print(f"5 % touched: {seconds:.2f} s, without {without:.2f} s, ratio {seconds / without:.2f}")


def linear(_: Path) -> None:
    """Microseconds a session over sizes."""
    for count in (100_000, 1_000_000, 5_000_000, 20_000_000):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "sessions.parquet"
            subprocess.run([sys.executable, __file__, "make", str(count), str(file)], check=True)
            lf = pl.scan_parquet(file)
            seconds, _ = timed(
                lambda lf=lf: panel.forecast(lf, PROTOCOLS, as_of=AS_OF).collect(), 2
            )
        print(f"{count:>10,} sessions: {seconds:6.2f} s, {seconds / count * 1e6:.2f} us each")


def main() -> None:
    """Run one measurement; the data is made in a process of its own."""
    what = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 5_000_000
    if what == "make":
        sessions(count).write_parquet(sys.argv[3])
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sessions.parquet"
        subprocess.run([sys.executable, __file__, "make", str(count), str(file)], check=True)
        parts = {
            "polars": in_polars,
            "frame": in_memory,
            "duckdb": in_duckdb,
            "loop": in_a_loop,
            "memory": memory,
            "linear": linear,
            "small": small,
            "touched": touched,
        }
        parts[what](file)


if __name__ == "__main__":
    main()
