-- Digests: lists made into books, by a clock or when their reader says so; and what a hub is told of published lists.

-- A list that becomes a book. rhythm: 0 by hand, 1 to 7 on a weekday (Monday is 1), 8 every day; hour is that of its reader. had is JSON:
-- the articles of earlier books, so that the next one brings others. outcome: 0 none yet, 1 a book, 2 nothing new, 3 the list is
-- gone, 4 failed. A book lies in the catalogue of a published list if it was made for it and its digest still is.
CREATE TABLE digest (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  list TEXT NOT NULL,
  title TEXT NOT NULL,
  rhythm BIGINT NOT NULL,
  hour BIGINT NOT NULL,
  newest BIGINT NOT NULL,
  only_new BOOLEAN NOT NULL,
  max_bytes BIGINT NOT NULL,
  kept BIGINT NOT NULL,
  publication_id BIGINT REFERENCES publication (id) ON DELETE SET NULL,
  had TEXT NOT NULL DEFAULT '[]',
  due_at BIGINT,
  leased_until BIGINT NOT NULL DEFAULT 0,
  tries BIGINT NOT NULL DEFAULT 0,
  outcome BIGINT NOT NULL DEFAULT 0,
  outcome_at BIGINT
);
CREATE INDEX digest_account ON digest (account_id, id);
CREATE INDEX digest_due ON digest (due_at);
CREATE INDEX digest_publication ON digest (publication_id);

CREATE TABLE digest_book (
  id INTEGER PRIMARY KEY,
  digest_id BIGINT NOT NULL REFERENCES digest (id) ON DELETE CASCADE,
  publication_id BIGINT REFERENCES publication (id) ON DELETE SET NULL,
  title TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  articles BIGINT NOT NULL,
  left_out BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  file BLOB NOT NULL
);
CREATE INDEX digest_book_digest ON digest_book (digest_id, id);
CREATE INDEX digest_book_publication ON digest_book (publication_id);

-- The code of a published list, sealed with a key of the instance, so that a hub can be told its address; NULL for lists whose
-- code was made before. told is what the list had when the hub was told the last time; next_ping_at and failures say when to try again.
ALTER TABLE publication ADD COLUMN sealed_code BLOB;
ALTER TABLE publication ADD COLUMN told BLOB;
ALTER TABLE publication ADD COLUMN next_ping_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE publication ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
