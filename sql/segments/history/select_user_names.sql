-- The names of the segments of a user, now. Parameters: the guid.
SELECT segments.name
FROM segments.memberships
JOIN segments.users USING (user_id)
JOIN segments.segments USING (segment_id)
CROSS JOIN (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS at OFFSET 0) AS clock
WHERE users.guid = $1 AND memberships.start_at <= clock.at AND memberships.end_at > clock.at
ORDER BY segment_id
