-- A page of the members of a segment at an instant, with the clock and the segment. Without a member there is one row. Parameters: the name,
-- the instant or null, the last user of the page before, the limit.
SELECT
    clock.now,
    segments.segment_id,
    page.user_id,
    users.guid,
    users.source_id,
    page.start_at,
    page.end_at,
    page.by_refresh
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
LEFT JOIN segments.segments ON segments.name = $1
LEFT JOIN LATERAL (
    SELECT memberships.user_id, memberships.start_at, memberships.end_at, memberships.by_refresh
    FROM segments.memberships
    WHERE memberships.segment_id = segments.segment_id
        AND memberships.user_id > $3
        AND memberships.start_at <= COALESCE($2::timestamp, clock.now)
        AND memberships.end_at > COALESCE($2::timestamp, clock.now)
    ORDER BY memberships.user_id
    LIMIT $4
) AS page ON true
LEFT JOIN segments.users ON users.user_id = page.user_id
ORDER BY page.user_id
