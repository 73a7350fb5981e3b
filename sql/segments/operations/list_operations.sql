-- A page of operations until an instant, newest first, with the clock. Without an operation there is one row. Parameters: the instant or
-- null, from (inclusive) and to (exclusive) or null, time and id of the last operation of the page before, the limit.
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
    WHERE operations.at <= COALESCE($1::timestamp, clock.now)
        AND operations.at >= COALESCE($2::timestamp, '-infinity')
        AND operations.at < COALESCE($3::timestamp, 'infinity')
        AND (operations.at, operations.operation_id) < ($4::timestamp, $5::bigint)
    ORDER BY operations.at DESC, operations.operation_id DESC
    LIMIT $6
) AS page ON true
LEFT JOIN segments.segments ON segments.segment_id = page.segment_id
LEFT JOIN segments.users ON users.user_id = page.user_id
ORDER BY page.at DESC, page.operation_id DESC
