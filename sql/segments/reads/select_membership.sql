-- Whether a user is in a segment now: the clock, the segment, and the membership. Parameters: the id, the guid, the id in the source, two of
-- them null; the name of the segment.
SELECT clock.now, segments.segment_id, current.start_at, current.end_at
FROM (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS now OFFSET 0) AS clock
LEFT JOIN segments.segments ON segments.name = $4
LEFT JOIN (
    SELECT user_id FROM segments.users WHERE user_id = $1
    UNION ALL
    SELECT user_id FROM segments.users WHERE guid = $2
    UNION ALL
    SELECT user_id FROM segments.users WHERE source_id = $3
) AS given ON true
LEFT JOIN segments.memberships AS current
    ON current.segment_id = segments.segment_id AND current.user_id = given.user_id
    AND current.start_at <= clock.now AND current.end_at > clock.now
