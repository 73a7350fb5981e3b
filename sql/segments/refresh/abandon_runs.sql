-- Marks runs of a segment that did not end: the process died, because its lock is free. Parameters: the id, the message.
UPDATE segments.log
SET state = 'abandoned', processed = segments.utc_now(), message = $2, error = $2
WHERE id = $1 AND state = 'running'
