-- Locks the assignment of live percentages, before any other lock: nobody is created or activated meanwhile.
SELECT pg_catalog.pg_advisory_xact_lock(7224647965)::text
