-- Whether users are in segments now. Parameters: an array each of ids, guids, ids in the source (two of the three are null), and names of
-- segments.
SELECT segments.segment_id IS NOT NULL, current.start_at, current.end_at
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
CROSS JOIN unnest($1::int[], $2::uuid[], $3::text[], $4::text[]) WITH ORDINALITY
    AS pair (user_id, guid, source_id, name, place)
LEFT JOIN segments.segments ON segments.name = pair.name
LEFT JOIN LATERAL (
    SELECT user_id FROM segments.users WHERE users.user_id = pair.user_id
    UNION ALL
    SELECT user_id FROM segments.users WHERE users.guid = pair.guid
    UNION ALL
    SELECT user_id FROM segments.users WHERE users.source_id = pair.source_id
) AS given ON true
LEFT JOIN LATERAL (
    SELECT memberships.start_at, memberships.end_at
    FROM segments.memberships
    WHERE memberships.segment_id = segments.segment_id AND memberships.user_id = given.user_id
        AND memberships.start_at <= clock.now AND memberships.end_at > clock.now
    LIMIT 1
) AS current ON true
ORDER BY pair.place
