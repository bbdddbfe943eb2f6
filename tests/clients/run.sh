#!/usr/bin/env bash
# openapi.yaml passes a linter, and clients generated from it do the journey against a server: one in TypeScript, one in Python.
#
#   tests/clients/run.sh BINARY
#
# Needs the studio's node_modules, and Python with its venv module; what is generated and installed stays in a cache outside of the tree.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
binary=$1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/synthetic-data/clients
work=$(mktemp -d)
server=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT

# Starts a server on a fresh folder; its set-up link is in $link.
start() {
    [ -z "$server" ] || { kill "$server"; wait "$server" || true; }
    DATA_DIR=$work/data-$1 PORT=0 RUST_LOG=warn "$binary" serve >"$work/$1.log" &
    server=$!
    for _ in $(seq 300); do
        link=$(sed -n 's/^Create the first user: //p' "$work/$1.log")
        [ -z "$link" ] || return 0
        sleep 0.1
    done
    echo "the server does not start" >&2
    exit 1
}

redocly=$cache/redocly/node_modules/.bin/redocly
if [ "$("$redocly" --version 2>/dev/null)" != 2.77.0 ]; then
    mkdir -p "$cache/redocly"
    (cd "$cache/redocly" && npm install --silent --no-audit --no-fund --prefix . @redocly/cli@2.77.0)
fi
REDOCLY_TELEMETRY=off "$redocly" lint --config "$root/tests/clients/redocly.yaml" "$root/openapi.yaml" >"$work/lint.log" 2>&1 ||
    { cat "$work/lint.log" >&2; exit 1; }

cd "$root/frontend"
npx --no-install vite build --ssr e2e/client.ts --outDir "$work/typescript" --logLevel error
start typescript
ln -s "$root/frontend/node_modules" "$work/node_modules"
node "$work/typescript/client.js" "$link"

python=$cache/venv/bin/python
if ! "$python" -c 'import openpyxl, openapi_python_client' 2>/dev/null; then
    python3 -m venv "$cache/venv"
    "$python" -m pip install --quiet --disable-pip-version-check openapi-python-client==0.29.1 openpyxl==3.1.5
fi
"$cache/venv/bin/openapi-python-client" generate --path "$root/openapi.yaml" --output-path "$work/python" --meta none --overwrite >"$work/generate.log" 2>&1 ||
    { cat "$work/generate.log" >&2; exit 1; }
mkdir -p "$work/packages"
mv "$work/python" "$work/packages/synthetic_data_client"
start python
PYTHONPATH=$work/packages "$python" "$root/tests/clients/journey.py" "$link"
echo "2 passed, 0 failed"
