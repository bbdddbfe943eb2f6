"""The databases that verify_sql.py repeats the proof in: SQLite, DuckDB and PostgreSQL, behind the same few calls."""

import contextlib
import csv
import io
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path


class Refused(Exception):
    """A database did not take a statement."""


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


class Database:
    """What a database has to be asked for: its dialect and types, and how it runs SQL."""

    dialect = ""
    types = {}

    def clear(self):
        raise NotImplementedError

    def run(self, sql):
        """The rows of a statement."""
        raise NotImplementedError

    def insert(self, table, columns, rows):
        raise NotImplementedError

    def type_of(self, logical):
        """The database's type for one that the plan states, such as `decimal(10,2)`."""
        name, bracket, digits = logical.partition("(")
        return self.types[name] + (bracket + digits if name == "decimal" else "")

    def create(self, table, columns):
        definitions = ", ".join(f"{quoted(name)} {self.type_of(logical)}" for name, logical in columns.items())
        self.run(f"CREATE TABLE {quoted(table)} ({definitions})")

    def fill(self, table, columns, rows):
        """Puts rows of texts in the place of a table's rows."""
        self.run(f"DELETE FROM {quoted(table)}")
        self.insert(table, columns, rows)


class Sqlite(Database):
    """SQLite through Python's own module; a truth value is 1 or 0, a time a text."""

    dialect = "sqlite"
    types = {
        "string": "TEXT", "text": "TEXT", "uuid": "TEXT", "json": "TEXT", "date": "TEXT", "datetime": "TEXT", "time": "TEXT",
        "integer": "INTEGER", "boolean": "INTEGER", "float": "REAL", "decimal": "NUMERIC",
    }

    def __init__(self):
        self.connection = sqlite3.connect(":memory:")

    def clear(self):
        self.connection = sqlite3.connect(":memory:")

    def run(self, sql):
        try:
            return self.connection.execute(sql).fetchall()
        except sqlite3.Error as error:
            raise Refused(error) from error

    def insert(self, table, columns, rows):
        truth = {"true": 1, "false": 0}
        booleans = [at for at, logical in enumerate(columns.values()) if logical == "boolean"]
        converted = [[truth.get(cell) if at in booleans else cell for at, cell in enumerate(row)] for row in rows]
        places = ", ".join("?" for _ in columns)
        self.connection.executemany(f"INSERT INTO {quoted(table)} VALUES ({places})", converted)


class Duckdb(Database):
    """DuckDB through its Python package."""

    dialect = "duckdb"
    types = {
        "string": "VARCHAR", "text": "VARCHAR", "uuid": "UUID", "json": "VARCHAR", "date": "DATE", "datetime": "TIMESTAMP",
        "time": "TIME", "integer": "BIGINT", "boolean": "BOOLEAN", "float": "DOUBLE", "decimal": "DECIMAL",
    }

    def __init__(self, module):
        self.module = module
        self.connection = module.connect()

    def clear(self):
        self.connection.close()
        self.connection = self.module.connect()

    def run(self, sql):
        try:
            return self.connection.execute(sql).fetchall()
        except self.module.Error as error:
            raise Refused(str(error).splitlines()[0]) from error

    def insert(self, table, columns, rows):
        with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)
            file.flush()
            self.run(f"COPY {quoted(table)} FROM '{file.name}' (FORMAT csv, HEADER false, NULLSTR '')")


class Postgres(Database):
    """PostgreSQL through psql, one session for all statements."""

    dialect = "postgres"
    types = {
        "string": "text", "text": "text", "uuid": "uuid", "json": "text", "date": "date", "datetime": "timestamp", "time": "time",
        "integer": "bigint", "boolean": "boolean", "float": "double precision", "decimal": "numeric",
    }
    END = "end of the statement"

    def __init__(self, socket, user):
        # The zone of the session is that of the values, which end in Z.
        command = ["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-P", "null=", "-h", socket, "-U", user, "postgres"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        environment = {**os.environ, "PGTZ": "UTC", "PGOPTIONS": "--client-min-messages=warning"}
        self.session = subprocess.Popen(command, text=True, encoding="utf-8", env=environment, **pipes)

    def clear(self):
        self.run("DROP SCHEMA public CASCADE; CREATE SCHEMA public")

    def run(self, sql):
        return [line.split("\t") for line in self.say(f"{sql};\n")]

    def say(self, text):
        self.session.stdin.write(f"{text}\\echo {self.END}\n")
        self.session.stdin.flush()
        lines = []
        for line in self.session.stdout:
            if line.rstrip("\n") == self.END:
                errors = [line for line in lines if line.startswith(("ERROR:", "psql:"))]
                if errors:
                    raise Refused(errors[0])
                return lines
            lines.append(line.rstrip("\n"))
        raise Refused("the session ended")

    def insert(self, table, columns, rows):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self.say(f"COPY {quoted(table)} FROM STDIN (FORMAT csv, NULL '');\n{text.getvalue()}\\.\n")


@contextlib.contextmanager
def available():
    """The databases that are installed; PostgreSQL runs for the time being in a folder of its own, reached through a socket there."""
    with contextlib.ExitStack() as stack:
        databases = [Sqlite()]
        try:
            import duckdb

            databases.append(Duckdb(duckdb))
        except ImportError:
            print("duckdb: left out, because its Python package is not installed", file=sys.stderr)
        programs = postgres_programs()
        if programs:
            databases.append(stack.enter_context(postgres(*programs)))
        else:
            print("postgres: left out, because initdb, pg_ctl and psql are not installed", file=sys.stderr)
        yield databases


def postgres_programs():
    """The paths of initdb and pg_ctl, which Debian keeps outside of the search path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    path = os.pathsep.join([os.environ.get("PATH", ""), *map(str, folders)])
    found = [shutil.which(name, path=path) for name in ("initdb", "pg_ctl")]
    return found if all(found) and shutil.which("psql") else None


@contextlib.contextmanager
def postgres(initdb, pg_ctl):
    # The server refuses to run as root.
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory() as folder:
        if user:
            shutil.chown(folder, "postgres", "postgres")

        def run(*words):
            quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
            subprocess.run(words, check=True, cwd=folder, **quiet, **user)

        data = f"{folder}/data"
        run(initdb, "-D", data, "-U", "prover", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        run(pg_ctl, "-D", data, "-w", "-l", f"{folder}/log", "-o", f"-c listen_addresses='' -k {folder} -F", "start")
        try:
            database = Postgres(folder, "prover")
            try:
                yield database
            finally:
                database.session.stdin.close()
                database.session.wait()
        finally:
            run(pg_ctl, "-D", data, "-m", "fast", "-w", "stop")
