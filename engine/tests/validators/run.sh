#!/usr/bin/env bash
# Numbers that the program makes, checked by programs that share nothing with it: validators from PyPI, and second implementations;
# and the rules of the guide's example, counted again.
#
#   engine/tests/validators/run.sh BINARY [ROWS]
#
# Needs Python with its venv module; without it nothing is checked. The validators are installed into a cache outside of the tree.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binary=$1
venv=${XDG_CACHE_HOME:-$HOME/.cache}/synthetic-data/validators
if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then
    echo "no Python with venv: numbers are not checked" >&2
    exit 0
fi
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi
"$venv/bin/python" "$here/hiring.py" "$binary" "$here/../../../docs/guide/hiring-rules.yaml"
exec "$venv/bin/python" "$here/check.py" "$binary" "${2:-3000}"
