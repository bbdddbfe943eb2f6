ALTER TABLE llm_usage DROP COLUMN unanswered_microusd;
ALTER TABLE llm_usage DROP COLUMN asked_by;
ALTER TABLE llm_questions DROP COLUMN exhausted_url;
ALTER TABLE llm_questions DROP COLUMN exhausted_wanted;
