-- The runs of each job, added up.
SELECT job,
       count(*)                                   AS cycles,
       sum(read)::bigint                          AS read,
       sum(inserted)::bigint                      AS inserted,
       sum(updated)::bigint                       AS updated,
       sum(deleted)::bigint                       AS deleted,
       sum(repaired)::bigint                      AS repaired,
       count(*) FILTER (WHERE outcome = 'held')   AS held,
       sum(seconds)                               AS seconds
FROM elt.runs
GROUP BY job
