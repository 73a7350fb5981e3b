-- The members of every segment now.
SELECT segments.name, users.guid
FROM segments.memberships
JOIN segments.segments USING (segment_id)
JOIN segments.users USING (user_id)
WHERE memberships.start_at <= clock_timestamp() AT TIME ZONE 'UTC' AND memberships.end_at > clock_timestamp() AT TIME ZONE 'UTC'
