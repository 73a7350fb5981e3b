-- The rejected items, first lines first. Parameters: the limit.
SELECT line, reason FROM pg_temp.planned_items WHERE reason IS NOT NULL ORDER BY line LIMIT $1
