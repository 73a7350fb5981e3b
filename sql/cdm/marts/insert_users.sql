-- New users; those already there stay as they are. Ordered by key, so that two replicas never wait in a circle.
-- Into the marts that choose_marts has chosen.
-- $1 user_id uuid[], $2 source_id text[]
INSERT INTO users (user_id, source_id)
SELECT n.user_id, n.source_id
FROM unnest($1::uuid[], $2::text[]) AS n (user_id, source_id)
ORDER BY n.user_id
ON CONFLICT DO NOTHING
