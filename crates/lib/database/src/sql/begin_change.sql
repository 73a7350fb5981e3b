-- Begins a transaction that changes rows for a client that waits for the answer. All settings are local to the transaction, so that
-- they work through a pooler; begin_batch.sql explains them. READ COMMITTED: a statement after a lock sees what the holder of the lock
-- before it committed.
BEGIN ISOLATION LEVEL READ COMMITTED;

SET LOCAL jit = off;
SET LOCAL idle_in_transaction_session_timeout = '60s';
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '30s';
