-- The summary is as of now. How long it took, until the commit, decides how soon there may be another.
-- $1 writes text: what they were before anything was read, $2 days_left bigint
UPDATE cdm_summary.refreshes AS r
SET
    refreshed_at = clock_timestamp() AT TIME ZONE 'UTC',
    took_ms = (extract(EPOCH FROM clock_timestamp() - now()) * 1000)::bigint,
    days_left = $2,
    seen = $1
RETURNING r.took_ms
