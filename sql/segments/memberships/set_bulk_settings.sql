-- Settings for statements that compare a million users: memory, because with less the server sorts and hashes them on its disk, and no
-- compilation, which takes longer than it saves.
SELECT pg_catalog.set_config('work_mem', '64MB', true), pg_catalog.set_config('jit', 'off', true)
