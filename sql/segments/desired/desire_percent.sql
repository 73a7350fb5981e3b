-- The active users of a percentage. Parameters: the name of the segment, the number of buckets, include, exclude, whether one of include
-- suffices, the time.
INSERT INTO pg_temp.desired (user_id)
SELECT user_id
FROM segments.users
WHERE status = 'active'
    AND segments.bucket($1, guid) < $2
    AND segments.passes(user_id, $3::int[], $4::int[], $5::bool, $6)
