-- Why a user is in a segment now, or no longer: the clock, the segment, the user's bucket in it, the latest membership and the operation that
-- opened it, or that closed it, the user and the tag of the segment. Parameters: the id, the guid, the id in the source, two of them null; the name of the segment.
SELECT
    clock.now,
    segments.segment_id,
    segments.bucket(segments.name, users.guid),
    latest.start_at,
    latest.end_at,
    latest.by_refresh,
    operations.operation_id,
    operations.kind,
    operations.at,
    operations.actor,
    operations.request_id,
    operations.detail::text,
    given.user_id,
    segments.refresh_params #>> '{tag,tag}'
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
LEFT JOIN segments.segments ON segments.name = $4
LEFT JOIN (
    SELECT user_id FROM segments.users WHERE user_id = $1
    UNION ALL
    SELECT user_id FROM segments.users WHERE guid = $2
    UNION ALL
    SELECT user_id FROM segments.users WHERE source_id = $3
) AS given ON true
LEFT JOIN segments.users ON users.user_id = given.user_id
LEFT JOIN LATERAL (
    SELECT memberships.*
    FROM segments.memberships
    WHERE memberships.segment_id = segments.segment_id AND memberships.user_id = given.user_id
        AND memberships.end_at > memberships.start_at AND memberships.start_at <= clock.now
    ORDER BY memberships.start_at DESC
    LIMIT 1
) AS latest ON true
LEFT JOIN segments.operations
    ON operations.operation_id = CASE WHEN latest.end_at > clock.now THEN latest.opened_by ELSE latest.closed_by END
