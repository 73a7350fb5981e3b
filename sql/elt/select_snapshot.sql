-- The snapshot of this transaction and the clock that belongs to it. On a standby the clock is the time of the last
-- transaction it has replayed: what the primary wrote after it cannot be seen here.
-- Only functions that every role may call.
WITH clock AS (
    SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_xact_replay_timestamp() ELSE clock_timestamp() END AS now
)
SELECT
    pg_snapshot_xmin(pg_current_snapshot())::text AS xmin,
    pg_snapshot_xmax(pg_current_snapshot())::text AS xmax,
    now AS clock,
    now::timestamp AS local_timestamp,
    now::date AS local_date,
    (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
    CASE
        WHEN pg_is_in_recovery() THEN (SELECT timeline_id::bigint FROM pg_control_checkpoint())
        ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint
    END AS timeline,
    (SELECT oid FROM pg_database WHERE datname = current_database()) AS database_oid
FROM clock
