-- What SQLite's index got here would make every change of a count write to an index, which PostgreSQL else need not do
-- (heap-only tuples); its sums are not what a page waits for.
SELECT 1;
