-- Begins a transaction that reads and writes a few rows for a client that waits. The planner keeps its defaults. All settings are
-- local to the transaction, so that they work through a pooler; begin_batch.sql explains them.
BEGIN ISOLATION LEVEL READ COMMITTED;

SET LOCAL idle_in_transaction_session_timeout = '30s';
SET LOCAL lock_timeout = '10s';
SET LOCAL statement_timeout = '30s';
