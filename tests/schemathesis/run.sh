#!/usr/bin/env bash
# Tries the whole API with schemathesis, as viewer, editor and admin, each against a server and a database of its own.
#
#   tests/schemathesis/run.sh BINARY [CASES]
#
# CASES is what each operation is tried with at random beside what its document's edges ask for; the default is for every day.
# Beside the binary has to lie that of the scripted model, which answers in the place of a language model; `cargo build --bins` makes both.
# Needs Python with its venv module; schemathesis is installed into a cache outside of the tree. ROLES="viewer" tries one role alone.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
binary=$1
cases=${2:-5}
roles=${ROLES:-viewer editor admin}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/synthetic-data/schemathesis
version=4.32.5
# More is a fault too: the default takes a minute a role on an idle machine.
minutes=$((10 + cases))
work=$(mktemp -d)
server=
model=
stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$model" ] || kill "$model" 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT

python=$cache/venv/bin/python
if [ "$("$python" -c 'import importlib.metadata as m; print(m.version("schemathesis"))' 2>/dev/null)" != "$version" ]; then
    python3 -m venv "$cache/venv"
    "$python" -m pip install --quiet --disable-pip-version-check schemathesis==$version
fi

# Answers the assistant's questions, on a free port; its address is in $model_url.
"$(dirname "$binary")/scripted-model" --seconds 86400 "$root/tests/schemathesis/model.yaml" >"$work/model.out" &
model=$!
for _ in $(seq 300); do
    model_url=$(cat "$work/model.out")
    [ -z "$model_url" ] || break
    sleep 0.1
done
[ -n "$model_url" ] || { echo "the scripted model does not start" >&2; exit 1; }

# Starts a server on a fresh folder and a free port; its set-up link is in $link.
start() {
    [ -z "$server" ] || { kill "$server"; wait "$server" || true; }
    # The model that is asked is the scripted one, whatever key whoever runs this has.
    DATA_DIR=$work/$1 PORT=0 RUST_LOG=warn MAX_ROWS_PER_GENERATION=20000 MAX_UPLOAD_MB=4 OPENAI_BASE_URL=$model_url \
        OPENAI_API_KEY=sk-of-the-scripted-model \
        "$binary" serve >"$work/$1.out" 2>"$work/$1.log" &
    server=$!
    for _ in $(seq 300); do
        link=$(sed -n 's/^Create the first user: //p' "$work/$1.out")
        [ -z "$link" ] || return 0
        sleep 0.1
    done
    echo "the server does not start" >&2
    exit 1
}

# Tries what the arguments after the folder ask for.
try() {
    local folder=$1
    shift
    sed "s|\${WORK}|$folder|" schemathesis.toml >"$folder/schemathesis.toml"
    # shellcheck disable=SC2086
    env $prepared WORK="$folder" timeout --signal INT "$minutes"m "$cache/venv/bin/schemathesis" --config-file "$folder/schemathesis.toml" run "${link%/setup*}/openapi.json" --no-color \
        ${SEED:+--seed "$SEED"} "$@"
}

cd "$root"
failed=0
for role in $roles; do
    echo "== $role"
    start "$role"
    folder=$work/of-$role
    mkdir "$folder"
    prepared=$("$python" tests/schemathesis/prepare.py "$link" "$role" "$folder")
    try "$folder" --max-examples "$cases" || failed=1
    if [ "$role" = admin ]; then
        # At last the caller itself, who is changed, and then gone.
        printf '"%s"\n' "${prepared##*CALLER_ID=}" >"$folder/users"
        for operation in update_user delete_user; do
            TRIES_CALLER=1 try "$folder" --max-examples 10 --phases fuzzing --include-operation-id "$operation" || failed=1
        done
    fi
    # What a client sends is no error of the server's.
    if grep -n "ERROR\|panicked" "$work/$role.log" | grep -v "stream error: request parse error"; then failed=1; fi
done
exit $failed
