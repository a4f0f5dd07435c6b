-- Which version of an article an account reads, whatever came later: the body that it shows (none for an article of a
-- title alone), and what lists show of it.
CREATE TABLE pinned (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
  body_version BIGINT,
  kind BIGINT NOT NULL,
  title TEXT NOT NULL,
  excerpt TEXT NOT NULL,
  words BIGINT NOT NULL,
  cjk_chars BIGINT NOT NULL,
  pinned_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, article_id)
);
CREATE INDEX pinned_article ON pinned (article_id);
CREATE INDEX pinned_version ON pinned (version_id);

-- Versions that say what the one before said, with other signs, pictures or links.
ALTER TABLE version ADD COLUMN trivial BOOLEAN NOT NULL DEFAULT FALSE;

-- How many versions after the first are not of that kind.
ALTER TABLE article ADD COLUMN edits BIGINT NOT NULL DEFAULT 0;
UPDATE article SET edits = version_count - 1 WHERE version_count > 1;
