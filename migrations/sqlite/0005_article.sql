-- How far an account has listened to or watched the sound and film of an article, in seconds. file_key is the first half of
-- the SHA-256 of the file’s address, in hexadecimal. What was not begun, or was played to its end, has no row.
CREATE TABLE played (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  file_key TEXT NOT NULL,
  seconds BIGINT NOT NULL,
  stored_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, article_id, file_key)
) WITHOUT ROWID;
CREATE INDEX played_article ON played (article_id);
