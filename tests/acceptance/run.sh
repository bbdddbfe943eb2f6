#!/usr/bin/env bash
# The main job from the command line, checked by programs that share nothing with it.
#
#   tests/acceptance/run.sh BINARY
#
# Needs Python with its venv module; openpyxl is installed into a cache outside of the tree.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
binary=$1
venv=${XDG_CACHE_HOME:-$HOME/.cache}/synthetic-data/acceptance
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! "$venv/bin/python" -c 'import openpyxl' 2>/dev/null; then
    python3 -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check openpyxl==3.1.5
fi

cd "$work"
"$binary" init hiring 2>/dev/null
"$binary" generate hiring.yaml --format xlsx --out hiring.xlsx
"$binary" generate hiring.yaml --format csv --out out/
python3 "$root/tests/acceptance/check_hiring.py" out
"$venv/bin/python" "$root/tests/acceptance/workbook.py" hiring.xlsx out
"$binary" verify hiring.yaml out/*.csv >verified.txt

# A new candidate who has a company breaks one rule, and verify names it.
sed -i '0,/,new,,,/s//,new,,OD336,/' out/candidate.csv
if "$binary" verify hiring.yaml out/*.csv >broken.txt 2>&1; then
    echo "verify found nothing wrong with a changed cell" >&2
    exit 1
fi
grep -q '✗ new-ones-have-no-company' broken.txt

# A range is those rows of the whole, with any number of threads, in another time zone and language.
"$binary" generate hiring.yaml --set candidates=20000 --threads 1 --out whole/
TZ=Asia/Tokyo LC_ALL=C "$binary" generate hiring.yaml --set candidates=20000 --threads 2 --out again/
diff -r whole again
"$binary" generate hiring.yaml --set candidates=20000 --table candidate --range 10..20 --out - >range.csv
diff <(sed -n '12,21p' whole/candidate.csv) <(sed 1d range.csv)

# Another column changes no other.
sed '/name: short_name/a\      - { name: extra, generator: { type: word } }' hiring.yaml >wider.yaml
"$binary" generate wider.yaml --table candidate --out wider/
"$binary" generate hiring.yaml --table candidate --out narrow/
diff <(cut -d, -f1-8 wider/candidate.csv) narrow/candidate.csv
echo "9 passed, 0 failed"
