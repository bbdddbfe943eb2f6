"""The programs that are measured: the product's command and its peers."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

BENCH = Path(__file__).resolve().parent
PEERS = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "synthetic-data" / "peers"
SCHEMA = BENCH / "ten_columns.yaml"
RULES_SCHEMA = BENCH / "hiring.yaml"

OURS = "synthetic-data"
BY_HAND = "by hand, columns in batches"
SAFE_ROWS = "safe Rust, itoa and ryu into a Vec"
FAKE_CSV = "`fake` and `csv` crates"
PARQUET = "columns by hand, parquet crate tuned"
XLSX = "rust_xlsxwriter, constant memory"
DUCKDB = "DuckDB, SQL by hand"
TPCHGEN = "tpchgen-cli, lineitem"
FAKER_JS = "faker-js"
FAKER = "Python's Faker"
MIMESIS = "Mimesis"
XLSXWRITER = "Python's xlsxwriter"
DBLDATAGEN = "dbldatagen on local Spark"

NULL = "CSV to null"
ROWS_ALONE = "CSV to null, no certificate"
CSV = "CSV"
NULL_2 = "CSV to null, two threads"
SNAPPY = "Parquet, snappy"
SNAPPY_2 = "Parquet, snappy, two threads"
ZSTD = "Parquet, zstd 1"
PLAIN = "Parquet, plain"
WORKBOOK = "xlsx"
PREVIEW = "preview of 100 rows"
RULES = "hiring, CSV, with its rules"
NO_RULES = "hiring, CSV, without rules"


@dataclass
class Program:
    """A program that makes a table. `{rows}` and `{out}` in its command stand for what they say."""

    name: str
    output: str
    rows: int
    command: list
    ending: str = ""
    needs: list = field(default_factory=list)
    folder: bool = False
    """Rows that are not the command's to choose: `{scale}` takes the place of `{rows}`."""
    rows_at_scale_1: int = 0

    @property
    def key(self):
        return self.name, self.output

    def missing(self):
        """What it needs and has not."""
        return next((str(need) for need in self.needs if not Path(need).exists()), None)

    def line(self, rows, out):
        scale = rows / self.rows_at_scale_1 if self.rows_at_scale_1 else 0
        return [str(word).format(rows=rows, out=out, scale=f"{scale:.4g}") for word in self.command]


def product(binary):
    """The product's command, one thread unless the output says otherwise."""

    def generate(output, rows, ending, *more, threads=1, out="{out}"):
        words = [binary, "generate", SCHEMA, "--set", "rows={rows}", "--threads", threads, *more, "--out", out]
        return Program(OURS, output, rows, words, ending, [binary])

    def hiring(output, schema):
        # Rows are counted by candidates; each has some 28 processes.
        words = [binary, "generate", schema, "--set", "candidates={rows}", "--threads", 1, "--format", "csv", "--out", "{out}"]
        return Program(OURS, output, 180_000, words, "", [binary], True)

    return [
        generate(NULL, 5_000_000, "", out="/dev/null"),
        generate(ROWS_ALONE, 5_000_000, "", "--table", "person", "--range", "0..{rows}", out="/dev/null"),
        generate(NULL_2, 5_000_000, "", threads=2, out="/dev/null"),
        generate(CSV, 5_000_000, ".csv"),
        generate(SNAPPY, 3_000_000, ".parquet"),
        generate(SNAPPY_2, 3_000_000, ".parquet", threads=2),
        generate(ZSTD, 3_000_000, ".parquet", "--compress", "zstd"),
        generate(WORKBOOK, 200_000, ".xlsx"),
        hiring(RULES, RULES_SCHEMA),
        hiring(NO_RULES, without_rules(RULES_SCHEMA)),
        Program(OURS, PREVIEW, 100, [binary, "preview", SCHEMA, "--rows", "100"], "", [binary]),
    ]


def without_rules(schema):
    """The schema at a path of its own, without the rules of its tables."""
    bare = PEERS / f"{schema.stem}_without_rules.yaml"
    bare.parent.mkdir(parents=True, exist_ok=True)
    bare.write_text(re.sub(r"^    rules:\n(      - .*\n)+", "", schema.read_text(encoding="utf-8"), flags=re.MULTILINE), encoding="utf-8")
    return bare


def peers():
    """All peers, installed or not."""
    release = PEERS / "target" / "release"
    python = PEERS / "python" / "bin" / "python"

    def rust(name, output, program, rows, ending, *more):
        return Program(name, output, rows, [release / program, "{rows}", "{out}" if ending else "/dev/null", *more], ending, [release / program])

    def in_python(name, output, script, rows, ending, package=None, folder=False):
        packages = PEERS.glob(f"python/lib/python3*/site-packages/{package}") if package else [python]
        needs = [python, next(iter(packages), PEERS / "python" / str(package))]
        return Program(name, output, rows, [python, BENCH / "peers" / "python" / script, "{rows}", "{out}"], ending, needs, folder)

    def tpchgen(output, format):
        binary = PEERS / "cargo" / "bin" / "tpchgen-cli"
        words = [binary, format, "--scale-factor", "{scale}", "--tables", "lineitem", "--num-threads", 1, "--output-dir", "{out}"]
        return Program(TPCHGEN, output, 6_001_215, words, "", [binary], True, 6_001_215)

    faker_js = PEERS / "node" / "faker_csv.mjs"
    return [
        rust(BY_HAND, NULL, "by-hand-columns", 10_000_000, ""),
        rust(BY_HAND, CSV, "by-hand-columns", 5_000_000, ".csv"),
        rust(SAFE_ROWS, NULL, "safe-rows", 5_000_000, ""),
        rust(SAFE_ROWS, CSV, "safe-rows", 5_000_000, ".csv"),
        rust(FAKE_CSV, CSV, "fake-csv", 2_000_000, ".csv"),
        rust(PARQUET, PLAIN, "parquet-writer", 3_000_000, ".parquet", "plain"),
        rust(PARQUET, SNAPPY, "parquet-writer", 3_000_000, ".parquet", "snappy"),
        rust(PARQUET, ZSTD, "parquet-writer", 3_000_000, ".parquet", "zstd"),
        rust(XLSX, WORKBOOK, "xlsx-writer", 200_000, ".xlsx"),
        in_python(DUCKDB, CSV, "duckdb_sql.py", 2_000_000, ".csv", "duckdb"),
        in_python(DUCKDB, SNAPPY, "duckdb_sql.py", 2_000_000, ".parquet", "duckdb"),
        tpchgen(CSV, "csv"),
        tpchgen(SNAPPY, "parquet"),
        Program(FAKER_JS, CSV, 200_000, ["node", faker_js, "{rows}", "{out}"], ".csv", [faker_js, faker_js.parent / "node_modules"]),
        in_python(FAKER, CSV, "faker_csv.py", 20_000, ".csv", "faker"),
        in_python(MIMESIS, CSV, "mimesis_csv.py", 50_000, ".csv", "mimesis"),
        in_python(XLSXWRITER, WORKBOOK, "xlsxwriter_xlsx.py", 50_000, ".xlsx", "xlsxwriter"),
        in_python(DBLDATAGEN, CSV, "dbldatagen_csv.py", 1_000_000, "", "dbldatagen", folder=True),
    ]
