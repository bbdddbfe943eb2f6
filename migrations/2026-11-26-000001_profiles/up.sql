-- What the values of a table look like, as JSON: written once the last of the table's rows is made.
CREATE TABLE generation_profiles (
    generation_id TEXT NOT NULL REFERENCES generations (id) ON DELETE CASCADE,
    table_index INTEGER NOT NULL,
    profile TEXT NOT NULL,
    PRIMARY KEY (generation_id, table_index)
) STRICT;
