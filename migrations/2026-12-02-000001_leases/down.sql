ALTER TABLE exports DROP COLUMN leased_until;
ALTER TABLE generations DROP COLUMN leased_until;
