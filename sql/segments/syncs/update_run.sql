-- Changes a row of the log. Parameters: the row, the state, the message, the error, members at the target, changes that it has
-- acknowledged since, changes that it has rejected since, whether the audience existed.
UPDATE segments.log
SET
    state = $2,
    message = $3,
    error = $4,
    coverage = $5,
    num_received = COALESCE(num_received, 0) + $6::int,
    num_invalid = COALESCE(num_invalid, 0) + $7::int,
    existed = COALESCE(existed, $8::bool),
    processed = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC',
    first_upload_dttm = COALESCE(first_upload_dttm, pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'),
    last_upload_dttm = pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
WHERE run_id = $1
