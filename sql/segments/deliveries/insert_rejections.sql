-- Changes that the target has rejected. Parameters: the subscription, the memberships, the kinds, the users, the ids of the changes, the
-- responses.
INSERT INTO segments.rejections (subscription_id, membership_id, op, user_id, change_id, response)
SELECT $1, rejected.membership_id, rejected.op, rejected.user_id, rejected.change_id, rejected.response
FROM unnest($2::bigint[], $3::text[], $4::int[], $5::text[], $6::text[])
    AS rejected (membership_id, op, user_id, change_id, response)
ON CONFLICT (subscription_id, membership_id, op) DO NOTHING
