-- Restores a deleted segment with its settings. Parameters: the id, the time.
UPDATE segments.segments SET actual_begin = $2, actual_end = 'infinity' WHERE segment_id = $1
