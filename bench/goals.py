"""The goals: what share or multiple of which peer, in which unit."""

from programs import (
    BY_HAND, CSV, DBLDATAGEN, DUCKDB, FAKE_CSV, FAKER_JS, NO_RULES, NULL, NULL_2, OURS, PARQUET, PREVIEW, ROWS_ALONE, RULES, SNAPPY,
    TPCHGEN, WORKBOOK, XLSX, XLSXWRITER, ZSTD,
)

# Our output, the peer and its output, the unit of the comparison, and how many times the peer's rate is wanted.
RATES = [
    (NULL, (BY_HAND, NULL), "rows", 0.5),
    (CSV, (BY_HAND, CSV), "rows", 0.5),
    (CSV, (FAKE_CSV, CSV), "rows", 3),
    (CSV, (DUCKDB, CSV), "rows", 4),
    (CSV, (FAKER_JS, CSV), "rows", 40),
    (CSV, (DBLDATAGEN, CSV), "rows", 100),
    (CSV, (TPCHGEN, CSV), "mb", 4.5),
    (SNAPPY, (PARQUET, SNAPPY), "rows", 0.7),
    (SNAPPY, (DUCKDB, SNAPPY), "rows", 1.6),
    (SNAPPY, (TPCHGEN, SNAPPY), "mb", 2.5),
    (ZSTD, (PARQUET, ZSTD), "rows", 0.7),
    (WORKBOOK, (XLSX, WORKBOOK), "rows", 0.85),
    (WORKBOOK, (XLSXWRITER, WORKBOOK), "rows", 10),
]


def judged(figures):
    """The goals with what was reached: text, wanted, reached (`None` where a program was left out), whether it is met."""
    rows = []
    for output, peer, unit, wanted in RATES:
        ours, theirs = figures.get((OURS, output)), figures.get(peer)
        reached = ours[unit] / theirs[unit] if ours and theirs else None
        text = f"{output}: {'MB' if unit == 'mb' else 'rows'} per CPU second, against {peer[0]}"
        rows.append(goal(text, wanted, reached, times(wanted), reached and times(reached)))
    ours, bare = figures.get((OURS, NULL)), figures.get((OURS, ROWS_ALONE))
    share = ours and bare and (ours["cpu"] / ours["count"]) / (bare["cpu"] / bare["count"]) - 1
    rows.append(goal("certificate, of the CPU seconds of the rows", 0.25, share, "at most 25 %", share and percent(share), upper=True))
    preview = figures.get((OURS, PREVIEW))
    wall = preview and preview["wall"] * 1000
    rows.append(goal("preview of 100 rows, the whole process", 50, wall, "below 50 ms", wall and f"{wall:.0f} ms", upper=True))
    ruled, free = figures.get((OURS, RULES)), figures.get((OURS, NO_RULES))
    share = ruled and free and ruled["rows"] / free["rows"]
    rows.append(goal("hiring with its rules: rows per CPU second, against without", 0.5, share, "50 %", share and percent(share)))
    two, one = figures.get((OURS, NULL_2)), figures.get((OURS, NULL))
    speed, more = two and one and one["wall"] / two["wall"], two and one and two["cpu"] / one["cpu"] - 1
    rows.append(goal("two threads, wall time of CSV to null, on an idle machine", 1.85, speed, times(1.85), speed and times(speed)))
    rows.append(goal("two threads, further CPU seconds of CSV to null", 0.05, more, "at most 5 %", more and percent(more), upper=True))
    return rows


def goal(text, wanted, reached, wanted_text, reached_text, upper=False):
    met = None if reached is None else (reached <= wanted if upper else reached >= wanted)
    return {"goal": text, "wanted": wanted_text, "reached": reached_text, "value": reached, "met": met}


def times(factor):
    return percent(factor) if factor < 1 else f"{factor:.3g} ×"


def percent(share):
    return f"{100 * share:.0f} %"
