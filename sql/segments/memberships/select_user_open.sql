-- The open memberships of a user. Parameters: the user.
SELECT segment_id, id, start_at, end_at, by_refresh, NULL::timestamp
FROM segments.memberships
WHERE user_id = $1 AND closed_by IS NULL
ORDER BY segment_id
