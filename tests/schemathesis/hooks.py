"""What schemathesis has to know of a role's server that no document says: who calls, and which passwords are none."""

import datetime
import itertools
import json
import os
import pathlib
import re
import string
import urllib.error
import urllib.request
import uuid

import schemathesis
from hypothesis import strategies as st

ORIGIN = os.environ["ORIGIN"]
CALLER = os.environ["CALLER_ID"]
COOKIE = pathlib.Path(os.environ["WORK"]) / "cookie"
SPARES_CALLER = not os.environ.get("TRIES_CALLER")
COUNT = itertools.count()
CURSOR = re.compile("([a-z_]+)-(asc|desc)(?:-(asc|desc))?:")


@schemathesis.auth(refresh_interval=600)
class Session:
    """The access token of the session, renewed before it ends. It is asked for by the cookie, since sign-ins are throttled."""

    last = None

    def get(self, case, context):
        try:
            Session.last = self.renewed()
        except urllib.error.HTTPError:
            # A caller that has removed itself goes on with what it had, which is worth nothing any more.
            if SPARES_CALLER or Session.last is None:
                raise
        return Session.last

    def renewed(self):
        request = urllib.request.Request(
            f"{ORIGIN}/api/v1/auth/refresh", method="POST", headers={"Cookie": COOKIE.read_text()}
        )
        with urllib.request.urlopen(request) as answer:
            COOKIE.write_text(answer.headers["Set-Cookie"].split(";")[0])
            return json.load(answer)["access_token"]

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


# A password that is easily guessed is refused, which no pattern says.
schemathesis.openapi.format(
    "password",
    st.text(alphabet=string.printable.strip() + "éß", min_size=7, max_size=40).map(lambda text: "Xy7!qW9#kd" + text),
)

# What is said of the one table that a generation has, whether it is of prepare.py's schema or of the document's examples; each table has a
# column "id", and some statements are true of no row.
FORMATS = {
    "table-name": ["item"],
    "column-names": ["id", "id,id", " id "],
    "sql-condition": ["id > 3", "id IS NULL", "id BETWEEN 2 AND 5 OR id = 7", "true", "id % 2 = 0 -- even"],
    "byte-range": ["bytes=0-", "bytes=0-9", "bytes=3-3", "bytes=-5", "bytes=0-1,3-4", "rows=1-2"],
    "sql-order": ["id", "id desc", "id asc", "id DESC"],
    "sql-query": [
        "SELECT 1",
        "VALUES (1, 'a'), (2, NULL)",
        "DESCRIBE item",
        "EXPLAIN SELECT * FROM item",
        "SELECT count(*), avg(price) FROM item",
        "WITH dear AS (SELECT id FROM item WHERE price > 5) SELECT i.id FROM item i WHERE i.id NOT IN (SELECT id FROM dear)",
    ],
}
for name, values in FORMATS.items():
    schemathesis.openapi.format(name, st.sampled_from(values))


# Parameters of `rows` that are texts of a format.
TEXTS = {"columns": "column-names", "where": "sql-condition", "order_by": "sql-order"}


def obeyed(name, value):
    """The parameter's value, or one of its format in the place of a text that has another."""
    known = FORMATS.get(TEXTS.get(name), [value])
    return known[0] if isinstance(value, str) and value not in known else value


def is_instant(value):
    """Whether a value is an instant as the document has it."""
    try:
        return isinstance(value, str) and datetime.datetime.fromisoformat(value.upper()).tzinfo is not None
    except ValueError:
        return False


def order_of(key, direction, of_ids):
    """The order that a cursor belongs to, which names the direction of the ids where it is another."""
    return f"{key} {direction}" + (f", id {of_ids}" if of_ids else "")


@schemathesis.hook
def before_call(context, case, kwargs):
    """Spares the caller, whose end would be that of the run: its own removal is tried at last. Gives each request a key of its own."""
    parameters = case.path_parameters or {}
    if SPARES_CALLER and case.method in ("DELETE", "PATCH") and parameters.get("id") == CALLER:
        case.path_parameters = {**parameters, "id": str(uuid.uuid4())}
    # Which parameters a dataset's schema has, only the schema says; these have none. A case that is to be refused may be sound without it, and
    # then its texts were made without a look at their formats.
    if case.query and "set" in case.query:
        case.query = {name: obeyed(name, value) for name, value in case.query.items() if name != "set"}
    # A cursor stands in the place of an offset, and belongs to the order that it names.
    cursor = CURSOR.match(str((case.query or {}).get("cursor")))
    if cursor:
        case.query = {name: value for name, value in case.query.items() if name != "offset"} | {"order_by": order_of(*cursor.groups())}
    elif case.query and case.query.get("cursor") and "offset" in case.query:
        case.query = {name: value for name, value in case.query.items() if name != "offset"}
    # Nor does a document say that an end lies ahead: what is an instant is one of the far future.
    if isinstance(case.body, dict) and is_instant(case.body.get("expires_at")):
        case.body = {**case.body, "expires_at": "2999-12-31T23:59:59Z"}
    headers = case.headers or {}
    # No document says which ETag is the current one: half of those that are made up are `*`, so that changes come through as well.
    for name in headers:
        if name.lower() == "if-match" and isinstance(headers[name], str) and next(COUNT) % 2:
            headers = case.headers = {**headers, name: "*"}
            break
    for name in headers:
        value = headers[name]
        is_key = name.lower() == "idempotency-key" and isinstance(value, str)
        if is_key and 0 < len(value) <= 255 and all("!" <= c <= "~" for c in value):
            case.headers = {**headers, name: f"{value[:200]}-{next(COUNT)}"}
            break
