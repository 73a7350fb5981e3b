-- The processes that hold a lock on the target table which a writer has to wait for. $1: the table. Asked right after the
-- wait was given up, so the holder is usually still there.
SELECT DISTINCT pid
FROM pg_catalog.pg_locks
WHERE locktype = 'relation'
    AND relation = pg_catalog.to_regclass($1)
    AND granted
    AND pid <> pg_catalog.pg_backend_pid()
    AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
ORDER BY pid
