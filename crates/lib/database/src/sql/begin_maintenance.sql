-- Begins a transaction that reads or writes whole tables. All settings are local to the transaction, as in begin_batch.sql.
BEGIN ISOLATION LEVEL READ COMMITTED;

-- Statements have no time limit.
SET LOCAL statement_timeout = 0;

-- PostgreSQL 17 has a limit for the whole transaction as well. Older servers do not know the name.
SELECT pg_catalog.set_config('transaction_timeout', '0', true)
WHERE pg_catalog.current_setting('transaction_timeout', true) IS NOT NULL;

-- The holder of a lock may take long as well.
SET LOCAL lock_timeout = '1min';

-- A process that was stopped between two statements must not hold its locks for ever.
SET LOCAL idle_in_transaction_session_timeout = '1min';

-- The server ends a statement within seconds after its client has died. A killed process must not keep locks that the next process
-- waits for. If the machine of the client is lost, TCP keepalives notice it within a minute.
SET LOCAL client_connection_check_interval = '5s';
SET LOCAL tcp_keepalives_idle = 30;
SET LOCAL tcp_keepalives_interval = 10;
SET LOCAL tcp_keepalives_count = 3;
