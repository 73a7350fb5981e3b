-- Users in a range whose open membership is not the one that the target has acknowledged, or whose acknowledged or attempted membership is closed, in
-- their order. Each user is looked up by index, so that the statement ends when it has enough. Parameters: the subscription, the segment,
-- after this user, up to this user, the limit.
SELECT differing.user_id
FROM (
    (
        SELECT opened.user_id
        FROM segments.memberships AS opened
        LEFT JOIN LATERAL (
            SELECT deliveries.membership_id
            FROM segments.deliveries
            WHERE deliveries.subscription_id = $1 AND deliveries.user_id = opened.user_id
            OFFSET 0
        ) AS acknowledged ON true
        WHERE opened.segment_id = $2 AND opened.closed_by IS NULL AND opened.user_id > $3 AND opened.user_id <= $4
            AND acknowledged.membership_id IS DISTINCT FROM opened.id
        ORDER BY opened.user_id
        LIMIT $5
    )
    UNION
    (
        SELECT deliveries.user_id
        FROM segments.deliveries
        CROSS JOIN LATERAL (
            SELECT
            FROM segments.memberships AS closed
            WHERE closed.id IN (deliveries.membership_id, deliveries.attempted_id) AND closed.closed_by IS NOT NULL
            LIMIT 1
        ) AS ended
        WHERE deliveries.subscription_id = $1 AND deliveries.user_id > $3 AND deliveries.user_id <= $4
        ORDER BY deliveries.user_id
        LIMIT $5
    )
) AS differing
ORDER BY differing.user_id
LIMIT $5
