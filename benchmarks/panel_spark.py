"""Measures the panel on Spark against a query written by hand for the same columns.

    python benchmarks/panel_spark.py [SESSIONS]

The data and the answer are those of ``benchmarks/panel.py``; the query knows the same things.
"""

import os
import sys
import tempfile
from pathlib import Path

import polars as pl
from panel import AS_OF, PROTOCOLS, UNVERIFIED, VERSIONS, sessions, stated, timed
from pyspark.sql import DataFrame, SparkSession

import botox_schedule as bs
from botox_schedule import panel

TRACK = "PARTITION BY patient, clock"
DAY = f"DATE'{AS_OF}'"


def after(day: str, interval: bs.Interval) -> str:
    """The day that lies an interval after another, in SQL."""
    moved = f"add_months({day}, {interval.months})" if interval.months else day
    return f"date_add({moved}, {7 * interval.weeks + interval.days})"


def windows(anchor: str, counted: str, name: str) -> str:
    """The columns of the four dates after an anchor."""
    first, last, lapse = (
        f"IF(clock = 0, date_add({anchor}, {weeks * 7}), add_months({anchor}, {months}))"
        for weeks, months in ((12, 3), (12, 4), (24, 8))
    )
    earliest = f"date_add({counted}, 84)"
    slide = f"greatest(0, datediff({earliest}, {first}))"
    overdue = f"date_add({last}, {slide} + IF(clock = 0, 8, 29))"
    return f"""
        {earliest} AS {name}earliest,
        date_add({first}, {slide}) AS {name}due,
        date_add({last}, {slide}) AS {name}last,
        {overdue} AS {name}overdue_from,
        greatest(date_add({lapse}, {slide}), {overdue}) AS {name}lapsed_from"""


def phase(protocol: bs.TreatmentProtocol) -> str:
    """The phase of the day by a protocol's windows, the latest first."""
    response = protocol.response
    cases: list[str] = []
    stated_windows = stated(response)
    for number, (window, (during, then)) in enumerate(stated_windows):
        ends = number + 1 == len(stated_windows) and then != "worn_off"
        word = "not_stated" if ends else then
        cases[:0] = [
            f"WHEN {after('anchored_on', window.last)} < {DAY} THEN '{word}'",
            f"WHEN {after('anchored_on', window.first)} <= {DAY} THEN '{during}'",
        ]
    return f"CASE {' '.join(cases)} ELSE '{'latent' if response.onset else 'not_stated'}' END"


