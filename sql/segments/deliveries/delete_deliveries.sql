-- Memberships that the target has removed. Parameters: the subscription, the users, the memberships.
DELETE FROM segments.deliveries
USING unnest($2::int[], $3::bigint[]) AS removed (user_id, membership_id)
WHERE deliveries.subscription_id = $1
    AND deliveries.user_id = removed.user_id AND deliveries.membership_id = removed.membership_id
