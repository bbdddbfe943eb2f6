"""A Dockerfile done without Docker: its stages, step by step, in folders of this machine."""

import json
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Stage:
    """A stage: what it starts from, its name, its steps, and what those have set."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    root: Path = Path("/")


def parse(text: str) -> list[Stage]:
    """The stages of a Dockerfile in their order."""
    # A comment may stand between the lines of a step.
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.M)
    text = text.replace("\\\n", " ")
    stages: list[Stage] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        word, rest = line.split(maxsplit=1)
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(base, name.strip()))
        elif stages:
            stages[-1].steps.append((word, rest))
        else:
            raise SystemExit(f"{word} stands before the first FROM, which is not done here")
    return stages


class Builder:
    """Does the steps of stages. `source` is the build's context."""

    def __init__(self, source: Path, work: Path):
        self.source, self.work = source, work
        self.stages: dict[str, Stage] = {}
        # Files of a stage that was not done, by stage and path: where they are here.
        self.ready: dict[tuple[str, str], Path] = {}

    def build(self, stage: Stage, root: Path, is_apart: bool) -> None:
        """Does a stage in a folder: in a root of its own, or with the programs of this machine."""
        stage.root = root
        self.stages[stage.name] = stage
        for word, rest in stage.steps:
            print(f"  {word} {rest[:110]}", flush=True)
            getattr(self, f"do_{word.lower()}", self.unknown)(stage, rest, is_apart)

    def unknown(self, stage: Stage, rest: str, is_apart: bool) -> None:
        raise SystemExit(f"a step of {stage.name or 'the image'} is not done here: {rest}")

    def inside(self, stage: Stage, path: str) -> Path:
        return stage.root / os.path.normpath(os.path.join(stage.workdir, path)).lstrip("/")

    def do_env(self, stage: Stage, rest: str, is_apart: bool) -> None:
        stage.env.update(pair.split("=", 1) for pair in shlex.split(rest))

    def do_arg(self, stage: Stage, rest: str, is_apart: bool) -> None:
        name = rest.split("=")[0]
        if name in os.environ:
            stage.env[name] = os.environ[name]

    def do_workdir(self, stage: Stage, rest: str, is_apart: bool) -> None:
        stage.workdir = os.path.normpath(os.path.join(stage.workdir, rest))
        self.inside(stage, ".").mkdir(parents=True, exist_ok=True)

    def do_user(self, stage: Stage, rest: str, is_apart: bool) -> None:
        stage.user = rest

    def do_cmd(self, stage: Stage, rest: str, is_apart: bool) -> None:
        stage.command = json.loads(rest)

    def do_healthcheck(self, stage: Stage, rest: str, is_apart: bool) -> None:
        stage.health = json.loads(rest[rest.index("CMD") + 3 :])

    def do_copy(self, stage: Stage, rest: str, is_apart: bool) -> None:
        words = rest.split()
        origin = words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else None
        *sources, target = words
        to = self.inside(stage, target)
        for source in sources:
            found = self.origin(origin, source)
            if found.is_dir():
                shutil.copytree(found, to, dirs_exist_ok=True, symlinks=True, ignore=ignored)
                continue
            into = to / found.name if target.endswith("/") or target == "." else to
            into.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, into)

    def origin(self, stage: str | None, path: str) -> Path:
        if stage is None:
            return self.source / path
        if (stage, path) in self.ready:
            return self.ready[stage, path]
        own = self.stages[stage].root / path.lstrip("/") if stage in self.stages else None
        # What the base of that stage brings along is taken from this machine.
        return own if own is not None and own.exists() else Path(path)

    def do_run(self, stage: Stage, rest: str, is_apart: bool) -> None:
        env = {**(MINIMAL if is_apart else os.environ), **stage.env}
        shell = ["/bin/sh", "-c", rest]
        if is_apart:
            run = ["chroot", str(stage.root), *shell]
            subprocess.run(run, env=env, check=True)
        else:
            subprocess.run(shell, cwd=self.inside(stage, "."), env=env, check=True)


MINIMAL = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}


def ignored(folder: str, names: list[str]) -> list[str]:
    """What `.dockerignore` leaves out wherever it stands."""
    return [name for name in names if name in ("node_modules", "target", "dist", ".git") and "dist" not in Path(folder).parts]
