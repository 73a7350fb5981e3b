-- Waits for the batches that have begun and lets none begin until the transaction ends: each of them takes this table with
-- join_batches before anything else. Who only reads does not notice.
LOCK TABLE cdm.users IN EXCLUSIVE MODE
