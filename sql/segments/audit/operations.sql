-- A begin or an end of a membership without its operation, or with one about another segment or user.
SELECT memberships.id, memberships.segment_id, memberships.user_id, memberships.opened_by, memberships.closed_by
FROM segments.memberships
LEFT JOIN segments.operations AS opening ON opening.operation_id = memberships.opened_by
LEFT JOIN segments.operations AS closing ON closing.operation_id = memberships.closed_by
WHERE opening.operation_id IS NULL
    OR (memberships.closed_by IS NOT NULL AND closing.operation_id IS NULL)
    OR opening.segment_id <> memberships.segment_id
    OR opening.user_id <> memberships.user_id
    OR closing.segment_id <> memberships.segment_id
    OR closing.user_id <> memberships.user_id
