"""The table by SQL written by hand, run by DuckDB on one thread: duckdb_sql.py ROWS FILE, whose ending is .csv or .parquet."""

import sys

import duckdb
from table import words_of

# Every draw is a hash of the row number and a number of its own, as a table that can be made again wants it.
ROWS = """
WITH drawn AS (
    SELECT
        i AS id,
        getvariable('first_names')[1 + (hash(i, 1) % {first_names})::BIGINT] AS first_name,
        getvariable('last_names')[1 + (hash(i, 2) % {last_names})::BIGINT] AS last_name,
        hash(i, 3) AS mail,
        (hash(i, 4) % 100)::INTEGER AS share,
        ((hash(i, 5) >> 11)::DOUBLE + 0.5) / 9007199254740992 AS u,
        ((hash(i, 6) >> 11)::DOUBLE + 0.5) / 9007199254740992 AS v,
        hash(i, 8) AS truth,
        (hash(i, 9) >> 1)::BIGINT AS sentence
    FROM range(1, {rows} + 1) AS numbers(i)
)
SELECT
    id,
    uuid() AS key,
    first_name,
    last_name,
    lower(first_name) || '.' || lower(last_name) || CASE WHEN mail % 2 = 0 THEN (10 + (mail >> 8) % 90)::VARCHAR ELSE '' END
        || ['@example.com', '@example.net', '@example.org'][1 + ((mail >> 16) % 3)::BIGINT] AS email,
    CASE WHEN share < 30 THEN 'new' WHEN share < 55 THEN 'open' WHEN share < 70 THEN 'waiting for answer'
         WHEN share < 90 THEN 'in progress' ELSE 'closed' END AS category,
    least(greatest(100 + 25 * sqrt(-2 * ln(u)) * cos(6.283185307179586 * v), 1), 1000)::DECIMAL(10, 2) AS price,
    DATE '2020-01-01' + (hash(id, 7) % 2192)::INTEGER AS signed_on,
    CASE WHEN truth % 10 > 0 THEN (truth >> 32) % 10 < 7 END AS active,
    getvariable('first_words')[1 + (sentence & 511)] || ' ' || getvariable('words')[1 + ((sentence >> 9) & 511)]
        || ' ' || getvariable('words')[1 + ((sentence >> 18) & 511)] || ' ' || getvariable('words')[1 + ((sentence >> 27) & 511)]
        || ' ' || getvariable('words')[1 + ((sentence >> 36) & 511)] || ' ' || getvariable('words')[1 + ((sentence >> 45) & 511)]
        || '.' AS note
FROM drawn
"""


def main(rows, path):
    database = duckdb.connect(config={"threads": 1})
    lists = {name: words_of(name) for name in ("first_names", "last_names", "words")}
    lists["first_words"] = [word.capitalize() for word in lists["words"]]
    for name, values in lists.items():
        database.execute(f"SET VARIABLE {name} = ?::VARCHAR[]", [values])
    select = ROWS.format(rows=rows, first_names=len(lists["first_names"]), last_names=len(lists["last_names"]))
    options = "FORMAT parquet, COMPRESSION snappy" if path.endswith(".parquet") else "FORMAT csv, HEADER"
    database.execute(f"COPY ({select}) TO '{path}' ({options})")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
