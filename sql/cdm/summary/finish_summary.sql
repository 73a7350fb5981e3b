-- Records a refresh of the summary. Its duration, up to the commit, determines the pause before the next one.
-- $1 writes text: their number before anything was read, $2 days_left bigint
UPDATE cdm_summary.refreshes AS r
SET
    refreshed_at = clock_timestamp() AT TIME ZONE 'UTC',
    took_ms = (extract(EPOCH FROM clock_timestamp() - now()) * 1000)::bigint,
    days_left = $2,
    seen = $1
RETURNING r.took_ms
