-- A segment by name. Parameters: the name.
SELECT segment_id, name, actual_end <> 'infinity' FROM segments.segments WHERE name = $1
