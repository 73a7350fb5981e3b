-- Marks a segment as deleted. Parameters: the id, the time.
UPDATE segments.segments SET actual_end = $2 WHERE segment_id = $1
