-- How a batch begins. Everything is local to the transaction, so a pooler between us and the server changes nothing.
-- READ COMMITTED: a statement after a lock sees what the transaction it has waited for committed. Under a stricter level it
-- would see the rows of before, and counters, satellites and tags would be computed from them. Read-only stays as it is set:
-- whoever makes a server or a role read-only (a provider, when the disk is nearly full) means it, and the service waits.
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
