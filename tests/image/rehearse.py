"""The deployment, rehearsed: the image's last stage in a clean root, and what a team does with it, as two users."""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import bucket
from dockerfile import MINIMAL, Builder, Stage, parse

USER = {"email": "ana@example.com", "password": "correct horse battery"}
PATIENCE_S = 120


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Container:
    """Runs programs in the image's root as a user."""

    def __init__(self, stage: Stage, user: str):
        self.stage, self.user = stage, user
        self.port = free_port()
        self.env = {
            **MINIMAL,
            **stage.env,
            "PORT": str(self.port),
            "SECRET_KEY": "0123456789abcdef" * 2,
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "RUST_LOG": "warn",
        }
        self.data = stage.root / self.env["DATA_DIR"].lstrip("/")

    def arguments(self, command: list[str]) -> list[str]:
        # Docker begins in the image's folder; so does this.
        inside = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', self.stage.workdir, *command]
        return ["chroot", f"--userspec={self.user}", "--groups=", str(self.stage.root), *inside]

    def run(self, *command: str, env: dict[str, str] | None = None, succeeds: bool = True) -> str:
        ran = subprocess.run(self.arguments(list(command)), env={**self.env, **(env or {})}, capture_output=True, text=True)
        if succeeds and ran.returncode != 0:
            raise SystemExit(f"{' '.join(command)}: status {ran.returncode}\n{ran.stdout}{ran.stderr}")
        return ran.stdout

    def is_healthy(self) -> bool:
        """What the image's own health check says."""
        return subprocess.run(self.arguments(self.stage.health), env=self.env, capture_output=True).returncode == 0

    def start(self, env: dict[str, str] | None = None) -> subprocess.Popen:
        """Starts the image's own command, and waits until its health check passes."""
        assert not self.is_healthy(), "the health check passes without a server"
        server = subprocess.Popen(self.arguments(self.stage.command), env={**self.env, **(env or {})})
        begun = time.monotonic()
        while not self.is_healthy():
            assert server.poll() is None, "the server ended"
            assert time.monotonic() - begun < PATIENCE_S, "the server does not become healthy"
            time.sleep(0.1)
        return server

    def stop(self, server: subprocess.Popen) -> None:
        """As Docker does: asked to, with half a minute until it is killed."""
        begun = time.monotonic()
        server.send_signal(signal.SIGTERM)
        status = server.wait(timeout=25)
        assert status == 0, f"status {status}"
        print(f"    stopped within {time.monotonic() - begun:.1f} s")

    def wipe(self) -> None:
        for path in self.data.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


class Client:
    """A user of the API."""

    def __init__(self, port: int):
        self.base = f"http://127.0.0.1:{port}/api/v1"
        self.token = ""
        self.token = self.call("POST", "/auth/login", USER)["access_token"]

    def fetch(self, method: str, path: str, body: object = None) -> bytes:
        headers = {"content-type": "application/json", "authorization": f"Bearer {self.token}"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def call(self, method: str, path: str, body: object = None) -> dict:
        return json.loads(self.fetch(method, path, body))

    def ended(self, path: str) -> dict:
        begun = time.monotonic()
        while (found := self.call("GET", path))["state"] in ("queued", "running"):
            assert time.monotonic() - begun < PATIENCE_S, found
            time.sleep(0.05)
        assert found["state"] == "succeeded", found
        return found

    def work(self) -> dict:
        """A generation of an example and a file of it: what has to be the same ever after."""
        text = self.call("GET", "/templates")["items"][-1]["text"]
        dataset = self.call("POST", "/datasets", {"schema_text": text})["id"]
        generation = self.call("POST", f"/datasets/{dataset}/generations", {})["id"]
        rows = self.ended(f"/generations/{generation}")["content_hash"]
        export = self.call("POST", f"/generations/{generation}/exports", {"format": "csv"})["id"]
        return {"generation": generation, "rows": rows, "export": export, "file": self.file(export)}

    def file(self, export: str) -> str:
        self.ended(f"/exports/{export}")
        return hashlib.sha256(self.fetch("GET", f"/exports/{export}/content")).hexdigest()

    def has(self, work: dict) -> None:
        rows = self.ended(f"/generations/{work['generation']}")["content_hash"]
        again = {**work, "rows": rows, "file": self.file(work["export"])}
        assert again == work, (again, work)


def rehearse(stage: Stage, user: str, endpoint: str) -> None:
    """Migrate, serve, health, generate, back up, wipe, restore; then the same with a bucket and a disk that forgets."""
    print(f"as user {user}", flush=True)
    container = Container(stage, user)
    container.wipe()
    print("  migrate, createsuperuser, serve, generate")
    container.run("synthetic-data", "migrate")
    container.run("synthetic-data", "createsuperuser", "--email", USER["email"], "--password", USER["password"])
    server = container.start()
    work = Client(container.port).work()
    print("  backup beside the server, wipe, restore")
    kept = stage.root / "tmp/backups"
    shutil.rmtree(kept, ignore_errors=True)
    said = container.run("synthetic-data", "backup", "/tmp/backups")
    assert "/tmp/backups/synthetic-data-" in said, said
    problems = container.run("synthetic-data", "check")
    assert problems == "No problem was found\n", problems
    container.stop(server)
    container.wipe()
    container.run("synthetic-data", "restore", "/tmp/backups")
    server = container.start()
    Client(container.port).has(work)
    container.stop(server)

    print("  a bucket, and a disk that is emptied at each restart")
    target = {
        "BACKUP_TARGET": f"s3://bucket/{user.replace(':', '-')}",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_ENDPOINT_URL": endpoint,
    }
    server = container.start(target)
    container.stop(server)
    container.wipe()
    server = container.start(target)
    Client(container.port).has(work)
    container.stop(server)
    listed = container.run("synthetic-data", "backups", env=target)
    assert len(listed.splitlines()) == 2, listed
    numbers = tuple(int(number) for number in user.split(":"))
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in container.data.rglob("*")}
    assert owners == {numbers}, owners
    container.wipe()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="the tree")
    parser.add_argument("--root", type=Path, required=True, help="a clean root of the image's base, which is changed")
    parser.add_argument("--work", type=Path, required=True, help="a folder for stages that are built")
    parser.add_argument("--binary", type=Path, help="a binary that is ready; without one the stages that make it are done too")
    chosen = parser.parse_args()
    *stages, image = parse((chosen.source / "prod.Dockerfile").read_text())
    builder = Builder(chosen.source, chosen.work)
    if chosen.binary:
        # What the last stage takes from another is that binary, and what that stage's base brings along.
        made = [words.split() for word, words in image.steps if word == "COPY" and "/synthetic-data " in f"{words} "]
        for origin, source, _ in made:
            builder.ready[origin.removeprefix("--from="), source] = chosen.binary
    else:
        for stage in stages:
            print(f"stage {stage.name}", flush=True)
            builder.build(stage, chosen.work / stage.name, is_apart=False)
    print("the image", flush=True)
    builder.build(image, chosen.root, is_apart=True)
    assert image.command and image.health and image.user != "0:0", image
    endpoint = bucket.start()
    other = random.randint(100_000, 400_000)
    for user in [image.user, f"{other}:{other}"]:
        rehearse(image, user, endpoint)
    size = sum(path.lstat().st_size for path in chosen.root.rglob("*") if not path.is_symlink() and path.is_file())
    print(f"deployed, served, saved and restored as two users; {size >> 20} MB in the image")


if __name__ == "__main__":
    os.umask(0o022)
    main()
