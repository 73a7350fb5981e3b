-- The segments that an operation on one user touches. Those that are recorded already stay.
-- Parameters: the operation, its time, the segments.
INSERT INTO segments.operation_segments (segment_id, at, operation_id)
SELECT DISTINCT given.segment_id, $2::timestamp, $1::bigint
FROM unnest($3::int[]) AS given (segment_id)
ORDER BY given.segment_id
ON CONFLICT DO NOTHING
