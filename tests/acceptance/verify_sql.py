#!/usr/bin/env python3
"""Repeats the certificate's proof in other databases, and compares.

Usage: verify_sql.py COMMAND [TEMPLATE…]

COMMAND is the path of synthetic-data. For each shipped template the rows are loaded into SQLite, DuckDB and PostgreSQL, typed as the plan
says, and the statements of `verify --sql` are run there. Each has to give the number of broken rows that the certificate gives: none for the
rows as they were made, and the same ones after one cell was exchanged for another of its column, or for null, in every column in turn. A
database that is not installed is left out with a sentence. Exit status 0 when all agree; else 1, a line for each that does not.
"""

import csv
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from databases import Refused, available

TEMPLATES = ("minimal", "hiring", "orders", "sensors")


class Dataset:
    """A template's rows as files, its tables with the types of their columns, and its SQL by dialect."""

    def __init__(self, command, template, folder):
        self.command, self.folder = command, folder
        self.schema = folder / f"{template}.yaml"
        self.data = folder / template
        self.data.mkdir()
        self.run("init", template)
        self.run("generate", self.schema, "--out", f"{self.data}/")
        report = json.loads(self.run("plan", self.schema, "--json"))
        tables = report.get("report", report)["tables"]
        self.tables = {
            table["name"]: {column["name"]: column["type"] for column in table["columns"] if not column["hidden"]} for table in tables
        }

    def run(self, *words, broken_is_fine=False):
        command = [self.command, *map(str, words)]
        result = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if result.returncode != 0 and not (broken_is_fine and result.returncode == 1):
            raise SystemExit(f"{' '.join(map(str, command))}: {result.stderr.strip()}")
        return result.stdout

    def rows(self, table):
        """A table's rows as lists of texts; an empty cell is None."""
        with open(self.data / f"{table}.csv", encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        if header != list(self.tables[table]):
            raise SystemExit(f"{table}.csv has the columns {header}, the plan {list(self.tables[table])}")
        return [[cell or None for cell in row] for row in rows]

    def write(self, table, rows):
        with open(self.data / f"{table}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(self.tables[table])
            writer.writerows(rows)

    def certificate(self):
        """Broken rows by statement, types aside, which a database declares."""
        path = self.folder / "certificate.json"
        path.unlink(missing_ok=True)
        self.run("verify", self.schema, self.data, "--json", path, broken_is_fine=True)
        results = json.loads(path.read_text(encoding="utf-8"))["results"]
        return {result["id"]: result["broken"] for result in results if result["kind"] != "type"}

    def statements(self, dialect):
        """The SQL of a dialect: statements by id; those without an id come first; and the ids that the dialect cannot say."""
        path = self.folder / f"{dialect}.sql"
        self.run("verify", self.schema, self.data, "--sql", path, "--dialect", dialect)
        text = path.read_text(encoding="utf-8")
        left_out = re.findall(r"^-- ([^\n]*?): [^\n]*\n-- Left out: ", text, re.MULTILINE)
        parts = [part.strip() for part in re.split(r";\n", text)]
        named, first = {}, []
        for part in parts:
            sql = "\n".join(line for line in part.splitlines() if not line.startswith("--")).strip()
            rule = re.search(r"SELECT '((?:[^']|'')*)' AS rule", sql)
            if rule:
                named[rule.group(1).replace("''", "'")] = sql
            elif sql:
                first.append(sql)
        return first, named, left_out


def exchanges(dataset):
    """One cell exchanged at a time: table, column, and the table's rows with it."""
    for table, columns in dataset.tables.items():
        rows = dataset.rows(table)
        for at, column in enumerate(columns):
            old = rows[0][at]
            others = [row[at] for row in rows if row[at] is not None and row[at] != old]
            for new in [None, *others[:1], *others[-1:]]:
                if new != old:
                    yield table, f"{column} {old} → {new}", [[*rows[0][:at], new, *rows[0][at + 1 :]], *rows[1:]]


class Comparison:
    """A template in one database beside its certificate."""

    def __init__(self, database, dataset, template, failures):
        self.database, self.dataset, self.failures = database, dataset, failures
        self.where = f"{template} in {database.dialect}"
        self.first, self.named, self.left_out = dataset.statements(database.dialect)
        self.refused = set()

    def load_all(self):
        self.database.clear()
        for table, columns in self.dataset.tables.items():
            self.database.create(table, columns)
            self.database.fill(table, columns, self.dataset.rows(table))
        for sql in self.first:
            self.database.run(sql)

    def compare(self, certificate, what):
        """Runs all statements; reports those that differ from the certificate, and, once, those that are refused."""
        for rule, broken in certificate.items():
            if rule in self.refused or rule in self.left_out:
                continue
            if rule not in self.named:
                self.refuse(rule, "stands in the certificate, but not in the SQL")
                continue
            try:
                answer = self.database.run(self.named[rule])
            except Refused as error:
                self.refuse(rule, f"refused: {error}")
                continue
            if len(answer) != 1 or answer[0][0] != rule or int(answer[0][1]) != broken:
                self.failures.append(f"{self.where}: {rule}: {what}: the certificate counts {broken} broken, the database {answer}")

    def refuse(self, rule, reason):
        self.refused.add(rule)
        self.failures.append(f"{self.where}: {rule}: {reason}")


def check(command, template, databases, failures):
    with tempfile.TemporaryDirectory() as folder:
        dataset = Dataset(command, template, Path(folder))
        comparisons = [Comparison(database, dataset, template, failures) for database in databases]
        certificate = dataset.certificate()
        failures += [f"{template}: {rule} is broken as made" for rule, broken in certificate.items() if broken]
        for comparison in comparisons:
            comparison.load_all()
            comparison.compare(certificate, "as made")
        broken, count = set(), 0
        for table, what, rows in exchanges(dataset):
            original = dataset.rows(table)
            dataset.write(table, rows)
            certificate = dataset.certificate()
            broken |= {rule for rule, number in certificate.items() if number}
            for comparison in comparisons:
                comparison.database.fill(table, dataset.tables[table], rows)
                comparison.compare(certificate, f"{table}.{what}")
                comparison.database.fill(table, dataset.tables[table], original)
            dataset.write(table, original)
            count += 1
        if not broken:
            failures.append(f"{template}: no exchange of a cell broke a statement, so nothing was proved")
        for comparison in comparisons:
            told = f", {len(comparison.left_out)} that it cannot say" if comparison.left_out else ""
            print(f"{comparison.where}: {len(comparison.named)} statements{told}, {count} exchanges, {len(broken)} statements broken by them")


def main(arguments):
    if not arguments:
        print(__doc__.strip().splitlines()[2], file=sys.stderr)
        return 2
    command, templates = str(Path(arguments[0]).resolve()), arguments[1:] or TEMPLATES
    failures = []
    with available() as databases:
        for template in templates:
            check(command, template, databases, failures)
    for failure in failures:
        print(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
