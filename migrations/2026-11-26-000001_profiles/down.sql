DROP TABLE generation_profiles;
