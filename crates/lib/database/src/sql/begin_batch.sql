-- Begins the transaction of a batch. All settings are local to the transaction, so that they work through a pooler.
--
-- READ COMMITTED: a statement that has waited for a lock sees what the other transaction committed. Under a stricter level it would
-- see the old rows and compute counters, satellites and tags from them. The transaction does not state READ WRITE: a provider makes
-- a server or a role read-only when the disk is nearly full, and the service then waits.
BEGIN ISOLATION LEVEL READ COMMITTED;

-- An empty table that was just analyzed (autovacuum does so after every TRUNCATE) has an estimated size of one page. Joins and
-- foreign-key checks that are planned then use sequential scans, and a session keeps the plan of a check. Every statement of a batch
-- has an index, so a sequential scan is never right.
SET LOCAL enable_seqscan = off;

-- Compiling a plan takes longer than any of these statements.
SET LOCAL jit = off;

-- PostgreSQL may also plan a statement again for each batch, which takes as long. The plan does not depend on the contents of an array.
SET LOCAL plan_cache_mode = force_generic_plan;

-- A process that was stopped (SIGSTOP, a frozen node) must not keep its locks for ever: other members may have its partitions.
SET LOCAL idle_in_transaction_session_timeout = '30s';

-- Longer than any healthy batch of another replica, and short enough for /ready to show the reason.
SET LOCAL lock_timeout = '10s';
SET LOCAL statement_timeout = '30s';
