-- What of an article can be compared with others: keys of its address and its title, fingerprints of its text. Articles of
-- public feeds only.
CREATE TABLE likeness (
  article_id BIGINT PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
  sort_at BIGINT NOT NULL,
  address BIGINT,
  title BIGINT,
  whole BIGINT,
  beginning BIGINT
);
CREATE INDEX likeness_address ON likeness (address, sort_at);
CREATE INDEX likeness_title ON likeness (title, sort_at);

-- Articles that say the same. What has no others like it is not here.
CREATE TABLE story (
  article_id BIGINT PRIMARY KEY REFERENCES article (id) ON DELETE CASCADE,
  story_id BIGINT NOT NULL
);
CREATE INDEX story_story ON story (story_id, article_id);

-- For one account: an article that another of its feeds brought before, the first. It is not in lists of several feeds, is not
-- unread, and is read as the first one is.
CREATE TABLE repeated (
  account_id BIGINT NOT NULL,
  article_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  feed_id BIGINT NOT NULL,
  first_id BIGINT NOT NULL REFERENCES article (id) ON DELETE CASCADE,
  first_feed_id BIGINT NOT NULL,
  PRIMARY KEY (account_id, article_id),
  FOREIGN KEY (account_id, feed_id) REFERENCES subscription (account_id, feed_id) ON DELETE CASCADE,
  FOREIGN KEY (account_id, first_feed_id) REFERENCES subscription (account_id, feed_id) ON DELETE CASCADE
);
CREATE INDEX repeated_first ON repeated (account_id, first_id, article_id);
CREATE INDEX repeated_feed ON repeated (account_id, feed_id);
CREATE INDEX repeated_first_feed ON repeated (account_id, first_feed_id);
CREATE INDEX repeated_article ON repeated (article_id);
CREATE INDEX repeated_first_article ON repeated (first_id);

-- Whether what several feeds bring is shown once.
ALTER TABLE account ADD COLUMN folds_repeats BOOLEAN NOT NULL DEFAULT TRUE;

-- What an account has cut from the articles of a feed when it reads them: the keys of blocks at heads and tails, as JSON.
CREATE TABLE cutting (
  account_id BIGINT NOT NULL,
  feed_id BIGINT NOT NULL,
  blocks TEXT NOT NULL,
  PRIMARY KEY (account_id, feed_id),
  FOREIGN KEY (account_id, feed_id) REFERENCES subscription (account_id, feed_id) ON DELETE CASCADE
);
