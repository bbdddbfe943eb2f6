#!/usr/bin/env python3
"""Makes the guide's hiring example and counts, by other means than the program's, whether each rule of its schema holds.

Usage: hiring.py BINARY SCHEMA

Several seeds are made. Exit status 0 when every rule holds in each; else 1, a line for each that does not.
"""

import csv
import subprocess
import sys
import tempfile
from collections import Counter
from fractions import Fraction
from pathlib import Path

SEEDS = (20260101, 1, 2, 3, 4)
CONTRACTS = {"temporary": (30, 1), "fixed-term": (50, 6), "permanent": (50, 36), "none": (50, 0)}
MEAN_DAYS = {"INTERVIEW": 15, "OFFER": 30}


def broken_rules(posts, candidates, processes):
    """The statements that the rows of the three tables break."""
    post = {row["id"]: row for row in posts}
    asks_new = [row for row in candidates if post[row["post_id"]]["is_new"] == "true"]
    units = Counter(row["unit"] for row in asks_new)
    # Four fifths, rounded to whole people: no other number is nearer.
    if set(units) != {"BPO", "BI Factory"} or abs(units["BPO"] - Fraction(4, 5) * len(asks_new)) > Fraction(1, 2):
        yield f"units of new posts: {dict(units)}"
    contracts = Counter(row["contract"] for row in candidates)
    if contracts != {name: count for name, (count, _) in CONTRACTS.items()}:
        yield f"contracts: {dict(contracts)}"
    for row in candidates:
        least = CONTRACTS[row["contract"]][1]
        if int(row["seniority"]) < least or (row["contract"] == "none" and row["seniority"] != "0"):
            yield f"seniority of candidate {row['id']}"
    children = Counter(row["candidate_id"] for row in processes)
    if set(children) != {row["id"] for row in candidates} or not all(5 <= count <= 60 for count in children.values()):
        yield "processes of a candidate"
    if len({(row["candidate_id"], row["step"]) for row in processes}) != len(processes):
        yield "key of the processes"
    for row in processes:
        where = f"process {row['candidate_id']}/{row['step']}"
        if row["stage"] == "HIRING" and row["state"] != "closed":
            yield f"{where} is hiring and not closed"
        # Dates of four digits a year compare as texts.
        if not row["planned_start"] <= row["planned_end"]:
            yield f"planned dates of {where}"
        if not row["planned_start"] <= row["started_on"] <= row["ended_on"]:
            yield f"real dates of {where}"
    for stage, asked in MEAN_DAYS.items():
        days = [int(row["days"]) for row in processes if row["stage"] == stage]
        if not days or abs(Fraction(sum(days), len(days)) - asked) > Fraction(1, 2):
            yield f"mean days of {stage}"


def check(binary, schema):
    broken = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            command = [binary, "generate", schema, "--seed", str(seed), "--format", "csv", "--out", f"{folder}/out/"]
            subprocess.run(command, check=True)
            tables = []
            for name in ("post", "candidate", "process"):
                with open(Path(folder) / "out" / f"{name}.csv", encoding="utf-8", newline="") as file:
                    tables.append(list(csv.DictReader(file)))
        if [len(rows) for rows in tables] != [15, 180, 5000]:
            broken.append(f"seed {seed}: rows of the tables")
        broken.extend(f"seed {seed}: {found}" for found in broken_rules(*tables))
    print("\n".join(broken) or f"{len(SEEDS)} seeds of the hiring example keep every rule")
    return not broken


if __name__ == "__main__":
    sys.exit(0 if check(sys.argv[1], sys.argv[2]) else 1)
