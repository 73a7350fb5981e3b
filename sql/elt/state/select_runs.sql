-- The newest runs, without their details, which may have values of rows.
SELECT job, finished_at, outcome, seconds, read, unchanged, inserted, updated, deleted, repaired, missing, note, error
FROM elt.runs
ORDER BY finished_at DESC, id DESC
LIMIT 50
