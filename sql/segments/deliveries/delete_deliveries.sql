-- Memberships that the target has not, or not any more. Returns the number of those that it had acknowledged. Parameters: the subscription,
-- the users, the memberships.
WITH gone AS (
    SELECT given.user_id, pg_catalog.array_agg(given.membership_id) AS ids
    FROM unnest($2::int[], $3::bigint[]) AS given (user_id, membership_id)
    GROUP BY given.user_id
),
changed AS (
    SELECT
        deliveries.user_id,
        CASE WHEN deliveries.membership_id <> ALL (gone.ids) THEN deliveries.membership_id END AS membership_id,
        CASE WHEN deliveries.attempted_id <> ALL (gone.ids) THEN deliveries.attempted_id END AS attempted_id,
        deliveries.membership_id = ANY (gone.ids) AS was_acknowledged
    FROM gone
    JOIN segments.deliveries ON deliveries.subscription_id = $1 AND deliveries.user_id = gone.user_id
),
deleted AS (
    DELETE FROM segments.deliveries
    USING changed
    WHERE deliveries.subscription_id = $1 AND deliveries.user_id = changed.user_id
        AND changed.membership_id IS NULL AND changed.attempted_id IS NULL
),
kept AS (
    UPDATE segments.deliveries
    SET membership_id = changed.membership_id, attempted_id = changed.attempted_id
    FROM changed
    WHERE deliveries.subscription_id = $1 AND deliveries.user_id = changed.user_id
        AND (changed.membership_id IS NOT NULL OR changed.attempted_id IS NOT NULL)
)
SELECT pg_catalog.count(*) FROM changed WHERE was_acknowledged
