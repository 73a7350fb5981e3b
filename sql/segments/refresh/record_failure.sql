-- Records a failed refresh: the next attempt is a minute later, then two, and so on to an hour. Parameters: the segment.
INSERT INTO segments.refreshes (segment_id, failures, retry_at)
VALUES ($1, 1, (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC') + interval '1 minute')
ON CONFLICT (segment_id) DO UPDATE SET
    failures = refreshes.failures + 1,
    retry_at = (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')
        + LEAST(interval '1 hour', interval '1 minute' * pg_catalog.power(2, LEAST(refreshes.failures, 10)))
