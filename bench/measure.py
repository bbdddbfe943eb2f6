"""What a process costs: CPU seconds, wall time and memory of a program and of all that it starts."""

import ctypes
import os
import statistics
import subprocess
import time
from dataclasses import dataclass

PR_SET_CHILD_SUBREAPER = 36


@dataclass
class Cost:
    """One run of a program."""

    cpu: float
    wall: float
    peak_mb: float


class Failed(Exception):
    """A program ended with an error."""


def adopt_orphans():
    """Lets this process wait for what its children leave behind, so that its cost is counted; without it, nothing of that is counted."""
    try:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (AttributeError, OSError):
        pass


def cost_of(command, environment=None, folder=None):
    """Runs a command to its end and tells what it took."""
    start = time.perf_counter()
    with open(os.devnull, "rb") as nothing:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=nothing,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        # Reading to the end drains the pipe while the program runs.
        errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    usages = [usage, *orphans()]
    if process.returncode != 0:
        lines = errors.decode(errors="replace").strip().splitlines()
        raise Failed(lines[-1] if lines else f"exit status {process.returncode}")
    cpu = sum(one.ru_utime + one.ru_stime for one in usages)
    return Cost(cpu, wall, max(one.ru_maxrss for one in usages) / 1024)


def orphans():
    """What descendants cost that outlived their parents; waits for them."""
    while True:
        try:
            yield os.wait4(-1, 0)[2]
        except ChildProcessError:
            return


def median(costs):
    """The median of each figure."""
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in ("cpu", "wall", "peak_mb")))
