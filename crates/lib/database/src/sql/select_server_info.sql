-- Version and settings of the server, read on each new connection in the simple protocol. A transaction cannot state these settings,
-- because only a superuser may change them. `verify` in connect.rs checks them; the last two belong to the server and are only reported.
SELECT
    pg_catalog.current_setting('server_version'),
    pg_catalog.current_setting('tagmill.direct', true),
    pg_catalog.current_setting('server_encoding'),
    pg_catalog.current_setting('client_encoding'),
    pg_catalog.current_setting('session_replication_role'),
    pg_catalog.current_setting('track_counts'),
    pg_catalog.current_setting('fsync'),
    pg_catalog.current_setting('full_page_writes')
