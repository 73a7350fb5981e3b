-- A page of the segments of a user at an instant, with the clock and the user. Without a segment there is one row. Parameters: the id, the
-- guid, the id in the source, two of them null; the instant or null, the last segment of the page before, the limit.
SELECT
    clock.now,
    given.user_id,
    page.segment_id,
    segments.name,
    page.start_at,
    page.end_at,
    page.by_refresh
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
LEFT JOIN (
    SELECT user_id FROM segments.users WHERE user_id = $1
    UNION ALL
    SELECT user_id FROM segments.users WHERE guid = $2
    UNION ALL
    SELECT user_id FROM segments.users WHERE source_id = $3
) AS given ON true
LEFT JOIN LATERAL (
    SELECT memberships.segment_id, memberships.start_at, memberships.end_at, memberships.by_refresh
    FROM segments.memberships
    WHERE memberships.user_id = given.user_id
        AND memberships.segment_id > $5
        AND memberships.start_at <= COALESCE($4::timestamp, clock.now)
        AND memberships.end_at > COALESCE($4::timestamp, clock.now)
    ORDER BY memberships.segment_id
    LIMIT $6
) AS page ON true
LEFT JOIN segments.segments ON segments.segment_id = page.segment_id
ORDER BY page.segment_id
