ALTER TABLE generations DROP COLUMN attempts;
