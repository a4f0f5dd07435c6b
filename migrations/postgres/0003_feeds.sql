-- What a reader may do with a feed beside reading it, what is remembered of those that were let go, rules that rest.

-- A muted one does not become unread. A paused one does not either, and is not fetched for this reader's sake; since
-- when, so that what came meanwhile can be made unread afterwards. plain_tile leaves its letter without a colour.
ALTER TABLE subscription ADD COLUMN muted BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE subscription ADD COLUMN paused_at BIGINT;
ALTER TABLE subscription ADD COLUMN plain_tile BOOLEAN NOT NULL DEFAULT FALSE;

-- Settings and unread articles of a feed that was let go, as JSON: what comes back when it is followed again.
CREATE TABLE departed (
  account_id BIGINT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  feed_id BIGINT NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
  left_at BIGINT NOT NULL,
  content TEXT NOT NULL,
  PRIMARY KEY (account_id, feed_id)
);
CREATE INDEX departed_feed ON departed (feed_id);
CREATE INDEX departed_left ON departed (left_at);

ALTER TABLE rule ADD COLUMN is_off BOOLEAN NOT NULL DEFAULT FALSE;
