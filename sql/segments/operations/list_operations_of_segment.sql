-- A page of the operations on a segment, and of those on one user that change members of the segment, see list_operations.sql. Parameters: as
-- there, the actor or null, the name of the segment.
SELECT
    clock.now,
    found.segment_id IS NOT NULL,
    page.operation_id,
    page.kind,
    page.at,
    page.actor,
    segments.name,
    users.guid,
    page.request_id,
    page.detail::text
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
LEFT JOIN segments.segments AS found ON found.name = $8
LEFT JOIN LATERAL (
    SELECT either.*
    FROM (
        (
            SELECT operations.*
            FROM segments.operations
            WHERE operations.segment_id = found.segment_id
                AND operations.at <= COALESCE($1::timestamp, clock.now)
                AND operations.at >= COALESCE($2::timestamp, '-infinity')
                AND operations.at < COALESCE($3::timestamp, 'infinity')
                AND (operations.at, operations.operation_id) < ($4::timestamp, $5::bigint)
                AND ($7::text IS NULL OR operations.actor = $7)
            ORDER BY operations.at DESC, operations.operation_id DESC
            LIMIT $6
        )
        UNION ALL
        (
            SELECT operations.*
            FROM segments.operation_segments AS touched
            JOIN segments.operations USING (operation_id)
            WHERE touched.segment_id = found.segment_id
                AND touched.at <= COALESCE($1::timestamp, clock.now)
                AND touched.at >= COALESCE($2::timestamp, '-infinity')
                AND touched.at < COALESCE($3::timestamp, 'infinity')
                AND (touched.at, touched.operation_id) < ($4::timestamp, $5::bigint)
                AND ($7::text IS NULL OR operations.actor = $7)
            ORDER BY touched.at DESC, touched.operation_id DESC
            LIMIT $6
        )
    ) AS either
    ORDER BY either.at DESC, either.operation_id DESC
    LIMIT $6
) AS page ON true
LEFT JOIN segments.segments ON segments.segment_id = page.segment_id
LEFT JOIN segments.users ON users.user_id = page.user_id
ORDER BY page.at DESC, page.operation_id DESC
