-- What a reader leaves behind while reading: what was opened, tags, highlights, the place in a text.

-- What an account opened, one row for each article, by the last time.
CREATE TABLE opened (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  opened_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, article_id)
) WITHOUT ROWID;
CREATE INDEX opened_list ON opened (account_id, opened_at, article_id);
CREATE INDEX opened_article ON opened (article_id);

-- How far an account has read: a share of the text from 0 to 1,000, and the number of the first paragraph in sight.
CREATE TABLE place (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  share BIGINT NOT NULL,
  paragraph BIGINT NOT NULL,
  stored_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, article_id)
) WITHOUT ROWID;
CREATE INDEX place_article ON place (article_id);

-- name_key is the name without regard to case, by which an account has it once.
CREATE TABLE tag (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (account_id, name_key)
);

-- No cascade from the article here and below: what is tagged or highlighted must not vanish with anything.
CREATE TABLE tagged (
  tag_id BIGINT NOT NULL REFERENCES tag (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id),
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  marked_at BIGINT NOT NULL,
  PRIMARY KEY (tag_id, article_id)
) WITHOUT ROWID;
CREATE INDEX tagged_list ON tagged (account_id, tag_id, marked_at, article_id);
CREATE INDEX tagged_article ON tagged (article_id, account_id);

-- A passage, found again in any state of the text by its words and by what stands around them. The start is counted
-- in characters of the text that it was marked in: a hint for words that stand there more than once.
CREATE TABLE highlight (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id),
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  colour BIGINT NOT NULL,
  exact TEXT NOT NULL,
  prefix TEXT NOT NULL,
  suffix TEXT NOT NULL,
  start BIGINT NOT NULL,
  note TEXT NOT NULL
);
CREATE INDEX highlight_list ON highlight (account_id, created_at, id);
CREATE INDEX highlight_article ON highlight (article_id, account_id, id);

-- What an account deleted, as JSON, for as long as it can be taken back.
CREATE TABLE bin (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  kind BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  content TEXT NOT NULL
);
CREATE INDEX bin_account ON bin (account_id);
CREATE INDEX bin_created ON bin (created_at);

-- Keys for programs of the reader's own. As with sessions, only the hash is here.
CREATE TABLE api_token (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  token_hash BLOB NOT NULL UNIQUE,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT
);
CREATE INDEX api_token_account ON api_token (account_id, id);

-- What is to be done with articles that arrive. Scope 0 is everything, 1 a feed, 2 a category; without its feed or
-- category a rule rests. The condition and the other actions are JSON.
CREATE TABLE rule (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  scope BIGINT NOT NULL,
  feed_id BIGINT REFERENCES feed (id) ON DELETE SET NULL,
  category_id BIGINT REFERENCES category (id) ON DELETE SET NULL,
  tag_id BIGINT REFERENCES tag (id) ON DELETE SET NULL,
  definition TEXT NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX rule_account ON rule (account_id, id);
CREATE INDEX rule_feed ON rule (feed_id);
CREATE INDEX rule_category ON rule (category_id);
CREATE INDEX rule_tag ON rule (tag_id);
