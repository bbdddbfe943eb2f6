DROP TABLE audit;
DROP TABLE idempotency_keys;
DROP TABLE api_keys;
DROP INDEX sessions_user;
ALTER TABLE users DROP COLUMN session_version;
ALTER TABLE users DROP COLUMN updated_at;
