-- The first schema. Times are Unix milliseconds, hashes are cut to 16 bytes where they only compare, JSON is text.

CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  is_admin BOOLEAN NOT NULL DEFAULT FALSE,
  settings TEXT NOT NULL DEFAULT '{}',
  created_at BIGINT NOT NULL
);

CREATE TABLE session (
  token_hash BLOB NOT NULL PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  user_agent TEXT
) WITHOUT ROWID;
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_seen ON session (last_seen_at);

CREATE TABLE category (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  title TEXT NOT NULL,
  position BIGINT NOT NULL DEFAULT 0,
  UNIQUE (account_id, title)
);

-- A feed without an owner is fetched for everybody; one with an owner holds saved or imported pages and is never
-- fetched. Addresses are compared by hash, because PostgreSQL cannot index texts of 4,096 bytes.
CREATE TABLE feed (
  id INTEGER PRIMARY KEY,
  owner_id BIGINT REFERENCES account (id) ON DELETE CASCADE,
  kind BIGINT NOT NULL DEFAULT 0,
  url TEXT NOT NULL,
  url_key BLOB NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  description TEXT,
  site_url TEXT,
  icon_url TEXT,
  language TEXT,
  created_at BIGINT NOT NULL,
  etag TEXT,
  last_modified TEXT,
  body_hash BLOB,
  warnings TEXT NOT NULL DEFAULT '[]',
  moved_to TEXT,
  moved_count BIGINT NOT NULL DEFAULT 0,
  gone BOOLEAN NOT NULL DEFAULT FALSE,
  failure TEXT,
  failing_since BIGINT,
  failure_count BIGINT NOT NULL DEFAULT 0,
  checked_at BIGINT,
  read_at BIGINT,
  interval_millis BIGINT,
  next_check_at BIGINT NOT NULL,
  leased_until BIGINT NOT NULL DEFAULT 0,
  open_attempts BIGINT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX feed_public_url ON feed (url_key) WHERE owner_id IS NULL;
CREATE UNIQUE INDEX feed_private_url ON feed (owner_id, url_key) WHERE owner_id IS NOT NULL;
CREATE INDEX feed_due ON feed (next_check_at, id) WHERE owner_id IS NULL;

CREATE TABLE subscription (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  feed_id BIGINT NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
  category_id BIGINT REFERENCES category (id) ON DELETE SET NULL,
  title TEXT,
  preference BIGINT NOT NULL DEFAULT 0,
  unread_count BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, feed_id)
) WITHOUT ROWID;
CREATE INDEX subscription_feed ON subscription (feed_id, account_id);
CREATE INDEX subscription_category ON subscription (category_id);

-- What lists show, and nothing longer. Texts live in body.
CREATE TABLE article (
  id INTEGER PRIMARY KEY,
  feed_id BIGINT NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
  first_key BLOB NOT NULL,
  second_key BLOB,
  content_hash BLOB NOT NULL,
  sort_at BIGINT NOT NULL,
  fetched_at BIGINT NOT NULL,
  published_at BIGINT,
  shown BIGINT NOT NULL,
  reason BIGINT NOT NULL,
  version_count BIGINT NOT NULL DEFAULT 1,
  words BIGINT NOT NULL DEFAULT 0,
  cjk_chars BIGINT NOT NULL DEFAULT 0,
  partial BOOLEAN NOT NULL DEFAULT FALSE,
  language TEXT,
  title TEXT NOT NULL,
  url TEXT,
  author TEXT,
  excerpt TEXT NOT NULL,
  lead_image TEXT,
  details TEXT
);
CREATE UNIQUE INDEX article_first_key ON article (feed_id, first_key);
CREATE INDEX article_second_key ON article (feed_id, second_key) WHERE second_key IS NOT NULL;
CREATE INDEX article_sort ON article (sort_at, id);
CREATE INDEX article_feed ON article (feed_id, sort_at, id);

-- One state of an article. Its body of a kind is the newest one of that kind in this version or before it, so that
-- a version holds only what changed.
CREATE TABLE version (
  id INTEGER PRIMARY KEY,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  title TEXT NOT NULL
);
CREATE INDEX version_article ON version (article_id, id);

CREATE TABLE body (
  version_id BIGINT NOT NULL REFERENCES version (id) ON DELETE CASCADE,
  kind BIGINT NOT NULL,
  codec BIGINT NOT NULL,
  raw_len BIGINT NOT NULL,
  content BLOB NOT NULL,
  PRIMARY KEY (version_id, kind)
);

-- The fetched page as it was, for a better extractor to come: the newest one of each article.
CREATE TABLE page (
  article_id INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
  url TEXT NOT NULL,
  fetched_at BIGINT NOT NULL,
  codec BIGINT NOT NULL,
  raw_len BIGINT NOT NULL,
  content BLOB NOT NULL
);

CREATE TABLE body_choice (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  kind BIGINT NOT NULL,
  PRIMARY KEY (account_id, article_id)
) WITHOUT ROWID;
CREATE INDEX body_choice_article ON body_choice (article_id);

-- A row exists while an account has not read the article.
CREATE TABLE unread (
  account_id BIGINT NOT NULL,
  sort_at BIGINT NOT NULL,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  feed_id BIGINT NOT NULL,
  PRIMARY KEY (account_id, sort_at, article_id),
  FOREIGN KEY (account_id, feed_id) REFERENCES subscription (account_id, feed_id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX unread_feed ON unread (account_id, feed_id, sort_at, article_id);
CREATE INDEX unread_article ON unread (article_id, account_id);

-- No cascade from the article: what is starred or kept for later must not vanish with anything.
CREATE TABLE starred (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id),
  marked_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, article_id)
) WITHOUT ROWID;
CREATE INDEX starred_list ON starred (account_id, marked_at, article_id);
CREATE INDEX starred_article ON starred (article_id);

CREATE TABLE later (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id),
  marked_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, article_id)
) WITHOUT ROWID;
CREATE INDEX later_list ON later (account_id, marked_at, article_id);
CREATE INDEX later_article ON later (article_id);

-- What a "mark all as read" took away, for ten minutes. One mark has a row for each chunk; receipt is the id of its
-- first row.
CREATE TABLE undo (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  receipt BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  article_ids TEXT NOT NULL
);
CREATE INDEX undo_receipt ON undo (account_id, receipt);
CREATE INDEX undo_created ON undo (created_at);

CREATE TABLE job (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  dedup_key TEXT UNIQUE,
  payload TEXT NOT NULL,
  run_at BIGINT NOT NULL,
  leased_until BIGINT NOT NULL DEFAULT 0,
  attempts BIGINT NOT NULL DEFAULT 0,
  open_attempts BIGINT NOT NULL DEFAULT 0,
  set_aside BOOLEAN NOT NULL DEFAULT FALSE,
  last_error TEXT
);
CREATE INDEX job_due ON job (run_at, id);
