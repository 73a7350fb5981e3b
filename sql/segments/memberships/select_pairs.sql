-- The memberships of a user in segments: of each the open row, and the latest end of a closed one. Parameters: the user, the segments.
SELECT
    given.segment_id,
    opened.id,
    opened.start_at,
    opened.end_at,
    opened.by_refresh,
    (
        SELECT pg_catalog.max(closed.end_at)
        FROM segments.memberships AS closed
        WHERE closed.user_id = $1 AND closed.segment_id = given.segment_id AND closed.id IS DISTINCT FROM opened.id
            AND closed.end_at > closed.start_at
    )
FROM unnest($2::int[]) AS given (segment_id)
LEFT JOIN segments.memberships AS opened
    ON opened.user_id = $1 AND opened.segment_id = given.segment_id AND opened.closed_by IS NULL
ORDER BY given.segment_id
