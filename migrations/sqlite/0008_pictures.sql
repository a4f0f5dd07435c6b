-- Pictures. Their bytes lie in the picture store by their hash; here stands what pages and housekeeping need to know.

-- An original. Sides are those of the picture as it is shown, 0 where they are not known; the colour is one of 27.
CREATE TABLE picture (
  id INTEGER PRIMARY KEY,
  hash BLOB NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  width BIGINT NOT NULL,
  height BIGINT NOT NULL,
  animated BOOLEAN NOT NULL,
  colour BIGINT,
  stored_at BIGINT NOT NULL
);

-- An address at which a picture is, or was. Without a picture it is still to be fetched, or gone. Addresses are compared
-- by hash, because PostgreSQL cannot index texts of 4,096 bytes. A picture of a feed needs no article to be kept.
CREATE TABLE picture_source (
  id INTEGER PRIMARY KEY,
  url_key BLOB NOT NULL UNIQUE,
  url TEXT NOT NULL,
  picture_id BIGINT REFERENCES picture (id) ON DELETE SET NULL,
  of_feed BOOLEAN NOT NULL DEFAULT FALSE,
  attempts BIGINT NOT NULL DEFAULT 0,
  gone BOOLEAN NOT NULL DEFAULT FALSE,
  failure TEXT
);
CREATE INDEX picture_source_picture ON picture_source (picture_id);

CREATE TABLE article_picture (
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  source_id BIGINT NOT NULL REFERENCES picture_source (id) ON DELETE CASCADE,
  PRIMARY KEY (article_id, source_id)
) WITHOUT ROWID;
CREATE INDEX article_picture_source ON article_picture (source_id, article_id);

-- A smaller form of a picture, which can be made again at any time.
CREATE TABLE variant (
  picture_id BIGINT NOT NULL REFERENCES picture (id) ON DELETE CASCADE,
  spec TEXT NOT NULL,
  bytes BIGINT NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (picture_id, spec)
) WITHOUT ROWID;
CREATE INDEX variant_made ON variant (made_at);

-- Which pictures are kept: 0 all, 1 those of articles that are starred, kept for later, tagged or highlighted, 2 none. A
-- subscription without a choice follows its account.
ALTER TABLE account ADD COLUMN pictures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE subscription ADD COLUMN pictures BIGINT;
