-- M's clock, read before the snapshot is taken: whoever the snapshot does not see has written after this moment. On a
-- standby it is the time of the last transaction it has replayed, because what the primary wrote after that cannot be seen
-- here; NULL if it has replayed none.
WITH clock AS (
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_xact_replay_timestamp() ELSE clock_timestamp() END AS now
)
SELECT now AS clock, now::timestamp AS local_timestamp, now::date AS local_date
FROM clock
