-- A page of the operations on a user, and of those that began or ended a membership of the user, see list_operations.sql. Parameters: as
-- there, the actor or null, the name of the segment or null; the id, the guid, the id in the source, two of them null.
SELECT
    clock.now,
    given.user_id IS NOT NULL AND ($8::text IS NULL OR found.segment_id IS NOT NULL),
    page.operation_id,
    page.kind,
    page.at,
    page.actor,
    segments.name,
    users.guid,
    page.request_id,
    page.detail::text
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
LEFT JOIN (
    SELECT user_id FROM segments.users WHERE user_id = $9
    UNION ALL
    SELECT user_id FROM segments.users WHERE guid = $10
    UNION ALL
    SELECT user_id FROM segments.users WHERE source_id = $11
) AS given ON true
LEFT JOIN segments.segments AS found ON found.name = $8
LEFT JOIN LATERAL (
    SELECT operations.*
    FROM (
        SELECT operations.operation_id FROM segments.operations WHERE operations.user_id = given.user_id
        UNION
        SELECT memberships.opened_by FROM segments.memberships WHERE memberships.user_id = given.user_id
        UNION
        SELECT memberships.closed_by FROM segments.memberships WHERE memberships.user_id = given.user_id
    ) AS touching
    JOIN segments.operations USING (operation_id)
    WHERE operations.at <= COALESCE($1::timestamp, clock.now)
        AND operations.at >= COALESCE($2::timestamp, '-infinity')
        AND operations.at < COALESCE($3::timestamp, 'infinity')
        AND (operations.at, operations.operation_id) < ($4::timestamp, $5::bigint)
        AND ($7::text IS NULL OR operations.actor = $7)
        AND (
            $8::text IS NULL
            OR operations.segment_id = found.segment_id
            OR EXISTS (
                SELECT
                FROM segments.operation_segments AS touched
                WHERE touched.segment_id = found.segment_id AND touched.at = operations.at
                    AND touched.operation_id = operations.operation_id
            )
        )
    ORDER BY operations.at DESC, operations.operation_id DESC
    LIMIT $6
) AS page ON true
LEFT JOIN segments.segments ON segments.segment_id = page.segment_id
LEFT JOIN segments.users ON users.user_id = page.user_id
ORDER BY page.at DESC, page.operation_id DESC
