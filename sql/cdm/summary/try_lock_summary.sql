-- Tries to lock the summary until the transaction ends: one replica at a time refreshes it. The lock number is
-- arbitrary and must never change.
SELECT pg_try_advisory_xact_lock(7224647957)
