-- Changes to send: who has to be added and who removed, without what was rejected. Parameters: the subscription, the segment.
SELECT (
    SELECT pg_catalog.count(*)
    FROM segments.memberships AS opened
    WHERE opened.segment_id = $2 AND opened.closed_by IS NULL
        AND NOT EXISTS (
            SELECT
            FROM segments.deliveries
            WHERE deliveries.subscription_id = $1 AND deliveries.user_id = opened.user_id AND deliveries.membership_id = opened.id
        )
        AND NOT EXISTS (
            SELECT
            FROM segments.rejections
            WHERE rejections.subscription_id = $1 AND rejections.membership_id = opened.id AND rejections.op = 'added'
        )
) + (
    SELECT pg_catalog.count(*)
    FROM segments.deliveries
    JOIN segments.memberships AS closed ON closed.id IN (deliveries.membership_id, deliveries.attempted_id) AND closed.closed_by IS NOT NULL
    WHERE deliveries.subscription_id = $1
        AND NOT EXISTS (
            SELECT
            FROM segments.rejections
            WHERE rejections.subscription_id = $1 AND rejections.membership_id = closed.id AND rejections.op = 'removed'
        )
)
