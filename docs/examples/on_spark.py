"""A million sessions on Spark: ``python on_spark.py`` runs it on two local threads."""

import os
import sys

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as spark

import botox_schedule as bs
from botox_schedule import panel


def made_up(session: SparkSession, patients: int) -> DataFrame:
    """Five sessions of each patient, about twelve weeks apart."""
    rows = session.range(patients).withColumn(
        "nth", spark.explode(spark.sequence(spark.lit(0), spark.lit(4)))
    )
    start = spark.expr("date_add(DATE '2024-06-03', cast(id % 400 as int))")
    return rows.select(
        spark.concat(spark.lit("p-"), spark.col("id")).alias("patient"),
        spark.date_add(start, (spark.col("nth") * (84 + spark.col("id") % 9)).cast("int")).alias(
            "administered_on"
        ),
        spark.lit("chronic-migraine").alias("indication"),
        spark.lit("Botox").alias("product"),
    )


def main(patients: int = 200_000) -> None:
    """Count the tracks by status."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # the workers are this Python
    session = SparkSession.builder.master("local[2]").appName("botox_schedule").getOrCreate()
    answer = panel.forecast(
        made_up(session, patients), [bs.find_protocol("chronic-migraine")], as_of="2026-01-05"
    )
    answer.groupBy("status").count().orderBy("status").show()
    session.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
