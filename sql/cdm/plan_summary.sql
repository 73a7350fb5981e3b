-- How the statements of a refresh are planned, until the transaction ends: in memory, for hundreds of thousands of rows a
-- second fit; without what pays off for longer ones only; and without nested loops. The day that is being added up has just
-- arrived, so to the planner it has one row, and a nested loop over 100,000 products takes minutes. No statement of a
-- refresh is to run for ever: one that takes longer fails, and what failed is done in smaller parts.
SELECT
    set_config('work_mem', '64MB', true),
    set_config('jit', 'off', true),
    set_config('enable_memoize', 'off', true),
    set_config('enable_nestloop', 'off', true),
    set_config('statement_timeout', '5min', true)
