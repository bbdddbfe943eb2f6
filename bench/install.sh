#!/usr/bin/env bash
# Installs the programs that run.py measures beside the product, outside of the tree. What cannot be installed is left out with a sentence.
set -uo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
peers="${XDG_CACHE_HOME:-$HOME/.cache}/synthetic-data/peers"
mkdir -p "$peers"

# Runs a step whose toolchain is there; a failure costs one peer, not the run.
step() {
    local peer="$1" tool="$2"
    shift 2
    if ! command -v "$tool" >/dev/null 2>&1; then
        echo "$peer: left out, because $tool is not installed" >&2
    elif ! "$@" >"$peers/install.log" 2>&1; then
        echo "$peer: left out, because its installation failed: $(tail -n 1 "$peers/install.log")" >&2
    fi
}

rust() {
    cargo build --release --locked --manifest-path "$here/peers/rust/Cargo.toml" --target-dir "$peers/target"
}

tpchgen() {
    test -x "$peers/cargo/bin/tpchgen-cli" ||
        CARGO_TARGET_DIR="$peers/target-tpchgen" cargo install --locked tpchgen-cli --root "$peers/cargo"
}

python() {
    test -x "$peers/python/bin/python" || python3 -m venv "$peers/python" || return
    "$peers/python/bin/pip" install --quiet --disable-pip-version-check -r "$here/peers/python/$1"
}

node() {
    mkdir -p "$peers/node" && cp "$here"/peers/node/* "$peers/node/" && cd "$peers/node" && npm install --no-audit --no-fund
}

step "programs in Rust" cargo rust
step "tpchgen-cli" cargo tpchgen
step "programs in Python" python3 python requirements.txt
step "dbldatagen" java python requirements-spark.txt
step "faker-js" npm node
