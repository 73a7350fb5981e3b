-- The last run of a segment. Parameters: the id.
SELECT run_id, state, message FROM segments.log WHERE id = $1 AND action = 'refresh' ORDER BY run_id DESC LIMIT 1
