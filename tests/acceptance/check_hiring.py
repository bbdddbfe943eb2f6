#!/usr/bin/env python3
"""Checks every statement of the example `hiring` on its CSV files, in plain Python.

Usage: check_hiring.py FOLDER [CANDIDATES]

It shares nothing with the engine, so it doubts the engine's own certificate. Exit status 0 when all hold; else 1, a line for each that does
not.
"""

import csv
import re
import sys
from collections import Counter
from datetime import date
from pathlib import Path

STAGES = {"CRE": "Creation", "INT": "Interview", "HIR": "Hiring"}
PRIORITIES = {"Low", "Medium", "High"}


class Report:
    """Collects the statements that do not hold."""

    def __init__(self):
        self.broken = []

    def check(self, statement, holds, where=""):
        if not holds:
            self.broken.append(f"{statement}: {where}" if where else statement)


def read(folder, table, columns, report):
    """The rows of a table, a dictionary each; an empty cell is None."""
    with open(Path(folder) / f"{table}.csv", encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        report.check(f"{table} has its columns", reader.fieldnames == columns, str(reader.fieldnames))
        return [{key: value if value != "" else None for key, value in row.items()} for row in reader]


def day(text):
    return None if text is None else date.fromisoformat(text)


def check_company(companies, report):
    report.check("one company", len(companies) == 1, str(len(companies)))
    for row in companies:
        report.check("code has its shape", re.fullmatch(r"[A-Z]{2}[0-9]{3}", row["code"] or ""), row["code"])
        report.check("name has 1 to 20 characters", 1 <= len(row["name"] or "") <= 20, row["name"])
        report.check("industry is constant", row["industry"] == "online clothing", row["industry"])


def check_candidates(candidates, companies, wanted, report):
    codes = {row["code"] for row in companies}
    report.check("as many candidates as asked for", len(candidates) == wanted, str(len(candidates)))
    report.check("id counts from 1", [row["id"] for row in candidates] == [str(n + 1) for n in range(len(candidates))])
    documents = [row["document"] for row in candidates]
    report.check("document is unique", len(set(documents)) == len(documents))
    for row in candidates:
        where = f"candidate {row['id']}"
        report.check("document is filled", row["document"], where)
        report.check("names are filled", row["first_name"] and row["surname"], where)
        report.check("status is new or employee", row["status"] in ("new", "employee"), where)
        is_new = row["status"] == "new"
        report.check("hired_on is null exactly when new", (row["hired_on"] is None) == is_new, where)
        if row["hired_on"] is not None:
            report.check("hired_on is in range", date(2020, 1, 1) <= day(row["hired_on"]) <= date(2025, 12, 31), where)
        report.check("new-ones-have-no-company", not is_new or row["company_code"] is None, where)
        report.check("employees have a company", is_new or row["company_code"] is not None, where)
        report.check("company_code refers to a company", row["company_code"] is None or row["company_code"] in codes, where)
        report.check("short_name is the first name, cut", row["short_name"] == (row["first_name"] or "")[:10], where)
    if len(candidates) >= 100:
        share = sum(row["status"] == "new" for row in candidates) / len(candidates)
        # Seven standard deviations of a share of 0.7.
        report.check("about 70 % are new", abs(share - 0.7) < 7 * (0.21 / len(candidates)) ** 0.5, f"{share:.3f}")


def check_processes(processes, candidates, report):
    by_id = {row["id"]: row for row in candidates}
    children = Counter(row["candidate_id"] for row in processes)
    report.check("the number of processes is 2.2 for each candidate", len(processes) == round(2.2 * len(candidates)), str(len(processes)))
    for candidate in candidates:
        report.check("1 to 4 processes a candidate", 1 <= children[candidate["id"]] <= 4, f"candidate {candidate['id']}")
    keys = [(row["candidate_id"], row["step"]) for row in processes]
    report.check("candidate_id and step are a key", len(set(keys)) == len(keys))
    steps = {}
    for row in processes:
        steps.setdefault(row["candidate_id"], []).append(row["step"])
    for candidate, taken in steps.items():
        report.check("step counts from 1", taken == [str(n + 1) for n in range(len(taken))], f"candidate {candidate}")
    for row in processes:
        where = f"process {row['candidate_id']}/{row['step']}"
        report.check("candidate_id refers to a candidate", row["candidate_id"] in by_id, where)
        report.check("stage code and label belong together", STAGES.get(row["stage_code"]) == row["stage_label"], where)
        report.check("priority comes from its list", row["priority"] in PRIORITIES, where)
        start, begun, end = day(row["planned_start"]), day(row["started_at"]), day(row["planned_end"])
        report.check("dates are filled", start and begun and end, where)
        if not (start and begun and end):
            continue
        report.check("planned_start is in 2024", date(2024, 1, 1) <= start <= date(2024, 12, 31), where)
        report.check("planned_end is 5 to 60 days later", 5 <= (end - start).days <= 60, where)
        report.check("planned-in-order", start <= begun <= end, where)
        hired = day(by_id.get(row["candidate_id"], {}).get("hired_on"))
        report.check("after-hiring", hired is None or begun <= hired or row["stage_code"] != "HIR", where)


def main(arguments):
    if len(arguments) not in (1, 2):
        print(__doc__.strip().splitlines()[2], file=sys.stderr)
        return 2
    folder, wanted = arguments[0], int(arguments[1]) if len(arguments) == 2 else 100
    report = Report()
    companies = read(folder, "company", ["code", "name", "industry"], report)
    candidate_columns = ["id", "document", "first_name", "surname", "status", "hired_on", "company_code", "short_name"]
    candidates = read(folder, "candidate", candidate_columns, report)
    process_columns = ["candidate_id", "step", "stage_code", "stage_label", "planned_start", "planned_end", "started_at", "priority"]
    processes = read(folder, "process", process_columns, report)
    check_company(companies, report)
    check_candidates(candidates, companies, wanted, report)
    check_processes(processes, candidates, report)
    for line in report.broken:
        print(line)
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
