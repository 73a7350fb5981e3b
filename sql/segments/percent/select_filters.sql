-- Segments by name, for include and exclude. Parameters: the names.
SELECT name, segment_id, actual_end = 'infinity' FROM segments.segments WHERE name = ANY ($1) ORDER BY segment_id
