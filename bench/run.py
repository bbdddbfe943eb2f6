#!/usr/bin/env python3
"""Measures the product's command beside its peers on the table of ten_columns.yaml, and judges the goals.

The figure is user and system CPU seconds of whole processes, the median of several rounds, in each of which every program runs once. Only
ratios within one run carry over to another machine, so every run measures the peers again.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import goals
import measure
from programs import BENCH, CSV, NULL, NULL_2, PREVIEW, ROWS_ALONE, TPCHGEN, peers, product


def main():
    options = arguments()
    if not options.no_install:
        subprocess.run([BENCH / "install.sh"], check=False)
    programs = present(product(options.binary) + peers(), options.only)
    measure.adopt_orphans()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.folder) as folder:
        results = measured(programs, options, Path(folder))
    figures = figures_of(results)
    judged = goals.judged(figures)
    print_table(figures)
    print_goals(judged)
    print(f"\n{os.cpu_count()} cores; load average {load:.1f} before, {os.getloadavg()[0]:.1f} at the end; {options.rounds} rounds")
    if options.json:
        write_json(options, results, judged, load)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=os.environ.get("SYNTHETIC_DATA"), help="the command that is measured; $SYNTHETIC_DATA")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each program")
    parser.add_argument("--size", type=float, default=1.0, help="multiplies all rows, for a try")
    parser.add_argument("--only", action="append", default=[], metavar="TEXT", help="only programs and outputs that contain it")
    parser.add_argument("--folder", help="where files are written for a moment; the system's folder for temporary files by default")
    parser.add_argument("--json", metavar="FILE", help="write all figures")
    parser.add_argument("--no-install", action="store_true", help="take the peers that are installed")
    options = parser.parse_args()
    if not options.binary or not Path(options.binary).is_file():
        parser.error("--binary is needed, the path of the command")
    options.binary = str(Path(options.binary).resolve())
    return options


def present(programs, only):
    """The programs that are wanted and there."""
    kept = []
    for program in programs:
        if only and not any(text in f"{program.name}: {program.output}" for text in only):
            continue
        if program.missing():
            print(f"{program.name}, {program.output}: left out, because {program.missing()} is missing", file=sys.stderr)
            continue
        kept.append(program)
    return kept


def measured(programs, options, folder):
    """The costs of all programs by key, with their rows and bytes; one that fails is left out."""
    results = {program.key: {"rows": rows_of(program, options.size), "bytes": None, "costs": []} for program in programs}
    asked = {key: result["rows"] for key, result in results.items()}
    for number in range(options.rounds):
        for program in programs:
            result = results.get(program.key)
            if result is None:
                continue
            if sys.stderr.isatty():
                print(f"\rround {number + 1}: {program.name}, {program.output}\x1b[K", end="\r", file=sys.stderr, flush=True)
            out = folder / f"out{program.ending}"
            if program.folder:
                out.mkdir()
            try:
                result["costs"].append(measure.cost_of(program.line(asked[program.key], out)))
                result["bytes"] = size_of(out)
                if program.name == TPCHGEN and program.output == CSV:
                    result["rows"] = lines_of(out)
            except (measure.Failed, OSError) as error:
                print(f"{program.name}, {program.output}: left out, because it failed: {error}", file=sys.stderr)
                del results[program.key]
            remove(out)
    return results


def rows_of(program, size):
    return program.rows if program.output == PREVIEW else max(int(program.rows * size), 1)


def size_of(path):
    if path.is_dir():
        return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return path.stat().st_size if path.exists() else None


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def lines_of(folder):
    """Rows of the CSV files of a folder, whose headers are not rows."""
    files = list(folder.rglob("*.csv"))
    count = 0
    for path in files:
        with open(path, "rb") as file:
            count += sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    return count - len(files)


def figures_of(results):
    """Medians and rates by key. What goes to null has the bytes of the same program's file."""
    figures = {}
    for key, result in results.items():
        name, output = key
        cost = measure.median(result["costs"])
        size, rows = result["bytes"], result["rows"]
        if output in (NULL, NULL_2, ROWS_ALONE) and (name, CSV) in results:
            file = results[name, CSV]
            size = file["bytes"] * rows / file["rows"]
        if name == TPCHGEN and output != CSV and (name, CSV) in results:
            rows = results[name, CSV]["rows"]
        mb = size / 1e6 / cost.cpu if size else None
        figures[key] = {"count": rows, "rows": rows / cost.cpu, "mb": mb, "cpu": cost.cpu, "wall": cost.wall, "peak_mb": cost.peak_mb}
    return figures


def print_table(figures):
    print("| program | output | rows | rows / CPU s | MB / CPU s | peak MB |")
    print("|---|---|--:|--:|--:|--:|")
    for (name, output), figure in figures.items():
        if output == PREVIEW:
            continue
        mb = f"{figure['mb']:,.0f}" if figure["mb"] else "–"
        print(f"| {name} | {output} | {figure['count']:,} | {rate(figure['rows'])} | {mb} | {figure['peak_mb']:.0f} |")


def rate(rows):
    return f"{rows / 1e6:.2f}M" if rows >= 1e6 else f"{rows / 1e3:.1f}k"


def print_goals(judged):
    print("\n| goal | wanted | reached | |")
    print("|---|--:|--:|---|")
    words = {True: "met", False: "not met", None: "not measured"}
    for row in judged:
        print(f"| {row['goal']} | {row['wanted']} | {row['reached'] or '–'} | {words[row['met']]} |")


def write_json(options, results, judged, load):
    programs = [
        {"program": name, "output": output, "rows": result["rows"], "bytes": result["bytes"], "runs": [vars(cost) for cost in result["costs"]]}
        for (name, output), result in results.items()
    ]
    machine = {"cores": os.cpu_count(), "load_before": load, "load_after": os.getloadavg()[0]}
    text = json.dumps({"machine": machine, "rounds": options.rounds, "programs": programs, "goals": judged}, indent=2, ensure_ascii=False)
    Path(options.json).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
