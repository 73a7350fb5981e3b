-- Sets the settings of a segment. Parameters: the id, description, context, table name, whether it is refreshed, the parameters of its
-- refresh as JSON, its cron line, its sources.
UPDATE segments.segments
SET
    description = $2,
    context = $3,
    table_name = $4,
    refresh_auto = $5,
    refresh_params = $6::text::json,
    refresh_cron = $7,
    sources = $8
WHERE segment_id = $1
