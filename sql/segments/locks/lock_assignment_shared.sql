-- Locks the assignment of live percentages, to create or activate a user. Taken before any other lock.
SELECT pg_catalog.pg_advisory_xact_lock_shared(7224647965)::text
