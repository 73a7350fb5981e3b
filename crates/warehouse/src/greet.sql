-- What a new connection is asked, in the simple protocol: who answers, and the settings that no transaction may state itself,
-- because only a superuser may change them. `verify` in connect.rs says what each has to be; the last two are the server's own, and are only told.
SELECT
    pg_catalog.current_setting('server_version'),
    pg_catalog.current_setting('tagmill.direct', true),
    pg_catalog.current_setting('server_encoding'),
    pg_catalog.current_setting('client_encoding'),
    pg_catalog.current_setting('session_replication_role'),
    pg_catalog.current_setting('track_counts'),
    pg_catalog.current_setting('fsync'),
    pg_catalog.current_setting('full_page_writes')
