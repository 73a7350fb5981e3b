-- Revives a deleted segment without its refresh. Parameters: the id, the time.
UPDATE segments.segments
SET
    actual_begin = $2,
    actual_end = 'infinity',
    refresh_auto = false,
    refresh_params = NULL,
    refresh_cron = NULL
WHERE segment_id = $1
