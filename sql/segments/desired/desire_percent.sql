-- The active users of a percentage. Parameters: the name of the segment, the number of buckets, include, exclude, whether one of include
-- suffices, the time.
INSERT INTO pg_temp.desired (user_id)
SELECT user_id
FROM segments.users
WHERE status = 'active'
    -- As segments.bucket($1, guid) < $2, in half the time.
    AND pg_catalog.sha256(pg_catalog.convert_to($1 || ':' || guid::text, 'UTF8')) < (SELECT segments.bucket_end($2))
    AND (($3::int[] = '{}' AND $4::int[] = '{}') OR segments.passes(user_id, $3::int[], $4::int[], $5::bool, $6))
