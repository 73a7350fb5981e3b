-- How the statements of a refresh are planned, until the transaction ends: in memory, for hundreds of thousands of rows a
-- second fit; and without what pays off for longer ones only.
SELECT
    set_config('work_mem', '64MB', true),
    set_config('jit', 'off', true),
    set_config('enable_memoize', 'off', true)
