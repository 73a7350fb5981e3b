-- Notes that a cycle has failed. Its own transaction was rolled back, so the rest of the state stays what it was.
INSERT INTO elt.jobs AS j (target, job, file, watermark, token, status, failures, note, instance, finished_at)
VALUES ($1, $2, $3, '{"server": null, "xmin": 0, "clock": 0, "entries": []}', gen_random_uuid(), 'failed', 1, $4, $5,
        clock_timestamp())
ON CONFLICT (target) DO UPDATE SET
    job = EXCLUDED.job,
    file = EXCLUDED.file,
    status = 'failed',
    failures = j.failures + 1,
    note = EXCLUDED.note,
    instance = EXCLUDED.instance,
    finished_at = EXCLUDED.finished_at
RETURNING failures
