-- No number of an article is given twice: links, books and browsers remember it. SQLite would give that of the newest one again
-- once it is deleted, so the greatest that went is written down.
CREATE TRIGGER article_number_is_gone AFTER DELETE ON article
WHEN NOT EXISTS (SELECT 1 FROM article WHERE id > OLD.id) BEGIN
  INSERT INTO meta (name, value) VALUES ('last-article', OLD.id)
  ON CONFLICT (name) DO UPDATE SET value = MAX(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER));
END;
