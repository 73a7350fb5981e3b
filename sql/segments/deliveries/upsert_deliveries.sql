-- Memberships that the target has added. Parameters: the subscription, the users, the memberships.
INSERT INTO segments.deliveries (subscription_id, user_id, membership_id)
SELECT $1, added.user_id, added.membership_id
FROM unnest($2::int[], $3::bigint[]) AS added (user_id, membership_id)
ORDER BY added.user_id
ON CONFLICT (subscription_id, user_id) DO UPDATE SET membership_id = EXCLUDED.membership_id
