-- What a language model was asked: a row for each question and model. `address` is the SHA-256 of both. `item`, the JSON Schema of one answer,
-- and `temperature` are JSON; `item_hash` is the SHA-256 of the former. `answers` counts those that are kept, the calls and tokens are those of
-- all answers, kept or not, by which the next ones are estimated.
CREATE TABLE llm_questions (
    address TEXT NOT NULL PRIMARY KEY,
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    item TEXT NOT NULL,
    item_hash TEXT NOT NULL,
    temperature TEXT,
    answers INTEGER NOT NULL DEFAULT 0 CHECK (answers >= 0),
    is_exhausted INTEGER NOT NULL DEFAULT 0 CHECK (is_exhausted IN (0, 1)),
    calls INTEGER NOT NULL DEFAULT 0 CHECK (calls >= 0),
    prompt_tokens INTEGER NOT NULL DEFAULT 0 CHECK (prompt_tokens >= 0),
    completion_tokens INTEGER NOT NULL DEFAULT 0 CHECK (completion_tokens >= 0),
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX llm_questions_item ON llm_questions (model, item_hash);

-- The answers to a question in the order in which they came, as JSON with its keys in order, each once. Rows are only ever added, behind the
-- others, so that the first thousand answers stay the first thousand.
CREATE TABLE llm_answers (
    address TEXT NOT NULL REFERENCES llm_questions (address),
    place INTEGER NOT NULL CHECK (place >= 0),
    answer TEXT NOT NULL,
    PRIMARY KEY (address, place),
    UNIQUE (address, answer)
) STRICT;

-- Which answers a generation's rows are made of: the first `answers` of each question. `column_names` is JSON; `failure` says why there are none.
CREATE TABLE generation_pools (
    generation_id TEXT NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    address TEXT NOT NULL REFERENCES llm_questions (address),
    table_name TEXT NOT NULL,
    column_names TEXT NOT NULL,
    answers INTEGER NOT NULL CHECK (answers >= 0),
    duplicates INTEGER NOT NULL,
    invalid INTEGER NOT NULL,
    refusals INTEGER NOT NULL,
    is_exhausted INTEGER NOT NULL CHECK (is_exhausted IN (0, 1)),
    failure TEXT,
    PRIMARY KEY (generation_id, place)
) STRICT;

-- The model that a generation asks, null where it asks none; what it may cost; when all its answers were there. One that is held waits for more
-- than its turn: for a key.
ALTER TABLE generations ADD COLUMN llm_model TEXT;
ALTER TABLE generations ADD COLUMN llm_ceiling_usd REAL;
ALTER TABLE generations ADD COLUMN llm_filled_at TEXT;
ALTER TABLE generations ADD COLUMN held_for TEXT CHECK (held_for IN ('key'));
