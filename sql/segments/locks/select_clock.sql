-- The clock. Not now(), which is the time at which the transaction began, before it waited for its locks.
SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC'
