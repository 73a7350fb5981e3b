-- Inserts new users; existing ones are not changed. Rows are ordered by key, so that replicas cannot deadlock. Writes
-- to the schema set by choose_marts.
-- $1 user_id uuid[], $2 source_id text[]
INSERT INTO users (user_id, source_id)
SELECT n.user_id, n.source_id
FROM unnest($1::uuid[], $2::text[]) AS n (user_id, source_id)
ORDER BY n.user_id
ON CONFLICT DO NOTHING
