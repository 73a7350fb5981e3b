-- The jobs that have ended a cycle since a moment ($1, seconds since 1970) with one of these outcomes ($2), where the
-- cycle began after the moment too; and the end of the last such cycle.
SELECT job, max(extract(epoch FROM finished_at))::float8
FROM elt.runs
WHERE extract(epoch FROM finished_at) - seconds >= $1::float8 AND outcome = ANY ($2::text[])
GROUP BY job
