-- When a user was added to segments and removed, in a period, by time; an expiry is a removal. A row whose end is not after its begin was
-- never a membership. Parameters: the guid, from (inclusive), to (exclusive), now.
SELECT users.guid, segments.name, event.kind, event.at
FROM segments.memberships
JOIN segments.users USING (user_id)
JOIN segments.segments USING (segment_id)
CROSS JOIN LATERAL (
    VALUES (memberships.start_at, 'added'), (memberships.end_at, 'removed')
) AS event (at, kind)
WHERE users.guid = $1
    AND memberships.end_at > memberships.start_at
    AND event.at >= $2
    AND event.at < $3
    AND event.at <= $4
ORDER BY event.at, memberships.id, event.kind DESC
