-- Opens managed memberships of a user in segments in which the user has no open one. Parameters: the user, the operation, the time, the
-- segments.
INSERT INTO segments.memberships (segment_id, user_id, start_at, opened_by, by_refresh)
SELECT
    segment_id,
    $1,
    GREATEST(
        $3,
        (
            SELECT pg_catalog.max(closed.end_at)
            FROM segments.memberships AS closed
            WHERE closed.segment_id = given.segment_id AND closed.user_id = $1 AND closed.end_at > closed.start_at
        )
    ),
    $2::bigint,
    true
FROM pg_catalog.unnest($4::int[]) AS given (segment_id)
WHERE NOT EXISTS (
    SELECT
    FROM segments.memberships AS opened
    WHERE opened.segment_id = given.segment_id AND opened.user_id = $1 AND opened.closed_by IS NULL
)
ORDER BY segment_id
