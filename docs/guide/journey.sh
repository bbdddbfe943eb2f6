#!/bin/sh
# From a fresh server to a certified workbook with curl alone.
#
#   docs/guide/journey.sh SETUP_LINK [FOLDER]
#
# SETUP_LINK is what `synthetic-data serve` prints while no user exists. FOLDER (the working folder by default) gets hiring.xlsx and
# candidate.csv.
set -eu

link=$1
folder=${2:-.}
server=${link%%/setup#*}
api=$server/api/v1
token=${link##*token=}

# The text of a key in a JSON answer; ids, states and addresses hold no quotes.
value() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" | head -n 1; }

# The link creates the first user, who is signed in with the answer.
access=$(curl -fsS "$api/auth/setup" -H 'Content-Type: application/json' \
    -d "{\"token\": \"$token\", \"email\": \"ana@example.com\", \"password\": \"correct horse battery\", \"name\": \"Ana\"}" |
    value access_token)
call() { curl -fsS -H "Authorization: Bearer $access" "$@"; }

# A dataset from a template: a schema is saved as text, comments kept.
schema=$(call "$api/templates/hiring" | sed -n 's/.*"text":\(".*"\)}$/\1/p')
dataset=$(call "$api/datasets" -H 'Content-Type: application/json' -d "{\"schema_text\": $schema}" |
    sed -n 's/^{"id":"\([^"]*\)".*/\1/p')
echo "dataset $dataset"

# Another version: the ETag says which one the change starts from.
etag=$(call -o "$folder/schema.yaml" -D - "$api/datasets/$dataset/schema" | tr -d '\r' | sed -n 's/^etag: //p')
sed 's/candidates: 100/candidates: 250/' "$folder/schema.yaml" |
    call -X PUT "$api/datasets/$dataset/schema" -H 'Content-Type: application/yaml' -H "If-Match: $etag" --data-binary @- >/dev/null

# The first rows, before anything is generated.
call "$api/datasets/$dataset/tables/candidate/rows?limit=2&columns=id,first_name,surname"
echo

# A generation is a job: its events tell how far it is and end with it.
generation=$(call -X POST "$api/datasets/$dataset/generations" -H 'Content-Type: application/json' -d '{"seed": 7}' |
    sed -n 's/^{"id":"\([^"]*\)".*/\1/p')
call -N "$api/generations/$generation/events" | tail -n 2
state=$(call "$api/generations/$generation" | value state)
echo "generation $generation: $state"

# What was proved.
call "$api/generations/$generation/certificate?format=html" -o "$folder/certificate.html"

# Files: asked for, waited for, fetched.
fetch() {
    export=$(call -X POST "$api/generations/$generation/exports" -H 'Content-Type: application/json' -d "$1" |
        sed -n 's/^{"id":"\([^"]*\)".*/\1/p')
    until [ "$(call "$api/exports/$export" | value state)" = succeeded ]; do sleep 0.2; done
    call "$api/exports/$export/content" -o "$folder/$2"
    echo "$folder/$2"
}
fetch '{"format": "xlsx"}' hiring.xlsx
fetch '{"format": "csv", "tables": ["candidate"]}' candidate.csv
