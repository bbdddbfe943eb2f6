DROP TABLE exports;
DROP TABLE generation_parts;
DROP TABLE generations;
DROP TABLE dataset_versions;
DROP TABLE datasets;
DROP TABLE sessions;
DROP TABLE users;
