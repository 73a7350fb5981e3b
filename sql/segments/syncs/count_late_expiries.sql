-- Memberships that are open although their time has been over for more than ten seconds.
SELECT pg_catalog.count(*)
FROM segments.memberships
WHERE closed_by IS NULL AND end_at < (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC') - interval '10 seconds'
