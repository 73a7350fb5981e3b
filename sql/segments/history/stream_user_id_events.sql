-- When a user was added to segments, was removed, or the time was over, in a period, by time. A row whose end is not after its begin was
-- never a membership. Parameters: the user, from (inclusive), to (exclusive), now.
SELECT users.guid, segments.name, event.kind, event.at
FROM segments.memberships
JOIN segments.users USING (user_id)
JOIN segments.segments USING (segment_id)
LEFT JOIN segments.operations AS closing ON closing.operation_id = memberships.closed_by
CROSS JOIN LATERAL (
    VALUES
        (memberships.start_at, 'added'),
        (memberships.end_at, CASE WHEN closing.kind IS NULL OR closing.kind = 'expire' THEN 'expired' ELSE 'removed' END)
) AS event (at, kind)
WHERE memberships.user_id = $1
    AND memberships.end_at > memberships.start_at
    AND event.at >= $2
    AND event.at < $3
    AND event.at <= $4
ORDER BY event.at, memberships.id, event.kind DESC
