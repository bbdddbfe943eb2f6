-- Until when running work is its worker's. It is renewed while the worker lives; work whose worker is gone is taken by another one after it.
ALTER TABLE generations ADD COLUMN leased_until TEXT;
ALTER TABLE exports ADD COLUMN leased_until TEXT;
