-- How the migrations begin: one transaction, done when it is done, as in begin_unhurried.sql. The advisory lock may be waited for
-- as long as another process migrates.
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = 0;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SELECT pg_catalog.set_config('transaction_timeout', '0', true)
WHERE pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL;

-- As in begin_unhurried.sql: a migration ends with its client.
SET LOCAL client_connection_check_interval = '5s';
SET LOCAL tcp_keepalives_idle = 30;
SET LOCAL tcp_keepalives_interval = 10;
SET LOCAL tcp_keepalives_count = 3;
