-- The history of a user: when the user was added to segments, was removed, or the time was over. A row whose end is not after its begin
-- was never a membership. Parameters: the user, the time.
SELECT event.at, segments.name, event.kind, event.operation_id
FROM segments.memberships
JOIN segments.segments USING (segment_id)
LEFT JOIN segments.operations AS closing ON closing.operation_id = memberships.closed_by
CROSS JOIN LATERAL (
    VALUES
        (memberships.start_at, 'added', memberships.opened_by, memberships.start_at <= $2),
        (
            memberships.end_at,
            CASE WHEN closing.kind IS NULL OR closing.kind = 'expire' THEN 'expired' ELSE 'removed' END,
            memberships.closed_by,
            memberships.end_at <= $2
        )
) AS event (at, kind, operation_id, happened)
WHERE memberships.user_id = $1 AND memberships.end_at > memberships.start_at AND event.happened
ORDER BY event.at, memberships.id
