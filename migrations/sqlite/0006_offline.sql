-- When an account last marked an article by hand (0 read, 1 starred, 2 later), so that a mark that was made without a
-- network and is told later does not undo a newer one. Kept for 90 days: for so long a session can hold.
CREATE TABLE acted (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  mark BIGINT NOT NULL,
  acted_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, article_id, mark)
) WITHOUT ROWID;
CREATE INDEX acted_article ON acted (article_id);
CREATE INDEX acted_age ON acted (acted_at);
