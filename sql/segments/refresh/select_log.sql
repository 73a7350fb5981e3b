-- Runs, the latest first, a page of them. Parameters: the name of the segment, or null; the state, or null; runs before this one, or null;
-- from (inclusive), to (exclusive), or null; the limit.
SELECT
    log.run_id,
    segments.name,
    log.state,
    log.params::text,
    log.message,
    log.processed,
    log.action,
    log.target,
    log.id,
    log.segment_id,
    log.segment_name,
    log.coverage,
    log.first_upload_dttm,
    log.last_upload_dttm,
    log.num_received,
    log.num_invalid,
    log.contact,
    log.error,
    log.existed
FROM segments.log
JOIN segments.segments ON segments.id = log.id
WHERE ($1::text IS NULL OR segments.name = $1)
    AND ($2::text IS NULL OR log.state = $2)
    AND ($3::bigint IS NULL OR log.run_id < $3)
    AND ($4::timestamp IS NULL OR log.processed >= $4)
    AND ($5::timestamp IS NULL OR log.processed < $5)
ORDER BY log.run_id DESC
LIMIT $6
