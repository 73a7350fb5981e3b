-- Adds the active members whom a refresh put in, for a percentage that only grows. Parameters: the segment.
INSERT INTO pg_temp.desired (user_id)
SELECT memberships.user_id
FROM segments.memberships
JOIN segments.users USING (user_id)
WHERE memberships.segment_id = $1 AND memberships.closed_by IS NULL AND memberships.by_refresh AND users.status = 'active'
    AND NOT EXISTS (SELECT FROM pg_temp.desired WHERE desired.user_id = memberships.user_id)
