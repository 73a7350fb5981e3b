-- Every stay ever, by begin, then id. Parameters: begin from, begin to, end from, end to; null is no limit.
SELECT memberships.user_id, segments.name, memberships.start_at, memberships.end_at
FROM segments.memberships
JOIN segments.segments USING (segment_id)
WHERE ($1::timestamp IS NULL OR memberships.start_at >= $1)
    AND ($2::timestamp IS NULL OR memberships.start_at < $2)
    AND ($3::timestamp IS NULL OR memberships.end_at >= $3)
    AND ($4::timestamp IS NULL OR memberships.end_at < $4)
ORDER BY memberships.start_at, memberships.id
