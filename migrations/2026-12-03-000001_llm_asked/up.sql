-- That the model had no more answers is known of who was asked, and of how many were wanted: another server may know more, and who wants more
-- asks again. Where these are not known, the model is asked again.
ALTER TABLE llm_questions ADD COLUMN exhausted_wanted INTEGER CHECK (exhausted_wanted >= 0);
ALTER TABLE llm_questions ADD COLUMN exhausted_url TEXT;

-- Who asked: a generation, which may be deleted since, the assistant, or a command. What may be billed without an answer - cut off, too late,
-- cancelled - in millionths of a US dollar; it counts against the ceiling of a generation that goes on.
ALTER TABLE llm_usage ADD COLUMN asked_by TEXT NOT NULL DEFAULT 'generation' CHECK (asked_by IN ('generation', 'assistant', 'command'));
ALTER TABLE llm_usage ADD COLUMN unanswered_microusd INTEGER NOT NULL DEFAULT 0 CHECK (unanswered_microusd >= 0);
UPDATE llm_usage SET asked_by = 'assistant' WHERE generation_id IS NULL AND column_name IS NULL;
