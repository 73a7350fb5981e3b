-- Like lock_marts, waits for the batches that have begun and lets none begin until the transaction ends. Who pauses them as
-- well goes on beside it: for those who write what batches write, but not the same rows.
LOCK TABLE cdm.users IN SHARE MODE
