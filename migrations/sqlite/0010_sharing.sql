-- What readers give away: links to single articles, and lists as feeds. Of every code only the SHA-256 is kept.

-- A link to an article as it was when the link was made. snapshot is JSON: title, author, passages and what else the page says
-- beside the text; the text is that of a version, or of the newest before it that brought one of its kind.
CREATE TABLE share (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  version_id BIGINT NOT NULL,
  kind BIGINT NOT NULL,
  code_hash BLOB NOT NULL UNIQUE,
  slug TEXT,
  snapshot TEXT NOT NULL,
  password_hash TEXT,
  shows_name BOOLEAN NOT NULL,
  may_index BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT,
  max_views BIGINT,
  views BIGINT NOT NULL DEFAULT 0,
  last_view_at BIGINT
);
CREATE INDEX share_account ON share (account_id, id);
CREATE INDEX share_article ON share (article_id, account_id);

-- A list of an account that anyone with the code may read. list names it; title is what readers of it see.
CREATE TABLE publication (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  list TEXT NOT NULL,
  title TEXT NOT NULL,
  code_hash BLOB NOT NULL UNIQUE,
  newest BIGINT NOT NULL,
  titles_only BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  last_read_at BIGINT
);
CREATE INDEX publication_account ON publication (account_id, id);
