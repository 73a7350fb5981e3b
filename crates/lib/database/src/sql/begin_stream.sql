-- Begins a read-only transaction whose rows are sent as fast as a client takes them. A client that takes nothing is closed by the HTTP
-- server; the statement has no limit of its own.
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;

SET LOCAL jit = off;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = '5s';
SET LOCAL idle_in_transaction_session_timeout = '60s';
SET LOCAL client_connection_check_interval = '5s';
