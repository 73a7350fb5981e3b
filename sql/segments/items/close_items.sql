-- Closes memberships. Parameters: the operation.
UPDATE segments.memberships AS stored
SET end_at = planned.end_at, closed_by = $1
FROM pg_temp.planned_items AS planned
WHERE planned.action = 'close' AND stored.id = planned.open_id AND stored.closed_by IS NULL
