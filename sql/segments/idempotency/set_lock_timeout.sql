-- Sets the time for which the rest of this transaction waits for a lock. Parameters: the time.
SELECT pg_catalog.set_config('lock_timeout', $1, true)
