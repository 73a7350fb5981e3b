-- Makes a percentage the refresh of a segment. Parameters: the segment, the parameters as JSON.
UPDATE segments.segments SET refresh_auto = true, refresh_params = $2::text::json WHERE segment_id = $1
