-- Records an operation. Parameters: kind, time, actor, segment, user, request id, detail as JSON.
INSERT INTO segments.operations (kind, at, actor, segment_id, user_id, request_id, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb)
RETURNING operation_id
