-- The state of each copy with its last run. The error may be shown: it has no values of rows.
SELECT
    j.target,
    j.job,
    j.file,
    j.status,
    j.failures,
    j.note,
    j.watermark::text AS watermark,
    j.finished_at,
    j.succeeded_at,
    r.seconds,
    r.read,
    r.unchanged,
    r.inserted,
    r.updated,
    r.deleted,
    r.repaired,
    r.missing
FROM elt.jobs AS j
LEFT JOIN LATERAL (
    SELECT *
    FROM elt.runs AS r
    WHERE r.job = j.job AND r.target = j.target
    ORDER BY r.finished_at DESC
    LIMIT 1
) AS r ON true
ORDER BY j.job, j.target
