-- Waits for running batches and blocks new ones until the transaction ends. Every batch locks this table with
-- join_batches before anything else. Readers are not blocked.
LOCK TABLE cdm.users IN EXCLUSIVE MODE
