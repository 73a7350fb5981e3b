-- A page of the operations of an actor, see list_operations.sql. Parameters: as there, and the actor.
SELECT
    clock.now,
    true,
    page.operation_id,
    page.kind,
    page.at,
    page.actor,
    segments.name,
    users.guid,
    page.request_id,
    page.detail::text
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
LEFT JOIN LATERAL (
    SELECT operations.*
    FROM segments.operations
    WHERE operations.actor = $7
        AND operations.at <= COALESCE($1::timestamp, clock.now)
        AND operations.at >= COALESCE($2::timestamp, '-infinity')
        AND operations.at < COALESCE($3::timestamp, 'infinity')
        AND (operations.at, operations.operation_id) < ($4::timestamp, $5::bigint)
    ORDER BY operations.at DESC, operations.operation_id DESC
    LIMIT $6
) AS page ON true
LEFT JOIN segments.segments ON segments.segment_id = page.segment_id
LEFT JOIN segments.users ON users.user_id = page.user_id
ORDER BY page.at DESC, page.operation_id DESC
