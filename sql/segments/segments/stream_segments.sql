-- Segments: alive, deleted or both. Parameters: whether those alive, whether those deleted.
SELECT segment_id, name, actual_end <> 'infinity'
FROM segments.segments
WHERE CASE WHEN actual_end = 'infinity' THEN $1::bool ELSE $2::bool END
ORDER BY segment_id
