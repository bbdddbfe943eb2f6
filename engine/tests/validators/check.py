#!/usr/bin/env python3
"""Makes numbers of every kind with the program and asks validators about them.

Usage: check.py BINARY ROWS

Every valid number must be accepted, every invalid one refused, and unique ones never repeat. Exit status 0 when all hold; else 1, a line for
each kind that does not.
"""

import csv
import subprocess
import sys
import tempfile
from pathlib import Path

from agreement import AGREES, SCHEMES, check_agreement
from kinds import KINDS
from phones import KINDS as PHONES, LOCALES, check_phones


def schema(rows):
    """A table with a column for each kind and space; each stands for a person or company of its own."""
    lines = ["name: numbers", "random_seed: 11", "tables:", "  - name: numbers", f"    rows: {rows}", "    columns:"]
    for name, (generator, _) in KINDS.items():
        unique = ", unique: true" if "test" not in name else ""
        lines.append(f"      - {{name: {name}, entity: {name}{unique}, generator: {generator}}}")
    return "\n".join(lines) + "\n"


def check(binary, rows):
    broken = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "numbers.yaml"
        path.write_text(schema(rows), encoding="utf-8")
        subprocess.run([binary, "generate", path, "--format", "csv", "--out", f"{folder}/out/"], check=True)
        with open(Path(folder) / "out" / "numbers.csv", encoding="utf-8", newline="") as file:
            made = list(csv.DictReader(file))
    for name, (_, accepts) in KINDS.items():
        numbers = [row[name] for row in made]
        wanted = not name.endswith("_invalid")
        wrong = [number for number in numbers if bool(accepts(number)) != wanted]
        if wrong:
            verdict = "refused" if wanted else "accepted"
            broken.append(f"{name}: {len(wrong)} of {len(numbers)} {verdict}, such as {', '.join(wrong[:3])}")
        if len(numbers) != rows or ("test" not in name and len(set(numbers)) != rows):
            broken.append(f"{name}: {len(set(numbers))} distinct numbers in {len(numbers)} rows of {rows}")
    return broken


def main():
    binary, rows = sys.argv[1], int(sys.argv[2])
    broken = check(binary, rows) + check_agreement(binary, rows) + check_phones(binary, rows)
    for line in broken:
        print(line)
    asked = len(KINDS) + len(AGREES) + len(SCHEMES) + len(LOCALES) * len(PHONES)
    print(f"{asked - len(broken)} passed, {len(broken)} failed")
    sys.exit(1 if broken else 0)


main()
