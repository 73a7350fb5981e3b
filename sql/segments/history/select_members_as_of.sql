-- The members of a segment at an instant, a page of them. Parameters: the segment, the instant, the last user of the page before, the limit.
SELECT user_id, start_at, end_at
FROM segments.memberships
WHERE segment_id = $1 AND user_id > $3 AND start_at <= $2 AND end_at > $2
ORDER BY user_id
LIMIT $4
