-- Records a run. Parameters: the state, the segment, the parameters as JSON, the message.
INSERT INTO segments.log (state, id, action, params, message, error, first_upload_dttm)
SELECT $1::text, $2::uuid, 'refresh', $3::text::json, $4::text, CASE WHEN $1::text <> 'running' THEN $4::text END, segments.utc_now()
RETURNING run_id
