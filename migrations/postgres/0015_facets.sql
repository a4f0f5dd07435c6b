-- What a search counts of every hit, side by side: a thousand hits of a rare word lie on as many pages of the table itself.
CREATE INDEX article_facets ON article (id, feed_id, sort_at, language);
