-- The segments of a user at an instant. Parameters: the user, the instant.
SELECT segment_id, start_at, end_at
FROM segments.memberships
WHERE user_id = $1 AND start_at <= $2 AND end_at > $2
ORDER BY segment_id
