-- Keeping house: what readers throw away, what keeps it from coming back, and what became of the originals.

-- Articles that an account threw away. State 0 rests in its trash, 1 is gone for good, 2 was brought back, and no retention
-- takes it again. What everybody who could read it has let go for good is deleted, and leaves a tombstone.
CREATE TABLE trashed (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  trashed_at BIGINT NOT NULL,
  state BIGINT NOT NULL DEFAULT 0,
  was_unread BOOLEAN NOT NULL,
  by_retention BOOLEAN NOT NULL,
  PRIMARY KEY (account_id, article_id)
);
CREATE INDEX trashed_list ON trashed (account_id, state, trashed_at, article_id);
CREATE INDEX trashed_age ON trashed (state, trashed_at);
CREATE INDEX trashed_article ON trashed (article_id, account_id);

-- Keys of deleted articles, until their feed has not listed them for 400 days.
CREATE TABLE tombstone (
  feed_id BIGINT NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
  first_key BYTEA NOT NULL,
  second_key BYTEA,
  address_key BYTEA,
  listed_at BIGINT NOT NULL,
  PRIMARY KEY (feed_id, first_key)
);
CREATE INDEX tombstone_second ON tombstone (feed_id, second_key);
CREATE INDEX tombstone_listed ON tombstone (listed_at);

-- The articles that stand in a feed's newest document, as JSON: no retention takes them. Feeds are read whole once more, so
-- that it is known of all of them.
CREATE TABLE listed (
  feed_id BIGINT PRIMARY KEY REFERENCES feed (id) ON DELETE CASCADE,
  articles TEXT NOT NULL
);
UPDATE feed SET etag = NULL, last_modified = NULL, body_hash = NULL WHERE owner_id IS NULL;

-- How long read articles are kept, as JSON. A subscription without a choice follows its account.
ALTER TABLE account ADD COLUMN retention TEXT NOT NULL DEFAULT '{}';
ALTER TABLE subscription ADD COLUMN retention TEXT;

-- What became of the original of an article that somebody kept: 0 it is there, 1 it moved, 2 its text changed, 3 it is gone, 4 nobody
-- can tell. misses counts looks in a row that did not find it.
CREATE TABLE original (
  article_id BIGINT PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
  state BIGINT NOT NULL,
  since BIGINT NOT NULL,
  checked_at BIGINT NOT NULL,
  next_check_at BIGINT NOT NULL,
  misses BIGINT NOT NULL DEFAULT 0,
  moved_to TEXT
);
CREATE INDEX original_due ON original (next_check_at);
CREATE INDEX original_state ON original (state, since, article_id);

-- When all that a feed had was exchanged for articles of another site.
ALTER TABLE feed ADD COLUMN turned_at BIGINT;
