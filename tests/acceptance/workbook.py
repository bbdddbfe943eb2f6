#!/usr/bin/env python3
"""Reads a workbook of the example `hiring` as another program does, and compares it with the CSV files of the same rows.

Usage: workbook.py WORKBOOK FOLDER

Needs openpyxl. Exit status 0 when the sheets are there and hold the values of the files, with real dates and numbers.
"""

import csv
import sys
from datetime import date, datetime
from pathlib import Path

import openpyxl

workbook = openpyxl.load_workbook(sys.argv[1])
tables = ["company", "candidate", "process"]
assert workbook.sheetnames == ["Specification", "Data dictionary", *tables], workbook.sheetnames
for table in tables:
    sheet = workbook[table]
    assert sheet.freeze_panes is not None and sheet.auto_filter.ref, f"{table}: the header is neither frozen nor filtered"
    with open(Path(sys.argv[2]) / f"{table}.csv", encoding="utf-8", newline="") as file:
        expected = list(csv.reader(file))
    found = [["" if value is None else value for value in row] for row in sheet.iter_rows(values_only=True)]
    assert len(found) == len(expected), f"{table}: {len(found)} rows, not {len(expected)}"
    for number, (cells, texts) in enumerate(zip(found, expected), start=1):
        for cell, text in zip(cells, texts, strict=True):
            shown = cell.date().isoformat() if isinstance(cell, datetime) else str(cell)
            assert shown == text, f"{table}, row {number}: {cell!r} is not {text!r}"
dates = [row[4] for row in workbook["process"].iter_rows(min_row=2, values_only=True)]
assert all(isinstance(value, (date, datetime)) for value in dates), "dates are texts"
assert all(isinstance(row[0], int) for row in workbook["candidate"].iter_rows(min_row=2, values_only=True))
