-- The jobs of elt-service that have run a good cycle which began after a moment ($1, seconds since 1970).
SELECT DISTINCT job
FROM elt.runs
WHERE extract(epoch FROM finished_at) - seconds >= $1::float8 AND outcome = 'ok'
