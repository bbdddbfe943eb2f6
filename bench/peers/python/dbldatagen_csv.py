"""The table as CSV by dbldatagen on a local Spark: dbldatagen_csv.py ROWS FOLDER."""

import os
import sys

import dbldatagen
from pyspark.sql import SparkSession
from table import CATEGORIES, SHARES, words_of

EMAIL = """concat(lower(first_name), '.', lower(last_name), '@', element_at(array('example.com', 'example.net', 'example.org'),
    cast(1 + pmod(xxhash64(id, 3), 3) as int)))"""
KEY = "concat_ws('-', substr(digest, 1, 8), substr(digest, 9, 4), concat('4', substr(digest, 14, 3)), concat('a', substr(digest, 18, 3)), substr(digest, 21, 12))"


def main(rows, path):
    # Spark starts further processes of Python, which need the same packages.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    words = words_of("words")[:512]
    spec = (
        dbldatagen.DataGenerator(spark, name="person", rows=rows, partitions=1, randomSeed=1, randomSeedMethod="hash_fieldname")
        .withColumn("number", "long", expr="id + 1")
        .withColumn("digest", "string", expr="md5(cast(id as string))", omit=True)
        .withColumn("key", "string", expr=KEY, baseColumn="digest")
        .withColumn("first_name", "string", values=words_of("first_names"), random=True)
        .withColumn("last_name", "string", values=words_of("last_names"), random=True)
        .withColumn("email", "string", expr=EMAIL, baseColumn=["first_name", "last_name"])
        .withColumn("category", "string", values=list(CATEGORIES), weights=list(SHARES), random=True)
        .withColumn("price", "decimal(10,2)", minValue=1, maxValue=1000, step=0.01, distribution=dbldatagen.distributions.Normal(100, 25), random=True)
        .withColumn("signed_on", "date", begin="2020-01-01", end="2025-12-31", interval="1 day", random=True)
        .withColumn("active", "boolean", expr="rand() < 0.7", percentNulls=0.1)
    )
    for place in range(6):
        spec = spec.withColumn(f"word{place}", "string", values=words, random=True, omit=True)
    names = [f"word{place}" for place in range(6)]
    spec = spec.withColumn("note", "string", expr=f"concat(initcap(word0), ' ', concat_ws(' ', {', '.join(names[1:])}), '.')", baseColumn=names)
    spec.build().write.mode("overwrite").option("header", "true").csv(path)
    spark.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
