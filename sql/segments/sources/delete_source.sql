-- Deletes a source that no alive segment needs. Parameters: the name.
DELETE FROM segments.sources
WHERE name = $1 AND NOT EXISTS (SELECT FROM segments.segments WHERE actual_end = 'infinity' AND $1 = ANY (segments.sources))
