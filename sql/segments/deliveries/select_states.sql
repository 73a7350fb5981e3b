-- Users with their open membership, the one that the target has acknowledged, the one that was sent without an answer, and what the target
-- has rejected of them. Parameters: the subscription, the segment, the users.
SELECT
    users.user_id,
    users.guid,
    users.source_id,
    opened.id,
    opened.start_at,
    opened.hash_email,
    opened.hash_phone,
    acknowledged.id,
    acknowledged.start_at,
    acknowledged.hash_email,
    acknowledged.hash_phone,
    CASE WHEN acknowledged.closed_by IS NOT NULL THEN acknowledged.end_at END,
    attempted.id,
    attempted.start_at,
    attempted.hash_email,
    attempted.hash_phone,
    CASE WHEN attempted.closed_by IS NOT NULL THEN attempted.end_at END,
    rejected.ops,
    rejected.membership_ids
FROM pg_catalog.unnest($3::int[]) AS given (user_id)
JOIN segments.users ON users.user_id = given.user_id
LEFT JOIN segments.memberships AS opened
    ON opened.segment_id = $2 AND opened.user_id = users.user_id AND opened.closed_by IS NULL
LEFT JOIN segments.deliveries ON deliveries.subscription_id = $1 AND deliveries.user_id = users.user_id
LEFT JOIN segments.memberships AS acknowledged ON acknowledged.id = deliveries.membership_id
LEFT JOIN segments.memberships AS attempted ON attempted.id = deliveries.attempted_id
CROSS JOIN LATERAL (
    SELECT
        COALESCE(pg_catalog.array_agg(rejections.op ORDER BY rejections.id), '{}') AS ops,
        COALESCE(pg_catalog.array_agg(rejections.membership_id ORDER BY rejections.id), '{}') AS membership_ids
    FROM segments.rejections
    WHERE rejections.subscription_id = $1 AND rejections.membership_id IN (opened.id, acknowledged.id, attempted.id)
) AS rejected
ORDER BY users.user_id
