-- Ids are UUIDv7 texts. Instants are RFC 3339 texts in UTC with milliseconds, so that their order is the order of texts.

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    password_hash TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

-- A refresh token is stored as its SHA-256. Tokens that follow each other are one family, which ends at once.
CREATE TABLE sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    family TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    rotated_at TEXT
) STRICT;
CREATE INDEX sessions_family ON sessions (family);

CREATE TABLE datasets (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    deleted_at TEXT
) STRICT;
CREATE INDEX datasets_updated ON datasets (updated_at);

-- A version never changes. `text` is the schema as it was written, `etag` the SHA-256 of its canonical JSON.
CREATE TABLE dataset_versions (
    dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    text TEXT NOT NULL,
    media_type TEXT NOT NULL,
    canonical TEXT NOT NULL,
    etag TEXT NOT NULL,
    tables TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    PRIMARY KEY (dataset_id, version)
) STRICT;

-- What is enough to make a generation's rows again, and how far it is. `parameters`, `rows`, `tables`, `verdict` and `certificate` are JSON;
-- the verdict is what lists show of the certificate, which may be long.
CREATE TABLE generations (
    id TEXT NOT NULL PRIMARY KEY,
    dataset_id TEXT NOT NULL REFERENCES datasets (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    scale REAL,
    rows TEXT NOT NULL,
    parameters TEXT NOT NULL,
    tables TEXT NOT NULL,
    engine_version TEXT NOT NULL,
    reference_time TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    rows_total INTEGER NOT NULL,
    failure TEXT,
    content_hash TEXT,
    verdict TEXT,
    certificate TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    started_at TEXT,
    finished_at TEXT
) STRICT;
CREATE INDEX generations_dataset ON generations (dataset_id, created_at);
CREATE INDEX generations_state ON generations (state, created_at);

-- A part is recorded once its file is whole and synced. `content_hash` is that of its values, not of the file.
CREATE TABLE generation_parts (
    generation_id TEXT NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    table_index INTEGER NOT NULL,
    part INTEGER NOT NULL,
    rows INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    PRIMARY KEY (generation_id, table_index, part)
) STRICT;

CREATE TABLE exports (
    id TEXT NOT NULL PRIMARY KEY,
    generation_id TEXT NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    format TEXT NOT NULL,
    tables TEXT NOT NULL,
    options TEXT NOT NULL,
    compression TEXT,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
    file_name TEXT,
    media_type TEXT,
    size_bytes INTEGER,
    content_hash TEXT,
    failure TEXT,
    created_at TEXT NOT NULL,
    created_by TEXT REFERENCES users (id) ON DELETE SET NULL,
    finished_at TEXT
) STRICT;
CREATE INDEX exports_generation ON exports (generation_id, created_at);
CREATE INDEX exports_state ON exports (state, created_at);
