DROP TABLE generation_pools;
DROP TABLE llm_answers;
DROP TABLE llm_questions;
ALTER TABLE generations DROP COLUMN llm_model;
ALTER TABLE generations DROP COLUMN llm_ceiling_usd;
ALTER TABLE generations DROP COLUMN llm_filled_at;
ALTER TABLE generations DROP COLUMN held_for;
