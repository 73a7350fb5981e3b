-- Notes memberships before they are sent. Parameters: the subscription, the users, the memberships.
INSERT INTO segments.deliveries (subscription_id, user_id, attempted_id)
SELECT $1, sent.user_id, sent.membership_id
FROM unnest($2::int[], $3::bigint[]) AS sent (user_id, membership_id)
ORDER BY sent.user_id
ON CONFLICT (subscription_id, user_id) DO UPDATE SET attempted_id = EXCLUDED.attempted_id
