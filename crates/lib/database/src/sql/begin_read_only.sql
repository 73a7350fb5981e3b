-- Begins a read-only transaction for a client that waits for the answer. Its time limits are shorter than those of the client.
BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY;

-- The connection keeps its plans, see begin_batch.sql. Pages of a list are read in the order of an index, without sorting all rows.
SET LOCAL enable_seqscan = off;
SET LOCAL enable_bitmapscan = off;
SET LOCAL jit = off;
SET LOCAL idle_in_transaction_session_timeout = '10s';
SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '4s';
