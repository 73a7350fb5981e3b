-- How the statements of a refresh are planned, until the transaction ends: in memory, for hundreds of thousands of rows a
-- second fit; without what pays off for longer ones only; and without nested loops. The rows of the day are new, so the planner
-- expects one row, and a nested loop over 100,000 products takes minutes. The time limit keeps a statement from running for ever: after
-- a failure the next refresh handles each day by itself.
SELECT
    set_config('work_mem', '64MB', true),
    set_config('jit', 'off', true),
    set_config('enable_memoize', 'off', true),
    set_config('enable_nestloop', 'off', true),
    set_config('statement_timeout', '5min', true)
