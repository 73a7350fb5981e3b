-- A page of the history of a user until an instant, with the clock and the user: added, removed, expired. A row whose end is not after its
-- begin was never a membership. Parameters: the id, the guid, the id in the source, two of them null; the instant or null, the time, the
-- membership and the kind of the last event of the page before, the limit.
SELECT
    clock.now,
    given.user_id,
    page.at,
    page.id,
    page.place,
    page.kind,
    page.name,
    page.operation_id
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
LEFT JOIN (
    SELECT user_id FROM segments.users WHERE user_id = $1
    UNION ALL
    SELECT user_id FROM segments.users WHERE guid = $2
    UNION ALL
    SELECT user_id FROM segments.users WHERE source_id = $3
) AS given ON true
LEFT JOIN LATERAL (
    SELECT event.at, memberships.id, event.place, event.kind, segments.name, event.operation_id
    FROM segments.memberships
    JOIN segments.segments USING (segment_id)
    LEFT JOIN segments.operations AS closing ON closing.operation_id = memberships.closed_by
    CROSS JOIN LATERAL (
        VALUES
            (memberships.start_at, 1, 'added', memberships.opened_by),
            (
                memberships.end_at,
                0,
                CASE WHEN closing.kind IS NULL OR closing.kind = 'expire' THEN 'expired' ELSE 'removed' END,
                memberships.closed_by
            )
    ) AS event (at, place, kind, operation_id)
    WHERE memberships.user_id = given.user_id
        AND memberships.end_at > memberships.start_at
        AND event.at <= COALESCE($4::timestamp, clock.now)
        AND (event.at, memberships.id, event.place) > ($5::timestamp, $6::bigint, $7::int)
    ORDER BY event.at, memberships.id, event.place
    LIMIT $8
) AS page ON true
ORDER BY page.at, page.id, page.place
