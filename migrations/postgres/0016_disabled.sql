-- Since when an account may not be used. Nothing of it goes; it can be enabled again.
ALTER TABLE account ADD COLUMN disabled_at BIGINT;
