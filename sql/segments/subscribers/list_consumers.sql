-- Consumers by number, a page of them. Parameters: after this one, the limit.
SELECT id, name, description, actual_begin, CASE WHEN actual_end < 'infinity' THEN actual_end END
FROM segments.consumers
WHERE id > $1
ORDER BY id
LIMIT $2
