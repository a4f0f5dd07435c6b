-- Search: what texts are made of, searches that readers keep, and what they looked for last.

-- The terms of each article, one row each under its id. No positions: they would take more than all the texts. Rows of a
-- full-text table do not go with their article by themselves.
CREATE VIRTUAL TABLE search_terms USING fts5(terms, content='', contentless_delete=1, detail=none, tokenize='ascii');
-- Every feed of a first refresh writes a piece of the index. Pieces are joined sixteen by sixteen: four by four, as is usual,
-- takes a fifth more of the writer's time and makes no search quicker.
INSERT INTO search_terms (search_terms, rank) VALUES ('automerge', 16);
INSERT INTO search_terms (search_terms, rank) VALUES ('crisismerge', 32);
CREATE TRIGGER article_is_gone AFTER DELETE ON article BEGIN
  DELETE FROM search_terms WHERE rowid = OLD.id;
END;

-- Which body the terms are those of (none for an article of a title alone), and a sketch of what stands beside what.
CREATE TABLE search_text (
  article_id INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
  version_id BIGINT,
  kind BIGINT NOT NULL,
  sketch BLOB NOT NULL
);

-- Articles whose terms are missing or old. What is stored already comes here once, and is worked off in the background.
CREATE TABLE search_todo (
  article_id INTEGER PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE
);
INSERT INTO search_todo (article_id) SELECT id FROM article;

-- A search that stays. Its unread articles are counted in the background; NULL until that was done.
CREATE TABLE saved_search (
  id INTEGER PRIMARY KEY,
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  query TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  unread BIGINT
);
CREATE INDEX saved_search_account ON saved_search (account_id, id);

-- What an account looked for last.
CREATE TABLE recent_search (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  query TEXT NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (account_id, query)
) WITHOUT ROWID;
