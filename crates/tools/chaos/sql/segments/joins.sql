-- How often each user has joined each segment.
SELECT segments.name, users.guid, count(*)
FROM segments.memberships
JOIN segments.segments USING (segment_id)
JOIN segments.users USING (user_id)
WHERE memberships.end_at > memberships.start_at
GROUP BY segments.name, users.guid
