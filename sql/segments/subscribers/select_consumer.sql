-- A consumer. Parameters: its number.
SELECT id, name, description, actual_begin, CASE WHEN actual_end < 'infinity' THEN actual_end END
FROM segments.consumers
WHERE id = $1
