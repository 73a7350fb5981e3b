-- Sets how long the transaction of a refresh may be idle: it waits for the query of the segment. Parameters: milliseconds.
SELECT pg_catalog.set_config('idle_in_transaction_session_timeout', $1::bigint::text, true)
