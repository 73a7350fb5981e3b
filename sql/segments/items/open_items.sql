-- Opens memberships in the order of users. Parameters: the segment, the operation.
INSERT INTO segments.memberships (segment_id, user_id, start_at, end_at, opened_by)
SELECT $1::int, user_id, start_at, end_at, $2::bigint
FROM pg_temp.planned_items
WHERE action = 'open'
ORDER BY user_id
