-- Tries to lock the outbox of tag events until the transaction ends: one replica at a time publishes them; the others
-- do other work. The lock number is arbitrary and must never change.
SELECT pg_try_advisory_xact_lock(7224647956)
