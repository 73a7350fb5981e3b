-- Records a successful refresh. Parameters: the segment, its begin, what was visible then.
INSERT INTO segments.refreshes (segment_id, success_at, failures, retry_at, seen)
VALUES ($1, $2, 0, NULL, $3::text::pg_snapshot)
ON CONFLICT (segment_id) DO UPDATE SET success_at = EXCLUDED.success_at, failures = 0, retry_at = NULL, seen = EXCLUDED.seen
