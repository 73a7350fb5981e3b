-- One replica at a time refreshes the summary, until its transaction ends. The number is any, but for ever.
SELECT pg_try_advisory_xact_lock(7224647957)
