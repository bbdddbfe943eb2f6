#!/usr/bin/env bash
# The deployment, rehearsed without Docker: the steps of prod.Dockerfile in a clean Debian root, then migrate, serve, generate, back up, wipe
# and restore in it, as the image's user and as another.
#
#   tests/image/run.sh [BINARY]
#
# With BINARY, which has the studio in it, the stages that make one are passed over; they take a good while. Needs root, debootstrap and, once,
# a mirror of Debian; DEBIAN_MIRROR names another than the usual one. The clean root is kept outside of the tree.
set -euo pipefail
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
binary=${1:-}
[ "$(id -u)" = 0 ] || { echo "$0: chroot wants root" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "$0: debootstrap is not installed" >&2; exit 1; }

# The base that the last stage names: debian:SUITE or debian:SUITE-slim.
base=$(sed -n 's/^FROM debian:\([a-z]*\).*/\1/p' "$tree/prod.Dockerfile" | tail -1)
[ -n "$base" ] || { echo "$0: the last stage of prod.Dockerfile starts from no Debian" >&2; exit 1; }
clean=${XDG_CACHE_HOME:-$HOME/.cache}/synthetic-data/image/$base
if [ ! -e "$clean/etc/debian_version" ]; then
    rm -rf "$clean" "$clean.part"
    mkdir -p "$clean.part"
    debootstrap --variant=minbase "$base" "$clean.part" ${DEBIAN_MIRROR:+"$DEBIAN_MIRROR"} >"$clean.log" || { tail -5 "$clean.log" >&2; exit 1; }
    mv "$clean.part" "$clean"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -a --reflink=auto "$clean" "$work/root"
python3 "$tree/tests/image/rehearse.py" --source "$tree" --root "$work/root" --work "$work" ${binary:+--binary "$binary"}
