-- Adds the active users of the first buckets who are not members. The users are locked, so that none is removed meanwhile. Parameters: the
-- segment, its name, the number of buckets, the time, the operation, the end, include, exclude, whether one of include suffices.
WITH joining AS (
    SELECT user_id
    FROM segments.users
    WHERE status = 'active'
        -- As segments.bucket($2, guid) < $3, in half the time.
        AND pg_catalog.sha256(pg_catalog.convert_to($2 || ':' || guid::text, 'UTF8')) < (SELECT segments.bucket_end($3))
        AND (($7::int[] = '{}' AND $8::int[] = '{}') OR segments.passes(user_id, $7::int[], $8::int[], $9::bool, $4))
        AND NOT EXISTS (
            SELECT
            FROM segments.memberships AS opened
            WHERE opened.segment_id = $1 AND opened.user_id = users.user_id AND opened.closed_by IS NULL
        )
    ORDER BY user_id
    FOR SHARE
)
INSERT INTO segments.memberships (segment_id, user_id, start_at, end_at, opened_by)
SELECT
    $1,
    user_id,
    GREATEST(
        $4,
        (
            SELECT pg_catalog.max(closed.end_at)
            FROM segments.memberships AS closed
            WHERE closed.segment_id = $1 AND closed.user_id = joining.user_id AND closed.end_at > closed.start_at
        )
    ),
    $6::timestamp,
    $5::bigint
FROM joining
ORDER BY user_id
