-- Selects whether the user with a GUID is a member of the segment with a name.
SELECT EXISTS (
    SELECT
    FROM segments.memberships AS m
    JOIN segments.users AS u ON u.user_id = m.user_id
    JOIN segments.segments AS s ON s.segment_id = m.segment_id
    WHERE u.guid = $1 AND s.name = $2 AND m.closed_by IS NULL
)
