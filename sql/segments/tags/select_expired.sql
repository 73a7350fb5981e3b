-- Open memberships of a user whose time is over. Parameters: the user, the segments, the time.
SELECT segment_id, id, end_at
FROM segments.memberships
WHERE user_id = $1 AND segment_id = ANY ($2) AND closed_by IS NULL AND end_at <= $3
ORDER BY segment_id