def by_hand(spark: SparkSession, file: Path) -> DataFrame:
    """The forecast's columns in Spark's own words."""
    migraine, limbs = PROTOCOLS[0], PROTOCOLS[1]
    version_pairs = ", ".join(f"'{name}', '{version}'" for name, version in VERSIONS.items())
    unread = ", ".join(f"'{name}'" for name in ("", *UNVERIFIED))
    return spark.sql(f"""
WITH s AS (
  SELECT *, administered_on AS day, IF(indication = 'chronic-migraine', 0, 1) AS clock
  FROM parquet.`{file}`),
tracks AS (
  SELECT patient, clock, max_by(indication, day) AS indication, first(product) AS product,
    min(IF(status = 'booked' AND day >= {DAY}, day, NULL)) AS booked_on,
    max(IF(status = 'booked' AND day >= {DAY}, day, NULL)) AS booked_last,
    collect_list(IF(status = 'booked' AND day >= {DAY}, day, NULL)) AS booked,
    max(IF(status = 'cancelled', day, NULL)) AS missed_on
  FROM s GROUP BY patient, clock),
done AS (
  SELECT patient, clock, day, kind,
    kind = 'full' OR row_number() OVER ({TRACK} ORDER BY day, kind) = 1 AS part
  FROM s WHERE status = 'completed' AND day <= {DAY}),
begun AS (
  SELECT *, part AND coalesce(datediff(day, last_value(IF(part, day, NULL), true) OVER (
    {TRACK} ORDER BY day, kind ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) > 3, true)
    AS starts FROM done),
numbered AS (
  SELECT *, sum(int(starts)) OVER ({TRACK} ORDER BY day, kind ROWS UNBOUNDED PRECEDING) AS number
  FROM begun),
cycles AS (
  SELECT patient, clock, number, min(IF(part, day, NULL)) AS first_on,
    max(IF(part, day, NULL)) AS anchored_on, max(IF(part, NULL, day)) AS touch_on,
    bool_or(part AND kind = 'touch_up') AS opened_by_touch_up
  FROM numbered GROUP BY patient, clock, number),
linked AS (
  SELECT *, greatest(anchored_on, touch_on) AS counted_from,
    lag(anchored_on) OVER ({TRACK} ORDER BY number) AS before_anchor,
    lag(greatest(anchored_on, touch_on)) OVER ({TRACK} ORDER BY number) AS before_counted,
    lead(number) OVER ({TRACK} ORDER BY number) AS following
  FROM cycles),
dated AS (
  SELECT *, {windows("before_anchor", "before_counted", "was_")},
    {windows("anchored_on", "counted_from", "")}
  FROM linked WHERE following IS NULL),
found AS (
  SELECT t.*, d.* EXCEPT (patient, clock),
    greatest(0, datediff(was_earliest, first_on)) AS short,
    first_on >= was_overdue_from AS is_late, datediff({DAY}, due) AS since,
    coalesce(booked_on <= date_add(first_on, 3), false) AS second,
    missed_on > coalesce(anchored_on, DATE'0001-01-01')
      AND NOT coalesce(booked_last >= least(missed_on, {DAY}), false) AS not_rebooked
  FROM tracks t LEFT JOIN dated d USING (patient, clock)),
said AS (
  SELECT *, IF(booked_last >= overdue_from
      AND NOT exists(booked, visit -> visit >= earliest AND visit < overdue_from),
      'booking_after_overdue', NULL) AS after_overdue,
    IF(NOT second AND booked_on < earliest, 'booking_too_early', NULL) AS too_early,
    IF(not_rebooked, 'not_rebooked', NULL) AS missed
  FROM found)
SELECT patient, indication, product,
  concat(product, '-', indication, '-adult-us') AS protocol_id, map({version_pairs})[indication] AS protocol_version,
  number AS cycle_number, anchored_on AS last_session_on,
  datediff({DAY}, anchored_on) AS days_since_last,
  CASE WHEN number IS NULL THEN 'no_history' WHEN lapsed_from <= {DAY} THEN 'lapsed'
    WHEN overdue_from <= {DAY} THEN 'overdue' WHEN due <= {DAY} THEN 'due'
    WHEN earliest <= {DAY} THEN 'allowed' ELSE 'too_early' END AS status,
  earliest, due, overdue_from, lapsed_from, DATE(NULL) AS typical_on,
  IF(since <= 0, -since, NULL) AS days_to_due, IF(since >= 0, since, NULL) AS days_since_due,
  DATE(NULL) AS resumes_on, DATE(NULL) AS review_on, booked_on,
  IF(too_early IS NULL, NULL, false) AS clear,
  IF(anchored_on IS NULL, NULL, IF(clock = 0, {phase(migraine)}, {phase(limbs)})) AS phase,
  datediff(first_on, before_anchor) AS interval_days,
  CASE WHEN number IS NULL THEN NULL WHEN before_anchor IS NULL THEN 'first'
    WHEN short > 0 THEN 'early' WHEN is_late THEN 'late' ELSE 'on_time' END AS timing,
  IF(number IS NULL, NULL, coalesce(short, 0)) AS short_by_days,
  IF(number IS NULL, NULL,
    IF(is_late AND short = 0, datediff(first_on, was_last), 0)) AS late_by_days,
  IF(number IS NULL, NULL, false) AS held,
  concat_ws(', ', after_overdue, IF(second, 'booking_of_second_part', NULL), too_early,
    IF(short > 0, 'early_session', NULL), missed,
    IF(first_on < anchored_on, 'probable_duplicate_across_days', NULL),
    IF(opened_by_touch_up, 'touch_up_without_session', NULL),
    IF(indication IN ({unread}) AND earliest IS NOT NULL, 'unverified_content', NULL))
    AS findings,
  concat_ws(', ', after_overdue, too_early, missed) AS today, false AS session_left_out
FROM said""")


def written(frame: DataFrame) -> None:
    """Compute every column of every row."""
    frame.write.format("noop").mode("overwrite").save()


def main() -> None:
    """Run both, and compare the answers cell by cell."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "6g")
        .config("spark.sql.shuffle.partitions", "4")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "sessions.parquet"
        sessions(count).write_parquet(file)

        def ours() -> DataFrame:
            frame = spark.read.parquet(str(file))
            return panel.forecast(frame, PROTOCOLS, as_of=AS_OF)

        hand, _ = timed(lambda: written(by_hand(spark, file)), 2)
        own, _ = timed(lambda: written(ours()), 2)
        print(f"forecast {own:.1f} s, by hand {hand:.1f} s, ratio {own / hand:.2f}")
        answers = []
        for number, frame in enumerate((ours(), by_hand(spark, file))):
            part = Path(folder) / f"answer-{number}"
            frame.write.parquet(str(part))
            answers.append(pl.read_parquet(part / "*.parquet"))
        one, other = answers
        same = one.sort(one.columns).equals(
            other.select(one.columns).cast(dict(one.schema)).sort(one.columns)
        )
        print(f"the same answer: {same}")
    spark.stop()
    sys.exit(not same)


if __name__ == "__main__":
    main()
