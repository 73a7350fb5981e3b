-- Memberships that the target has added. Returns the number of users of whom it had acknowledged none. Parameters: the subscription, the
-- users, the memberships.
WITH added AS (
    SELECT given.user_id, given.membership_id
    FROM unnest($2::int[], $3::bigint[]) AS given (user_id, membership_id)
),
written AS (
    INSERT INTO segments.deliveries (subscription_id, user_id, membership_id)
    SELECT $1, added.user_id, added.membership_id
    FROM added
    ORDER BY added.user_id
    ON CONFLICT (subscription_id, user_id) DO UPDATE SET membership_id = EXCLUDED.membership_id, attempted_id = NULL
)
SELECT pg_catalog.count(*)
FROM added
WHERE NOT EXISTS (
    SELECT
    FROM segments.deliveries
    WHERE deliveries.subscription_id = $1 AND deliveries.user_id = added.user_id AND deliveries.membership_id IS NOT NULL
)
