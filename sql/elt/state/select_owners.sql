-- The file that filled each table last.
SELECT target, file, job
FROM elt.jobs
