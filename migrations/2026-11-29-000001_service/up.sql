-- `updated_at` is a user's entity tag. A higher `session_version` ends the access tokens that were given out before.
ALTER TABLE users ADD COLUMN updated_at TEXT NOT NULL DEFAULT '';
ALTER TABLE users ADD COLUMN session_version INTEGER NOT NULL DEFAULT 1;
UPDATE users SET updated_at = created_at;

CREATE INDEX sessions_user ON sessions (user_id);

-- A key is `sd_<prefix>_<secret>`; of the whole only its SHA-256 is kept. What it may do is the lower of its role and its owner's. `scopes` is
-- a JSON list of resources, null for all.
CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    prefix TEXT NOT NULL UNIQUE,
    key_hash TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    scopes TEXT,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    last_used_at TEXT
) STRICT;
CREATE INDEX api_keys_user ON api_keys (user_id, id);

-- What a POST of work was answered with, written in the transaction that did the work. `request_hash` is the SHA-256 of method, path and body.
CREATE TABLE idempotency_keys (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    location TEXT NOT NULL,
    etag TEXT,
    body TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (user_id, key)
) STRICT;
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- Who changed what, written in the transaction of the change. Users are named as they were then; no row is ever changed.
CREATE TABLE audit (
    id TEXT NOT NULL PRIMARY KEY,
    at TEXT NOT NULL,
    operation TEXT NOT NULL,
    object TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'refused')),
    user_id TEXT,
    user_email TEXT,
    key_id TEXT,
    address TEXT NOT NULL,
    request_id TEXT NOT NULL
) STRICT;
CREATE INDEX audit_user ON audit (user_id, id);
CREATE INDEX audit_operation ON audit (operation, id);
