-- How an account looks at one of its lists, as JSON, where that differs from how it looks at all of them. Scope says what the list is
-- of; a feed, a category or a tag takes its choice along when it goes.
CREATE TABLE list_choice (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  scope BIGINT NOT NULL,
  feed_id BIGINT REFERENCES feed (id) ON DELETE CASCADE,
  category_id BIGINT REFERENCES category (id) ON DELETE CASCADE,
  tag_id BIGINT REFERENCES tag (id) ON DELETE CASCADE,
  choice TEXT NOT NULL
);
CREATE UNIQUE INDEX list_choice_list ON list_choice (account_id, scope, (COALESCE(feed_id, category_id, tag_id, 0)));
CREATE INDEX list_choice_feed ON list_choice (feed_id);
CREATE INDEX list_choice_category ON list_choice (category_id);
CREATE INDEX list_choice_tag ON list_choice (tag_id);
