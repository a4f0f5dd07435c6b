-- The sums beside categories are drawn with every list: with its counts in it, the index alone answers, in half of the time.
DROP INDEX subscription_category;
CREATE INDEX subscription_category ON subscription (category_id, account_id, unread_count);
