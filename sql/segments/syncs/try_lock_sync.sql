-- Locks the sync of a subscription, if it is free. Parameters: the subscription.
SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashint8extended($1::int, 7224647967))
