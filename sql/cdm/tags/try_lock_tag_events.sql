-- One replica at a time publishes tag events, until its transaction ends; the others have other things to do. The number
-- is any, but for ever.
SELECT pg_try_advisory_xact_lock(7224647956)
