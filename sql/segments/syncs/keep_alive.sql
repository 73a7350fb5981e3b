-- Keeps the transaction of a sync from being idle for too long while the target is asked. A frozen process does not run it.
SELECT 1
