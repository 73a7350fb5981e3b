-- The snapshot of this transaction, and the database that it is of. Only functions that every role may call.
SELECT
    pg_snapshot_xmin(pg_current_snapshot())::text AS xmin,
    pg_snapshot_xmax(pg_current_snapshot())::text AS xmax,
    (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
    CASE
        WHEN pg_is_in_recovery() THEN (SELECT timeline_id::bigint FROM pg_control_checkpoint())
        ELSE ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::bigint
    END AS timeline,
    (SELECT oid FROM pg_database WHERE datname = current_database()) AS database_oid
