-- All users, or one, with their memberships of now: a row for each membership, one without for a user who has none. Parameters: the id, or
-- null.
SELECT
    users.user_id,
    users.name,
    users.lastname,
    users.sex,
    users.age,
    users.status = 'removed',
    memberships.id,
    memberships.segment_id,
    segments.name,
    memberships.start_at,
    memberships.end_at
FROM segments.users
CROSS JOIN (SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC' AS at OFFSET 0) AS clock
LEFT JOIN segments.memberships
    ON memberships.user_id = users.user_id AND memberships.start_at <= clock.at AND memberships.end_at > clock.at
LEFT JOIN segments.segments USING (segment_id)
WHERE $1::int IS NULL OR users.user_id = $1
ORDER BY users.user_id, memberships.id
