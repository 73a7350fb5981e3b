-- Begins the transaction of the migrations. It has no time limits: a migration takes as long as it takes, and waits for the advisory
-- lock for as long as another process migrates.
BEGIN ISOLATION LEVEL READ COMMITTED;
SET LOCAL lock_timeout = 0;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
SELECT pg_catalog.set_config('transaction_timeout', '0', true)
WHERE pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL;

-- As in begin_maintenance.sql: the server ends a migration whose client has died.
SET LOCAL client_connection_check_interval = '5s';
SET LOCAL tcp_keepalives_idle = 30;
SET LOCAL tcp_keepalives_interval = 10;
SET LOCAL tcp_keepalives_count = 3;
