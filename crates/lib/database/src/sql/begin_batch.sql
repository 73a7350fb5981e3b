-- Begins the transaction of a batch. All settings are local to the transaction, so that they work through a pooler.
--
-- READ COMMITTED: a statement that has waited for a lock sees what the other transaction committed. Under a stricter level it would
-- see the old rows and compute counters, satellites and tags from them. The transaction does not state READ WRITE: a provider makes
-- a server or a role read-only when the disk is nearly full, and the service then waits.
BEGIN ISOLATION LEVEL READ COMMITTED;

-- An empty table that was just analysed (autovacuum does it after every TRUNCATE) looks one page small for ever: joins
-- and foreign-key checks planned then scan it sequentially, and a session keeps the plan of a check. Every statement of
-- a batch has an index; a scan is never right.
SET LOCAL enable_seqscan = off;

-- Compiling a plan takes longer than any of these statements.
SET LOCAL jit = off;

-- So may planning one anew for each batch, to which PostgreSQL is free. What is in an array changes nothing about the plan.
SET LOCAL plan_cache_mode = force_generic_plan;

-- A process that was stopped (SIGSTOP, a frozen node) must not hold its locks for ever: others may have its partitions.
SET LOCAL idle_in_transaction_session_timeout = '30s';

-- Longer than any healthy batch of another replica, short enough for /ready to say what is going on.
SET LOCAL lock_timeout = '10s';
SET LOCAL statement_timeout = '30s';
