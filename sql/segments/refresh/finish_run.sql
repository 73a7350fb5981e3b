-- Records the end of a run. Parameters: the run, the state, the message, the error, members, rows received, rows that name no user.
UPDATE segments.log
SET
    state = $2,
    message = $3,
    error = $4,
    coverage = $5,
    num_received = $6,
    num_invalid = $7,
    processed = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
    last_upload_dttm = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE run_id = $1 AND state = 'running'
