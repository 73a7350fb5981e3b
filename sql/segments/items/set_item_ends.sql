-- Sets the ends of open memberships.
UPDATE segments.memberships AS stored
SET end_at = planned.end_at
FROM pg_temp.planned_items AS planned
WHERE planned.action = 'set_end' AND stored.id = planned.open_id AND stored.closed_by IS NULL
