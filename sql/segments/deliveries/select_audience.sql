-- Users in a range who are members, or whose membership the target has acknowledged, in their order. Parameters: the subscription, the
-- segment, after this user, up to this user, the limit.
SELECT listed.user_id
FROM (
    (
        SELECT opened.user_id
        FROM segments.memberships AS opened
        WHERE opened.segment_id = $2 AND opened.closed_by IS NULL AND opened.user_id > $3 AND opened.user_id <= $4
        ORDER BY opened.user_id
        LIMIT $5
    )
    UNION
    (
        SELECT deliveries.user_id
        FROM segments.deliveries
        WHERE deliveries.subscription_id = $1 AND deliveries.user_id > $3 AND deliveries.user_id <= $4
        ORDER BY deliveries.user_id
        LIMIT $5
    )
) AS listed
ORDER BY listed.user_id
LIMIT $5
