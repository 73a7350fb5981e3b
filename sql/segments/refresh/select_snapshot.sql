-- The clock, and which transactions are visible now.
SELECT pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', pg_catalog.pg_current_snapshot()::text
