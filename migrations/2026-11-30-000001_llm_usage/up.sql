-- What calls of a language model took: a row for each column of a generation and each model. The record of the cost stays when the generation
-- is deleted; calls that belong to no generation have none. Money is whole millionths of a US dollar.
CREATE TABLE llm_usage (
    id TEXT NOT NULL PRIMARY KEY,
    generation_id TEXT REFERENCES generations (id) ON DELETE SET NULL,
    table_name TEXT,
    column_name TEXT,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL CHECK (calls >= 0),
    prompt_tokens INTEGER NOT NULL CHECK (prompt_tokens >= 0),
    completion_tokens INTEGER NOT NULL CHECK (completion_tokens >= 0),
    cost_microusd INTEGER NOT NULL CHECK (cost_microusd >= 0),
    created_at TEXT NOT NULL
) STRICT;
CREATE INDEX llm_usage_generation ON llm_usage (generation_id);
CREATE INDEX llm_usage_created ON llm_usage (created_at);
