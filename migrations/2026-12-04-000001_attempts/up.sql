-- How often work was begun since its last part was finished: what ends its server each time is given up at last.
ALTER TABLE generations ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
