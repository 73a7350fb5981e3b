-- Removes runs that are older than RUNS_KEEP. $1: that, in seconds.
DELETE FROM elt.runs
WHERE finished_at < clock_timestamp() - make_interval(secs => $1)
