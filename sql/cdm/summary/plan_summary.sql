-- Sets planner settings and the time limit of a refresh until the transaction ends. Sorts and hashes stay in memory,
-- which is enough for hundreds of thousands of rows per second. JIT and memoize pay off only for longer statements.
-- Nested loops are off: the rows of the day are new, so the planner expects one row, and a nested loop over 100,000
-- products takes minutes. After a failure, for example at the time limit, the next refresh handles each day by itself.
SELECT
    set_config('work_mem', '64MB', true),
    set_config('jit', 'off', true),
    set_config('enable_memoize', 'off', true),
    set_config('enable_nestloop', 'off', true),
    set_config('statement_timeout', '5min', true)
