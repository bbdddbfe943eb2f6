"""Prepares a fresh server for one role: users, datasets, generations, exports, of each some that may go. Writes their ids into files, the role's
cookie beside them, and prints what hooks.py reads as shell assignments."""

import json
import pathlib
import sys
import time
import urllib.request

link, role, work = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
origin, token = link.split("/setup#token=")
PASSWORD = "correct horse battery"
SCHEMA = """
name: shop
parameters: { items: 20 }
tables:
  - name: item
    rows: ${items}
    primary_key: [id]
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: price, generator: { type: integer, min: 1, max: 9 } }
  - name: sale
    rows: 40
    columns:
      - { name: id, generator: { type: sequence } }
      - { name: item }
    foreign_keys:
      - { columns: [item], references: { table: item, columns: [id] } }
"""
COPIES = 30


def call(method, path, body=None, bearer=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    request = urllib.request.Request(f"{origin}/api/v1{path}", data=data, method=method, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read() or b"null"), answer.headers


def ended(path):
    for _ in range(600):
        found, _ = call("GET", path, bearer=admin)
        if found["state"] not in ("queued", "running"):
            assert found["state"] == "succeeded", found
            return
        time.sleep(0.02)
    raise SystemExit(f"{path} does not end")


# The first admin stays, so that one remains whatever happens to the others.
first, _ = call("POST", "/auth/setup", {"token": token, "email": "first@example.com", "password": PASSWORD})
admin = first["access_token"]
ids = {"datasets": [], "generations": [], "exports": [], "users": []}
for copy in range(COPIES):
    dataset, _ = call("POST", "/datasets", {"schema_text": SCHEMA}, admin)
    generation, _ = call("POST", f"/datasets/{dataset['id']}/generations", {"seed": copy}, admin)
    ended(f"/generations/{generation['id']}")
    export, _ = call("POST", f"/generations/{generation['id']}/exports", {"format": ("csv", "jsonl", "xlsx")[copy % 3]}, admin)
    ended(f"/exports/{export['id']}")
    ids["datasets"].append(dataset["id"])
    ids["generations"].append(generation["id"])
    ids["exports"].append(export["id"])
    if copy < 10:
        user = {"email": f"user{copy}@example.com", "password": PASSWORD, "role": "viewer"}
        ids["users"].append(call("POST", "/users", user, admin)[0]["id"])
email = f"{role}@example.com"
user, _ = call("POST", "/users", {"email": email, "password": PASSWORD, "role": role}, admin)
_, headers = call("POST", "/auth/login", {"email": email, "password": PASSWORD})
ids["users"].append(user["id"])
ids["tables"] = ["item", "sale"]
for name, values in ids.items():
    (work / name).write_text("".join(f'"{value}"\n' for value in values))
(work / "cookie").write_text(headers["Set-Cookie"].split(";")[0])
print(f"ORIGIN={origin} CALLER_ID={user['id']}")
