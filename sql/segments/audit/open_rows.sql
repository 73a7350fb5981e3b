-- An open membership of a removed user or of a deleted segment, or of one that does not exist.
SELECT memberships.id, memberships.segment_id, memberships.user_id, users.status, segments.actual_end
FROM segments.memberships
LEFT JOIN segments.users USING (user_id)
LEFT JOIN segments.segments USING (segment_id)
WHERE memberships.closed_by IS NULL
    AND (users.status IS NULL OR users.status = 'removed' OR segments.actual_end IS NULL OR segments.actual_end <> 'infinity')
