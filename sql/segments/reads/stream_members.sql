-- All members of a segment at an instant. Parameters: the segment, the instant.
SELECT memberships.user_id, users.guid, users.source_id, memberships.start_at, memberships.end_at
FROM segments.memberships
JOIN segments.users USING (user_id)
WHERE memberships.segment_id = $1 AND memberships.start_at <= $2 AND memberships.end_at > $2
ORDER BY memberships.user_id
