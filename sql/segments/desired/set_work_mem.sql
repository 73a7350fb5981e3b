-- Memory for comparing large sets. With less, the server sorts and hashes a million users on its disk.
SELECT pg_catalog.set_config('work_mem', '64MB', true)
